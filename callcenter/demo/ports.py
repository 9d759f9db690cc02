"""Port numbers for SIP processes on this machine, handed out so that none gets another's."""

from __future__ import annotations

import socket
from collections import deque


class NoPortFree(OSError):
    """Every port of the range is held by somebody."""


class PortPool:
    """Blocks of `block` ports from `first` to `last` (inclusive), each given to one process at a time.

    A block starts at an even number (RTP wants that). The longest unused block is given next, so that
    late packets of an ended call do not reach the next one.
    """

    def __init__(self, first: int, last: int, block: int = 8) -> None:
        if block % 2:
            raise ValueError("a block has an even number of ports")
        start = first + first % 2
        self.block = block
        self._free = deque(range(start, last - block + 2, block))

    def take(self) -> int:
        """The first port of a block nobody listens on. Raises NoPortFree."""
        for _ in range(len(self._free)):
            start = self._free.popleft()
            if all(_free_now(port) for port in range(start, start + self.block)):
                return start
            self._free.append(start)
        raise NoPortFree("no free ports left for SIP processes")

    def give_back(self, start: int) -> None:
        """The block that begins with `start` is no longer used."""
        self._free.append(start)


def _free_now(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
