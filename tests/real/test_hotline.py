"""The hotline on a real Asterisk: the whole path of a call, and everything that may go otherwise."""

from __future__ import annotations

import array
import asyncio
import io
import math
import wave

import pytest

from callcenter.demo.client import ApiClient
from tests.real.kit import AGENT_TONE, CALLER_TONE, PASSWORD, Office

NOTE = '他的包裹到了 "ok"'
pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


def loudness(samples: array.array[int], hertz: float, rate: int = 8000) -> float:
    """How much of a tone is in the samples (Goertzel), relative to their whole energy: 1 for a pure tone."""
    factor = 2 * math.cos(2 * math.pi * hertz / rate)
    one = two = 0.0
    for sample in samples:
        one, two = sample + factor * one - two, one
    power = one * one + two * two - factor * one * two
    energy = sum(sample * sample for sample in samples) * len(samples) / 2
    return power / energy if energy else 0.0


def tracks(recording: bytes) -> tuple[array.array[int], array.array[int]]:
    """Left and right of a stereo WAV."""
    with wave.open(io.BytesIO(recording)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = array.array("h", file.readframes(file.getnframes()))
    return both[0::2], both[1::2]


async def test_the_path_of_a_call_from_the_menu_to_the_recording(office: Office) -> None:
    await office.sign_up("amy", "agent", "amy")
    await office.sign_up("bo", "agent", "bo")
    await office.sign_up("sam", "supervisor")
    await office.sign_up("carl", "campaign_manager")
    await office.ready("bo")
    await asyncio.sleep(0.05)
    await office.ready("amy")
    await office.wish("bo", "not_ready", "lunch")
    await office.wish("bo", "ready")  # so amy is ready longest
    async with ApiClient(office.center.address, "amy", PASSWORD) as amy:
        desk = await amy.socket()
        caller = await office.call("4001", name="Ann Archer", keys=[(0.6, "1"), (0.5, "3")], speak_after=0.1)
        call_id = await office.call_id(caller)
        talk = await office.phones.wait_talking("1001")
        office.phones.speak("1001")
        news = []
        async with asyncio.timeout(5):
            while not any(n["type"] == "agent" and n["agent"]["state"] == "talking" for n in news):
                news.append(await desk.receive_json())
        first_pop = next(i for i, n in enumerate(news) if n["type"] == "pop")
        first_ring = next(i for i, n in enumerate(news) if n.get("agent", {}).get("state") == "ringing")
        pop = news[first_pop]["pop"]
        assert first_pop < first_ring, "the pop comes before the ring"
        assert (pop["call_id"], pop["caller"]["name"]) == (call_id, "Ann Archer")
        assert [(step["node"], step["key"]) for step in pop["path"]] == [("main", "1"), ("orders_menu", "3")]
        assert pop["did"]["number"] == "4001" and pop["queue"]["id"] == "orders"
        await asyncio.sleep(2.5)
        assert (await amy.ask("POST", "/me/agent/hang-up"))["state"] in ("talking", "wrap_up")
        await caller.wait_ended(5)
        assert caller.result.how == "far" and caller.result.keys == ["1", "3"]
        await office.wait_state("amy", "wrap_up")
        view = await amy.ask(
            "POST",
            "/me/agent/wrap-up",
            {"call_id": call_id, "disposition": "solved", "note": NOTE},
        )
        assert view["state"] == "ready" and view["today"]["answered"] == 1
        await desk.close()

    # the journal, in order
    await office.wait_fact("recording.kept", call_id)
    kinds = await office.kinds(call_id)
    wanted = [
        "call.offered", "ivr.entered", "ivr.key", "ivr.key", "queue.entered", "queue.assigned", "pop.sent",
        "phone.ringing", "talk.started", "talk.ended", "call.ended", "wrap_up.ended",
    ]  # fmt: skip
    assert [k for k in kinds if k in wanted] == wanted, kinds
    assigned = (await office.facts("queue.assigned", call_id))[0]
    assert assigned.agent == "amy"
    assert (assigned.data["why"], assigned.data["looked_at"]) == ("longest_idle", 2)

    # the row
    row = await office.row(call_id)
    assert row["outcome"] == "answered" and row["agent"] == "amy" and row["path"] == "1>3"
    assert row["disposition"] == "solved" and row["note"] == NOTE
    assert row["has_recording"] and abs(row["talk_seconds"] - (talk.ended - talk.talking)) < 1.0
    assert row["flow"] == "hotline" and row["queue"] == "orders" and row["did"] == "4001"

    # the command tells the same story
    code, printed = await office.command("call", "show", call_id)
    assert code == 0
    for sentence in (
        "Called 4001 from", "Pressed 1 (Orders)", "Pressed 3 (Delivery)", "In line for", "Given to",
        "phone rang", "answered after", "the agent hung up", "Ended: answered", "Recorded:",
    ):  # fmt: skip
        assert sentence in printed, printed

    # the recording: each side on its own track, for those allowed
    path = f"/api/v1/calls/{call_id}/recording"
    assert (await office.web(path)).status == 401
    for name, status in (("sam", 200), ("amy", 200), ("bo", 404), ("carl", 403)):
        async with ApiClient(office.center.address, name, PASSWORD) as who:
            assert who._http is not None
            async with who._http.get(office.center.address + path) as answer:
                assert answer.status == status, name
                if status == 200:
                    recording = await answer.read()
            if name == "sam":
                first = {"Range": "bytes=0-43"}
                async with who._http.get(office.center.address + path, headers=first) as part:
                    assert part.status == 206 and len(await part.read()) == 44
                    assert part.headers["Content-Range"] == f"bytes 0-43/{len(recording)}"
    left, right = tracks(recording)
    assert abs(len(left) / 8000 - row["talk_seconds"]) < 1.0
    end = slice(-8000, -800)  # both spoke in the last second
    assert loudness(left[end], CALLER_TONE) > 0.8 and loudness(left[end], AGENT_TONE) < 0.05, "caller left"
    assert loudness(right[end], AGENT_TONE) > 0.8 and loudness(right[end], CALLER_TONE) < 0.05, "agent right"

    # Asterisk's own account
    lines = [line for line in office.cdr() if line[1] == caller.result.ani]
    assert len(lines) == 1 and lines[0][2] == "4001" and lines[0][14] == "ANSWERED", lines
    assert lines[0][6].startswith("PJSIP/1001-")


async def test_nobody_answers_and_the_caller_is_given_to_the_next(office: Office) -> None:
    office.manners("bo", answer_after=None)
    await office.ready("bo")
    await asyncio.sleep(0.05)
    await office.ready("cy")
    caller = await office.call("4002")
    call_id = await office.call_id(caller)
    await office.phones.wait_ringing("1002")
    assert (await office.phones.wait_talking("1003")).ringing >= office.phones.calls[-2].ringing + 3.5
    assert await office.state("bo") == "not_ready (no_answer)"
    assert [f.agent for f in await office.facts("queue.assigned", call_id)] == ["bo", "cy"]
    returned = (await office.facts("queue.returned", call_id))[0]
    assert (returned.agent, returned.data["result"]) == ("bo", "no_answer")
    assert len(await office.facts("queue.entered", call_id)) == 1, "he kept his place"
    office.phones.hang_up("1003")
    assert await office.outcome(call_id) == "answered"


async def test_the_caller_nobody_answered_is_served_before_later_callers(office: Office) -> None:
    office.manners("bo", answer_after=None)
    await office.ready("bo")
    first = await office.call("4002")
    await office.phones.wait_ringing("1002")
    second = await office.call("4002")
    await office.call_id(second)
    await office.wait_state("bo", "not_ready (no_answer)")
    office.manners("cy", answer_after=0.2, talk_seconds=1)
    await office.ready("cy")
    assert (await office.wait_fact("talk.started", await office.call_id(first))).agent == "cy"
    assert not await office.facts("queue.assigned", await office.call_id(second))


async def test_a_phone_that_rejects_and_one_that_is_not_there(office: Office) -> None:
    office.manners("bo", answer_after=None, reject_after=0.2)
    await office.ready("bo", "cy")
    office.phones.unregister("1003")
    await office.wait_phone("cy", there=False)  # for a moment his desk says ready: he gets no call
    caller = await office.call("4002")
    call_id = await office.call_id(caller)
    await office.wait_state("bo", "not_ready (rejected)")
    await asyncio.sleep(0.5)
    assert [f.agent for f in await office.facts("queue.assigned", call_id)] == ["bo"]
    office.phones.register("1003")
    assert (await office.phones.wait_talking("1003")).talking, "he is served as soon as his phone is back"
    caller.hang_up()
    assert await office.outcome(call_id) == "answered"
    assert (await office.facts("talk.ended", call_id))[0].data["by"] == "caller"


async def test_a_caller_leaves_a_message(office: Office) -> None:
    caller = await office.call("4004", speak_after=1.0)
    call_id = await office.call_id(caller)
    await caller.wait_answered()
    await asyncio.sleep(5)
    caller.hush()
    await asyncio.sleep(0.3)
    await caller.press("#")
    await caller.wait_ended(10)
    assert caller.result.how == "far"
    assert await office.outcome(call_id) == "voicemail"
    listed = [v for v in (await office.ask("/voicemails"))["voicemails"] if v["call_id"] == call_id]
    assert len(listed) == 1 and listed[0]["box"] == "orders" and 1 < listed[0]["seconds"] < 7
    async with ApiClient(office.center.address, "sam", PASSWORD) as sam:
        assert sam._http is not None
        async with sam._http.get(f"{sam.address}/api/v1/voicemails/{listed[0]['id']}/audio") as answer:
            assert answer.status == 200 and answer.content_type == "audio/wav"
            with wave.open(io.BytesIO(await answer.read())) as file:
                spoken = array.array("h", file.readframes(file.getnframes()))
    assert loudness(spoken[8000:16000], CALLER_TONE) > 0.8, "his voice is on it"


async def test_a_closed_line_says_so_and_hangs_up(office: Office) -> None:
    caller = await office.call("4003")
    call_id = await office.call_id(caller)
    result = await caller.wait_ended(10)
    assert result.how == "far" and result.ended - result.answered > 0.5, "he heard that it is closed"
    assert await office.outcome(call_id) == "ivr"
    assert any("closed" in sentence for sentence in await office.story(call_id))


async def test_an_unknown_number_is_refused_politely(office: Office) -> None:
    caller = await office.call("4999")
    call_id = await office.call_id(caller)
    result = await caller.wait_ended(15)
    assert result.answered and result.how == "far" and result.ended - result.answered > 1.5
    assert await office.outcome(call_id) == "refused"
    assert (await office.facts("call.refused", call_id))[0].data["reason"] == "unknown_number"
    assert (await office.row(call_id))["outcome"] == "refused"


async def test_a_caller_who_leaves_in_line_is_an_abandoned_call(office: Office) -> None:
    caller = await office.call("4002", patience_seconds=1.5)
    call_id = await office.call_id(caller)
    await caller.wait_ended(5)
    assert await office.outcome(call_id) == "abandoned"
    left = (await office.facts("queue.left", call_id))[0]
    assert left.data["why"] == "abandoned" and 0.7 < left.data["wait"] < 2.5


async def test_a_caller_leaves_while_the_phone_rings(office: Office) -> None:
    office.manners("bo", answer_after=None)
    await office.ready("bo")
    caller = await office.call("4002")
    call_id = await office.call_id(caller)
    ring = await office.phones.wait_ringing("1002")
    await office.wait_state("bo", "ringing")
    caller.hang_up()
    await office.phones.wait_free("1002", 5)
    assert ring.how == "cancelled"
    assert await office.outcome(call_id) == "abandoned"
    await office.wait_state("bo", "ready", seconds=2)
    assert not await office.facts("talk.started", call_id)


async def test_the_longest_wait_ends_in_the_flow(office: Office) -> None:
    caller = await office.call("4005")
    call_id = await office.call_id(caller)
    result = await caller.wait_ended(12)
    assert result.how == "far" and 5 < result.ended - result.answered < 9
    assert (await office.facts("queue.left", call_id))[0].data["why"] == "max_wait"
    assert await office.outcome(call_id) == "ivr"
    assert await office.metric("callcenter_mended_total") == 0
