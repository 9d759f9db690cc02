"""What comes from outside broken, hostile or silent: the center goes on, and says what is wrong."""

from __future__ import annotations

import asyncio
import json
import re

import aiohttp
import pytest

from callcenter.demo.client import ApiClient
from tests.real.kit import PASSWORD, Office, until

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


async def flow(office: Office, name: str) -> dict[str, object]:
    flows = (await office.ask("/admin/flows"))["flows"]
    found: dict[str, object] = next(f for f in flows if f["id"] == name)
    return found


async def test_a_broken_flow_file_leaves_the_old_flow_in_force(office: Office) -> None:
    file = office.flows / "direct.yaml"
    good = file.read_text()
    version = (await flow(office, "direct"))["version"]
    file.write_text(good.replace("queue: orders}", "queue: ordrs}"))
    try:

        async def problems() -> object:
            return (await flow(office, "direct"))["problems"]

        (problem,) = await until(problems, 5, say="the admin sees the mistake")
        assert problem["severity"] == "error" and problem["line"] == 6 and "ordrs" in problem["message"]
        assert problem["hint"] == "did you mean 'orders'?"
        assert (await flow(office, "direct"))["version"] == version
        caller = await office.call("4002")
        await office.wait_fact("queue.entered", await office.call_id(caller))
        file.write_bytes(b"\xff\xfe: [")  # not even text

        async def worse() -> bool:
            return "ordrs" not in str((await flow(office, "direct"))["problems"])

        await until(worse, 5)
        caller = await office.call("4002")
        await office.wait_fact("queue.entered", await office.call_id(caller))
    finally:
        file.write_text(good)

    async def mended() -> bool:
        return not (await flow(office, "direct"))["problems"]

    await until(mended, 5)


async def test_a_broken_center_is_refused_with_its_line(office: Office) -> None:
    text = office.center_file.read_text()
    broken = text.replace('extension: "1002", skills: {orders: 3}', 'extension: "1001", skills: {ordres: 3}')
    before = await office.ask("/admin/center")
    answer = await office.ask("/admin/center/apply", {"text": broken})
    assert answer["changes"] == []
    line = next(n for n, words in enumerate(text.splitlines(), 1) if words.strip().startswith("bo:"))
    assert [p for p in answer["problems"] if p["line"] == line and "ordres" in p["message"]], answer
    assert [p for p in answer["problems"] if "1001" in p["message"]], answer
    assert (await office.ask("/admin/center"))["in_force"] == before["in_force"]
    file = office.folder / "broken.yaml"
    file.write_text(broken)
    code, said = await office.command("apply", "--yes", str(file))
    assert code == 1 and f"broken.yaml:{line}:" in said and "nothing was changed" in said, said
    office.center_file.write_text(broken)
    try:
        code, said = await office.command("check")
    finally:
        office.center_file.write_text(text)
    assert code == 1 and re.search(rf"center\.yaml:{line}:\d+: error: .*ordres", said), said
    code, said = await office.command("check")
    assert code == 0, said


NAMES = [
    'Ann "the boss" O\'Neill \\ Co',
    "王小明 😀🇨🇳 é",
    "${SHELL(touch /tmp/never)} ${CHANNEL} $[1+1] #{x}",
    "a,b&c|d(e)f;g^h`id`$(id)%0d%0aAction: Hangup",
    "<script>alert(1)</script>'; DROP TABLE calls; --",
    "长" * 500,
    "one\r\ntwo\tthree",
]


