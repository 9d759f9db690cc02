"""What a call needs of an agent, written by an admin as an expression over skills."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.center.needs import (
    ANYBODY,
    All,
    Either,
    Has,
    Needs,
    NeedsError,
    Not,
    at_levels,
    both,
    either,
    implies,
    lacking,
    meets,
    parse,
    possible,
    who_meets,
)

SKILLS = ("billing", "english", "refunds")
leaves = st.builds(
    lambda skill, a, b: Has(skill, min(a, b), max(a, b)),
    st.sampled_from(SKILLS), st.integers(0, 10), st.integers(0, 10),
)  # fmt: skip
anything: st.SearchStrategy[Needs] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Either(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)
people = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 10))


@pytest.mark.parametrize(
    ("text", "skills", "expected"),
    [
        ("english", {"english": 1}, True),
        ("english", {}, False),
        ("english >= 3 and (billing or refunds)", {"english": 3, "refunds": 1}, True),
        ("english >= 3 and (billing or refunds)", {"english": 2, "refunds": 1}, False),
        ("english >= 3 and billing or refunds", {"refunds": 1}, True),  # and binds closer than or
        ("not english", {}, True),
        ("not english and billing", {"billing": 1}, True),  # not binds closest
        ("english > 3", {"english": 3}, False),
        ("english < 3", {}, True),
        ("english <= 3 AND billing", {"english": 4, "billing": 2}, False),
        ("english = 3", {"english": 3}, True),
        ("english == 3", {"english": 4}, False),
        ("english != 3", {"english": 4}, True),
        ("e-mail_2 >= 2", {"e-mail_2": 2}, True),
    ],
)
def test_who_is_meant(text: str, skills: dict[str, int], expected: bool) -> None:
    assert meets(skills, parse(text)) is expected


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("", 0, "says nothing"),
        ("english billing", 8, "join two skills by 'and' or 'or'"),
        ("english and", 11, "ends where a skill is expected"),
        ("english >= x", 11, "a level from 0 to 10"),
        ("english >= 11", 11, "a level from 0 to 10"),
        ("english > 10", 10, "no level is above 10"),
        ("english < 0", 10, "no level is below 0"),
        ("(english or billing", 0, "never closed"),
        ("english & billing", 8, "does not fit here"),
        ("and english", 0, "stands where a skill is expected"),
        ("english ) ", 8, "does not fit here"),
        ("(" * 30 + "english" + ")" * 30, 20, "parentheses nested too deeply"),
        ("a" * 501, 500, "longer than 500"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, at: int, words: str) -> None:
    with pytest.raises(NeedsError, match=words.replace("(", r"\(")) as told:
        parse(text)
    assert told.value.at == at


@given(st.text(max_size=60) | st.text("english billing()<>=!andortn0123 ", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        needs = parse(text)
    except NeedsError as told:
        assert 0 <= told.at <= len(text)
    else:
        assert isinstance(meets({}, needs), bool)


@given(anything, people)
def test_what_is_read_back_means_the_same(needs: Needs, skills: dict[str, int]) -> None:
    def writable(part: Needs) -> bool:
        match part:
            case Has(_, lowest, highest):
                return highest == 10 or lowest in (0, highest)
            case All(parts) | Either(parts):
                return bool(parts) and all(map(writable, parts))
            case Not(inner):
                return writable(inner)

    if writable(needs):
        assert meets(skills, parse(str(needs))) == meets(skills, needs)


@given(anything, st.lists(people, max_size=6))
def test_sets_of_agents_are_found_as_each_is_asked(needs: Needs, crowd: list[dict[str, int]]) -> None:
    agents = {f"a{n}": skills for n, skills in enumerate(crowd)}

    def with_level(skill: str, lowest: int, highest: int) -> set[str]:
        return {a for a, skills in agents.items() if skill in skills and lowest <= skills[skill] <= highest}

    found = who_meets(needs, lambda: set(agents), with_level)
    assert found == {a for a, skills in agents.items() if meets(skills, needs)}


@given(anything, anything, people)
def test_joining(first: Needs, second: Needs, skills: dict[str, int]) -> None:
    assert meets(skills, both(first, second)) == (meets(skills, first) and meets(skills, second))
    assert meets(skills, either(first, second)) == (meets(skills, first) or meets(skills, second))


@given(anything, anything, people)
def test_what_is_implied_holds(stricter: Needs, wider: Needs, skills: dict[str, int]) -> None:
    if implies(stricter, wider) and meets(skills, stricter):
        assert meets(skills, wider)


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("orders >= 3", "orders", "orders"),
        ("english and orders >= 3", "orders", "orders"),
        ("orders >= 3", "english", "orders >= 3 or english"),
        ("orders or english", "english >= 2", "orders or english"),
    ],
)
def test_what_says_nothing_new_is_left_out(first: str, second: str, together: str) -> None:
    assert str(either(parse(first), parse(second))) == together
    assert str(parse("orders >= 3 and orders")) == "orders >= 3"


@given(anything, people)
def test_what_somebody_meets_is_possible_and_lacks_nothing(needs: Needs, skills: dict[str, int]) -> None:
    if meets(skills, needs):
        assert possible(needs)
    assert (lacking(skills, needs) == []) == meets(skills, needs)


def test_contradictions_are_seen() -> None:
    assert not possible(parse("english >= 5 and english < 3"))
    assert not possible(parse("not english and english"))
    assert possible(parse("english >= 5 or english < 3"))
    assert possible(ANYBODY)


def test_levels_as_the_short_form() -> None:
    assert at_levels({"orders": 3, "english": 1}) == All((Has("english", 1), Has("orders", 3)))
    assert str(at_levels({"orders": 3, "english": 1})) == "english and orders >= 3"
    assert lacking({"orders": 2}, at_levels({"orders": 3, "english": 1})) == [
        Has("english", 1),
        Has("orders", 3),
    ]
