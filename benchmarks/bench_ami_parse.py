"""How fast manager events are parsed: ours, panoramisk's and pyst2's, on the same recorded call.

    python benchmarks/bench_ami_parse.py [CALLS]

`ami_answered_call.txt` is what Asterisk 22.10 sent, unfiltered, during one answered FastAGI + Dial call. It
is repeated CALLS times and fed in pieces of 4 kB, as a socket gives them. Each way is timed in turn, three
rounds, the best one counts. Trust the ratios, not the figures.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from asterisk.manager import ManagerMsg
from panoramisk.ami_protocol import AMIProtocol

from callcenter.asterisk.ami_codec import AmiDecoder

RECORDING = Path(__file__).with_name("ami_answered_call.txt")
PIECE = 4096
USED = {
    b"DialBegin",
    b"DialState",
    b"DialEnd",
    b"Hangup",
    b"DeviceStateChange",
    b"ContactStatus",
    b"OriginateResponse",
    b"FullyBooted",
}


def ours(pieces: list[bytes], wanted: set[bytes] | None) -> int:
    decoder = AmiDecoder(wanted)
    return sum(len(decoder.feed(piece)) for piece in pieces) + decoder.dropped


def panoramisk(pieces: list[bytes]) -> int:
    class Owner:
        seen = 0
        save_stream = None

        def dispatch(self, message: object) -> None:
            self.seen += 1

    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.encoding = "utf8"
    protocol.factory = owner = Owner()
    for piece in pieces:
        protocol.data_received(piece)
    return owner.seen


def pyst2(pieces: list[bytes]) -> int:
    """Its reader is a thread on a socket file; here its loop over lines, without the thread and the
    socket."""
    seen = 0
    message: list[str] = []
    for line in b"".join(pieces).decode().splitlines(keepends=True):
        if line == "\r\n":
            ManagerMsg(message)
            seen += 1
            message = []
        elif not line.startswith("Asterisk Call Manager"):
            message.append(line)
    return seen


def best(work: Callable[[], int], rounds: int = 3) -> tuple[float, int]:
    times = []
    for _ in range(rounds):
        started = time.process_time()
        events = work()
        times.append(time.process_time() - started)
    return min(times), events


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    greeting, events = RECORDING.read_bytes().split(b"\r\n", 1)
    stream = greeting + b"\r\n" + events * calls
    pieces = [stream[i : i + PIECE] for i in range(0, len(stream), PIECE)]
    ways: list[tuple[str, Callable[[], int]]] = [
        ("ours, only what is used", lambda: ours(pieces, USED)),
        ("ours, every event", lambda: ours(pieces, None)),
        ("panoramisk 1.4", lambda: panoramisk(pieces)),
        ("pyst2 0.5.1", lambda: pyst2(pieces)),
    ]
    print(f"{calls} calls, {events.count(b'Event: ')} events and {len(events)} bytes each")
    print(f"{'':26}{'events/s':>12}{'us/event':>10}{'ms/call':>9}{'ratio':>8}")
    base = 0.0
    for name, work in ways:
        seconds, seen = best(work)
        base = base or seconds
        print(
            f"{name:26}{seen / seconds:12,.0f}{seconds / seen * 1e6:10.1f}{seconds / calls * 1e3:9.2f}"
            f"{seconds / base:8.1f}"
        )


if __name__ == "__main__":
    main()
