"""A real server on a real port with a real database; the desk behind it is small but keeps real state."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.center.check import load_center
from callcenter.center.emergencies import Emergencies
from callcenter.customers.dialing import dialable
from callcenter.ivr.editing import FlowEditing
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.service import FlowService
from callcenter.speech.prompts import PromptStore
from callcenter.speech.tts import EspeakSpeaker
from callcenter.storage.engine import make_engine, migrate
from callcenter.storage.flow_steps import heat_of
from callcenter.storage.flow_versions import FlowVersions
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.records import DatabaseRecords
from callcenter.storage.writer import JournalWriter
from callcenter.telephony.clock import SystemClock
from callcenter.web.app import WebServer, make_app
from callcenter.web.hub import Hub
from callcenter.web.ports import Json, Refused
from callcenter.web.settings import Services, WebSettings
from callcenter.web.users import DatabaseUsers

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse"
USERS = (
    ("amy", "agent", "amy"),
    ("bob", "agent", "bob"),
    ("sue", "supervisor", ""),
    ("cam", "campaign_manager", ""),
    ("ada", "admin", ""),
    ("ivy", "inspector", ""),
)


class SmallDesk:
    """Two agents' desks, with the states pages may ask for and a wrap-up."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.states = {agent: ("signed_out", "") for agent in ("amy", "bob")}
        self.in_wrap_up: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.extensions: dict[str, int] = {}
        self.results: list[tuple[str, str, str, str]] = []
        self.shown: list[tuple[str, str]] = []
        self.open_desks: list[str] = []
        self.by: list[str] = []
        self.sign_in = "take_over"
        self.taken_over: list[tuple[str, str]] = []

    def view(self, agent_id: str) -> Json:
        if agent_id not in self.states:
            raise Refused("agent_unknown", "No such agent", "没有这个坐席", status=404)
        state, reason = self.states[agent_id]
        return {
            "id": agent_id,
            "name": agent_id.title(),
            "extension": "8001",
            "state": state,
            "reason": reason,
            "since": time.time(),
            "until": None,
            "next_state": "",
            "next_reason": "",
            "phone": "idle",
            "call_id": self.in_wrap_up.get(agent_id, ""),
            "queue": "",
            "wrap_up_extensions": self.extensions.get(agent_id, 0),
            "answered_elsewhere": "",
            "wrap_up_extensions_left": 4 - self.extensions.get(agent_id, 0),
            "wrap_up_extend_seconds": 30.0,
            "limit_at": None,
            "over_limit": False,
            "today": {
                "answered": 0,
                "talk_seconds": 0.0,
                "missed": 0,
                "busy_seconds": 0.0,
                "ready_seconds": 0.0,
                "occupancy": None,
                "reasons": {},
            },
            "call": None,
        }

    def views(self) -> list[Json]:
        return [self.view(agent) for agent in self.states]

    def set_state(self, agent_id: str, state: str, reason: str = "", by: str = "") -> Json:
        self.view(agent_id)
        if state == "not_ready" and reason != "lunch":
            raise Refused("not_ready_reason_unknown", "Choose why", "请选择原因", field="reason")
        self.states[agent_id] = (state, reason)
        self.by.append(by)
        self._hub.publish(f"agent:{agent_id}", {"type": "agent", "agent": self.view(agent_id)})
        return self.view(agent_id)

    async def hang_up(self, agent_id: str) -> Json:
        raise Refused("not_talking", "There is no talk to end", "当前没有通话")

    def finish_wrap_up(self, agent_id: str, call_id: str, disposition: str, note: str) -> Json:
        if self.in_wrap_up.get(agent_id) != call_id:
            raise Refused("not_in_wrap_up", "Not in wrap-up", "不在话后处理中")
        del self.in_wrap_up[agent_id]
        self.results.append((agent_id, call_id, disposition, note))
        return self.set_state(agent_id, "ready")

    def extend_wrap_up(self, agent_id: str) -> Json:
        if agent_id not in self.in_wrap_up:
            raise Refused("not_in_wrap_up", "Not in wrap-up", "不在话后处理中")
        self.extensions[agent_id] = self.extensions.get(agent_id, 0) + 1
        return self.view(agent_id)

    def save_note(self, agent_id: str, call_id: str, note: str) -> None:
        if self.in_wrap_up.get(agent_id) != call_id:
            raise Refused("not_your_call", "Not your call", "不是您的通话")
        self.notes[call_id] = note

    def second_place(self) -> str:
        return self.sign_in

    def took_over(self, agent_id: str, user: str, address: str) -> None:
        self.taken_over.append((agent_id, user))

    def pop_shown(self, agent_id: str, call_id: str) -> None:
        self.shown.append((agent_id, call_id))

    def desk_opened(self, agent_id: str) -> None:
        self.open_desks.append(agent_id)

    def desk_closed(self, agent_id: str) -> None:
        self.open_desks.remove(agent_id)


