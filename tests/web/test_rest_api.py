"""The REST interface: who may do what, in which words errors come, and nothing from outside breaks it."""

from __future__ import annotations

import asyncio
import io
import re
import wave
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.storage import people
from callcenter.web import shapes
from callcenter.web.app import ROUTES
from callcenter.web.openapi import document
from callcenter.web.routing import PATH_PARAMETERS, SIGNED_IN
from tests.web.conftest import PASSWORD, USERS, House


def make_wav(path: Path, seconds: float = 1.0) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * int(seconds * 8000 * 2 / 256))
    return path.read_bytes()


async def file_call(house: House, call_id: str, agent: str, recording: str = "") -> None:
    """A call that `agent` answered."""
    journal = house.journal
    journal.write("call.offered", call_id=call_id, ani="13800138000", caller_name="王芳", did="4008001234")
    journal.write("queue.entered", call_id=call_id, queue="orders", position=1)
    journal.write("talk.started", call_id=call_id, agent=agent, queue="orders", wait=3)
    journal.write("talk.ended", call_id=call_id, agent=agent, queue="orders", seconds=60, by="caller")
    if recording:
        journal.write("recording.kept", call_id=call_id, path=recording, seconds=60)
    journal.write("call.ended", call_id=call_id, outcome="answered")
    assert await house.writer.flush(30)


async def test_an_agent_signs_in_works_and_signs_out(house: House) -> None:
    amy = await house.sign_in("Amy ")  # as people type
    status, who = await amy.ask("GET", "/session")
    assert (status, who["user"]["agent_id"], who["csrf"]) == (200, "amy", amy.csrf)
    shapes.SessionAnswer.model_validate(who)
    status, view = await amy.ask("POST", "/me/agent/state", {"state": "ready"})
    assert (status, view["state"], house.desk.by) == (200, "ready", [""])
    shapes.AgentView.model_validate(view)
    status, error = await amy.ask("POST", "/me/agent/state", {"state": "not_ready", "reason": "golf"})
    assert (status, error["error"]["code"], error["error"]["field"]) == (
        409,
        "not_ready_reason_unknown",
        "reason",
    )
    assert error["error"]["message"]["zh-CN"] == "请选择原因"
    house.desk.in_wrap_up["amy"] = "c1"
    assert (await amy.ask("PUT", "/me/agent/note", {"call_id": "c1", "note": "draft"}))[0] == 204
    assert (await amy.ask("POST", "/me/agent/wrap-up/extend"))[1]["wrap_up_extensions"] == 1
    done = {"call_id": "c1", "disposition": "solved", "note": "sent again"}
    assert (await amy.ask("POST", "/me/agent/wrap-up", done))[0] == 200
    assert house.desk.results == [("amy", "c1", "solved", "sent again")]
    assert (await amy.ask("POST", "/me/agent/hang-up"))[0] == 409
    assert (await amy.ask("DELETE", "/session"))[0] == 204
    assert (await amy.ask("GET", "/session"))[0] == 401


async def test_the_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(house.base + "/api/v1/session", json={"name": "amy", "password": PASSWORD}) as answer,
    ):
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    async with house.engine.connect() as connection:
        stored = (await connection.exec_driver_sql("SELECT * FROM sessions")).all()
    token = re.search("cc_session=([^;]+)", cookie)
    assert token is not None and token[1] not in str(stored)


async def test_wrong_passwords_are_counted_and_stop_the_guessing(house: House) -> None:
    nobody = house.nobody()
    for _ in range(10):
        status, error = await nobody.ask("POST", "/session", {"name": "amy", "password": "wrong"})
        assert (status, error["error"]["code"]) == (401, "wrong_credentials")
    status, error = await nobody.ask("POST", "/session", {"name": "AMY", "password": PASSWORD})
    assert (status, error["error"]["code"]) == (429, "too_many_failures")
    assert (await nobody.ask("POST", "/session", {"name": "bob", "password": PASSWORD}))[0] == 200
    assert (await nobody.ask("POST", "/session", {"name": "no-such", "password": PASSWORD}))[0] == 401


