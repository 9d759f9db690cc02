"""The shapes of answers to 'why?'."""

from __future__ import annotations

from callcenter.web.shapes import Answered, StoryLine


class Because(Answered):
    code: str
    text: dict[str, str]


class RingInfo(Answered):
    after: float
    needs: str


class AgentBecause(Because):
    id: str
    name: str
    state: str


class WhyWaits(Answered):
    queue: str
    waited: float
    priority: int
    position: int
    waiting: int
    needs: str
    only: str  # the one agent he waits for at first
    ring: int
    rings: list[RingInfo]
    summary: Because
    agents: list[AgentBecause]


class WhyCall(Answered):
    call_id: str
    waiting: WhyWaits | None  # None: he is not in line now
    routed: list[StoryLine]  # how he was routed so far


class CallerBecause(Because):
    call_id: str
    queue: str
    waited: float


class WhyAgent(Answered):
    agent: str
    state: str
    since: float
    queues: list[str]
    summary: Because
    callers: list[CallerBecause]