class SmallCenter:
    """The declared center: a name that can be changed by text, and what is wrong with a text."""

    def __init__(self) -> None:
        self.name = "Center"
        self.by = ""

    def public(self) -> Json:
        return {
            "name": {"en": self.name, "zh-CN": self.name},
            "languages": ["zh-CN", "en"],
            "default_language": "zh-CN",
            "time_zone": "Asia/Shanghai",
            "queues": {
                "orders": {
                    "name": {"en": "Orders"},
                    "wrap_up_seconds": 30,
                    "service_level": {"seconds": 20, "target": 0.8},
                    "dispositions": ["solved"],
                }
            },
            "skills": {"sales": {"name": {"en": "Sales"}}},
            "agents": {"amy": {"name": "Amy", "extension": "8001", "skills": {"sales": 5}}},
            "not_ready_reasons": {
                "lunch": {
                    "name": {"en": "Lunch"},
                    "own": True,
                    "limit_minutes": 45.0,
                    "per_day_minutes": None,
                    "at_once": None,
                    "at_limit": "remind",
                }
            },
            "dispositions": {"solved": {"name": {"en": "Solved"}, "resolved": True}},
            "numbers": [{"did": "4008001234", "name": {"en": "Hotline"}, "flow": "main"}],
        }

    def in_force(self) -> Json:
        return {"in_force": {"version": "1", "at": 1.0, "by": self.by, "text": "name: x"}, "problems": []}

    async def plan(self, text: str) -> Json:
        if not text.startswith("name: "):
            problem = {"file": "center.yaml", "line": 1, "column": 1, "severity": "error"}
            words = {"message": "no name", "message_zh": "没有名称", "hint": "", "hint_zh": ""}
            return {
                "changes": [],
                "problems": [{**problem, **words, "source_line": text[:40]}],
            }
        return {"changes": [{"what": "name", "kind": "changed", "detail": text[6:46]}], "problems": []}

    async def apply(self, text: str, by: str) -> Json:
        plan = await self.plan(text)
        if not plan["problems"]:
            self.name, self.by = text[6:], by
        return plan


class SmallCallbacks:
    """Places in line, without the line."""

    def __init__(self) -> None:
        self._places: dict[str, Json] = {}

    def views(self) -> list[Json]:
        return list(self._places.values())

    def ask_for(self, number: str, queue: str, *, by: str, **more: Any) -> Json:
        call_id, at = f"back-{len(self._places)}", time.time()
        place = self._places[call_id] = {
            "call_id": call_id,
            "of": "",
            "at": at,
            "since": at,
            "number": dialable(number, "CN"),
            "name": more["name"],
            "queue": queue,
            "by": by,
            "stage": "in_line",
            "agent": "",
            "position": len(self._places) + 1,
            "estimated_wait": None,
            "tries": 0,
            "tries_at_most": 3,
            "last_result": "",
            "due_at": more["not_before"] or at,
        }
        return place

    def cancel(self, call_id: str, by: str) -> None:
        if self._places.pop(call_id, None) is None:
            raise Refused("no_such_callback", "There is no such call-back", "没有该回呼", status=404)


