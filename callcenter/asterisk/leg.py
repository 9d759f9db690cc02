"""One caller's leg on Asterisk: the `Leg` port over an AGI session.

Theory of operation
-------------------
A leg costs Asterisk one AGI session and as few commands as can be. While the caller waits no command runs:
the session is idle, Asterisk plays music and reads the channel, and an order to ring a phone is obeyed at
once.

* **Keys** are told by the manager as they are pressed, whether a command runs or not (see `keys.py`). One
  that cuts a prompt short does so at once: the manager is asked to stop what plays (`ControlPlayback`),
  milliseconds after the press. The keys of `STREAM FILE` are the second way, when a key is let go. A prompt
  that was stopped for a key that nobody wants goes on where it stopped.
* **The end** of the leg, and of commands that were cancelled: see `line.py`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from pathlib import Path

from callcenter.asterisk.agi_server import AgiSession
from callcenter.asterisk.keys import ALL_KEYS, Keys
from callcenter.asterisk.line import SHORT_SECONDS, LegHome, LegLine
from callcenter.asterisk.orders import (
    MUSIC_CLASS,
    dial_words,
    recording_words,
    transfer_words,
)
from callcenter.asterisk.speech import Recogniser, background_words
from callcenter.telephony.legs import (
    Connected,
    ConnectOrder,
    ConnectResult,
    Gone,
    Grammar,
    Heard,
    LegGone,
    LegInfo,
    Playable,
    Prompt,
    TransferOrder,
)
from callcenter.telephony.outgoing import LEG_PREFIX

log = logging.getLogger(__name__)

SAMPLES_PER_SECOND = 8000.0

_HOW_IT_ENDED = "${DIALSTATUS} ${HANGUPCAUSE} ${ANSWEREDTIME} ${DIALEDPEERNUMBER}"
_HANGUP_CAUSE_REJECTED = "21"  # what Asterisk makes of SIP's 603 Decline


def leg_info(env: dict[str, str], node: str) -> LegInfo:
    """What the AGI opening says of a leg. Asterisk writes `unknown` for a number or name it has not."""

    def known(name: str) -> str:
        value = env.get(name, "")
        return "" if value == "unknown" else value

    channel, name = env.get("agi_channel", ""), known("agi_calleridname")
    if channel.startswith("PJSIP/"):
        name = re.sub(r"\\(.)", r"\1", name)  # it comes as written in the SIP message: \" for "
    leg_id, ani, did = env.get("agi_uniqueid", ""), known("agi_callerid"), known("agi_extension")
    if leg_id.startswith(LEG_PREFIX):
        ani, did, name = did, ani, ""  # we called: its own number is the extension, and shown was ours
    return LegInfo(leg_id=leg_id, channel=channel, node=node, ani=ani, caller_name=name, did=did)


class AsteriskLeg:
    """One AGI session. See `Leg` for what each method promises."""

    def __init__(self, session: AgiSession, info: LegInfo, home: LegHome) -> None:
        self._home = home
        self._line = LegLine(session, info, home)
        self._answered = False
        self._music: str | None = None
        self._recogniser = Recogniser(self._line.ask_in_doubt, self._line.ask_until_key, home.speech_rest)

    @property
    def info(self) -> LegInfo:
        return self._line.info

    @property
    def gone(self) -> Gone | None:
        return self._line.gone

    @property
    def keys(self) -> Keys:
        """What was pressed and not read yet; the switch tells it what the manager tells."""
        return self._line.keys

    def __repr__(self) -> str:
        return f"<AsteriskLeg {self.info.leg_id} {self.info.channel}>"

    # -- Leg -----------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        with self._line.one_command():
            if not self._answered:
                self._line.alive(await self._line.ask("ANSWER", deadline=SHORT_SECONDS))
                self._answered = True

    async def play(self, prompts: Sequence[Playable], keys: str = "") -> str:
        with self._line.one_command():
            return await self._play(prompts, keys)

    async def read_key(self, seconds: float) -> str:
        with self._line.one_command():
            return await self._read_key(seconds)

    async def wait_key(self, keys: str) -> str:
        return await self.keys.wait(keys)

    def forget_keys(self) -> None:
        self.keys.forget()

    async def listen(self, prompts: Sequence[Playable], grammar: Grammar, keys: str, seconds: float) -> Heard:
        with self._line.one_command():
            if key := self.keys.take(keys):
                return Heard(key=key)
            ready = [prompt if isinstance(prompt, Prompt) else await prompt for prompt in prompts]
            heard = await self._listen(ready, grammar, keys, seconds)
            if heard.failed:
                return Heard(key=await self._play(ready, keys), failed=True)
            await self._resume_music()
            return heard

    async def music(self, music_class: str | None) -> None:
        if music_class is not None and not MUSIC_CLASS.fullmatch(music_class):
            raise ValueError(f"not a music class: {music_class!r}")
        with self._line.one_command():
            self._music = music_class
            if music_class is None:
                self._line.alive(await self._line.ask("SET MUSIC", "OFF", deadline=SHORT_SECONDS))
            await self._resume_music()

    async def record(self, path: Path, max_seconds: float, stop_keys: str = "#", beep: bool = True) -> float:
        if path.suffix != ".wav":
            raise ValueError(f"recordings are WAV files: {path.name}")
        with self._line.one_command(), self._line.deaf():
            words = [str(path.with_suffix("")), "wav", stop_keys, str(round(max_seconds * 1000))]
            reply = await self._line.ask("RECORD FILE", *words, *(["BEEP"] if beep else []))
            seconds = (reply.endpos or 0) / SAMPLES_PER_SECOND
            if reply.number == -1:
                if reply.data != "hangup":
                    log.warning("leg %s: nothing recorded to %s: %s", self.info.leg_id, path, reply.text)
                if self._line.caller_left or reply.data == "hangup":
                    self._line.end(Gone.HANGUP)
            elif reply.data == "dtmf":
                await self._line.settle(reply.key)
            return seconds

    async def connect(self, order: ConnectOrder) -> Connected:
        dial = dial_words(order)
        record = recording_words(order.record) if order.record else None
        with self._line.one_command(), self._line.deaf():
            phones = (order.phone, *order.also)
            return await self._ring(dial, order.call_id, phones, record, order.whisper is not None)

    async def transfer(self, order: TransferOrder) -> Connected:
        trunk = self._home.trunk_to(order.number)
        dial = transfer_words(order, trunk or "")
        with self._line.one_command(), self._line.deaf():
            if trunk is None:
                log.warning("leg %s: no trunk to %s (asterisk.trunk)", self.info.leg_id, order.number)
                return Connected(ConnectResult.UNREACHABLE)
            return await self._ring(dial, order.call_id, (order.number,))

    async def wait_gone(self) -> Gone:
        return await self._line.wait_gone()

    async def hang_up(self) -> None:
        await self._line.hang_up()

    def lost(self) -> None:
        """Asterisk no longer knows this leg, or knocked again for it: nothing will come on this session."""
        self._line.lost()

    # -- inside --------------------------------------------------------------------------------------------

    async def _play(self, prompts: Sequence[Playable], keys: str) -> str:
        key = self.keys.take(keys)
        if key or not prompts:
            return key
        for playable in prompts:
            prompt = playable if isinstance(playable, Prompt) else await playable
            if key := await self._play_one(str(prompt.path), keys):
                break
        await self._resume_music()
        return key

    async def _play_one(self, path: str, keys: str) -> str:
        """Play one file. One that was stopped for a key that is not wanted goes on where it stopped."""
        offset = 0
        while True:
            if key := self.keys.take(keys):
                return key
            # while the manager tells keys, those that are not wanted need not stop the prompt to be known
            stopping = keys if self._home.tells_keys else ALL_KEYS
            reply, stopped = await self._line.ask_until_key(
                keys, "STREAM FILE", path, stopping, *([str(offset)] if offset else [])
            )
            if reply.number == -1:
                await self._line.hear_of_hangup()
            if self.gone is not None:
                raise LegGone(self.gone)
            if not (reply.key or stopped):
                if reply.number == -1 or not reply.endpos:
                    log.warning("leg %s: Asterisk cannot play %s", self.info.leg_id, path)
                return self.keys.take(keys)
            offset = reply.endpos or 0

    async def _read_key(self, seconds: float) -> str:
        now = asyncio.get_running_loop().time
        until = now() + seconds
        while True:
            if key := self.keys.take(ALL_KEYS):
                return key
            milliseconds = str(max(1, round((until - now()) * 1000)))  # 0 would mean: for ever
            reply, stopped = await self._line.ask_until_key(ALL_KEYS, "WAIT FOR DIGIT", milliseconds)
            self._line.alive(reply)
            if not (reply.key or stopped) or now() >= until:
                return self.keys.take(ALL_KEYS)

    async def _listen(self, prompts: Sequence[Prompt], grammar: Grammar, keys: str, seconds: float) -> Heard:
        try:
            words = background_words([prompt.path for prompt in prompts], seconds)
        except ValueError as error:
            log.warning("leg %s: cannot listen: %s", self.info.leg_id, error)
            return Heard(failed=True)
        if not await self._recogniser.open():
            return Heard(failed=True)
        while True:
            if key := self.keys.take(keys):
                return Heard(key=key)
            report = await self._recogniser.listen(grammar, words, keys)
            if not report.key:
                return report.heard
            if not report.pretended:
                await self._line.settle(report.key)
            if self.keys.next_is(ALL_KEYS):  # else it was one that had been read before it was let go
                words = background_words([], seconds)

    async def _ring(
        self,
        dial: str,
        call_id: str,
        phones: tuple[str, ...],
        record: str | None = None,
        whisper: bool = False,
    ) -> Connected:
        await self._recogniser.close()
        progress = self._home.order_begins(self.info.leg_id, call_id, phones)
        begun = self._home.now()
        if record:
            self._line.alive(await self._line.ask("EXEC", "MixMonitor", record, deadline=SHORT_SECONDS))
        reply = await self._line.ask("EXEC", "Dial", dial)
        progress.over = True
        if reply.number == -2:
            raise RuntimeError("Asterisk has no Dial application (app_dial is not loaded)")
        caller_left = reply.number == -1 or self._line.caller_left
        if whisper and caller_left and progress.answered_at is None:
            # also when the agent hung up while he was whispered to: who it was Asterisk says right after it
            await self._line.hear_of_hangup()
            caller_left = self._line.caller_left
        if progress.answered_at is not None:
            # the usual case: the manager told us, so nothing needs to be asked
            talk_seconds = max(0.0, self._home.now() - progress.answered_at)
            done = Connected(ConnectResult.TALKED, talk_seconds, caller_left, progress.answered_by)
        else:
            done = await self._ask_how_it_ended(caller_left, phones, longest=self._home.now() - begun)
        if record:
            # closes the files; they are whole when we return
            await self._line.ask("EXEC", "StopMixMonitor", deadline=SHORT_SECONDS)
        if caller_left:
            self._line.end(Gone.HANGUP)
        if done.result is ConnectResult.TALKED:
            self._music = None
            return done
        if caller_left:
            raise LegGone(Gone.HANGUP)
        await self._resume_music()
        return done

    async def _resume_music(self) -> None:
        """Prompts and ringing end the music; it plays on when they are over."""
        if self._music is not None:
            self._line.alive(await self._line.ask("SET MUSIC", "ON", self._music, deadline=SHORT_SECONDS))

    async def _ask_how_it_ended(
        self, caller_left: bool, phones: tuple[str, ...], longest: float
    ) -> Connected:
        """What the channel's variables say of a Dial that the manager did not report as answered.

        Its ANSWEREDTIME counts from the caller's own answer: the talk is not longer than the whole order.
        """
        reply = await self._line.ask("GET FULL VARIABLE", _HOW_IT_ENDED, deadline=SHORT_SECONDS)
        status, cause, seconds, peer, *_ = [*(reply.data or "").split(" "), "", "", "", ""]
        if status == "ANSWER" and not seconds:
            return Connected(ConnectResult.BUSY)  # answered, and left before they were joined
        if status == "ANSWER":
            talk_seconds = float(seconds) if seconds.isascii() and seconds.isdigit() else 0.0
            answered_by = peer if peer in phones else phones[0]
            return Connected(ConnectResult.TALKED, min(talk_seconds, longest), caller_left, answered_by)
        if status == "BUSY" or (status == "CHANUNAVAIL" and cause == _HANGUP_CAUSE_REJECTED):
            return Connected(ConnectResult.BUSY)
        if status in ("NOANSWER", "CANCEL"):
            return Connected(ConnectResult.NO_ANSWER)
        return Connected(ConnectResult.UNREACHABLE)
