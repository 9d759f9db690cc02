"""Phones that miss calls, reject them, or are not there: what becomes of the agent and of the caller."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.telephony.refusal import Refused

from .hotline import Hotline, nobody_left_behind, on_the_hotline

TWO_MISSES = ("ring_seconds: 15", "ring_seconds: 15\n    missed_limit: 2")


def states(h: Hotline, agent: str) -> list[tuple[str, str]]:
    return [(f.data["state"], f.data["reason"]) for f in h.facts("agent.state") if f.agent == agent]


# --- missed calls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "reason"), [({"answer_after": None}, "no_answer"), ({"rejects": True}, "rejected")]
)
def test_after_so_many_missed_calls_in_a_row_he_is_not_ready_and_the_caller_keeps_his_place(
    tmp_path: Path, how: dict[str, object], reason: str
) -> None:
    async def story(h: Hotline) -> None:
        h.declare(TWO_MISSES)
        h.behave("amy", **how)
        h.ready("amy")
        caller = h.call(did="4002")
        other = h.call(did="4002")
        await h.until_state("amy", "not_ready")
        assert h.state("amy") == ("not_ready", reason)
        returned = [f.data["result"] for f in h.facts("queue.returned")]
        assert len(returned) == 2
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await h.until_state("amy", "talking")
        assert h.engine.acd.agents["amy"].call_id == "20260101-call-1"  # the first caller is still the first
        await caller.wait_ended()
        other.hang_up()
        await asyncio.sleep(1)
        nobody_left_behind(h)

    on_the_hotline(tmp_path, story)


def test_below_the_limit_he_stays_ready_and_another_agent_is_asked_first(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare(TWO_MISSES)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("amy", "bo")
        await h.call(did="4002").wait_ended()
        assert [f.agent for f in h.facts("queue.assigned")] == ["amy", "bo"]
        assert h.state("amy") == ("ready", "")

    on_the_hotline(tmp_path, story)


def test_an_answered_call_forgives_the_missed_ones_and_a_restart_does_not(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare(TWO_MISSES)
        h.ready("amy")

        async def misses() -> None:
            h.behave("amy", answer_after=None)
            before = len(h.facts("queue.returned"))
            caller = h.call(did="4002")
            while len(h.facts("queue.returned")) == before:
                await asyncio.sleep(0.1)
            caller.hang_up()
            await asyncio.sleep(1)

        await misses()
        assert h.state("amy") == ("ready", "")
        h.behave("amy", answer_after=1, talk_seconds=5)
        await h.call(did="4002").wait_ended()
        h.engine.desk.finish_wrap_up("amy", h.engine.acd.agents["amy"].call_id, "", "")
        await misses()
        assert h.state("amy") == ("ready", "")  # the first after one that was answered
        await h.restart()
        await misses()
        assert h.state("amy") == ("not_ready", "no_answer")

    on_the_hotline(tmp_path, story)


def test_the_centers_limit_holds_for_queues_without_their_own(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare(("version: 1", "version: 1\nmissed_limit: 3"))
        h.behave("amy", answer_after=None)
        h.ready("amy")
        await h.call(did="4002", leave_after=60).wait_ended()
        assert len(h.facts("queue.returned")) == 3
        assert h.state("amy") == ("not_ready", "no_answer")

    on_the_hotline(tmp_path, story)


# --- phones that are not there --------------------------------------------------------------------------


def test_going_ready_without_a_phone_is_refused_in_words(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.phones["amy"].unregister()
        await asyncio.sleep(1)
        with pytest.raises(Refused) as refused:
            h.ready("amy")
        assert refused.value.code == "phone_unregistered"
        assert refused.value.text == {
            "en": "Phone 1001 is not registered: start it, then go ready",
            "zh-CN": "话机 1001 未注册，请先启动话机再示闲",
        }
        with pytest.raises(Refused):
            h.engine.desk.set_state("amy", "ready", by="sam")
        h.engine.desk.set_state("amy", "not_ready", "lunch")
        h.phones["amy"].register()
        await asyncio.sleep(1)
        h.ready("amy")

    on_the_hotline(tmp_path, story)


def test_a_phone_that_registers_anew_throws_nobody_out(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        for _ in range(3):
            h.phones["amy"].unregister()
            await asyncio.sleep(15)
            h.phones["amy"].register()
            await asyncio.sleep(10)
        assert states(h, "amy") == [("ready", "")]

    on_the_hotline(tmp_path, story)


def test_who_loses_his_phone_is_not_ready_and_ready_again_when_it_is_back(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        h.phones["amy"].unregister()
        await asyncio.sleep(25)
        assert h.state("amy") == ("not_ready", "phone_unregistered")
        caller = h.call(did="4002")
        await asyncio.sleep(60)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.phones["amy"].register()
        await caller.wait_ended()
        assert states(h, "amy")[:3] == [("ready", ""), ("not_ready", "phone_unregistered"), ("ready", "")]

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


@pytest.mark.parametrize("meanwhile", ["lunch", "ten minutes", "the desk is closed"])
def test_who_has_another_reason_by_then_or_was_away_long_does_not_become_ready(
    tmp_path: Path, meanwhile: str
) -> None:
    async def story(h: Hotline) -> None:
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        h.phones["amy"].unregister()
        await asyncio.sleep(25)
        if meanwhile == "lunch":
            h.engine.desk.set_state("amy", "not_ready", "lunch")
        elif meanwhile == "ten minutes":
            await asyncio.sleep(601)
        else:
            h.engine.desk.desk_closed("amy")
            await asyncio.sleep(61)
        h.phones["amy"].register()
        await asyncio.sleep(1)
        assert h.state("amy")[0] == "not_ready"

    on_the_hotline(tmp_path, story)


def test_a_phone_that_leaves_during_the_talk_makes_its_agent_not_ready_after_wrap_up(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=60)
        h.ready("amy")
        caller = h.call(did="4002")
        await h.until_state("amy", "talking")
        h.phones["amy"].unregister()
        await caller.wait_ended()
        await h.until_state("amy", "wrap_up")
        await asyncio.sleep(1)
        with pytest.raises(Refused):
            h.engine.desk.set_state("amy", "ready")
        h.engine.desk.finish_wrap_up("amy", h.engine.acd.agents["amy"].call_id, "solved", "")
        await asyncio.sleep(20)
        assert h.state("amy") == ("not_ready", "phone_unregistered")

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


@pytest.mark.parametrize("away", ["controller", "link"])
def test_what_phones_did_while_nobody_looked_is_seen_afterwards(tmp_path: Path, away: str) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy", "bo")
        h.phones["bo"].unregister()
        await asyncio.sleep(25)
        if away == "controller":
            await h.crash()
            h.phones["amy"].unregister()
            h.phones["bo"].register()
            await h.start(after_crash=True)
        else:
            h.switch.drop_link()
            h.phones["amy"].unregister()
            h.phones["bo"].register()
            h.switch.restore_link()
        await asyncio.sleep(25)
        assert h.state("amy") == ("not_ready", "phone_unregistered")
        assert h.state("bo") == ("ready", "")
        h.phones["amy"].register()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")

    on_the_hotline(tmp_path, story)
