"""Where callers are led: to people, to other flows, through failures and restarts, in the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.ivr.frame import SECRET
from callcenter.ivr.steps import Fetched
from callcenter.simulation.people import PhoneBehaviour, Press, PressAtPrompt
from callcenter.storage.names import ids_as_names
from callcenter.storage.story import story as tell

from .flows_kit import LI, FlowHotline, flow_of, heard, on_flows, one_caller

TRANSFER = flow_of(
    "it: {type: transfer, say: {en: One moment}, number: '010 6555-1234', ring_seconds: 20, on_busy: sorry,"
    " on_no_answer: message, after_talk: bye}",
    "message: {type: voicemail, say: {en: Speak}, next: bye}",
)


@pytest.mark.parametrize(
    ("behaviour", "result", "last", "outcome"),
    [
        (PhoneBehaviour(answer_after=3, talk_seconds=10), "talked", "Good-bye", "transferred"),
        (PhoneBehaviour(answer_after=3, rejects=True), "busy", "Sorry", "ivr"),
        (PhoneBehaviour(answer_after=None), "no_answer", "Speak", "voicemail"),
        (None, "unreachable", "Speak", "voicemail"),
    ],
)
def test_a_caller_is_sent_on(
    tmp_path: Path, behaviour: PhoneBehaviour | None, result: str, last: str, outcome: str
) -> None:
    what: list[str] = []

    async def story(h: FlowHotline) -> None:
        if behaviour is not None:
            h.switch.add_outside("01065551234", behaviour)
        caller = h.call(did="4001", leave_after=60)
        await caller.wait_ended()
        what.extend(heard(caller))
        await asyncio.sleep(1)

    h = on_flows(tmp_path, TRANSFER, story)
    assert [fact["result"] for fact in h.data("transfer.ended")] == [result]
    assert (what[-1], h.outcomes()) == (last, [outcome])


def test_a_caller_can_be_sent_to_an_extension(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.behave("bo", answer_after=1, talk_seconds=5)
        caller = h.call(did="4001")
        await caller.wait_ended()
        assert caller.times("talks 1002")

    on_flows(tmp_path, flow_of("it: {type: transfer, number: '1002'}"), story)


def test_a_call_back_is_promised_for_a_number_and_a_time(tmp_path: Path) -> None:
    flow = flow_of(
        "it: {type: callback, queue: orders, say: {en: When?}, times: {'1': {}, '2': {in_minutes: 30}},"
        " next: bye, on_failed: sorry}"
    )
    h, _ = one_caller(
        tmp_path, flow, PressAtPrompt("2", 0.5, "When?"), PressAtPrompt("1", 0.5, "call you back")
    )
    [fact] = h.facts("callback.wanted")
    assert (fact.data["ani"], fact.data["queue"], fact.data["why"]) == (LI, "orders", "requested")
    assert 1799 < fact.data["not_before"] - fact.at < 1801
    h, what = one_caller(
        tmp_path, flow,
        PressAtPrompt("1", 0.5, "When?"), PressAtPrompt("2", 0.5, "call you back"),
        *[Press(key, 0.5) for key in "01065551234#"],
    )  # fmt: skip
    assert [fact["ani"] for fact in h.data("callback.wanted")] == ["01065551234"]
    assert what[-1] == "Good-bye"


SURVEY = flow_of(
    "it: {type: queue, queue: orders, after_talk: rate}",
    "rate: {type: survey, questions: {score: {say: {en: How was it?}}}, next: worse}",
    "worse: {type: if, when: score != '' and score < 3, then: why, else: bye}",
    "why: {type: record, say: {en: Tell us why}, into: why, next: bye}",
    score="",
)


def test_after_the_talk_the_caller_stays_and_rates_it_while_the_agent_wraps_up(tmp_path: Path) -> None:
    what: list[str] = []

    async def story(h: FlowHotline) -> None:
        h.behave("amy", answer_after=2, talk_seconds=20)
        h.ready("amy")
        acts = (PressAtPrompt("2", 0.5, "How was it?"), PressAtPrompt("#", 6.0, "Tell us why"))
        caller = h.call(ani=LI, did="4001", acts=acts)
        await asyncio.sleep(27)
        assert h.state("amy")[0] == "wrap_up"
        assert not caller.ended
        await caller.wait_ended()
        what.extend(heard(caller))
        await asyncio.sleep(1)

    h = on_flows(tmp_path, SURVEY, story)
    assert h.data("survey.answered") == [{"question": "score", "score": 2, "node": "rate"}]
    [kept] = h.data("ivr.recorded")
    assert kept["name"] == "why" and 2.5 < kept["seconds"] < 3.5
    assert (tmp_path / "voicemail" / kept["path"]).exists()
    assert what[-1] == "Good-bye" and h.outcomes() == ["answered"]
    assert [fact["by"] for fact in h.data("talk.ended")] == ["agent"]


NAMED = flow_of(
    "it: {type: collect, say: {en: Your order}, into: order_no, max_digits: 2, next: code,"
    " label: {zh-CN: 订单号, en: Order number}}",
    "code: {type: collect, say: {en: Your code}, into: code, max_digits: 1, next: why}",
    "why: {type: record, say: {en: Tell us why}, into: why, label: {zh-CN: 原因, en: Reason}, next: line}",
    "line: {type: queue, queue: orders, after_talk: rate}",
    "rate: {type: survey, next: bye,"
    " questions: {service: {say: {en: How was it?}, label: {zh-CN: 服务, en: Service}}}}",
)


def test_the_agent_reads_what_the_caller_gave_under_the_labels_of_the_flow(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.behave("amy", answer_after=2, talk_seconds=20)
        h.ready("amy")
        acts = (
            PressAtPrompt("1", 0.5, "Your order"), Press("2", 0.5), PressAtPrompt("3", 0.5, "Your code"),
            PressAtPrompt("#", 6.0, "Tell us why"), PressAtPrompt("5", 0.5, "How was it?"),
        )  # fmt: skip
        await h.call(ani=LI, did="4001", acts=acts).wait_ended()
        await asyncio.sleep(1)

    h = on_flows(tmp_path, NAMED, story)
    pop = next(message["pop"] for _, _, message in h.shown if message["type"] == "pop")
    assert pop["collected"] == {"order_no": "12", "code": "3"}
    assert pop["labels"] == {"order_no": {"zh-CN": "订单号", "en": "Order number"}}
    assert [said["label"] for said in pop["recorded"]] == [{"zh-CN": "原因", "en": "Reason"}]
    told = [line["text"] for line in tell(h.journal.facts, ids_as_names)]
    assert {"zh-CN": "输入 订单号：12", "en": "Gave Order number: 12"} in told
    assert {"zh-CN": "输入 code：3", "en": "Gave code: 3"} in told
    assert {"zh-CN": "评价 服务：5", "en": "Rated Service: 5"} in told
    assert any(line["zh-CN"].startswith("录下 原因（") for line in told)


def test_a_caller_who_hangs_up_himself_is_asked_nothing(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.behave("amy", answer_after=2)
        h.ready("amy")
        await h.call(did="4001", talk_seconds=10).wait_ended()
        await asyncio.sleep(1)

    h = on_flows(tmp_path, SURVEY, story)
    assert h.nodes() == ["it"] and h.outcomes() == ["answered"]


HOURS = flow_of(
    "it: {type: hours, hours: office, switch: outage, open: bye, closed: sorry, emergency: fire}",
    "fire: {type: say, skip: false, say: {en: Our systems are down}, next: sorry}",
)


def test_the_switch_of_a_supervisor_comes_before_the_hours(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        first = h.call(did="4001")
        await first.wait_ended()
        h.emergencies.add("outage")
        second = h.call(did="4001", acts=(PressAtPrompt("1", 0.5, "down"),))
        await second.wait_ended()
        assert heard(first) in (["Sorry"], ["Good-bye"])
        assert heard(second) == ["Our systems are down", "Sorry"]
        begun, ended = (second.times(f"prompt /prompts/{text}")[0] for text in ("Our", "Sorry"))
        assert ended - begun > 2.9, "no key cuts it short"

    on_flows(tmp_path, HOURS, story)


QUEUE = flow_of(
    "it: {type: set, values: {need: '{caller.name} needs refunds'}, next: line}",
    "line: {type: queue, queue: orders, skills: {refunds: 2}, max_wait_seconds: 25,"
    " whisper: {en: '{need}'}, on_max_wait: sorry}",
)


def test_a_caller_may_need_skills_of_his_own_and_waits_for_who_has_them(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        for agent in ("amy", "bo"):
            h.behave(agent, answer_after=1, talk_seconds=5)
        h.ready("bo")  # who knows orders, but no refunds
        caller = h.call(ani=LI, did="4001", name="Li")
        await asyncio.sleep(10)
        assert not caller.times("talks")
        h.ready("amy")
        await caller.wait_ended()
        assert h.phones["amy"].heard == ["/prompts/Li needs refunds"]
        rings = h.facts("phone.ringing")[0].at - h.facts("call.offered")[0].at
        talks = caller.times("talks 1001")[0] - caller.times("dialed")[0]
        assert talks - rings > 3.5, "the whisper was over before they were joined"

    h = on_flows(tmp_path, QUEUE, story)
    assert [fact.agent for fact in h.facts("queue.assigned")] == ["amy"]
    assert h.outcomes() == ["answered"]


def test_a_caller_keeps_his_skills_over_a_restart(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("bo")
        caller = h.call(did="4001")
        await asyncio.sleep(5)
        await h.restart()
        await asyncio.sleep(5)
        assert not h.facts("queue.assigned")
        h.ready("amy")
        await caller.wait_ended()

    h = on_flows(tmp_path, QUEUE, story)
    assert [fact.agent for fact in h.facts("queue.assigned")] == ["amy"]


def test_the_longest_wait_of_a_node_counts_in_place_of_the_queues(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        caller = h.call(did="4001")
        await caller.wait_ended()
        assert heard(caller) == ["Sorry"]

    h = on_flows(tmp_path, QUEUE, story)
    [left] = h.data("queue.left")
    assert left["why"] == "max_wait" and 24.5 < left["wait"] < 26


TWO_LANGUAGES = flow_of(
    "it: {type: menu, every_language: true, say: {en: Press 1, zh-CN: 请按二},"
    " keys: {'1': {go: bye, language: en}, '2': {go: chinese}}, on_timeout: bye}",
    "chinese: {type: language, language: zh-CN, next: bye}",
)


def test_the_language_a_customer_chose_is_his_in_the_next_call(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        first = h.call(ani=LI, did="4001", acts=(PressAtPrompt("2", 0.5, "请按二"),))
        await first.wait_ended()
        assert heard(first) == ["Press 1", "请按二", "再见"]
        h.customers[LI] = {"name": "Li", "language": h.data("ivr.language")[-1]["language"]}
        second = h.call(ani=LI, did="4001")
        await second.wait_ended()
        assert heard(second)[-1] == "再见"
        h.customers[LI] = {"name": "Li", "language": "en"}
        third = h.call(ani=LI, did="4003")
        await third.wait_ended()
        assert heard(third)[-1] == "再见", "the number he dialed has a language of its own"
        stranger = h.call(ani="1", did="4001")
        await stranger.wait_ended()
        assert heard(stranger)[-1] == "Good-bye"

    on_flows(tmp_path, {"hotline": TWO_LANGUAGES, "bilingual": TWO_LANGUAGES}, story)


SUB = {
    "hotline": flow_of(
        "it: {type: collect, say: {en: Your number}, into: number, max_digits: 2, next: pin}",
        "pin: {type: collect, say: {en: Your code}, into: code, max_digits: 4, secret: true, next: sub}",
        "sub: {type: call, flow: shop, with: {order: '{number}', pin: '{code}'}, into: got, next: tell}",
        "tell: {type: say, say: {en: '{number} {got.state} {got.seen}'}, next: bye}",
    ),
    "shop": flow_of(
        "ask: {type: menu, say: {en: Go on with 1}, keys: {'1': {go: look}}, retries: 5}",
        "look: {type: http, url: 'https://shop.example/{order}', query: {pin: '{pin}'},"
        " map: {seen: '{answer.seen}'}, next: back}",
        "back: {type: return, values: {state: 'order {order}', seen: '{seen}'}}",
        order="",
        pin="",
        seen="nothing",
    ),
}
DIGITS = (
    PressAtPrompt("1", 0.5, "Your number"), Press("2", 0.2),
    PressAtPrompt("4", 0.5, "Your code"), Press("7", 0.2), Press("1", 0.2), Press("1", 0.2),
)  # fmt: skip


def test_a_flow_calls_another_and_goes_on_with_what_it_returns(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.others.answer = Fetched(True, 200, {"seen": "twice"})
        caller = h.call(ani=LI, did="4001", acts=(*DIGITS, PressAtPrompt("1", 0.5, "Go on")))
        await caller.wait_ended()
        assert heard(caller)[-2:] == ["12 order 12 twice", "Good-bye"]

    h = on_flows(tmp_path, SUB, story)
    assert h.nodes() == ["it", "pin", "sub", "ask", "look", "back", "tell", "bye"]
    assert list(h.others.asked[0].values.values()) == ["12", "4711"], "the other system gets the code"
    assert "4711" not in str(h.journal.facts), "the journal does not"
    assert {"name": "code", "value": SECRET} in h.data("ivr.collected")
    assert h.data("ivr.called")[0]["values"] == {"order": "12", "pin": SECRET}


def test_a_restart_in_the_middle_of_a_called_flow_keeps_the_variables_of_both(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.others.answer = Fetched(True, 200, {"seen": "twice"})
        caller = h.call(ani=LI, did="4001", acts=DIGITS)
        await asyncio.sleep(8)
        assert heard(caller)[-1] == "Go on with 1"
        await h.restart()
        await asyncio.sleep(3)
        assert heard(caller)[-1] == "Go on with 1", "he is asked again"
        h.engine.reception.calls["20260101-call-1"].places[-1].values["pin"] = (
            "4711"  # secrets are written nowhere
        )
        caller.press("1")
        await caller.wait_ended()
        assert "12 order 12 twice" in heard(caller)

    h = on_flows(tmp_path, SUB, story)
    assert h.nodes()[-6:] == ["ask", "ask", "look", "back", "tell", "bye"]
    assert [fact["via"] for fact in h.data("ivr.node") if fact["node"] == "ask"] == ["call", "resumed"]


def test_a_called_flow_that_is_gone_after_a_restart_is_left_for_good(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        caller = h.call(ani=LI, did="4001", acts=DIGITS)
        await asyncio.sleep(8)
        await h.crash()
        (h.folder / "flows" / "shop.yaml").unlink()
        h.flows.reload()
        await h.start(after_crash=True)
        await asyncio.sleep(3)
        assert [place.flow for place in h.engine.reception.calls["20260101-call-1"].places] == ["hotline"]
        await h.restart()
        await caller.wait_ended()
        assert len(h.data("ivr.returned")) == 1, "not once more"

    h = on_flows(tmp_path, SUB, story)
    assert h.data("ivr.failed")[0]["node"] == "sub", "he is back in the flow that called it"


def test_a_failure_without_a_way_of_its_own_leads_to_a_person(tmp_path: Path) -> None:
    flow = flow_of(
        "it: {type: say, say: {en: 'Due {when|date}'}, next: line}",
        "line: {type: queue, queue: orders}",
        when="soon",
    )
    h, what = one_caller(tmp_path, flow)
    assert what == ["Sorry, something went wrong on our side. One moment, please."]
    assert h.outcomes() == ["abandoned"]
    [failure] = h.data("ivr.failed")
    assert failure["node"] == "it" and "date" in failure["error"]
