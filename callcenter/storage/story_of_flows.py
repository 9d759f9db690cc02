"""What a caller met in the flows of his call, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callcenter.storage.facts import Fact
from callcenter.storage.projection import number, text
from callcenter.storage.sentences import Sentence, Teller, get, per_language, term

_REACHED: dict[str, Sentence] = {
    "talked": ("answered", "已接通"),
    "no_answer": ("did not answer", "无人接听"),
    "busy": ("was busy", "忙线"),
    "unreachable": ("could not be reached", "无法接通"),
}


def _entered(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", get(fact, "flow"))
    return f"Flow {english} began", f"进入流程 {chinese}"


def _node(teller: Teller, fact: Fact) -> Sentence:
    return (
        f"Came to {get(fact, 'node')} ({get(fact, 'type')})",
        f"到达节点 {get(fact, 'node')}（{get(fact, 'type')}）",
    )


def _key(teller: Teller, fact: Fact) -> Sentence:
    key = get(fact, "key")
    english, chinese = per_language(fact.data.get("label"))
    return f"Pressed {key}" + (f" ({english})" if english else ""), f"按 {key}" + (
        f"（{chinese}）" if chinese else ""
    )


def _label(fact: Fact, field: str) -> Sentence:
    """What the flow calls a thing; the field with its name where it does not say."""
    english, chinese = per_language(fact.data.get("label"))
    name = get(fact, field)
    return english or chinese or name, chinese or name


def _collected(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = _label(fact, "name")
    return f"Gave {english}: {get(fact, 'value')}", f"输入 {chinese}：{get(fact, 'value')}"


def _language(teller: Teller, fact: Fact) -> Sentence:
    language = get(fact, "language")
    english, chinese = term({"zh-CN": ("Chinese", "中文"), "en": ("English", "英文")}, language)
    return f"Language: {english}", f"语言：{chinese}"


def _ivr_failed(teller: Teller, fact: Fact) -> Sentence:
    node, error = get(fact, "node"), get(fact, "error")
    return f"The flow failed at {node}: {error}", f"流程在 {node} 出错：{error}"


def _called(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", get(fact, "flow"))
    return f"Flow {english} was called", f"调用流程 {chinese}"


def _came_back(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", get(fact, "flow"))
    return f"Back to flow {english}", f"返回流程 {chinese}"


def _heard(teller: Teller, fact: Fact) -> Sentence:
    words, score = get(fact, "text"), int(number(fact.data.get("score")))
    if not get(fact, "choice"):
        return (
            f"Said “{words}” ({score}), which means nothing here",
            f"说“{words}”（{score}），未匹配任何选项",
        )
    return f"Said “{words}” ({score})", f"说“{words}”（{score}）"


def _deaf(teller: Teller, fact: Fact) -> Sentence:
    return "Speech was not recognised: on by keys", "语音识别不可用，改用按键"


def _set(teller: Teller, fact: Fact) -> Sentence:
    values = fact.data.get("values")
    shown = ", ".join(f"{name} = {_short(value)}" for name, value in values.items()) if values else ""
    return f"Noted {shown}", f"记下 {shown}"


def _short(value: Any) -> str:
    written = text(value) if isinstance(value, str) or value is None else str(value)
    return written if len(written) <= 60 else written[:57] + "…"


def _fetched(teller: Teller, fact: Fact) -> Sentence:
    node, status, error = get(fact, "node"), int(number(fact.data.get("status"))), get(fact, "error")
    if fact.data.get("ok"):
        return f"{node}: the other system answered ({status})", f"{node}：外部系统已答复（{status}）"
    why = error or str(status)
    return f"{node}: the other system did not help: {why}", f"{node}：外部系统未能答复：{why}"


def _kept(teller: Teller, fact: Fact) -> Sentence:
    seconds = number(fact.data.get("seconds"))
    english, chinese = _label(fact, "name")
    return f"Recorded {english} ({seconds:.0f} s)", f"录下 {chinese}（{seconds:.0f} 秒）"


def _rated(teller: Teller, fact: Fact) -> Sentence:
    (english, chinese), score = _label(fact, "question"), int(number(fact.data.get("score")))
    return f"Rated {english}: {score}", f"评价 {chinese}：{score}"


def _sent(teller: Teller, fact: Fact) -> Sentence:
    via = get(fact, "via")
    if fact.data.get("ok"):
        return f"A message was sent ({via})", f"已发送消息（{via}）"
    return (
        f"A message could not be sent ({via}): {get(fact, 'error')}",
        f"消息发送失败（{via}）：{get(fact, 'error')}",
    )


def _transfer(teller: Teller, fact: Fact) -> Sentence:
    return f"Transferred to {get(fact, 'number')}", f"转接至 {get(fact, 'number')}"


def _answered(teller: Teller, fact: Fact) -> Sentence:
    return f"{get(fact, 'number')} answered", f"{get(fact, 'number')} 已接听"


def _transferred(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_REACHED, get(fact, "result"))
    return f"{get(fact, 'number')} {english}", f"{get(fact, 'number')} {chinese}"


SAY: dict[str, Callable[[Teller, Fact], Sentence]] = {
    "ivr.entered": _entered,
    "ivr.called": _called,
    "ivr.returned": _came_back,
    "ivr.node": _node,
    "ivr.key": _key,
    "ivr.heard": _heard,
    "ivr.deaf": _deaf,
    "ivr.collected": _collected,
    "ivr.set": _set,
    "ivr.fetched": _fetched,
    "ivr.recorded": _kept,
    "ivr.language": _language,
    "ivr.failed": _ivr_failed,
    "survey.answered": _rated,
    "message.sent": _sent,
    "transfer.started": _transfer,
    "transfer.answered": _answered,
    "transfer.ended": _transferred,
}
"""How each kind of fact is said."""
