"""The SIPp scenarios of callers and agents' phones.

Nothing that comes from outside is ever written into a scenario: names and numbers reach SIPp as `-key`
values or CSV fields, which it puts into messages as they are.

A call that is under way waits for SIP requests of our own invention (KEY, SPEAK, HUSH, HANGUP, ANSWER,
REJECT): `sipp_process.SippProcess.tell` sends them with the call's Call-ID, so that a test or the demo steers
each call at the moment it chooses. Each step is reported by one `<log>` line: EVENT SECONDS MICROSECONDS
CALL-ID [WORDS].
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n'
TAIL = '<Reference variables="{unused}"/>\n</scenario>\n'

_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=audio [media_port]
c=IN IP4 [media_ip]
t=0 0
m=audio {port} RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=sendrecv
"""
# play_dtmf sends from the port of the last [media_port], and that keyword must stand on a line with the word
# "audio": hence the session's name. A single caller's speech and keys so leave from the same port.
SDP_OWN_PORT = _SDP.format(port="[rtpstream_audio_port]")
SDP_SHARED_PORT = _SDP.format(port="[media_port]")

_REFUSALS = ("403", "404", "408", "480", "486", "487", "488", "500", "503", "603")


def message(text: str, attributes: str = "") -> str:
    """A message to send. SIPp makes each line end with CR LF."""
    return f"<send{' ' if attributes else ''}{attributes}><![CDATA[\n{text}\n]]></send>\n"


def log(words: str) -> str:
    """An action that reports an event with SIPp's own time.

    It belongs to a step right before one that waits: an order that arrives at any other step ends the call,
    and who hears of the event may order at once.
    """
    event, _, rest = words.partition(" ")
    return f'<gettimeofday assign_to="s,us"/><log message="{event} [$s] [$us] [call_id] {rest}"/>'


def do(actions: str) -> str:
    """A step that only acts."""
    return f"<nop><action>{actions}</action></nop>\n"


def label(number: int) -> str:
    """Where a `next` may lead."""
    return f'<label id="{number}"/>\n'


def recv(what: str, go: int, actions: str = "", *, optional: bool = True, attributes: str = "") -> str:
    """Take a request or a response (a status), act, and go on at label `go`."""
    kind = "response" if what.isdigit() else "request"
    more = ' optional="true"' if optional else ""
    inner = f"<action>{actions}</action>" if actions else ""
    return f'<recv {kind}="{what}"{more} next="{go}" {attributes}>{inner}</recv>\n'


# The branch of the INVITE, the only request of the call that may be cancelled.
_OWN_VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]"
_INVITE_VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-[pid]-invite"

_REPLY_200 = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
"""


def _uac(method: str, cseq: int, target: str, *, via: str = _OWN_VIA, tag: bool = True, sdp: str = "") -> str:
    """A request of the caller. `tag`: the other side has one already."""
    return f"""{method} {target} SIP/2.0
{via}
From: [who];tag=[pid]c[call_number]
To: <sip:[did]@[remote_ip]:[remote_port]>{"[peer_tag_param]" if tag else ""}
Call-ID: [call_id]
CSeq: {cseq} {method}
Max-Forwards: 70
Contact: <sip:caller@[local_ip]:[local_port]>
{"Content-Type: application/sdp" + chr(10) if sdp else ""}Content-Length: {"[len]" if sdp else "0"}

