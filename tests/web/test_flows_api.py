"""An admin's flows over REST: checked, saved, compared, put back, rehearsed; and the emergency switches."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.center.check import load_center
from callcenter.ivr.flow_file import write_flow_file
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.service import FlowService
from callcenter.storage.flow_versions import FlowVersions
from callcenter.telephony.clock import SystemClock
from callcenter.web import flow_shapes as shapes
from tests.web.conftest import ROOT, Client, House
from tests.web.exactly import exactly

FLOW = "/admin/flows/hotline"


async def opened(ada: Client) -> dict[str, Any]:
    status, flow = await ada.ask("GET", FLOW)
    assert status == 200
    exactly(shapes.FlowOpened, flow)
    return dict(flow)


def renamed(text: str, name: str) -> str:
    assert "en: Galaxy Mall hotline" in text
    return text.replace("en: Galaxy Mall hotline", f"en: {name}", 1)


async def in_force(house: House) -> None:
    """What the watch does each second; then the journal's way to the database."""
    house.flows.read()
    assert await house.writer.flush(30)


async def test_an_admin_saves_a_flow_and_puts_the_former_one_back(house: House) -> None:
    ada = await house.sign_in("ada")
    await in_force(house)
    flow = await opened(ada)
    assert [number["did"] for number in flow["numbers"]] == ["4008001234", "4008005678"]
    assert (flow["by"], flow["version"]) == ("file", flow["base_version"])
    first = flow["version"]

    text = renamed(flow["text"], "Changed")
    status, saved = await ada.ask("PUT", FLOW, {"text": text, "base_version": first})
    exactly(shapes.FlowSaved, saved)
    assert status == 200 and saved["saved"]
    assert (house.flow_folder / "hotline.yaml").read_text() == text
    await in_force(house)
    flow = await opened(ada)
    assert (flow["name"]["en"], flow["by"], flow["version"]) == ("Changed", "ada", saved["base_version"])

    status, listed = await ada.ask("GET", FLOW + "/versions")
    exactly(shapes.FlowVersions, listed)
    assert [(v["version"], v["by"]) for v in listed["versions"]] == [
        (flow["version"], "ada"),
        (first, "file"),
    ]
    status, diff = await ada.ask("GET", FLOW + f"/diff?from={first}&to={flow['version']}")
    exactly(shapes.FlowDiff, diff)
    changed = [
        line for line in diff["diff"].splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert len(changed) == 2 and "Changed" in changed[1]
    assert (await ada.ask("GET", FLOW + f"/diff?from={flow['version']}&to=file"))[1] == {"diff": ""}

    restore = FLOW + f"/versions/{first}/restore"
    status, back = await ada.ask("POST", restore, {"base_version": flow["base_version"]})
    assert status == 200 and back["saved"] and back["base_version"] == first
    await in_force(house)
    flow = await opened(ada)
    assert (flow["version"], flow["by"], flow["name"]["en"]) == (first, "ada", "Galaxy Mall hotline")
    assert len((await ada.ask("GET", FLOW + "/versions"))[1]["versions"]) == 3
    status, old = await ada.ask("GET", FLOW + f"/versions/{first}")
    exactly(shapes.FlowVersionText, old)
    assert old["text"] == flow["text"]


async def test_a_text_with_mistakes_changes_nothing(house: House) -> None:
    ada = await house.sign_in("ada")
    flow = await opened(ada)
    path = house.flow_folder / "hotline.yaml"
    before = (path.read_bytes(), path.stat().st_ino)
    text = flow["text"].replace("start: ", "strat: ", 1)
    line = text[: text.index("strat: ")].count("\n") + 1
    status, checked = await ada.ask("POST", "/admin/flows/check", {"id": "hotline", "text": text})
    exactly(shapes.FlowProblems, checked)
    assert [(p["line"], p["column"]) for p in checked["problems"] if "strat" in p["message"]] == [(line, 1)]
    status, saved = await ada.ask("PUT", FLOW, {"text": text, "base_version": flow["base_version"]})
    assert status == 200 and not saved["saved"] and saved["problems"] == checked["problems"]
    assert (path.read_bytes(), path.stat().st_ino) == before
    house.flows.read()
    assert (await opened(ada))["version"] == flow["version"]


async def test_nobodys_work_is_overwritten(house: House) -> None:
    ada = await house.sign_in("ada")
    flow = await opened(ada)
    path = house.flow_folder / "hotline.yaml"
    path.write_text(renamed(flow["text"], "By vi"))
    mine = {"text": renamed(flow["text"], "By the page"), "base_version": flow["base_version"]}
    status, error = await ada.ask("PUT", FLOW, mine)
    assert (status, error["error"]["code"]) == (409, "flow_changed")
    assert "By vi" in path.read_text()
    newest = await opened(ada)
    assert newest["base_version"] != flow["base_version"] and "By vi" in newest["text"]
    mine["base_version"] = newest["base_version"]  # having seen it
    assert (await ada.ask("PUT", FLOW, mine))[1]["saved"]
    status, error = await ada.ask("PUT", FLOW, {**mine, "base_version": ""})  # as if it were new
    assert (status, error["error"]["code"]) == (409, "flow_changed")


async def test_two_who_save_at_once_do_not_both_win(house: House) -> None:
    ada, also = await house.sign_in("ada"), await house.sign_in("ada")
    flow = await opened(ada)
    answers = await asyncio.gather(
        *(
            client.ask(
                "PUT", FLOW, {"text": renamed(flow["text"], name), "base_version": flow["base_version"]}
            )
            for client, name in ((ada, "One"), (also, "Two"))
        )
    )
    assert sorted(status for status, _ in answers) == [200, 409]


async def test_a_new_flow_is_made_and_removed_unless_something_leads_to_it(house: House) -> None:
    ada = await house.sign_in("ada")
    text = (house.flow_folder / "hotline.yaml").read_text()
    status, made = await ada.ask("PUT", "/admin/flows/second", {"text": text, "base_version": ""})
    assert status == 200 and made["saved"]
    await in_force(house)
    status, listed = await ada.ask("GET", "/admin/flows")
    exactly(shapes.Flows, listed)
    assert {"hotline", "second"} <= {flow["id"] for flow in listed["flows"]}
    status, refused = await ada.ask("PUT", "/admin/flows/9lives", {"text": text, "base_version": ""})
    assert status == 200 and not refused["saved"]  # no flow may be called so
    for used in (FLOW, "/admin/flows/order_status"):  # by a number; by another flow
        status, error = await ada.ask("DELETE", used)
        assert (status, error["error"]["code"]) == (409, "flow_in_use")
    assert (await ada.ask("DELETE", "/admin/flows/second"))[0] == 204
    await in_force(house)
    assert (await ada.ask("GET", "/admin/flows/second"))[0] == 404
    assert (await ada.ask("DELETE", "/admin/flows/second"))[0] == 404
    status, back = await ada.ask(
        "POST", f"/admin/flows/second/versions/{made['base_version']}/restore", {"base_version": ""}
    )
    assert status == 200 and back["saved"]  # a removed flow can be put back too


def test_a_file_is_replaced_whole_with_its_mode_and_through_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "kept" / "hotline.yaml", tmp_path / "hotline.yaml"
    real.parent.mkdir()
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_flow_file(link, "新的".encode())
    assert link.is_symlink() and real.read_text() == "新的"
    assert real.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in real.parent.iterdir()] == ["hotline.yaml"]
    if os.geteuid() == 0:
        os.chown(real, 1234, 1235)
        write_flow_file(real, b"newer")
        assert (real.stat().st_uid, real.stat().st_gid) == (1234, 1235)


