"""The simulated switch keeps every promise that is also shown on the real one."""

from __future__ import annotations

import pytest

from callcenter.simulation.virtual_time import run_virtual
from tests.simulation import (  # noqa: F401  # they add their stories
    conformance_calls_out,
    conformance_keys,
    conformance_rings,
    conformance_talks,
)
from tests.simulation.conformance import STORIES
from tests.simulation.conformance_monitoring import SUPERVISED
from tests.simulation.world import SimulatedWorld


@pytest.mark.parametrize("name", [*STORIES, *SUPERVISED])
def test_simulated_switch(name: str) -> None:
    async def tell() -> None:
        world = await SimulatedWorld().start()
        await (STORIES | SUPERVISED)[name](world, "1001")
        assert world.switch.failures == []

    run_virtual(tell())
