"""A queue that rings all who are free: who answers first has the caller, the others are not to blame."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .hotline import Hotline, nobody_left_behind, on_the_hotline

RING_ALL = ("    skills: {orders: 1}\n", "    skills: {orders: 1}\n    strategy: ring_all\n")
BOTH = ["amy", "bo"]


def rings_all(h: Hotline) -> None:
    h.declare(RING_ALL)
    h.ready("amy", "bo")


def shown_to(h: Hotline, agent: str) -> list[str]:
    return [
        message["pop"]["call_id"]
        for _, topic, message in h.shown
        if topic == f"agent:{agent}" and "pop" in message
    ]


def view(h: Hotline, agent: str) -> dict[str, Any]:
    return h.engine.desk.view(agent)


def test_both_are_rung_and_who_answers_first_has_the_caller(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=4, talk_seconds=20)
        call = h.call(did="4002")
        await h.until_state("amy", "ringing")
        await h.until_state("bo", "ringing")
        assert view(h, "amy")["call"]["call_id"] == view(h, "bo")["call"]["call_id"] == "20260101-call-1"
        await h.until_state("bo", "talking")
        assert h.state("amy") == ("ready", "")
        assert view(h, "amy")["call"] is None
        assert view(h, "amy")["answered_elsewhere"] == "20260101-call-1"
        assert view(h, "bo")["answered_elsewhere"] == ""
        assert view(h, "bo")["call"]["answered_at"] is not None
        await call.wait_ended()
        assert h.state("bo")[0] == "wrap_up"
        assert [view(h, agent)["today"]["missed"] for agent in BOTH] == [0, 0]
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert shown_to(h, "amy") == shown_to(h, "bo") == ["20260101-call-1"]
    assert [f.agent for f in h.facts("pop.sent")] == [f.agent for f in h.facts("phone.ringing")]
    assert [f.agent for f in h.facts("talk.started")] == ["bo"]
    assert [f.agent for f in h.facts("talk.ended")] == ["bo"]
    assert h.facts("mended") == []


def test_who_is_free_again_takes_the_next_caller_at_once(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=6, talk_seconds=10)
        h.behave("bo", answer_after=3, talk_seconds=20)
        h.call(did="4002")
        await asyncio.sleep(1)
        h.call(did="4002")
        await h.until_state("amy", "talking")
        assert h.state("bo")[0] == "talking"

    h = on_the_hotline(tmp_path, story)
    assert [(f.call_id[-1], f.agent) for f in h.facts("talk.started")] == [("1", "bo"), ("2", "amy")]


def test_who_rejects_is_out_alone_and_the_others_ring_on(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=2, rejects=True)
        h.behave("bo", answer_after=6, talk_seconds=5)
        call = h.call(did="4002")
        await h.until_state("amy", "not_ready")
        assert h.state("amy") == ("not_ready", "rejected")
        assert h.state("bo")[0] == "ringing"
        await call.wait_ended()
        assert [view(h, agent)["today"]["missed"] for agent in BOTH] == [1, 0]
        assert view(h, "amy")["answered_elsewhere"] == ""

    h = on_the_hotline(tmp_path, story)
    assert [(f.agent, f.data["result"]) for f in h.facts("phone.missed")] == [("amy", "busy")]
    assert h.facts("queue.returned") == []
    assert [f.agent for f in h.facts("talk.started")] == ["bo"]


def test_nobody_is_blamed_when_nobody_answers(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=None)
        call = h.call(did="4002")
        await asyncio.sleep(20)
        assert len(h.facts("queue.returned")) == 1
        assert [h.state(agent)[0] for agent in BOTH] == ["ringing", "ringing"]  # they are rung anew
        assert [view(h, agent)["today"]["missed"] for agent in BOTH] == [0, 0]
        h.behave("amy", answer_after=1, talk_seconds=5)
        await call.wait_ended()

    h = on_the_hotline(tmp_path, story)
    assert h.facts("phone.missed") == []
    assert h.facts("queue.returned")[0].agent == ""
    assert [f.agent for f in h.facts("talk.started")] == ["amy"]


def test_all_who_reject_are_out_and_the_caller_is_back_at_his_place(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=2, rejects=True)
        h.behave("bo", answer_after=3, rejects=True)
        h.call(did="4002")
        await asyncio.sleep(8)
        assert [h.state(agent) for agent in BOTH] == [("not_ready", "rejected")] * 2
        assert [t.call_id for t in h.engine.acd.waiting("orders")] == ["20260101-call-1"]

    h = on_the_hotline(tmp_path, story)
    assert [f.data["result"] for f in h.facts("queue.returned")] == ["busy"]


def test_a_caller_who_leaves_while_all_ring_leaves_all_ready(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=None)
        call = h.call(did="4002", leave_after=3)
        await h.until_state("bo", "ringing")
        call.hang_up()
        await call.wait_ended()
        await asyncio.sleep(1)
        assert [h.state(agent) for agent in BOTH] == [("ready", "")] * 2
        assert [view(h, agent)["answered_elsewhere"] for agent in BOTH] == ["", ""]
        nobody_left_behind(h)

    assert on_the_hotline(tmp_path, story).outcomes() == ["abandoned"]


def test_who_listens_to_a_whisper_has_the_call_and_the_others_are_free(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.folder.joinpath("flows", "direct.yaml").write_text(
            "version: 1\nname: {zh-CN: 直线, en: Direct}\nlanguage: en\nstart: line\nnodes:\n"
            "  line: {type: queue, queue: orders, whisper: {zh-CN: 订单, en: An order}}\n"
        )
        h.flows.reload()
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=2, talk_seconds=1)  # he leaves while he is whispered to
        h.call(did="4002")
        await h.until_state("bo", "ringing")
        await h.until_state("amy", "ready")
        assert view(h, "amy")["answered_elsewhere"] == "20260101-call-1"
        await h.until_state("bo", "not_ready")
        assert h.state("bo") == ("not_ready", "rejected")
        await h.until_state("amy", "ringing")  # the caller is back, and rings at who is free

    h = on_the_hotline(tmp_path, story)
    assert [f.agent for f in h.facts("phone.missed")] == ["bo"]


@pytest.mark.parametrize("answers", BOTH)
def test_all_ring_on_over_a_restart_and_who_answers_is_known(tmp_path: Path, answers: str) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        other = next(agent for agent in BOTH if agent != answers)
        h.behave(answers, answer_after=6, talk_seconds=20)
        h.behave(other, answer_after=None)
        h.call(did="4002")
        await h.until_state("bo", "ringing")
        await h.restart()
        assert [h.state(agent)[0] for agent in BOTH] == ["ringing", "ringing"]
        assert [view(h, agent)["call"]["call_id"] for agent in BOTH] == ["20260101-call-1"] * 2
        await h.until_state(answers, "talking")
        assert h.state(other) == ("ready", "")
        assert view(h, other)["answered_elsewhere"] == "20260101-call-1"
        await h.until_state(answers, "wrap_up")
        await asyncio.sleep(3)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert [f.agent for f in h.facts("talk.started")] == [answers]
    assert [f.agent for f in h.facts("talk.ended")] == [answers]
    assert h.facts("mended") == []


def test_who_answered_while_we_were_away_is_found_with_the_caller(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=4, talk_seconds=30)
        h.call(did="4002")
        await h.until_state("bo", "ringing")
        await h.crash()
        await asyncio.sleep(8)
        await h.start(after_crash=True)
        await asyncio.sleep(1)
        assert h.state("bo")[0] == "talking"
        assert h.state("amy") == ("ready", "")
        assert view(h, "bo")["call"]["call_id"] == "20260101-call-1"

    h = on_the_hotline(tmp_path, story)
    assert [f.agent for f in h.facts("talk.started")] == ["bo"]


def test_who_rejected_before_a_restart_is_not_rung_after_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=1, rejects=True)
        h.behave("bo", answer_after=None)
        h.call(did="4002")
        await h.until_state("amy", "not_ready")
        await h.restart()
        await asyncio.sleep(2)
        assert h.state("amy") == ("not_ready", "rejected")
        assert h.state("bo")[0] == "ringing"

    on_the_hotline(tmp_path, story)


@pytest.mark.parametrize("sessions", [True, False])
def test_who_answered_while_the_link_was_lost_is_known_when_it_is_back(
    tmp_path: Path, sessions: bool
) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=3, talk_seconds=30)
        h.call(did="4002")
        await h.until_state("bo", "ringing")
        h.switch.drop_link(sessions=sessions)
        await asyncio.sleep(6)
        h.switch.restore_link()
        await asyncio.sleep(3)
        assert h.state("bo")[0] == "talking"
        assert h.state("amy") == ("ready", "")
        await h.until_state("bo", "wrap_up")

    h = on_the_hotline(tmp_path, story)
    assert [f.agent for f in h.facts("talk.started")] == ["bo"]
    assert h.outcomes() == ["answered"]


def test_without_events_the_end_of_the_talk_tells_who_had_it(tmp_path: Path) -> None:
    """The link of events is lost from before the answer to after the talk."""

    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=3, talk_seconds=10)
        call = h.call(did="4002")
        await h.until_state("bo", "ringing")
        h.switch.drop_link(sessions=False)
        await call.wait_ended()
        assert h.state("bo")[0] == "wrap_up"
        assert h.state("amy") == ("ready", "")

    h = on_the_hotline(tmp_path, story)
    assert [f.agent for f in h.facts("talk.started")] == ["bo"]


def test_a_third_agent_who_becomes_ready_meanwhile_is_not_rung_for_him(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare(RING_ALL)
        h.ready("amy")
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=1, talk_seconds=5)
        call = h.call(did="4002")
        await h.until_state("amy", "ringing")
        h.ready("bo")
        await asyncio.sleep(5)
        assert h.state("bo")[0] == "ready"
        await call.wait_ended()  # after the ring time both are rung
        assert view(h, "amy")["today"]["missed"] == 0

    assert [f.agent for f in on_the_hotline(tmp_path, story).facts("talk.started")] == ["bo"]


def test_a_caller_nobody_answered_keeps_his_place_before_those_who_came_later(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=None)
        h.call(did="4002")
        async with asyncio.timeout(30):
            while not h.facts("queue.returned"):
                await asyncio.sleep(0.01)
        h.behave("amy", answer_after=1)
        h.behave("bo", answer_after=3)
        h.call(did="4002")  # before the phones are free to be rung again
        await h.until_state("bo", "talking")

    h = on_the_hotline(tmp_path, story)
    assert [f.call_id[-1] for f in h.facts("talk.started")] == ["1", "2"]


def test_when_several_wait_each_is_given_a_phone_of_his_own(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=None)
        h.call(did="4002")
        await h.until_state("bo", "ringing")
        h.call(did="4002")
        await asyncio.sleep(17)
        assert {h.engine.acd.agents[agent].call_id[-1] for agent in BOTH} == {"1", "2"}

    on_the_hotline(tmp_path, story)


def test_who_rejected_while_we_were_away_is_free_and_the_other_rings_on(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings_all(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=4, rejects=True)
        h.call(did="4002")
        await h.until_state("bo", "ringing")
        await h.crash()
        await asyncio.sleep(6)
        await h.start(after_crash=True)
        await asyncio.sleep(1)
        assert h.state("amy")[0] == "ringing"
        assert h.state("bo") == ("ready", "")

    on_the_hotline(tmp_path, story)
