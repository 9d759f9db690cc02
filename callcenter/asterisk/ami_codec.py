"""The Asterisk Manager Interface as bytes: a decoder and an encoder without any I/O.

Theory of operation
-------------------
Asterisk greets with one banner line, then sends messages: lines `Name: value` ended by CR LF, a message ended
by an empty line. A message is a response (first line `Response:`) or an event (first line `Event:`). A name
may stand several times in one message (`Output`, `ChanVariable`).

The decoder is fed whatever the socket gave and returns the messages that are complete. Three choices:

* An event nobody asked for is dropped by its name, before its headers are split: on a busy switch that is
  most of the bytes. An event that carries an ActionID belongs to an action and is always kept.
* Text is decoded once per complete message, so a character split over two chunks survives. Bytes that are not
  UTF-8 become U+FFFD: the text goes on to JSON, a database and a browser, and a lone surrogate breaks all
  three.
* A lone LF is part of a value, never the end of a line.

What we send is suspicious: a CR, LF or NUL in a name or a value would let a caller's name become a second
action, so it is refused, naming the field and never repeating the value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

MAX_MESSAGE_BYTES = 1_000_000
"""A longer message is not one Asterisk sends; reading on would only fill the memory."""
MAX_BANNER_BYTES = 256
MAX_LINE_BYTES = 1024
"""Asterisk reads lines into a buffer of this size (CR LF counted) and throws a longer one away."""
MAX_ACTION_HEADERS = 128
"""Asterisk refuses an action with more headers."""

_END = b"\r\n\r\n"
_BANNER = b"Asterisk Call Manager/"
_FORBIDDEN = ("\r", "\n", "\0")
# The characters that mean something where Asterisk splits a Variable header into arguments.
_VARIABLE_ESCAPES = str.maketrans({c: "\\" + c for c in '\\",()[]'})


class ProtocolError(Exception):
    """The peer does not speak the protocol; the connection is of no more use."""


class UnsafeValue(ValueError):
    """A name or value cannot be sent as one line; says which field, never what stood in it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


class AmiMessage:
    """One response or event.

    `fields` maps each header name, spelled as Asterisk spells it (`Uniqueid`, `DestUniqueid`, `ActionID`), to
    its first value; `getall` gives every value of a repeated name.
    """

    __slots__ = ("_repeated", "fields")

    def __init__(self, fields: dict[str, str], repeated: dict[str, list[str]] | None = None) -> None:
        self.fields = fields
        self._repeated = repeated

    @property
    def event(self) -> str:
        """The event's name, or an empty string for a response."""
        return self.fields.get("Event", "")

    @property
    def response(self) -> str:
        """`Success`, `Error`, `Goodbye`…, or an empty string for an event (some events have such a
        field too)."""
        return "" if "Event" in self.fields else self.fields.get("Response", "")

    @property
    def ok(self) -> bool:
        """True if this is a response and not an error."""
        return self.response not in ("", "Error")

    @property
    def message(self) -> str:
        """What a response says in words."""
        return self.fields.get("Message", "")

    @property
    def action_id(self) -> str:
        return self.fields.get("ActionID", "")

    def __getitem__(self, name: str) -> str:
        return self.fields[name]

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default)

    def getall(self, name: str) -> list[str]:
        """Every value of a header, in the order sent; empty if it is absent."""
        if self._repeated is not None and name in self._repeated:
            return list(self._repeated[name])
        value = self.fields.get(name)
        return [] if value is None else [value]

    def variables(self, header: str = "ChanVariable") -> dict[str, str]:
        """The `name=value` pairs of a repeated header such as ChanVariable or DestChanVariable."""
        pairs: dict[str, str] = {}
        for item in self.getall(header):
            name, _, value = item.partition("=")
            pairs[name] = value
        return pairs

    def items(self) -> list[tuple[str, str]]:
        """All headers, repeated ones together at the place of the first."""
        return [(name, value) for name in self.fields for value in self.getall(name)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AmiMessage) and self.items() == other.items()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"AmiMessage({self.items()!r})"


