"""A call's life, from its knock to its end: the engine on the simulated switch."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.simulation.people import PressAtPrompt
from callcenter.telephony.refusal import Refused

from .hotline import CENTER, Hotline, on_the_hotline

ONE = (PressAtPrompt("1", 1.0),)
TWO = (PressAtPrompt("2", 1.0),)


def test_a_caller_presses_1_waits_talks_and_the_agent_wraps_up(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        h.behave("amy", answer_after=3, talk_seconds=60)
        caller = h.call(ani="13800138000", did="4001", name='"Li", <Wei>', acts=ONE)
        await caller.wait_ended()
        assert h.state("amy") == ("wrap_up", "")
        h.engine.desk.finish_wrap_up("amy", "20260101-call-1", "solved", "parcel found")
        assert h.state("amy") == ("ready", "")
        await asyncio.sleep(10)

    h = on_the_hotline(tmp_path, story)
    assert [k for k in h.kinds() if not k.startswith("ivr.")] == [
        "call.offered",
        "queue.entered",
        "queue.assigned",
        "pop.sent",
        "phone.ringing",
        "talk.started",
        "talk.ended",
        "agent.state",
        "call.ended",
        "wrap_up.ended",
        "recording.kept",
    ]
    assert h.outcomes() == ["answered"]
    talk = h.facts("talk.ended")[0].data
    assert talk["by"] == "agent"
    assert abs(talk["seconds"] - 60) < 1
    assert h.facts("recording.kept")[0].data["seconds"] > 58
    assert h.facts("wrap_up.ended")[0].data == {
        "disposition": "solved",
        "note": "parcel found",
        "seconds": h.facts("wrap_up.ended")[0].data["seconds"],
    }


def test_the_screen_pop_is_there_before_the_phone_rings_and_tells_the_callers_way(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        h.behave("amy", answer_after=3, talk_seconds=5)
        await h.call(ani="13800138000", did="4001", acts=TWO, name="Wei").wait_ended()

    h = on_the_hotline(tmp_path, story)
    topic, pop = next((topic, m["pop"]) for _, topic, m in h.shown if m["type"] == "pop")
    assert topic == "agent:amy"
    kinds = h.kinds()
    assert kinds.index("pop.sent") < kinds.index("phone.ringing")
    assert pop["caller"]["ani"] == "13800138000"
    assert pop["caller"]["name"] == "Wei"
    assert pop["queue"] == {"id": "refunds", "name": {"zh-CN": "退款", "en": "Refunds"}}
    assert pop["did"]["name"]["en"] == "Hotline"
    assert [(c["key"], c["label"]["en"]) for c in pop["path"]] == [("2", "Refunds")]


def test_no_answer_brings_the_caller_back_to_his_place_and_the_next_agent(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=2, talk_seconds=10)
        first = h.call(ani="1", did="4001", acts=ONE)
        await asyncio.sleep(8)
        second = h.call(ani="2", did="4001", acts=ONE)
        await asyncio.sleep(8)  # amy's phone still rings for the first
        assert h.state("amy")[0] == "ringing"
        await asyncio.sleep(15)
        assert h.state("amy") == ("not_ready", "no_answer")
        h.ready("bo")
        await asyncio.sleep(5)
        assert first.times("talks") and not second.times("talks")
        second.hang_up()
        await first.wait_ended()

    h = on_the_hotline(tmp_path, story)
    assert h.facts("queue.returned")[0].data["result"] == "no_answer"
    assert sorted(h.outcomes()) == ["abandoned", "answered"]


def test_a_caller_who_leaves_while_the_phone_rings_frees_the_agent(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        h.behave("amy", answer_after=None)
        caller = h.call(did="4001", acts=ONE, leave_after=10)
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["abandoned"]
    assert h.facts("queue.left")[0].data["why"] == "abandoned"


def test_a_phone_that_rejects_or_is_unplugged_makes_its_agent_not_ready(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("bo", rejects=True)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy", "bo")
        h.phones["amy"].unregister()
        caller = h.call(did="4001", acts=ONE)
        await asyncio.sleep(15)
        assert h.state("bo") == ("not_ready", "rejected")
        assert h.state("amy") == ("ready", "")  # but nothing is given to a phone that is not there
        assert not caller.times("talks")
        h.phones["amy"].register()
        await caller.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


def test_the_higher_priority_and_the_required_level_decide(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=20)
        h.behave("bo", answer_after=1, talk_seconds=20)
        orders = h.call(ani="1", did="4001", acts=ONE)
        await asyncio.sleep(8)
        refund = h.call(ani="2", did="4001", acts=TWO)
        await asyncio.sleep(8)
        h.ready("bo")  # lacks the level for refunds
        await asyncio.sleep(3)
        assert orders.times("talks") and not refund.times("talks")
        h.ready("amy")
        await asyncio.sleep(3)
        assert refund.times("talks")
        await refund.wait_ended()
        await orders.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered", "answered"]


def test_a_call_to_an_unknown_number_is_refused_politely_and_journaled(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        caller = h.call(did="9999")
        await caller.wait_ended()
        assert any("not in service" in what or "没有开通" in what for _, what in caller.story)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["refused"]


def test_a_wait_that_is_too_long_ends_at_the_voicemail(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        caller = h.call(did="4001", acts=ONE, leave_after=330)
        await caller.wait_ended()
        await asyncio.sleep(1)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["voicemail"]
    assert h.facts("queue.left")[0].data["why"] == "max_wait"
    left = h.facts("voicemail.left")[0].data
    assert left["box"] == "orders"
    assert (tmp_path / "voicemail" / left["path"]).exists()


def test_a_state_asked_for_during_a_call_comes_after_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        h.behave("amy", answer_after=1, talk_seconds=20)
        caller = h.call(did="4001", acts=ONE)
        await asyncio.sleep(10)
        assert h.engine.desk.set_state("amy", "not_ready", "lunch")["next_state"] == "not_ready"
        assert h.state("amy")[0] == "talking"
        await caller.wait_ended()
        await asyncio.sleep(31)
        assert h.state("amy") == ("not_ready", "lunch")

    on_the_hotline(tmp_path, story)


def test_only_the_centers_own_reasons_may_be_chosen_and_who_chose_is_on_file(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        for reason in ("no_answer", "desk_closed", "golf", ""):
            with pytest.raises(Refused) as refused:
                h.engine.desk.set_state("amy", "not_ready", reason)
            assert refused.value.code == "not_ready_reason_unknown"
        with pytest.raises(Refused) as refused:
            h.engine.desk.set_state("amy", "talking")
        assert refused.value.code == "state_unknown"
        h.engine.desk.set_state("amy", "not_ready", "lunch", by="sue")
        assert h.facts("agent.state")[-1].data == {"state": "not_ready", "reason": "lunch", "by": "sue"}
        h.ready("amy")
        assert "by" not in h.facts("agent.state")[-1].data
        h.behave("amy", answer_after=1, talk_seconds=20)
        caller = h.call(did="4001", acts=ONE)
        await asyncio.sleep(10)
        h.engine.desk.set_state("amy", "not_ready", "lunch", by="sue")  # after her call
        await caller.wait_ended()
        await asyncio.sleep(31)
        assert h.facts("agent.state")[-1].data["by"] == "sue"

    on_the_hotline(tmp_path, story)


def test_the_agent_ends_the_talk_from_his_desk(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        h.behave("amy", answer_after=1)
        caller = h.call(did="4001", acts=ONE)
        await asyncio.sleep(10)
        await h.engine.desk.hang_up("amy")
        await caller.wait_ended()

    h = on_the_hotline(tmp_path, story)
    assert h.facts("talk.ended")[0].data["by"] == "agent"


def test_an_agent_removed_during_his_call_leaves_after_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        from callcenter.center.check import parse_center

        h.ready("amy", "bo")
        h.behave("amy", answer_after=1, talk_seconds=30)
        h.behave("bo", answer_after=1, talk_seconds=30)
        caller = h.call(did="4001", acts=TWO)
        await asyncio.sleep(10)
        changed = "\n".join(line for line in CENTER.splitlines() if "amy:" not in line)
        center, problems = parse_center(changed.encode())
        assert center is not None, problems
        h.center = center
        h.engine.acd.apply(center)
        assert h.state("amy")[0] == "talking"
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert "amy" not in h.engine.acd.agents
        assert h.state("bo") == ("ready", "")

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


def test_a_queue_removed_while_somebody_waits_in_it_still_serves_him(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        caller = h.call(did="4001", acts=TWO)
        await asyncio.sleep(8)
        queues = {name: q for name, q in h.center.queues.items() if name != "refunds"}
        h.center = h.center.model_copy(update={"queues": queues})
        h.engine.acd.apply(h.center)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await caller.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]
