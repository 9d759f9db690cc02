"""Callers and agents' phones as a switch meets them: what they do, when, and what came of it.

Seconds are virtual. Randomness comes from a `random.Random` handed to `Habits`, so a day can be run again.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

Seconds = float | Callable[[], float]
"""A length, or a function that draws one each time it is needed."""


def drawn(seconds: Seconds) -> float:
    """The length itself, or a fresh draw."""
    return max(0.0, seconds() if callable(seconds) else seconds)


class Habits:
    """Draws of lengths from one random source."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def exponential(self, mean: float) -> Callable[[], float]:
        """Patience is often like this: no memory."""
        return lambda: self.chance.expovariate(1.0 / mean)

    def lognormal(self, mean: float, variation: float = 1.0) -> Callable[[], float]:
        """Talk times are often like this; `variation` is standard deviation over mean."""
        spread = math.sqrt(math.log(1.0 + variation * variation))
        middle = math.log(mean) - spread * spread / 2.0
        return lambda: self.chance.lognormvariate(middle, spread)

    def between(self, least: float, most: float) -> Callable[[], float]:
        return lambda: self.chance.uniform(least, most)


@dataclass(frozen=True, slots=True)
class Press:
    """Press a key `after` seconds: after the answer, or after what he did before."""

    key: str
    after: float = 1.0


@dataclass(frozen=True, slots=True)
class PressAtPrompt:
    """Wait for a prompt that began since he last did something, then press `after` seconds into it."""

    key: str
    after: float = 1.0
    prompt: str = ""  # only one whose path holds this text


@dataclass(frozen=True, slots=True)
class Say:
    """Say something `after` seconds: after the answer, or after what he did before.

    `score` is how sure a recogniser is that it heard these words, 0 to 100.
    """

    text: str
    after: float = 1.0
    score: int = 90


@dataclass(frozen=True, slots=True)
class SayAtPrompt:
    """Wait for a prompt as `PressAtPrompt` does, then say something `after` seconds into it."""

    text: str
    after: float = 1.0
    prompt: str = ""
    score: int = 90


@dataclass(frozen=True, slots=True)
class Leave:
    """Hang up `after` seconds: after the answer, or after what he did before."""

    after: float


Act = Press | PressAtPrompt | Say | SayAtPrompt | Leave


@dataclass(frozen=True, slots=True)
class CallerScript:
    """Who calls and what he will do. Without an end of his own he stays until the switch ends the call."""

    ani: str = "13800000001"
    did: str = "4001"
    name: str = ""
    acts: tuple[Act, ...] = ()
    speaks: bool = False  # makes a sound all the time; only a real switch hears the difference
    patience: Seconds | None = None  # hangs up so long after the music began, unless he talks by then
    talk_seconds: Seconds | None = None  # hangs up so long after a talk began
    leave_after: Seconds | None = None  # hangs up so long after dialing, whatever happens


class CallerLine(Protocol):
    """What a caller can do at the switch."""

    def press(self, key: str) -> None: ...

    def say(self, text: str, score: int) -> None: ...

    def caller_hangs_up(self) -> None: ...


