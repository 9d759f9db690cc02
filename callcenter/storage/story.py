"""The story of a call, from its facts: what a supervisor reads, in both languages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from callcenter.storage.facts import Fact
from callcenter.storage.names import Names, ids_as_names
from callcenter.storage.projection import number, text
from callcenter.storage.sentences import EN, ZH, Sentence, Teller, get, per_language, term
from callcenter.storage.story_of_callbacks import LEFT as LEFT_FOR_CALLBACKS
from callcenter.storage.story_of_callbacks import OUTCOMES as OUTCOMES_OF_CALLBACKS
from callcenter.storage.story_of_callbacks import SAY as SAY_OF_CALLBACKS
from callcenter.storage.story_of_flows import SAY as SAY_OF_FLOWS
from callcenter.storage.story_of_queues import WHY, more_of_assignment, queue_widened, sent_elsewhere
from callcenter.storage.story_of_supervision import SAY as SAY_OF_SUPERVISION
from callcenter.storage.story_of_supervision import moved
from callcenter.storage.story_of_waiting import SAY as SAY_OF_WAITING

_OUTCOMES: dict[str, Sentence] = {
    "answered": ("answered", "已接听"),
    "abandoned": ("abandoned: the caller left before an agent", "已放弃：客户在接通坐席前挂机"),
    "ivr": ("ended in the menu", "在语音菜单中结束"),
    "voicemail": ("left a voicemail", "已留言"),
    "transferred": ("transferred", "已转接"),
    "refused": ("refused", "已拒绝"),
    "cut": ("cut off", "被中断"),
    **OUTCOMES_OF_CALLBACKS,
}
_RESULTS: dict[str, Sentence] = {
    "no_answer": ("did not answer", "未应答"),
    "busy": ("was busy or rejected the call", "忙或拒接"),
    "unreachable": ("could not be reached", "无法接通"),
}
_LEFT: dict[str, Sentence] = {
    "abandoned": ("the caller hung up", "客户挂机"),
    "max_wait": ("the longest wait was reached", "超过最长等待时间"),
    "overflow": ("sent elsewhere", "溢出"),
    "full": ("the queue is full", "队列已满"),
    "closed": ("the queue is closed", "队列已关闭"),
    "cut": ("the call was cut", "通话被中断"),
    "offer_callback": ("the caller chose to be called back", "客户选择回电"),
    "offer_voicemail": ("the caller chose to leave a message", "客户选择留言"),
    "requested": ("the caller asked for it", "客户要求"),
    **LEFT_FOR_CALLBACKS,
}
_BY: dict[str, Sentence] = {
    "caller": ("the caller hung up", "客户挂机"),
    "agent": ("the agent hung up", "坐席挂机"),
    "switch": ("the switch ended it", "交换机中断"),
    "supervisor": ("a supervisor took over", "主管接管"),
}
_WHY: dict[str, Sentence] = {
    "longest_ready": ("longest ready", "示闲最久"),
    **WHY,
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
    teller = Teller(names)
    told = []
    first: float | None = None
    for fact in facts:
        first = fact.at if first is None else first
        say = _SAY.get(fact.kind)
        english, chinese = say(teller, fact) if say is not None else (fact.kind, fact.kind)
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


def _offered(teller: Teller, fact: Fact) -> Sentence:
    ani, did = get(fact, "ani"), get(fact, "did")
    return f"Called {did} from {ani or 'a hidden number'}", f"从 {ani or '隐藏号码'} 呼入 {did}"


def _refused(teller: Teller, fact: Fact) -> Sentence:
    reason = get(fact, "reason")
    return f"Refused: {reason or 'an unknown number was dialed'}", f"已拒绝：{reason or '拨打了未知号码'}"


def _resumed(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_STAGES, get(fact, "stage"))
    return f"Came back {english} after the controller was away", f"控制器恢复后回到：{chinese}"


def _queue_entered(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.queue(fact)
    place = int(number(fact.data.get("position")))
    at_en = f", {ordinal(place)}" if place > 0 else ""
    return f"In line for {english}{at_en}", f"进入 {chinese} 排队" + (f"，第 {place} 位" if place > 0 else "")


def _assigned(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    waited_en, waited_zh = duration(number(fact.data.get("wait")))
    why = fact.data.get("why")
    why_en, why_zh = _WHY.get(why, (why, why)) if isinstance(why, str) else per_language(why)
    more_en, more_zh = more_of_assignment(fact)
    looked = int(number(fact.data.get("looked_at")))
    because_en = f": {why_en}" if why_en else ""
    because_zh = f"：{why_zh}" if why_zh else ""
    if looked > 1 and why_en:
        because_en, because_zh = f"{because_en} of {looked}", f"{because_zh}（{looked} 人中）"
    return (
        f"Given to {english} (waited {waited_en}){because_en}{more_en}",
        f"分配给 {chinese}（等待 {waited_zh}）{because_zh}{more_zh}",
    )


def _pop_sent(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"The caller's page was sent to {english}", f"来电弹屏已发送给 {chinese}"


def _pop_shown(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    delay = number(fact.data.get("delay_ms"))
    return f"{english} saw the caller's page after {delay:.0f} ms", f"{chinese} 在 {delay:.0f} 毫秒后看到弹屏"


def _ringing(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"{english}'s phone rang", f"{chinese} 的话机振铃"


def _phone_missed(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    result_en, result_zh = term(_RESULTS, get(fact, "result"))
    return f"{english} {result_en}", f"{chinese} {result_zh}"


def _returned(teller: Teller, fact: Fact) -> Sentence:
    if not fact.agent:
        return "Nobody answered: back to the same place in line", "无人应答：回到原排队位置"
    english, chinese = teller.agent(fact)
    result_en, result_zh = term(_RESULTS, get(fact, "result"))
    return f"{english} {result_en}: back to the same place in line", f"{chinese} {result_zh}：回到原排队位置"


def _talk_started(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    waited_en, waited_zh = duration(number(fact.data.get("wait")))
    return f"{english} answered after {waited_en} in line", f"{chinese} 接听，共等待 {waited_zh}"


def _talk_ended(teller: Teller, fact: Fact) -> Sentence:
    talked_en, talked_zh = duration(number(fact.data.get("seconds")))
    by = get(fact, "by")
    by_en, by_zh = _BY.get(by, ("", ""))
    return f"Talked {talked_en}" + (f", {by_en}" if by_en else ""), f"通话 {talked_zh}" + (
        f"，{by_zh}" if by_zh else ""
    )


def _recorded(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = duration(number(fact.data.get("seconds")))
    return f"Recorded: {english}", f"已录音：{chinese}"


def _not_recorded(teller: Teller, fact: Fact) -> Sentence:
    return f"Could not be recorded: {get(fact, 'error')}", f"录音失败：{get(fact, 'error')}"


def _wrap_up(teller: Teller, fact: Fact) -> Sentence:
    took_en, took_zh = duration(number(fact.data.get("seconds")))
    note = get(fact, "note")
    disposition = get(fact, "disposition")
    english, chinese = (
        teller.name("disposition", disposition) if disposition else ("no result given", "未选结果")
    )
    return (
        f"Wrap-up {took_en}: {english}" + (f", '{note}'" if note else ""),
        f"话后处理 {took_zh}：{chinese}" + (f"，“{note}”" if note else ""),
    )


def _queue_left(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.queue(fact)
    waited_en, waited_zh = duration(number(fact.data.get("wait")))
    why_en, why_zh = sent_elsewhere(teller, fact) or moved(teller, fact) or term(_LEFT, get(fact, "why"))
    return (
        f"Left the line for {english} after {waited_en}: {why_en}",
        f"等待 {waited_zh} 后离开 {chinese} 排队：{why_zh}",
    )


def _voicemail_begun(teller: Teller, fact: Fact) -> Sentence:
    return "Asked for a message after the tone", "提示音后开始留言"


def _voicemail(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = duration(number(fact.data.get("seconds")))
    return f"Left a voicemail of {english}", f"留言 {chinese}"


def _ended(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_OUTCOMES, get(fact, "outcome"))
    return f"Ended: {english}", f"结束：{chinese}"


def _callback_wanted(teller: Teller, fact: Fact) -> Sentence:
    ani = get(fact, "ani")
    why_en, why_zh = sent_elsewhere(teller, fact) or term(_LEFT, get(fact, "why"))
    return f"To be called back at {ani}: {why_en}", f"待回拨 {ani}：{why_zh}"


def _callback_done(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"Called back by {english}", f"{chinese} 已回拨"


def _callback_reopened(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"{english} put it back among those to be called back", f"{chinese} 重新列为待回拨"


def _agent_state(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    if number(fact.data.get("extensions")):
        return f"{english} asked for more time for wrap-up", f"{chinese}：延长话后处理"
    state_en, state_zh = term(_STATES, get(fact, "state"))
    reason = get(fact, "reason")
    reason_en, reason_zh = teller.name("reason", reason) if reason else ("", "")
    by = get(fact, "by")
    return (
        f"{english} is {state_en}" + (f" ({reason_en})" if reason else "") + (f", set by {by}" if by else ""),
        f"{chinese}：{state_zh}" + (f"（{reason_zh}）" if reason else "") + (f"，由 {by} 设置" if by else ""),
    )


def _over_limit(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    reason_en, reason_zh = teller.name("reason", get(fact, "reason"))
    return f"The time of {english} for {reason_en} is over", f"{chinese}：“{reason_zh}”已超时"


def _took_over(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    return f"{english} went on at another place", f"{chinese} 已在另一处继续工作"


def _agent_next(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    state, reason, by = get(fact, "state"), get(fact, "reason"), get(fact, "by")
    if not state:
        return f"{english} will be ready after the call", f"{chinese}：通话后恢复示闲"
    state_en, state_zh = term(_STATES, state)
    reason_en, reason_zh = teller.name("reason", reason) if reason else ("", "")
    return (
        f"{english} will be {state_en} after the call"
        + (f" ({reason_en})" if reason else "")
        + (f", set by {by}" if by else ""),
        f"{chinese}：通话后{state_zh}"
        + (f"（{reason_zh}）" if reason else "")
        + (f"，由 {by} 设置" if by else ""),
    )


def _applied(teller: Teller, fact: Fact) -> Sentence:
    by, summary = get(fact, "by"), _listing(fact.data.get("summary"))
    return f"{by} changed the center: {summary}", f"{by} 更新了呼叫中心配置：{summary}"


def _in_force(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", get(fact, "flow"))
    version = get(fact, "version")
    return f"Flow {english} version {version} is in force", f"流程 {chinese} 版本 {version} 已生效"


def _rejected(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", get(fact, "flow"))
    errors = _listing(fact.data.get("errors"))
    return (
        f"A new version of flow {english} was rejected: {errors}",
        f"流程 {chinese} 的新版本被拒绝：{errors}",
    )


def _removed(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("flow", get(fact, "flow"))
    return f"Flow {english} was removed", f"流程 {chinese} 已删除"


def _emergency(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.name("emergency", get(fact, "id"))
    by = get(fact, "by")
    if fact.data.get("on") is True:
        return f"{by} threw the emergency switch {english}", f"{by} 开启了应急开关“{chinese}”"
    return f"{by} took the emergency switch {english} back", f"{by} 关闭了应急开关“{chinese}”"


def _mended(teller: Teller, fact: Fact) -> Sentence:
    return (
        f"Our picture was wrong and was mended: {get(fact, 'what')}",
        f"已纠正状态偏差：{get(fact, 'what')}",
    )


_SAY: dict[str, Callable[[Teller, Fact], Sentence]] = {
    **SAY_OF_FLOWS,
    **SAY_OF_WAITING,
    **SAY_OF_SUPERVISION,
    **SAY_OF_CALLBACKS,
    "call.offered": _offered,
    "call.refused": _refused,
    "call.resumed": _resumed,
    "queue.entered": _queue_entered,
    "queue.widened": queue_widened,
    "queue.assigned": _assigned,
    "pop.sent": _pop_sent,
    "pop.shown": _pop_shown,
    "phone.ringing": _ringing,
    "phone.missed": _phone_missed,
    "queue.returned": _returned,
    "talk.started": _talk_started,
    "talk.ended": _talk_ended,
    "recording.kept": _recorded,
    "recording.failed": _not_recorded,
    "wrap_up.ended": _wrap_up,
    "queue.left": _queue_left,
    "voicemail.begun": _voicemail_begun,
    "voicemail.left": _voicemail,
    "call.ended": _ended,
    "callback.wanted": _callback_wanted,
    "callback.done": _callback_done,
    "callback.reopened": _callback_reopened,
    "agent.state": _agent_state,
    "agent.next": _agent_next,
    "agent.over_limit": _over_limit,
    "agent.took_over": _took_over,
    "center.applied": _applied,
    "flow.in_force": _in_force,
    "flow.rejected": _rejected,
    "flow.removed": _removed,
    "emergency.switched": _emergency,
    "mended": _mended,
}
