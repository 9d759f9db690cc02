"""An agent works at one place: who signs in at a second takes over from the first, or is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.web.conftest import PASSWORD, Client, House
from tests.web.test_page_socket import heard, until

READY = {"state": "ready"}


async def act(client: Client) -> tuple[int, str]:
    status, answer = await client.ask("POST", "/me/agent/state", READY)
    return status, answer.get("error", {}).get("code", "")


async def hears_nothing(socket: aiohttp.ClientWebSocketResponse) -> None:
    with pytest.raises(TimeoutError):
        await heard(socket, "agent", 0.2)


async def two_places(house: House) -> tuple[Client, Any, Client, Any]:
    home = await house.sign_in("amy")
    at_home = await home.socket()
    await heard(at_home, "agent")
    office = await house.sign_in("amy")
    at_office = await office.socket()
    await heard(at_office, "agent")
    return home, at_home, office, at_office


async def test_the_second_place_takes_over_and_the_first_is_told_and_stops(house: House) -> None:
    home, at_home, office, at_office = await two_places(house)
    await heard(at_home, "elsewhere")
    assert house.desk.taken_over == [("amy", "amy")]
    assert await act(home) == (409, "elsewhere")
    assert await act(office) == (200, "")
    assert (await heard(at_office, "agent"))["agent"]["state"] == "ready"
    await hears_nothing(at_home)
    await at_home.send_json({"type": "pop_shown", "call_id": "c1"})
    await asyncio.sleep(0.1)
    assert house.desk.shown == []  # nobody sits there
    assert house.desk.open_desks == ["amy"]


async def test_who_says_so_works_at_the_first_place_again(house: House) -> None:
    home, at_home, office, at_office = await two_places(house)
    await heard(at_home, "elsewhere")
    assert (await home.ask("POST", "/me/agent/here"))[0] == 200
    await heard(at_home, "agent")
    await heard(at_office, "elsewhere")
    assert (await act(home), await act(office)) == ((200, ""), (409, "elsewhere"))
    await at_home.close()
    await until(lambda: house.desk.open_desks == [])


async def test_a_page_loaded_anew_or_a_second_tab_is_no_second_place(house: House) -> None:
    amy = await house.sign_in("amy")
    tab, other = await amy.socket(), await amy.socket()
    for socket in (tab, other):
        await heard(socket, "agent")
    await tab.close()
    again = await amy.socket()
    await heard(again, "agent")
    await act(amy)
    await heard(other, "agent")
    assert house.desk.taken_over == []


async def test_the_stopped_place_does_not_take_over_by_coming_back(house: House) -> None:
    home, at_home, _, at_office = await two_places(house)
    await heard(at_home, "elsewhere")
    await at_home.close()
    await heard(await home.socket(), "elsewhere")  # loaded anew
    knows = await home.session.ws_connect("/api/v1/ws?elsewhere=1", origin=home.base)
    await heard(knows, "elsewhere")
    await at_office.close()
    await until(lambda: house.desk.open_desks == [])
    await heard(await home.socket(), "agent")  # nobody works at the other place any more


async def refused_sign_in(house: House) -> dict[str, Any]:
    who = {"name": "amy", "password": PASSWORD}
    async with (
        aiohttp.ClientSession(house.base) as browser,
        browser.post("/api/v1/session", json=who) as answer,
    ):
        assert answer.status == 409
        error: dict[str, Any] = (await answer.json())["error"]
        return error


async def test_a_center_may_refuse_the_second_place(house: House) -> None:
    house.desk.sign_in = "refuse"
    home = await house.sign_in("amy")
    at_home = await home.socket()
    await heard(at_home, "agent")
    error = await refused_sign_in(house)
    assert error["code"] == "signed_in_elsewhere"
    assert error["message"] == {
        "en": "You are signed in at another place. Sign out there, or ask a supervisor to sign you out",
        "zh-CN": "您已在另一处登录。请先在那里退出，或请班长将您签出",
    }
    assert await act(home) == (200, "")
    await at_home.close()  # the page is closed: she may sit down elsewhere
    await until(lambda: house.desk.open_desks == [])
    office = await house.sign_in("amy")
    await heard(await office.socket(), "agent")


async def test_a_supervisor_frees_the_place_of_who_left_it_open(house: House) -> None:
    house.desk.sign_in = "refuse"
    home, sue = await house.sign_in("amy"), await house.sign_in("sue")
    at_home = await home.socket()
    await heard(at_home, "agent")
    await refused_sign_in(house)
    assert (await sue.ask("POST", "/agents/amy/state", {"state": "signed_out"}))[0] == 200
    await heard(at_home, "elsewhere")
    office = await house.sign_in("amy")
    await heard(await office.socket(), "agent")


async def test_in_the_same_browser_a_new_sign_in_ends_the_former_session(house: House) -> None:
    house.desk.sign_in = "refuse"
    amy = await house.sign_in("amy")
    old = await amy.socket()
    await heard(old, "agent")
    status, answer = await amy.ask("POST", "/session", {"name": "amy", "password": PASSWORD})
    assert (status, answer["user"]["agent_id"]) == (200, "amy")
    async with asyncio.timeout(3):
        while (message := await old.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert message.data == 4401
