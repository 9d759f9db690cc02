"""What the models of center files are made of: ids, texts, times, and a model that refuses unknown keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,10}$")]
Did = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{2,20}$")]
Level = Annotated[int, Field(ge=1, le=10)]
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
TimeRange = Annotated[str, StringConstraints(pattern=rf"^{_TIME}-({_TIME}|24:00)$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Text = dict[Language, str]


class Model(BaseModel):
    """Unknown keys are mistakes: an admin must hear of a misspelt one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
