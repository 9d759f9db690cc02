"""FastAGI as bytes: the opening environment, commands and replies, without any I/O.

Theory of operation
-------------------
Asterisk connects and sends lines `agi_name: value`, then an empty line. From then on we send one command a
line and get one reply for each: `200 result=…`, `510` (no such command), `511` (not allowed on a dead
channel) or `520-…` with several lines of usage up to `520 End of proper usage.`. In between, and never as a
reply, comes the line `HANGUP`: the caller has left, though the socket is still open and variables can still
be read and written.

A value read back (`GET VARIABLE`) stands in parentheses, and may itself hold parentheses, line breaks and any
characters. Its end is a `)` at the end of a line, or a `)` followed by ` endpos=`; until then lines are
joined.
"""

from __future__ import annotations

from typing import Final

from callcenter.asterisk.ami_codec import ProtocolError, UnsafeValue

MAX_ENVIRONMENT_BYTES = 64 * 1024
MAX_ENVIRONMENT_LINES = 200
MAX_COMMAND_BYTES = 8192
"""Asterisk's line buffer, the line feed and a closing NUL counted."""
MAX_WORDS = 127
"""Asterisk's table has 128 places, the last one kept free. More words in quotes write beyond it and can
crash the whole Asterisk (seen on 22.10.1), so this is not only about words that would be left out."""
MAX_REPLY_BYTES = 256 * 1024


class CommandTooLong(UnsafeValue):
    """Asterisk would cut this command short; it is refused instead."""


class EnvironmentParser:
    """Collects the opening lines. `feed` is called until `complete`; `rest` then holds what came after."""

    __slots__ = ("_buffer", "_scanned", "complete", "env", "rest")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self.complete = False
        self.env: dict[str, str] = {}
        self.rest = b""

    def feed(self, data: bytes) -> bool:
        """True once the empty line has come. Raises ProtocolError for anything that is not an AGI opening."""
        buffer = self._buffer
        buffer += data
        if not buffer.startswith(b"agi_"[: len(buffer)]):
            raise ProtocolError("not an AGI opening")
        end = buffer.find(b"\n\n", self._scanned)
        size = len(buffer) if end < 0 else end
        if size > MAX_ENVIRONMENT_BYTES:
            raise ProtocolError(f"an AGI opening of more than {MAX_ENVIRONMENT_BYTES} bytes")
        if end < 0:
            self._scanned = max(0, size - 1)
            return False
        self.env = _parse_environment(buffer[:end].decode("utf-8", "replace"))
        self.rest = bytes(buffer[end + 2 :])
        self.complete = True
        buffer.clear()
        return True


def _parse_environment(text: str) -> dict[str, str]:
    lines = text.split("\n")
    if len(lines) > MAX_ENVIRONMENT_LINES:
        raise ProtocolError(f"an AGI opening of more than {MAX_ENVIRONMENT_LINES} lines")
    env: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.startswith("agi_"):
            raise ProtocolError("an AGI opening with a line that is not agi_name: value")
        env[name] = value.removeprefix(" ").removesuffix("\r")
    return env


def arguments(env: dict[str, str]) -> list[str]:
    """The arguments the dialplan gave after the address, in order (`agi_arg_1`, `agi_arg_2`…)."""
    found: list[str] = []
    while (value := env.get(f"agi_arg_{len(found) + 1}")) is not None:
        found.append(value)
    return found


def encode_command(name: str, *words: str) -> bytes:
    """One command line. `name` is the command (`SET VARIABLE`), each further word exactly one argument.

    Raises UnsafeValue for line breaks and NUL, CommandTooLong for what Asterisk would cut.
    """
    parts = [_command_name(name)]
    for number, word in enumerate(words, 1):
        if "\n" in word or "\r" in word or "\0" in word:
            raise UnsafeValue(f"{name} argument {number}", "holds a line break or NUL")
        parts.append('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"')
    if len(words) + name.count(" ") + 1 > MAX_WORDS:
        raise CommandTooLong(name, f"more than {MAX_WORDS} words")
    try:
        line = (" ".join(parts) + "\n").encode()
    except UnicodeEncodeError:
        raise UnsafeValue(name, "text that is not valid Unicode") from None
    if len(line) >= MAX_COMMAND_BYTES:
        raise CommandTooLong(name, f"longer than the {MAX_COMMAND_BYTES - 1} bytes of a line")
    return line


_KNOWN_NAMES: Final[set[str]] = set()


def _command_name(name: str) -> str:
    """The name as it is sent. Names come from our own code and repeat, so each is checked once."""
    if name not in _KNOWN_NAMES:
        words = name.split(" ")
        if not all(word.isascii() and word.isalpha() for word in words):
            raise UnsafeValue("command name", "not words of letters")
        if len(_KNOWN_NAMES) < 100:
            _KNOWN_NAMES.add(name)
    return name