async def test_a_file_that_can_not_be_written_is_said_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await house.sign_in("ada")
    flow = await opened(ada)
    (house.flow_folder / ".hotline.yaml.partial").mkdir()  # in the way
    body = {"text": renamed(flow["text"], "Changed"), "base_version": flow["base_version"]}
    status, error = await ada.ask("PUT", FLOW, body)
    assert (status, error["error"]["code"]) == (503, "file_not_written")
    assert (house.flow_folder / "hotline.yaml").read_text() == flow["text"]


async def test_a_flow_is_rehearsed_at_a_pretended_time(house: House) -> None:
    ada = await house.sign_in("ada")
    flow = await opened(ada)
    wish = {"id": "hotline", "text": flow["text"], "language": "en", "at": 1_790_000_000.0, "inputs": []}
    status, told = await ada.ask("POST", "/admin/flows/rehearse", wish)
    assert status == 200
    exactly(shapes.Rehearsal, told)
    assert told["waits_for"] == "keys" and any(line["who"] == "system" for line in told["lines"])
    status, further = await ada.ask("POST", "/admin/flows/rehearse", {**wish, "inputs": ["1"]})
    assert status == 200 and further["lines"][: len(told["lines"])] == told["lines"]
    assert {"who": "caller", "text": "1", "node": told["node"]} in further["lines"]
    status, over = await ada.ask("POST", "/admin/flows/rehearse", {**wish, "inputs": ["hangup"]})
    assert (status, over["waits_for"], over["outcome"]) == (200, "", "left")
    broken = {**wish, "text": "version: 1"}
    assert (await ada.ask("POST", "/admin/flows/rehearse", broken))[1]["error"]["code"] == "flow_broken"


