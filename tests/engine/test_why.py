"""'Why?': of a caller who waits, of one who was given to somebody, of an agent without a call."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from callcenter.acd.why import why_agent_idles, why_caller_waits
from callcenter.storage.story import story as told

from .hotline import Hotline, on_the_hotline
from .test_routing import known_as, orders, talked_with


def why(h: Hotline, call: int) -> dict[str, Any]:
    found = why_caller_waits(h.engine.acd, h.center, f"20260101-call-{call}", h.clock.now())
    assert found is not None
    return found


def idle(h: Hotline, agent: str) -> dict[str, Any]:
    found = why_agent_idles(h.engine.acd, h.center, agent, h.clock.now())
    assert found is not None
    return found


def of_agents(found: dict[str, Any]) -> dict[str, str]:
    return {agent["id"]: agent["text"]["en"] for agent in found["agents"]}


def test_why_a_caller_waits(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "rings: [{after: 60, needs: orders}]", skills="    needs: orders >= 2")
        h.call(did="4002")
        await asyncio.sleep(10)
        found = why(h, 1)
        assert (found["queue"], found["position"], found["waiting"]) == ("orders", 1, 1)
        assert found["needs"] == "orders >= 2"
        assert found["rings"] == [{"after": 60, "needs": "orders"}]
        assert of_agents(found) == {"amy": "signed out", "bo": "signed out"}
        assert found["summary"]["code"] == "nobody"
        h.ready("bo")
        h.engine.desk.set_state("amy", "not_ready", "lunch")
        h.call(did="4002")
        await asyncio.sleep(1)
        found = why(h, 2)
        assert of_agents(found) == {"amy": "not ready: Lunch", "bo": "lacks: orders >= 2"}
        assert found["summary"]["text"]["en"] == (
            "1 may serve him, none of them is free; 1 callers are before him"
        )
        assert [agent["id"] for agent in found["agents"]] == ["amy", "bo"]  # who is nearer comes first
        h.behave("amy", answer_after=2, talk_seconds=30)
        h.ready("amy")
        await asyncio.sleep(1)
        assert of_agents(why(h, 2))["amy"] == "another caller is being given to him"
        await asyncio.sleep(5)
        assert of_agents(why(h, 2))["amy"] == "on a call"
        assert why_caller_waits(h.engine.acd, h.center, "20260101-call-1", h.clock.now()) is None

    on_the_hotline(tmp_path, story)


def test_why_he_waits_for_one_agent_alone(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "last_agent: {seconds: 20}")
        known_as(h, timeline=[talked_with(h, "amy", 1)])
        h.behave("amy", answer_after=1, talk_seconds=60)
        h.ready("amy")
        h.call(did="4002")
        await asyncio.sleep(5)
        h.ready("bo")
        h.call(did="4002")
        await asyncio.sleep(5)
        assert of_agents(why(h, 2))["bo"] == "the caller still waits for Amy"

    on_the_hotline(tmp_path, story)


def test_why_an_agent_has_no_call(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        assert idle(h, "bo")["summary"]["code"] == "signed_out"
        h.ready("bo")
        assert idle(h, "bo")["summary"]["text"]["en"] == "nobody waits"
        h.engine.acd.enter("chance", "refunds")
        found = idle(h, "bo")
        assert found["summary"]["code"] == "not_for_him"
        assert [(c["call_id"], c["text"]["en"]) for c in found["callers"]] == [
            ("chance", "lacks: refunds >= 2")
        ]
        h.phones["bo"].unregister()
        await asyncio.sleep(1)
        assert idle(h, "bo")["summary"]["code"] in ("phone", "not_ready")
        assert why_agent_idles(h.engine.acd, h.center, "nobody", h.clock.now()) is None

    on_the_hotline(tmp_path, story)


def test_why_it_was_this_agent(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        orders(h, "strategy: fewest_calls")
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await asyncio.sleep(10)
        h.ready("bo")
        for _ in range(2):
            h.call(did="4002")
            await asyncio.sleep(1)
        await asyncio.sleep(60)

    h = on_the_hotline(tmp_path, story)
    lines = [line["text"] for line in told(h.facts("queue.assigned"))]
    assert lines[0]["en"] == "Given to amy (waited 0 s): fewest calls so far of 2, 0 calls so far"
    assert lines[0]["zh-CN"] == "分配给 amy（等待 0 秒）：接听最少（2 人中），已接 0 通"
