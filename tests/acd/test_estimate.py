"""The estimated wait: the formulas against brute force, and rates learnt from what happens in a queue."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.acd.estimate import PRIOR_STARTS, QueueHistory, queue_length_wait
from callcenter.acd.waits import WaitEstimates
from callcenter.simulation.journal import MemoryJournal


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at


class Shift:
    """Agents at their queues, and what happens there. Every agent serves the queues named with him."""

    def __init__(self, **serves: list[str]) -> None:
        self.clock = Clock()
        self.journal = MemoryJournal(self.clock)
        self.waits = WaitEstimates(self.clock, lambda agent: serves[agent])
        self.journal.subscribe(self.waits.on_fact)
        for agent in serves:
            self.state(agent, "ready")

    def later(self, seconds: float) -> None:
        self.clock.at += seconds

    def state(self, agent: str, state: str) -> None:
        self.journal.write("agent.state", agent=agent, state=state, reason="")

    def enters(self, call: str, queue: str = "orders") -> None:
        self.journal.write("queue.entered", call_id=call, queue=queue, priority=0, position=1)

    def given(self, call: str, agent: str, queue: str = "orders") -> None:
        self.journal.write("queue.assigned", call_id=call, agent=agent, queue=queue, wait=0)

    def answers(self, call: str, agent: str, queue: str = "orders") -> None:
        self.journal.write("talk.started", call_id=call, agent=agent, queue=queue, wait=0)

    def done(self, call: str, agent: str) -> None:
        self.journal.write("talk.ended", call_id=call, agent=agent, seconds=0)
        self.state(agent, "ready")

    def served_three(self, agent: str, seconds: float) -> None:
        """Enough to be known."""
        for n in range(3):
            self.serves(f"before {n}", agent, seconds)

    def serves(self, call: str, agent: str, seconds: float, queue: str = "orders") -> None:
        """A whole call, given at once."""
        self.enters(call, queue)
        self.given(call, agent, queue)
        self.answers(call, agent, queue)
        self.later(seconds)
        self.done(call, agent)


@given(st.integers(1, 3000), st.floats(0.001, 10.0), st.one_of(st.just(0.0), st.floats(1e-6, 0.1)))
def test_the_sum_over_those_ahead_is_right_for_long_lines_too(
    position: int, served: float, hazard: float
) -> None:
    exact = sum(1 / (served + ahead * hazard) for ahead in range(position))
    assert queue_length_wait(position, served, hazard) == pytest.approx(exact, rel=0.01)


def test_without_people_who_give_up_it_is_the_line_over_the_rate() -> None:
    assert queue_length_wait(1, 0.1) == pytest.approx(10)
    assert queue_length_wait(12, 0.1) == pytest.approx(120)
    assert queue_length_wait(12, 0.1, 0.01) < 120


def test_nobody_served_is_no_wait_of_any_length() -> None:
    with pytest.raises(ValueError, match="nobody is served"):
        queue_length_wait(3, 0.0)


def test_it_agrees_with_a_line_of_memoryless_people() -> None:
    """Five agents, talks of 100 s, callers who give up after 200 s; the wait of the one behind nine."""
    chance = random.Random(7)
    waits = []
    for _ in range(4000):
        at, ahead = 0.0, 9
        while True:
            served, leaves = 5 / 100, ahead / 200
            at += chance.expovariate(served + leaves)
            if chance.random() < served / (served + leaves):
                if ahead == 0:
                    break
                ahead -= 1
            else:
                ahead -= 1
        waits.append(at)
    assert sum(waits) / len(waits) == pytest.approx(queue_length_wait(10, 5 / 100, 1 / 200), rel=0.03)


def test_while_nothing_is_known_nothing_is_said() -> None:
    shift = Shift(amy=["orders"])
    assert shift.waits.wait("orders", 1) is None
    shift.serves("1", "amy", 60)
    shift.serves("2", "amy", 60)
    shift.enters("3")
    shift.given("3", "amy")
    shift.answers("3", "amy")
    shift.later(60)
    assert shift.waits.wait("orders", 1) is None  # two calls are chance
    shift.done("3", "amy")
    assert shift.waits.wait("orders", 1) == pytest.approx(60, rel=0.02)
    assert shift.waits.wait("orders", 3) == pytest.approx(180, rel=0.02)


def test_who_finds_an_agent_free_says_nothing_of_the_line() -> None:
    shift = Shift(amy=["orders"])
    for n in range(20):
        shift.enters(f"{n}")
        shift.later(0.001)  # as long as it takes to write down that he came
        shift.given(f"{n}", "amy")
        shift.answers(f"{n}", "amy")
        shift.later(60)
        shift.done(f"{n}", "amy")
    assert shift.waits.wait("orders", 1) == pytest.approx(60, rel=0.02)


def test_nobody_at_work_is_no_estimate() -> None:
    shift = Shift(amy=["orders"])
    shift.served_three("amy", 60)
    shift.state("amy", "not_ready")
    assert shift.waits.wait("orders", 1) is None
    shift.state("amy", "ready")
    assert shift.waits.wait("orders", 1) == pytest.approx(60, rel=0.02)


def test_who_comes_to_work_shortens_the_wait_at_once() -> None:
    shift = Shift(amy=["orders"], bo=["orders"])
    shift.state("bo", "not_ready")
    for n in range(3):
        shift.serves(f"{n}", "amy", 60)
    alone = shift.waits.wait("orders", 4)
    shift.state("bo", "ready")
    assert alone is not None
    assert shift.waits.wait("orders", 4) == pytest.approx(alone / 2, rel=0.02)


def test_wrap_up_and_ringing_are_part_of_what_a_call_takes() -> None:
    shift = Shift(amy=["orders"])
    for call in ("1", "2", "3"):
        shift.enters(call)
        shift.given(call, "amy")
        shift.later(5)  # the phone rings
        shift.answers(call, "amy")
        shift.later(60)
        shift.journal.write("talk.ended", call_id=call, agent="amy", seconds=60)
        shift.state("amy", "wrap_up")
        shift.later(25)
        shift.state("amy", "ready")
    assert shift.waits.wait("orders", 1) == pytest.approx(90 + 5, rel=0.02)  # and 5 s of ringing at the end


def test_an_agent_of_two_queues_counts_with_the_part_this_queue_gets() -> None:
    shift = Shift(amy=["orders", "refunds"])
    for n in range(6):
        shift.serves(f"o{n}", "amy", 60, "orders")
        shift.serves(f"r{n}", "amy", 180, "refunds")
    assert shift.waits.wait("orders", 1) == pytest.approx(240, rel=0.1)
    assert shift.waits.wait("refunds", 1) == pytest.approx(240, rel=0.1)


def test_what_is_seen_while_a_line_stands_counts_more_than_whole_days() -> None:
    """Calls took 60 s until now; since the line stands they take 120."""
    shift = Shift(amy=["orders"])
    for n in range(3):
        shift.serves(f"{n}", "amy", 60)
    for n in range(20):
        shift.enters(f"w{n}")
    shift.given("w0", "amy")
    for n in range(15):
        shift.answers(f"w{n}", "amy")
        shift.later(120)
        shift.done(f"w{n}", "amy")
        shift.given(f"w{n + 1}", "amy")
    seen = shift.waits.wait("orders", 1)
    assert seen is not None
    assert 95 < seen < 121


def test_those_who_give_up_shorten_the_wait_of_those_behind() -> None:
    shift = Shift(amy=["orders"])
    shift.served_three("amy", 60)
    patient = shift.waits.wait("orders", 10)
    for n in range(20):
        shift.enters(f"w{n}")
    for n in range(20):
        shift.later(10)
        shift.journal.write("queue.left", call_id=f"w{n}", queue="orders", why="abandoned", wait=10)
    impatient = shift.waits.wait("orders", 10)
    assert patient is not None
    assert impatient is not None
    assert impatient < 0.8 * patient


def test_a_call_nobody_answered_teaches_no_length_of_calls() -> None:
    shift = Shift(amy=["orders"], bo=["orders"])
    shift.enters("1")
    shift.given("1", "amy")
    shift.later(15)
    shift.journal.write("queue.returned", call_id="1", agent="amy", queue="orders", result="no_answer")
    shift.state("amy", "not_ready")
    assert shift.waits.history("orders").calls == 0
    assert list(shift.waits.history("orders").waiting) == ["1"]  # he is in line, since he came
    shift.given("1", "bo")
    shift.answers("1", "bo")
    shift.later(60)
    shift.done("1", "bo")
    assert shift.waits.history("orders").calls == 1
    assert shift.waits.history("orders").waiting == {}


def test_others_waits_are_told_as_they_were() -> None:
    shift = Shift(amy=["orders"])
    history = shift.waits.history("orders")
    assert (history.by_head_of_line(shift.clock.at), history.by_last_served()) == (None, None)
    shift.enters("1")
    shift.later(10)
    shift.enters("2")
    shift.later(10)
    assert history.by_head_of_line(shift.clock.at) == 20
    shift.given("1", "amy")
    assert history.by_last_served() == 20
    assert history.by_head_of_line(shift.clock.at) == 10


def test_what_is_long_ago_fades() -> None:
    history = QueueHistory()
    history.staff(0, 1, 0)
    for n in range(20):
        history.enters(n * 100.0, f"{n}")
        history.staff(n * 100.0, 0, 1)
        history.given(n * 100.0, f"{n}")
        history.staff(n * 100.0 + 50, 0, -1)
        history.ends(n * 100.0 + 50)
    old = history.served()
    for n in range(20):
        at = 5 * 3600 + n * 400.0
        history.staff(at, 0, 1)
        history.staff(at + 200, 0, -1)
        history.ends(at + 200)
    new = history.served()
    assert old == pytest.approx(1 / 50, rel=0.05)
    assert new == pytest.approx(1 / 200, rel=0.1)
    assert PRIOR_STARTS > 0


def test_skills_changed_under_the_agents_count_from_then_on() -> None:
    serves = {"amy": ["orders"], "bo": ["orders"]}
    shift = Shift(**serves)
    shift.waits._serves = lambda agent: serves[agent]
    shift.served_three("amy", 60)
    two = shift.waits.wait("orders", 4)
    serves["bo"] = ["refunds"]
    shift.waits.staff_changed(["amy", "bo"])
    one = shift.waits.wait("orders", 4)
    assert two is not None
    assert one == pytest.approx(2 * two, rel=0.05)
