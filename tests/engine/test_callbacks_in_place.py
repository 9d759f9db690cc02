"""Call-back in place: the caller hangs up, his place waits for him, he is dialed when its turn has come."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest

from callcenter.acd.blending import FEWEST
from callcenter.acd.virtual_hold import HeldPlace, PlaceStage
from callcenter.calls.callbacks import Wish
from callcenter.center.check import parse_center
from callcenter.simulation.people import (
    CallerScript,
    Leave,
    PhoneBehaviour,
    Press,
    PressAtPrompt,
    SimulatedPhone,
)
from callcenter.telephony.refusal import Refused

from .hotline import CENTER, Hotline, nobody_left_behind, on_the_hotline

CUSTOMER, OTHER = "+8613800000001", "+8613800000002"
MINUTE, HOUR = 60.0, 3600.0


def customer(
    h: Hotline,
    number: str = CUSTOMER,
    *acts: Any,
    answers: float | None = 5.0,
    talk: float = 20.0,
    **how: Any,
) -> SimulatedPhone:
    """Somebody outside who can be called; he hangs up so long after his talk began."""
    script = CallerScript(acts=acts, talk_seconds=talk)
    return h.switch.add_outside(number, PhoneBehaviour(answer_after=answers, **how), script)


def promise(h: Hotline, number: str = CUSTOMER, queue: str = "orders", **more: Any) -> HeldPlace:
    return h.engine.callbacks.promise(Wish(number, queue, **more))


def busy(h: Hotline, talk: float = 60.0) -> None:
    """Amy and Bo talk with somebody for so long."""
    for agent, ani in (("amy", "13900000001"), ("bo", "13900000002")):
        h.behave(agent, answer_after=1, talk_seconds=talk)
        h.ready(agent)
        h.call(ani=ani, did="4002")


def results(h: Hotline) -> list[str]:
    return [f.data["result"] for f in h.facts("callback.unanswered")]


def test_an_agent_is_reserved_then_the_customer_is_dialed_and_they_talk(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    async def story(h: Hotline) -> None:
        person = customer(h)
        place = promise(h, by="sam", name="Li")
        await asyncio.sleep(5)
        assert place.stage is PlaceStage.IN_LINE
        assert h.switch.dialed == [], "nobody is dialed while no agent is free"
        h.behave("amy", answer_after=2)
        h.ready("amy")
        await asyncio.sleep(1)
        assert h.state("amy") == ("reserved", "")
        seen.update(h.engine.desk.view("amy")["call"])
        assert [order.number for order in h.switch.dialed] == [CUSTOMER]
        await h.until_state("amy", "talking")
        await h.until_state("amy", "wrap_up")
        seen["lived"] = [what for _, what in person.called[0].story]

    h = on_the_hotline(tmp_path, story)
    assert seen["callback"] is not None and seen["callback"]["by"] == "sam"
    assert seen["caller"]["ani"] == CUSTOMER and seen["caller"]["name"] == "Li"
    assert any("测试中心" in what and what.startswith("prompt") for what in seen["lived"]), (
        "he hears who calls"
    )
    assert h.outcomes() == ["answered"]
    assert h.kinds()[:7] == [
        "callback.promised",
        "queue.entered",
        "queue.assigned",
        "pop.sent",
        "call.dialed",
        "call.answered",
        "phone.ringing",
    ]
    nobody_left_behind(h)


def test_the_place_in_line_is_that_of_the_call_it_was_promised_in(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        busy(h)
        await asyncio.sleep(3)
        first = h.call(ani="13800000001", did="4002")
        await asyncio.sleep(10)
        h.call(ani="13800000009", did="4002")
        await asyncio.sleep(1)
        customer(h)
        state = h.engine.reception.calls["20260101-call-3"]
        ticket = h.engine.acd.ticket(state.call_id)
        assert ticket is not None
        assert h.engine.callbacks.promise_place(state, ticket)
        first.hang_up()
        await asyncio.sleep(200)

    h = on_the_hotline(tmp_path, story)
    assigned = [f.call_id for f in h.facts("queue.assigned")]
    assert assigned[2:] == ["20260101-call-5", "20260101-call-4"], "before who came after him"
    ended = {f.call_id: f.data["outcome"] for f in h.facts("call.ended")}
    assert ended["20260101-call-3"] == "callback"
    assert ended["20260101-call-5"] == "answered"
    assert [f.data["why"] for f in h.facts("queue.left")] == ["callback"]


def test_who_does_not_answer_costs_the_agent_nothing_and_is_tried_again_later(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        person = customer(h, answers=None)
        promise(h)
        await asyncio.sleep(1)
        h.behave("amy", answer_after=1)
        h.ready("amy")
        since = h.engine.acd.agents["amy"].since
        await asyncio.sleep(40)
        assert h.state("amy") == ("ready", ""), "free again without blame"
        assert h.engine.acd.agents["amy"].since == since, "and with his turn as before"
        person.behaviour = PhoneBehaviour(busy=True)
        await asyncio.sleep(16 * MINUTE)
        assert results(h) == ["no_answer", "busy"]
        person.behaviour = PhoneBehaviour(answer_after=3)
        await asyncio.sleep(16 * MINUTE)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    dialed = [f.at for f in h.facts("call.dialed")]
    assert all(later - earlier >= 15 * MINUTE for earlier, later in itertools.pairwise(dialed))
    since = {f.data["since"] for f in h.facts("queue.entered")}
    assert len(since) == 1, "always the same place"
    assert [f.data["attempt"] for f in h.facts("call.dialed")] == [1, 2, 3]


def test_after_the_last_try_people_see_to_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h, rejects=True)
        promise(h)
        h.ready("amy")
        await asyncio.sleep(HOUR)

    h = on_the_hotline(tmp_path, story)
    assert results(h) == ["rejected"] * 3
    assert [(f.data["ani"], f.data["queue"], f.data["why"]) for f in h.facts("callback.wanted")] == [
        (CUSTOMER, "orders", "unreached")
    ]
    assert h.outcomes() == ["unreached"]
    assert h.engine.callbacks.places == {}
    nobody_left_behind(h)


def test_nobody_is_called_at_night_and_the_place_is_there_in_the_morning(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await asyncio.sleep(12.9 * HOUR)  # the clock begins at 8 in the morning
        customer(h)
        promise(h)
        await asyncio.sleep(60)
        assert [p["stage"] for p in h.engine.callbacks.views()] == ["in_line"]
        await asyncio.sleep(600)
        assert [p["stage"] for p in h.engine.callbacks.views()] == ["resting"], "it is after nine"
        h.ready("amy")
        await asyncio.sleep(8 * HOUR)
        assert h.switch.dialed == []
        await asyncio.sleep(4 * HOUR)

    h = on_the_hotline(tmp_path, story)
    (dialed,) = h.facts("call.dialed")
    assert abs(dialed.at - h.facts("callback.promised")[0].at - 11.1 * HOUR) < 2, "at eight"
    assert h.outcomes() == ["answered"]


def test_the_queue_may_have_hours_tries_and_a_number_of_its_own(tmp_path: Path) -> None:
    rules = "    callback: {hours: office, tries: 1, ring_seconds: 10, caller_id: '4008001234'}\n"
    hours = "hours:\n  office: {weekly: {thu: ['10:00-11:00']}}\n"
    text = CENTER.replace("    ring_seconds: 15\n", "    ring_seconds: 15\n" + rules, 1) + hours

    async def story(h: Hotline) -> None:
        center, problems = parse_center(text.encode())
        assert center is not None, [p.render() for p in problems]
        h.center = center
        h.engine.acd.apply(center)
        customer(h, answers=None)
        promise(h)
        h.ready("amy")
        await asyncio.sleep(4 * HOUR)

    h = on_the_hotline(tmp_path, story)
    (order,) = h.switch.dialed
    assert (order.ring_seconds, order.caller_id) == (10, "4008001234")
    assert abs(h.facts("call.dialed")[0].at - h.facts("callback.promised")[0].at - 2 * HOUR) < 1
    assert h.outcomes() == ["unreached"]


def test_who_wants_it_at_a_time_is_called_then_and_not_after(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        customer(h, OTHER)
        h.ready("amy")
        now = h.clock.now()
        promise(h, not_before=now + HOUR)
        promise(h, OTHER, queue="refunds", not_before=now + HOUR, not_after=now + 2 * HOUR)
        h.behave("amy", answer_after=1, talk_seconds=1.5 * HOUR)
        await asyncio.sleep(4 * HOUR)
        with pytest.raises(Refused, match="over"):
            promise(h, not_before=now, not_after=now + HOUR)

    h = on_the_hotline(tmp_path, story)
    assert h.facts("call.dialed")[0].at - h.facts("callback.promised")[0].at >= HOUR


def test_a_caller_who_calls_again_himself_takes_his_place(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        busy(h)
        await asyncio.sleep(2)
        promise(h)
        await asyncio.sleep(20)
        h.call(ani="13800000009", did="4002")
        await asyncio.sleep(20)
        h.call(ani="13800000001", did="4002")
        await asyncio.sleep(1)
        assert h.engine.callbacks.places == {}
        await asyncio.sleep(200)

    h = on_the_hotline(tmp_path, story)
    served = [f.call_id for f in h.facts("queue.assigned")]
    assert served[2] == "20260101-call-5", "before who was there before him on the line"
    assert h.switch.dialed == []
    assert [(f.data["by"], f.data["call"]) for f in h.facts("callback.cancelled")] == [
        ("called_in", "20260101-call-5")
    ]
    waits = {f.call_id: f.data["wait"] for f in h.facts("talk.started")}
    assert waits["20260101-call-5"] < 60, "he waited on the line only since he called again"


def test_a_supervisor_moves_it_and_makes_it_the_next(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        h.call(ani="13800000009", did="4002")
        await asyncio.sleep(1)
        place = promise(h, queue="refunds")
        await asyncio.sleep(1)
        h.engine.steering.move(place.call_id, queue="orders", head=True, by="sue")
        await asyncio.sleep(1)
        assert place.queue == "orders"
        assert h.engine.callbacks.place_of(CUSTOMER, "orders") is place
        await h.restart()
        h.behave("bo", answer_after=1, talk_seconds=10)
        h.ready("bo")
        await asyncio.sleep(200)

    h = on_the_hotline(tmp_path, story)
    assert [f.call_id for f in h.facts("queue.assigned")] == ["20260101-call-2", "20260101-call-1"]


def test_the_customer_cancels_with_a_key_when_he_is_called(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        person = customer(h, CUSTOMER, PressAtPrompt("9", 1.0))
        promise(h)
        h.ready("amy")
        await asyncio.sleep(20)
        assert h.state("amy") == ("ready", "")
        assert not person.called[0].left_himself

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["cancelled"]
    assert h.facts("phone.ringing") == []
    assert [f.data["by"] for f in h.facts("callback.cancelled")] == ["customer"]
    nobody_left_behind(h)


@pytest.mark.parametrize("moment", ["resting", "in_line", "dialing"])
def test_people_cancel_it_at_any_moment_before_the_answer(tmp_path: Path, moment: str) -> None:
    async def story(h: Hotline) -> None:
        person = customer(h, answers=10.0)
        later = h.clock.now() + HOUR if moment == "resting" else 0.0
        place = promise(h, not_before=later)
        if moment == "dialing":
            h.ready("amy")
        await asyncio.sleep(2)
        assert place.stage == moment
        h.engine.callbacks.cancel(place.call_id, by="sam")
        await asyncio.sleep(30)
        assert person.called == [] and person.line is None, "his phone has stopped ringing"
        with pytest.raises(Refused):
            h.engine.callbacks.cancel(place.call_id, by="sam")
        h.ready("bo")
        await asyncio.sleep(2 * HOUR)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["cancelled"]
    assert len(h.switch.dialed) == (moment == "dialing")
    assert [f.data["by"] for f in h.facts("callback.cancelled")] == ["sam"]
    nobody_left_behind(h)


def test_who_answers_what_was_cancelled_without_a_link_is_let_go_and_is_no_new_caller(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        person = customer(h, answers=10.0)
        place = promise(h)
        h.ready("amy")
        await asyncio.sleep(2)
        h.switch.drop_link(sessions=False)
        h.engine.callbacks.cancel(place.call_id, by="sam")
        await asyncio.sleep(20)
        (called,) = person.called
        assert called.ended and not called.left_himself
        h.switch.restore_link()
        await asyncio.sleep(5)

    h = on_the_hotline(tmp_path, story)
    assert h.facts("call.offered") == []
    assert h.outcomes() == ["cancelled"]
    nobody_left_behind(h)


def test_after_the_answer_it_is_not_cancelled_any_more(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        place = promise(h)
        h.ready("amy")
        await h.until_state("amy", "talking")
        with pytest.raises(Refused, match="answered"):
            h.engine.callbacks.cancel(place.call_id, by="sam")
        await asyncio.sleep(60)

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


def test_when_the_agent_does_not_answer_the_next_one_does_while_the_customer_waits(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=1)
        promise(h)
        h.ready("amy")
        await asyncio.sleep(30)
        assert h.state("amy") == ("not_ready", "no_answer")
        h.call(ani="13800000009", did="4002")
        await asyncio.sleep(1)
        h.ready("bo")
        await asyncio.sleep(400)

    h = on_the_hotline(tmp_path, story)
    talks = [(f.call_id, f.agent) for f in h.facts("talk.started")]
    assert talks[0] == ("20260101-call-1", "bo"), "he is the first in line on the line, too"
    assert len(h.switch.dialed) == 1


def test_a_customer_who_hangs_up_at_the_greeting_leaves_the_agent_free(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h, CUSTOMER, Leave(1.0))
        promise(h)
        h.ready("amy")
        await asyncio.sleep(20)
        assert h.state("amy") == ("ready", "")

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["abandoned"]
    nobody_left_behind(h)


def test_one_number_has_one_place_in_a_queue_and_some_numbers_have_none(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        promise(h)
        with pytest.raises(Refused, match="already"):
            promise(h, "138 0000 0001")
        promise(h, queue="refunds")
        for number in ("110", "911", "+86 110", "120", "12", "anonymous", "", "1001", "96110" * 9):
            with pytest.raises(Refused):
                promise(h, number)
        with pytest.raises(Refused):
            promise(h, OTHER, queue="nowhere")

    assert len(on_the_hotline(tmp_path, story).facts("callback.promised")) == 2


def test_the_flow_promises_it_and_the_caller_keeps_the_place_he_had(tmp_path: Path) -> None:
    flow = """
