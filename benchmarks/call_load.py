"""SIPp load for the call benchmark: many phones in one process, callers at a steady rate in another."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.demo.sipp_phones import credentials
from callcenter.demo.sipp_process import SippEvent, SippProcess
from callcenter.demo.sipp_scenarios import HEAD, message, phone, registration

_CALLER_NUMBERS = 500

QUALIFY_SECONDS = 60
"""How often Asterisk asks each phone whether it is still there (pjsip.conf), counted from its registration.
The phones register evenly over this time: else some windows would pay for all of it and some for none."""

_INVITE = """INVITE sip:[did]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[did]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=sendrecv
"""

_ACK = """ACK [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[did]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0
"""

_BYE_200 = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
"""


def patient_caller(longest_ms: int) -> str:
    """Calls, waits and talks until the other side hangs up; after `longest_ms` the call has failed."""
    return "".join(
        (
            HEAD.format(name="patient caller"),
            message(_INVITE, 'retrans="500"'),
            '<recv response="100" optional="true"/>\n<recv response="180" optional="true"/>\n',
            '<recv response="183" optional="true"/>\n',
            '<recv response="200" rrs="true" timeout="20000"/>\n',
            message(_ACK),
            f'<recv request="BYE" timeout="{longest_ms}"/>\n',
            message(_BYE_200),
            "</scenario>\n",
        )
    )


class Phones:
    """All agents' phones: registered once, then they answer after `ring_ms` and hang up after `talk_ms`."""

    def __init__(
        self, sip_port: int, port: int, folder: Path, secrets: dict[str, str], *, ring_ms: int, talk_ms: int
    ) -> None:
        self.registered = 0
        self._count = len(secrets)
        self._sipp = SippProcess(
            "phones",
            [
                f"127.0.0.1:{sip_port}", "-sf", "{register.xml}", "-oocsf", "{phone.xml}", "-inf", "{csv}",
                "-m", str(self._count), "-l", str(self._count), "-cid_str", "reg-%u",
                "-r", str(self._count), "-rp", str(QUALIFY_SECONDS * 1000),
            ],
            {
                "register.xml": registration(3600, 3000),
                "phone.xml": phone(ring_ms, talk_ms, own_ports=False, quiet=True),
                "csv": "SEQUENTIAL\n" + credentials(secrets),
            },
            folder=folder, port=port, on_event=self._on_event,
        )  # fmt: skip

    def _on_event(self, event: SippEvent) -> None:
        self.registered += event.kind == "registered"

    async def start(self) -> None:
        """Register them all. Raises TimeoutError, which says how many came."""
        await self._sipp.start()
        try:
            async with asyncio.timeout(QUALIFY_SECONDS + 30 + self._count / 40):
                while self.registered < self._count:
                    await asyncio.sleep(0.2)
        except TimeoutError:
            complaints = [line for line in self._sipp.errors().splitlines() if "out-of-call" not in line]
            await self.stop()
            text = f"{self.registered} of {self._count} phones registered"
            raise TimeoutError("\n".join([text, *complaints[:12]])) from None

    async def stop(self) -> None:
        """End them."""
        await self._sipp.stop()


class Callers:
    """`count` callers at `rate` a second."""

    def __init__(
        self,
        sip_port: int,
        port: int,
        folder: Path,
        did: str,
        *,
        rate: int,
        count: int,
        longest_ms: int = 30_000,
    ) -> None:
        numbers = "".join(f"1380000{n:04d};\n" for n in range(_CALLER_NUMBERS))
        self._statistics = folder / "callers.statistics.csv"
        self._sipp = SippProcess(
            "callers",
            [
                f"127.0.0.1:{sip_port}", "-sf", "{xml}", "-inf", "{csv}", "-key", "did", did,
                "-r", str(rate), "-m", str(count), "-l", str(rate * 60),
                "-trace_stat", "-stf", str(self._statistics), "-fd", "3600",
            ],
            {"xml": patient_caller(longest_ms), "csv": "SEQUENTIAL\n" + numbers},
            folder=folder, port=port,
        )  # fmt: skip

    async def start(self) -> None:
        """Begin to call."""
        self._statistics.unlink(missing_ok=True)
        await self._sipp.start()

    async def failed(self, seconds: float) -> int:
        """Wait for the end of the last call; the number of calls that failed. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._sipp.wait_ended()
        names, *_, last = self._statistics.read_text().splitlines()
        return int(dict(zip(names.split(";"), last.split(";"), strict=False))["FailedCall(C)"])

    async def stop(self) -> None:
        """End them, whatever they do."""
        await self._sipp.stop()
