"""Supervisors act by REST, under their own names; nobody else does; and what they see comes to them alone."""

from __future__ import annotations

import pytest

from callcenter.web import supervision_shapes as shapes
from tests.web.conftest import House
from tests.web.exactly import exactly
from tests.web.test_page_socket import heard

ACTS = (
    ("GET", "/supervision", None),
    ("POST", "/waiting/c1/move", {"head": True}),
    ("POST", "/waiting/c1/assign", {"agent": "amy"}),
    ("PUT", "/agents/amy/skills", {"skills": {"sales": 3}}),
    ("DELETE", "/agents/amy/skills", None),
    ("POST", "/agents/amy/monitor", {"mode": "listen"}),
    ("DELETE", "/monitor", None),
    ("POST", "/agents/amy/take-over", {}),
)


async def test_a_supervisor_acts_and_each_act_has_his_name(house: House) -> None:
    sue = await house.sign_in("sue")
    status, picture = await sue.ask("GET", "/supervision")
    assert (status, picture["phone"]) == (200, "1900")
    exactly(shapes.SupervisionAnswer, picture)
    assert await sue.ask("POST", "/waiting/c1/move", {"queue": "orders", "head": True}) == (204, b"")
    assert await sue.ask("POST", "/waiting/c1/assign", {"agent": "amy", "override": True}) == (204, b"")
    wish = {"skills": {"sales": 3}, "without": ["orders"]}
    assert await sue.ask("PUT", "/agents/amy/skills", wish) == (204, b"")
    assert await sue.ask("DELETE", "/agents/amy/skills") == (204, b"")
    status, session = await sue.ask("POST", "/agents/amy/monitor", {"mode": "whisper"})
    assert (status, session["phone"]) == (200, "1900")  # her own
    exactly(shapes.Monitor, session)
    await sue.ask("POST", "/agents/amy/monitor", {"phone": "8002"})
    assert (await sue.ask("POST", "/agents/amy/take-over", {}))[0] == 200
    assert await sue.ask("DELETE", "/monitor") == (204, b"")
    assert house.supervisors.acts == [
        ("move", "c1", "orders", True, "sue"),
        ("assign", "c1", "amy", True, "sue"),
        ("skills", "amy", {"sales": 3}, ["orders"], "sue"),
        ("reset", "amy", "sue"),
        ("monitor", "amy", "whisper", "1900", "sue"),
        ("monitor", "amy", "listen", "8002", "sue"),
        ("take over", "amy", "1900", "sue"),
        ("monitor", "amy", "hold", "1900", "sue"),
        ("stop", "sue"),
    ]


@pytest.mark.parametrize("who", ["amy", "cam", "ivy"])
async def test_nobody_else_may(house: House, who: str) -> None:
    person = await house.sign_in(who)
    for method, path, body in ACTS:
        status, error = await person.ask(method, path, body)
        assert (status, error["error"]["code"]) == (403, "not_allowed"), path
    assert house.supervisors.acts == []


async def test_an_agent_takes_a_caller_for_himself_with_his_own_skills(house: House) -> None:
    amy, ivy = await house.sign_in("amy"), await house.sign_in("ivy")
    assert (await amy.ask("POST", "/me/agent/take", {"call_id": "c1"}))[0] == 204
    assert house.supervisors.acts == [("assign", "c1", "amy", False, "amy")]
    assert (await ivy.ask("POST", "/me/agent/take", {"call_id": "c1"}))[1]["error"]["code"] == "not_an_agent"


async def test_what_cannot_be_is_refused_in_both_languages(house: House) -> None:
    ada = await house.sign_in("ada")
    status, error = await ada.ask("POST", "/waiting/c9/move", {"head": True})
    assert (status, set(error["error"]["message"])) == (404, {"en", "zh-CN"})
    status, error = await ada.ask("POST", "/agents/amy/monitor", {})
    assert (status, error["error"]["code"], error["error"]["field"]) == (409, "no_phone", "phone")
    for body in ({"mode": "shout"}, {"mode": "listen", "tone": False}):
        assert (await ada.ask("POST", "/agents/amy/monitor", body))[0] == 400
    for level in (0, 11, "much"):
        assert (await ada.ask("PUT", "/agents/amy/skills", {"skills": {"sales": level}}))[0] == 400


async def test_the_line_comes_with_the_wallboard_to_supervisors_alone(house: House) -> None:
    sue, amy = await house.sign_in("sue"), await house.sign_in("amy")
    hers, his = await sue.socket(), await amy.socket()
    for socket in (hers, his):
        await socket.send_json({"type": "subscribe", "topic": "wallboard"})
        await heard(socket, "wallboard")
    picture = (await heard(hers, "supervision"))["supervision"]
    assert picture["callers"][0]["ani"] == "13800138000"
    with pytest.raises(TimeoutError):
        await heard(his, "supervision", 0.3)
    await hers.send_json({"type": "unsubscribe", "topic": "wallboard"})
    await hers.send_json({"type": "ping"})
    await heard(hers, "pong")
    with pytest.raises(TimeoutError):
        await heard(hers, "supervision", 0.3)
