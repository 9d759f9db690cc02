"""What the web server needs of the rooms behind it. `app.py` hands in the real services.

Dictionaries have the shapes named in docs/contracts.md and hold only JSON values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from callcenter.telephony.refusal import Refused

__all__ = [
    "AgentDesk",
    "Callbacks",
    "CenterAdmin",
    "Emergencies",
    "FlowAdmin",
    "Json",
    "Live",
    "LiveFeed",
    "Records",
    "Refused",
    "SupervisorDesk",
    "Users",
]

Json = dict[str, Any]


class AgentDesk(Protocol):
    """The distributor's side of an agent's desk. All raise Refused."""

    def view(self, agent_id: str) -> Json:
        """`AgentView` with the current call's Pop."""

    def views(self) -> list[Json]:
        """Every agent, without calls."""

    def set_state(self, agent_id: str, state: str, reason: str = "", by: str = "") -> Json: ...

    async def hang_up(self, agent_id: str) -> Json: ...

    def finish_wrap_up(self, agent_id: str, call_id: str, disposition: str, note: str) -> Json: ...

    def extend_wrap_up(self, agent_id: str) -> Json: ...

    def save_note(self, agent_id: str, call_id: str, note: str) -> None: ...

    def pop_shown(self, agent_id: str, call_id: str) -> None:
        """A browser reports that the screen pop stands on the screen."""

    def second_place(self) -> str:
        """What becomes of an agent who signs in at a second place: `take_over` or `refuse`."""

    def took_over(self, agent_id: str, user: str, address: str) -> None:
        """The agent went on at another place."""

    def desk_opened(self, agent_id: str) -> None: ...

    def desk_closed(self, agent_id: str) -> None:
        """The last socket of the agent's desk went away."""


class LiveFeed(Protocol):
    """Messages for pages. Listeners are called at once, in the event loop, and must not wait."""

    def listen(self, topic: str, listener: Callable[[Json], None]) -> Callable[[], None]:
        """Topics: `agent:ID`, `wallboard`, `problems`, `emergencies`. Returns what ends the listening."""


class Live(Protocol):
    """The picture of this moment."""

    def wallboard(self) -> Json: ...

    def why_call(self, call_id: str) -> Json | None:
        """`WhyWaits` of a caller in line, None when he is not."""

    def why_agent(self, agent_id: str) -> Json | None:
        """`WhyAgent`, None when there is no such agent."""

    def ratings(self) -> list[Json]:
        """`Rating` of each question answered today."""

    def ready(self) -> list[str]:
        """Reasons why calls can not be taken now; empty when all is well."""


class CenterAdmin(Protocol):
    """The declared center."""

    def public(self) -> Json:
        """Answer of GET /center."""

    def in_force(self) -> Json: ...

    async def plan(self, text: str) -> Json: ...

    async def apply(self, text: str, by: str) -> Json: ...


class FlowAdmin(Protocol):
    """Flows as the admin edits them. Shapes in flow_shapes.py. All raise Refused."""

    def views(self) -> list[Json]:
        """`FlowInForce` of each."""

    def schema(self) -> Json: ...

    async def get(self, flow: str) -> Json: ...

    async def check(self, flow: str, text: str) -> Json: ...

    async def save(self, flow: str, text: str, base_version: str, by: str) -> Json: ...

    async def delete(self, flow: str, by: str) -> None: ...

    async def versions(self, flow: str) -> list[Json]: ...

    async def version_text(self, flow: str, version: str) -> str: ...

    async def diff(self, flow: str, before: str, after: str) -> str: ...

    async def restore(self, flow: str, version: str, base_version: str, by: str) -> Json: ...

    async def draw(self, flow: str, text: str, language: str, period: str) -> Json:
        """`period`: '', day or week, of the callers shown on the picture."""

    async def rehearse(
        self,
        flow: str,
        text: str,
        *,
        language: str,
        at: float,
        ani: str,
        did: str,
        notes_in: str,
        emergencies: list[str],
        inputs: list[str],
    ) -> Json:
        """All inputs since the call began; nothing is remembered between two askings."""


class Emergencies(Protocol):
    """The switches a supervisor may throw."""

    def views(self) -> list[Json]: ...

    def switch(self, emergency: str, on: bool, note: str, by: str) -> Json:
        """Raises Refused for one that is not declared."""


class SupervisorDesk(Protocol):
    """What supervisors see and do. All that change something raise Refused."""

    def picture(self) -> Json:
        """`SupervisionPicture`."""

    def phone_of(self, user: str, agent_id: str) -> str:
        """The supervisor's own phone, '' if he has none."""

    def move(self, call_id: str, queue: str, head: bool, by: str) -> None: ...

    def assign(self, call_id: str, agent_id: str, override: bool, by: str) -> None: ...

    def set_skills(self, agent_id: str, skills: dict[str, int], without: list[str], by: str) -> None: ...

    def reset_skills(self, agent_id: str, by: str) -> None: ...

    async def monitor(self, agent_id: str, mode: str, phone: str, by: str) -> Json: ...

    async def stop_monitoring(self, by: str) -> None: ...

    async def take_over(self, agent_id: str, phone: str, by: str) -> Json: ...


class Records(Protocol):
    """Read and small writes on what is stored. Written by callcenter.storage and callcenter.customers."""

    async def calls(
        self,
        *,
        limit: int,
        before: str = "",
        since: float = 0,
        queue: str = "",
        agent: str = "",
        outcome: str = "",
        ani: str = "",
    ) -> Json: ...

    async def call(self, call_id: str) -> Json | None:
        """`{call, story, recorded, scores}`."""

    async def recorded_path(self, call_id: str, name: str) -> str | None:
        """Of what the caller said at a node, relative to the voicemail folder."""

    async def recording_path(self, call_id: str) -> str | None:
        """Relative to the recordings folder."""

    async def customers(self, q: str, limit: int) -> list[Json]: ...

    async def customer(self, customer_id: int) -> Json | None:
        """`{customer, timeline}`."""

    async def update_customer(self, customer_id: int, changes: Json) -> Json | None: ...

    async def voicemails(self) -> list[Json]: ...

    async def voicemail_path(self, voicemail_id: int) -> str | None: ...

    async def set_voicemail(self, voicemail_id: int, status: str, by: str) -> Json | None: ...

    async def callbacks(self) -> list[Json]: ...

    async def set_callback(self, callback_id: int, status: str, by: str) -> Json | None: ...


class Callbacks(Protocol):
    """Call-backs in place. All raise Refused."""

    def views(self) -> list[Json]:
        """`CallbackInPlace` of each, in the order in which they will be served."""

    def ask_for(
        self,
        number: str,
        queue: str,
        *,
        by: str,
        name: str = "",
        language: str = "",
        not_before: float = 0.0,
        not_after: float = 0.0,
    ) -> Json:
        """Keep a place behind all who wait now; its `CallbackInPlace`."""

    def cancel(self, call_id: str, by: str) -> None: ...


class Users(Protocol):
    """Who may sign in. Password hashing happens off the event loop."""

    async def check(self, name: str, password: str) -> Json | None:
        """`{name, role, agent_id, display_name}`, None when name or password are wrong."""

    async def open_session(self, user_name: str, now: float, seconds: float) -> tuple[str, str]:
        """A new session: (cookie token, csrf token). Only hashes of them are stored."""

    async def session(self, token: str, now: float) -> tuple[Json, str] | None:
        """The user of a session and its csrf token."""

    async def close_session(self, token: str) -> None: ...
