"""The shapes of the flows' pages and of emergency switches, as docs/contracts.md tells them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from callcenter.web.shapes import Answered, Asked, Label, Note, Problem, Words, _storable

FlowText = Annotated[str, StringConstraints(max_length=300_000), AfterValidator(_storable)]
FlowId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{0,64}$")]
Lang = Literal["zh-CN", "en"]


# -- asked ---------------------------------------------------------------------------------------------


class FlowDraft(Asked):
    id: FlowId
    text: FlowText


class FlowSave(Asked):
    text: FlowText
    base_version: Version  # what the editor began with; '' for a new flow


class FlowRestore(Asked):
    base_version: Version


class DiffQuery(Asked):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    before: Version = Field(alias="from")  # a version, or `file` for the text on disk
    after: Version = Field(alias="to")


class DrawWish(FlowDraft):
    language: Lang = "zh-CN"
    heat: Literal["", "day", "week"] = ""


class RehearsalWish(FlowDraft):
    language: Lang | Literal[""] = ""  # '' begins in the flow's own
    at: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
    ani: Words = ""
    did: Words = ""
    notes_in: Lang = "zh-CN"  # the language of what is noted for who watches
    emergencies: Annotated[list[Words], Field(max_length=100, default_factory=list)]  # switches thrown
    inputs: Annotated[list[Note], Field(max_length=500, default_factory=list)]  # all since the call began


class EmergencySwitch(Asked):
    on: bool
    note: Note = ""


# -- answered ------------------------------------------------------------------------------------------


class FlowNumber(Answered):
    did: str
    name: Label


class FlowInForce(Answered):
    id: str
    name: Label
    version: str  # '' and None while no version of it is in force
    at: float | None
    by: str  # the user who saved it; 'file' when it was saved outside the page
    numbers: list[FlowNumber]
    problems: list[Problem]


class Flows(Answered):
    flows: list[FlowInForce]


class FlowOpened(FlowInForce):
    text: str  # of the file
    base_version: str  # of the file's text; to be sent along when saving


class FlowProblems(Answered):
    problems: list[Problem]


class FlowSaved(FlowProblems):
    saved: bool  # false when there are errors: then nothing was written
    base_version: str


class FlowVersion(Answered):
    version: str
    at: float
    by: str


class FlowVersions(Answered):
    versions: list[FlowVersion]


class FlowVersionText(Answered):
    version: str
    text: str


class FlowDiff(Answered):
    diff: str  # unified; '' when both say the same


class FlowNames(Answered):
    queues: dict[str, Label]
    skills: dict[str, Label]
    hours: dict[str, Label]
    emergencies: dict[str, Label]
    flows: dict[str, Label]


class FlowSchema(Answered):
    model_config = ConfigDict(extra="allow", protected_namespaces=())

    schema_: dict[str, Any] = Field(alias="schema")
    names: FlowNames


class Drawing(Answered):
    svg: str  # '' while the text has errors
    entered: int  # callers who came into the flow in the period


class RehearsalLine(Answered):
    who: Literal["system", "caller", "note"]
    text: str
    node: str


class Rehearsal(Answered):
    lines: list[RehearsalLine]
    waits_for: str  # keys | speech | http | queue | transfer; '' when the call is over
    node: str
    outcome: str


class Emergency(Answered):
    id: str
    name: Label
    on: bool
    at: float | None  # when it was last switched
    by: str
    note: str


class Emergencies(Answered):
    emergencies: list[Emergency]
