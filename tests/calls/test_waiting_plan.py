"""The plan of those who wait: whatever comes in between, nothing is doubled, and everything in order."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.waiting_plan import MUSIC_BETWEEN, Item, WaitingPlan
from callcenter.calls.waiting_words import announcement, rounded_wait, said_position, waits
from callcenter.center.waiting_model import Announcements, Waiting

SAY = {"zh-CN": "请稍候", "en": "Please hold on"}
ANNOUNCED = Item("announcement")


def plan_of(**blocks: Any) -> WaitingPlan:
    return WaitingPlan(Waiting.model_validate(blocks), since=100.0)


def comfort(count: int, **more: Any) -> dict[str, Any]:
    return {"items": [{"say": SAY}] * count, **more}


@dataclass
class Heard:
    """A driver as simple as can be: what was said, from when to when, and what came in between."""

    said: list[tuple[Item, float, float]] = field(default_factory=list)
    breaks: list[float] = field(default_factory=list)

    def of(self, what: str) -> list[Item]:
        return [item for item, _, _ in self.said if item.what == what]

    def begins(self, item: Item) -> list[float]:
        return [began for said, began, _ in self.said if said == item]


def driven(plan: WaitingPlan, until: float, chance: random.Random, silent: float = 0.0) -> Heard:
    """Say what is due, each 1 to 12 s long; now and then an agent rings for 15 s; sometimes there is nothing
    to say (`silent`, a share)."""
    heard, now = Heard(), 100.0
    while now < until:
        item = plan.due(now)
        if item is None:
            if plan.next_at() == math.inf:
                break
            if chance.random() < 0.15:
                now += chance.uniform(0.0, 15.0)
                plan.interrupted(now)
                heard.breaks.append(now)
            now = max(now, plan.next_at())
        elif chance.random() < silent:
            plan.skipped(item, now)
        else:
            ended = now + chance.uniform(1.0, 12.0)
            heard.said.append((item, now, ended))
            plan.said(item, now, ended)
            now = ended
    return heard


PLANS = st.fixed_dictionaries(
    {},
    optional={
        "announce": st.fixed_dictionaries(
            {"after": st.floats(0, 60), "every": st.one_of(st.none(), st.floats(10, 120))}
        ),
        "messages": st.fixed_dictionaries(
            {
                "after": st.floats(0, 60),
                "every": st.one_of(st.none(), st.floats(10, 120)),
                "once": st.booleans(),
                "items": st.integers(1, 4).map(lambda n: [{"say": SAY}] * n),
            }
        ),
        "offers": st.dictionaries(
            st.sampled_from("0123456789*#"),
            st.fixed_dictionaries(
                {
                    "offer": st.just("callback"),
                    "after": st.floats(0, 60),
                    "every": st.one_of(st.none(), st.floats(10, 120)),
                }
            ),
            max_size=3,
        ),
    },
)


@given(PLANS, st.randoms(use_true_random=False), st.sampled_from([0.0, 0.3]))
def test_whatever_comes_in_between_nothing_is_doubled_and_everything_has_its_turn(
    blocks: dict[str, Any], chance: random.Random, silent: float
) -> None:
    waiting = Waiting.model_validate(blocks)
    heard = driven(WaitingPlan(waiting, 100.0), 4000.0, chance, silent)
    plans = [(ANNOUNCED, waiting.announce)] if waiting.announce else []
    plans += [(Item("offer", key), offer) for key, offer in waiting.offers.items()]  # type: ignore[misc]
    for item, planned in plans:
        begins = heard.begins(item)
        assert all(began >= 100.0 + planned.after for began in begins)  # none before its time
        if planned.every is None:
            assert len(begins) <= 1
        for one, next_ in itertools.pairwise(begins):
            assert next_ - one >= (planned.every or math.inf) - 1e-6  # none twice
        if not silent:
            assert begins  # it had its turn
    if (messages := waiting.messages) is not None:
        told = [int(item.which) for item in heard.of("message")]
        count = len(messages.items)
        if messages.every is None:
            assert len(told) <= 1
        if not silent:
            assert told == [n % count for n in range(len(told))]  # in order, and round again
        if messages.once:
            assert len(told) <= count


@given(PLANS, st.randoms(use_true_random=False))
def test_between_what_became_due_apart_there_is_music(blocks: dict[str, Any], chance: random.Random) -> None:
    heard = driven(WaitingPlan(Waiting.model_validate(blocks), 100.0), 3000.0, chance)
    block: list[Item] = []
    for (item, _, ended), (next_, began, _) in itertools.pairwise(heard.said):
        block.append(item)
        if began - ended < MUSIC_BETWEEN - 1e-6:
            assert next_ not in block  # it was due as well when the first of these began
        else:
            block = []
    for interrupted in heard.breaks:
        assert not any(interrupted < began < interrupted + MUSIC_BETWEEN - 1e-6 for _, began, _ in heard.said)


@given(PLANS, st.randoms(use_true_random=False))
def test_a_plan_made_anew_from_what_was_heard_goes_on_where_it_was(
    blocks: dict[str, Any], chance: random.Random
) -> None:
    waiting = Waiting.model_validate(blocks)
    plan = WaitingPlan(waiting, 100.0)
    heard = driven(plan, 900.0, chance)
    again = WaitingPlan(waiting, 100.0)
    for item, began, _ in heard.said:
        again.said(item, began, began)
    if heard.said:
        last = heard.said[-1][2]
        soon = driven(again, last + 9.0, chance).said
        for item, began, _ in soon:
            before = heard.begins(item)
            every = {**blocks.get("offers", {}), "": blocks.get("announce")}.get(item.which) or {}
            if item.what != "message" and before and began >= last:
                assert began - before[-1] >= (every.get("every") or math.inf) - 1e-6


def test_first_where_he_is_then_what_he_may_do_then_comfort() -> None:
    plan = plan_of(
        messages=comfort(1, after=20),
        announce={"after": 20},
        offers={"1": {"offer": "callback", "after": 20}},
    )
    heard = driven(plan, 160.0, random.Random(1))
    assert [item.what for item, _, _ in heard.said] == ["announcement", "offer", "message"]


def test_keys_count_from_their_time_on() -> None:
    plan = plan_of(
        offers={"1": {"offer": "callback", "after": 20}, "2": {"offer": "voicemail", "mailbox": "main"}}
    )
    assert (plan.keys(119.9), plan.keys(120.0), plan.keys(130.0)) == ("", "1", "12")


def test_a_queue_without_a_plan_plays_music_alone() -> None:
    plan = plan_of()
    assert (plan.next_at(), plan.due(1e9), plan.keys(1e9)) == (math.inf, None, "")


def test_shuffled_messages_keep_their_order_for_one_caller() -> None:
    waiting = Waiting.model_validate({"messages": comfort(3, after=10, every=20, order="shuffled")})
    heard = driven(WaitingPlan(waiting, 100.0, order=[2, 0, 1]), 260.0, random.Random(3))
    assert [item.which for item in heard.of("message")][:4] == ["2", "0", "1", "2"]


# -- words -------------------------------------------------------------------------------------------


def texts(position: int | None, wait: int | None, language: str) -> list[str]:
    return [u.text for u in announcement(position, wait, language)]


@pytest.mark.parametrize(
    ("position", "wait", "english", "chinese"),
    [
        (1, 60, ["You are next in line.", "We expect to answer you in about one minute."],
         ["下一位就是您。", "预计还需等待约一分钟。"]),
        (12, 600, ["You are twelfth in line.", "We expect to answer you in about ten minutes."],
         ["您目前排在第十二位。", "预计还需等待约十分钟。"]),
        (None, 4200, ["We expect to answer you in about one hour and ten minutes."],
         ["预计还需等待约一小时十分钟。"]),
        (2, 30, ["You are second in line.", "We expect to answer you in about thirty seconds."],
         ["您目前排在第二位。", "预计还需等待约三十秒。"]),
        (None, None, [], []),
    ],
)  # fmt: skip
def test_position_and_wait_in_the_callers_language(
    position: int | None, wait: int | None, english: list[str], chinese: list[str]
) -> None:
    assert texts(position, wait, "en") == english
    assert texts(position, wait, "zh-CN") == chinese


def test_a_wait_is_rounded_and_only_said_within_its_limits() -> None:
    said = Announcements()
    told = {seconds: rounded_wait(said, seconds) for seconds in (59, 60, 80, 100, 600, 760, 1800, 1801)}
    assert told == {59: None, 60: 60, 80: 60, 100: 120, 600: 600, 760: 900, 1800: 1800, 1801: None}
    assert rounded_wait(said, None) is None
    assert [said_position(said, n) for n in (0, 1, 20, 21)] == [None, 1, 20, None]


@given(
    st.integers(10, 600), st.floats(10, 3000), st.floats(0, 3000), st.lists(st.floats(0, 7000), max_size=50)
)
def test_every_wait_that_can_be_said_is_rendered_before(
    step: int, least: float, more: float, estimates: list[float]
) -> None:
    said = Announcements(rounded_to=step, wait_at_least=least, wait_at_most=least + more)
    rendered = waits(said)
    for seconds in estimates:
        wait = rounded_wait(said, seconds)
        assert wait is None or wait in rendered
        assert wait is None or announcement(None, wait, "en")
