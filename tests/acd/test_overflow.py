"""When a caller does not wait, or no longer: each condition of an overflow rule by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callcenter.acd.overflow import Moment, next_look, overflows
from callcenter.center.routing_model import Overflow, OverflowTarget
from callcenter.storage.story_of_queues import _CONDITIONS

QUIET = Moment(entering=True, waited=0, ahead=0, estimate=10, signed_in=3, open=True)
TO = OverflowTarget(voicemail="main")
CONDITIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "wait": (60, {"waited": 60.0}),
    "estimated_wait": (300, {"estimate": 301.0}),
    "length": (5, {"ahead": 5}),
    "no_agents": (True, {"signed_in": 0}),
    "closed": (True, {"open": False}),
    "emergency": ("fire", {}),
}


def nothing_burns(switch: str) -> bool:
    return False


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_rule_holds_when_its_condition_does_and_not_before(condition: str) -> None:
    value, when = CONDITIONS[condition]
    rule = Overflow.model_validate({condition: value, "to": TO})
    assert rule.condition == condition
    assert overflows([rule], QUIET, nothing_burns) is None
    assert overflows([rule], replace(QUIET, **when), lambda switch: switch == "fire") is rule
    assert condition in _CONDITIONS, "the story of a call says why"


def test_no_condition_is_left_out_above() -> None:
    assert set(Overflow.model_fields) - {"to"} == set(CONDITIONS)


def test_what_is_looked_at_only_when_he_comes() -> None:
    waiting = replace(QUIET, entering=False, ahead=9, estimate=999, open=False)
    for condition in ("length", "estimated_wait", "closed"):
        rule = Overflow.model_validate({condition: CONDITIONS[condition][0], "to": TO})
        assert overflows([rule], waiting, nothing_burns) is None


def test_the_first_rule_that_holds_counts_and_the_next_look_is_known() -> None:
    late, later = (Overflow(wait=seconds, to=TO) for seconds in (30, 60))
    assert overflows([later, late], replace(QUIET, waited=70), nothing_burns) is later
    assert next_look([later, late], 0) == 30
    assert next_look([later, late], 30) == 60
    assert next_look([later, late], 60) is None