{sdp}"""


def _refusals(go: int) -> str:
    code = '<ereg regexp="SIP/2.0 ([0-9]+)" search_in="msg" assign_to="line,code"/>'
    return "".join(recv(status, go, code) for status in _REFUSALS)


_HOTLINE = "sip:[did]@[remote_ip]:[remote_port]"
_ACK_REFUSAL = _uac("ACK", 1, _HOTLINE, via=_INVITE_VIA)
_FIND_KEY = '<ereg regexp="[0-9*#A-D]" search_in="hdr" header="X-Key:" assign_to="key"/>'
_PAUSE = '<exec rtp_stream="pause"/>'


def _speak(speech: str) -> str:
    """Play a file of headerless ulaw again and again. SIPp reads it when it starts, so it stands here."""
    # a stream that was paused before it began would stay so
    resume = '<exec rtp_stream="resume"/>'
    return f"<exec rtp_stream={quoteattr(speech + ',-1,0')}/>{resume}" if speech else ""


def caller(speech: str = "") -> str:
    """One caller who is told what to do (KEY, SPEAK, HUSH, HANGUP).

    Keys: did, who (the From header's value).
    Events: invited, answered, pressed KEY, ended far|near, refused STATUS, cancelled.
    """
    parts = [
        HEAD.format(name="caller"),
        do(log("invited")),
        message(_uac("INVITE", 1, _HOTLINE, tag=False, via=_INVITE_VIA, sdp=SDP_OWN_PORT), 'retrans="500"'),
        label(1),
        recv("100", 1) + recv("180", 1) + recv("183", 1),
        _refusals(6),
        recv("HANGUP", 5),
        '<recv response="200" rrs="true"/>\n',
        message(_uac("ACK", 1, "[next_url]")),
        do(log("answered")),
        label(2),
        recv("BYE", 3),
        # speech between the packets of a key makes Asterisk hear the key twice: it pauses
        recv("KEY", 2, _FIND_KEY + log("pressed [$key]") + _PAUSE + '<exec play_dtmf="[$key],160"/>'),
        recv("SPEAK", 2, _speak(speech)),
        recv("HUSH", 2, _PAUSE),
        recv("HANGUP", 4, optional=False),
        label(3),
        message(_REPLY_200),
        do(log("ended far")),
        '<nop next="8"/>\n',
        label(4),
        message(_uac("BYE", 2, "[next_url]"), 'retrans="500"'),
        recv("BYE", 7, log("ended near")) + recv("200", 8, log("ended near"), optional=False),
        label(5),
        message(_uac("CANCEL", 1, _HOTLINE, via=_INVITE_VIA, tag=False)),
        '<recv response="200"/>\n<recv response="487"/>\n',
        message(_ACK_REFUSAL),
        do(log("cancelled")),
        '<nop next="8"/>\n',
        label(6),
        message(_ACK_REFUSAL),
        do(log("refused [$code]")),
        '<nop next="8"/>\n',
        label(7),
        message(_REPLY_200),
        label(8),
        "<nop/>\n",
        TAIL.format(unused="line"),
    ]
    return "".join(parts)


_LOCAL = "sip:[$user]@[local_ip]:[local_port]"
_SAVE_INVITE = (
    '<ereg regexp="sip:([0-9A-Za-z]+)@" search_in="msg" assign_to="line,user"/>'
    '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>'
    '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="callee"/>'
    '<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>'
    '<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>'
)


def _uas(status: str, method: str, sdp: str = "") -> str:
    """A reply to the INVITE, also when another message came in between."""
    return f"""SIP/2.0 {status}
Via:[$via]
From:[$caller]
To:[$callee];tag=p[call_id]
Call-ID: [call_id]
CSeq: [$cseq] {method}
Contact: <{_LOCAL}>
{"Content-Type: application/sdp" + chr(10) if sdp else ""}Content-Length: {"[len]" if sdp else "0"}

{sdp}"""


# SIPp counts no out-of-call calls: [branch] and [call_number] would be the same in all of them.
_PHONE_BYE = f"""BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-bye-[call_id]
From:[$callee];tag=p[call_id]
To:[$caller]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Contact: <{_LOCAL}>
Content-Length: 0
"""


def _limit(milliseconds: int | None, go: int) -> str:
    """Go on by oneself after a while (None: never). SIPp heeds it at the first of several steps that wait."""
    return "" if milliseconds is None else f'timeout="{milliseconds}" ontimeout="{go}"'


def phone(
    answer_ms: int | None,
    talk_ms: int | None,
    *,
    speech: str = "",
    own_ports: bool = True,
    quiet: bool = False,
) -> str:
    """What a phone does with a call. None: it waits to be told (ANSWER, REJECT, SPEAK, HUSH, HANGUP).

    `own_ports`: each call has its own RTP port and can speak; else all echo on one port. `quiet`: no events.
    Events: ringing EXTENSION, talking, ended far|near, cancelled, rejected.
    """

    def say(words: str) -> str:
        return "" if quiet else log(words)

    def acting(actions: str) -> str:
        return f"<action>{actions}</action>" if actions else ""

    parts = [
        HEAD.format(name="phone"),
        recv("OPTIONS", 7),
        f'<recv request="INVITE" rrs="true"><action>{_SAVE_INVITE}</action></recv>\n',
        message(_uas("180 Ringing", "INVITE")),
        "" if quiet else do(log("ringing [$user]")),
        recv("CANCEL", 5, attributes=_limit(answer_ms, 1)),
        recv("REJECT", 6),
        recv("ANSWER", 1, optional=False),
        label(1),
        message(_uas("200 OK", "INVITE", SDP_OWN_PORT if own_ports else SDP_SHARED_PORT), 'retrans="500"'),
        f'<recv request="ACK">{acting(say("talking"))}</recv>\n',
        label(2),
        recv("BYE", 3, attributes=_limit(talk_ms, 4)),
        recv("SPEAK", 2, _speak(speech)) + recv("HUSH", 2, _PAUSE) if own_ports else "",
        recv("HANGUP", 4, optional=False),
        label(3),
        message(_REPLY_200),
        "" if quiet else do(log("ended far")),
        '<nop next="8"/>\n',
        label(4),
        message(_PHONE_BYE, 'retrans="500"'),
        recv("BYE", 7, say("ended near")) + recv("200", 8, say("ended near"), optional=False),
        label(5),
        message(_REPLY_200),
        message(_uas("487 Request Terminated", "INVITE")),
        recv("ACK", 8, say("cancelled"), optional=False),
        label(6),
        message(_uas("486 Busy Here", "INVITE")),
        recv("ACK", 8, say("rejected"), optional=False),
        label(7),
        message(_REPLY_200),
        label(8),
        "<nop/>\n",
        TAIL.format(unused="line"),
    ]
    return "".join(parts)


def registration(expires_s: int, refresh_s: int) -> str:
    """Keep one phone registered until it is told UNREGISTER; REGISTER makes it come back.

    CSV: field0 the extension, field1 `[authentication username=.. password=..]`.
    Events: registered, unregistered, refused, each with the extension.
    """

    def register(more: str = "") -> str:
        return f"""REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]-[cseq]
