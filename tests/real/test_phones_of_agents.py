"""Phones that are not there, on the real Asterisk: nobody is ready without one, whatever was restarted."""

from __future__ import annotations

import pytest

from tests.real.kit import Office

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


async def at_work(office: Office, agent: str) -> list[tuple[str, str]]:
    """His states as journaled, but for signed out, as which each story leaves him."""
    facts = [f for f in await office.facts("agent.state") if f.agent == agent]
    facts = [f for f in facts if f.data["state"] != "signed_out"]
    return [(f.data["state"], f.data["reason"]) for f in facts]


async def test_nobody_goes_ready_without_a_phone(office: Office) -> None:
    office.phones.unregister("1004")
    await office.wait_phone("di", there=False)
    with pytest.raises(AssertionError, match="phone_unregistered"):
        await office.wish("di", "ready")
    office.phones.register("1004")
    await office.ready("di")


@pytest.mark.slow
async def test_who_loses_his_phone_is_ready_again_when_it_is_back(office: Office) -> None:
    await office.ready("ed")
    office.phones.unregister("1005")
    await office.wait_state("ed", "not_ready (phone_unregistered)", seconds=30)
    caller = await office.call("4002")
    call_id = await office.call_id(caller)
    office.phones.register("1005")
    assert (await office.phones.wait_talking("1005")).talking
    caller.hang_up()
    assert await office.outcome(call_id) == "answered"
    assert (await at_work(office, "ed"))[:3] == [
        ("ready", ""), ("not_ready", "phone_unregistered"), ("ready", "")
    ]  # fmt: skip


@pytest.mark.slow
async def test_what_phones_did_while_the_controller_was_dead_is_seen_when_it_is_back(office: Office) -> None:
    await office.ready("flo", "gus")
    office.phones.unregister("1007")
    await office.wait_state("gus", "not_ready (phone_unregistered)", seconds=30)
    await office.center.kill_controller()
    office.phones.unregister("1006")
    office.phones.register("1007")
    await office.center.start_controller()
    await office.wait_state("gus", "ready")
    await office.wait_state("flo", "not_ready (phone_unregistered)", seconds=30)
    office.phones.register("1006")
    await office.wait_state("flo", "ready")
