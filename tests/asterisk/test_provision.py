"""Agents' phones come from our own data, exactly, and a change drops no call and no registration."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from asterisk_kit import CALLER, Knock, agi_door, ami, sipp, softphone, witness
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.local_server import LocalAsterisk
from callcenter.asterisk.provision import (
    RELOAD_MODULE,
    PhoneRefused,
    provision,
    quote_caller_id,
    render_phone,
    render_phones,
)
from callcenter.telephony.switch import Phone

LI = Phone("1001", "s3cret-li", '李 "Li"; #1 [a](!) \\ <x>')
WANG = Phone("1002", "s3;cret\\;wang", "Wang")
ANN = Phone("1003", "#include [x] = y", "Ann", webrtc=True)


def read_back(text: str) -> list[tuple[str, str, dict[str, str]]]:
    """Read an Asterisk file the way Asterisk does: sections in order, ';' a comment unless escaped."""
    sections: list[tuple[str, str, dict[str, str]]] = []
    for raw in text.split("\n"):
        line, at = raw, 0
        while (at := line.find(";", at)) >= 0:
            escaped = at > 0 and line[at - 1] == "\\"
            line = line[: at - 1] + line[at:] if escaped else line[:at]
        line = line.strip()
        if match := re.fullmatch(r"\[([^\]]*)\](?:\((.*)\))?", line):
            sections.append((match[1], match[2] or "", {}))
        elif line:
            key, _, value = line.partition("=")
            sections[-1][2][key.strip()] = value.removeprefix(">").strip()
    return sections


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_name_or_a_secret_holds_it_is_read_back_exactly_or_refused(name: str, secret: str) -> None:
    try:
        text = render_phone(Phone("1001", secret, name))
    except PhoneRefused as refusal:
        assert "1001" in str(refusal)
        return
    endpoint, login, place = read_back(text)
    assert (endpoint[1], login[1], place[1]) == ("callcenter-phone", "callcenter-login", "callcenter-place")
    quoted = endpoint[2]["callerid"].removesuffix(" <1001>")
    assert quoted[0] == quoted[-1] == '"'
    assert re.sub(r"\\(.)", r"\1", quoted[1:-1]) == name
    assert login[2] == {"username": "1001", "password": secret}


@pytest.mark.parametrize(
    ("phone", "says"),
    [
        (Phone("10x", "s", "n"), "2 to 15 digits"),
        (Phone("1001]\n[x", "s", "n"), "2 to 15 digits"),
        (Phone("1001", "a\nb", "n"), "secret holds a line break"),
        (Phone("1001", "", "n"), "secret is empty"),
        (Phone("1001", "s", "n\r\nContext: x"), "name holds a line break"),
        (Phone("1001", "s", "好" * 27), "longer than 79 bytes"),
        (Phone("1001", "> x", "n"), "secret begins with '>'"),
    ],
)
def test_a_phone_that_cannot_be_written_is_refused_in_plain_words(phone: Phone, says: str) -> None:
    with pytest.raises(PhoneRefused, match=re.escape(says)):
        render_phones([phone])


def test_the_file_does_not_depend_on_the_order_and_an_extension_belongs_to_one_agent() -> None:
    assert render_phones([LI, WANG, ANN]) == render_phones([ANN, LI, WANG])
    with pytest.raises(PhoneRefused, match="two agents"):
        render_phones([LI, LI])


async def test_nothing_is_written_or_reloaded_when_nothing_changed_and_a_failed_reload_is_tried_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "pjsip_agents.conf"
    reloads = 0

    async def reload() -> None:
        nonlocal reloads
        reloads += 1
        if reloads == 2:
            raise ConnectionError("Asterisk is away")

    assert await provision([LI], file, reload) is True
    assert await provision([LI], file, reload) is False
    assert reloads == 1
    with pytest.raises(ConnectionError):
        await provision([LI, WANG], file, reload)
    assert "1002" not in file.read_text()
    assert await provision([LI, WANG], file, reload) is True
    assert "1002" in file.read_text() and file.stat().st_mode & 0o007 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["pjsip_agents.conf"]


@pytest.mark.real
async def test_asterisk_itself_reads_every_value_back(pbx: LocalAsterisk) -> None:
    async with ami(pbx) as link:

        async def reload() -> None:
            assert (await link.action("Reload", Module=RELOAD_MODULE))[0]["Response"] == "Success"

        await provision([LI, WANG, ANN], pbx.places.agents_file, reload)
        for phone in (LI, WANG, ANN):
            answer = await link.action("PJSIPShowEndpoint", Endpoint=phone.extension)
            login = next(m for m in answer if m.get("Event") == "AuthDetail")
            endpoint = next(m for m in answer if m.get("Event") == "EndpointDetail")
            assert login["Password"] == phone.secret
            # Asterisk shows a name quoted; had it kept our escapes, they would be doubled here
            assert endpoint["Callerid"] == quote_caller_id(phone.display_name, phone.extension)
            assert endpoint["Webrtc"] == ("yes" if phone.webrtc else "no")


@pytest.mark.real
async def test_adding_and_changing_agents_drops_neither_the_talk_nor_the_registration(
    pbx: LocalAsterisk, tmp_path: Path, agi_port: int
) -> None:
    async def connect(knock: Knock) -> None:
        await knock.say("ANSWER")
        await knock.say('EXEC Dial "PJSIP/1001,10"')

    async with witness(pbx) as link:

        async def reload() -> None:
            assert (await link.action("Reload", Module=RELOAD_MODULE))[0]["Response"] == "Success"

        async def contacts() -> list[str]:
            answer = await link.action("PJSIPShowContacts")
            return [m["Uri"] for m in answer if m.get("Event") == "ContactList"]

        async def talking() -> set[str]:
            answer = await link.action("CoreShowChannels")
            return {m["Channel"] for m in answer if m.get("BridgeId")}

        li = Phone("1001", "s3cret-li", "Li")
        await provision([li, WANG], pbx.places.agents_file, reload)
        async with softphone(pbx, tmp_path, "1001", li.secret):
            await link.event("ContactStatus", ContactStatus="Reachable")
            before = await contacts()
            async with agi_door(agi_port, connect), sipp(pbx, tmp_path, CALLER, "x;4008001;13800000"):
                await link.event("DialEnd", DialStatus="ANSWER")
                legs = await talking()
                assert len(legs) == 2
                # one phone added, one changed, and the talking agent's own name corrected
                changed = [Phone("1001", li.secret, "Li Lei"), Phone("1002", "new", "Wang"), ANN]
                assert await provision(changed, pbx.places.agents_file, reload) is True
                await asyncio.sleep(1)
                assert await talking() == legs
                assert await contacts() == before
                endpoints = await link.action("PJSIPShowEndpoints")
                assert {"1001", "1002", "1003"} <= {m.get("ObjectName") for m in endpoints}
                assert not any(event["Event"] == "Hangup" for event in link.events)
                # and one taken away
                assert await provision(changed[:2], pbx.places.agents_file, reload) is True
                gone = await link.action("PJSIPShowEndpoint", Endpoint="1003")
                assert gone[0]["Response"] == "Error"
