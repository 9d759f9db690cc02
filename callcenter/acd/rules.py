"""The declared center as rules of the matcher. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping

from callcenter.acd.match import Matcher
from callcenter.acd.strategy import Choice, QueueRule, Strategy
from callcenter.center.model import Center, Queue
from callcenter.center.needs import Skills


def queue_rule(queue: Queue) -> QueueRule:
    """What the matcher must know of a queue."""
    return QueueRule(
        needs=queue.asked,
        rings=tuple(needs for _, needs in queue.widened),
        strategy=Strategy(queue.strategy),
        ranks=queue.ranks,
        channel=queue.channel,
        threshold=queue.service_level.seconds,
        share=queue.share,
    )


def matcher_of(
    center: Center, queues: Mapping[str, Queue], skills: Mapping[str, Skills], chance: random.Random
) -> Matcher:
    """A matcher for these queues and the agents' skills."""
    return Matcher(
        {name: queue_rule(queue) for name, queue in queues.items()},
        skills,
        ageing=center.distribution.ageing_seconds,
        choice=Choice(center.distribution.choice),
        chance=chance,
    )
