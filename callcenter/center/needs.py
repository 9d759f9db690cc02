"""What a call needs of an agent, as an expression over skills: `english >= 3 and (billing or refunds)`.

A skill alone means "at level 1 or above". Levels are compared with >=, >, <=, <, = and !=; parts are joined
by `and`, `or`, `not` and parentheses. A skill an agent does not have is at level 0. Pure: text to data, and
data to yes or no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeVar

Skills = Mapping[str, int]
Members = TypeVar("Members")

TOP_LEVEL = 10
MAX_LENGTH = 500
MAX_DEPTH = 20
_TOKEN = re.compile(r"\s*(?:(>=|<=|==|!=|[<>=()])|([0-9]+)|([A-Za-z][A-Za-z0-9_-]*)|(\S))")
_WORDS = ("and", "or", "not")


class NeedsError(ValueError):
    """An expression that cannot be read. `at` is the place in the text, from 0."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Has:
    """A skill with a level from `lowest` to `highest`, both included."""

    skill: str
    lowest: int
    highest: int = TOP_LEVEL

    def __str__(self) -> str:
        if self.highest == TOP_LEVEL:
            return self.skill if self.lowest == 1 else f"{self.skill} >= {self.lowest}"
        if self.lowest == self.highest:
            return f"{self.skill} = {self.lowest}"
        return f"{self.skill} <= {self.highest}"