class AgiReply:
    """What Asterisk answered to one command.

    `result` is the text after `result=` (a number, or the keys pressed); `data` what stood in parentheses, or
    None; `endpos` the sample at which playing or recording stopped, or None; `text` everything but the code.
    """

    __slots__ = ("code", "data", "endpos", "result", "text")

    def __init__(
        self, code: int, text: str, result: str = "", data: str | None = None, endpos: int | None = None
    ) -> None:
        self.code = code
        self.text = text
        self.result = result
        self.data = data
        self.endpos = endpos

    @property
    def ok(self) -> bool:
        """The command was understood and allowed; its result may still be a failure of its own (-1)."""
        return self.code == 200

    @property
    def number(self) -> int | None:
        """`result` as a number, or None if it is not one."""
        try:
            return int(self.result)
        except ValueError:
            return None

    @property
    def key(self) -> str:
        """The key that ended the command, for commands that answer with its character code; else empty."""
        number = self.number
        return chr(number) if number is not None and 0 < number < 128 else ""

    def __repr__(self) -> str:
        return f"AgiReply({self.code} {self.text!r})"


class AgiHangup:
    """The caller has left."""

    __slots__ = ()


HANGUP: Final = AgiHangup()


class ReplyParser:
    """Turns what Asterisk sends after the opening into replies and hang-ups, in order.

    `strays` counts lines that are neither: they are skipped, since one odd line is no reason to lose a
    caller.
    """

    __slots__ = ("_buffer", "_held", "_held_bytes", "strays")

    def __init__(self) -> None:
        self._buffer = b""
        self._held: list[bytes] = []  # the lines so far of a reply that takes several
        self._held_bytes = 0
        self.strays = 0

    def feed(self, data: bytes) -> list[AgiReply | AgiHangup]:
        """What these bytes completed. Raises ProtocolError for a reply that does not end."""
        if self._buffer:
            data = self._buffer + data
        lines = data.split(b"\n")
        self._buffer = lines.pop()
        found: list[AgiReply | AgiHangup] = []
        for line in lines:
            item = self._continue(line) if self._held else self._start(line)
            if item is not None:
                found.append(item)
        if len(self._buffer) + self._held_bytes > MAX_REPLY_BYTES:
            raise ProtocolError(f"a reply of more than {MAX_REPLY_BYTES} bytes")
        return found

    def _start(self, line: bytes) -> AgiReply | AgiHangup | None:
        if line == b"HANGUP":
            return HANGUP
        code, mark = line[:3], line[3:4]
        if not code.isdigit() or mark not in (b" ", b"-"):
            self.strays += 1
            return None
        if mark == b"-" or (code == b"200" and _value_is_open(line)):
            self._held.append(line)
            self._held_bytes = len(line)
            return None
        return _reply(line)

    def _continue(self, line: bytes) -> AgiReply | AgiHangup | None:
        first = self._held[0]
        if first[3:4] == b"-":
            if line == b"HANGUP":
                return HANGUP
            done = line.startswith(first[:3] + b" ")
        else:
            done = _ends_value(line)
        self._held.append(line)
        self._held_bytes += len(line) + 1
        if not done:
            return None
        whole = b"\n".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return _reply(whole)


def _ends_value(line: bytes) -> bool:
    return line.endswith(b")") or b") endpos=" in line or b") digit=" in line


def _value_is_open(line: bytes) -> bool:
    """True for `200 result=1 (first line of a value` whose closing parenthesis is still to come."""
    if b"(" not in line or not line.startswith(b"200 result="):
        return False
    return line[11:].partition(b" ")[2].startswith(b"(") and not _ends_value(line)


def _reply(line: bytes) -> AgiReply:
    text = line[4:].decode("utf-8", "replace")
    code = int(line[:3])
    if code != 200 or not text.startswith("result="):
        return AgiReply(code, text)
    result, _, tail = text[7:].partition(" ")
    data: str | None = None
    if tail.startswith("("):
        if tail.endswith(")"):
            data, tail = tail[1:-1], ""
        else:
            close = tail.find(") endpos=")
            if close < 0:
                close = tail.find(") digit=")
            data, tail = tail[1:close], tail[close + 1 :]
    at = tail.find("endpos=")
    endpos = tail[at + 7 :].partition(" ")[0] if at >= 0 else ""
    number = int(endpos) if endpos.isascii() and endpos.isdigit() and len(endpos) < 19 else None
    return AgiReply(code, text, result, data, number)
