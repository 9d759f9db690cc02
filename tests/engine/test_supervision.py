"""A supervisor listens to a talk, whispers, barges in, takes the caller over; and what goes wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from callcenter.center.model import Supervision
from callcenter.simulation.people import SimulatedPhone
from callcenter.storage.story import story as told
from callcenter.telephony.monitoring import MonitorOrder
from callcenter.telephony.refusal import Refused
from callcenter.telephony.switch import OutcomeUnknown, Phone

from .hotline import Hotline, nobody_left_behind, on_the_hotline

CALL = "20260101-call-1"


async def sams_phone(h: Hotline, *, listen: str = "silent", **behaviour: object) -> None:
    """Sam is a supervisor and no agent; his phone is 1900."""
    supervision = Supervision.model_validate({"listen": listen, "phones": {"sam": "1900"}})
    h.center = h.center.model_copy(update={"supervision": supervision})
    h.phones["sam"] = h.switch.add_phone(SimulatedPhone("1900"))
    h.behave("sam", **{"answer_after": 1, **behaviour})
    await h.switch.provision([Phone(p.extension, "", "") for p in h.phones.values()])


async def a_talk(h: Hotline, **script: object) -> None:
    """Amy talks to a caller."""
    h.behave("amy", answer_after=1)
    h.ready("amy")
    h.call(did="4002", **script)
    await h.until_state("amy", "talking")


async def refusal(work: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await work
    assert set(refused.value.text) == {"en", "zh-CN"} and all(refused.value.text.values())
    return refused.value.code


def supervised(h: Hotline) -> list[tuple[str, str]]:
    """What supervisors did to the call, and how."""
    kinds = ("monitor.", "takeover.")
    return [
        (f.kind, str(f.data.get("mode") or f.data.get("why") or f.data.get("ended_by") or ""))
        for f in h.journal.facts
        if f.kind.startswith(kinds)
    ]


def sentences(h: Hotline) -> list[str]:
    return [line["text"]["en"] for line in told(f for f in h.journal.facts if f.call_id == CALL)]


def test_a_supervisor_listens_whispers_barges_and_leaves(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await sams_phone(h)
        await a_talk(h, talk_seconds=60)
        supervision = h.engine.supervision
        rung = await supervision.monitor("amy", "listen", by="sam", phone="1900")
        assert (rung["state"], rung["mode"], rung["agent"]) == ("ringing", "listen", "amy")
        await asyncio.sleep(2)
        assert [(m["state"], m["mode"]) for m in supervision.views()] == [("joined", "listen")]
        await supervision.monitor("amy", "whisper", by="sam", phone="1900")
        await supervision.monitor("amy", "barge", by="sam", phone="1900")
        await asyncio.sleep(5)
        assert [m["mode"] for m in supervision.views()] == ["barge"]
        await supervision.stop(by="sam")
        await asyncio.sleep(1)
        assert supervision.views() == []
        assert h.state("amy")[0] == "talking"  # the talk itself knows nothing of it
        assert await refusal(supervision.stop(by="sam")) == "not_monitoring"
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert supervised(h) == [
        ("monitor.started", "listen"), ("monitor.mode", "whisper"), ("monitor.mode", "barge"),
        ("monitor.ended", "ended"),
    ]  # fmt: skip
    assert all(f.data["by"] == "sam" for f in h.journal.facts if f.kind.startswith("monitor."))
    assert "sam now whispers to the agent" in sentences(h)


def test_a_supervisor_takes_the_caller_over_and_the_agent_wraps_up(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await sams_phone(h)
        await a_talk(h)
        await h.engine.supervision.monitor("amy", "listen", by="sam", phone="1900")
        await asyncio.sleep(10)
        taken = await h.engine.supervision.take_over("amy", by="sam", phone="1900")
        assert taken["agent"] == "amy"
        assert h.state("amy")[0] == "wrap_up"
        assert [m["mode"] for m in h.engine.supervision.views()] == ["taken_over"]
        h.engine.desk.set_state("amy", "ready")
        await asyncio.sleep(30)
        assert CALL in h.engine.reception.calls
        h.phones["sam"].hang_up()
        await asyncio.sleep(1)
        assert h.engine.supervision.views() == []
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert supervised(h) == [
        ("monitor.started", "listen"), ("monitor.ended", "took_over"), ("takeover.started", ""),
        ("takeover.ended", "supervisor"),
    ]  # fmt: skip
    assert [f.data["by"] for f in h.facts("talk.ended")] == ["supervisor"]
    assert h.facts("takeover.ended")[0].data["seconds"] == pytest.approx(30, abs=1)
    assert len(h.facts("recording.kept")) == 1  # one file: of both talks
    assert h.outcomes() == ["answered"]
    assert "sam talks with the caller in amy's place" in sentences(h)
    assert h.facts("mended") == []


def test_who_takes_over_without_having_listened_is_rung_first(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await sams_phone(h, answer_after=5)
        await a_talk(h, talk_seconds=30)
        await h.engine.supervision.take_over("amy", by="sam", phone="1900")
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "talking"
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "wrap_up"
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert supervised(h)[-1] == ("takeover.ended", "caller")
    assert h.outcomes() == ["answered"]


def test_a_killed_controller_leaves_no_listening_and_a_caller_who_was_taken_over_talks_on(
    tmp_path: Path,
) -> None:
    async def story(h: Hotline) -> None:
        await sams_phone(h)
        await a_talk(h)
        await h.engine.supervision.monitor("amy", "listen", by="sam", phone="1900")
        await asyncio.sleep(5)
        await h.restart()
        assert [f.data["why"] for f in h.facts("monitor.ended")] == ["restart"]
        await h.switch.end_monitor(next(iter(h.switch.monitors)))  # as the real switch does by itself
        await asyncio.sleep(3)
        await h.engine.supervision.take_over("amy", by="sam", phone="1900")
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "wrap_up"
        await h.restart()
        await asyncio.sleep(10)
        assert [m["by"] for m in h.engine.supervision.views()] == ["sam"]
        assert h.facts("recording.kept") == []  # the switch still writes it
        h.phones["sam"].hang_up()
        await asyncio.sleep(10)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert supervised(h)[-1] == ("takeover.ended", "supervisor")
    assert len(h.facts("recording.kept")) == 1
    assert h.outcomes() == ["answered"]


def test_what_is_refused(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await sams_phone(h)
        supervision = h.engine.supervision

        async def refused(agent: str = "amy", mode: str = "listen", phone: str = "1900") -> str:
            return await refusal(supervision.monitor(agent, mode, by="sam", phone=phone))

        assert await refused() == "not_talking"
        assert await refusal(supervision.take_over("amy", by="sam", phone="1900")) == "not_talking"
        await a_talk(h, talk_seconds=60)
        assert await refused("nobody") == "agent_unknown"
        assert await refused(mode="shout") == "mode_unknown"
        assert await refused(phone="") == "no_phone"
        assert await refused(phone="5555") == "phone_unknown"
        assert await refused(phone="1001") == "phone_busy"
        h.phones["bo"].unregister()
        await asyncio.sleep(1)
        assert await refused(phone="1002") == "phone_unregistered"
        h.behave("sam", answer_after=None)
        await supervision.monitor("amy", "listen", by="sam", phone="1900")
        assert await refused() == "monitoring_already"
        await asyncio.sleep(25)
        assert supervision.views() == []
        h.switch.drop_link(sessions=False)
        assert await refused() == "switch_away"
        h.switch.restore_link()
        await asyncio.sleep(1)
        await sams_phone(h, listen="off")
        assert await refused() == "listening_off"

    h = on_the_hotline(tmp_path, story)
    assert supervised(h) == [("monitor.ended", "no_answer")]


def test_an_open_center_lets_both_sides_hear_that_somebody_listens(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await sams_phone(h, listen="tone")
        await a_talk(h, talk_seconds=20)
        await h.engine.supervision.monitor("amy", "listen", by="sam", phone="1900")
        await asyncio.sleep(5)
        assert [m.order.tone for m in h.switch.monitors.values()] == [True]
        await asyncio.sleep(30)
        assert h.engine.supervision.views() == []  # it ended with the talk

    h = on_the_hotline(tmp_path, story)
    assert h.facts("monitor.started")[0].data["tone"] is True
    assert "sam listens, a tone is heard" in sentences(h)


def test_a_supervisor_of_whose_phone_nothing_is_told_may_try_again(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await sams_phone(h, answer_after=None)
        await a_talk(h, talk_seconds=300)
        supervision, monitor = h.engine.supervision, h.switch.monitor

        async def lost(order: MonitorOrder) -> bool:
            raise OutcomeUnknown("the order was on its way")

        h.switch.monitor = lost  # type: ignore[method-assign]
        await supervision.monitor("amy", "listen", by="sam", phone="1900")
        h.switch.monitor = monitor  # type: ignore[method-assign]
        await asyncio.sleep(25)
        assert await refusal(supervision.monitor("amy", "listen", by="sam", phone="1900")) == (
            "monitoring_already"
        )
        await asyncio.sleep(10)
        assert supervision.views() == []
        h.behave("sam", answer_after=1)
        await supervision.monitor("amy", "listen", by="sam", phone="1900")
        await asyncio.sleep(60)  # who is with the talk stays with it
        assert [m["state"] for m in supervision.views()] == ["joined"]

    h = on_the_hotline(tmp_path, story)
    assert supervised(h)[:2] == [("monitor.ended", "no_answer"), ("monitor.started", "listen")]
