"""An agent at work: his state, and the few moves between states."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callcenter.telephony.events import PhoneState


class AgentState(StrEnum):
    """What an agent does. Words of docs/metrics.md."""

    SIGNED_OUT = "signed_out"
    NOT_READY = "not_ready"
    READY = "ready"
    RESERVED = "reserved"  # a call is his, his screen shows it, his phone does not ring yet
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


#: states in which a call is his
ON_CALL = (AgentState.RESERVED, AgentState.RINGING, AgentState.TALKING)
#: states an agent may ask for
ASKABLE = (AgentState.SIGNED_OUT, AgentState.NOT_READY, AgentState.READY)

#: reasons the engine itself gives; an admin's own reasons stand in center.yaml
SYSTEM_REASONS: dict[str, dict[str, str]] = {
    "no_answer": {"en": "Did not answer", "zh-CN": "未接来电"},
    "rejected": {"en": "Rejected a call", "zh-CN": "拒接来电"},
    "unreachable": {"en": "Phone unreachable", "zh-CN": "话机不可达"},
    "phone_unregistered": {"en": "Phone not registered", "zh-CN": "话机未注册"},
    "desk_closed": {"en": "Desk closed", "zh-CN": "工作台已关闭"},
}

#: phone states in which a phone can be rung
REACHABLE = (PhoneState.IDLE, PhoneState.UNKNOWN)


@dataclass(slots=True)
class AgentAtWork:
    """One agent's moment. Changed by the distributor only."""

    agent_id: str
    name: str
    extension: str
    state: AgentState = AgentState.SIGNED_OUT
    reason: str = ""
    since: float = 0.0
    ready_since: float = 0.0  # before the call that is his now
    set_by: str = ""  # the supervisor who set this state, and when; '' for nobody
    set_at: float = 0.0
    until: float = 0.0  # end of wrap-up; 0 when it has none
    next_state: AgentState | None = None  # asked for during a call, comes into force after it
    next_reason: str = ""
    next_by: str = ""  # the supervisor who asked for it; '' for the agent himself and the engine
    phone: PhoneState = PhoneState.UNKNOWN
    phone_lost_at: float = 0.0  # since when it is not registered, while it is not
    limit_at: float = 0.0  # when the time for his reason is over; 0: never
    over_limit: bool = False
    call_id: str = ""
    queue: str = ""
    lease_until: float = 0.0  # a reservation or ringing that lasts longer is taken back
    wrap_up_extensions: int = 0  # how often this wrap-up was extended
    note: str = ""  # draft, kept until wrap-up ends
    pop: dict[str, Any] | None = None
    answered_elsewhere: str = (
        ""  # the call he was rung for, and another answered; '' once a call is his again
    )
    deleted: bool = False  # no longer declared: leaves when his call is over
    pop_shown: bool = False
    talk_since: float = 0.0
    timer: Any = field(default=None, repr=False)  # what ends the present state by the clock

    def goes_next(self, state: AgentState | None, reason: str = "", by: str = "") -> None:
        """Where he goes after his call; None: ready. `by` is the supervisor who asked for it."""
        self.next_state, self.next_reason, self.next_by = state, reason, by

    def reach(self) -> bool:
        """Whether his phone is registered, for all that is known."""
        return self.phone is not PhoneState.UNREGISTERED

    def may_take_calls(self) -> bool:
        """Ready, with a phone that can be rung."""
        return self.state is AgentState.READY and self.phone in REACHABLE and not self.deleted