async def test_a_changed_password_ends_the_sessions_and_a_locked_out_user_stays_out(house: House) -> None:
    amy = await house.sign_in("amy")
    assert await house.users.set_password("amy", "another one")
    assert (await amy.ask("GET", "/me/agent"))[0] == 401
    assert await house.users.check("amy", PASSWORD) is None
    bob = await house.sign_in("bob")
    assert await house.users.set_disabled("bob", True)
    assert (await bob.ask("GET", "/me/agent"))[0] == 401
    assert await house.users.check("bob", PASSWORD) is None
    assert not await house.users.create_user("bob", "x", "agent")
    with pytest.raises(ValueError):
        await house.users.create_user("eve", "x", "emperor")


async def test_what_changes_something_needs_the_token_of_the_page(house: House) -> None:
    amy = await house.sign_in("amy")
    amy.csrf = ""
    status, error = await amy.ask("POST", "/me/agent/state", {"state": "ready"})
    assert (status, error["error"]["code"]) == (403, "csrf")
    amy.csrf = "A" * 43
    assert (await amy.ask("POST", "/me/agent/state", {"state": "ready"}))[0] == 403
    assert house.desk.states["amy"] == ("signed_out", "")
    async with amy.session.post(
        "/api/v1/session",
        json={"name": "amy", "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    ) as answer:
        assert answer.status == 403


async def test_every_route_is_closed_to_roles_that_the_contract_does_not_name(house: House) -> None:
    clients = {role: await house.sign_in(name) for name, role, _ in USERS if name != "bob"}
    nobody = house.nobody()
    for route in ROUTES:
        if route.path == "/session":
            continue
        path = re.sub(r"{(\w+)}", lambda match: "1" if "id" in match[1] else "x", route.path)
        assert (await nobody.ask(route.method, path))[0] == 401, route.path
        for role, client in clients.items():
            status, answer = await client.ask(route.method, path)
            assert route.roles is not None
            allowed = role in route.roles
            assert (status == 403 and answer["error"]["code"] == "not_allowed") == (not allowed), (
                route.path,
                role,
            )
            assert status < 500, (route.path, role, answer)
            if status == 200 and route.answer is not None:
                route.answer.model_validate(answer)


async def test_an_agent_sees_his_own_calls_and_hears_his_own_recordings(house: House) -> None:
    sound = make_wav(house.settings.recordings / "2026/a.wav")
    await file_call(house, "call-of-amy", "amy", "2026/a.wav")
    await file_call(house, "call-of-bob", "bob")
    amy, ivy, cam = await house.sign_in("amy"), await house.sign_in("ivy"), await house.sign_in("cam")
    assert [c["id"] for c in (await amy.ask("GET", "/calls?agent=bob"))[1]["calls"]] == ["call-of-amy"]
    assert len((await ivy.ask("GET", "/calls?queue=orders&limit=10"))[1]["calls"]) == 2
    assert (await amy.ask("GET", "/calls/call-of-bob"))[0] == 404
    status, found = await amy.ask("GET", "/calls/call-of-amy")
    assert status == 200
    shapes.CallStory.model_validate(found)
    assert found["story"][0]["text"]["en"].startswith("Called 4008001234")
    assert (await amy.ask("GET", "/calls/call-of-bob/recording"))[0] == 404
    assert await amy.ask("GET", "/calls/call-of-amy/recording") == (200, sound)
    assert (await cam.ask("GET", "/calls/call-of-amy/recording"))[0] == 403

    async with ivy.session.get(
        "/api/v1/calls/call-of-amy/recording", headers={"Range": "bytes=1000-1999"}
    ) as part:
        assert (part.status, part.content_type) == (206, "audio/wav")
        assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(sound)}"
        assert await part.read() == sound[1000:2000]
    async with ivy.session.get(
        "/api/v1/calls/call-of-amy/recording", headers={"Range": "bytes=9999999-"}
    ) as part:
        assert part.status == 416


async def test_what_a_caller_recorded_is_heard_by_who_talks_with_him_and_who_leads(house: House) -> None:
    sound = make_wav(house.settings.voicemails / "2026/c-said-why.wav")
    make_wav(house.settings.voicemails / "2026/c-voicemail.wav")
    await file_call(house, "c", "bob")
    label, why = {"zh-CN": "原因", "en": "Reason"}, "2026/c-said-why.wav"
    house.journal.write("ivr.recorded", call_id="c", name="why", path=why, seconds=1, label=label)
    house.journal.write("ivr.recorded", call_id="c", name="stray", path="../secret.wav", seconds=1)
    make_wav(house.settings.voicemails.parent / "secret.wav")
    assert await house.writer.flush(30)
    amy, bob, sue, cam = [await house.sign_in(name) for name in ("amy", "bob", "sue", "cam")]
    for who, status in ((amy, 404), (bob, 200), (sue, 200), (cam, 403)):
        answer = await who.ask("GET", "/calls/c/recorded/why")
        assert answer[0] == status and (status != 200 or answer[1] == sound)
    house.desk.in_wrap_up["amy"] = "c"  # the call comes to her: now it is hers to hear
    assert await amy.ask("GET", "/calls/c/recorded/why") == (200, sound)
    said = (await amy.ask("GET", "/calls/c"))[1]["recorded"][0]
    assert said == {"name": "why", "seconds": 1.0, "label": label}
    for name in ("other", "c-voicemail", "2026", "why.wav", "..", "%2e%2e%2fsecret", "stray", "x" * 300):
        assert (await sue.ask("GET", f"/calls/c/recorded/{name}"))[0] == 404, name
    async with sue.session.get("/api/v1/calls/c/recorded/why", headers={"Range": "bytes=1000-1999"}) as part:
        assert (part.status, await part.read()) == (206, sound[1000:2000])


async def test_ratings_are_for_those_who_lead(house: House) -> None:
    for name, status in (("sue", 200), ("ivy", 200), ("ada", 200), ("amy", 403), ("cam", 403)):
        answered, ratings = await (await house.sign_in(name)).ask("GET", "/ratings")
        assert answered == status, name
        if status == 200:
            shapes.Ratings.model_validate(ratings)


@pytest.mark.parametrize(
    "path", ["../secret.wav", "/etc/passwd", "link.wav", "a\x00b.wav", "x" * 5000, ".", ""]
)
async def test_no_path_leads_out_of_the_recordings(house: House, path: str, tmp_path: Path) -> None:
    make_wav(tmp_path / "secret.wav")
    (house.settings.recordings / "link.wav").symlink_to(tmp_path / "secret.wav")
    await file_call(house, "c", "amy", path or "missing.wav")
    ivy = await house.sign_in("ivy")
    status, answer = await ivy.ask("GET", "/calls/c/recording")
    assert (status, answer["error"]["code"]) == (404, "no_audio")


async def test_voicemails_and_callbacks_are_worked_off(house: House) -> None:
    sound = make_wav(house.settings.voicemails / "v.wav")
    house.journal.write("call.offered", call_id="c", ani="13800138000", did="1")
    mail = house.journal.write(
        "voicemail.left", call_id="c", box="main", path="v.wav", seconds=2, language="en"
    )
    back = house.journal.write("callback.wanted", call_id="c", ani="13800138000", queue="orders", why="cut")
    await house.writer.flush(30)
    amy = await house.sign_in("amy")
    _, mails = await amy.ask("GET", "/voicemails")
    shapes.Voicemails.model_validate(mails)
    assert (await amy.ask("GET", f"/voicemails/{mail.seq}/audio")) == (200, sound)
    assert (await amy.ask("POST", f"/voicemails/{mail.seq}", {"status": "done"}))[1]["status"] == "done"
    assert (await amy.ask("POST", "/voicemails/999999", {"status": "done"}))[0] == 404
    shapes.Callbacks.model_validate((await amy.ask("GET", "/callbacks"))[1])
    assert (await amy.ask("POST", f"/callbacks/{back.seq}", {"status": "done"}))[1]["status"] == "done"
    assert (await amy.ask("POST", f"/callbacks/{back.seq}", {"status": "perhaps"}))[0] == 400


async def test_a_call_back_in_place_is_asked_for_seen_and_cancelled(house: House) -> None:
    amy = await house.sign_in("amy")
    wish = {"number": "138 0013 8000", "queue": "orders", "name": "Li"}
    status, place = await amy.ask("POST", "/callbacks", wish)
    assert (status, place["number"], place["by"]) == (201, "+8613800138000", "amy")
    shapes.CallbackInPlace.model_validate(place)
    listed = (await amy.ask("GET", "/callbacks"))[1]
    shapes.Callbacks.model_validate(listed)
    assert [one["call_id"] for one in listed["in_place"]] == [place["call_id"]]
    assert (await amy.ask("DELETE", f"/callbacks/in-place/{place['call_id']}"))[0] == 204
    assert (await amy.ask("DELETE", f"/callbacks/in-place/{place['call_id']}"))[0] == 404
    assert (await amy.ask("GET", "/callbacks"))[1]["in_place"] == []


async def test_nobody_asks_for_call_backs_that_harm(house: House) -> None:
    sue = await house.sign_in("sue")
    for number in ("110", "911", "+86 110", "12345", "anonymous"):
        status, told = await sue.ask("POST", "/callbacks", {"number": number, "queue": "orders"})
        assert (status, told["error"]["field"]) == (400, "number"), number
    for odd in ({"number": "13800138000"}, {"number": "13800138000", "queue": "orders", "not_before": -1}):
        assert (await sue.ask("POST", "/callbacks", odd))[0] == 400
    inspector = await house.sign_in("ivy")
    wish = {"number": "13900139000", "queue": "orders"}
    assert (await inspector.ask("POST", "/callbacks", wish))[0] == 403
    answers = [(await sue.ask("POST", "/callbacks", wish))[0] for _ in range(4)]
    assert answers == [201, 201, 201, 429], "one number is not called all the time"


async def test_customers_are_read_and_changed(house: House) -> None:
    async with house.engine.begin() as connection:
        number = await connection.run_sync(
            people.add_customer, name="王芳", numbers=["+8613800138000"], since=1.0
        )
    await file_call(house, "c", "amy")
    amy, cam = await house.sign_in("amy"), await house.sign_in("cam")
    status, found = await amy.ask("GET", "/customers", params={"q": "王"})
    assert [c["id"] for c in found["customers"]] == [number]
    status, file = await cam.ask("GET", f"/customers/{number}")
    shapes.CustomerFile.model_validate(file)
    assert [entry["call_id"] for entry in file["timeline"]] == ["c"]
    status, card = await amy.ask("PATCH", f"/customers/{number}", {"level": "vip", "note": "<b>&\"'"})
    assert (status, card["level"], card["note"]) == (200, "vip", "<b>&\"'")
    assert (await amy.ask("PATCH", f"/customers/{number}", {"level": "emperor"}))[0] == 400
    assert (await amy.ask("PATCH", f"/customers/{number}", {"id": 5}))[1]["error"]["field"] == "id"
    assert (await amy.ask("PATCH", "/customers/424242", {"level": "vip"}))[0] == 404
    assert (await cam.ask("PATCH", f"/customers/{number}", {"level": "vip"}))[0] == 403


async def test_an_admin_plans_and_applies_a_center(house: House) -> None:
    ada, sue = await house.sign_in("ada"), await house.sign_in("sue")
    _, plan = await ada.ask("POST", "/admin/center/plan", {"text": "nonsense"})
    shapes.Plan.model_validate(plan)
    assert plan["problems"][0]["line"] == 1
    assert (await ada.ask("POST", "/admin/center/apply", {"text": "name: New"}))[1]["changes"][0][
        "kind"
    ] == "changed"
    assert (await ada.ask("GET", "/admin/center"))[1]["in_force"]["by"] == "ada"
    assert (await sue.ask("POST", "/admin/center/apply", {"text": "name: x"}))[0] == 403
    assert (await sue.ask("POST", "/agents/bob/state", {"state": "not_ready", "reason": "lunch"}))[0] == 200
    assert house.desk.by == ["sue"]  # who did it goes on file when it is not the agent himself
    assert (await sue.ask("POST", "/agents/eve/state", {"state": "ready"}))[0] == 404
    assert (await sue.ask("GET", "/me/agent"))[1]["error"]["code"] == "not_an_agent"


async def test_errors_are_json_with_stable_codes(house: House) -> None:
    amy = await house.sign_in("amy")
    for method, path, status, code in (
        ("GET", "/no-such", 404, "not_found"),
        ("DELETE", "/center", 405, "method_not_allowed"),
        ("GET", "/calls/..%2F..%2Fetc", 404, "not_found"),
        ("GET", "/customers/999999999999999999999999", 404, "not_found"),
        ("GET", "/calls?limit=0", 400, "not_understood"),
        ("GET", "/calls?limit=10&limit=20", 400, "not_understood"),
        ("GET", "/calls?before=x", 400, "not_understood"),
        ("GET", "/calls?queue=%00", 400, "not_understood"),
        ("GET", "/calls?since=nan", 400, "not_understood"),
        ("GET", "/calls?queue=%ff%fe", 200, ""),
    ):
        answer_status, answer = await amy.ask(method, path)
        assert answer_status == status, (path, answer)
        if code:
            assert answer["error"]["code"] == code
            assert set(answer["error"]["message"]) == {"en", "zh-CN"}
    headers = {"X-CSRF-Token": amy.csrf}
    async with amy.session.post("/api/v1/me/agent/state", data="state=ready", headers=headers) as answer:
        assert answer.status == 415
    headers["Content-Type"] = "application/json"
    large, deep = io.BytesIO(b"x" * 3_000_000), io.BytesIO(b"[" * 100_000)
    async with amy.session.post("/api/v1/me/agent/state", data=large, headers=headers) as answer:
        assert answer.status == 413
    async with amy.session.post("/api/v1/me/agent/state", data=deep, headers=headers) as answer:
        assert answer.status == 400


scraps: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FIELD_NAMES = [
    "state",
    "reason",
    "call_id",
    "disposition",
    "note",
    "name",
    "password",
    "level",
    "status",
    "text",
]
bodies: Any = (
    st.binary(max_size=60) | scraps | st.dictionaries(st.sampled_from(FIELD_NAMES), scraps, max_size=5)
)
path_words = st.text(alphabet=st.characters(codec="utf-8"), max_size=12).filter(
    lambda word: word not in (".", "..")
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_query_or_path_brings_the_server_down(
    data: st.DataObject, fuzzed: tuple[House, Any, Any]
) -> None:
    _, clients, loop = fuzzed
    route = data.draw(
        st.sampled_from([route for route in ROUTES if route.path != "/session" or route.method == "POST"])
    )
    path = re.sub(r"{\w+}", lambda _: data.draw(path_words | st.just("1")), route.path)
    body = data.draw(bodies)
    query = data.draw(
        st.dictionaries(st.sampled_from(["limit", "before", "since", "q", "ani"]), st.text(max_size=12))
    )

    async def ask() -> None:
        client = clients[data.draw(st.integers(0, len(clients) - 1))]
        headers = {"X-CSRF-Token": client.csrf, "Content-Type": "application/json"}
        raw = body if isinstance(body, bytes) else to_json(body)
        url = "/api/v1" + path
        async with client.session.request(
            route.method, url, data=raw, headers=headers, params=query
        ) as answer:
            content = await answer.read()
            assert answer.status < 500, (route.method, path, raw, query, content)

    loop.run_until_complete(ask())


def to_json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode("utf-8", "surrogatepass")


@pytest.fixture
def fuzzed(tmp_path: Path) -> Any:
    """A house in a loop of its own, kept over all examples of a property."""
    from tests.web import conftest

    loop = asyncio.new_event_loop()
    building = conftest.house.__wrapped__(tmp_path) if hasattr(conftest.house, "__wrapped__") else None
    assert building is not None
    house: House = loop.run_until_complete(anext(building))
    clients = [loop.run_until_complete(house.sign_in(name)) for name in ("amy", "sue", "ada")]
    yield house, clients, loop
    loop.run_until_complete(anext(building, None))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


# -- beside the interface -----------------------------------------------------------------------------------


async def test_health_readiness_and_metrics(house: House) -> None:
    async with aiohttp.ClientSession(base_url=house.base) as session:
        async with session.get("/healthz") as answer:
            assert answer.status == 200
        async with session.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["ready"]) == (200, True)
        house.live.reasons.append("the switch is down")
        async with session.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["reasons"]) == (503, ["the switch is down"])
        async with session.get("/metrics") as answer:
            text = await answer.text()
        assert "callcenter_calls_total 5.0" in text
        assert 'callcenter_waiting{queue="orders"} 2.0' in text
        assert "callcenter_web_sockets 0.0" in text
        house.numbers["callcenter_broken"] = object()
        async with session.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
            assert answer.status == 401