class SmallLive:
    """This moment's picture."""

    def __init__(self, desk: SmallDesk) -> None:
        self._desk = desk
        self.reasons: list[str] = []
        self.waiting = 0
        self.why: dict[str, Json] = {}

    def why_call(self, call_id: str) -> Json | None:
        return self.why.get(call_id)

    def why_agent(self, agent_id: str) -> Json | None:
        return self.why.get(agent_id)

    def wallboard(self) -> Json:
        figures = {"offered": 1, "answered": 1, "abandoned": 0, "service_level": 1.0, "asa": 3.0}
        queue = {
            "id": "orders",
            "name": {"en": "Orders"},
            "waiting": self.waiting,
            "longest_wait": 0.0,
            "estimated_wait": None,
            "aht": None,
            "callbacks": {"in_line": 0, "promised": 0, "reached": 0, "unreached": 0, "cancelled": 0},
        }
        agents = {"agents_ready": 0, "agents_talking": 0, "agents_signed_in": 0}
        return {
            "at": time.time(),
            "switch_up": True,
            "queues": [{**queue, **figures, **agents}],
            "agents": [{k: v for k, v in view.items() if k != "call"} for view in self._desk.views()],
            "today": {
                **figures,
                "callback": 0,
                "ivr": 0,
                "voicemail": 0,
                "refused": 0,
                "transferred": 0,
                "cut": 0,
                "aht": None,
            },
            "callbacks_open": 0,
        }

    def ratings(self) -> list[Json]:
        whom = [{"id": "orders", "answers": 2, "mean": 4.5}]
        scores = [{"score": 4.0, "answers": 1}, {"score": 5.0, "answers": 1}]
        of = {"answers": 2, "mean": 4.5, "scores": scores, "queues": whom, "agents": []}
        return [{"question": "service", "label": {"zh-CN": "服务", "en": "Service"}, **of}]

    def ready(self) -> list[str]:
        return self.reasons


class SmallSupervisors:
    """Remembers what was asked, and by whom; one caller waits."""

    def __init__(self) -> None:
        self.acts: list[tuple[Any, ...]] = []

    def picture(self) -> Json:
        caller = {
            "call_id": "c1", "ani": "13800138000", "name": "", "queue": "orders", "position": 1, "since": 1.0,
            "entered": 1.0, "priority": 0, "needs": "sales", "ring": 0, "for_agent": "", "away": False,
        }  # fmt: skip
        skills = {
            "skills": {"sales": 5}, "queues": ["orders"], "without": [], "changed_by": "", "changed_at": None,
        }  # fmt: skip
        return {"callers": [caller], "talks": {}, "monitors": [], "agents": {"amy": skills}}

    def phone_of(self, user: str, agent_id: str) -> str:
        return {"sue": "1900"}.get(user, "8001" if agent_id else "")

    def move(self, call_id: str, queue: str, head: bool, by: str) -> None:
        if call_id != "c1":
            raise Refused("not_waiting", "He does not wait", "已不在排队", status=404)
        self.acts.append(("move", call_id, queue, head, by))

    def assign(self, call_id: str, agent_id: str, override: bool, by: str) -> None:
        self.acts.append(("assign", call_id, agent_id, override, by))

    def set_skills(self, agent_id: str, skills: dict[str, int], without: list[str], by: str) -> None:
        self.acts.append(("skills", agent_id, skills, without, by))

    def reset_skills(self, agent_id: str, by: str) -> None:
        self.acts.append(("reset", agent_id, by))

    async def monitor(self, agent_id: str, mode: str, phone: str, by: str) -> Json:
        if not phone:
            raise Refused("no_phone", "You have no phone", "您没有话机", field="phone")
        self.acts.append(("monitor", agent_id, mode, phone, by))
        return {
            "by": by, "agent": agent_id, "call_id": "c2", "phone": phone, "mode": mode, "state": "ringing",
            "since": 1.0,
        }  # fmt: skip

    async def stop_monitoring(self, by: str) -> None:
        self.acts.append(("stop", by))

    async def take_over(self, agent_id: str, phone: str, by: str) -> Json:
        self.acts.append(("take over", agent_id, phone, by))
        return {**await self.monitor(agent_id, "hold", phone, by)}


