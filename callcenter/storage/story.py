"""The story of a call, from its facts: what a supervisor reads, in both languages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from callcenter.storage.facts import Fact
from callcenter.storage.names import Names, ids_as_names, in_language
from callcenter.storage.projection import number, text

EN, ZH = "en", "zh-CN"
Sentence = tuple[str, str]  # English, Chinese

_OUTCOMES: dict[str, Sentence] = {
    "answered": ("answered", "已接听"),
    "abandoned": ("abandoned: the caller left before an agent", "已放弃：客户在接通坐席前挂机"),
    "ivr": ("ended in the menu", "在语音菜单中结束"),
    "voicemail": ("left a voicemail", "已留言"),
    "refused": ("refused", "已拒绝"),
    "cut": ("cut off", "被中断"),
}
_RESULTS: dict[str, Sentence] = {
    "no_answer": ("did not answer", "未应答"),
    "busy": ("was busy or rejected the call", "忙或拒接"),
    "unreachable": ("could not be reached", "无法接通"),
}
_LEFT: dict[str, Sentence] = {
    "abandoned": ("the caller hung up", "客户挂机"),
    "max_wait": ("the longest wait was reached", "超过最长等待时间"),
    "cut": ("the call was cut", "通话被中断"),
}
_BY: dict[str, Sentence] = {
    "caller": ("the caller hung up", "客户挂机"),
    "agent": ("the agent hung up", "坐席挂机"),
    "switch": ("the switch ended it", "交换机中断"),
}
_WHY: dict[str, Sentence] = {
    "longest_ready": ("longest ready", "示闲最久"),
    "next_in_line": ("next in line", "排队轮到"),
}
_STATES: dict[str, Sentence] = {
    "signed_out": ("signed out", "已签出"),
    "not_ready": ("not ready", "示忙"),
    "ready": ("ready", "示闲"),
    "reserved": ("reserved", "来电分配"),
    "ringing": ("ringing", "振铃"),
    "talking": ("talking", "通话中"),
    "wrap_up": ("in wrap-up", "话后处理"),
}
_STAGES: dict[str, Sentence] = {
    "ivr": ("in the menu", "语音菜单"),
    "menu": ("in the menu", "语音菜单"),
    "queue": ("in line", "排队"),
    "waiting": ("in line", "排队"),
    "talk": ("in the talk", "通话"),
    "talking": ("in the talk", "通话"),
}


def story(facts: Iterable[Fact], names: Names = ids_as_names) -> list[dict[str, Any]]:
    """`[{at, offset, kind, text: {en, zh-CN}}]`, one entry a fact, offsets in seconds from the first."""
    teller = _Teller(names)
    told = []
    first: float | None = None
    for fact in facts:
        first = fact.at if first is None else first
        english, chinese = teller.tell(fact)
        told.append(
            {
                "at": fact.at,
                "offset": round(fact.at - first, 3),
                "kind": fact.kind,
                "text": {EN: english, ZH: chinese},
            }
        )
    return told


def duration(seconds: float) -> Sentence:
    """`12 s` below a minute, then `2:03`, then `1:02:03`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s", f"{whole} 秒"
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    clock = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return clock, clock


