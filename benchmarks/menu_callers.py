"""SIPp callers whose audio and keys are somebody else's: SIPp signals, and tells where to send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from callcenter.demo.sipp_process import SippEvent, SippProcess
from callcenter.demo.sipp_scenarios import HEAD, TAIL, do, label, log, message, recv

_LONGEST_MS = 240_000


def _request(method: str, cseq: int, target: str, sdp: str = "") -> str:
    kind = "Content-Type: application/sdp\n" if sdp else ""
    return f"""{method} {target} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[did]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
Contact: <sip:caller@[local_ip]:[local_port]>
{kind}Content-Length: {"[len]" if sdp else "0"}

{sdp}"""


_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [field1] RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=sendrecv
"""
_REPLY = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
"""
_WHERE = '<ereg regexp="m=audio ([0-9]+)" search_in="msg" assign_to="line,there"/>'


def menu_caller() -> str:
    """Calls, and leaves when he is told (HANGUP).

    CSV: field0 his number, field1 the port of his audio. Events: answered THEIR-PORT OWN-PORT; ended; cut,
    when the other side hung up.
    """
    return "".join(
        (
            HEAD.format(name="menu caller"),
            message(
                _request("INVITE", 1, "sip:[did]@[remote_ip]:[remote_port]", _SDP).replace(
                    "[peer_tag_param]", ""
                ),
                'retrans="500"',
            ),
            '<recv response="100" optional="true"/>\n<recv response="180" optional="true"/>\n',
            '<recv response="183" optional="true"/>\n',
            f'<recv response="200" rrs="true" timeout="20000"><action>{_WHERE}</action></recv>\n',
            message(_request("ACK", 1, "[next_url]")),
            do(log("answered [$there] [field1]")),
            recv("BYE", 3, attributes=f'timeout="{_LONGEST_MS}" ontimeout="4"'),
            recv("HANGUP", 4, optional=False),
            label(4),
            message(_request("BYE", 2, "[next_url]"), 'retrans="500"'),
            recv("BYE", 1) + recv("200", 2, optional=False),
            label(3),
            message(_REPLY),
            do(log("cut")),
            '<nop next="5"/>\n',
            label(1),
            message(_REPLY),
            label(2),
            do(log("ended")),
            label(5),
            "<nop/>\n",
            TAIL.format(unused="line"),
        )
    )


class MenuCallers:
    """`at_once` callers of one number, each replaced when he leaves, until `count` have called."""

    def __init__(
        self,
        name: str,
        sip_port: int,
        port: int,
        folder: Path,
        did: str,
        *,
        audio_ports: Sequence[int],
        at_once: int,
        count: int,
        rate: int,
        on_event: Callable[[SippEvent], None],
    ) -> None:
        """`audio_ports`: whose turn it is, again and again. `rate`: calls a second that are begun at most."""
        rows = "".join(
            f"13{10_000_000 + n:09d};{audio_ports[n % len(audio_ports)]};\n"
            for n in range(max(len(audio_ports), 2000))
        )
        self._statistics = folder / f"{name}.statistics.csv"
        self._statistics.unlink(missing_ok=True)
        self._sipp = SippProcess(
            name,
            [
                f"127.0.0.1:{sip_port}", "-sf", "{xml}", "-inf", "{csv}", "-key", "did", did,
                "-r", str(rate), "-m", str(count), "-l", str(at_once),
                "-trace_stat", "-stf", str(self._statistics), "-fd", "1",
            ],
            {"xml": menu_caller(), "csv": "SEQUENTIAL\n" + rows},
            folder=folder, port=port, on_event=on_event,
        )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """SIPp's process id while it runs."""
        return self._sipp.pid

    async def start(self) -> None:
        """Begin to call."""
        await self._sipp.start()

    def hang_up(self, call_id: str) -> None:
        """One caller leaves."""
        self._sipp.tell(call_id, "HANGUP")

    def counts(self) -> tuple[int, int]:
        """Calls begun and calls failed so far; a second old."""
        try:
            names, *_, last = self._statistics.read_text().splitlines()
        except (OSError, ValueError):
            return 0, 0
        row = dict(zip(names.split(";"), last.split(";"), strict=False))
        return int(row.get("TotalCallCreated") or 0), int(row.get("FailedCall(C)") or 0)

    def errors(self) -> str:
        """What SIPp complained about."""
        return self._sipp.errors()

    async def stop(self) -> None:
        """End SIPp, whatever its callers do."""
        await self._sipp.stop()
