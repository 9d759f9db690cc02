"""Texts with values are spoken piece by piece: what is known beforehand is heard while the rest is made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ivr.check import load_flow
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.runner import run_flow
from callcenter.ivr.steps import Utterance
from callcenter.ivr.templates import Hole, fixed_pieces, template
from callcenter.simulation.people import CallerScript, SimulatedCaller
from callcenter.simulation.switch import SimulatedSwitch
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.telephony.legs import Leg
from tests.ivr.kit import Room

ORDER = "Your order {caller.number|digits} is on its way. It should arrive tomorrow."


def shown(text: str) -> list[str]:
    """The pieces of a text, with <> for each value."""
    return [
        "".join("<>" if isinstance(part, Hole) else part for part in piece) for piece in template(text).pieces
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (ORDER, ["Your order ", "<> is on its way. ", "It should arrive tomorrow."]),
        ("谢谢。您的订单{x|digits}已经发货。请等候！", ["谢谢。", "您的订单<>已经发货。", "请等候！"]),
        ("您的订单{x|digits}已经发货，{y|date}送达。", ["您的订单", "<>已经发货，<>送达。"]),
        ("{x|money}. Thank you.", ["<>. ", "Thank you."]),
        ("Hello Mr. {name}. Good day.", ["Hello Mr. <>. ", "Good day."]),
        ("We open at 9 a.m. and close at {x|time}.", ["We open at 9 a.m. and close at ", "<>."]),
        ("您是第{n}位。", ["您是第<>位。"]),
        ("No {x|digits}", ["No <>"]),
        ("Good day, {name}", ["Good day, <>"]),
        ("{x}", ["<>"]),
    ],
)
def test_a_text_is_taken_apart_where_a_voice_may_pause(text: str, pieces: list[str]) -> None:
    assert shown(text) == pieces


def test_pieces_without_values_are_made_before_anybody_calls(tmp_path: Path) -> None:
    said = {u.text for u in _flow(tmp_path).utterances()}
    assert {"Your order", "It should arrive tomorrow."} <= said
    assert fixed_pieces("{x|digits}!") == []


@given(
    st.lists(st.sampled_from(["{x|digits}", "Thank you", "。", ". ", "! ", " ", "订单", "Mr.", "{{", "9"]))
)
def test_pieces_are_the_text_whatever_it_is(words: list[str]) -> None:
    text = "".join(words)
    whole = template(text).fill({"x": "12"}, lambda value, hole: str(value))
    assert "".join(template(text).fill_pieces({"x": "12"}, lambda value, hole: str(value))) == whole
    assert all(piece in whole for piece in fixed_pieces(text))


def _flow(folder: Path) -> Any:
    file = folder / "order.yaml"
    file.write_text(
        f"""version: 1
name: {{en: Order}}
language: en
start: it
nodes:
  it: {{type: say, say: {{en: "{ORDER}"}}, next: bye}}
  bye: {{type: hangup}}
"""
    )
    flow, problems = load_flow(file)
    assert flow is not None, problems
    return flow


class SlowVoice:
    """Texts that nobody has heard before take 2 s to render."""

    def __init__(self, known: set[str]) -> None:
        self._known = known

    async def path(self, utterance: Utterance) -> Path:
        if utterance.text not in self._known:
            await asyncio.sleep(2)
        return Path("/prompts") / utterance.text


def test_the_caller_hears_the_head_of_the_sentence_while_his_number_is_rendered(tmp_path: Path) -> None:
    flow = _flow(tmp_path)
    facts: list[Mapping[str, Any]] = []

    async def on_leg(leg: Leg) -> None:
        known = {u.text for u in flow.utterances()}
        await run_flow(
            FlowRun(flow, Room(flow), caller={"number": "13800138000"}), leg,
            prompts=SlowVoice(known), services=cast(Any, None),
            fact=lambda kind, **data: facts.append(data),
        )  # fmt: skip

    async def story() -> SimulatedCaller:
        switch = SimulatedSwitch(VirtualClock(), prompt_seconds=lambda prompt: 3.0)
        switch.attach(on_leg, lambda event: None)
        await switch.start()
        caller = switch.place_call(CallerScript())
        await caller.wait_ended()
        await asyncio.sleep(1)
        await switch.stop()
        assert switch.failures == []
        return caller

    caller = run_virtual(story())
    answered = caller.times("answered")[0]
    assert caller.times("prompt /prompts/Your order")[0] - answered < 0.1, "before his number was made"
    last = caller.times("prompt /prompts/It should arrive tomorrow.")[0]
    assert 5.9 < last - answered < 6.2, "two prompts of 3 s, and no silence between them"