@dataclass(slots=True)
class SimulatedCaller:
    """One caller during one call. `story` tells what he lived through, with the loop's time of each."""

    script: CallerScript
    story: list[tuple[float, str]] = field(default_factory=list)
    left_himself: bool = False
    _line: CallerLine | None = None
    _acts_done: int = 0
    _prompts_heard: int = 0  # since his last act
    _act_timer: asyncio.TimerHandle | None = None
    _leave_timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    async def wait_ended(self) -> None:
        """Wait until his call is over."""
        await self._ended.wait()

    def times(self, what: str) -> list[float]:
        """When the story tells something that begins with `what`."""
        return [at for at, said in self.story if said.startswith(what)]

    # -- what the switch tells him -------------------------------------------------------------------------

    def dials(self, line: CallerLine) -> None:
        self._line = line
        self._note("dialed")
        self._leave_in("dialed", self.script.leave_after)

    def answered(self) -> None:
        self._note("answered")
        self._next_act(prompt="")

    def hears_prompt(self, path: str) -> None:
        self._note(f"prompt {path}")
        self._prompts_heard += 1
        if self._act_timer is None:
            self._next_act(prompt=path)

    def hears_music(self, music_class: str | None) -> None:
        self._note(f"music {music_class or 'off'}")
        if music_class and "waiting" not in self._leave_timers:
            self._leave_in("waiting", self.script.patience)

    def talks(self, phone: str) -> None:
        self._note(f"talks {phone}")
        self._stop("waiting")
        self._leave_in("talking", self.script.talk_seconds)

    def talk_ended(self) -> None:
        self._note("talk ended")
        self._stop("talking")

    def line_ended(self) -> None:
        self._note("ended")
        for why in tuple(self._leave_timers):
            self._stop(why)
        if self._act_timer:
            self._act_timer.cancel()
        self._line = None
        self._ended.set()

    # -- what he does --------------------------------------------------------------------------------------

    def hang_up(self) -> None:
        """Hang up now."""
        if self._line:
            self.left_himself = True
            self._line.caller_hangs_up()

    def press(self, key: str) -> None:
        """Press a key now."""
        if self._line:
            self._note(f"pressed {key}")
            self._line.press(key)

    def say(self, text: str, score: int = 90) -> None:
        """Say something now."""
        if self._line:
            self._note(f"said {text}")
            self._line.say(text, score)

    def _next_act(self, prompt: str) -> None:
        """Set the timer of the next act, if what it waits for is there."""
        if self._acts_done >= len(self.script.acts) or self._act_timer is not None:
            return
        act = self.script.acts[self._acts_done]
        if isinstance(act, PressAtPrompt | SayAtPrompt) and (
            not self._prompts_heard or act.prompt not in prompt
        ):
            return
        self._act_timer = asyncio.get_running_loop().call_later(act.after, self._act, act)

    def _act(self, act: Act) -> None:
        self._acts_done += 1
        self._act_timer = None
        self._prompts_heard = 0
        if isinstance(act, Leave):
            self.hang_up()
        elif isinstance(act, Say | SayAtPrompt):
            self.say(act.text, act.score)
        else:
            self.press(act.key)
        if self._line:
            self._next_act(prompt="")

    def _leave_in(self, why: str, seconds: Seconds | None) -> None:
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._leave_timers[why] = loop.call_later(drawn(seconds), self.hang_up)

    def _stop(self, why: str) -> None:
        if timer := self._leave_timers.pop(why, None):
            timer.cancel()

    def _note(self, what: str) -> None:
        self.story.append((asyncio.get_running_loop().time(), what))


@dataclass(frozen=True, slots=True)
class PhoneBehaviour:
    """What an agent does with his phone."""

    registered: bool = True
    answer_after: Seconds | None = 2.0  # seconds of ringing; None: he never answers
    rejects: bool = False  # declines instead of answering
    busy: bool = False  # in use by a call that is not ours
    talk_seconds: Seconds | None = None  # he hangs up so long after the answer; None: the caller does


class PhoneLine(Protocol):
    """What a phone can do at the switch about the call that rings or talks on it."""

    answered: bool

    def phone_answers(self) -> None: ...

    def phone_rejects(self) -> None: ...

    def phone_hangs_up(self) -> None: ...


class PhonePlace(Protocol):
    """What a phone can do at the switch without a call."""

    def phone_changed(self, phone: SimulatedPhone) -> None: ...


@dataclass(slots=True, eq=False)
class SimulatedPhone:
    """An agent's phone. The behaviour may be changed at any time; a call takes the one it finds."""

    extension: str
    behaviour: PhoneBehaviour = field(default_factory=PhoneBehaviour)
    script: CallerScript = field(default_factory=CallerScript)
    """What he does when he is called and has answered."""
    line: PhoneLine | None = None
    place: PhonePlace | None = None
    heard: list[str] = field(default_factory=list)
    """The prompts that were whispered to him."""
    called: list[SimulatedCaller] = field(default_factory=list)
    """What he lived through in each call to him that he answered."""
    _timer: asyncio.TimerHandle | None = None

    # -- what the person does ------------------------------------------------------------------------------

    def register(self) -> None:
        self._set_registered(True)

    def unregister(self) -> None:
        """The phone leaves. A talk on it goes on, as a SIP dialog does."""
        self._set_registered(False)

    def hang_up(self) -> None:
        if self.line:
            self.line.phone_hangs_up()

    # -- what the switch tells the phone -------------------------------------------------------------------

    def rings(self, line: PhoneLine) -> None:
        self.line = line
        if self.behaviour.answer_after is not None:
            act = line.phone_rejects if self.behaviour.rejects else line.phone_answers
            self._in(self.behaviour.answer_after, act)

    def hears_whisper(self, path: str) -> None:
        self.heard.append(path)

    def talks(self) -> None:
        if self.line and self.behaviour.talk_seconds is not None:
            self._in(self.behaviour.talk_seconds, self.line.phone_hangs_up)

    def line_ended(self) -> None:
        self.line = None
        if self._timer:
            self._timer.cancel()

    def _set_registered(self, registered: bool) -> None:
        behaviour = self.behaviour
        self.behaviour = replace(behaviour, registered=registered)
        if self.place:
            self.place.phone_changed(self)

    def _in(self, seconds: Seconds, act: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(drawn(seconds), act)
