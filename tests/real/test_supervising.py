"""A supervisor at the command line, on a real Asterisk with real phones; what a killed controller keeps."""

from __future__ import annotations

import pytest

from tests.real.kit import Office, until

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


async def command(office: Office, *words: str) -> str:
    """A command that must succeed; what it printed."""
    code, printed = await office.command("acd", *words)
    assert code == 0, printed
    return printed


async def test_callers_are_steered_by_command_and_changed_skills_outlive_the_controller(
    office: Office,
) -> None:
    first = await office.call("4002")
    second = await office.call("4002")
    first_id, second_id = await office.call_id(first), await office.call_id(second)
    await office.wait_fact("queue.entered", second_id)
    await command(office, "move", second_id, "--head")
    seen = (await office.ask("/supervision"))["callers"]
    assert [caller["call_id"] for caller in seen] == [second_id, first_id]
    assert first.result.ani in await command(office, "live")
    await command(office, "move", first_id, "--queue", "refunds")
    await office.wait_fact("queue.left", first_id)

    code, printed = await office.command("acd", "take", first_id, "bo", "--override")
    assert code == 1 and "not ready" in printed
    await command(office, "skills", "bo", "orders=3", "refunds=5")
    await office.center.kill_controller()
    await office.center.start_controller()
    await until(lambda: office.state("bo"))
    assert "refunds=5" in await command(office, "skills", "bo")
    await command(office, "state", "bo", "ready")
    await office.wait_fact("talk.started", second_id, 20)
    second.hang_up()
    await office.wait_state("bo", "wrap_up")
    await command(office, "state", "bo", "ready")
    await office.wait_fact("talk.started", first_id, 20)  # refunds, which only his new skill lets him serve
    await command(office, "skills", "bo", "--reset")
    assert (await command(office, "skills", "bo")).strip() == "orders=3"


async def test_a_supervisor_listens_and_takes_over_from_the_command_line(office: Office) -> None:
    office.manners("amy", answer_after=0.5, speaks=True)
    await office.ready("amy")
    caller = await office.call(
        "4002", speak_after=0.1
    )  # in a talk without any sound ChanSpy would not let go
    call_id = await office.call_id(caller)
    await office.wait_fact("talk.started", call_id)
    await command(office, "listen", "amy", "--phone", "1002")  # bo's phone answers by itself
    await office.wait_fact("monitor.started", call_id)
    await command(office, "listen", "amy", "--phone", "1002", "--mode", "whisper")
    await office.wait_fact("monitor.mode", call_id)
    assert "console whispers" in await command(office, "live")
    await command(office, "take-over", "amy")
    await office.wait_state("amy", "wrap_up")
    assert not caller.result.ended
    caller.hang_up()
    await caller.wait_ended(5)
    assert await office.outcome(call_id) == "answered"
    await office.wait_fact("recording.kept", call_id)
    ended = await office.wait_fact("takeover.ended", call_id)
    assert (ended.data["by"], ended.data["ended_by"]) == ("console", "caller")
    assert "console talks with the caller in Amy's place" in await office.story(call_id)
