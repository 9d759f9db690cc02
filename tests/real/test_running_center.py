"""The admin changes the center while people talk; the doctor looks; the journal is kept in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.kit import Office, a_center, until
from tests.storage.postgres_server import PostgresServer

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


async def test_an_agent_is_added_and_another_changed_during_a_talk(office: Office) -> None:
    await office.ready("amy")
    caller = await office.call("4002", speak_after=0.1)
    call_id = await office.call_id(caller)
    talk = await office.phones.wait_talking("1001")

    text = office.center_file.read_text()
    changed = text.replace(
        '  amy: {name: Amy, extension: "1001", skills: {orders: 5, refunds: 2}}\n',
        '  amy: {name: Amy Archer, extension: "1001", skills: {orders: 5}}\n'
        '  zoe: {name: Zoe, extension: "1090", skills: {refunds: 5}}\n',
    ).replace(
        '  bo: {name: Bo, extension: "1002", skills: {orders: 3}}\n',
        '  bo: {name: Bo, extension: "1092", skills: {orders: 3}}\n',
    )
    office.center_file.write_text(changed)
    code, said = await office.command("apply", "--yes", str(office.center_file))
    assert code == 0 and "zoe" in said and "amy" in said, said

    office.extension |= {"zoe": "1090", "bo": "1092"}
    async with office.phones_for(["zoe", "bo"]) as new_phones:
        await new_phones.wait_registered(10)
        await office.ready("zoe")
        # amy may not take refunds any more, and talks besides; zoe does
        refund = await office.call("4001", keys=[(0.6, "2")], speak_after=0.1)
        await new_phones.wait_talking("1090", 10)
        assert (await office.wait_fact("talk.started", await office.call_id(refund))).agent == "zoe"
        await office.ready("bo")
        other = await office.call("4002", speak_after=0.1)
        await new_phones.wait_talking("1092", 10)
        assert (await office.wait_fact("talk.started", await office.call_id(other))).agent == "bo"
        assert not talk.ended and not caller.result.ended, "the talk goes on"
        assert await office.state("amy") == "talking"
        assert (await office.view("amy"))["name"] == "Amy Archer"

        # zoe is removed during her talk: she leaves after it
        office.center_file.write_text(text)
        code, said = await office.command("apply", "--yes", str(office.center_file))
        assert code == 0, said
        await asyncio.sleep(1)
        assert not refund.result.ended and not other.result.ended and not caller.result.ended
        assert await office.state("zoe") == "talking"
        refund.hang_up()
        assert await office.outcome(await office.call_id(refund)) == "answered"

        async def gone() -> bool:
            return "zoe" not in await office.states()

        await until(gone, 5, say="zoe has left")
        del office.extension["zoe"]
        other.hang_up()
        assert await office.outcome(await office.call_id(other)) == "answered"
        await office.wait_state("bo", "wrap_up")
        office.extension["bo"] = "1002"
    caller.hang_up()
    assert await office.outcome(call_id) == "answered"
    await office.wait_fact("recording.kept", call_id)
    assert "zoe" in str([fact.data["summary"] for fact in await office.facts("center.applied")])
    # bo's first phone is his again
    await office.ready("bo")
    back = await office.call("4002", speak_after=0.1)
    assert (await office.wait_fact("talk.started", await office.call_id(back), 15)).agent == "bo"


async def test_the_doctor_finds_nothing_wrong_with_a_running_center(office: Office) -> None:
    code, said = await office.command("doctor")
    assert code == 0, said
    assert "✗" not in said, said


async def test_every_mistake_is_shown_with_its_place(office: Office) -> None:
    flow = office.flows / "night.yaml"
    good = flow.read_text()
    flow.write_text(good.replace("open: line", "open: lin").replace("type: hangup", "type: hangupp"))
    try:
        code, said = await office.command("check")
    finally:
        flow.write_text(good)
    assert code == 1
    assert f"{flow}:6:" in said or "night.yaml:6:" in said, said
    assert "night.yaml:8:" in said, said
    assert "did you mean" in said


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of our own."""
    server = PostgresServer()
    server.start()
    yield server
    server.remove()


async def test_the_journal_in_postgresql(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = postgres.create_database("center")
    async with a_center(Path(tmp_path_factory.mktemp("p")), database_url=url) as office:
        office.manners("amy", answer_after=0.3, talk_seconds=1.5, speaks=True)
        await office.ready("amy")
        caller = await office.call("4001", name="Ann 😀", keys=[(0.6, "1"), (0.5, "3")], speak_after=0.1)
        call_id = await office.call_id(caller)
        await caller.wait_ended(15)
        assert await office.outcome(call_id) == "answered"
        await office.wait_fact("recording.kept", call_id)
        row = await office.row(call_id)
        assert (row["caller_name"], row["path"], row["agent"]) == ("Ann 😀", "1>3", "amy")
        # PostgreSQL goes away in the middle of a call: the call does not notice, and nothing is lost
        office.manners("bo", answer_after=0.3, talk_seconds=1.5, speaks=True)
        await office.ready("bo")
        postgres.stop()
        second = await office.call("4002", speak_after=0.1)
        result = await second.wait_ended(15)
        assert result.how == "far" and 1.4 < result.ended - result.answered < 6

        async def told() -> bool:
            return (await office.web("/readyz")).status == 503

        await until(told, 10, say="/readyz tells that the database is away")
        postgres.start()
        call_id = await office.call_id(second, 20)
        assert await office.outcome(call_id) == "answered"
        # and over a restart of the controller
        await office.center.kill_controller()
        await office.center.start_controller()
        assert await office.state("bo") == "wrap_up"
        assert len(await office.facts("call.offered")) == 2
