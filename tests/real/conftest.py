"""One running center a module, shared by its stories; each story leaves it quiet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.real.kit import Office, a_center


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """The center of this module."""
    async with a_center(tmp_path_factory.mktemp("c")) as office:
        yield office


@pytest_asyncio.fixture(loop_scope="module")
async def office(running: Office) -> AsyncIterator[Office]:
    """The same, quiet again after the story."""
    yield running
    await running.everyone_leaves()
