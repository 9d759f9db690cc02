"""Is it open? Pure: the time is handed in.

The order of precedence for a local day: `open` (its own ranges), `closed`, a public holiday (closed), a
make-up working day (Chinese 调休: a Saturday or Sunday on which offices work; it gets the ranges of an
ordinary working day), and the week.
"""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo
from collections.abc import Iterator
from typing import Any

from callcenter.center.model import Hours

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AHEAD_DAYS = 15
_WORKDAYS = _WEEKDAYS[:5]


def minutes(clock: str) -> int:
    """`"18:30"` as minutes since midnight; `"24:00"` is 1440."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def is_open(hours: Hours, center_time_zone: str, now: float) -> bool:
    """True when `now` (seconds since the epoch) is inside a range of its local day."""
    local = dt.datetime.fromtimestamp(now, _zone(hours, center_time_zone))
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in day_ranges(hours, local.date()))


def day_ranges(hours: Hours, day: dt.date) -> list[tuple[int, int]]:
    """The ranges of one local day, in minutes since midnight."""
    texts = _day_texts(hours, day)
    return [(minutes(start), minutes(end)) for start, _, end in (text.partition("-") for text in texts)]


def opens_at(hours: Hours, center_time_zone: str, now: float) -> float | None:
    """`now` when it is open, else when it opens next; None if that is more than two weeks away."""
    for start, end in _spans(hours, center_time_zone, now):
        if end > now:
            return max(start, now)
    return None


def closes_at(hours: Hours, center_time_zone: str, now: float) -> float:
    """When it closes, having been open without a break; `now` when it is closed."""
    closes = now
    for start, end in _spans(hours, center_time_zone, now):
        if start > closes:
            break
        closes = max(closes, end)
    return closes


def _spans(hours: Hours, center_time_zone: str, now: float) -> Iterator[tuple[float, float]]:
    """The ranges of the next two weeks in order, as seconds since the epoch."""
    zone = _zone(hours, center_time_zone)
    today = dt.datetime.fromtimestamp(now, zone).date()
    for day in (today + dt.timedelta(days=n) for n in range(_AHEAD_DAYS)):
        midnight = dt.datetime.combine(day, dt.time(), zone)
        for span in sorted(day_ranges(hours, day)):
            start, end = ((midnight + dt.timedelta(minutes=minute)).timestamp() for minute in span)
            yield start, end


def _day_texts(hours: Hours, day: dt.date) -> list[str]:
    name = day.isoformat()
    if name in hours.open:
        return hours.open[name]
    if name in hours.closed:
        return []
    if hours.holidays:
        days_off, make_up = _holidays(hours.holidays, day.year)
        if day in days_off:
            return []
        if day in make_up:
            return _ordinary_day(hours)
    return hours.weekly.get(_WEEKDAYS[day.weekday()], [])  # type: ignore[call-overload, no-any-return]


def _ordinary_day(hours: Hours) -> list[str]:
    """The ranges of the first of Monday to Friday that has any."""
    return next((ranges for day, ranges in hours.weekly.items() if day in _WORKDAYS and ranges), [])


def _zone(hours: Hours, center_time_zone: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(hours.time_zone or center_time_zone)


@functools.lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> tuple[frozenset[dt.date], frozenset[dt.date]]:
    """Days off and make-up working days of a year."""
    import holidays  # slow to import, and many centers never need it

    calendar: Any = holidays.country_holidays(country, years=year)
    make_up = {day for day in getattr(calendar, "weekend_workdays", ()) if day.year == year}
    return frozenset(calendar), frozenset(make_up)


@functools.lru_cache(maxsize=64)
def known_country(code: str) -> bool:
    """True when public holidays of a country are known."""
    import holidays

    return code in holidays.list_supported_countries(include_aliases=False)
