"""What supervisors did, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable

from callcenter.storage.facts import Fact
from callcenter.storage.projection import number
from callcenter.storage.sentences import Sentence, Teller, get, term

_MODES: dict[str, Sentence] = {
    "listen": ("listens", "开始监听"),
    "whisper": ("whispers to the agent", "开始耳语指导"),
    "barge": ("joins the talk", "强插进入通话"),
    "hold": ("is about to take over", "准备接管"),
}
_TAKE_OVER_ENDS: dict[str, Sentence] = {
    "caller": ("the caller hung up", "客户挂机"),
    "supervisor": ("the supervisor hung up", "主管挂机"),
    "switch": ("the switch ended it", "交换机中断"),
}
_NOT_REACHED = ("no_answer", "unreachable")


def _length(fact: Fact) -> Sentence:
    minutes, seconds = divmod(round(number(fact.data.get("seconds"))), 60)
    return (f"{minutes}:{seconds:02d}",) * 2 if minutes else (f"{seconds} s", f"{seconds} 秒")


def _started(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_MODES, get(fact, "mode"))
    tone = fact.data.get("tone") is True
    by = get(fact, "by")
    return (
        f"{by} {english}" + (", a tone is heard" if tone else ""),
        f"{by} {chinese}" + ("（有提示音）" if tone else ""),
    )


def _mode(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_MODES, get(fact, "mode"))
    return f"{get(fact, 'by')} now {english}", f"{get(fact, 'by')} {chinese}"


def _ended(teller: Teller, fact: Fact) -> Sentence:
    by, why = get(fact, "by"), get(fact, "why")
    if why in _NOT_REACHED:
        return f"{by} did not answer to listen", f"{by} 未应答监听来电"
    if why == "took_over":
        return f"{by} takes the caller over", f"{by} 接管来电"
    english, chinese = _length(fact)
    return f"{by} left the talk after {english}", f"{by} 退出监听，共 {chinese}"


def _taken_over(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    by = get(fact, "by")
    return f"{by} talks with the caller in {english}'s place", f"{by} 代替 {chinese} 与客户通话"


def _takeover_ended(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = _length(fact)
    why_en, why_zh = term(_TAKE_OVER_ENDS, get(fact, "ended_by"))
    return f"{get(fact, 'by')} talked {english}, {why_en}", f"{get(fact, 'by')} 通话 {chinese}，{why_zh}"


def _prioritised(teller: Teller, fact: Fact) -> Sentence:
    return f"{get(fact, 'by')} made him the next", f"{get(fact, 'by')} 将其移到队首"


def _taken(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    by, without = get(fact, "by"), fact.data.get("override") is True
    return (
        f"{by} gave the caller to {english}" + (", who lacks the skills" if without else ""),
        f"{by} 将来电指定给 {chinese}" + ("（不具备所需技能）" if without else ""),
    )


def _skills(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = teller.agent(fact)
    by, skills = get(fact, "by"), fact.data.get("skills")
    if not isinstance(skills, dict):
        return f"{by} put {english}'s skills back", f"{by} 恢复了 {chinese} 的技能"
    told = ", ".join(f"{skill} {level}" for skill, level in skills.items()) or "-"
    return f"{by} changed {english}'s skills: {told}", f"{by} 修改了 {chinese} 的技能：{told}"


def moved(teller: Teller, fact: Fact) -> Sentence | None:
    """Where a supervisor put him; None when none did."""
    if fact.data.get("why") != "moved":
        return None
    english, chinese = teller.name("queue", get(fact, "to").removeprefix("queue "))
    return f"{get(fact, 'by')} moved him to {english}", f"{get(fact, 'by')} 将其移到 {chinese}"


SAY: dict[str, Callable[[Teller, Fact], Sentence]] = {
    "monitor.started": _started,
    "monitor.mode": _mode,
    "monitor.ended": _ended,
    "takeover.started": _taken_over,
    "takeover.ended": _takeover_ended,
    "queue.prioritised": _prioritised,
    "queue.taken": _taken,
    "agent.skills": _skills,
}
