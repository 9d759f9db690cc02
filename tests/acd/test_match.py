"""The matcher against a brute-force twin: the same center and the same events give the same decisions."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.acd.match import Match, Matcher, serves

SKILLS = ("orders", "refunds", "english")
QUEUES = {
    "orders": {"orders": 1},
    "refunds": {"refunds": 2},
    "orders-en": {"orders": 1, "english": 2},
    "anyone": {},
}


@dataclass
class Twin:
    """Scans everybody each time."""

    agents: dict[str, dict[str, int]] = field(default_factory=dict)
    free: dict[str, tuple[float, int]] = field(default_factory=dict)
    calls: dict[str, tuple[str, tuple[int, float, int]]] = field(default_factory=dict)
    needs: dict[str, dict[str, int]] = field(default_factory=dict)
    seq: int = 0

    def may(self, agent: str, call: str, queue: str) -> bool:
        return serves(self.agents[agent], QUEUES[queue]) and serves(self.agents[agent], self.needs[call])

    def call_waits(
        self, call: str, queue: str, priority: int, since: float, needs: dict[str, int]
    ) -> tuple[str, str] | None:
        self.needs[call] = needs
        able = [(key, a) for a, key in self.free.items() if self.may(a, call, queue)]
        if able:
            agent = min(able)[1]
            del self.free[agent]
            return call, agent
        self.seq += 1
        self.calls[call] = (queue, (-priority, since, self.seq))
        return None

    def agent_free(self, agent: str, since: float) -> tuple[str, str] | None:
        able = [(p, c) for c, (q, p) in self.calls.items() if self.may(agent, c, q)]
        if able:
            call = min(able)[1]
            del self.calls[call]
            return call, agent
        self.seq += 1
        self.free[agent] = (since, self.seq)
        return None


def pair(match: Match | None) -> tuple[str, str] | None:
    return (match.call_id, match.agent_id) if match else None


levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3))
events = st.lists(
    st.tuples(
        st.sampled_from(["call", "call", "leave", "free", "free", "busy"]),
        st.integers(0, 30),
        st.sampled_from(list(QUEUES)),
        st.integers(0, 2),
        st.sampled_from([{}, {}, {"english": 1}, {"english": 3, "orders": 2}, {"refunds": 1}]),
    ),
    max_size=120,
)


@settings(max_examples=300, deadline=None)
@given(agents=st.lists(levels, min_size=1, max_size=8), happened=events)
def test_any_day_in_any_center_is_decided_as_the_twin_decides_it(
    agents: list[dict[str, int]], happened: list[tuple[str, int, str, int, dict[str, int]]]
) -> None:
    matcher, twin = Matcher(QUEUES), Twin()
    for n, skills in enumerate(agents):
        matcher.set_agent(f"a{n}", skills)
        twin.agents[f"a{n}"] = skills
    on_call: set[str] = set()
    for now, (what, number, queue, priority, needs) in enumerate(happened):
        call, agent = f"c{number}", f"a{number % len(agents)}"
        if what == "call" and call not in twin.calls and call not in on_call:
            decided = matcher.call_waits(call, queue, priority, float(now), needs)
            assert pair(decided) == twin.call_waits(call, queue, priority, float(now), needs)
            on_call |= {call} if decided else set()
        elif what == "leave":
            assert matcher.call_gone(call) == (twin.calls.pop(call, None) is not None)
        elif what == "free" and agent not in twin.free:
            decided = matcher.agent_free(agent, float(now))
            assert pair(decided) == twin.agent_free(agent, float(now))
        elif what == "busy":
            assert matcher.agent_busy(agent) == (twin.free.pop(agent, None) is not None)
        for name, required in QUEUES.items():
            waiting = [c for c, (q, _) in twin.calls.items() if q == name]
            able = [a for a in twin.free if serves(twin.agents[a], required)]
            assert matcher.waiting(name) == len(waiting)
            ahead = sum(-twin.calls[c][1][0] >= priority for c in waiting)
            assert matcher.next_position(name, priority) == ahead + 1
            assert matcher.free(name) == len(able)
            together = [(c, a) for c in waiting for a in able if twin.may(a, c, name)]
            assert not together, "a free agent stands beside a call he may serve"


def center() -> Matcher:
    matcher = Matcher(QUEUES)
    matcher.set_agent("amy", {"orders": 3, "english": 2})
    matcher.set_agent("bo", {"orders": 1})
    matcher.set_agent("cai", {"refunds": 2})
    return matcher


def test_the_agent_who_has_been_free_longest_gets_the_call() -> None:
    matcher = center()
    matcher.agent_free("bo", since=10)
    matcher.agent_free("amy", since=5)
    assert pair(matcher.call_waits("c1", "orders", 0, 20)) == ("c1", "amy")
    assert pair(matcher.call_waits("c2", "orders", 0, 21)) == ("c2", "bo")


def test_an_agent_below_the_level_is_never_given_the_call() -> None:
    matcher = center()
    matcher.agent_free("bo", since=1)
    assert matcher.call_waits("c1", "orders-en", 0, 2) is None
    assert pair(matcher.agent_free("amy", since=3)) == ("c1", "amy")


def test_a_higher_priority_is_served_first_and_equals_in_order_of_arrival() -> None:
    matcher = center()
    for call, priority in (("late", 0), ("later", 0), ("vip", 5)):
        matcher.call_waits(call, "orders", priority, 1.0 if call == "late" else 2.0)
    served = []
    for _ in range(3):
        match = matcher.agent_free("bo", since=9)
        assert match
        served.append(match.call_id)
    assert served == ["vip", "late", "later"]


def test_a_call_that_comes_back_takes_its_old_place() -> None:
    matcher = center()
    matcher.call_waits("first", "orders", 0, 1.0)
    matcher.call_waits("second", "orders", 0, 2.0)
    assert pair(matcher.agent_free("bo", since=3)) == ("first", "bo")
    matcher.call_waits("first", "orders", 0, 1.0)  # bo's phone did not answer
    assert matcher.position("first") == 1
    assert pair(matcher.agent_free("amy", since=4)) == ("first", "amy")


def test_a_call_may_not_wait_twice() -> None:
    matcher = center()
    matcher.call_waits("c1", "orders", 0, 1.0)
    with pytest.raises(ValueError, match="waits already"):
        matcher.call_waits("c1", "refunds", 0, 1.0)


def test_thousands_who_hang_up_leave_no_trace_in_memory() -> None:
    matcher = center()
    for n in range(5000):
        matcher.call_waits(f"c{n}", "orders", 0, float(n))
        matcher.call_gone(f"c{n}")
    assert len(matcher._lines["orders", ()].calls) < 200
