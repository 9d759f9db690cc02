# ruff: noqa: E501 (flows are as wide as they are)
"""The flows of bench_ivr, and what its callers press in them.

The crowd is in a hotline of spoken menus. The probes are in a flow of the same kinds of nodes whose prompts are
tones of different pitch, so that it is heard to the packet which prompt begins and ends when.
"""

from __future__ import annotations

import math
import random
import wave
from collections.abc import Iterator
from pathlib import Path

CROWD_DID, PROBE_DID, VALUES_DID = "4000", "4001", "4002"
LOW, HIGH, SAID = 400, 1000, 700
"""Pitches in Hz: the first menu, the second one, and a `say` between them."""
TONE_S = 1.5

CENTER = f"""version: 1
name: {{en: Bench}}
country: CN
default_language: en
numbers:
  - {{did: "{CROWD_DID}", name: {{en: Crowd}}, flow: crowd}}
  - {{did: "{PROBE_DID}", name: {{en: Probes}}, flow: probe}}
  - {{did: "{VALUES_DID}", name: {{en: Values}}, flow: values}}
skills: {{calls: {{name: {{en: Calls}}}}}}
queues: {{bench: {{name: {{en: Bench}}, skills: {{calls: 1}}}}}}
agents: {{a1: {{name: Agent, extension: "1001", skills: {{calls: 5}}}}}}
"""

_CROWD = """version: 1
name: {en: Crowd}
language: en
start: hello
variables: {number: ""}
nodes:
  hello:
    type: say
    say: {en: "Welcome to the Lantern store.", zh-CN: "欢迎致电灯笼商城。"}
    next: main
  main:
    type: menu
    say:
      en: For the state of an order, press 1. For deliveries, press 2. For opening hours, press 3. For our address, press 4.
      zh-CN: 查询订单请按1，物流请按2，营业时间请按3，地址请按4。
    keys:
      "1": {go: number}
      "2": {go: delivery}
      "3": {go: hours_said}
      "4": {go: address}
    retries: 9
    timeout_seconds: 8
    on_timeout: bye
  delivery:
    type: menu
    say:
      en: If your parcel is late, press 1. If it is damaged, press 2. To go back, press 9.
      zh-CN: 包裹晚到请按1，包裹破损请按2，返回请按9。
    keys:
      "1": {go: late}
      "2": {go: damaged}
      "9": {go: main}
    retries: 9
    timeout_seconds: 8
    on_timeout: bye
  late: {type: say, say: {en: "Most parcels arrive within two days. We are looking after yours.", zh-CN: "大部分包裹两天内送达。"}, next: main}
  damaged: {type: say, say: {en: "We are sorry. Please keep the box, and send us a picture.", zh-CN: "非常抱歉，请保留包装并拍照。"}, next: main}
  hours_said: {type: say, say: {en: "We are here every day from nine in the morning to nine in the evening.", zh-CN: "我们每天上午九点到晚上九点营业。"}, next: main}
  address: {type: say, say: {en: "You find us in Hangzhou, on the west bank of the lake.", zh-CN: "我们在杭州西湖边。"}, next: main}
  number:
    type: collect
    say: {en: "Please enter the six digits of your order.", zh-CN: "请输入六位订单号。"}
    into: number
    min_digits: 6
    max_digits: 6
    on_failed: main
    next: state
  state:
    type: say
    say:
      en: "Thank you. Your order {number|digits} is on its way."
      zh-CN: "谢谢。您的订单{number|digits}已经发货。"
    next: main
  bye: {type: hangup, say: {en: "Good-bye.", zh-CN: "再见。"}}
"""

_PROBE = """version: 1
name: {en: Probe}
language: en
start: low
variables: {count: 0}
nodes:
  low:
    type: menu
    audio: {en: low.wav}
    invalid: {en: "Sorry, that key is not in use."}
    keys: {"1": {go: high}, "2": {go: said_high}, "3": {go: counted}}
    retries: 9
    timeout_seconds: 30
    on_timeout: bye
  high:
    type: menu
    audio: {en: high.wav}
    invalid: {en: "Sorry, that key is not in use."}
    keys: {"1": {go: low}, "2": {go: said_low}, "3": {go: counted}}
    retries: 9
    timeout_seconds: 30
    on_timeout: bye
  said_high: {type: say, audio: {en: said.wav}, next: high}
  said_low: {type: say, audio: {en: said.wav}, next: low}
  counted: {type: set, values: {count: "{count + 1}"}, next: value}
  value:
    type: say
    say: {en: "Caller {caller.number|digits}, this is your question {count|number}."}
    next: low
  bye: {type: hangup}
"""

_VALUES = """version: 1
name: {en: Values}
language: en
start: low
nodes:
  low:
    type: menu
    audio: {en: low.wav}
    keys: {"1": {go: amount_en}, "2": {go: after_en}, "3": {go: chinese}, "4": {go: chinese_after}}
    retries: 9
    timeout_seconds: 60
    on_timeout: bye
  amount_en:
    type: say
    say: {en: "Your order {caller.number|digits} is on its way. It should arrive tomorrow before noon."}
    next: low
  after_en:
    type: say
    say: {en: "Your order is on its way. We will call you on {caller.number|phone} before we come."}
    next: low
  chinese: {type: language, language: zh-CN, next: amount_zh}
  amount_zh:
    type: say
    say: {zh-CN: "您的订单{caller.number|digits}已经发货，预计明天中午之前送达。"}
    next: english
  chinese_after: {type: language, language: zh-CN, next: after_zh}
  after_zh:
    type: say
    say: {zh-CN: "您的订单已经发货。送货前我们会拨打{caller.number|phone}与您联系。"}
    next: english
  english: {type: language, language: en, next: low}
  bye: {type: hangup}
"""
VALUE_TEXTS = {
    "1": "en, the value in the first sentence",
    "2": "en, the value after a fixed sentence",
    "3": "zh-CN, the value in the first sentence",
    "4": "zh-CN, the value after a fixed sentence",
}
"""Keys of the values flow and what is said then."""


def write_world(folder: Path) -> tuple[Path, Path]:
    """Center file, flows and tones below `folder`; the first two."""
    center, flows = folder / "center.yaml", folder / "flows"
    flows.mkdir(parents=True)
    center.write_text(CENTER, encoding="utf-8")
    for name, text in (("crowd", _CROWD), ("probe", _PROBE), ("values", _VALUES)):
        (flows / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name, pitch in (("low", LOW), ("high", HIGH), ("said", SAID)):
        write_tone(flows / f"{name}.wav", pitch, TONE_S)
    return center, flows


def write_tone(path: Path, pitch: int, seconds: float) -> None:
    """A tone that telephones can hear."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (
            round(9000 * math.sin(2 * math.pi * pitch * n / 8000)) for n in range(round(8000 * seconds))
        )
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


def crowd_keys(chance: random.Random) -> Iterator[tuple[float, str]]:
    """Seconds to listen, then keys to press: a walk through the crowd's flow, in its order, for ever. One
    round is 14 keys in half a minute; one text with a value is said in it."""
    while True:
        yield chance.uniform(2, 6), "2"  # deliveries
        yield chance.uniform(2, 6), "1"  # late
        yield chance.uniform(3, 7), "3"  # hours
        yield chance.uniform(3, 7), "1"  # order
        yield chance.uniform(1, 3), f"{chance.randrange(10**6):06d}"
        yield chance.uniform(4, 8), "4"  # address
        yield chance.uniform(3, 7), "2"
        yield chance.uniform(2, 6), "2"  # damaged
        yield chance.uniform(2, 6), "3"
