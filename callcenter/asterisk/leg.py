"""One caller's leg on Asterisk: the `Leg` port over an AGI session.

Theory of operation
-------------------
A leg costs Asterisk one AGI session and as few commands as can be. While the caller waits no command runs:
the session is idle, Asterisk plays music and reads the channel, and an order to ring a phone is obeyed at
once.

* **Keys.** Prompts are played with every key as an escape key. A key that was not asked for is kept, and the
  prompt goes on where it stopped; so no key is lost while prompts play or a key is awaited. Between two
  commands Asterisk reads and drops keys: that is the time of one round trip.
* **The end.** `HANGUP` on the session says that the caller left; a socket that closes without it says that
  the link, or Asterisk, is lost. Asterisk keeps a dead channel for as long as its session is open, so a
  session is closed as soon as its leg is gone and no command is under way.
* **A cancelled command goes on at Asterisk**; the next one waits there for its end. Only hanging up does not
  wait: it then goes by the manager.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from callcenter.asterisk.agi_codec import AgiReply
from callcenter.asterisk.agi_server import AgiGone, AgiSession, AgiTimeout
from callcenter.telephony.legs import (
    Connected,
    ConnectOrder,
    ConnectResult,
    Gone,
    LegGone,
    LegInfo,
    Prompt,
    RecordTracks,
)
from callcenter.telephony.switch import OutcomeUnknown

log = logging.getLogger(__name__)

ALL_KEYS = "0123456789*#ABCD"
SHORT_SECONDS = 10.0
"""A command that needs no caller is answered in this time, or the link is lost."""
HANGUP_NEWS_SECONDS = 0.5
"""How long after a failed command the news that the caller left may take."""
SAMPLES_PER_SECOND = 8000.0

_EXTENSION = re.compile(r"[0-9]{2,15}")
_MUSIC_CLASS = re.compile(r"[A-Za-z0-9_-]{1,79}")
_HANGUP_CAUSE_REJECTED = "21"  # what Asterisk makes of SIP's 603 Decline


@dataclass(slots=True)
class OrderProgress:
    """An order under way, as the manager's events tell of it. Times are of the switch's clock."""

    order: ConnectOrder
    ringing: bool = False
    answered_at: float | None = None
    phone_channel: str = ""


class LegHome(Protocol):
    """What a leg needs of its switch."""

    def order_begins(self, leg_id: str, order: ConnectOrder) -> OrderProgress: ...

    def now(self) -> float: ...

    async def hang_up_leg(self, channel: str) -> bool: ...


def leg_info(env: dict[str, str], node: str) -> LegInfo:
    """What the AGI opening says of a leg. Asterisk writes `unknown` for a number or name it has not."""

    def known(name: str) -> str:
        value = env.get(name, "")
        return "" if value == "unknown" else value

    channel, name = env.get("agi_channel", ""), known("agi_calleridname")
    if channel.startswith("PJSIP/"):
        name = re.sub(r"\\(.)", r"\1", name)  # it comes as written in the SIP message: \" for "
    return LegInfo(
        leg_id=env.get("agi_uniqueid", ""),
        channel=channel,
        node=node,
        ani=known("agi_callerid"),
        caller_name=name,
        did=known("agi_extension"),
    )


def dial_words(order: ConnectOrder) -> str:
    """The argument of Dial. Raises ValueError for an extension or a music class that could say more.

    g: the leg goes on when the agent hangs up; i: a phone cannot forward our callers elsewhere;
    m: music until the answer.
    """
    if not _EXTENSION.fullmatch(order.phone):
        raise ValueError(f"not an extension: {order.phone!r}")
    if not _MUSIC_CLASS.fullmatch(order.music):
        raise ValueError(f"not a music class: {order.music!r}")
    return f"PJSIP/{order.phone},{order.ring_seconds:g},gim({order.music})"


def recording_words(tracks: RecordTracks) -> str:
    """The argument of MixMonitor: two tracks and no mix, only while the leg talks (b)."""
    for path in (tracks.caller, tracks.agent):
        if path.suffix != ".wav" or re.search(r"[(),|^&;`$%\x00-\x1f\"'\\]", str(path)):
            raise ValueError(f"not a name for a recording: {str(path)!r}")
    return f",br({tracks.caller})t({tracks.agent})"


class AsteriskLeg:
    """One AGI session. See `Leg` for what each method promises."""

    def __init__(self, session: AgiSession, info: LegInfo, home: LegHome) -> None:
        self._session = session
        self._info = info
        self._home = home
        self._gone: Gone | None = None
        self._gone_signal = asyncio.Event()
        self._busy = False
        self._answered = False
        self._left_running = False  # a cancelled command may still be under way
        self._early_keys: deque[str] = deque()
        self._music: str | None = None
        session.on_hangup = self._caller_left
        session.on_gone = self._link_closed
        if session.hungup:
            self._caller_left()

    @property
    def info(self) -> LegInfo:
        return self._info

    @property
    def gone(self) -> Gone | None:
        return self._gone

    def __repr__(self) -> str:
        return f"<AsteriskLeg {self._info.leg_id} {self._info.channel}>"

    # -- Leg -----------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        with self._one_command():
            if not self._answered:
                self._alive(await self._ask("ANSWER", deadline=SHORT_SECONDS))
                self._answered = True

    async def play(self, prompts: Sequence[Prompt], keys: str = "") -> str:
        with self._one_command():
            for prompt in prompts:
                if key := await self._play_one(str(prompt.path), keys):
                    await self._resume_music()
                    return key
            if prompts:
                await self._resume_music()
            return ""

    async def read_key(self, seconds: float) -> str:
        with self._one_command():
            if self._early_keys:
                return self._early_keys.popleft()
            milliseconds = str(max(1, round(seconds * 1000)))  # 0 would mean: for ever
            reply = await self._ask("WAIT FOR DIGIT", milliseconds)
            self._alive(reply)
            return reply.key

    async def music(self, music_class: str | None) -> None:
        if music_class is not None and not _MUSIC_CLASS.fullmatch(music_class):
            raise ValueError(f"not a music class: {music_class!r}")
        with self._one_command():
            self._music = music_class
            if music_class is None:
                self._alive(await self._ask("SET MUSIC", "OFF", deadline=SHORT_SECONDS))
            await self._resume_music()

    async def wait_gone(self) -> Gone:
        await self._gone_signal.wait()
        assert self._gone is not None
        return self._gone

    async def record(self, path: Path, max_seconds: float, stop_keys: str = "#", beep: bool = True) -> float:
        if path.suffix != ".wav":
            raise ValueError(f"recordings are WAV files: {path.name}")
        with self._one_command():
            self._early_keys.clear()
            words = [str(path.with_suffix("")), "wav", stop_keys, str(round(max_seconds * 1000))]
            reply = await self._ask("RECORD FILE", *words, *(["BEEP"] if beep else []))
            seconds = (reply.endpos or 0) / SAMPLES_PER_SECOND
            if reply.number == -1:
                if reply.data != "hangup":
                    log.warning("leg %s: nothing recorded to %s: %s", self._info.leg_id, path, reply.text)
                if self._session.hungup or reply.data == "hangup":
                    self._end(Gone.HANGUP)
            return seconds

    async def connect(self, order: ConnectOrder) -> Connected:
        dial = dial_words(order)
        record = recording_words(order.record) if order.record else None
        with self._one_command():
            self._early_keys.clear()
            progress = self._home.order_begins(self._info.leg_id, order)
            begun = self._home.now()
            if record:
                self._alive(await self._ask("EXEC", "MixMonitor", record, deadline=SHORT_SECONDS))
            reply = await self._ask("EXEC", "Dial", dial)
            if reply.number == -2:
                raise RuntimeError("Asterisk has no Dial application (app_dial is not loaded)")
            caller_left = reply.number == -1 or self._session.hungup
            if progress.answered_at is not None:
                # the usual case: the manager told us, so nothing needs to be asked
                talk_seconds = max(0.0, self._home.now() - progress.answered_at)
                done = Connected(ConnectResult.TALKED, talk_seconds, caller_left)
            else:
                done = await self._ask_how_it_ended(caller_left, longest=self._home.now() - begun)
            if record:
                # closes the files; they are whole when we return
                await self._ask("EXEC", "StopMixMonitor", deadline=SHORT_SECONDS)
            if caller_left:
                self._end(Gone.HANGUP)
            if done.result is ConnectResult.TALKED:
                self._music = None
                return done
            if caller_left:
                raise LegGone(Gone.HANGUP)
            await self._resume_music()
            return done

    async def hang_up(self) -> None:
        if self._gone is not None:
            return
        if self._busy or self._left_running:
            self._end(Gone.CLOSED)
            try:
                await self._home.hang_up_leg(self._info.channel)
            except (OSError, OutcomeUnknown) as error:
                log.warning("leg %s could not be hung up: %s", self._info.leg_id, error)
            if not self._busy:
                self._session.close()
            return
        self._busy = True
        try:
            self._end(Gone.CLOSED)
            await self._session.command("HANGUP", deadline=SHORT_SECONDS)
        except (AgiGone, AgiTimeout):
            log.debug("leg %s ended while it was hung up", self._info.leg_id)
        finally:
            self._busy = False
            self._session.close()

    def lost(self) -> None:
        """Asterisk no longer knows this leg, or knocked again for it: nothing will come on this session."""
        self._end(Gone.SWITCH_LOST)
        self._session.close()

    # -- inside --------------------------------------------------------------------------------------------

    async def _play_one(self, path: str, keys: str) -> str:
        """Play one file; keys that were not asked for are kept and the file goes on where it stopped."""
        offset = 0
        while True:
            if self._early_keys and self._early_keys[0] in keys:
                return self._early_keys.popleft()
            words = (path, ALL_KEYS, str(offset)) if offset else (path, ALL_KEYS)
            reply = await self._ask("STREAM FILE", *words)
            if reply.number == -1:
                await self._hear_of_hangup()
            if self._gone is not None:
                raise LegGone(self._gone)
            key = reply.key
            if not key:
                if reply.number == -1 or not reply.endpos:
                    log.warning("leg %s: Asterisk cannot play %s", self._info.leg_id, path)
                return ""
            if key in keys and not self._early_keys:
                return key
            self._early_keys.append(key)
            offset = reply.endpos or 0

    async def _resume_music(self) -> None:
        """Prompts and ringing end the music; it plays on when they are over."""
        if self._music is not None:
            self._alive(await self._ask("SET MUSIC", "ON", self._music, deadline=SHORT_SECONDS))

    async def _ask_how_it_ended(self, caller_left: bool, longest: float) -> Connected:
        """What the channel's variables say of a Dial that the manager did not report as answered.

        Its ANSWEREDTIME counts from the caller's own answer: the talk is not longer than the whole order.
        """
        reply = await self._ask(
            "GET FULL VARIABLE", "${DIALSTATUS} ${HANGUPCAUSE} ${ANSWEREDTIME}", deadline=SHORT_SECONDS
        )
        status, _, rest = (reply.data or "").partition(" ")
        cause, _, seconds = rest.partition(" ")
        if status == "ANSWER":
            talk_seconds = float(seconds) if seconds.isascii() and seconds.isdigit() else 0.0
            return Connected(ConnectResult.TALKED, min(talk_seconds, longest), caller_left)
        if status == "BUSY" or (status == "CHANUNAVAIL" and cause == _HANGUP_CAUSE_REJECTED):
            return Connected(ConnectResult.BUSY)
        if status in ("NOANSWER", "CANCEL"):
            return Connected(ConnectResult.NO_ANSWER)
        return Connected(ConnectResult.UNREACHABLE)

    @contextmanager
    def _one_command(self) -> Iterator[None]:
        if self._busy:
            raise RuntimeError(f"a command is already under way on leg {self._info.leg_id}")
        if self._gone is not None:
            raise LegGone(self._gone)
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
            if self._gone is not None:
                self._session.close()

    async def _ask(self, name: str, *words: str, deadline: float | None = None) -> AgiReply:
        """Send one command. Raises LegGone only when there will be no answer."""
        if self._left_running:
            deadline = None  # its reply comes after that of the command that was left running
        try:
            reply = await self._session.command(name, *words, deadline=deadline)
        except AgiGone as gone:
            self._end(Gone.HANGUP if gone.caller_left else Gone.SWITCH_LOST)
        except AgiTimeout as late:
            log.warning("leg %s: %s", self._info.leg_id, late)
            self._end(Gone.SWITCH_LOST)
            self._session.close()
        except asyncio.CancelledError:
            self._left_running = True
            raise
        else:
            self._left_running = False
            return reply
        raise LegGone(self._gone or Gone.SWITCH_LOST)

    def _alive(self, reply: AgiReply) -> None:
        """Raises LegGone if the leg ended meanwhile."""
        if self._gone is None and (reply.number == -1 or reply.code == 511):
            self._end(Gone.HANGUP)
        if self._gone is not None:
            raise LegGone(self._gone)

    async def _hear_of_hangup(self) -> None:
        """After a failure: if the caller left, Asterisk says so right after it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HANGUP_NEWS_SECONDS):
                await self._gone_signal.wait()

    def _caller_left(self) -> None:
        self._end(Gone.HANGUP)

    def _link_closed(self, gone: AgiGone) -> None:
        self._end(Gone.HANGUP if gone.caller_left else Gone.SWITCH_LOST)

    def _end(self, why: Gone) -> None:
        if self._gone is None:
            self._gone = why
            self._gone_signal.set()
            if not self._busy and why is not Gone.CLOSED:
                self._session.close()
