"""How a caller was routed, in sentences: why this agent, and where he was sent. Pure."""

from __future__ import annotations

from typing import Any

from callcenter.storage.facts import Fact
from callcenter.storage.projection import number, text
from callcenter.storage.sentences import Sentence, Teller, get

WHY: dict[str, Sentence] = {
    "longest_idle": ("longest ready", "示闲最久"),
    "occupancy": ("least busy so far", "占用率最低"),
    "fewest_calls": ("fewest calls so far", "接听最少"),
    "least_skilled": ("least skilled, experts stay free", "技能最少，为专家留空"),
    "ranked": ("first by rank", "名次最前"),
    "round_robin": ("his turn in the round", "轮流到他"),
    "random": ("drawn by chance", "随机选中"),
    "ring_all": ("all who are free ring", "所有空闲坐席同时振铃"),
    "only_free": ("the only one free", "唯一空闲"),
    "next_in_line": ("next in line", "排队轮到"),
    "longest_wait": ("the best place of all queues he serves", "所服务队列中排位最前"),
    "service_level": ("the queue nearest to missing its service level", "最接近超出服务水平的队列"),
    "queue_ratio": ("the queue furthest above its share", "超出应占比例最多的队列"),
    "last_agent": ("he talked with the caller last", "上次通话的坐席"),
    "taken": ("taken out of the line", "被直接取走"),
}
_CONDITIONS: dict[str, Sentence] = {
    "wait": ("he waited too long", "等待过长"),
    "estimated_wait": ("the estimated wait was too long", "预计等待过长"),
    "length": ("too many waited", "排队人数过多"),
    "no_agents": ("no agent was signed in", "无坐席签入"),
    "closed": ("the queue is closed", "队列已关闭"),
    "emergency": ("an emergency switch is on", "应急开关已开启"),
}
_TARGETS: dict[str, Sentence] = {
    "queue": ("queue", "队列"),
    "flow": ("flow", "流程"),
    "voicemail": ("mailbox", "留言信箱"),
    "number": ("number", "号码"),
    "callback": ("a call-back", "回拨"),
}


def queue_widened(teller: Teller, fact: Fact) -> Sentence:
    """More agents may serve him from now on."""
    if fact.data.get("why") == "last_agent":
        return (
            "His own agent was not free in time: anybody may serve him",
            "专属坐席未及时空闲：任何坐席均可接听",
        )
    ring, needs = int(number(fact.data.get("ring"))), get(fact, "needs")
    return f"Ring {ring} opened: {needs}", f"扩大到第 {ring} 圈：{needs}"


def more_of_assignment(fact: Fact) -> Sentence:
    """What else an assignment tells: what the strategy compared, the ring, and who else is rung."""
    english, chinese = "", ""
    if "occupancy" in fact.data:
        share = f"{number(fact.data.get('occupancy')):.0%}"
        english, chinese = english + f", occupancy {share}", chinese + f"，占用率 {share}"
    if "calls" in fact.data:
        calls = int(number(fact.data.get("calls")))
        english, chinese = english + f", {calls} calls so far", chinese + f"，已接 {calls} 通"
    if fact.data.get("rank"):
        rank = int(number(fact.data.get("rank")))
        english, chinese = english + f", rank {rank}", chinese + f"，名次 {rank}"
    if ring := int(number(fact.data.get("ring"))):
        english, chinese = english + f", in ring {ring}", chinese + f"，第 {ring} 圈"
    also = fact.data.get("also")
    if isinstance(also, list) and also:
        english += f", {len(also)} more phones ring"
        chinese += f"，另有 {len(also)} 部话机振铃"
    return english, chinese


def sent_elsewhere(teller: Teller, fact: Fact) -> Sentence | None:
    """Where an overflow rule sent him, and why; None when none did."""
    if fact.data.get("why") != "overflow":
        return None
    what, _, which = text(fact.data.get("to")).partition(" ")
    named: Any = teller.name(what, which) if what in ("queue", "flow") and which else (which, which)
    target = _TARGETS.get(what, (what, what))
    why = _CONDITIONS.get(text(fact.data.get("condition")), ("", ""))
    return (
        f"sent to {target[0]} {named[0]}".rstrip() + (f", as {why[0]}" if why[0] else ""),
        f"转到{target[1]} {named[1]}".rstrip() + (f"（{why[1]}）" if why[1] else ""),
    )