@dataclass
class House:
    """Everything a test looks at, and a client for each user."""

    base: str
    engine: AsyncEngine
    hub: Hub
    desk: SmallDesk
    center: SmallCenter
    live: SmallLive
    journal: SpoolJournal
    writer: JournalWriter
    users: DatabaseUsers
    settings: WebSettings
    numbers: dict[str, Any]
    flows: FlowService
    flow_folder: Path
    prompts: PromptStore
    supervisors: SmallSupervisors
    clients: list[aiohttp.ClientSession] = field(default_factory=list)

    async def sign_in(self, name: str) -> Client:
        session = aiohttp.ClientSession(base_url=self.base, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.clients.append(session)
        async with session.post("/api/v1/session", json={"name": name, "password": PASSWORD}) as answer:
            assert answer.status == 200, await answer.text()
            return Client(session, (await answer.json())["csrf"], self.base)

    def nobody(self) -> Client:
        session = aiohttp.ClientSession(base_url=self.base, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.clients.append(session)
        return Client(session, "", self.base)


@dataclass
class Client:
    """A browser, as far as the server can tell."""

    session: aiohttp.ClientSession
    csrf: str
    base: str

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        headers = {"X-CSRF-Token": self.csrf} if self.csrf else {}
        async with self.session.request(
            method, "/api/v1" + path, json=body, headers=headers, **options
        ) as answer:
            raw = await answer.read()
            return answer.status, await answer.json() if "json" in answer.content_type else raw

    async def socket(self, **options: Any) -> aiohttp.ClientWebSocketResponse:
        options = {"origin": self.base, "max_msg_size": 0, **options}
        return await self.session.ws_connect("/api/v1/ws", **options)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    engine = make_engine(f"sqlite:///{tmp_path}/center.db")
    await migrate(engine)
    clock, hub = SystemClock(), Hub()
    journal = SpoolJournal(tmp_path / "spool", clock)
    writer = JournalWriter(engine, journal, normalise=lambda ani: "+86" + ani, interval=0)
    await writer.start()
    users = DatabaseUsers(engine)
    for name, role, agent in USERS:
        assert await users.create_user(name, PASSWORD, role, agent_id=agent)
    desk, center = SmallDesk(hub), SmallCenter()
    live = SmallLive(desk)
    numbers: dict[str, Any] = {"callcenter_calls_total": 5, "callcenter_waiting": [({"queue": "orders"}, 2)]}
    for folder in ("recordings", "voicemails", "static/assets"):
        (tmp_path / folder).mkdir(parents=True)
    settings = WebSettings(
        recordings=tmp_path / "recordings",
        voicemails=tmp_path / "voicemails",
        static=tmp_path / "static",
        wallboard_seconds=0.05,
        session_check_seconds=0.2,
        heartbeat_seconds=1,
    )
    records = DatabaseRecords(engine, journal=journal)
    flow_folder = tmp_path / "ivr_flows"
    shutil.copytree(ROOT / "ivr_flows", flow_folder)
    declared, _ = load_center(ROOT / "center.yaml")
    assert declared is not None
    library = FlowLibrary(flow_folder, lambda: declared)
    prompts = PromptStore(tmp_path / "prompts", EspeakSpeaker({}))
    flows = FlowService(
        library,
        prompts,
        clock=clock,
        journal=journal,
        tell=lambda: hub.publish("problems", {"type": "problems"}),
    )
    flows.read()
    editing = FlowEditing(
        library,
        flows,
        FlowVersions(engine),
        center=lambda: declared,
        clock=clock,
        heat=lambda flow, since: heat_of(engine, flow, since),
    )
    emergencies = Emergencies(
        lambda: declared,
        journal,
        tell=lambda: hub.publish("emergencies", {"emergencies": emergencies.views()}),
    )
    supervisors, callbacks = SmallSupervisors(), SmallCallbacks()
    services = Services(
        desk,
        hub,
        live,
        center,
        editing,
        emergencies,
        supervisors,
        records,
        callbacks,
        users,
        clock,
        lambda: numbers,
    )
    server = WebServer(make_app(services, settings), "127.0.0.1", 0)
    port = await server.start()
    made = House(
        f"http://127.0.0.1:{port}",
        engine,
        hub,
        desk,
        center,
        live,
        journal,
        writer,
        users,
        settings,
        numbers,
        flows,
        flow_folder,
        prompts,
        supervisors,
    )
    yield made
    for client in made.clients:
        await client.close()
    await server.stop()
    await writer.stop()
    journal.close()
    users.close()
    await engine.dispose()
    await asyncio.sleep(0)
