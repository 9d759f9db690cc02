"""What the web server is handed: the services of the rooms, and its own settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcenter.telephony.clock import Clock
from callcenter.web.ports import (
    AgentDesk,
    Callbacks,
    CenterAdmin,
    Emergencies,
    FlowAdmin,
    Live,
    LiveFeed,
    Records,
    SupervisorDesk,
    Users,
)

STATIC = Path(__file__).parent / "static"


def no_metrics() -> dict[str, Any]:
    """Nothing to report."""
    return {}


@dataclass(frozen=True, slots=True)
class Services:
    """Who does the work. `metrics` gives `{name: number}` or `{name: [({label: value}, number), ...]}`;
    names that end in `_total` are counters, others gauges."""

    desk: AgentDesk
    feed: LiveFeed
    live: Live
    center: CenterAdmin
    flows: FlowAdmin
    emergencies: Emergencies
    supervisors: SupervisorDesk
    records: Records
    callbacks: Callbacks
    users: Users
    clock: Clock
    metrics: Callable[[], dict[str, Any]] = field(default=no_metrics)


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the server behaves. Times in seconds, sizes in bytes."""

    recordings: Path
    voicemails: Path
    static: Path = STATIC
    public_origin: str = ""  # such as https://calls.example.com; '' is whatever the Host header says
    session_seconds: float = 12 * 3600
    body_bytes: int = 2 * 1024 * 1024
    socket_message_bytes: int = 16 * 1024
    socket_queue: int = 256  # messages a slow page may be behind before it is dropped
    heartbeat_seconds: float = 20
    wallboard_seconds: float = 1
    session_check_seconds: float = 30  # how often open sockets prove that their session still stands

    @property
    def secure(self) -> bool:
        """Do pages arrive by https, so that the cookie may insist on it?"""
        return self.public_origin.startswith("https://")
