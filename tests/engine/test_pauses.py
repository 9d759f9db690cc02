"""Reasons for being not ready have limits: how long, how much a day, how many at once; what comes then."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.telephony.refusal import Refused

from .hotline import Hotline, on_the_hotline

LUNCH = "lunch: {name: {zh-CN: 午餐, en: Lunch}}"
THIRD = ('agents:\n', 'agents:\n  cy: {name: Cy, extension: "1003", skills: {orders: 1}}\n')  # fmt: skip


def lunch(h: Hotline, more: str) -> None:
    h.declare((LUNCH, f"lunch: {{name: {{zh-CN: 午餐, en: Lunch}}, {more}}}"), THIRD)


def take(h: Hotline, agent: str, by: str = "") -> None:
    h.engine.desk.set_state(agent, "not_ready", "lunch", by=by)


def refused(h: Hotline, agent: str, state: str = "not_ready", reason: str = "lunch") -> Refused:
    with pytest.raises(Refused) as found:
        h.engine.desk.set_state(agent, state, reason)
    return found.value


# --- how long -------------------------------------------------------------------------------------------


def test_who_is_reminded_stays_away_and_pages_show_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "limit_minutes: 30")
        h.ready("amy")
        take(h, "amy")
        view = h.engine.desk.view("amy")
        assert view["limit_at"] == pytest.approx(h.clock.now() + 1800)
        await asyncio.sleep(1801)
        assert h.state("amy") == ("not_ready", "lunch")
        assert h.engine.desk.view("amy")["over_limit"]
        assert h.facts("agent.over_limit")[0].data == {"reason": "lunch", "at_limit": "remind"}
        assert h.shown[-1][2]["agent"]["over_limit"]  # his page was told
        h.ready("amy")
        assert not h.engine.desk.view("amy")["over_limit"]

    assert len(on_the_hotline(tmp_path, story).facts("agent.over_limit")) == 1


def test_who_is_to_be_ready_again_is_when_his_page_and_phone_are_there(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "limit_minutes: 30, at_limit: ready")
        for agent in ("amy", "bo"):
            h.engine.desk.desk_opened(agent)
            take(h, agent)
        h.engine.desk.desk_closed("bo")
        await asyncio.sleep(1801)
        assert h.state("amy") == ("ready", "")
        assert h.state("bo") == ("not_ready", "lunch")
        h.engine.desk.desk_opened("bo")
        assert h.state("bo") == ("ready", "")

        take(h, "amy")
        h.phones["amy"].unregister()
        await asyncio.sleep(1801)
        assert h.state("amy") == ("not_ready", "lunch")
        h.phones["amy"].register()
        await asyncio.sleep(0.1)
        assert h.state("amy") == ("ready", "")

    on_the_hotline(tmp_path, story)


def test_who_must_ask_goes_on_only_by_a_supervisor(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "limit_minutes: 30, at_limit: ask")
        take(h, "amy")
        await asyncio.sleep(1801)
        assert refused(h, "amy", "ready", "").text == {
            "en": "Lunch: your time is over. A supervisor decides how you go on",
            "zh-CN": "午餐：已超时，需由班长处理",
        }
        take(h, "amy", by="sam")  # he gives her another half hour
        assert not h.engine.desk.view("amy")["over_limit"]
        await asyncio.sleep(1790)
        assert not h.engine.desk.view("amy")["over_limit"]
        await asyncio.sleep(11)
        assert refused(h, "amy", "ready", "").code == "ask_supervisor"
        h.engine.desk.set_state("amy", "ready", by="sam")
        assert h.state("amy") == ("ready", "")
        take(h, "amy")
        await asyncio.sleep(1801)
        h.engine.desk.set_state("amy", "signed_out")  # nobody is kept from going home

    on_the_hotline(tmp_path, story)


@pytest.mark.parametrize("when", ["before the limit", "after it", "while it came"])
def test_a_restart_keeps_the_limit(tmp_path: Path, when: str) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "limit_minutes: 30, at_limit: ready")
        take(h, "amy")
        await asyncio.sleep(1801 if when == "after it" else 1000)
        await h.crash()
        await asyncio.sleep(900 if when == "while it came" else 0)
        await h.start(after_crash=True)
        h.engine.desk.desk_opened("amy")
        await asyncio.sleep(0.1)
        if when == "before the limit":
            assert h.engine.desk.view("amy")["limit_at"] == pytest.approx(h.clock.now() + 800, abs=1)
            assert h.state("amy") == ("not_ready", "lunch")
            await asyncio.sleep(801)
        assert h.state("amy") == ("ready", "")
        assert len(h.facts("agent.over_limit")) == 1

    on_the_hotline(tmp_path, story)


def test_a_limit_that_is_changed_counts_at_once(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        take(h, "amy")
        await asyncio.sleep(600)
        lunch(h, "limit_minutes: 5")
        await asyncio.sleep(1)
        assert h.engine.desk.view("amy")["over_limit"]

    on_the_hotline(tmp_path, story)


# --- how much a day -------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarted", [False, True])
def test_the_days_minutes_are_used_up_over_all_pauses(tmp_path: Path, restarted: bool) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "limit_minutes: 20, per_day_minutes: 30, at_limit: ask")
        take(h, "amy")
        await asyncio.sleep(1190)
        h.ready("amy")
        assert h.engine.desk.view("amy")["today"]["reasons"] == {"lunch": pytest.approx(1190, abs=1)}
        if restarted:
            await h.restart()
        take(h, "amy")
        assert h.engine.desk.view("amy")["limit_at"] == pytest.approx(h.clock.now() + 610, abs=1)
        await asyncio.sleep(605)
        h.ready("amy")
        await asyncio.sleep(60)
        take(h, "amy")
        await asyncio.sleep(6)
        h.engine.desk.set_state("amy", "ready", by="sam")
        assert refused(h, "amy").text == {
            "en": "Lunch: today's 30 min are used up. Ask a supervisor",
            "zh-CN": "午餐：今天的 30 分钟已用完，请联系班长",
        }
        take(h, "amy", by="sam")
        await asyncio.sleep(1100)
        assert not h.engine.desk.view("amy")["over_limit"]  # what a supervisor allows is no overdraft

    on_the_hotline(tmp_path, story)


def test_who_is_only_reminded_may_overdraw_the_day_and_stands_there_in_red(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "per_day_minutes: 30")
        take(h, "amy")
        await asyncio.sleep(1801)
        h.ready("amy")
        take(h, "amy")
        await asyncio.sleep(0.1)
        assert h.engine.desk.view("amy")["over_limit"]

    on_the_hotline(tmp_path, story)


def test_after_midnight_the_day_is_new_also_for_who_is_away_already(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "per_day_minutes: 30")
        day = 86400
        to_midnight = day - (h.clock.now() + 8 * 3600) % day
        await asyncio.sleep(to_midnight - 600)
        take(h, "amy")
        await asyncio.sleep(1900)
        assert not h.engine.desk.view("amy")["over_limit"]
        await asyncio.sleep(600)
        assert h.engine.desk.view("amy")["over_limit"]
        assert h.engine.desk.view("amy")["today"]["reasons"]["lunch"] == pytest.approx(1900, abs=2)

    on_the_hotline(tmp_path, story)


# --- how many at once -----------------------------------------------------------------------------------


def test_no_more_than_so_many_at_once_counting_who_goes_after_his_call(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "at_once: 1")
        h.ready("amy")
        caller = h.call(did="4002")
        await h.until_state("amy", "talking")
        take(h, "amy")  # after the call
        take(h, "amy")  # asked twice, it is still hers
        assert refused(h, "bo").text == {
            "en": "Lunch: 1 already, and no more than 1 at once. Try again later, or ask a supervisor",
            "zh-CN": "午餐：已有 1 人，最多同时 1 人。请稍后再试，或联系班长",
        }
        take(h, "bo", by="sam")
        caller.hang_up()
        await h.until_state("amy", "not_ready")
        assert h.state("bo") == ("not_ready", "lunch")

    on_the_hotline(tmp_path, story)


def test_a_share_is_of_those_signed_in_and_one_may_always_go(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        lunch(h, "at_once: 0.5")
        take(h, "amy")  # alone, half of one is one
        h.engine.desk.set_state("bo", "ready")
        assert refused(h, "bo").code == "too_many_away"
        h.engine.desk.set_state("cy", "ready")
        assert refused(h, "bo").code == "too_many_away"  # half of three is one
        h.ready("amy")
        take(h, "bo")

    on_the_hotline(tmp_path, story)
