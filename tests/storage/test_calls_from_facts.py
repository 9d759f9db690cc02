"""Rows, stories and today's numbers, all told by facts alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.storage import facts as facts_module
from callcenter.storage.facts import Fact
from callcenter.storage.projection import CallRow, fold
from callcenter.storage.stats import TodayStats
from callcenter.storage.story import duration, ordinal, story
from tests.storage.conftest import WatchClock
from tests.storage.hand_written import CALL, Writing, answered_call

KINDS = re.findall(r"^([a-z_]+(?:\.[a-z_]+)?)  *[a-z]", facts_module.__doc__ or "", re.MULTILINE)
FIELDS = sorted(set(re.findall(r"[a-z_]+", facts_module.__doc__ or "")))

junk = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=3), max_size=2)
)
random_fact = st.builds(
    Fact,
    st.integers(1, 50),
    st.floats(0, 2e9),
    st.sampled_from(KINDS) | st.text(max_size=10),
    st.sampled_from(["", CALL]),
    st.sampled_from(["", "amy"]),
    st.dictionaries(
        st.sampled_from(FIELDS),
        junk | st.dictionaries(st.sampled_from(["en", "zh-CN", "x"]), junk),
        max_size=5,
    ),
)


def row_of(facts: list[Fact]) -> CallRow:
    row: CallRow | None = None
    for fact in facts:
        row = fold(row, fact)
    assert row is not None
    return row


def test_the_row_of_an_answered_call() -> None:
    row = row_of(answered_call())
    assert (row.ani, row.caller_name, row.did, row.flow, row.queue) == (
        "13800138000",
        "王芳",
        "4008001234",
        "main",
        "orders",
    )
    assert (row.agent, row.language, row.path, row.outcome) == ("amy", "en", "1>2", "answered")
    assert (row.wait_seconds, row.talk_seconds, row.wrap_up_seconds) == (14.5, 123, 12)
    assert (row.disposition, row.note, row.has_recording) == ("solved", "sent again", True)
    assert row.ended_at is not None and row.ended_at < row.at + 200


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([("ivr.entered", {"flow": "main"})], "ivr"),
        ([("call.refused", {"reason": "unknown_number"})], "refused"),
        (
            [
                ("queue.entered", {"queue": "q"}),
                ("queue.left", {"queue": "q", "why": "abandoned", "wait": 9}),
            ],
            "abandoned",
        ),
        (
            [("queue.entered", {"queue": "q"}), ("talk.started", {"queue": "q", "agent": "amy", "wait": 1})],
            "answered",
        ),
        (
            [("queue.entered", {"queue": "q"}), ("queue.left", {"queue": "q", "why": "max_wait", "wait": 9})],
            "ivr",
        ),
        (
            [
                ("queue.entered", {"queue": "q"}),
                ("queue.left", {"queue": "q", "why": "max_wait", "wait": 9}),
                ("voicemail.left", {"box": "b", "path": "p", "seconds": 3}),
            ],
            "voicemail",
        ),
        ([("queue.entered", {"queue": "q"})], "cut"),
    ],
)
def test_a_call_whose_end_names_no_outcome_has_the_furthest_it_got(
    facts: list[tuple[str, Any]], outcome: str
) -> None:
    write = Writing()
    write("call.offered", ani="1", did="2")
    for kind, data in facts:
        write(kind, **data)
    write("call.ended")
    assert row_of(write.facts).outcome == outcome


def test_two_queues_and_an_agent_who_did_not_answer() -> None:
    write = Writing()
    write("call.offered", ani="1", did="2")
    write("queue.entered", queue="orders")
    write("queue.assigned", queue="orders", agent="amy", wait=3)
    write("queue.returned", queue="orders", agent="amy", result="no_answer")
    write("queue.entered", queue="orders")  # the same place, taken again after a restart
    write("queue.left", queue="orders", why="max_wait", wait=60)
    write("queue.entered", queue="service")
    write("talk.started", queue="service", agent="bob", wait=20)
    write("talk.ended", queue="service", agent="bob", seconds=30, by="agent")
    row = row_of(write.facts)
    assert [(v["queue"], v["how"], v["wait"]) for v in row.visits] == [
        ("orders", "max_wait", 60),
        ("service", "answered", 20),
    ]
    assert (row.wait_seconds, row.queue, row.agent) == (80, "service", "bob")


def test_what_a_caller_recorded_again_replaces_what_he_said_before() -> None:
    write = Writing()
    write("call.offered", ani="1", did="2")
    write("ivr.recorded", name="why", path="why.wav", seconds=3)
    write("ivr.recorded", name="wish", path="wish.wav", seconds=4)
    write("ivr.recorded", name="why", path="why.wav", seconds=7)
    row = row_of(write.facts)
    assert [(said["name"], said["seconds"]) for said in row.recorded] == [("wish", 4), ("why", 7)]
    assert CallRow.from_dict(row.as_dict()) == row


@settings(max_examples=200)
@given(st.lists(random_fact, max_size=30))
def test_no_sequence_of_facts_breaks_the_fold_or_the_story_or_the_numbers(facts: list[Fact]) -> None:
    row: CallRow | None = None
    stats = TodayStats("Asia/Shanghai", WatchClock())
    for fact in facts:
        row = fold(row, fact)
        assert row is None or fold(row, fact) == row or fact.seq > row.last_seq
        stats.on_fact(fact)
    for line in story(facts):
        assert isinstance(line["text"]["en"], str) and isinstance(line["text"]["zh-CN"], str)
    stats.totals()
    stats.ratings()
    if row is not None:
        assert CallRow.from_dict(row.as_dict()) == row
        assert len(row.as_tuple()) == len(CallRow._fields)


@settings(max_examples=100)
@given(st.data())
def test_facts_told_again_from_any_point_change_nothing(data: st.DataObject) -> None:
    facts = answered_call()
    cut = data.draw(st.integers(1, len(facts)))
    again = data.draw(st.integers(0, cut))
    assert row_of([*facts[:cut], *facts[again:]]) == row_of(facts)


def test_every_kind_of_fact_is_told_in_both_languages() -> None:
    assert len(KINDS) >= 31
    for kind in KINDS:
        text = story([Fact(1, 1.0, kind, CALL, "amy", {})])[0]["text"]
        assert text["en"] and text["zh-CN"], kind
        assert text["en"] != kind, f"{kind} has no sentence"
        assert re.search("[\u4e00-\u9fff]", text["zh-CN"]), f"{kind} has no Chinese sentence"


def test_the_story_reads_like_one() -> None:
    names = {
        "orders": {"en": "Orders", "zh-CN": "订单"},
        "amy": "Amy",
        "solved": {"en": "solved", "zh-CN": "已解决"},
    }
    lines = story(answered_call(), lambda _kind, identifier: names.get(identifier, identifier))
    told = [line["text"]["en"] for line in lines]
    assert told[0] == "Called 4008001234 from 13800138000"
    assert told[4] == "Pressed 1 (Orders)"
    assert told[6:9] == [
        "In line for Orders, 3rd",
        "Given to Amy (waited 12 s): longest ready of 3",
        "The caller's page was sent to Amy",
    ]
    assert told[10:] == [
        "Amy's phone rang",
        "Amy answered after 14 s in line",
        "Talked 2:03, the caller hung up",
        "Recorded: 2:03",
        "Ended: answered",
        "Wrap-up 12 s: solved, 'sent again'",
    ]
    assert lines[0]["offset"] == 0 and lines[7]["offset"] == 18
    assert lines[12]["text"]["zh-CN"] == "通话 2:03，客户挂机"


def test_places_and_lengths_as_people_say_them() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th")
    ]
    assert [duration(s)[0] for s in (0, 59.4, 60, 123, 3661)] == ["0 s", "59 s", "1:00", "2:03", "1:01:01"]


# -- today's numbers ----------------------------------------------------------------------------------------


def visit(write: Writing, call_id: str, how: str, wait: float, talk: float = 0.0, wrap: float = 0.0) -> None:
    """One call through the queue `orders`."""
    write("call.offered", call_id=call_id, ani="1", did="2")
    write("queue.entered", call_id=call_id, queue="orders")
    if how == "answered":  # he is asked how it was before he hangs up
        write("talk.started", call_id=call_id, queue="orders", agent="amy", wait=wait, after=wait)
        write(
            "talk.ended", call_id=call_id, queue="orders", agent="amy", seconds=talk, by="agent", after=talk
        )
        write("survey.answered", call_id=call_id, question="service", score=1 + int(talk) % 5, node="rate")
        write("call.ended", call_id=call_id, outcome="answered")
        write("wrap_up.ended", call_id=call_id, agent="amy", seconds=wrap, disposition="", note="")
    else:
        write("queue.left", call_id=call_id, queue="orders", why=how, wait=wait, after=wait)
        write("call.ended", call_id=call_id, outcome="abandoned" if how == "abandoned" else "voicemail")


def test_service_level_and_means_as_defined() -> None:
    write = Writing()
    visit(write, "a", "answered", wait=10, talk=100, wrap=20)  # in time
    visit(write, "b", "answered", wait=30, talk=50, wrap=10)  # late
    visit(write, "c", "abandoned", wait=3)  # too early to be anybody's fault
    visit(write, "d", "abandoned", wait=40)
    visit(write, "e", "max_wait", wait=60)
    clock = WatchClock(write.at)
    stats = TodayStats("Asia/Shanghai", clock, lambda queue: 20)
    for fact in write.facts:
        stats.on_fact(fact)
    assert stats.queue("orders") == {
        "offered": 5,
        "answered": 2,
        "abandoned": 2,
        "service_level": 0.25,  # 1 of a, b, d, e
        "asa": 20.0,
        "aht": 90.0,
        "callbacks": {"promised": 0, "reached": 0, "unreached": 0, "cancelled": 0},
    }
    totals = stats.totals()
    assert (totals["offered"], totals["answered"], totals["abandoned"], totals["voicemail"]) == (5, 2, 2, 1)
    assert stats.queue("nobody_calls")["service_level"] is None


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["answered", "abandoned", "max_wait"]), st.floats(0, 90), st.floats(0, 300)
        ),
        max_size=12,
    ),
    st.integers(0, 80),
)
def test_numbers_read_from_rows_after_a_restart_are_those_that_were_counted(
    calls: list[tuple[str, float, float]], restart: int
) -> None:
    write = Writing()
    for n, (how, wait, talk) in enumerate(calls):
        visit(write, f"c{n}", how, wait, talk, talk / 5)
    clock = WatchClock(write.at)
    whole = TodayStats("Asia/Shanghai", clock)
    restarted = TodayStats("Asia/Shanghai", clock)
    rows: dict[str, CallRow] = {}
    for fact in write.facts[:restart]:
        row = fold(rows.get(fact.call_id), fact)
        assert row is not None
        rows[fact.call_id] = row
    restarted.prime(rows.values())
    for fact in write.facts:
        whole.on_fact(fact)
    for fact in write.facts[restart:]:
        restarted.on_fact(fact)
    assert restarted.totals() == whole.totals()
    assert restarted.queue("orders") == whole.queue("orders")
    assert restarted.ratings() == whole.ratings()


def test_ratings_are_counted_by_question_and_belong_to_the_last_queue_and_agent() -> None:
    write = Writing()
    write("call.offered", call_id="a", ani="1", did="2")
    write("survey.answered", call_id="a", question="menu", score=3, node="rate")  # nobody was there yet
    write("queue.entered", call_id="a", queue="orders")
    write("talk.started", call_id="a", agent="amy", queue="orders", wait=1)
    write("queue.entered", call_id="a", queue="refunds")
    write("talk.started", call_id="a", agent="bo", queue="refunds", wait=1)
    write("survey.answered", call_id="a", question="service", score=2, node="rate")
    write("call.offered", call_id="b", ani="1", did="2")
    write("queue.entered", call_id="b", queue="orders")
    write("talk.started", call_id="b", agent="bo", queue="orders", wait=1)
    label = {"zh-CN": "服务", "en": "Service"}
    write("survey.answered", call_id="b", question="service", score=5, node="rate", label=label)
    clock = WatchClock(write.at)
    stats = TodayStats("Asia/Shanghai", clock)
    for fact in write.facts:
        stats.on_fact(fact)
    menu, service = stats.ratings()
    assert (menu["question"], menu["answers"], menu["queues"], menu["agents"]) == ("menu", 1, [], [])
    assert (service["answers"], service["mean"]) == (2, 3.5)
    assert (menu["label"], service["label"]) == ({}, label)
    assert service["scores"] == [{"score": 2.0, "answers": 1}, {"score": 5.0, "answers": 1}]
    assert service["queues"] == [
        {"id": "orders", "answers": 1, "mean": 5.0},
        {"id": "refunds", "answers": 1, "mean": 2.0},
    ]
    assert service["agents"] == [{"id": "bo", "answers": 2, "mean": 3.5}]
    clock.at += 86_400
    assert stats.ratings() == [], "tomorrow begins anew"


def test_the_day_ends_at_midnight_of_the_center() -> None:
    write = Writing(at=1_790_000_000.0)  # 2026-09-21 22:13:20 in Shanghai
    clock = WatchClock(write.at)
    stats = TodayStats("Asia/Shanghai", clock)
    visit(write, "a", "answered", wait=10, talk=20)
    write("call.offered", call_id="late", ani="1", did="2")
    write("queue.entered", call_id="late", queue="orders")
    late = write("talk.started", call_id="late", queue="orders", agent="amy", wait=7200, after=7200)
    for fact in write.facts[:-1]:
        stats.on_fact(fact)
    assert stats.queue("orders")["offered"] == 2
    clock.at = late.at
    assert stats.queue("orders")["offered"] == 0
    stats.on_fact(late)  # yesterday's caller is answered today: he is not counted in either
    assert stats.queue("orders")["answered"] == 0
    assert stats.totals()["answered"] == 0
