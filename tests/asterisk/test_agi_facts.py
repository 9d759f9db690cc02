"""What our code takes for granted about AGI on a real Asterisk, one story a fact."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from wire_support import Ear, Sipp, caller_scenario, phone_scenario

from callcenter.asterisk.agi_server import AgiGone, AgiServer, AgiSession
from callcenter.asterisk.config_files import AsteriskValues
from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.asterisk.local_server import LocalAsterisk, free_ports

pytestmark = pytest.mark.real

Story = Callable[[AgiSession], Awaitable[None]]
STAY = [("stay", "")]

DIALPLAN = """
[callcenter-inbound]
exten => _[0-9+*#]!,1,AGI(agi://127.0.0.1:{port}/call)
 same => n,AGI(agi://127.0.0.1:{port}/after,${{AGISTATUS}},${{DIALSTATUS}})
 same => n,Hangup()
"""
PHONE = """
[9001](callcenter-phone)
aors = 9001
[9001]
type = aor
contact = sip:9001@127.0.0.1:{port}
[9002](callcenter-phone)
aors = 9002
[9002]
type = aor
max_contacts = 1
"""


class House:
    """A private Asterisk, our door, one phone (9001; 9002 is not registered) and people who call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.after: list[str] = []
        self._stack = AsyncExitStack()
        self._told: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, program: AsteriskProgram) -> None:
        self.ports = free_ports(22000, 22499, rtp=60)
        self._side = free_ports(22500, 22999, rtp=60).rtp_first
        self.server = AgiServer("127.0.0.1", 0, self._handle)
        await self.server.start()
        self._stack.push_async_callback(self.server.close)
        self.ear = await Ear.open(self._side)
        self._stack.callback(self.ear.close)
        files = {
            "extensions.conf": DIALPLAN.format(port=self.server.port),
            "callcenter/pjsip_agents.conf": PHONE.format(port=self._side + 10),
        }
        await self._stack.enter_async_context(
            LocalAsterisk(program, self.folder / "pbx", self.ports, AsteriskValues(), extra_files=files)
        )

    async def close(self) -> None:
        await self._stack.aclose()

    async def phone(self, manner: str, talk_ms: int = 500) -> None:
        """The phone 9001 is there and behaves so."""
        scenario = phone_scenario(manner, 200, talk_ms, self._side + 20)
        await self._stack.enter_async_context(
            Sipp(scenario, self.folder, self._side + 10, self.ports.sip, 1, self._side + 20)
        )
        await asyncio.sleep(0.3)

    async def caller(self, steps: list[tuple[str, str]], story: Story) -> None:
        """A caller comes, does `steps` after the answer, and our side does `story`."""
        self._story = story
        keys = any(what == "key" for what, _ in steps)
        scenario = caller_scenario("100", steps, None if keys else self.ear.port)
        async with Sipp(
            scenario, self.folder, self._side + 12, self.ports.sip, 1, self._side + 30, "100"
        ) as sipp:
            async with asyncio.timeout(25):
                await self._told
            await sipp.done()
            await asyncio.sleep(0.1)

    async def _handle(self, session: AgiSession) -> None:
        if session.env["agi_network_script"] == "after":
            self.after = session.args
            return
        try:
            await session.command("ANSWER")
            await self._story(session)
            self._told.set_result(None)
        except BaseException as error:
            if not self._told.done():
                self._told.set_exception(error)
            raise


@pytest.fixture
async def house(asterisk_program: AsteriskProgram, tmp_path: Path) -> AsyncIterator[House]:
    built = House(tmp_path)
    try:
        await built.open(asterisk_program)
        yield built
    finally:
        await built.close()


async def value(session: AgiSession, name: str) -> str:
    return (await session.command("GET VARIABLE", name)).data or ""


async def test_music_plays_while_idle_and_the_hangup_is_heard_at_once(house: House) -> None:
    async def story(session: AgiSession) -> None:
        await session.command("SET MUSIC", "ON", "callcenter")
        left = asyncio.Event()
        session.on_hangup = left.set
        await left.wait()
        assert house.ear.packets > 80
        # After the hang-up: variables can be read and written, the leg itself cannot be used any more.
        assert (await session.command("SET VARIABLE", "X", "kept")).ok
        assert await value(session, "X") == "kept"
        assert (await session.command("STREAM FILE", "beep", "")).code == 511

    await house.caller([("wait", "2500"), ("hang up", "")], story)


@pytest.mark.parametrize(
    ("manner", "steps", "result", "status", "cause"),
    [
        ("ends", STAY, "0", "ANSWER", "16"),
        ("answers", [("wait", "1800"), ("hang up", "")], "-1", "ANSWER", "16"),
        ("silent", STAY, "0", "NOANSWER", "0"),
        ("silent", [("wait", "1500"), ("hang up", "")], "-1", "CANCEL", "0"),
        ("486 Busy Here", STAY, "0", "BUSY", "17"),
        ("603 Decline", STAY, "0", "CHANUNAVAIL", "21"),
        ("480 Temporarily Unavailable", STAY, "0", "NOANSWER", "19"),
        ("not registered", STAY, "0", "CHANUNAVAIL", "3"),
    ],
)
async def test_how_each_end_of_a_dial_is_told(
    house: House, manner: str, steps: list[tuple[str, str]], result: str, status: str, cause: str
) -> None:
    async def story(session: AgiSession) -> None:
        await session.command("SET MUSIC", "ON", "callcenter")
        phone = "9002" if manner == "not registered" else "9001"
        reply = await session.command("EXEC", "Dial", f"PJSIP/{phone},2,gm(callcenter)")
        assert reply.result == result
        assert await value(session, "DIALSTATUS") == status
        assert await value(session, "HANGUPCAUSE") == cause
        assert session.hungup is (result == "-1")

    if manner != "not registered":
        await house.phone(manner)
    await house.caller(steps, story)
    assert house.after in ([], ["SUCCESS", status])


async def test_the_talk_goes_on_without_us_and_the_dialplan_after_it(house: House) -> None:
    async def story(session: AgiSession) -> None:
        asyncio.get_running_loop().call_later(0.7, session.close)  # as if the controller had died
        with pytest.raises(AgiGone) as gone:
            await session.command("EXEC", "Dial", "PJSIP/9001,20,gm(callcenter)")
        assert not gone.value.caller_left

    await house.phone("ends", talk_ms=1500)
    await house.caller(STAY, story)
    assert house.after == ["SUCCESS", "ANSWER"]


async def test_keys_cut_a_prompt_short_and_wrong_ones_do_not(house: House) -> None:
    async def story(session: AgiSession) -> None:
        cut = await session.command("STREAM FILE", "demo-congrats", "12")
        assert cut.key == "2" and (cut.endpos or 0) > 8000
        missing = await session.command("STREAM FILE", "no-such-file", "12")
        assert (missing.result, missing.endpos) == ("-1", 0) and not session.hungup
        await asyncio.sleep(2.0)  # 5 is pressed while no command runs: it is lost
        assert (await session.command("WAIT FOR DIGIT", "300")).result == "0"
        assert (await session.command("WAIT FOR DIGIT", "3000")).key == "#"

    # SIPp sends a key 0.6 s after it was told to, and is not to be told the next one before that.
    keys = [
        ("wait", "300"),
        ("key", "3"),
        ("wait", "1200"),
        ("key", "2"),
        ("wait", "1200"),
        ("key", "5"),
        ("wait", "1600"),
        ("key", "#"),
        ("wait", "1200"),
        ("stay", ""),
    ]
    await house.caller(keys, story)
    assert house.after == ["FAILURE", ""], "a missing file counts as a failure of AGI"


async def test_values_come_back_as_sent_but_get_variable_cuts_long_ones(house: House) -> None:
    async def story(session: AgiSession) -> None:
        for text in ('a "b" \\c ${EXTEN} (d), [e]', "王小明 😀 x\ty", "a) endpos=3 (b", ""):
            await session.command("SET VARIABLE", "X", text)
            assert await value(session, "X") == text
        await session.command("SET VARIABLE", "X", "x" * 8000)
        assert len(await value(session, "X")) == 1023
        assert (await session.command("GET FULL VARIABLE", "${X}")).data == "x" * 8000
        assert (await session.command("SET MUSIC")).code == 520
        assert (await session.command("NO SUCH")).code == 510
        assert (await session.command("EXEC", "NoOp", *["a"] * 125)).ok  # as many words as are allowed
        assert (await session.command("EXEC", "NoSuchApplication")).result == "-2"

    await house.caller(STAY, story)
