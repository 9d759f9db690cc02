"""What the real rooms hand to the pages has the shapes of docs/contracts.md, no more and no less."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.acd.service import reason_texts
from callcenter.acd.wallboard import wallboard
from callcenter.center.service import CenterService
from callcenter.simulation.journal import MemoryJournal
from callcenter.simulation.people import PhoneBehaviour, PressAtPrompt
from callcenter.simulation.virtual_time import VirtualClock
from callcenter.storage.engine import make_engine, migrate
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.records import DatabaseRecords
from callcenter.storage.stats import TodayStats
from callcenter.storage.writer import JournalWriter
from callcenter.supervisors import SupervisorDesk
from callcenter.telephony.clock import SystemClock
from callcenter.web import shapes, supervision_shapes

from ..engine.hotline import Hotline, on_the_hotline
from .exactly import exactly

ROOT = Path(__file__).parents[2]


def test_the_desk_in_every_state_its_screen_pop_and_the_wallboard(tmp_path: Path) -> None:
    views: dict[str, dict[str, Any]] = {}

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=3, talk_seconds=5)
        seen = [h.engine.desk.view("amy")]
        h.ready("amy")
        seen.append(h.engine.desk.view("amy"))
        caller = h.call(ani="13800138000", did="4001", acts=(PressAtPrompt("1", 1.0),), name="Wei")
        for _ in range(60):
            await asyncio.sleep(0.5)
            seen.append(h.engine.desk.view("amy"))
        h.engine.desk.set_state("amy", "not_ready", "lunch")
        seen.append(h.engine.desk.view("amy"))
        await caller.wait_ended()
        views.update({view["state"]: view for view in seen})
        today = TodayStats("Asia/Shanghai", h.clock)
        for fact in h.journal.facts:
            today.on_fact(fact)
        picture = wallboard(
            h.engine.acd, today, now=1.0, switch_up=True, views=h.engine.desk.views(), callbacks_open=0,
            callbacks_in_line=h.engine.callbacks.in_line,
        )  # fmt: skip
        exactly(shapes.Wallboard, picture)
        supervisors = SupervisorDesk(h.engine)
        h.engine.steering.set_skills("bo", {"orders": 2}, ["orders"], by="sam")
        h.call(ani="13900139000", did="4002")
        h.call(ani="", did="4002")
        h.behave("bo", answer_after=1)
        h.engine.desk.set_state("amy", "ready")
        await h.until_state("amy", "talking")
        rung = await supervisors.monitor("amy", "listen", "1002", by="sam")
        exactly(supervision_shapes.Monitor, rung)
        seen_by_sam = supervisors.picture()
        assert len(seen_by_sam["callers"]) == len(seen_by_sam["monitors"]) == 1
        exactly(supervision_shapes.SupervisionPicture, seen_by_sam)
        h.journal.write("survey.answered", call_id="c", question="service", score=4, node="rate")
        today.on_fact(h.journal.facts[-1])
        exactly(shapes.Ratings, {"ratings": today.ratings()})

    h = on_the_hotline(tmp_path, story)
    assert {"signed_out", "ready", "ringing", "talking", "wrap_up"} <= set(views)
    for view in views.values():
        exactly(shapes.AgentView, view)
    assert views["ready"]["until"] is None and views["wrap_up"]["until"] > 0
    exactly(shapes.Pop, next(message["pop"] for _, _, message in h.shown if message["type"] == "pop"))


async def test_the_center_its_plan_its_problems_and_its_flows(tmp_path: Path) -> None:
    clock = VirtualClock()
    service = CenterService(
        ROOT / "center.yaml",
        tmp_path / "in-force.yaml",
        clock=clock,
        journal=MemoryJournal(clock),
        flows=lambda: {path.stem for path in (ROOT / "ivr_flows").glob("*.yaml")},
        reasons=reason_texts,
    )
    public = service.public()
    exactly(shapes.CenterInfo, public)
    own = {reason for reason, info in public["not_ready_reasons"].items() if info["own"]}
    assert {"break", "lunch"} <= own and "no_answer" in set(public["not_ready_reasons"]) - own
    text = (ROOT / "center.yaml").read_text()
    assert service.in_force()["in_force"]["text"] == text  # where the admin's editor starts
    exactly(shapes.CenterInForce, service.in_force())
    exactly(shapes.Plan, await service.plan(text.replace("wrap_up_seconds: 20", "wrap_up_seconds: 45")))
    broken = await service.apply(text.replace("time_zone:", "time_zon:"), by="ada")
    exactly(shapes.Plan, broken)
    assert broken["problems"]
    exactly(shapes.CenterInForce, service.in_force())


def test_call_backs_in_place_and_the_pop_of_one(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.switch.add_outside("+8613800138000", PhoneBehaviour(answer_after=20))
        asked = h.engine.callbacks.ask_for("13800138000", "orders", by="sue", name="Li")
        exactly(shapes.CallbackInPlace, asked)
        await asyncio.sleep(1)
        (listed,) = h.engine.callbacks.views()
        exactly(shapes.CallbackInPlace, listed)
        assert (listed["stage"], listed["position"]) == ("in_line", 1)
        h.ready("amy")
        await asyncio.sleep(1)
        exactly(shapes.CallbackInPlace, h.engine.callbacks.views()[0])
        pop = h.engine.desk.view("amy")["call"]
        exactly(shapes.Pop, pop)
        assert pop["callback"]["by"] == "sue" and not pop["callback"]["on_the_line"]

    on_the_hotline(tmp_path, story)


async def test_calls_callers_voicemails_and_call_backs_on_file(tmp_path: Path) -> None:
    engine: AsyncEngine = make_engine(f"sqlite:///{tmp_path}/center.db")
    await migrate(engine)
    journal = SpoolJournal(tmp_path / "spool", SystemClock())
    writer = JournalWriter(engine, journal, normalise=lambda ani: ani)
    await writer.start()
    journal.write("call.offered", call_id="c1", ani="13800138000", did="4001")
    journal.write("voicemail.left", call_id="c1", box="main", path="m.wav", seconds=4, language="en")
    journal.write("callback.wanted", call_id="c1", ani="13800138000", queue="orders", why="cut")
    journal.write("ivr.recorded", call_id="c1", name="why", path="w.wav", seconds=4)
    journal.write("survey.answered", call_id="c1", question="service", score=4, node="rate")
    assert await writer.flush(30)
    records = DatabaseRecords(engine, journal=journal)
    page = await records.calls(limit=5)
    exactly(shapes.Calls, page)
    assert page["next"] == ""
    exactly(shapes.CallStory, await records.call("c1"))
    (message,), (callback,) = await records.voicemails(), await records.callbacks()
    exactly(shapes.Voicemail, message)
    exactly(shapes.Callback, callback)
    exactly(shapes.Voicemail, await records.set_voicemail(message["id"], "done", "amy"))
    exactly(shapes.Callback, await records.set_callback(callback["id"], "done", "amy"))
    await writer.stop()
    journal.close()
    await engine.dispose()
