"""A center is put in force while calls go on: they do not wait for it to be read."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from callcenter.acd.service import reason_texts
from callcenter.center import service as center_service
from callcenter.center.service import CenterService
from callcenter.simulation.journal import MemoryJournal
from callcenter.simulation.virtual_time import VirtualClock

ROOT = Path(__file__).parents[2]


@pytest.fixture
def slowly_read(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """From now on a center is read only once somebody has set this, as if it were very long."""
    go_on = threading.Event()
    read = center_service.parse_center

    def slowly(*given: Any) -> Any:
        assert go_on.wait(5), "the event loop stood still while the center was read"
        return read(*given)

    monkeypatch.setattr(center_service, "parse_center", slowly)
    return go_on


async def test_calls_go_on_while_a_long_center_is_read(tmp_path: Path, slowly_read: threading.Event) -> None:
    slowly_read.set()
    service = the_center(tmp_path)
    text = (ROOT / "center.yaml").read_text()
    for asked in (service.plan, lambda text: service.apply(text, by="ada")):
        slowly_read.clear()
        asyncio.get_running_loop().call_soon(slowly_read.set)  # what a call would do meanwhile
        answer = await asked(text.replace("wrap_up_seconds: 20", "wrap_up_seconds: 45", 1))
        assert answer["changes"] and not answer["problems"]


async def test_of_two_centers_applied_at_once_the_later_is_in_force(
    tmp_path: Path, slowly_read: threading.Event
) -> None:
    slowly_read.set()
    service = the_center(tmp_path)
    text = (ROOT / "center.yaml").read_text()
    slowly_read.clear()
    both = asyncio.gather(*(service.apply(text.replace("王伟", name), by="ada") for name in ("王一", "王二")))
    await asyncio.sleep(0)
    slowly_read.set()
    first, second = await both
    assert len(first["changes"]) == len(second["changes"]) == 1
    assert service.center.agents["wangwei"].name == "王二"
    assert "王二" in service.in_force()["in_force"]["text"]


def the_center(folder: Path) -> CenterService:
    clock = VirtualClock()
    return CenterService(
        ROOT / "center.yaml",
        folder / "in-force.yaml",
        clock=clock,
        journal=MemoryJournal(clock),
        flows=lambda: {path.stem for path in (ROOT / "ivr_flows").glob("*.yaml")},
        reasons=reason_texts,
    )
