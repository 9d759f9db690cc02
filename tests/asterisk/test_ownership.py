"""Two controllers at one Asterisk: the second leaves it alone, and takes over when the first is gone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk import ownership
from callcenter.asterisk.local_server import LocalAsterisk
from callcenter.asterisk.ownership import Claim, controller_id
from callcenter.asterisk.switch import AsteriskAddress, AsteriskSwitch
from callcenter.telephony.clock import SystemClock
from callcenter.telephony.events import SwitchEvent
from callcenter.telephony.legs import Leg
from callcenter.telephony.switch import Phone


@given(st.text(max_size=80))
def test_whatever_stands_there_is_read_as_a_claim_or_as_none(text: str) -> None:
    claim = Claim.read(text)
    assert claim is None or Claim.read(claim.written()) is not None


def test_a_controller_keeps_its_id(tmp_path: Path) -> None:
    first = controller_id(tmp_path)
    assert controller_id(tmp_path) == first
    (tmp_path / "controller-id").write_text("")
    assert controller_id(tmp_path) not in ("", first)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def controller(pbx: LocalAsterisk, who: str, phone: str) -> AsyncIterator[AsteriskSwitch]:
    """A controller with a phone of its own."""
    switch = AsteriskSwitch(
        AsteriskAddress(
            "local", "127.0.0.1", pbx.ports.ami, pbx.values.ami_secret, pbx.places.agents_file,
            agi_port=free_port(), controller=who,
        ),
        SystemClock(),
    )  # fmt: skip
    told: list[SwitchEvent] = []

    async def nobody(leg: Leg) -> None: ...

    switch.attach(nobody, told.append)
    await switch.provision([Phone(phone, "a long secret", "Amy")])
    await switch.start()
    try:
        yield switch
    finally:
        await switch.stop()


async def until_up(switch: AsteriskSwitch, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not switch.up:
            await asyncio.sleep(0.05)


@pytest.mark.real
async def test_the_second_controller_leaves_asterisk_alone_until_the_first_is_gone(
    pbx: LocalAsterisk,
) -> None:
    phones = pbx.places.agents_file
    async with controller(pbx, "first", "1001") as first:
        await until_up(first, 10)
        assert "[1001]" in phones.read_text()
        async with controller(pbx, "second", "2002") as second:
            await asyncio.sleep(2)
            assert not second.up
            assert "another controller" in second.ami.last_error
            assert first.up
            assert "[2002]" not in phones.read_text()  # it wrote nothing over the first one's phones
            async with controller(pbx, "first", "1001") as again:  # the same one, started again
                await until_up(again, 10)
            await first.stop()
            await until_up(second, 20)
            assert "[2002]" in phones.read_text()


@pytest.mark.real
async def test_a_controller_that_died_for_good_is_forgotten(
    pbx: LocalAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "FRESH_SECONDS", 4.0)
    monkeypatch.setattr(ownership, "RENEW_SECONDS", 1.0)
    async with controller(pbx, "first", "1001") as first:
        await until_up(first, 10)
        assert first._keeping is not None
        first._keeping.cancel()  # it hangs, or is killed: it says nothing any more
        async with controller(pbx, "second", "2002") as second:
            await asyncio.sleep(1)
            assert not second.up
            await until_up(second, 20)
