"""Is the hotline open? Weeks, Chinese holidays, make-up working days, exceptions, changes of the clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from callcenter.center.hours import is_open
from callcenter.center.model import Hours

SHANGHAI, BERLIN, NEW_YORK = "Asia/Shanghai", "Europe/Berlin", "America/New_York"
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = Hours.model_validate(
    {
        "weekly": {day: ["09:00-12:00", "13:30-18:00"] for day in WORKDAYS},
        "holidays": "CN",
        "closed": ["2026-12-31"],
        "open": {"2026-11-11": ["00:00-24:00"], "2026-10-02": ["10:00-11:00"]},
    }
)


def at(text: str, zone: str = SHANGHAI, fold: int = 0) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("moment", "open_", "why"),
    [
        ("2026-11-20 09:00", True, "Friday morning"),
        ("2026-11-20 08:59:59", False, "a second before"),
        ("2026-11-20 12:00", False, "lunch begins"),
        ("2026-11-20 13:30", True, "lunch is over"),
        ("2026-11-20 18:00", False, "the end is no longer open"),
        ("2026-11-21 10:00", False, "an ordinary Saturday"),
        ("2026-10-01 10:00", False, "National Day"),
        ("2026-10-02 10:30", True, "a holiday with ranges of its own"),
        ("2026-10-02 11:30", False, "and only those"),
        ("2026-10-10 10:00", True, "a Saturday made a working day"),
        ("2026-02-14 17:59", True, "and another, before Spring Festival"),
        ("2026-02-14 12:30", False, "with lunch as on any working day"),
        ("2026-02-20 10:00", False, "the Friday it was given for"),
        ("2026-12-31 10:00", False, "stock-taking"),
        ("2026-11-11 23:59:59", True, "Singles' Day, to the last second"),
        ("2026-11-12 00:00", False, "and not longer"),
    ],
)
def test_office_hours(moment: str, open_: bool, why: str) -> None:
    assert is_open(OFFICE, SHANGHAI, at(moment)) is open_, why


def test_hours_may_have_a_time_zone_of_their_own() -> None:
    london = OFFICE.model_copy(update={"time_zone": "Europe/London", "holidays": ""})
    assert is_open(london, SHANGHAI, at("2026-11-20 17:30"))  # half past nine in London
    assert not is_open(london, SHANGHAI, at("2026-11-20 09:30"))


def test_an_opening_inside_the_hour_that_is_left_out_happens_at_the_change() -> None:
    night = Hours.model_validate({"weekly": {"sun": ["02:30-05:00"]}})
    before = at("2026-03-29 01:59:59", BERLIN)
    assert not is_open(night, BERLIN, before)
    assert is_open(night, BERLIN, before + 1)  # 03:00


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    night = Hours.model_validate({"weekly": {"sun": ["01:15-01:30"]}})
    first, second = at("2026-11-01 01:15", NEW_YORK), at("2026-11-01 01:15", NEW_YORK, fold=1)
    assert second - first == 3600
    assert is_open(night, NEW_YORK, first) and is_open(night, NEW_YORK, second)