@dataclass(frozen=True, slots=True)
class All:
    """Every part; with none, anybody."""

    parts: tuple[Needs, ...] = ()

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, Either) else str(p) for p in self.parts) or "anybody"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part."""

    parts: tuple[Needs, ...]

    def __str__(self) -> str:
        return " or ".join(f"({p})" if isinstance(p, All) else str(p) for p in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """Everybody but those who meet `part`."""

    part: Needs

    def __str__(self) -> str:
        return f"not {self.part}" if isinstance(self.part, Has) else f"not ({self.part})"


Needs = Has | All | Either | Not

ANYBODY = All()


def parse(text: str) -> Needs:
    """Read an expression. Raises NeedsError with the place where it can not be understood."""
    if len(text) > MAX_LENGTH:
        raise NeedsError(f"is longer than {MAX_LENGTH} characters", MAX_LENGTH)
    return _Reader(text).whole()


def at_levels(levels: Skills) -> Needs:
    """Each of these skills at its level or above."""
    return _joined([Has(skill, level) for skill, level in sorted(levels.items())])


def both(first: Needs, second: Needs) -> Needs:
    """What meets both."""
    return _joined(
        part for each in (first, second) for part in (each.parts if isinstance(each, All) else (each,))
    )


def _joined(parts: Iterable[Needs]) -> Needs:
    kept = list(dict.fromkeys(parts))
    kept = [p for p in kept if not any(q != p and implies(q, p) for q in kept)]
    return kept[0] if len(kept) == 1 else All(tuple(kept))


def either(first: Needs, second: Needs) -> Needs:
    """What meets one of the two."""
    kept = list(
        dict.fromkeys(
            part for each in (first, second) for part in (each.parts if isinstance(each, Either) else (each,))
        )
    )
    kept = [p for p in kept if not any(q != p and implies(p, q) for q in kept)]
    return kept[0] if len(kept) == 1 else Either(tuple(kept))


def implies(stricter: Needs, wider: Needs) -> bool:
    """Whether who meets the one is seen at once to meet the other: `english >= 3 and billing` implies
    `english`. False when it takes more than a look; two that are not equal never imply each other."""
    match stricter, wider:
        case Has(), Has():
            inside = wider.lowest <= stricter.lowest and stricter.highest <= wider.highest
            return stricter.skill == wider.skill and stricter.lowest <= stricter.highest and inside
        case Has() | All(), All(parts=()):
            return True
        case All(), Has():
            return any(implies(part, wider) for part in stricter.parts)
        case All(), Either():
            return any(implies(part, wider) or part == wider for part in stricter.parts)
        case Has(), Either():
            return any(implies(stricter, part) or stricter == part for part in wider.parts)
    return stricter == wider


def meets(skills: Skills, needs: Needs) -> bool:
    """Whether somebody with these skills is who is needed."""
    match needs:
        case Has(skill, lowest, highest):
            return lowest <= skills.get(skill, 0) <= highest
        case All(parts):
            return all(meets(skills, part) for part in parts)
        case Either(parts):
            return any(meets(skills, part) for part in parts)
        case Not(part):
            return not meets(skills, part)


def lacking(skills: Skills, needs: Needs) -> list[Needs]:
    """The parts that somebody with these skills does not meet; [] when he is who is needed."""
    if meets(skills, needs):
        return []
    if isinstance(needs, All):
        return [part for part in needs.parts if not meets(skills, part)]
    return [needs]


def who_meets(
    needs: Needs, everybody: Callable[[], set[str]], with_level: Callable[[str, int, int], set[str]]
) -> set[str]:
    """Everybody who is needed, by set algebra: `with_level(skill, lowest, highest)` are those who have the
    skill at these levels (never 0). Costs as much as the sets are large, not agents times expressions."""
    match needs:
        case Has(skill, lowest, highest):
            if lowest > 0:
                return with_level(skill, lowest, highest)
            return everybody() - with_level(skill, highest + 1, TOP_LEVEL)
        case All(parts):
            if not parts:
                return everybody()
            found = [who_meets(part, everybody, with_level) for part in parts]
            found.sort(key=len)
            return set.intersection(*found)
        case Either(parts):
            return set().union(*(who_meets(part, everybody, with_level) for part in parts))
        case Not(part):
            return everybody() - who_meets(part, everybody, with_level)


def skills_named(needs: Needs) -> Iterator[str]:
    """Each skill that is named, in order; one named twice comes twice."""
    match needs:
        case Has(skill, _, _):
            yield skill
        case All(parts) | Either(parts):
            for part in parts:
                yield from skills_named(part)
        case Not(part):
            yield from skills_named(part)


#: more combinations of levels than this are not tried: such an expression is taken to be possible
_MOST_TRIED = 50_000


def possible(needs: Needs) -> bool:
    """Whether anybody at all could meet it: `english >= 5 and english < 3` nobody can."""
    limits: dict[str, set[int]] = {}
    for has in _leaves(needs):
        limits.setdefault(has.skill, {0}).update(
            level for level in (has.lowest, has.highest + 1) if level <= TOP_LEVEL
        )
    tried = 1
    for levels in limits.values():
        tried *= len(levels)
    if tried > _MOST_TRIED:
        return True
    names = list(limits)
    return any(
        meets(dict(zip(names, levels, strict=True)), needs) for levels in product(*(limits[n] for n in names))
    )


def _leaves(needs: Needs) -> Iterable[Has]:
    match needs:
        case Has():
            yield needs
        case All(parts) | Either(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)


class _Reader:
    """Recursive descent: or, and, not, comparison."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [(m.group(m.lastindex or 0), m.start(m.lastindex or 0)) for m in _TOKEN.finditer(text)]
        self._next = 0
        self._depth = 0

    def whole(self) -> Needs:
        if not self._tokens:
            raise NeedsError("says nothing", 0)
        found = self._either()
        if self._next < len(self._tokens):
            token, at = self._tokens[self._next]
            if token[0].isalpha():
                raise NeedsError(f"'{token[:40]}' does not fit here; join two skills by 'and' or 'or'", at)
            raise NeedsError(f"'{token[:40]}' does not fit here", at)
        return found

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _at(self) -> int:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else len(self._text)

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token

    def _either(self) -> Needs:
        parts = [self._all()]
        while self._peek().lower() == "or":
            self._take()
            parts.append(self._all())
        found = parts[0]
        for part in parts[1:]:
            found = either(found, part)
        return found

    def _all(self) -> Needs:
        parts = [self._not()]
        while self._peek().lower() == "and":
            self._take()
            parts.append(self._not())
        found = parts[0]
        for part in parts[1:]:
            found = both(found, part)
        return found

    def _not(self) -> Needs:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NeedsError("has parentheses nested too deeply", self._at())
        try:
            if self._peek().lower() == "not":
                self._take()
                return Not(self._not())
            if self._peek() == "(":
                opened = self._at()
                self._take()
                inside = self._either()
                if self._take() != ")":
                    raise NeedsError("this parenthesis is never closed", opened)
                return inside
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Needs:
        at, skill = self._at(), self._take()
        if not skill:
            raise NeedsError("ends where a skill is expected", at)
        if not skill[0].isalpha() or skill.lower() in _WORDS:
            raise NeedsError(f"'{skill[:40]}' stands where a skill is expected", at)
        if self._peek() not in (">=", "<=", "==", "!=", ">", "<", "="):
            return Has(skill, 1)
        operator, at = self._take(), self._at()
        number = self._take()
        if not number.isascii() or not number.isdigit() or int(number[:9]) > TOP_LEVEL:
            raise NeedsError(f"a level from 0 to {TOP_LEVEL} is expected after '{operator}'", at)
        level = int(number)
        match operator:
            case ">=":
                return Has(skill, level)
            case ">":
                if level == TOP_LEVEL:
                    raise NeedsError(f"no level is above {TOP_LEVEL}", at)
                return Has(skill, level + 1)
            case "<=":
                return Has(skill, 0, level)
            case "<":
                if level == 0:
                    raise NeedsError("no level is below 0", at)
                return Has(skill, 0, level - 1)
            case "!=":
                return Not(Has(skill, level, level))
            case _:
                return Has(skill, level, level)


@lru_cache(maxsize=4096)
def parsed(text: str) -> Needs:
    """`parse`, remembered. Raises NeedsError."""
    return parse(text)
