"""The strategies: which of the free agents gets a call, and which of the waiting calls an agent gets.

Both are orders: the smallest key comes first. Equal keys are decided by who is ready longest, and who came
first. docs/acd.md tells which one to choose when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from callcenter.center.needs import ANYBODY, Needs

#: the kinds of work an agent may do at a time, each with a capacity of its own
VOICE = "voice"
OUTBOUND = "outbound"


class Strategy(StrEnum):
    """Which of the free agents who may serve a queue gets its call."""

    LONGEST_IDLE = "longest_idle"  # ready longest
    OCCUPANCY = "occupancy"  # the smallest share of his signed-in time on calls and in wrap-up
    FEWEST_CALLS = "fewest_calls"  # the fewest calls taken since sign-in
    LEAST_SKILLED = "least_skilled"  # the smallest sum of skill levels: experts are kept free
    RANKED = "ranked"  # the smallest rank in the queue
    ROUND_ROBIN = "round_robin"  # this queue's last offer to him is longest ago
    RANDOM = "random"  # each with the same chance
    RING_ALL = "ring_all"  # every free one's phone rings, the first to answer has the call


class Choice(StrEnum):
    """Which queue's next call an agent gets who serves several with callers in line."""

    LONGEST_WAIT = "longest_wait"  # the best place of all: priority with ageing, then who came first
    SERVICE_LEVEL = "service_level"  # the largest share of its queue's service level threshold waited
    QUEUE_RATIO = "queue_ratio"  # the queue furthest above its share of all who wait


class Standing(NamedTuple):
    """What an agent has done when he becomes free, as the strategies compare it."""

    since: float  # ready since, seconds
    occupancy: float = 0.0  # 0 to 1
    calls: int = 0  # taken since sign-in


@dataclass(frozen=True, slots=True)
class QueueRule:
    """What the matcher knows of a queue."""

    needs: Needs = ANYBODY
    rings: tuple[Needs, ...] = ()
    """What its calls are content with later, widest last; `needs` is not repeated."""
    strategy: Strategy = Strategy.LONGEST_IDLE
    ranks: Mapping[str, int] = field(default_factory=dict)  # by agent; who has none comes last
    channel: str = VOICE
    threshold: float = 20.0  # seconds, for Choice.SERVICE_LEVEL
    share: float = 1.0  # of all who wait, in relation to the other queues' shares: for Choice.QUEUE_RATIO


def urgency(now: float, entered: float, threshold: float) -> float:
    """How much of its queue's threshold a call has used up; the largest is served first.

    The generalised c-mu rule: serve the class with the largest C'(wait) x mu, here with the cost C(w) =
    w^2 / (2 x threshold) and the same mu for all (J. A. van Mieghem, Dynamic scheduling with convex delay
    costs, Annals of Applied Probability 5, 1995; A. Mandelbaum and A. Stolyar, Operations Research 52, 2004).
    """
    return (now - entered) / threshold


def imbalance(waiting: int, share: float, all_waiting: int) -> float:
    """By how many calls a queue is above its share of all who wait; the largest is served first.

    The fixed-queue-ratio rule: serve the queue with the largest Q_i - p_i x Q (I. Gurvich and W. Whitt,
    Queue-and-idleness-ratio controls in many-server service systems, Mathematics of OR 34, 2009). `share` is
    p_i, all of them adding up to 1.
    """
    return waiting - share * all_waiting