async def test_callers_names_arrive_intact_and_never_as_commands(office: Office) -> None:
    await office.sign_up("bo", "agent", "bo")
    office.manners("bo", answer_after=0.1)
    async with ApiClient(office.center.address, "bo", PASSWORD) as bo:
        desk = await bo.socket()
        for name in NAMES:
            sent = re.sub(r"[\x00-\x1f]", " ", name)  # SIP has no line breaks inside a name
            await office.wish("bo", "ready")
            caller = await office.call("4002", name=name)
            async with asyncio.timeout(8):
                while (news := await desk.receive_json())["type"] != "pop":
                    pass
            assert news["pop"]["caller"]["name"] == sent
            await office.phones.wait_talking("1002")
            call_id = news["pop"]["call_id"]
            caller.hang_up()
            await caller.wait_ended(5)
            await office.wait_state("bo", "wrap_up")
            await office.wish("bo", "ready")
            assert (await office.facts("call.offered", call_id))[0].data["caller_name"] == sent
            assert (await office.row(call_id))["caller_name"] == sent
        await desk.close()
    assert not (office.folder.parent / "never").exists()
    messages = office.center.asterisk.places.log / "messages.log"
    assert "touch" not in messages.read_text(errors="replace")


async def test_strangers_at_the_fastagi_door_disturb_nobody(office: Office) -> None:
    await office.ready("amy")
    refused = await office.metric("callcenter_agi_refused_total")
    sessions = await office.metric("callcenter_agi_sessions_total")
    caller = await office.call("4001", keys=[(2.0, "1"), (1.0, "3")], speak_after=0.1)

    async def stranger(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", office.center.agi_port)
        try:
            match number % 4:
                case 0:
                    pass  # connects and closes
                case 1:
                    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    await reader.read()
                case 2:
                    writer.write(bytes(range(256)) * 200)
                    await reader.read()
                case 3:
                    writer.write(b"agi_network: yes\nagi_uniqueid: 1\n")  # and then stays silent
                    await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with asyncio.timeout(12):
        await asyncio.gather(*(stranger(n) for n in range(100)))
    call_id = await office.call_id(caller)
    started = await office.wait_fact("talk.started", call_id)
    assert started.agent == "amy"

    async def counted() -> bool:
        return await office.metric("callcenter_agi_refused_total") >= refused + 100

    await until(counted, 5, say="the strangers are counted")
    assert await office.metric("callcenter_agi_sessions_total") == sessions + 1, "only the caller's"
    caller.hang_up()
    assert await office.outcome(call_id) == "answered"


async def test_garbage_over_http_is_answered_politely(office: Office) -> None:
    socket = aiohttp.UnixConnector(str(office.center.data / "control.sock"))
    async with aiohttp.ClientSession(connector=socket) as session:
        long = json.dumps({"state": "x" * 100_000}).encode()
        for body in (b"{", b"[]", b'{"state": 7}', b"\xff\x00", long):
            async with session.post(
                "http://x/api/v1/agents/amy/state", data=body, headers={"Content-Type": "application/json"}
            ) as answer:
                assert 400 <= answer.status < 500, body[:20]
                assert set((await answer.json())["error"]) >= {"code", "message"}


async def test_a_wrong_secret_is_one_clear_line_and_tried_again(office: Office) -> None:
    config = office.center.config_file
    good = config.read_text()
    await office.center.stop_controller()
    log = office.center.log_file
    before = len(log.read_text())
    config.write_text(good.replace(office.center.asterisk.values.ami_secret, "a-wrong-secret"))
    starting = asyncio.create_task(office.center.start_controller())
    try:

        async def not_ready() -> object:
            try:
                answer = await office.web("/readyz")
            except aiohttp.ClientError:
                return None
            return answer.body["reasons"] if answer.status == 503 else None

        reasons = await until(not_ready, 15, say="/readyz says 503")
        assert any("Asterisk" in reason for reason in reasons), reasons
        await asyncio.sleep(3)
        said = [line for line in log.read_text()[before:].splitlines() if "secret" in line.lower()]
        assert len(said) == 1, said
        assert "callcenter" in said[0] and "a-wrong-secret" not in log.read_text()
        code, advice = await office.command("doctor")
        assert code == 1 and "secret" in advice.lower(), advice
    finally:
        starting.cancel()
        await asyncio.wait([starting])
        await office.center.kill_controller()
        config.write_text(good)
        await office.center.start_controller()
    assert (await office.web("/readyz")).status == 200
