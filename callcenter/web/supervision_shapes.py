"""What supervisors ask and are answered: the line, the talks, the agents' skills."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.web.shapes import Answered, Asked, Words

Level = Annotated[int, Field(ge=1, le=10)]
Mode = Literal["listen", "whisper", "barge"]


class Move(Asked):
    queue: Words = ""  # another queue; '' stays where he is
    head: bool = False  # he is the next there


class Assign(Asked):
    agent: Words
    override: bool = False  # also to an agent who lacks the skills


class Take(Asked):
    call_id: Words


class SkillsChange(Asked):
    skills: Annotated[dict[Words, Level], Field(max_length=200)]  # all of them: what is left out he has not
    #: queues he is kept out of
    without: Annotated[list[Words], Field(max_length=500, default_factory=list)]


class MonitorWish(Asked):
    mode: Mode = "listen"
    phone: Words = ""  # the supervisor's extension; '' is his own


class TakeOverWish(Asked):
    phone: Words = ""


class WaitingCaller(Answered):
    call_id: str
    ani: str
    name: str
    queue: str
    position: int
    since: float  # entered his first queue
    entered: float  # entered this one
    priority: int
    needs: str  # of an agent, as an expression
    ring: int
    for_agent: str  # the one agent he waits for at first
    away: bool  # his line is coming back after a restart


class TalkCaller(Answered):
    ani: str
    name: str


class Monitor(Answered):
    by: str
    agent: str
    call_id: str
    phone: str
    mode: Literal["listen", "whisper", "barge", "hold", "taken_over"]
    state: Literal["ringing", "joined"]
    since: float


class AgentSkills(Answered):
    skills: dict[str, int]
    queues: list[str]  # that he serves
    without: list[str]  # that he is kept out of by hand
    changed_by: str  # who changed them; '': as in the center file
    changed_at: float | None


class SupervisionPicture(Answered):
    callers: list[WaitingCaller]
    talks: dict[str, TalkCaller]  # who is on a call with an agent, by call
    monitors: list[Monitor]
    agents: dict[str, AgentSkills]


class SupervisionAnswer(SupervisionPicture):
    phone: str  # the asker's own; '' if he has none