class AmiDecoder:
    """Turns the bytes of one connection into messages.

    `wanted` holds the names of the events to keep, as bytes (None keeps all). `banner` says whether the
    stream begins with the greeting line; its text is then in `version`. After a ProtocolError the decoder
    stays broken.
    """

    __slots__ = ("_broken", "_buffer", "_scanned", "_wanted", "dropped", "version")

    def __init__(self, wanted: Collection[bytes] | None = None, *, banner: bool = True) -> None:
        self._wanted = None if wanted is None else frozenset(wanted)
        self._buffer = bytearray()
        self._scanned = 0
        self._broken: ProtocolError | None = None
        self.version: str | None = None if banner else ""
        self.dropped = 0
        """Events dropped because nobody wanted them."""

    def feed(self, data: bytes) -> list[AmiMessage]:
        """The messages completed by these bytes, in order. Raises ProtocolError."""
        if self._broken is not None:
            raise self._broken
        try:
            return self._feed(data)
        except ProtocolError as error:
            self._broken = error
            raise

    def _feed(self, data: bytes) -> list[AmiMessage]:
        buffer = self._buffer
        if self.version is None:
            buffer += data
            if not self._take_banner():
                return []
            data = bytes(buffer)
            buffer.clear()
        if buffer:
            buffer += data
            if buffer.find(_END, self._scanned) < 0:
                return self._keep_waiting()
            data = bytes(buffer)
            buffer.clear()
        blocks = data.split(_END)
        rest = blocks.pop()
        messages = self._parse_blocks(blocks) if blocks else []
        buffer += rest
        self._keep_waiting()
        return messages

    def _keep_waiting(self) -> list[AmiMessage]:
        """Remember how far was looked, so that a long message in small pieces is not searched again and
        again."""
        size = len(self._buffer)
        if size > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message is longer than {MAX_MESSAGE_BYTES} bytes")
        self._scanned = max(0, size - len(_END) + 1)
        return []

    def _take_banner(self) -> bool:
        buffer = self._buffer
        if not buffer.startswith(_BANNER[: len(buffer)]):
            raise ProtocolError("the greeting is not that of an Asterisk manager")
        end = buffer.find(b"\r\n")
        if end < 0:
            if len(buffer) > MAX_BANNER_BYTES:
                raise ProtocolError("the greeting has no end")
            return False
        self.version = buffer[len(_BANNER) : end].decode("utf-8", "replace")
        del buffer[: end + 2]
        return True

    def _parse_blocks(self, blocks: list[bytes]) -> list[AmiMessage]:
        wanted = self._wanted
        messages: list[AmiMessage] = []
        for block in blocks:
            if wanted is not None and block.startswith(b"Event: "):
                end = block.find(b"\r\n", 7)
                name = block[7:end] if end > 0 else block[7:]
                if name not in wanted and b"\r\nActionID: " not in block:
                    self.dropped += 1
                    continue
            if len(block) > MAX_MESSAGE_BYTES:
                raise ProtocolError(f"a message is longer than {MAX_MESSAGE_BYTES} bytes")
            message = _parse(block.decode("utf-8", "replace"))
            if message is not None:
                messages.append(message)
        return messages


def _parse(text: str) -> AmiMessage | None:
    """One message from its text; None if it holds no header at all."""
    pairs = [line.split(": ", 1) for line in text.split("\r\n")]
    try:
        # The usual case, done by the interpreter's own code: every line is a header, no name stands twice.
        fields: dict[str, str] = dict(pairs)
    except ValueError:
        return _parse_slowly(text)
    return AmiMessage(fields) if len(fields) == len(pairs) else _parse_slowly(text)


def _parse_slowly(text: str) -> AmiMessage | None:
    """Repeated names, and lines that are not headers (left out: nothing of ours could use them)."""
    fields: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        value = value.removeprefix(" ")
        if name not in fields:
            fields[name] = value
        elif name in repeated:
            repeated[name].append(value)
        else:
            repeated[name] = [fields[name], value]
    return AmiMessage(fields, repeated or None) if fields else None


def encode_action(
    name: str,
    action_id: str,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """One action as bytes. Each variable becomes its own Variable header, arriving exactly as given.

    Raises UnsafeValue for what cannot be said in one line that Asterisk would read whole.
    """
    lines = [_line("Action", name), _line("ActionID", action_id)]
    for field, value in headers.items() if isinstance(headers, Mapping) else headers:
        lines.append(_line(field, value))
    if variables:
        for variable, value in variables.items():
            _refuse_line_breaks("Variable", variable)
            if not variable or any(c in variable for c in ' =,"\\'):
                raise UnsafeValue("Variable", "a variable's name is empty or holds a separator")
            escaped = value.translate(_VARIABLE_ESCAPES)
            lines.append(_line("Variable", f"{variable}={escaped}", f"Variable {variable}"))
    if len(lines) > MAX_ACTION_HEADERS:
        raise UnsafeValue(name, f"more than {MAX_ACTION_HEADERS} headers")
    return b"".join(lines) + b"\r\n"


def _line(field: str, value: str, said_as: str | None = None) -> bytes:
    label = said_as or field
    if not field or ":" in field or " " in field:
        raise UnsafeValue(repr(field), "not a header name")
    _refuse_line_breaks(repr(field), field)
    _refuse_line_breaks(label, value)
    try:
        line = f"{field}: {value}\r\n".encode()
    except UnicodeEncodeError:
        raise UnsafeValue(label, "text that is not valid Unicode") from None
    if len(line) > MAX_LINE_BYTES:
        raise UnsafeValue(label, f"longer than the {MAX_LINE_BYTES} bytes of a line")
    return line


def _refuse_line_breaks(field: str, text: str) -> None:
    for character in _FORBIDDEN:
        if character in text:
            raise UnsafeValue(field, "holds a line break or NUL")