async def test_pages_are_served_with_their_headers_and_hashed_files_for_ever(house: House) -> None:
    static = house.settings.static
    async with aiohttp.ClientSession(base_url=house.base) as session:
        async with session.get("/") as answer:
            assert answer.status == 503  # not built yet
        (static / "index.html").write_text("<!doctype html><title>desk</title>")
        (static / "assets" / "main-4f3a.js").write_text("export {}")
        (static.parent / "secret.txt").write_text("secret")
        await asyncio.sleep(1.1)
        for path in ("/", "/desk/anything?x=1"):
            async with session.get(path) as answer:
                assert (answer.status, answer.content_type) == (200, "text/html")
                assert answer.headers["Cache-Control"] == "no-cache"
                assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
                assert "unsafe" not in answer.headers["Content-Security-Policy"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["X-Frame-Options"] == "DENY"
                assert answer.headers["Referrer-Policy"] == "same-origin"
        async with session.get("/assets/main-4f3a.js") as answer:
            assert "immutable" in answer.headers["Cache-Control"]
        async with session.get("/assets/gone-1234.js") as answer:
            assert answer.status == 404
        async with session.get(aiohttp.client.URL(house.base + "/..%2fsecret.txt", encoded=True)) as answer:
            assert "secret" not in await answer.text()


async def test_agents_go_on_working_while_the_database_is_away(house: House) -> None:
    amy, nobody = await house.sign_in("amy"), house.nobody()
    assert (await amy.ask("GET", "/me/agent"))[0] == 200
    async with house.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE sessions RENAME TO away")
    house.users._seen[next(iter(house.users._seen))].checked_at -= 60  # long enough to be asked again
    assert (await amy.ask("POST", "/me/agent/state", {"state": "ready"}))[0] == 200
    status, error = await nobody.ask("POST", "/session", {"name": "bob", "password": PASSWORD})
    assert (status, error["error"]["code"]) == (503, "storage_away")


# -- OpenAPI ------------------------------------------------------------------------------------------------


async def test_the_openapi_document_names_every_route_and_hangs_together(house: House) -> None:
    async with (
        aiohttp.ClientSession(base_url=house.base) as session,
        session.get("/api/v1/openapi.json") as answer,
    ):
        described = await answer.json()
    assert described == document(ROUTES)
    assert described["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(described["info"])
    schemas = described["components"]["schemas"]
    seen: set[str] = set()
    for route in ROUTES:
        operation = described["paths"]["/api/v1" + route.path][route.method.lower()]
        assert operation["operationId"] not in seen
        seen.add(operation["operationId"])
        names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert names == set(re.findall(r"{(\w+)}", route.path)) <= set(PATH_PARAMETERS)
        for parameter in operation.get("parameters", []):
            assert parameter["in"] in ("path", "query", "header") and "schema" in parameter
            assert parameter["in"] != "path" or parameter["required"]
        assert all(re.fullmatch(r"[1-5]\d\d", status) for status in operation["responses"])
        assert all(r["description"] for r in operation["responses"].values())
        assert ("requestBody" in operation) == (route.body is not None)
        assert bool(operation["security"]) == (route.roles is not None)
        assert set(operation.get("x-roles", SIGNED_IN)) == (route.roles or SIGNED_IN)
    references = re.findall(r"\"\$ref\": \"([^\"]+)\"", to_json(described).decode())
    assert references
    assert {ref.removeprefix("#/components/schemas/") for ref in references} <= set(schemas)


def test_the_table_of_routes_is_the_one_of_the_contract() -> None:
    contract = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text()
    named: set[tuple[str, str]] = set()
    for line in re.findall(r"^\| ((?:GET|POST|PUT|PATCH|DELETE) [^|]+) \|", contract, re.MULTILINE):
        method, paths = line.split(" ", 1)
        for path in paths.split(","):
            named.add((method, re.sub(r"{\w+}", "{}", path.strip().split("?")[0])))
    built = {(route.method, re.sub(r"{\w+}", "{}", route.path)) for route in ROUTES} | {
        ("GET", "/openapi.json")
    }
    assert built == named
