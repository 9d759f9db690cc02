"""The picture of the switch, when it changes or the link breaks while it is taken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from callcenter.asterisk.ami_client import AmiConnectionLost
from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.asterisk.switch import AsteriskAddress, AsteriskSwitch
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.telephony.events import LiveLeg, PhoneState, PhoneStateChanged, SwitchEvent
from callcenter.telephony.switch import Phone

from .hotline import Hotline, nobody_left_behind, on_the_hotline


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