def ordinal(place: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    suffix = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{suffix}"


class _Teller:
    """Says each fact in a sentence; knows the names."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def tell(self, fact: Fact) -> Sentence:
        say = _SAY.get(fact.kind)
        if say is None:
            return fact.kind, fact.kind
        return say(self, fact)

    def name(self, kind: str, identifier: Any) -> Sentence:
        known = self._names(kind, text(identifier))
        return in_language(known, EN, text(identifier)), in_language(known, ZH, text(identifier))

    def agent(self, fact: Fact) -> Sentence:
        return self.name("agent", fact.data.get("agent") or fact.agent or "?")

    def queue(self, fact: Fact) -> Sentence:
        return self.name("queue", fact.data.get("queue") or "?")


def _get(fact: Fact, field: str) -> str:
    return text(fact.data.get(field))


def _term(terms: dict[str, Sentence], value: str) -> Sentence:
    return terms.get(value, (value or "unknown", value or "未知"))


def _per_language(value: Any) -> Sentence:
    """A field that is a text, or one per language."""
    if isinstance(value, dict):
        return text(value.get(EN)), text(value.get(ZH)) or text(value.get(EN))
    return text(value), text(value)


def _listing(value: Any) -> str:
    """A field that is a text, or a list of texts or of `{what, kind, detail}`."""
    if not isinstance(value, list):
        return text(value)
    parts = []
    for item in value:
        if isinstance(item, dict):
            shown = [text(item.get(key)) for key in ("kind", "what", "message", "detail")]
            parts.append(" ".join(word for word in shown if word))
        else:
            parts.append(text(item))
    return "; ".join(parts)


def _offered(teller: _Teller, fact: Fact) -> Sentence:
    ani, did = _get(fact, "ani"), _get(fact, "did")
    return f"Called {did} from {ani or 'a hidden number'}", f"从 {ani or '隐藏号码'} 呼入 {did}"


def _refused(teller: _Teller, fact: Fact) -> Sentence:
    reason = _get(fact, "reason")
    return f"Refused: {reason or 'an unknown number was dialed'}", f"已拒绝：{reason or '拨打了未知号码'}"


def _resumed(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = _term(_STAGES, _get(fact, "stage"))
    return f"Came back {english} after the controller was away", f"控制器恢复后回到：{chinese}"


def _entered(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", _get(fact, "flow"))
    return f"Flow {english} began", f"进入流程 {chinese}"


def _node(teller: _Teller, fact: Fact) -> Sentence:
    return (
        f"Came to {_get(fact, 'node')} ({_get(fact, 'type')})",
        f"到达节点 {_get(fact, 'node')}（{_get(fact, 'type')}）",
    )


def _key(teller: _Teller, fact: Fact) -> Sentence:
    key = _get(fact, "key")
    english, chinese = _per_language(fact.data.get("label"))
    return f"Pressed {key}" + (f" ({english})" if english else ""), f"按 {key}" + (
        f"（{chinese}）" if chinese else ""
    )


def _collected(teller: _Teller, fact: Fact) -> Sentence:
    return (
        f"Gave {_get(fact, 'name')}: {_get(fact, 'value')}",
        f"输入 {_get(fact, 'name')}：{_get(fact, 'value')}",
    )


def _language(teller: _Teller, fact: Fact) -> Sentence:
    language = _get(fact, "language")
    english, chinese = _term({"zh-CN": ("Chinese", "中文"), "en": ("English", "英文")}, language)
    return f"Language: {english}", f"语言：{chinese}"


def _ivr_failed(teller: _Teller, fact: Fact) -> Sentence:
    node, error = _get(fact, "node"), _get(fact, "error")
    return f"The flow failed at {node}: {error}", f"流程在 {node} 出错：{error}"


def _queue_entered(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.queue(fact)
    place = int(number(fact.data.get("position")))
    at_en = f", {ordinal(place)}" if place > 0 else ""
    return f"In line for {english}{at_en}", f"进入 {chinese} 排队" + (f"，第 {place} 位" if place > 0 else "")


def _assigned(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    waited_en, waited_zh = duration(number(fact.data.get("wait")))
    why = fact.data.get("why")
    why_en, why_zh = _WHY.get(why, (why, why)) if isinstance(why, str) else _per_language(why)
    looked = int(number(fact.data.get("looked_at")))
    because_en = f": {why_en}" if why_en else ""
    because_zh = f"：{why_zh}" if why_zh else ""
    if looked > 1 and why_en:
        because_en, because_zh = f"{because_en} of {looked}", f"{because_zh}（{looked} 人中）"
    return (
        f"Given to {english} (waited {waited_en}){because_en}",
        f"分配给 {chinese}（等待 {waited_zh}）{because_zh}",
    )


def _pop_sent(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"The caller's page was sent to {english}", f"来电弹屏已发送给 {chinese}"


def _pop_shown(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    delay = number(fact.data.get("delay_ms"))
    return f"{english} saw the caller's page after {delay:.0f} ms", f"{chinese} 在 {delay:.0f} 毫秒后看到弹屏"


def _ringing(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"{english}'s phone rang", f"{chinese} 的话机振铃"


def _returned(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    result_en, result_zh = _term(_RESULTS, _get(fact, "result"))
    return f"{english} {result_en}: back to the same place in line", f"{chinese} {result_zh}：回到原排队位置"


def _talk_started(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    waited_en, waited_zh = duration(number(fact.data.get("wait")))
    return f"{english} answered after {waited_en} in line", f"{chinese} 接听，共等待 {waited_zh}"


def _talk_ended(teller: _Teller, fact: Fact) -> Sentence:
    talked_en, talked_zh = duration(number(fact.data.get("seconds")))
    by = _get(fact, "by")
    by_en, by_zh = _BY.get(by, ("", ""))
    return f"Talked {talked_en}" + (f", {by_en}" if by_en else ""), f"通话 {talked_zh}" + (
        f"，{by_zh}" if by_zh else ""
    )


def _recorded(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = duration(number(fact.data.get("seconds")))
    return f"Recorded: {english}", f"已录音：{chinese}"


def _not_recorded(teller: _Teller, fact: Fact) -> Sentence:
    return f"Could not be recorded: {_get(fact, 'error')}", f"录音失败：{_get(fact, 'error')}"


def _wrap_up(teller: _Teller, fact: Fact) -> Sentence:
    took_en, took_zh = duration(number(fact.data.get("seconds")))
    note = _get(fact, "note")
    disposition = _get(fact, "disposition")
    english, chinese = (
        teller.name("disposition", disposition) if disposition else ("no result given", "未选结果")
    )
    return (
        f"Wrap-up {took_en}: {english}" + (f", '{note}'" if note else ""),
        f"话后处理 {took_zh}：{chinese}" + (f"，“{note}”" if note else ""),
    )


def _queue_left(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.queue(fact)
    waited_en, waited_zh = duration(number(fact.data.get("wait")))
    why_en, why_zh = _term(_LEFT, _get(fact, "why"))
    return (
        f"Left the line for {english} after {waited_en}: {why_en}",
        f"等待 {waited_zh} 后离开 {chinese} 排队：{why_zh}",
    )


def _voicemail(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = duration(number(fact.data.get("seconds")))
    return f"Left a voicemail of {english}", f"留言 {chinese}"


def _ended(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = _term(_OUTCOMES, _get(fact, "outcome"))
    return f"Ended: {english}", f"结束：{chinese}"


def _callback_wanted(teller: _Teller, fact: Fact) -> Sentence:
    ani = _get(fact, "ani")
    why_en, why_zh = _term(_LEFT, _get(fact, "why"))
    return f"To be called back at {ani}: {why_en}", f"待回拨 {ani}：{why_zh}"


def _callback_done(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"Called back by {english}", f"{chinese} 已回拨"


def _callback_reopened(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"{english} put it back among those to be called back", f"{chinese} 重新列为待回拨"


def _agent_state(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    state_en, state_zh = _term(_STATES, _get(fact, "state"))
    reason = _get(fact, "reason")
    reason_en, reason_zh = teller.name("reason", reason) if reason else ("", "")
    by = _get(fact, "by")
    return (
        f"{english} is {state_en}" + (f" ({reason_en})" if reason else "") + (f", set by {by}" if by else ""),
        f"{chinese}：{state_zh}" + (f"（{reason_zh}）" if reason else "") + (f"，由 {by} 设置" if by else ""),
    )


def _applied(teller: _Teller, fact: Fact) -> Sentence:
    by, summary = _get(fact, "by"), _listing(fact.data.get("summary"))
    return f"{by} changed the center: {summary}", f"{by} 更新了呼叫中心配置：{summary}"


def _in_force(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", _get(fact, "flow"))
    version = _get(fact, "version")
    return f"Flow {english} version {version} is in force", f"流程 {chinese} 版本 {version} 已生效"


def _rejected(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", _get(fact, "flow"))
    errors = _listing(fact.data.get("errors"))
    return (
        f"A new version of flow {english} was rejected: {errors}",
        f"流程 {chinese} 的新版本被拒绝：{errors}",
    )


def _removed(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", _get(fact, "flow"))
    return f"Flow {english} was removed", f"流程 {chinese} 已删除"


def _emergency(teller: _Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("emergency", _get(fact, "id"))
    by = _get(fact, "by")
    if fact.data.get("on") is True:
        return f"{by} threw the emergency switch {english}", f"{by} 开启了应急开关“{chinese}”"
    return f"{by} took the emergency switch {english} back", f"{by} 关闭了应急开关“{chinese}”"


def _mended(teller: _Teller, fact: Fact) -> Sentence:
    return (
        f"Our picture was wrong and was mended: {_get(fact, 'what')}",
        f"已纠正状态偏差：{_get(fact, 'what')}",
    )


_SAY: dict[str, Callable[[_Teller, Fact], Sentence]] = {
    "call.offered": _offered,
    "call.refused": _refused,
    "call.resumed": _resumed,
    "ivr.entered": _entered,
    "ivr.node": _node,
    "ivr.key": _key,
    "ivr.collected": _collected,
    "ivr.language": _language,
    "ivr.failed": _ivr_failed,
    "queue.entered": _queue_entered,
    "queue.assigned": _assigned,
    "pop.sent": _pop_sent,
    "pop.shown": _pop_shown,
    "phone.ringing": _ringing,
    "queue.returned": _returned,
    "talk.started": _talk_started,
    "talk.ended": _talk_ended,
    "recording.kept": _recorded,
    "recording.failed": _not_recorded,
    "wrap_up.ended": _wrap_up,
    "queue.left": _queue_left,
    "voicemail.left": _voicemail,
    "call.ended": _ended,
    "callback.wanted": _callback_wanted,
    "callback.done": _callback_done,
    "callback.reopened": _callback_reopened,
    "agent.state": _agent_state,
    "center.applied": _applied,
    "flow.in_force": _in_force,
    "flow.rejected": _rejected,
    "flow.removed": _removed,
    "emergency.switched": _emergency,
    "mended": _mended,
}
