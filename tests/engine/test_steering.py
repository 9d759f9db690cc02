"""A supervisor moves callers, gives them to agents, and changes who serves whom; the journal knows who."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.center.needs import parse as parsed
from callcenter.simulation.people import PressAtPrompt
from callcenter.storage.story import story as told
from callcenter.telephony.refusal import Refused

from .hotline import Hotline, nobody_left_behind, on_the_hotline

REFUNDS = (PressAtPrompt("2", 1.0),)


def call_id(number: int) -> str:
    return f"20260101-call-{number}"


def given_to(h: Hotline) -> list[tuple[int, str]]:
    return [(int(f.call_id.rpartition("-")[2]), f.agent) for f in h.facts("queue.assigned")]


def sentences(h: Hotline, number: int) -> list[str]:
    return [line["text"]["en"] for line in told(f for f in h.journal.facts if f.call_id == call_id(number))]


def refusal(done: object) -> str:
    """The code with which something is refused; calls `done`."""
    with pytest.raises(Refused) as refused:
        assert callable(done)
        done()
    assert set(refused.value.text) == {"en", "zh-CN"} and all(refused.value.text.values())
    return refused.value.code


def test_a_caller_moved_to_the_head_is_next_and_the_story_says_who_moved_him(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("bo", answer_after=1, talk_seconds=5)
        for _ in range(3):
            h.call(did="4002")
            await asyncio.sleep(10)
        h.engine.steering.move(call_id(3), head=True, by="sam")
        assert [row["call_id"] for row in h.engine.steering.callers()] == [call_id(3), call_id(1), call_id(2)]
        await h.restart()  # and he stays there when the controller is killed
        await asyncio.sleep(10)
        assert [row["call_id"] for row in h.engine.steering.callers()] == [call_id(3), call_id(1), call_id(2)]
        h.ready("bo")
        await asyncio.sleep(200)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert given_to(h) == [(3, "bo"), (1, "bo"), (2, "bo")]
    assert "sam made him the next" in sentences(h, 3)


def test_a_caller_moved_to_another_queue_keeps_the_time_he_has_waited(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.call(did="4002")
        await asyncio.sleep(20)
        h.call(did="4001", acts=REFUNDS)
        await asyncio.sleep(5)
        h.engine.steering.move(call_id(1), queue="refunds", by="sam")
        rows = h.engine.steering.callers()
        assert [(row["call_id"], row["queue"]) for row in rows] == [
            (call_id(1), "refunds"),
            (call_id(2), "refunds"),
        ]
        assert h.clock.now() - rows[0]["since"] > 20
        await h.restart()
        await asyncio.sleep(10)
        assert [row["queue"] for row in h.engine.steering.callers()] == ["refunds", "refunds"]
        h.ready("amy")
        await asyncio.sleep(120)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert given_to(h) == [(1, "amy"), (2, "amy")]
    left = h.facts("queue.left")[0]
    assert (left.data["why"], left.data["to"], left.data["by"]) == ("moved", "queue refunds", "sam")
    assert any("sam moved him to refunds" in line for line in sentences(h, 1))


def test_a_move_to_a_queue_with_a_free_agent_is_served_at_once(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("bo")
        h.call(did="4001", acts=REFUNDS)  # bo may not serve refunds
        await asyncio.sleep(10)
        assert h.state("bo")[0] == "ready"
        h.engine.steering.move(call_id(1), queue="orders", by="sam")
        await h.until_state("bo", "talking")
        await asyncio.sleep(60)

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


def test_a_supervisor_gives_a_caller_to_an_agent_and_skills_may_be_overridden(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        steering = h.engine.steering
        for who in ("amy", "bo"):
            h.behave(who, answer_after=1, talk_seconds=5)
        h.call(did="4001", acts=REFUNDS)
        await asyncio.sleep(10)
        assert (
            refusal(lambda: steering.assign(call_id(1), "bo", by="sam", override=True)) == "agent_not_ready"
        )
        h.ready("bo")
        assert refusal(lambda: steering.assign(call_id(1), "bo", by="sam")) == "skills_missing"
        assert refusal(lambda: steering.assign(call_id(1), "nobody", by="sam")) == "agent_unknown"
        assert refusal(lambda: steering.assign(call_id(7), "bo", by="sam")) == "not_waiting"
        assert refusal(lambda: steering.move(call_id(1), by="sam")) == "move_where"
        assert refusal(lambda: steering.move(call_id(1), queue="none", by="sam")) == "queue_unknown"
        steering.assign(call_id(1), "bo", by="sam", override=True)
        assert refusal(lambda: steering.assign(call_id(1), "bo", by="sam")) == "not_waiting"
        await h.until_state("bo", "talking")
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert given_to(h) == [(1, "bo")]
    assert h.facts("queue.assigned")[0].data["why"] == "taken"
    taken = h.facts("queue.taken")[0]
    assert (taken.agent, taken.data["by"], taken.data["override"]) == ("bo", "sam", True)
    assert "sam gave the caller to bo, who lacks the skills" in sentences(h, 1)
    assert h.facts("mended") == []


def test_skills_changed_by_hand_count_from_the_next_decision_until_they_are_put_back(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        steering = h.engine.steering
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("bo")
        h.call(did="4001", acts=REFUNDS)
        await asyncio.sleep(10)
        assert refusal(lambda: steering.set_skills("bo", {"magic": 3}, by="sam")) == "skill_unknown"
        assert refusal(lambda: steering.set_skills("bo", {"orders": 11}, by="sam")) == "level_wrong"
        assert refusal(lambda: steering.set_skills("bo", {}, ["none"], by="sam")) == "queue_unknown"
        steering.set_skills("bo", {"orders": 1, "refunds": 2}, by="sam")
        await h.until_state("bo", "talking")  # who waited is served at once
        told = steering.agents()["bo"]
        assert (told["changed_by"], told["queues"]) == ("sam", ["orders", "refunds"])
        await asyncio.sleep(20)
        await h.restart()
        assert h.engine.steering.agents()["bo"]["changed_by"] == "sam"
        assert h.engine.steering.agents()["bo"]["queues"] == ["orders", "refunds"]
        h.engine.steering.reset_skills("bo", by="sue")
        assert h.engine.steering.agents()["bo"]["queues"] == ["orders"]
        await h.restart()
        assert h.engine.steering.agents()["bo"] == {
            "skills": {"orders": 1}, "queues": ["orders"], "without": [],
            "changed_by": "", "changed_at": None,
        }  # fmt: skip

    h = on_the_hotline(tmp_path, story)
    assert [f.data["by"] for f in h.facts("agent.skills")] == ["sam", "sue"]


def test_an_agent_kept_out_of_a_queue_gets_none_of_its_callers_until_the_center_is_applied(
    tmp_path: Path,
) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.engine.steering.set_skills("amy", {"orders": 3, "refunds": 2}, ["orders"], by="sam")
        h.ready("amy")
        h.call(did="4002")
        await asyncio.sleep(10)
        assert h.state("amy")[0] == "ready"
        assert refusal(lambda: h.engine.steering.assign(call_id(1), "amy", by="sam")) == "skills_missing"
        h.call(did="4001", acts=REFUNDS)
        await h.until_state("amy", "talking")
        await asyncio.sleep(20)
        assert [row["queue"] for row in h.engine.steering.callers()] == ["orders"]
        h.engine.acd.apply(h.center)
        h.engine.steering.applied()
        assert h.engine.steering.agents()["amy"]["without"] == []
        await h.until_state("amy", "talking")

    assert given_to(on_the_hotline(tmp_path, story)) == [(2, "amy"), (1, "amy")]


@pytest.mark.parametrize(
    "needs",
    [" or ".join(["orders >= 1"] * 33), "(" * 19 + "orders" + ")" * 19],
    ids=["nearly too long", "nearly too deep"],
)
def test_an_agent_is_kept_out_of_a_queue_whatever_it_needs_and_a_restart_knows(
    tmp_path: Path, needs: str
) -> None:
    parsed(needs)  # the center may have it

    async def story(h: Hotline) -> None:
        h.declare(("    skills: {orders: 1}\n", f"    needs: '{needs}'\n"))
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.engine.steering.set_skills("bo", {"orders": 1}, ["orders"], by="sam")
        await h.restart()
        assert h.engine.steering.agents()["bo"]["without"] == ["orders"]
        h.ready("bo")
        h.call(did="4002")
        await asyncio.sleep(10)
        assert h.state("bo")[0] == "ready"
        h.ready("amy")
        await h.until_state("amy", "talking")
        await asyncio.sleep(30)
        nobody_left_behind(h)

    assert given_to(on_the_hotline(tmp_path, story)) == [(1, "amy")]


def test_an_agent_kept_out_of_a_queue_is_kept_out_of_its_later_rings(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        rings = "    skills: {orders: 3}\n    rings: [{after: 10, needs: orders}]\n"
        h.declare(("    skills: {orders: 1}\n", rings))
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.engine.steering.set_skills("bo", {"orders": 1}, ["orders"], by="sam")
        h.ready("bo")
        h.call(did="4002")
        await asyncio.sleep(20)
        assert h.state("bo")[0] == "ready"
        h.engine.steering.reset_skills("bo", by="sam")
        await h.until_state("bo", "ringing")

    h = on_the_hotline(tmp_path, story)
    assert h.facts("queue.widened")[0].data["needs"] == "orders"  # as the center has it


def test_a_fact_of_skills_that_cannot_be_read_stops_no_start(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.engine.steering.set_skills("bo", {"orders": 2}, by="sam")
        h.journal.write("agent.skills", agent="amy", skills={"orders": "many"}, without=[], by="sam")
        await h.restart()
        told = h.engine.steering.agents()
        assert (told["bo"]["skills"], told["bo"]["changed_by"]) == ({"orders": 2}, "sam")
        assert (told["amy"]["skills"], told["amy"]["changed_by"]) == ({"orders": 3, "refunds": 2}, "")

    on_the_hotline(tmp_path, story)


def test_who_has_a_chat_is_given_no_caller_by_hand_and_nothing_is_on_file(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare(
            ("{orders: 3, refunds: 2}", "{orders: 3, refunds: 2}, capacity: {voice: 1, chat: 3}"),
            ("    priority: 5\n", "    priority: 5\n    channel: chat\n"),
        )  # fmt: skip
        h.ready("amy")
        h.engine.acd.enter("chat-1", "refunds")
        h.call(did="4002", leave_after=10)
        await asyncio.sleep(3)
        assert refusal(lambda: h.engine.steering.assign(call_id(1), "amy", by="sam")) == "agent_not_ready"
        assert len(h.engine.steering.callers()) == 1  # he waits on
        h.engine.acd.leave("chat-1", "abandoned")
        await asyncio.sleep(20)

    assert on_the_hotline(tmp_path, story).facts("queue.taken") == []
