"""How long an agent may be not ready for a reason, and how many at once. Pure; times are seconds.

An admin sets the limits in center.yaml (`not_ready_reasons`). A supervisor may go beyond them: what he sets
is asked nothing, and its time at a stretch begins when he does.
"""

from __future__ import annotations

from callcenter.center.model import Reason
from callcenter.telephony.refusal import Refused


def ends_at(reason: Reason, *, since: float, now: float, used_today: float, by_supervisor: bool) -> float:
    """When the time for this reason is over; 0 when it never is.

    `since`: when he became not ready for it, or a supervisor said so last. `used_today`: seconds of it since
    midnight up to `now`, these included; they do not count for what a supervisor allowed.
    """
    ends = []
    if reason.limit_minutes is not None:
        ends.append(since + reason.limit_minutes * 60)
    if reason.per_day_minutes is not None and not by_supervisor:
        ends.append(now + max(0.0, reason.per_day_minutes * 60 - used_today))
    return min(ends, default=0.0)


def places(reason: Reason, signed_in: int) -> int | None:
    """How many agents may be away for it at once; None: as many as like. Of a share of those signed in at
    least one may."""
    if reason.at_once is None:
        return None
    return int(reason.at_once) if reason.at_once >= 1 else max(1, int(reason.at_once * signed_in))


def refuse(reason: Reason, *, used_today: float, away: int, signed_in: int) -> None:
    """Raises Refused when an agent may not be away for this reason now. `away`: how many others are, or
    will be after their calls."""
    en, zh = _name(reason, "en"), _name(reason, "zh-CN")
    most = places(reason, signed_in)
    if most is not None and away >= most:
        raise Refused(
            "too_many_away",
            f"{en}: {away} already, and no more than {most} at once. Try again later, or ask a supervisor",
            f"{zh}：已有 {away} 人，最多同时 {most} 人。请稍后再试，或联系班长",
            field="reason",
        )
    day = reason.per_day_minutes
    if day is not None and reason.at_limit != "remind" and used_today >= day * 60:
        raise Refused(
            "used_up",
            f"{en}: today's {day:g} min are used up. Ask a supervisor",
            f"{zh}：今天的 {day:g} 分钟已用完，请联系班长",
            field="reason",
        )


def refuse_to_go_on(reason: Reason) -> None:
    """Raises Refused: the time for this reason is over, and a supervisor was to be asked (`ask`)."""
    raise Refused(
        "ask_supervisor",
        f"{_name(reason, 'en')}: your time is over. A supervisor decides how you go on",
        f"{_name(reason, 'zh-CN')}：已超时，需由班长处理",
    )


def _name(reason: Reason, language: str) -> str:
    names = {str(key): text for key, text in reason.name.items()}
    return names.get(language) or next(iter(names.values()))
