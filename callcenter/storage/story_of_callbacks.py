"""What a call's story says of call-backs in place. Pure."""

from __future__ import annotations

from collections.abc import Callable

from callcenter.storage.facts import Fact
from callcenter.storage.projection import number
from callcenter.storage.sentences import Sentence, Teller, get, term

OUTCOMES: dict[str, Sentence] = {
    "callback": ("to be called back in his place", "保留位置待回呼"),
    "cancelled": ("the call-back was cancelled", "回呼已取消"),
    "unreached": ("not reached: people must call back", "未接通：需人工回拨"),
}
#: why a place leaves the line
LEFT: dict[str, Sentence] = {
    "callback": ("he is called back in his place", "保留位置，稍后回呼"),
    "paused": ("it is not the time to call", "暂不在回呼时段"),
    "unanswered": ("the customer was not reached", "客户未接通"),
    "cancelled": ("cancelled", "已取消"),
    "given_up": ("nobody tries any more", "不再尝试"),
    "unreached": ("not reached by call-backs in place", "自动回呼未接通"),
}
_RESULTS: dict[str, Sentence] = {
    "no_answer": ("nobody answered", "无人接听"),
    "busy": ("busy", "占线"),
    "rejected": ("rejected", "拒接"),
    "unreachable": ("the number cannot be reached", "号码无法接通"),
    "hung_up": ("hung up at once", "接通后立即挂断"),
    "lost": ("nobody knows how it ended, for the link was lost", "线路中断，结果未知"),
    "not_sent": ("not dialed, for the link was lost", "线路中断，未拨出"),
}
_BY: dict[str, Sentence] = {
    "customer": ("the customer, with a key", "客户按键"),
    "called_in": ("he called again himself and took his place", "客户已再次来电并取回排队位置"),
}
_WHY: dict[str, Sentence] = {
    "tries": ("all tries are used up", "已达最多次数"),
    "too_late": ("the time for it is over", "已过有效时间"),
    "no_queue": ("there is no such queue any more", "队列已不存在"),
    "failed": ("a fault of ours", "系统故障"),
}


def _promised(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.queue(fact)
    by, whom = get(fact, "by"), get(fact, "number")
    asked_en = "" if by == "caller" else f", asked for by {by}"
    asked_zh = "" if by == "caller" else f"，由 {by} 登记"
    return (
        f"{whom} keeps his place in line for {english} and is called back{asked_en}",
        f"{whom} 保留 {chinese} 排队位置，等待回呼{asked_zh}",
    )


def _in_place(teller: Teller, fact: Fact) -> Sentence:
    whom, call = get(fact, "number"), get(fact, "call")
    return (
        f"Promised to call {whom} back in his place (call {call})",
        f"已承诺保留位置并回呼 {whom}（{call}）",
    )


def _dialed(teller: Teller, fact: Fact) -> Sentence:
    whom, attempt = get(fact, "number"), int(number(fact.data.get("attempt")))
    return f"Dialed {whom}, attempt {attempt}", f"第 {attempt} 次呼叫 {whom}"


def _answered(teller: Teller, fact: Fact) -> Sentence:
    return "The customer answered", "客户已接听"


def _unanswered(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_RESULTS, get(fact, "result"))
    more = bool(number(fact.data.get("next_at")))
    return (
        f"Not reached: {english}" + ("; tried again later from the same place" if more else ""),
        f"未接通：{chinese}" + ("；稍后从原位置再试" if more else ""),
    )


def _cancelled(teller: Teller, fact: Fact) -> Sentence:
    by = get(fact, "by")
    english, chinese = _BY.get(by, (by, by))
    return f"The call-back was cancelled: {english}", f"回呼已取消：{chinese}"


def _given_up(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_WHY, get(fact, "why"))
    return f"Not called by itself any more: {english}", f"停止自动回呼：{chinese}"


SAY: dict[str, Callable[[Teller, Fact], Sentence]] = {
    "callback.promised": _promised,
    "callback.in_place": _in_place,
    "call.dialed": _dialed,
    "call.answered": _answered,
    "callback.unanswered": _unanswered,
    "callback.cancelled": _cancelled,
    "callback.given_up": _given_up,
}
