"""How much an agent may do at a time. Pure.

Each channel has a capacity, such as voice 1 and chat 3: one call fills an agent, one chat a third of him.
What he does may not add up to more than the whole of him, so that who talks gets no chat, and who has a chat
gets no call until it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from callcenter.acd.strategy import VOICE

#: of an agent whose capacities are not declared
ONE_CALL: Mapping[str, int] = {VOICE: 1}


def used(capacity: Mapping[str, int], load: Mapping[str, int]) -> Fraction:
    """The part of an agent that `load` (a number by channel) takes; 1 is all of him. What he has on a channel
    he has no capacity for any more takes all of him."""
    return sum(
        (Fraction(n, capacity[c]) if capacity.get(c, 0) > 0 else Fraction(1) for c, n in load.items() if n),
        Fraction(0),
    )


def open_channels(capacity: Mapping[str, int], load: Mapping[str, int]) -> frozenset[str]:
    """The channels on which there is room for one more."""
    taken = used(capacity, load)
    return frozenset(c for c, most in capacity.items() if most > 0 and taken + Fraction(1, most) <= 1)