From: <sip:[field0]@[remote_ip]:[remote_port]>;tag=[pid]r[call_number]
To: <sip:[field0]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: [cseq] REGISTER
Contact: <sip:[field0]@[local_ip]:[local_port]>;expires=[$expires]
{more}Max-Forwards: 70
Content-Length: 0
"""

    def round_trip(expires: int, event: str, go: int, doubt: int) -> str:
        """`doubt`: a second 401 may be the first one again, when a busy switch was asked twice."""
        done = log(f"{event} [field0]")
        return (
            do(f'<assignstr assign_to="expires" value="{expires}"/>')
            + message(register(), 'retrans="500"')
            + '<recv response="401" auth="true"/>\n'
            + message(register("[field1]\n"), 'retrans="500"')
            + recv("401", doubt)
            + recv("403", 6)
            + recv("200", go, done, optional=False)
            + label(doubt)
            + recv("401", doubt, attributes=_limit(1000, 6))
            + recv("200", go, done, optional=False)
        )

    parts = [
        HEAD.format(name="registration"),
        label(1),
        round_trip(expires_s, "registered", 2, 7),
        label(2),
        recv("UNREGISTER", 3, attributes=_limit(refresh_s * 1000, 1)),
        # a busy switch answers late, and then also what was sent again meanwhile
        recv("401", 2) + recv("200", 2),
        recv("REGISTER", 1, optional=False),
        label(3),
        round_trip(0, "unregistered", 5, 8),
        label(6),
        do(log("refused [field0]")),
        label(4),
        recv("REGISTER", 1, optional=False, attributes=_limit(5000, 1)),
        label(5),
        recv("REGISTER", 1, optional=False),
        "</scenario>\n",
    ]
    return "".join(parts)