version: 1
name: {zh-CN: 直线, en: Direct}
language: en
start: line
nodes:
  line: {type: queue, queue: orders, max_wait_seconds: 20, on_max_wait: offer}
  offer: {type: callback, queue: orders, in_place: true, next: bye, on_failed: sorry}
  bye: {type: hangup, say: {en: Good-bye, zh-CN: 再见}}
  sorry: {type: hangup, say: {en: Sorry, zh-CN: 抱歉}}
"""

    async def story(h: Hotline) -> None:
        (h.folder / "flows" / "direct.yaml").write_text(flow)
        h.flows.reload()
        customer(h)
        caller = h.call(ani="13800000001", did="4002", acts=(PressAtPrompt("1", 1.0, "call you back"),))
        hidden = h.call(
            ani="anonymous",
            did="4002",
            acts=tuple(PressAtPrompt(key, 0.3, "Please" if key == "1" else "") for key in "110#"),
        )
        await asyncio.sleep(60)
        assert caller.ended and hidden.ended
        assert [place["number"] for place in h.engine.callbacks.views()] == [CUSTOMER]
        h.ready("amy")
        await asyncio.sleep(100)
        assert h.facts("talk.started")[0].call_id == "20260101-call-3"

    h = on_the_hotline(tmp_path, story)
    promised, entered = h.facts("callback.promised")[0], h.facts("queue.entered")[0]
    assert promised.data["since"] == entered.at
    assert [f.data["call"] for f in h.facts("callback.in_place")] == ["20260101-call-3"]
    outcomes = {f.call_id: f.data["outcome"] for f in h.facts("call.ended")}
    assert outcomes["20260101-call-1"] == "callback"
    assert outcomes["20260101-call-3"] == "answered"


# --- restarts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1.0, 3.0, 5.5, 7.5, 12.0, 20.0, 28.0])
def test_a_restart_at_any_moment_loses_no_call_back_and_dials_once(tmp_path: Path, after: float) -> None:
    """Promised at 0, an agent is ready at 2 and reserved, the customer answers at 7, is greeted until 10,
    the agent answers at 12, they talk until 32."""

    async def story(h: Hotline) -> None:
        customer(h)
        h.behave("amy", answer_after=2)
        promise(h)
        asyncio.get_running_loop().call_later(2, lambda: h.ready("amy") if after > 2 else None)
        await asyncio.sleep(after)
        await h.restart()
        if after < 2:
            h.ready("amy")
        await asyncio.sleep(120)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert len(h.switch.dialed) == 1
    assert len(h.facts("talk.started")) == len(h.facts("talk.ended")) == 1
    assert h.facts("mended") == []
    nobody_left_behind(h)


@pytest.mark.parametrize("away", [1.0, 40.0])
def test_a_customer_who_did_not_answer_while_we_were_away_is_not_dialed_again_for_that(
    tmp_path: Path, away: float
) -> None:
    async def story(h: Hotline) -> None:
        person = customer(h, answers=None)
        promise(h)
        h.ready("amy")
        await asyncio.sleep(10)
        await h.crash()
        await asyncio.sleep(away)
        await h.start(after_crash=True)
        await asyncio.sleep(60)
        assert len(h.switch.dialed) == 1
        assert h.state("amy") == ("ready", "")
        person.behaviour = PhoneBehaviour(answer_after=2)
        await asyncio.sleep(15 * MINUTE)

    h = on_the_hotline(tmp_path, story)
    assert results(h) == ["lost"]
    assert [order.attempt for order in h.switch.dialed] == [1, 2]
    assert h.outcomes() == ["answered"]


def test_an_attempt_that_was_on_file_but_never_dialed_counts_and_another_is_made(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        place = promise(h)
        await asyncio.sleep(1)
        call_id = place.call_id
        await h.crash()
        h.journal.write(
            "queue.assigned", call_id=call_id, agent="amy", queue="orders", wait=1.0, phone="1001"
        )
        h.journal.write(
            "call.dialed", call_id=call_id, agent="amy", leg_id=f"cc-{call_id}-1", node="sim",
            number=CUSTOMER, attempt=1,
        )  # fmt: skip
        await h.start(after_crash=True)
        h.ready("amy")
        await asyncio.sleep(20 * MINUTE)

    h = on_the_hotline(tmp_path, story)
    assert [order.attempt for order in h.switch.dialed] == [2]
    assert h.outcomes() == ["answered"]


def test_after_a_weekend_the_place_is_still_there(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h, answers=None)
        promise(h)
        h.ready("amy")
        await asyncio.sleep(MINUTE)
        await h.crash()
        await asyncio.sleep(26 * HOUR)
        await h.start(after_crash=True)
        await asyncio.sleep(2 * MINUTE)
        assert len(h.switch.dialed) == 2
        await asyncio.sleep(24 * HOUR)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["unreached"]


def test_a_lost_link_dials_nobody_and_counts_for_nothing(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        h.switch.drop_link()
        promise(h)
        h.ready("amy")
        await asyncio.sleep(30)
        assert h.switch.dialed == []
        h.switch.restore_link()
        await asyncio.sleep(60)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert len(h.switch.dialed) == 1


def test_a_link_lost_while_it_rings_does_not_lose_the_answer(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        promise(h)
        h.ready("amy")
        await asyncio.sleep(2)
        h.switch.drop_link()
        await asyncio.sleep(6)
        h.switch.restore_link()
        await asyncio.sleep(60)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert len(h.switch.dialed) == 1


def test_a_switch_that_dies_while_it_rings_costs_one_try(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h)
        promise(h)
        h.ready("amy")
        await asyncio.sleep(2)
        h.switch.crash()
        await asyncio.sleep(5)
        h.switch.restart()
        await asyncio.sleep(20 * MINUTE)

    h = on_the_hotline(tmp_path, story)
    assert results(h) == ["lost"]
    assert h.outcomes() == ["answered"]


# --- beside the straight way --------------------------------------------------------------------------------


def declared(h: Hotline, *lines: str, more: str = "") -> None:
    """The center with more lines in the queue `orders`."""
    ring = "    ring_seconds: 15\n"
    h.declare(
        (ring, ring + "".join(f"    {line}\n" for line in lines)), ("dispositions:", more + "dispositions:")
    )


@pytest.mark.parametrize("how", ["overflow", "moved"])
def test_in_another_queue_patience_still_counts_from_when_he_came_on_the_line(
    tmp_path: Path, how: str
) -> None:
    async def story(h: Hotline) -> None:
        if how == "overflow":
            declared(h, "overflow: [{wait: 30, to: {queue: refunds}}]")
        promise(h)
        await asyncio.sleep(1000)
        caller = h.call(ani="13800000001", did="4002", leave_after=1000)
        await asyncio.sleep(30.5)
        if how == "moved":
            (ticket,) = h.engine.acd.waiting("orders")
            h.engine.steering.move(ticket.call_id, queue="refunds", by="sam")
        await asyncio.sleep(200)
        assert not caller.ended, "of the quarter of an hour he may wait there, not much is over"
        await asyncio.sleep(650)
        assert not caller.ended
        await asyncio.sleep(40)

    h = on_the_hotline(tmp_path, story)
    assert h.facts("queue.left")[-1].data["why"] == "max_wait"


MAIN = "mailboxes: {main: {name: {zh-CN: 总机, en: Main}}}\n"
KEYS = (
    'waiting: {offers: {"1": {offer: callback, after: 5}, "2": {offer: voicemail, mailbox: main, after: 5}}}'
)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("key", ["1", "2"])
def test_who_is_called_back_and_takes_an_offer_in_line_is_seen_to_once(
    tmp_path: Path, key: str, restarts: bool
) -> None:
    lived: list[str] = []

    async def story(h: Hotline) -> None:
        declared(h, KEYS, more=MAIN)
        person = customer(h, CUSTOMER, Press(key, 30.0), Leave(60.0))
        promise(h, language="en")
        h.behave("amy", answer_after=None)
        h.ready("amy")
        if restarts:
            async with asyncio.timeout(100):
                while not h.facts("waiting.taken"):
                    await asyncio.sleep(0.01)
            await h.restart()
        await asyncio.sleep(100)
        lived.extend(what for _, what in person.called[0].story)

    h = on_the_hotline(tmp_path, story)
    assert h.facts("callback.wanted") == []
    assert not any("sorry" in what for what in lived)
    if key == "1":
        assert len(h.facts("callback.promised")) == 2, "his place is kept anew"
        assert h.outcomes()[0] == "callback"
        assert any("call you back" in what for what in lived)


@pytest.mark.parametrize("ani", ["", "anonymous"])
def test_who_shows_no_number_waits_on_where_others_are_called_back(tmp_path: Path, ani: str) -> None:
    async def story(h: Hotline) -> None:
        declared(h, "overflow: [{wait: 20, to: {callback: true}}]")
        caller = h.call(ani=ani, did="4002", leave_after=1000)
        await asyncio.sleep(60)
        assert not caller.ended
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await asyncio.sleep(60)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]


def test_whose_number_is_not_dialed_by_itself_is_listed_when_his_queue_overflows(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        declared(h, "overflow: [{wait: 20, to: {callback: true}}]")
        h.call(ani="1001", did="4002", leave_after=100)
        await asyncio.sleep(60)

    h = on_the_hotline(tmp_path, story)
    assert [(f.data["ani"], f.data["queue"]) for f in h.facts("callback.wanted")] == [("1001", "orders")]


def test_who_is_to_be_called_back_already_is_not_lost_when_his_queue_overflows(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        declared(h, "overflow: [{wait: 20, to: {callback: true}}]")
        caller = h.call(ani="13800000001", did="4002", leave_after=100)
        await asyncio.sleep(5)
        promise(h)
        await asyncio.sleep(55)
        assert any("called back" in what or "call you back" in what for _, what in caller.story), caller.story

    h = on_the_hotline(tmp_path, story)
    assert len(h.facts("callback.promised")) == 1
    assert h.facts("callback.wanted") == []


@pytest.mark.parametrize("restarts", [False, True])
def test_a_place_moved_to_another_of_the_same_number_hides_none(tmp_path: Path, restarts: bool) -> None:
    async def story(h: Hotline) -> None:
        moved, other = promise(h), promise(h, queue="refunds")
        await asyncio.sleep(1)
        h.engine.steering.move(moved.call_id, queue="refunds", by="sam")
        promise(h)
        if restarts:
            await h.restart()
        h.engine.callbacks.cancel(moved.call_id, by="sam")
        left = h.engine.callbacks.place_of(CUSTOMER, "refunds")
        assert left is not None and left.call_id == other.call_id
        assert h.engine.callbacks.place_of(CUSTOMER, "orders") is not None

    on_the_hotline(tmp_path, story)


def test_who_calls_in_takes_the_better_of_his_places_and_gives_up_the_other(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        moved, _ = promise(h, queue="refunds"), await asyncio.sleep(10)
        promise(h)
        h.engine.steering.move(moved.call_id, queue="orders", by="sam")
        await asyncio.sleep(10)
        h.call(ani="13800000001", did="4002")
        await asyncio.sleep(5)
        assert h.engine.callbacks.places == {}
        (ticket,) = h.engine.acd.waiting("orders")
        assert ticket.since == h.facts("callback.promised")[0].at

    on_the_hotline(tmp_path, story)


def test_a_switch_restarted_before_he_was_called_has_not_cut_his_talk(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        customer(h, talk=20.0)
        promise(h)
        await asyncio.sleep(20)
        h.switch.crash()
        await asyncio.sleep(5)
        h.switch.restart()
        await asyncio.sleep(5)
        h.behave("amy", answer_after=1, talk_seconds=500)
        h.ready("amy")
        await h.until_state("amy", "talking")
        await h.crash()
        await asyncio.sleep(60)
        await h.start(after_crash=True)
        await asyncio.sleep(5)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert h.facts("callback.wanted") == []


@pytest.mark.parametrize("how", ["link", "restart"])
def test_an_agent_whose_ring_is_lost_is_not_given_to_who_came_later(tmp_path: Path, how: str) -> None:
    async def story(h: Hotline) -> None:
        h.behave("bo", answer_after=None)
        h.ready("bo")
        h.call(did="4002", leave_after=100)
        await asyncio.sleep(3)
        h.call(did="4002", leave_after=100)
        await asyncio.sleep(2)
        if how == "link":
            h.switch.drop_link()
            h.switch.restore_link()
        else:
            await h.restart()
        await asyncio.sleep(12)

    h = on_the_hotline(tmp_path, story)
    assert {f.call_id for f in h.facts("queue.assigned")} == {"20260101-call-1"}
    assert h.facts("mended") == []


def test_who_hangs_up_at_the_greeting_is_none_of_the_service_level(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        for last in range(FEWEST):
            number = f"+861380000001{last}"
            customer(h, number, Leave(1.0))
            promise(h, number)
            await asyncio.sleep(20)
        assert h.outcomes() == ["abandoned"] * FEWEST
        assert h.engine.acd.recent.level("orders", h.clock.now(), HOUR) is None

    on_the_hotline(tmp_path, story)
