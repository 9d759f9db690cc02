"""Rare orders of events, each of which once left an agent stuck, a place in line behind or a false fact."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from callcenter.acd.agents import AgentState
from callcenter.asterisk.ami_client import AmiConnectionLost
from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.asterisk.switch import AsteriskAddress, AsteriskSwitch
from callcenter.simulation.leg import SimulatedLeg
from callcenter.simulation.people import PressAtPrompt
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.telephony.events import LiveLeg, PhoneState, PhoneStateChanged, SwitchEvent
from callcenter.telephony.legs import Connected, ConnectOrder, Gone, LegGone
from callcenter.telephony.switch import Phone

from .hotline import Hotline, on_the_hotline

ONE = (PressAtPrompt("1", 1.0),)


def nobody_left_behind(h: Hotline) -> None:
    """No call is open, nobody stands in line, no agent is on a call."""
    assert h.engine.reception.calls == {}
    assert [t.call_id for q in h.engine.acd.queues for t in h.engine.acd.waiting(q)] == []
    assert h.engine.acd._tickets == {}
    assert [a.state for a in h.engine.acd.agents.values() if a.call_id and a.state != "wrap_up"] == []


def test_a_caller_who_leaves_while_his_music_starts_frees_the_agent_just_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SimulatedLeg.music

    async def slow_music(leg: SimulatedLeg, music_class: str | None) -> None:
        await asyncio.sleep(0.2)
        await plain(leg, music_class)

    monkeypatch.setattr(SimulatedLeg, "music", slow_music)

    async def story(h: Hotline) -> None:
        caller = h.call(did="4002")
        while not h.facts("queue.entered"):
            await asyncio.sleep(0.01)
        h.ready("amy")  # the caller is hers while the command for his music is under way
        assert h.state("amy")[0] == "reserved"
        caller.hang_up()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["abandoned"]
    assert h.facts("mended") == []


def test_a_story_that_fails_before_the_ring_frees_the_agent_and_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(h: Hotline) -> None:
        def fails(call_id: str) -> Any:
            raise OSError("no such disk")

        monkeypatch.setattr(h.engine.reception._office.recorder, "tracks", fails)
        h.ready("amy")
        caller = h.call(did="4002")
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["abandoned"]
    assert h.facts("mended") == []


def test_a_story_that_fails_in_the_talk_frees_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SimulatedLeg.connect

    async def fails_after_the_talk(leg: SimulatedLeg, order: ConnectOrder) -> Connected:
        await plain(leg, order)
        raise RuntimeError("an answer nobody understands")

    monkeypatch.setattr(SimulatedLeg, "connect", fails_after_the_talk)

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        caller = h.call(did="4002")
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert [f.data["by"] for f in h.facts("talk.ended")] == ["unknown"]


def test_a_leg_that_knocks_while_its_old_session_seems_alive_goes_on_in_the_same_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network forgot the old connection on the switch's side only; the switch knocks anew."""

    async def story(h: Hotline) -> None:
        h.call(did="4002", ani="1")
        caller = h.call(did="4002", ani="2")
        await asyncio.sleep(5)
        line = list(h.switch.lines.values())[1]
        old, line.session = line.session, None
        assert old is not None
        loop = asyncio.get_running_loop()
        loop.call_soon(h.switch._knock, line)
        loop.call_soon(lambda: loop.call_soon(old.line_ended, Gone.SWITCH_LOST))
        await asyncio.sleep(5)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await caller.wait_ended()
        await asyncio.sleep(3)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert len(h.facts("call.offered")) == 2
    assert len(h.facts("queue.entered")) == 2
    assert h.outcomes() == ["answered", "answered"]


