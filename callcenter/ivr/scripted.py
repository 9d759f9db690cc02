"""Scripted callers: the `tests:` of a flow file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from callcenter.center.model import Id, Language, Model

ANI = "13800138000"
A_MONDAY_MORNING = "2026-03-02 10:00"

Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$")]


class HttpOutcome(Model):
    """What the other system answers."""

    status: int = Field(default=200, ge=100, le=599)
    answer: Any = Field(default=None, alias="json", description="The JSON it answers.")


class Expected(Model):
    """What must come of a scripted caller."""

    path: list[str] = Field(
        default=[], description="Nodes he comes to, in this order; others may lie between."
    )
    outcome: str = Field(
        default="",
        description="How it ends: `queue NAME`, `voicemail BOX`, `transfer NUMBER`, `callback QUEUE`,"
        " `hangup` or `left`.",
    )
    says: list[str] = Field(default=[], description="What he hears somewhere, in this order.")
    never_says: list[str] = Field(default=[], description="What he must not hear.")
    values: dict[str, Any] = Field(default={}, description="Variables and their values in the end.")


class FlowTest(Model):
    """A scripted caller."""

    name: str = Field(min_length=1, max_length=200, description="What the story tells.")
    at: Moment = Field(default=A_MONDAY_MORNING, description="When he calls, in the center's time.")
    ani: str = Field(default=ANI, max_length=40, description="The number he calls from.")
    did: str = Field(default="", max_length=40, description="The number he dials.")
    language: Language | None = Field(default=None, description="The language his call begins in.")
    customer: dict[str, Any] | None = Field(
        default=None, description="What is known of him, such as level: vip."
    )
    open: dict[Id, bool] = Field(default={}, description="Hours that are open or not, whatever the time is.")
    emergency: list[Id] = Field(default=[], description="Emergency switches that are on.")
    caller: list[str] = Field(
        default=[],
        description="What he does, in turn: keys such as `1` or `12345#`, `say WORDS`, `mumble WORDS` (not"
        " heard surely), `silence`, `hangup`. Then he is silent.",
    )
    outcomes: dict[Id, HttpOutcome | dict[str, Any] | Literal[
        "fails", "served", "max_wait", "full", "callback", "voicemail", "talked", "busy", "no_answer",
        "unreachable", "unknown", "silence",
    ]] = Field(
        default={},
        description="What comes of a node: http `{status, json}` or `fails`; queue `served`, `max_wait`,"
        " `callback`, `voicemail`;"
        " transfer `talked`, `busy`, `no_answer`; customer his data or `unknown`; record `silence`.",
    )  # fmt: skip
    expect: Expected = Field(description="What must come of it.")
