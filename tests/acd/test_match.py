"""The matcher against its brute-force twin: the same center and the same events give the same decisions."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.acd.match import Match, Matcher
from callcenter.acd.strategy import OUTBOUND, VOICE, Choice, QueueRule, Standing, Strategy
from callcenter.center.needs import ANYBODY, Needs, at_levels, either, parse
from callcenter.center.routing_model import ChoiceName, StrategyName
from callcenter.storage.story_of_queues import WHY
from tests.acd.twin import Decided, Twin

SKILLS = ("orders", "refunds", "english")
NEEDS = [
    ANYBODY,
    parse("orders"),
    parse("refunds >= 2"),
    parse("orders and english >= 2"),
    parse("english >= 3 and (orders or refunds)"),
    parse("not orders"),
]
CERTAIN = [s for s in Strategy if s is not Strategy.RANDOM]


def decided(match: Match | None) -> Decided | None:
    return (match.call_id, match.agents) if match else None


@st.composite
def centers(draw: st.DrawFn) -> tuple[dict[str, QueueRule], dict[str, dict[str, int]]]:
    levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3))
    agents = {f"a{n}": skills for n, skills in enumerate(draw(st.lists(levels, min_size=1, max_size=8)))}
    queues = {}
    for n in range(draw(st.integers(1, 4))):
        needs = draw(st.sampled_from(NEEDS))
        wider = either(needs, draw(st.sampled_from(NEEDS)))
        queues[f"q{n}"] = QueueRule(
            needs=needs,
            rings=(wider,),
            strategy=draw(st.sampled_from(CERTAIN)),
            ranks=draw(st.dictionaries(st.sampled_from(sorted(agents)), st.integers(1, 3))),
            channel=draw(st.sampled_from([VOICE, VOICE, "chat", OUTBOUND])),
            threshold=draw(st.sampled_from([10.0, 20.0, 60.0])),
            share=draw(st.sampled_from([1.0, 2.0])),
        )
    return queues, agents


standings = st.builds(Standing, st.integers(0, 50), st.sampled_from([0.2, 0.5, 0.9]), st.integers(0, 3))
channels = st.sampled_from([{VOICE}, {VOICE}, {VOICE, "chat", OUTBOUND}, {"chat"}, {VOICE, OUTBOUND}])
events = st.lists(
    st.tuples(
        st.sampled_from(["call", "call", "call", "leave", "widen", "free", "free", "free", "busy", "learn"]),
        st.integers(0, 20),
        st.integers(0, 3),
        st.integers(0, 2),
        st.sampled_from([None, None, *NEEDS]),
        st.sampled_from(["", "", "", "a0", "a1", "nobody"]),
        st.sampled_from([(), (), ("a0",), ("a1", "a2")]),
        standings,
        channels.map(frozenset),
    ),
    max_size=80,
)


@settings(max_examples=400, deadline=None)
@given(centers(), events, st.sampled_from([None, 5.0, 60.0]), st.sampled_from(list(Choice)))
def test_any_day_in_any_center_is_decided_as_the_twin_decides_it(
    center: tuple[dict[str, QueueRule], dict[str, dict[str, int]]],
    happened: list[tuple[Any, ...]],
    ageing: float | None,
    choice: Choice,
) -> None:
    queues, agents = center
    matcher = Matcher(queues, agents, ageing=ageing, choice=choice)
    twin = Twin(queues, dict(agents), ageing, choice)
    priorities: dict[str, int] = {}
    entered: dict[str, float] = {}
    for now, (what, number, q, priority, needs, only, avoid, standing, open_for) in enumerate(happened):
        call, agent, queue = f"c{number}", f"a{number % len(agents)}", f"q{q % len(queues)}"
        if what == "call" and call not in twin.calls:
            wanted = needs or queues[queue].needs
            assert decided(
                matcher.call_waits(call, queue, priority, now, needs, only=only, avoid=avoid)
            ) == twin.call_waits(call, queue, priority, now, wanted, only, avoid)
            priorities[call], entered[call] = priority, now
        elif what == "leave":
            assert matcher.call_gone(call) == (twin.calls.pop(call, None) is not None)
        elif what == "widen" and call in twin.calls:
            wider = queues[twin.calls[call].queue].rings[0]
            assert decided(matcher.widen(call, wider)) == twin.widen(call, wider)
        elif what == "free" and agent not in twin.free:
            assert decided(matcher.agent_free(agent, standing, now, open_for)) == twin.agent_free(
                agent, standing, now, open_for
            )
        elif what == "busy":
            assert matcher.agent_busy(agent) == (twin.free.pop(agent, None) is not None)
        elif what == "learn":
            matcher.set_agent(agent, {SKILLS[q % 3]: priority + 1})
            twin.agents[agent] = {SKILLS[q % 3]: priority + 1}
            twin.free.pop(agent, None)
        check_rules_that_always_hold(matcher, twin, priorities, entered)


def check_rules_that_always_hold(
    matcher: Matcher, twin: Twin, priorities: dict[str, int], entered: dict[str, float]
) -> None:
    for name, rule in twin.queues.items():
        waiting = sorted((w.place, c) for c, w in twin.calls.items() if w.queue == name)
        assert matcher.waiting(name) == len(waiting)
        assert [matcher.position(call) for _, call in waiting] == list(range(1, len(waiting) + 1))
        assert matcher.free(name) == len(twin.able(name, rule.needs))
        for n, (_, call) in enumerate(waiting):  # FIFO within equal priority
            for _, behind in waiting[n + 1 :]:
                assert priorities[call] != priorities[behind] or entered[call] <= entered[behind]
    for call, waiting_call in twin.calls.items():
        ready = twin.able(waiting_call.queue, waiting_call.needs, waiting_call.only)
        assert not ready, f"{ready} stand free beside {call}, whom they may serve"
    assert all(matcher.is_free(agent) == (agent in twin.free) for agent in twin.agents)


@settings(deadline=None)
@given(centers(), events)
def test_by_chance_only_somebody_who_may_have_it_gets_a_call(
    center: tuple[dict[str, QueueRule], dict[str, dict[str, int]]], happened: list[tuple[Any, ...]]
) -> None:
    queues = {
        name: QueueRule(rule.needs, rule.rings, Strategy.RANDOM, channel=rule.channel)
        for name, rule in center[0].items()
    }
    matcher, twin = Matcher(queues, center[1]), Twin(queues, dict(center[1]), None, Choice.LONGEST_WAIT)
    for now, (what, number, q, _, _, _, avoid, standing, open_for) in enumerate(happened):
        call, agent, queue = f"c{number}", f"a{number % len(center[1])}", f"q{q % len(queues)}"
        if what == "call" and call not in twin.calls:
            able = twin.able(queue, queues[queue].needs)
            able = [a for a in able if a not in avoid] or able
            match = matcher.call_waits(call, queue, 0, now, avoid=avoid)
            assert (match is None) == (not able)
            if match is None:
                twin.call_waits(call, queue, 0, now, queues[queue].needs, "", ())
            else:
                assert match.agent_id in able
                del twin.free[match.agent_id]
        elif what == "free" and agent not in twin.free:
            assert decided(matcher.agent_free(agent, standing, now, open_for)) == twin.agent_free(
                agent, standing, now, open_for
            )


# --- the strategies, one story each ---------------------------------------------------------------------


def center(strategy: Strategy = Strategy.LONGEST_IDLE, **more: Any) -> Matcher:
    rule = QueueRule(parse("orders"), strategy=strategy, ranks={"bo": 1, "amy": 2})
    queues = {
        "orders": rule,
        "refunds": QueueRule(parse("refunds"), strategy=strategy, threshold=60, share=3),
    }
    agents = {
        "amy": {"orders": 3, "refunds": 2, "english": 2}, "bo": {"orders": 1}, "cai": {"orders": 2},
    }  # fmt: skip
    return Matcher(queues, agents, **more)


def test_every_strategy_and_choice_can_be_declared_and_is_told_here() -> None:
    assert set(get_args(StrategyName)) == set(Strategy)
    assert set(get_args(ChoiceName)) == set(Choice)
    own_story = {Strategy.ROUND_ROBIN, Strategy.RANDOM, Strategy.RING_ALL}
    assert {strategy for strategy, _ in WHO_GETS_IT} | own_story == set(Strategy)
    assert set(WHY) >= set(Strategy) | set(Choice), "storage/story_of_queues.py says why"


def everybody_ready(matcher: Matcher) -> None:
    matcher.agent_free("amy", Standing(5, occupancy=0.9, calls=1))
    matcher.agent_free("bo", Standing(10, occupancy=0.5, calls=2))
    matcher.agent_free("cai", Standing(20, occupancy=0.2, calls=3))


WHO_GETS_IT = [
    (Strategy.LONGEST_IDLE, ["amy", "bo", "cai"]),
    (Strategy.OCCUPANCY, ["cai", "bo", "amy"]),
    (Strategy.FEWEST_CALLS, ["amy", "bo", "cai"]),
    (Strategy.LEAST_SKILLED, ["bo", "cai", "amy"]),
    (Strategy.RANKED, ["bo", "amy", "cai"]),
]


@pytest.mark.parametrize(("strategy", "served_by"), WHO_GETS_IT)
def test_who_gets_the_call(strategy: Strategy, served_by: list[str]) -> None:
    matcher = center(strategy)
    everybody_ready(matcher)
    matches = [matcher.call_waits(f"c{n}", "orders", 0, 30 + n) for n in range(3)]
    assert [m.agent_id for m in matches if m] == served_by
    assert [m.why for m in matches if m] == [strategy.value, strategy.value, "only_free"]


def test_round_robin_goes_round_whoever_is_ready_longest() -> None:
    matcher = center(Strategy.ROUND_ROBIN)
    everybody_ready(matcher)
    served = []
    for n in range(6):
        match = matcher.call_waits(f"c{n}", "orders", 0, 30 + n)
        assert match
        served.append(match.agent_id)
        matcher.agent_free(match.agent_id, Standing(0))  # ready at once, and for longer than anybody
    assert served == ["amy", "bo", "cai"] * 2


def test_by_chance_each_has_the_same_chance() -> None:
    matcher = center(Strategy.RANDOM, chance=random.Random(7))
    everybody_ready(matcher)
    served: Counter[str] = Counter()
    for n in range(3000):
        match = matcher.call_waits(f"c{n}", "orders", 0, n)
        assert match
        served[match.agent_id] += 1
        matcher.agent_free(match.agent_id, Standing(n))
    assert all(900 < served[agent] < 1100 for agent in ("amy", "bo", "cai")), served


def test_ring_all_reserves_everybody_who_is_free() -> None:
    matcher = center(Strategy.RING_ALL)
    everybody_ready(matcher)
    match = matcher.call_waits("c1", "orders", 0, 30)
    assert match
    assert match.agents == ("amy", "bo", "cai")
    assert not any(matcher.is_free(agent) for agent in match.agents)


def test_the_callers_own_agent_is_waited_for_and_then_anybody() -> None:
    matcher = center()
    matcher.agent_free("bo", Standing(1))
    assert matcher.call_waits("c1", "orders", 0, 10, only="amy") is None  # bo is free, but not his
    assert matcher.waits_for("c1") == (parse("orders"), "amy")
    matched = matcher.widen("c1", parse("orders"))
    assert matched
    assert matched.agent_id == "bo"
    assert matcher.call_waits("c2", "orders", 0, 31, only="amy") is None
    own = matcher.agent_free("amy", Standing(40))
    assert own
    assert (own.call_id, own.why) == ("c2", "next_in_line")
    matcher.agent_free("cai", Standing(41))
    other = matcher.call_waits("c3", "refunds", 0, 42, only="cai")  # who cannot serve it is not waited for
    assert other is None
    assert matcher.waits_for("c3")[1] == ""


def test_with_ageing_who_waits_long_enough_passes_any_priority() -> None:
    matcher = center(ageing=10)
    matcher.call_waits("plain", "orders", 0, 0)
    matcher.call_waits("vip", "orders", 5, 49)  # worth 50 seconds
    matcher.call_waits("late vip", "orders", 5, 51)
    served = [decided(matcher.agent_free("bo", Standing(100 + n))) for n in range(3)]
    assert served == [("vip", ("bo",)), ("plain", ("bo",)), ("late vip", ("bo",))]


def test_without_ageing_a_higher_priority_always_comes_first() -> None:
    matcher = center()
    matcher.call_waits("plain", "orders", 0, 0)
    matcher.call_waits("vip", "orders", 1, 1e6)
    assert decided(matcher.agent_free("bo", Standing(1e6))) == ("vip", ("bo",))


@pytest.mark.parametrize(
    ("choice", "first"),
    [
        (Choice.LONGEST_WAIT, "refund 1"),  # came first
        (Choice.SERVICE_LEVEL, "order 1"),  # 15 of 20 s used up, the other 30 of 60
        (Choice.QUEUE_RATIO, "order 1"),  # orders are 2 of 3, and should be a quarter
    ],
)
def test_the_choice_between_queues(choice: Choice, first: str) -> None:
    matcher = center(choice=choice)
    matcher.call_waits("refund 1", "refunds", 0, 0)
    matcher.call_waits("order 1", "orders", 0, 15)
    matcher.call_waits("order 2", "orders", 0, 16)
    match = matcher.agent_free("amy", Standing(20), now=30)
    assert match
    assert (match.call_id, match.why) == (first, choice.value)


def test_outbound_work_waits_until_no_caller_does() -> None:
    queues = {"orders": QueueRule(parse("orders")), "campaign": QueueRule(ANYBODY, channel=OUTBOUND)}
    matcher = Matcher(queues, {"amy": {"orders": 1}})
    matcher.call_waits("dial", "campaign", 99, 0)
    matcher.call_waits("caller", "orders", 0, 5)
    both = frozenset({VOICE, OUTBOUND})
    assert decided(matcher.agent_free("amy", Standing(6), channels=both)) == ("caller", ("amy",))
    assert matcher.agent_free("amy", Standing(7)) is None  # inbound only
    matcher.agent_busy("amy")
    assert decided(matcher.agent_free("amy", Standing(8), channels=both)) == ("dial", ("amy",))


def test_an_agent_who_missed_the_call_gets_it_again_only_when_no_other_is_free() -> None:
    matcher = center()
    matcher.agent_free("amy", Standing(1))
    matcher.agent_free("bo", Standing(2))
    assert decided(matcher.call_waits("c1", "orders", 0, 5, avoid=["amy"])) == ("c1", ("bo",))
    assert decided(matcher.call_waits("c1", "orders", 0, 5, avoid=["amy"])) == ("c1", ("amy",))


def test_a_call_that_comes_back_takes_its_old_place() -> None:
    matcher = center()
    matcher.call_waits("first", "orders", 0, 1.0)
    matcher.call_waits("second", "orders", 0, 2.0)
    assert decided(matcher.agent_free("bo", Standing(3))) == ("first", ("bo",))
    matcher.call_waits("first", "orders", 0, 1.0)  # bo's phone did not answer
    assert matcher.position("first") == 1
    assert decided(matcher.agent_free("amy", Standing(4))) == ("first", ("amy",))


def test_a_call_may_not_wait_twice_and_its_queue_must_exist() -> None:
    matcher = center()
    matcher.call_waits("c1", "orders", 0, 1.0)
    with pytest.raises(ValueError, match="waits already"):
        matcher.call_waits("c1", "refunds", 0, 1.0)
    with pytest.raises(KeyError):
        matcher.call_waits("c2", "nowhere", 0, 1.0)


def test_calls_that_need_more_than_their_queue() -> None:
    matcher = center()
    needs: Needs = at_levels({"orders": 1, "english": 2})
    matcher.agent_free("bo", Standing(1))
    assert matcher.call_waits("c1", "orders", 0, 2, needs) is None
    assert decided(matcher.agent_free("amy", Standing(3))) == ("c1", ("amy",))
    for n in range(5000):  # needs nobody declared leave no trace
        matcher.call_waits(f"d{n}", "orders", 0, n, at_levels({f"s{n}": 1}))
        matcher.call_gone(f"d{n}")
    assert len(matcher._lines) < 2100
    assert matcher._calls == {}


def test_agents_who_come_and_go_leave_no_trace() -> None:
    matcher = center()
    for n in range(5000):
        matcher.agent_free("bo", Standing(n))
        matcher.agent_busy("bo")
    assert all(len(pool) < 100 for pool in matcher._pools.values())