def test_callers_of_a_switch_that_vanished_and_started_again_are_listed_even_if_their_sessions_seemed_alive(
    tmp_path: Path,
) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1)
        h.ready("amy")
        h.call(ani="1", did="4002")
        await asyncio.sleep(5)
        h.call(ani="2", did="4002")
        await asyncio.sleep(2)
        h.switch._running = False  # its power is cut: no connection is closed
        h.switch._go_down()
        sessions = [line.session for line in h.switch.lines.values()]
        for line in h.switch.lines.values():
            line.over, line.session = True, None
            if line.attempt is not None and line.attempt.phone is not None:
                line.attempt.phone.line_ended()
        h.switch.lines.clear()
        await asyncio.sleep(8)
        h.switch._running, h.switch._booted_at = True, h.clock.now()
        for session in sessions:  # the picture lacks these legs: they are told lost, then it is told whole
            assert session is not None
            session.line_ended(Gone.SWITCH_LOST)
        h.switch._bring_up()
        await asyncio.sleep(5)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert sorted(h.outcomes()) == ["cut", "cut"]
    assert sorted(f.data["ani"] for f in h.facts("callback.wanted")) == ["1", "2"]


def test_a_caller_who_comes_back_to_a_changed_flow_leaves_no_place_behind(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        caller = h.call(did="4001", acts=ONE, leave_after=30)
        await asyncio.sleep(10)
        await h.crash()
        flow = tmp_path / "flows" / "hotline.yaml"
        flow.write_text(flow.read_text().replace("to_orders", "to_sales"))
        h.flows.reload()
        assert "to_sales" in h.flows.flows["hotline"].file.nodes
        await h.start(after_crash=True)
        await caller.wait_ended()  # he hears the menu again and hangs up there
        await asyncio.sleep(3)
        nobody_left_behind(h)

    assert on_the_hotline(tmp_path, story).outcomes() == ["abandoned"]


def test_a_caller_in_line_is_served_though_his_number_was_taken_out_meanwhile(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=20)
        h.ready("amy")
        talks = h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        waits = h.call(did="4002", ani="2")
        await asyncio.sleep(5)
        await h.crash()
        h.center = h.center.model_copy(update={"numbers": h.center.numbers[:1]})
        await h.start(after_crash=True)
        await talks.wait_ended()
        await waits.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered", "answered"]


def test_a_place_in_a_queue_that_is_gone_does_not_stop_a_new_center(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=None)
        h.ready("amy")
        caller = h.call(did="4001", acts=(PressAtPrompt("2", 1.0),))
        await asyncio.sleep(10)
        assert h.state("amy")[0] == "ringing"  # so his leg will not knock for a while
        await h.crash()
        queues = {name: q for name, q in h.center.queues.items() if name != "refunds"}
        h.center = h.center.model_copy(update={"queues": queues})
        await h.start(after_crash=True)
        await asyncio.sleep(3)
        h.engine.acd.apply(h.center)
        caller.hang_up()
        await asyncio.sleep(5)
        nobody_left_behind(h)

    on_the_hotline(tmp_path, story)


def test_a_ring_of_before_a_restart_is_no_claim_on_an_agent_who_talks_to_another_by_now(
    tmp_path: Path,
) -> None:
    """A caller rang at Amy when the controller died; after it a more urgent one got her."""

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=None)
        h.ready("amy")
        h.call(did="4001", ani="urgent", acts=(PressAtPrompt("2", 1.0),))
        h.call(did="4002", ani="rings first")
        await asyncio.sleep(4)
        assert h.facts("phone.ringing")[0].call_id == "20260101-call-2"
        await h.restart()
        h.behave("amy", answer_after=1)
        await asyncio.sleep(20)
        assert [f.call_id for f in h.facts("talk.started")] == ["20260101-call-1"]
        await h.crash()
        h.switch._link_open = False  # and the switch is away for a while
        await h.start(after_crash=True)
        assert h.state("amy")[0] == "talking"

    on_the_hotline(tmp_path, story)


def test_a_switch_that_is_away_for_a_minute_at_start_costs_no_agent_his_readiness(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=None)
        h.ready("amy")
        h.call(did="4002")
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "ringing"
        await h.crash()
        h.switch._link_open = False
        await h.start(after_crash=True)
        await asyncio.sleep(60)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.switch.restore_link()
        await asyncio.sleep(10)
        assert h.facts("talk.started")

    assert on_the_hotline(tmp_path, story).facts("mended") == []


