"""What the manager tells of supervisors' phones, in an order that cannot be arranged on a real Asterisk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.asterisk.ami_client import AmiTimeout
from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.asterisk.monitoring import Monitors
from callcenter.asterisk.switch import AsteriskAddress, AsteriskSwitch
from callcenter.telephony.clock import SystemClock
from callcenter.telephony.events import LiveLeg
from callcenter.telephony.monitoring import MonitorEnd, MonitorEnded, MonitorEvent, MonitorMode, MonitorOrder

ORDER = MonitorOrder("m1", "1900", "1001", "caller", MonitorMode.LISTEN, 20.0)


def message(event: str, **more: str) -> AmiMessage:
    return AmiMessage({"Event": event, "Uniqueid": "monitor-m1", **more})


ANSWERED, RANG_IN_VAIN = (
    message("OriginateResponse", Response="Success"),
    message("OriginateResponse", Response="Failure", Reason="3"),
)


def switch() -> AsteriskSwitch:
    return AsteriskSwitch(AsteriskAddress("a", "127.0.0.1", 1, "x", Path("x.conf")), SystemClock())


async def told_of(*events: AmiMessage, mode: MonitorMode = MonitorMode.LISTEN) -> list[MonitorEvent]:
    """What is told of a supervisor whose phone was rung, when the manager tells this."""
    told: list[MonitorEvent] = []

    class Manager:
        async def originate(self, *_: object, **__: object) -> AmiMessage:
            return AmiMessage({"Response": "Success"})

    monitors = Monitors(Manager(), told.append)  # type: ignore[arg-type]
    order = MonitorOrder("m1", "1900", "1001", "caller", mode, 20.0)
    caller = LiveLeg("caller", "PJSIP/trunk-1", "", "caller", "bridge")
    assert await monitors.begin(order, caller, LiveLeg("agent", "PJSIP/1001-1", "1001", "caller", "bridge"))
    for event in events:
        (monitors.on_hangup if event.get("Event") == "Hangup" else monitors.on_originate_response)(event)
    return told


@pytest.mark.parametrize("events", [(ANSWERED, message("Hangup")), (message("Hangup"), ANSWERED)])
@pytest.mark.parametrize("mode", [MonitorMode.LISTEN, MonitorMode.WHISPER])
def test_who_answers_after_the_talk_is_told_to_be_out_of_it_in_whatever_order(
    events: tuple[AmiMessage, ...], mode: MonitorMode
) -> None:
    assert asyncio.run(told_of(*events, mode=mode)) == [MonitorEnded("m1", MonitorEnd.ENDED)]


def test_who_holds_for_a_caller_and_is_gone_before_it_is_told_never_joins() -> None:
    told = asyncio.run(told_of(message("Hangup"), ANSWERED, mode=MonitorMode.HOLD))
    assert told == [MonitorEnded("m1", MonitorEnd.ENDED)]


def test_a_phone_rung_in_vain_is_told_as_such_though_its_channel_is_gone_first() -> None:
    told = asyncio.run(told_of(message("Hangup"), RANG_IN_VAIN))
    assert told == [MonitorEnded("m1", MonitorEnd.NO_ANSWER)]


def test_a_look_whose_answer_is_lost_has_ordered_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object, **__: object) -> list[AmiMessage]:
        raise AmiTimeout("no answer")

    async def story() -> None:
        asterisk = switch()
        monkeypatch.setattr(asterisk.ami, "list_action", lost)
        with pytest.raises(ConnectionError):  # and not OutcomeUnknown: a supervisor may try again at once
            await asterisk.monitor(ORDER)

    asyncio.run(story())
