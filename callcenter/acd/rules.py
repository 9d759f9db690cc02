"""The declared center as rules of the matcher. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping

from callcenter.acd.kept_out import heeding, kept_out_by
from callcenter.acd.match import Matcher
from callcenter.acd.strategy import Choice, QueueRule, Strategy
from callcenter.center.model import Center, Queue
from callcenter.center.needs import Skills


def queue_rule(name: str, queue: Queue, kept_out: Collection[str] = ()) -> QueueRule:
    """What the matcher must know of a queue. `kept_out`: the queues that somebody is kept out of."""
    return QueueRule(
        needs=heeding(queue.asked, name, kept_out),
        rings=tuple(heeding(needs, name, kept_out) for _, needs in queue.widened),
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
    kept_out = kept_out_by(skills)
    return Matcher(
        {name: queue_rule(name, queue, kept_out) for name, queue in queues.items()},
        skills,
        ageing=center.distribution.ageing_seconds,
        choice=Choice(center.distribution.choice),
        chance=chance,
    )