def test_nobody_is_given_a_caller_while_the_controller_stops(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        talked = h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        h.call(did="4002", ani="2")
        await talked.wait_ended()
        await asyncio.sleep(25)
        assert h.state("amy")[0] == "wrap_up"
        h.engine.stop_serving()
        written = len(h.journal.facts)
        await h.switch.stop()
        assert h.journal.facts[written:] == []
        await asyncio.sleep(10)  # recordings and the database are being finished; her wrap-up ends
        assert h.state("amy")[0] == "ready"
        assert len(h.facts("queue.assigned")) == 1
        await h.start(after_crash=True)
        await asyncio.sleep(10)
        assert len(h.facts("talk.started")) == 2

    on_the_hotline(tmp_path, story)


def test_a_pop_that_can_not_be_restored_does_not_keep_everybody_waiting(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=30)
        h.ready("amy")
        h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        waits = h.call(did="4002", ani="2")
        await asyncio.sleep(2)

        async def fails(ani: str) -> Any:
            raise RuntimeError("no such table")

        h._brief = fails  # type: ignore[method-assign]
        await h.restart()
        await waits.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered", "answered"]


def test_a_page_that_fails_changes_nothing_for_the_calls(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        def fails(topic: str, make: Any) -> None:
            raise RuntimeError("a page is broken")

        h.engine._publish = fails
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await h.call(did="4002").wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


def test_an_agent_taken_out_in_wrap_up_keeps_his_note_and_is_signed_out(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy", "bo")
        await h.call(did="4002").wait_ended()
        await asyncio.sleep(1)
        agents = dict(h.center.agents)
        who = h.engine.acd.agents
        working = next(a for a in who if h.state(a)[0] == "wrap_up")
        h.engine.desk.save_note(working, "20260101-call-1", "half a sentence")
        before, without = h.center, {k: v for k, v in agents.items() if k != working}
        h.engine.acd.apply(before.model_copy(update={"agents": without}))
        assert h.facts("wrap_up.ended")[0].data["note"] == "half a sentence"
        idle = next(iter(without))
        h.engine.acd.apply(before.model_copy(update={"agents": {}}))
        h.engine.acd.apply(before)
        assert (h.state(working), h.state(idle)) == (("signed_out", ""), ("signed_out", ""))
        await h.restart()
        assert (h.state(working), h.state(idle)) == (("signed_out", ""), ("signed_out", ""))

    on_the_hotline(tmp_path, story)


def test_an_answer_counts_though_the_agent_got_another_extension_while_it_rang(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=3, talk_seconds=10)
        h.ready("amy")
        caller = h.call(did="4002")
        await asyncio.sleep(2)
        assert h.state("amy")[0] == "ringing"
        amy = h.center.agents["amy"].model_copy(update={"extension": "1009"})
        h.center = h.center.model_copy(update={"agents": {**h.center.agents, "amy": amy}})
        h.engine.acd.apply(h.center)
        await asyncio.sleep(4)
        assert h.state("amy")[0] == "talking"
        await caller.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


def test_a_desk_that_comes_back_during_the_call_is_open_after_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=100)
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        caller = h.call(did="4002")
        await asyncio.sleep(5)
        h.engine.desk.desk_closed("amy")
        await asyncio.sleep(70)
        h.engine.desk.desk_opened("amy")
        await caller.wait_ended()
        await asyncio.sleep(40)
        assert h.state("amy") == ("ready", "")

    on_the_hotline(tmp_path, story)


def test_who_signs_out_during_a_call_and_closes_the_desk_is_signed_out_after_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=100)
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        caller = h.call(did="4002")
        await asyncio.sleep(5)
        h.engine.desk.set_state("amy", "signed_out")
        h.engine.desk.desk_closed("amy")
        await caller.wait_ended()
        await asyncio.sleep(40)
        assert h.state("amy") == ("signed_out", "")

    on_the_hotline(tmp_path, story)


def test_the_reconciler_frees_an_agent_whose_call_is_over(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        amy = h.engine.acd.agents["amy"]
        h.ready("amy")
        h.engine.acd.roster.take(amy, AgentState.TALKING, "20260101-call-9", "orders", h.clock.now())
        await asyncio.sleep(11)
        assert h.state("amy") == ("ready", "")

    assert len(on_the_hotline(tmp_path, story).facts("mended")) == 1


def test_a_caller_who_left_the_talk_when_the_connection_broke_has_talked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SimulatedLeg.connect

    async def left(leg: SimulatedLeg, order: ConnectOrder) -> Connected:
        await plain(leg, order)
        raise LegGone(Gone.HANGUP)

    monkeypatch.setattr(SimulatedLeg, "connect", left)

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1)
        h.ready("amy")
        caller = h.call(did="4002", talk_seconds=20)
        await caller.wait_ended()
        await asyncio.sleep(5)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert [(f.data["by"], round(f.data["seconds"])) for f in h.facts("talk.ended")] == [("caller", 20)]
    assert len(h.facts("recording.kept")) == 1


def test_phones_are_known_though_the_link_breaks_while_asterisk_reads_them(tmp_path: Path) -> None:
    """Reading twice does no harm: it is asked for again with the next link."""

    async def story() -> None:
        address = AsteriskAddress("a", "127.0.0.1", 1, "x", tmp_path / "pjsip_agents.conf")
        switch: Any = AsteriskSwitch(address, VirtualClock())

        async def breaks(*words: Any) -> None:
            raise AmiConnectionLost("Reload: outcome unknown")

        switch.ami.action = breaks
        await switch.provision([Phone("1001", "a long secret", "Amy")])
        assert "1001" in (tmp_path / "pjsip_agents.conf").read_text()
        assert switch._known == {"1001"}
        assert switch._reload_wanted

    run_virtual(story())


def test_an_agent_who_gets_another_phone_is_given_no_call_while_that_phone_is_not_there(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        address = AsteriskAddress("a", "127.0.0.1", 1, "x", tmp_path / "pjsip_agents.conf")
        switch: Any = AsteriskSwitch(address, VirtualClock())
        told: list[SwitchEvent] = []
        switch.attach(None, told.append)

        async def reads(*words: Any) -> AmiMessage:
            return AmiMessage({"Response": "Success"})

        async def states(*words: Any) -> list[AmiMessage]:
            return [AmiMessage({"Device": "PJSIP/1001", "State": "UNAVAILABLE"})]

        switch.ami.action, switch.ami.list_action = reads, states
        switch._up = True
        await switch.provision([Phone("1001", "a long secret", "Amy")])
        told.clear()
        await switch.provision([Phone("1001", "a long secret", "Bo")])  # Amy's phone is his by now
        assert told == [PhoneStateChanged("1001", PhoneState.UNREGISTERED)]

    run_virtual(story())


def test_a_picture_taken_before_a_call_came_does_not_close_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A big list takes its time; meanwhile a caller comes and his connection breaks."""

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.call(did="4002", ani="1")
        await asyncio.sleep(1)
        h.switch._cut_sessions()  # a call out of our hands, so that the switch is asked
        await asyncio.sleep(0.05)
        plain = h.switch.live_legs

        async def slow() -> list[LiveLeg]:
            legs = await plain()
            await asyncio.sleep(0.5)
            return legs

        monkeypatch.setattr(h.switch, "live_legs", slow)
        asking = asyncio.ensure_future(h.engine.look_again())
        await asyncio.sleep(0.1)
        h.call(did="4002", ani="2")
        await asyncio.sleep(0.1)
        h.switch._cut_sessions()
        await asking
        h.ready("amy")
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert len(h.facts("call.offered")) == 2
    assert h.outcomes() == ["answered", "answered"]


def test_calls_of_a_switch_that_is_not_ours_any_more_hold_no_agent(tmp_path: Path) -> None:
    """The node was renamed in the configuration while the controller was down."""

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1)
        h.ready("amy")
        h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        h.call(did="4002", ani="2")
        await asyncio.sleep(2)
        await h.crash()
        h.switch._node = "another"
        h.switch.crash()
        h.switch.restart()
        await h.start(after_crash=True)
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    on_the_hotline(tmp_path, story)
