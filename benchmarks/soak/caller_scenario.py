"""A caller of the soak as a SIPp scenario: many in one process, each told by his Call-ID when to leave."""

from __future__ import annotations

from callcenter.demo.sipp_scenarios import HEAD, TAIL, do, label, log, message, recv

LONGEST_MS = 300_000
"""After that a call has failed: somebody forgot it."""
_REFUSALS = ("403", "404", "408", "480", "486", "487", "488", "500", "503", "603")

_VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]"
# of the INVITE, the only request of the call that may be cancelled
_INVITE_VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-invite"
_HOTLINE = "sip:[field1]@[remote_ip]:[remote_port]"
_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio {port} RTP/AVP 0 96
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


def _request(method: str, cseq: int, target: str, *, via: str = _VIA, sdp: str = "", tag: bool = True) -> str:
    kind = "Content-Type: application/sdp\n" if sdp else ""
    return f"""{method} {target} SIP/2.0
{via}
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <{_HOTLINE}>{"[peer_tag_param]" if tag else ""}
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
Contact: <sip:caller@[local_ip]:[local_port]>
{kind}Content-Length: {"[len]" if sdp else "0"}

{sdp}"""


_ACK_REFUSAL = _request("ACK", 1, _HOTLINE, via=_INVITE_VIA)
_STATUS = '<ereg regexp="SIP/2.0 ([0-9]+)" search_in="msg" assign_to="line,code"/>'
_WHERE = '<ereg regexp="m=audio ([0-9]+)" search_in="msg" assign_to="line,there"/>'
_CROSSED = '<ereg regexp="INVITE" search_in="hdr" header="CSeq:" assign_to="crossed"/>'


def soak_caller(audio_port: int) -> str:
    """Calls, and leaves when he is told (HANGUP), before the answer as well. His audio is sent by somebody
    else from `audio_port`.

    CSV: field0 his number, field1 whom he calls. Events: invited NUMBER DIALED; answered THEIR-PORT; ended
    far|near; cancelled; refused STATUS; forgotten.
    """
    parts = [
        HEAD.format(name="soak caller"),
        do(log("invited [field0] [field1]")),
        message(
            _request("INVITE", 1, _HOTLINE, via=_INVITE_VIA, sdp=_SDP.format(port=audio_port), tag=False),
            'retrans="500"',
        ),
        label(1),
        recv("100", 1) + recv("180", 1) + recv("183", 1),
        "".join(recv(status, 6, _STATUS) for status in _REFUSALS),
        recv("HANGUP", 5),
        f'<recv response="200" rrs="true"><action>{_WHERE}</action></recv>\n',
        message(_request("ACK", 1, "[next_url]")),
        do(log("answered [$there]")),
        label(2),
        recv("BYE", 3, attributes=f'timeout="{LONGEST_MS}" ontimeout="12"'),
        recv("200", 2),  # the answer once more, as our ACK was late
        recv("HANGUP", 4, optional=False),
        label(3),
        message(_REPLY),
        do(log("ended far")),
        '<nop next="8"/>\n',
        label(4),
        message(_request("BYE", 2, "[next_url]"), 'retrans="500"'),
        label(13),
        recv("HANGUP", 13) + recv("BYE", 7) + recv("481", 14) + recv("200", 14, optional=False),
        label(14),
        do(log("ended near")),
        '<nop next="8"/>\n',
        label(5),
        message(_request("CANCEL", 1, _HOTLINE, via=_INVITE_VIA, tag=False)),
        label(9),
        recv("HANGUP", 9) + recv("100", 9) + recv("180", 9) + recv("183", 9) + recv("481", 9),
        recv("487", 10),
        # the answer to the CANCEL, or to the INVITE which it has crossed
        f'<recv response="200" rrs="true" next="11" test="crossed"><action>{_CROSSED}</action></recv>\n',
        '<nop next="9"/>\n',
        label(10),
        message(_ACK_REFUSAL),
        do(log("cancelled")),
        '<nop next="8"/>\n',
        label(11),
        message(_request("ACK", 1, "[next_url]")),
        '<nop next="4"/>\n',
        label(6),
        message(_ACK_REFUSAL),
        do(log("refused [$code]")),
        '<nop next="8"/>\n',
        label(12),
        do(log("forgotten")),
        '<nop next="4"/>\n',
        label(7),
        message(_REPLY),
        do(log("ended near")),
        label(8),
        "<nop/>\n",
        TAIL.format(unused="line"),
    ]
    return "".join(parts)
