"""What callers of a queue hear and may choose while they wait: `waiting` of a queue in center.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from callcenter.center.base import Id, Language, Model

After = Annotated[float, Field(ge=0, le=14400)]  # seconds in line
Every = Annotated[float, Field(ge=10, le=14400)]  # seconds from one beginning to the next
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Heard = dict[Language, Annotated[str, StringConstraints(max_length=2000)]]
Files = dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=500)]]


class Announcements(Model):
    """The caller is told his position in line, and how long he will wait."""

    after: After = 15
    every: Every | None = 60  # None: once
    position: bool = True
    position_at_most: Annotated[int, Field(ge=1, le=99)] = 20  # further back it is not said
    wait: bool = True
    wait_at_least: Annotated[float, Field(ge=10, le=14400)] = 60  # a shorter one is not said
    wait_at_most: Annotated[float, Field(ge=10, le=14400)] = 1800  # nor a longer one
    rounded_to: Annotated[int, Field(ge=10, le=600)] = 60  # seconds; five times as coarse from ten times on


class Message(Model):
    """One comfort message: a text, or a sound file of the center file's folder."""

    say: Heard = {}
    audio: Files = {}


class Messages(Model):
    """Comfort messages, one at a time."""

    after: After = 30
    every: Every | None = 60  # None: one of them, once
    order: Literal["listed", "shuffled"] = "listed"  # shuffled: for each caller anew
    once: bool = False  # each of them once; else they begin again
    items: Annotated[list[Message], Field(min_length=1, max_length=50)]


class Offer(Model):
    """What a key leads to: a call-back in the caller's place, or a message for a mailbox."""

    offer: Literal["callback", "voicemail"]
    mailbox: Id | None = None  # voicemail: where the message is listed
    after: After = 30  # the key counts from then on
    every: Every | None = 90  # None: offered once; the key counts all the same
    say: Heard = {}  # empty: the engine's own words
    audio: Files = {}


class Waiting(Model):
    """The plan of a queue. Without any of these callers hear music alone."""

    announce: Announcements | None = None
    messages: Messages | None = None
    offers: dict[Key, Offer] = {}
