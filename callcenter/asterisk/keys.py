"""What a caller has pressed and nobody has read yet.

Theory of operation
-------------------
Two witnesses tell of a key. The manager tells each one as it is pressed (DTMFBegin), whatever the leg does,
in order. A command of the leg (a prompt, a wait for a key) ends when a key is let go, and says which; keys
that are let go while no command runs it never hears of. So the manager's word counts, and a command's key is
only a sign that the manager's word is there or about to come. Only where the manager is silent (its link is
down, or it may not tell keys) does the command's word count instead.

Shown on Asterisk 22.10: DTMFBegin comes once a key, also at 12 keys/s. DTMFEnd does not: while no command
runs, Asterisk stretches short keys, and then tells the ends of those that had to wait a second time. A phone
that sends its keys as SIP INFO has ends only: they count for a leg that never told a beginning. A key's end
may reach a command long after its beginning was told, and read, and a command later than the one it was
meant for: hence the list of keys told that no command has spoken of yet.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

ALL_KEYS = "0123456789*#ABCD"
MOST_WAITING = 100
"""More keys than these, unread, are not kept: nobody types so much ahead."""
OTHER_WITNESS_SECONDS = 5.0
"""How long after the first witness the second one is taken to mean the same key."""


class Keys:
    """The keys of one leg. `pressed` is called when one more waits to be read."""

    def __init__(self, pressed: Callable[[], None]) -> None:
        self._pressed = pressed
        self._waiting: deque[str] = deque()
        self._told: deque[tuple[str, float]] = deque(maxlen=MOST_WAITING)  # no command has spoken of them yet
        self._replied: deque[tuple[str, float]] = deque(maxlen=MOST_WAITING)  # the manager has not told them
        self._any_begun = False
        self._news = asyncio.Event()  # told by the manager
        self._kept = asyncio.Event()  # waits to be read
        self.deaf = False
        """True while keys are not for us: in a talk, while a message is recorded."""

    def begun(self, key: str) -> None:
        """The manager tells that a key is pressed."""
        self._any_begun = True
        self._count(key)

    def ended(self, key: str) -> None:
        """The manager tells that a key was let go: news only from phones that tell no beginnings."""
        if not self._any_begun:
            self._count(key)

    def take(self, wanted: str) -> str:
        """The next key, if it is one of `wanted`; else ''."""
        return self._waiting.popleft() if self._waiting and self._waiting[0] in wanted else ""

    def next_is(self, wanted: str) -> bool:
        """Whether `take` would give a key."""
        return bool(self._waiting) and self._waiting[0] in wanted

    async def wait(self, wanted: str) -> str:
        """The next key that is one of `wanted`; others before it are forgotten."""
        while True:
            while self._waiting:
                key = self._waiting.popleft()
                if key in wanted:
                    return key
            self._kept.clear()
            await self._kept.wait()

    @property
    def first(self) -> str:
        """The next key, whatever it is; '' if there is none."""
        return self._waiting[0] if self._waiting else ""

    def forget(self) -> None:
        """Nobody wants what was pressed until now."""
        self._waiting.clear()

    async def replied(self, key: str, patience: float, told_later: bool) -> None:
        """A command ended with `key`: make sure that it is counted, once.

        The manager is given `patience` seconds. `told_later`: its link is up, so it may still tell this key.
        """
        try:
            async with asyncio.timeout(patience):
                while not self._match(self._told, key):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            if told_later:
                self._replied.append((key, _now()))
            self._keep(key)

    def link_lost(self) -> None:
        """The manager will never tell what it has not told yet."""
        self._replied.clear()

    def _count(self, key: str) -> None:
        if key not in ALL_KEYS or len(key) != 1 or self._match(self._replied, key):
            return
        self._told.append((key, _now()))
        self._news.set()
        self._keep(key)

    def _keep(self, key: str) -> None:
        if not self.deaf and len(self._waiting) < MOST_WAITING:
            self._waiting.append(key)
            self._kept.set()
            self._pressed()

    def _match(self, witnessed: deque[tuple[str, float]], key: str) -> bool:
        """Whether the other witness has spoken of this key; it, and what came before it, is then settled."""
        oldest = _now() - OTHER_WITNESS_SECONDS
        while witnessed and witnessed[0][1] < oldest:
            witnessed.popleft()
        if not any(known == key for known, _ in witnessed):
            return False
        while witnessed.popleft()[0] != key:
            pass
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()
