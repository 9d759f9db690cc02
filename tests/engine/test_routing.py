"""How a caller finds his agent: rings, his own agent, his level, and where he goes when nobody comes."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from callcenter.acd.tickets import Wants
from callcenter.simulation.people import PressAtPrompt
from callcenter.telephony.events import PhoneState, PhoneStateChanged

from .hotline import Hotline, nobody_left_behind, on_the_hotline

ORDERS = "    skills: {orders: 1}\n    ring_seconds: 15"
BO = 'bo: {name: Bo, extension: "1002", skills: {orders: 1}}'


def orders(h: Hotline, *lines: str, **edits: str) -> None:
    """Declare the center with more lines in the queue `orders`; `skills` replaces its skills."""
    skills = edits.get("skills", "    skills: {orders: 1}")
    h.declare(
        (ORDERS, "\n".join([skills, *(f"    {line}" for line in lines), "    ring_seconds: 15"])),
        (BO, edits.get("bo", BO)),
        ("dispositions:", edits.get("more", "") + "dispositions:"),
    )


def given(h: Hotline) -> list[tuple[str, str]]:
    """To whom callers were given, and why."""
    return [(f.agent, f.data["why"]) for f in h.facts("queue.assigned")]


def left(h: Hotline) -> list[tuple[str, str, str]]:
    return [
        (f.data["queue"], f.data["why"], f.data.get("to") or f.data.get("condition", ""))
        for f in h.facts("queue.left")
    ]


def test_after_half_a_minute_an_agent_with_less_is_good_enough(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "rings:", "  - {after: 30, needs: orders >= 1}", skills="    needs: orders >= 3")
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("bo")
        h.call(did="4002")
        await asyncio.sleep(29)
        assert h.facts("queue.assigned") == []
        await asyncio.sleep(2)
        assert given(h) == [("bo", "only_free")]
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    (widened,) = h.facts("queue.widened")
    assert widened.data["ring"] == 1
    assert widened.data["needs"] == "orders"
    (assigned,) = h.facts("queue.assigned")
    assert assigned.data["wait"] == pytest.approx(30, abs=0.1)
    assert assigned.data["ring"] == 1


def test_rings_go_on_where_they_were_after_a_restart(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "rings:", "  - {after: 30, needs: orders >= 1}", skills="    needs: orders >= 3")
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("bo")
        h.call(did="4002")
        await asyncio.sleep(20)
        await h.restart()
        await asyncio.sleep(7)
        assert h.facts("queue.assigned") == []
        await asyncio.sleep(5)
        assert given(h) == [("bo", "only_free")]

    on_the_hotline(tmp_path, story)


def known_as(h: Hotline, **customer: Any) -> None:
    """Every caller is this customer."""

    async def brief(ani: str) -> dict[str, Any]:
        return {"display_number": ani, "region": "", "timeline": [], "customer": None, **customer}

    h.engine.reception._office.brief = brief


def talked_with(h: Hotline, agent: str, days_ago: float) -> dict[str, Any]:
    return {"agent": agent, "outcome": "answered", "at": h.clock.now() - days_ago * 86_400}


def test_the_callers_own_agent_comes_first_for_a_time(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "last_agent: {seconds: 20, within_days: 7}")
        known_as(h, timeline=[talked_with(h, "bo", 2)])
        h.behave("amy", answer_after=1, talk_seconds=30)
        h.behave("bo", answer_after=1, talk_seconds=30)
        h.ready("amy")
        await asyncio.sleep(10)
        h.ready("bo")
        h.call(did="4002")
        await asyncio.sleep(5)
        assert given(h) == [("bo", "last_agent")]  # though amy is ready longer
        h.call(did="4002")  # bo talks; he is waited for
        await asyncio.sleep(10)
        assert len(given(h)) == 1
        await asyncio.sleep(15)
        assert given(h)[1:] == [("amy", "only_free")]  # but not for ever

    h = on_the_hotline(tmp_path, story)
    assert [f.data["why"] for f in h.facts("queue.widened")] == ["last_agent"]


@pytest.mark.parametrize("why", ["signed out", "long ago", "no such agent"])
def test_an_agent_who_is_not_to_be_had_is_not_waited_for(tmp_path: Path, why: str) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "last_agent: {seconds: 20, within_days: 7}")
        who, days = ("zoe", 1.0) if why == "no such agent" else ("bo", 8.0 if why == "long ago" else 1.0)
        known_as(h, timeline=[talked_with(h, who, days)])
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        h.call(did="4002")
        await asyncio.sleep(1)
        assert given(h) == [("amy", "only_free")]

    on_the_hotline(tmp_path, story)


def test_an_own_agent_who_is_kept_out_of_the_queue_is_not_waited_for(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "last_agent: {seconds: 20, within_days: 7}")
        known_as(h, timeline=[talked_with(h, "bo", 1)])
        h.engine.steering.set_skills("bo", {"orders": 1}, ["orders"], by="sam")
        h.ready("bo")
        h.call(did="4002")
        await asyncio.sleep(1)
        assert [row["for_agent"] for row in h.engine.steering.callers()] == [""]

    on_the_hotline(tmp_path, story)


def test_a_vip_comes_before_those_who_came_first_but_not_for_ever(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, more="distribution: {ageing_seconds: 60, levels: {vip: 2}}\n")
        h.call(did="4002", ani="1")  # an hour of patience would be worth 60 points
        await asyncio.sleep(130)
        h.call(did="4002", ani="2")
        await asyncio.sleep(30)
        known_as(h, customer={"level": "vip"})
        h.call(did="4002", ani="3")
        await asyncio.sleep(1)
        for _ in range(3):
            h.behave("bo", answer_after=1, talk_seconds=1)
            h.ready("bo")
            await asyncio.sleep(40)

    h = on_the_hotline(tmp_path, story)
    served = [int(f.call_id.rpartition("-")[2]) for f in h.facts("queue.assigned")]
    assert served == [1, 3, 2]  # the vip is 120 s ahead of his time: behind the first, before the second
    assert [f.data["priority"] for f in h.facts("queue.entered")] == [0, 0, 2]


# --- overflow ---------------------------------------------------------------------------------------------


def test_who_waits_too_long_goes_to_another_queue_with_his_time(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "overflow: [{wait: 60, to: {queue: refunds}}]")
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.call(did="4002")
        await asyncio.sleep(50)
        h.call(did="4001", acts=(PressAtPrompt("2", 1.0),))  # refunds, in front by its own time
        await asyncio.sleep(20)
        assert [t.queue for t in h.engine.acd.callers.tickets.values()] == ["refunds", "refunds"]
        assert [t.call_id[-1] for t in h.engine.acd.waiting("refunds")] == ["1", "2"]
        h.ready("amy")
        await asyncio.sleep(40)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert left(h) == [("orders", "overflow", "queue refunds")]
    first, _ = h.facts("queue.assigned")
    assert first.call_id.endswith("1")
    assert first.data["wait"] > 60
    assert h.outcomes() == ["answered", "answered"]


def test_nobody_goes_round_between_two_queues_that_overflow_into_each_other(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare(
            (ORDERS, ORDERS + "\n    overflow: [{wait: 10, to: {queue: refunds}}]"),
            ("priority: 5", "priority: 5\n    overflow: [{wait: 10, to: {queue: orders}}]"),
        )
        h.call(did="4002")
        await asyncio.sleep(100)

    h = on_the_hotline(tmp_path, story)
    assert left(h) == [("orders", "overflow", "queue refunds")]


def test_a_restart_finds_him_in_the_queue_he_was_sent_to(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "overflow: [{wait: 60, to: {queue: refunds}}]")
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.call(did="4002")
        await asyncio.sleep(90)
        await h.restart()
        await asyncio.sleep(5)
        (ticket,) = h.engine.acd.waiting("refunds")
        assert h.clock.now() - ticket.since == pytest.approx(95, abs=4)
        h.ready("amy")
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert [f.data["queue"] for f in h.facts("queue.entered")] == ["orders", "refunds"]


MAILBOX = "mailboxes: {main: {name: {zh-CN: 总机, en: Main}}}\n"


def test_without_anybody_at_work_the_caller_leaves_a_message(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "overflow: [{no_agents: true, to: {voicemail: main}}]", more=MAILBOX)
        h.ready("amy", "bo")
        h.behave("amy", answer_after=1, talk_seconds=30)
        h.behave("bo", answer_after=1, talk_seconds=30)
        for _ in range(3):
            h.call(did="4002", leave_after=90)
        await asyncio.sleep(10)
        assert len(h.facts("talk.started")) == 2
        h.engine.desk.set_state("amy", "signed_out")
        h.engine.desk.set_state("bo", "signed_out")
        await asyncio.sleep(100)  # wrap-up is over: nobody is left, and he who waits hears of it
        h.call(did="4002", leave_after=20)
        await asyncio.sleep(40)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert [why for _, why, _ in left(h)][-1] == "overflow"
    assert h.facts("voicemail.left")[-1].data["box"] == "main"
    assert h.outcomes()[-1] == "voicemail"


def test_a_queue_that_is_full_or_closed_lets_nobody_in(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        hours = "hours: {never: {weekly: {}, open: {'2001-01-01': ['00:00-24:00']}}}\n"
        orders(h, "max_length: 1", more=hours)
        h.call(did="4002")
        await asyncio.sleep(1)
        h.call(did="4002")
        await asyncio.sleep(1)
        assert [t.call_id[-1] for t in h.engine.acd.waiting("orders")] == ["1"]
        orders(h, "hours: never", more=hours)  # who waits already is served
        h.call(did="4002")
        await asyncio.sleep(1)
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("bo")
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert left(h) == [("orders", "full", ""), ("orders", "closed", "")]
    assert h.outcomes() == ["ivr", "ivr", "answered"]


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("{length: 1, to: {queue: refunds}}", "length"),
        ("{estimated_wait: 20, to: {queue: refunds}}", "estimated_wait"),
        ("{emergency: fire, to: {queue: refunds}}", "emergency"),
    ],
)
def test_what_sends_callers_on_as_they_come(tmp_path: Path, rule: str, condition: str) -> None:
    async def story(h: Hotline) -> None:
        orders(h, f"overflow: [{rule}]", more="emergencies: {fire: {name: {zh-CN: 火警, en: Fire}}}\n")
        h.engine.acd.callers._around = _expecting(h, {1: 10.0, 2: 30.0})
        h.call(did="4002")
        await asyncio.sleep(1)
        assert h.facts("queue.left") == []
        if condition == "emergency":
            h.emergencies.add("fire")
            await asyncio.sleep(3)  # also he who waits is sent on
            assert len(left(h)) == 1
        h.call(did="4002")
        await asyncio.sleep(1)

    h = on_the_hotline(tmp_path, story)
    assert {f.data["condition"] for f in h.facts("queue.left")} == {condition}
    assert len(left(h)) == (2 if condition == "emergency" else 1)


def _expecting(h: Hotline, waits: dict[int, float]) -> Any:
    return dataclasses.replace(
        h.engine.acd.callers._around, estimate=lambda queue, position: waits.get(position)
    )


# --- several at once --------------------------------------------------------------------------------------


def test_ring_all_reserves_all_and_frees_the_others_without_blame(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "strategy: ring_all")
        h.ready("amy", "bo")
        ticket = h.engine.acd.enter("call", "orders")
        assert {h.state("amy")[0], h.state("bo")[0]} == {"reserved"}
        h.engine.acd.offers.answered("call", "1002")
        assert (h.state("amy")[0], h.state("bo")[0]) == ("ready", "talking")
        assert ticket.assigned.done()
        h.engine.acd.offers.talk_ended("call", "bo", "caller")
        assert h.state("bo")[0] == "wrap_up"

    h = on_the_hotline(tmp_path, story)
    (assigned,) = h.facts("queue.assigned")
    assert (assigned.data["why"], assigned.data["also"]) == ("ring_all", ["bo"])
    assert [f.agent for f in h.facts("talk.started")] == ["bo"]


def test_chats_beside_each_other_and_no_call_beside_them(tmp_path: Path) -> None:
    chat = "    channel: chat"
    capable = (
        'bo: {name: Bo, extension: "1002", skills: {orders: 1, refunds: 2}, capacity: {voice: 1, chat: 2}}'
    )

    async def story(h: Hotline) -> None:
        h.declare((ORDERS, ORDERS + "\n" + chat), (BO, capable))
        h.ready("bo")
        acd = h.engine.acd
        tickets = [acd.enter(f"chat {n}", "orders") for n in range(3)]
        assert [t.assigned.done() for t in tickets] == [True, True, False]
        assert h.state("bo")[0] == "ready"
        call = acd.enter("call", "refunds")
        assert not call.assigned.done()
        acd.over("bo", "chat 0")  # room for half an agent: the third chat, not the call
        assert tickets[2].assigned.done()
        acd.over("bo", "chat 1")
        acd.over("bo", "chat 2")
        assert call.assigned.done()
        assert h.state("bo")[0] == "reserved"
        more = acd.enter("chat 3", "orders")
        assert not more.assigned.done()
        acd.leave("call", "abandoned")
        assert more.assigned.done()

    on_the_hotline(tmp_path, story)


def test_outbound_work_waits_for_callers_and_for_their_service_level(tmp_path: Path) -> None:
    capable = 'bo: {name: Bo, extension: "1002", skills: {orders: 1}, capacity: {voice: 1, outbound: 1}}'
    campaign = "  dial: {name: {zh-CN: 外呼, en: Dial}, channel: outbound, skills: {orders: 1}}\nagents:"

    async def story(h: Hotline) -> None:
        h.declare((BO, capable), ("agents:", campaign))
        acd = h.engine.acd
        work = acd.enter("dial 1", "dial")
        h.ready("bo")
        assert not work.assigned.done()  # somebody must stay free for callers
        h.ready("amy")
        await asyncio.sleep(3)
        assert work.assigned.done()
        acd.leave("dial 1", "cut")
        for _ in range(8):
            acd.recent.count("orders", h.clock.now(), in_time=False)
        await asyncio.sleep(3)
        work = acd.enter("dial 2", "dial")
        await asyncio.sleep(3)
        assert not work.assigned.done()  # callers waited too long of late
        await asyncio.sleep(15 * 60)
        assert work.assigned.done()

    on_the_hotline(tmp_path, story)


# --- what a reader with fresh eyes found ------------------------------------------------------------------


def test_two_restarts_leave_him_in_the_queue_he_came_to(tmp_path: Path) -> None:
    third = "  third:\n    name: {zh-CN: 三, en: Third}\n    skills: {orders: 9}\nagents:"

    async def story(h: Hotline) -> None:
        h.declare(
            (
                "    skills: {orders: 1}\n    ring",
                "    skills: {orders: 9}\n    overflow: [{wait: 20, to: {queue: refunds}}]\n    ring",
            ),
            ("    priority: 5\n", "    overflow: [{wait: 60, to: {queue: third}}]\n"),
            ("agents:", third),
        )
        h.call(did="4002")
        await asyncio.sleep(30)
        await h.restart()
        await asyncio.sleep(80)
        await h.restart()
        await asyncio.sleep(5)
        (ticket,) = h.engine.acd.waiting("third")
        assert h.clock.now() - ticket.since == pytest.approx(115, abs=8)
        assert ticket.visited == {"orders", "refunds"}

    h = on_the_hotline(tmp_path, story)
    assert [f.data["queue"] for f in h.facts("queue.entered")] == ["orders", "refunds", "third"]


@pytest.mark.parametrize("shut", ["max_length: 1", "hours: never"])
def test_nobody_loses_his_place_to_a_queue_that_does_not_let_him_in(tmp_path: Path, shut: str) -> None:
    async def story(h: Hotline) -> None:
        hours = "hours: {never: {weekly: {}, open: {'2001-01-01': ['00:00-24:00']}}}\n"
        h.declare(
            (ORDERS, ORDERS + "\n    overflow: [{wait: 20, to: {queue: refunds}}]"),
            ("    priority: 5\n", f"    {shut}\n"),
            ("dispositions:", hours + "dispositions:"),
        )
        if shut == "max_length: 1":
            h.engine.acd.enter("somebody", "refunds")
        h.call(did="4002")
        await asyncio.sleep(60)
        assert [t.call_id[-1] for t in h.engine.acd.waiting("orders")] == ["1"]
        h.declare((ORDERS, ORDERS + "\n    overflow: [{wait: 20, to: {queue: refunds}}]"))
        await asyncio.sleep(5)  # now it lets him in
        assert left(h)[0] == ("orders", "overflow", "queue refunds")

    on_the_hotline(tmp_path, story)


@pytest.mark.parametrize("why", ["missed him", "signed out meanwhile"])
def test_nobody_waits_for_his_own_agent_who_can_not_come(tmp_path: Path, why: str) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "last_agent: {seconds: 120, within_days: 7}")
        known_as(h, timeline=[talked_with(h, "bo", 1)])
        h.behave("bo", answer_after=None if why == "missed him" else 1, talk_seconds=20)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("bo")
        h.call(did="4002")
        if why != "missed him":
            await asyncio.sleep(2)
            h.call(did="4002")
            h.engine.desk.set_state("bo", "signed_out")
        await asyncio.sleep(2)
        h.ready("amy")
        await asyncio.sleep(20)
        assert [agent for agent, _ in given(h)] == ["bo", "amy"]

    on_the_hotline(tmp_path, story)


def test_a_queue_that_is_not_for_calls_takes_none(tmp_path: Path) -> None:
    amy = 'amy: {name: Amy, extension: "1001", skills: {orders: 3, refunds: 2}}'

    async def story(h: Hotline) -> None:
        h.declare(
            ("    priority: 5\n", "    channel: chat\n"),
            (amy, amy.replace("}}", "}, capacity: {voice: 1, chat: 1}}")),
        )
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        h.call(did="4001", acts=(PressAtPrompt("2", 1.0),))
        await asyncio.sleep(60)
        assert h.facts("queue.assigned") == []
        h.call(did="4002")
        await asyncio.sleep(10)
        assert [f.agent for f in h.facts("talk.started")] == ["amy"]
        h.engine.acd.enter("chat", "refunds")
        await asyncio.sleep(60)
        assert h.engine.acd.free_agents.load("amy") == {"chat": 1}
        h.engine.acd.leave("chat", "abandoned")
        assert h.engine.acd.free_agents.load("amy") == {}

    on_the_hotline(tmp_path, story)


def test_the_line_is_shown_in_the_order_in_which_it_is_served(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare(("dispositions:", "distribution: {ageing_seconds: 60}\ndispositions:"))
        h.engine.acd.enter("plain", "orders")
        await asyncio.sleep(130)
        h.engine.acd.enter("vip", "orders", Wants(priority=1))
        shown = [t.call_id for t in h.engine.acd.waiting("orders")]
        assert shown == ["plain", "vip"]
        assert [h.engine.acd.position(call) for call in shown] == [1, 2]

    on_the_hotline(tmp_path, story)


def test_who_is_given_the_phone_of_a_colleague_who_left_gets_calls(tmp_path: Path) -> None:
    bo = 'bo: {name: Bo, extension: "1002", skills: {orders: 1}}'

    async def story(h: Hotline) -> None:
        h.behave("bo", answer_after=1, talk_seconds=60)
        h.ready("bo")
        h.call(did="4002")
        await h.until_state("bo", "talking")
        h.declare((bo, bo.replace("bo: {name: Bo", "zoe: {name: Zoe")))
        h.engine.on_event(PhoneStateChanged("1002", PhoneState.IN_USE))
        await asyncio.sleep(70)  # bo's talk is over, and so is he
        found = h.engine.acd.roster.of_phone("1002")
        assert found is not None
        assert (found.agent_id, found.phone) == ("zoe", PhoneState.IDLE)

    on_the_hotline(tmp_path, story)