async def test_the_editor_learns_what_may_be_written(house: House) -> None:
    ada = await house.sign_in("ada")
    status, answer = await ada.ask("GET", "/admin/flow-schema")
    assert status == 200
    shapes.FlowSchema.model_validate(answer)
    assert "nodes" in answer["schema"]["properties"]
    assert {"orders", "refunds", "vip"} <= set(answer["names"]["queues"])
    assert "office" in answer["names"]["hours"] and "hotline" in answer["names"]["flows"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_text_brings_the_checker_or_the_server_down(house: House, data: st.DataObject) -> None:
    ada = await house.sign_in("ada") if not house.clients else Client(house.clients[0], "", house.base)
    if not ada.csrf:
        ada.csrf = (await ada.ask("GET", "/session"))[1]["csrf"]
    good = (house.flow_folder / "hotline.yaml").read_text()
    cut = data.draw(st.integers(0, len(good)))
    text = good[:cut] + data.draw(st.text(max_size=20)) + good[cut + data.draw(st.integers(0, 30)) :]
    for path in ("check", "draw", "rehearse"):
        body = {"id": "hotline", "text": text, **({"at": 1.0} if path == "rehearse" else {})}
        status, _ = await ada.ask("POST", f"/admin/flows/{path}", body)
        assert status in (200, 400, 409, 503), (path, text)


async def test_a_supervisor_throws_a_switch_and_every_page_hears_of_it(house: House) -> None:
    sue, amy = await house.sign_in("sue"), await house.sign_in("amy")
    status, listed = await sue.ask("GET", "/emergencies")
    exactly(shapes.Emergencies, listed)
    switch = listed["emergencies"][0]["id"]
    assert not listed["emergencies"][0]["on"]
    page = await amy.socket()
    status, thrown = await sue.ask(
        "POST", f"/emergencies/{switch}", {"on": True, "note": "the network is down"}
    )
    exactly(shapes.Emergency, thrown)
    assert (status, thrown["on"], thrown["by"], thrown["note"]) == (200, True, "sue", "the network is down")
    async with asyncio.timeout(5):
        while True:
            message = await page.receive_json()
            if message["type"] == "emergencies" and message["emergencies"][0]["on"]:
                break
    await sue.ask("POST", f"/emergencies/{switch}", {"on": True})  # already on: nothing happens
    assert (await amy.ask("GET", "/emergencies"))[1]["emergencies"][0]["note"] == "the network is down"
    assert (await amy.ask("POST", f"/emergencies/{switch}", {"on": False}))[0] == 403
    assert (await sue.ask("POST", f"/emergencies/{switch}", {"on": False}))[1]["on"] is False
    assert (await sue.ask("POST", "/emergencies/no-such", {"on": True}))[0] == 404
    await page.close()


async def test_the_picture_carries_the_callers_of_the_last_day(house: House) -> None:
    ada = await house.sign_in("ada")
    text = (await opened(ada))["text"]
    for call, node, via in (("c1", "orders_menu", "keys.1"), ("c2", "refunds_menu", "keys.2")):
        house.journal.write("call.offered", call_id=call, ani="1", did="4")
        house.journal.write("ivr.entered", call_id=call, flow="hotline", node="opening_hours")
        house.journal.write("ivr.node", call_id=call, flow="hotline", node="main_menu", type="menu", via="")
        house.journal.write("ivr.node", call_id=call, flow="hotline", node=node, type="menu", via=via)
        house.journal.write("call.ended", call_id=call, outcome="ivr", by="caller")
    assert await house.writer.flush(30)
    wish = {"id": "hotline", "text": text, "language": "en", "heat": "day"}
    status, drawn = await ada.ask("POST", "/admin/flows/draw", wish)
    exactly(shapes.Drawing, drawn)
    assert status == 200 and drawn["entered"] == 2
    assert 'data-node="orders_menu"' in drawn["svg"] and 'class="left"' in drawn["svg"]
    _, plain = await ada.ask("POST", "/admin/flows/draw", {**wish, "heat": ""})
    assert plain["entered"] == 0 and 'class="left"' not in plain["svg"]
    for forbidden in ("<style", "style=", "<script", "href="):  # the pages' policy forbids them
        assert forbidden not in drawn["svg"]
    assert (await ada.ask("POST", "/admin/flows/draw", {**wish, "text": "x"}))[1] == {"svg": "", "entered": 0}


async def test_a_broken_file_does_not_silence_the_hotline_after_a_restart(house: House) -> None:
    ada = await house.sign_in("ada")
    await in_force(house)
    good = await opened(ada)
    path = house.flow_folder / "hotline.yaml"
    path.write_text(good["text"].replace("start: ", "strat: ", 1))
    house.flows.read()
    assert (await opened(ada))["version"] == good["version"]

    center, _ = load_center(ROOT / "center.yaml")
    assert center is not None
    library = FlowLibrary(house.flow_folder, lambda: center)
    restarted = FlowService(
        library, house.prompts, clock=SystemClock(), journal=house.journal, tell=lambda: None
    )
    versions = FlowVersions(house.engine)
    restarted.remember(await versions.newest())
    restarted.read()
    assert library.get("hotline") is None
    await restarted.fall_back(versions.text, center)
    assert restarted.view("hotline")["version"] == good["version"]
    assert restarted.view("hotline")["problems"]
    path.write_text(renamed(good["text"], "Mended"))
    restarted.read()
    assert restarted.view("hotline")["name"]["en"] == "Mended"
