"""What `make soak` holds against a run: each fault is found, and a good run passes."""

from __future__ import annotations

from benchmarks.soak import judge
from benchmarks.soak.call_backs import astray
from benchmarks.soak.callers import SoakCall
from callcenter.demo.accounts import CdrRecord, JournalCall
from callcenter.storage.facts import Fact
from callcenter.storage.projection import CallRow


def caller(ani: str, at: float, how: str = "far") -> SoakCall:
    return SoakCall(ani, "4000", "leaves the talk", at, at + 0.1, at + 9, how)


def in_journal(ani: str, at: float, ends: int = 1) -> JournalCall:
    leg = f"leg-{ani}-{at:g}"
    return JournalCall(
        CallRow(f"call-{ani}-{at:g}", at, ani=ani, did="4000"), leg, ends, ("answered",) * ends
    )


def record(ani: str, at: float, disposition: str = "ANSWERED") -> CdrRecord:
    leg = f"leg-{ani}-{at:g}"
    return CdrRecord(leg, leg, ani, "PJSIP/callcenter-trunk-1", "", at, at + 9, 9, disposition)


def lost(callers: list[SoakCall], journal: list[JournalCall], cdr: list[CdrRecord]) -> str:
    return "\n".join(judge.lost_calls(callers, journal, cdr)[0])


def test_calls_that_stand_in_all_accounts_are_not_lost() -> None:
    callers = [caller("138", 100), caller("138", 700), caller("139", 100)]
    journal = [in_journal("139", 100), in_journal("138", 700), in_journal("138", 100)]
    cdr = [record("138", 100), record("138", 700), record("139", 100)]
    assert not lost(callers, journal, cdr)


def test_each_way_to_lose_a_call_is_named() -> None:
    one = [caller("138", 100)]
    entry, leg = [in_journal("138", 100)], [record("138", 100)]
    assert "not in the journal" in lost(one, [], leg)
    assert "0 ends" in lost(one, [in_journal("138", 100, ends=0)], leg)
    assert "2 ends" in lost(one, [in_journal("138", 100, ends=2)], leg)
    assert "CDR" in lost(one, entry, [])
    assert "nobody called" in lost([], entry, leg)
    assert "never ended on the wire" in lost([SoakCall("138", "4000", "", 100)], entry, leg)
    assert "refused" in lost([caller("138", 100, "refused")], entry, leg)


def test_the_second_call_of_a_number_does_not_stand_in_for_the_first() -> None:
    found = lost([caller("138", 100), caller("138", 700)], [in_journal("138", 700)], [record("138", 700)])
    assert found.count("not in the journal") == 1


def test_who_left_before_his_leg_knocked_need_not_be_in_the_journal() -> None:
    gone = [caller("138", 100, "cancelled")]
    assert not lost(gone, [], [record("138", 100, "NO ANSWER")])
    assert "not in the journal" in lost(gone, [], [])


def test_who_came_and_left_while_there_was_no_controller_is_counted_apart() -> None:
    gone = [caller("138", 100)]
    assert judge.lost_calls(gone, [], [record("138", 100)], [(99, 120)]) == ([], 1)
    assert judge.lost_calls(gone, [], [], [(99, 120)])[0], "Asterisk knows nothing of him either"
    assert judge.lost_calls(gone, [], [record("138", 100)], [(99, 105)])[0], "he was there when it was back"
    assert judge.lost_calls(gone, [], [record("138", 100)], [(103, 120)])[0], "he came before"


def view(**more: object) -> dict[str, object]:
    return {"id": "amy", "extension": "1101", "state": "ready", "phone": "idle", "call_id": "", **more}


def test_an_agent_whose_state_has_no_ground_is_stuck() -> None:
    quiet = {"1101": "Not in use"}
    assert not judge.disagreements([view()], quiet)
    for state in ("reserved", "ringing", "talking", "wrap_up"):
        assert judge.disagreements([view(state=state, call_id="c1")], quiet)
    assert judge.disagreements([view(call_id="c1")], quiet)
    assert judge.disagreements([view(phone="in_use")], quiet)
    assert judge.disagreements([view()], {"1101": "Unavailable"})
    assert judge.disagreements([view(phone="unregistered")], {"1101": "Unavailable"})
    away = view(state="not_ready", phone="unregistered")
    assert not judge.disagreements([away], {"1101": "Unavailable"})


def test_memory_is_fitted_over_the_second_half() -> None:
    filling = [(t * 10.0, 100.0 + t) for t in range(60)]
    flat = [(600 + t * 10.0, 160.0) for t in range(61)]
    found = judge.memory([*filling, *flat])
    assert found is not None and abs(found.growth_an_hour) < 0.001
    leak = judge.memory([(t * 10.0, 100 + t / 36) for t in range(361)])  # 10 MB an hour on 110
    assert leak is not None and 0.089 < leak.growth_an_hour < 0.092
    assert judge.memory([(0, 1), (1, 1)]) is None


def test_the_controllers_log_is_read_for_exceptions() -> None:
    log = (
        "2026-11-25T17:00:00Z [info     ] the center runs   agents=3\n"
        "2026-11-25T17:00:01Z [\x1b[31merror    \x1b[0m] a regular task failed  task=x\n"
        "Traceback (most recent call last):\n  File ...\nValueError: error\n"
    )
    tracebacks, errors = judge.exceptions(log)
    assert tracebacks == 1 and dict(errors) == {"a regular task failed": 1}


def test_a_run_in_which_callers_did_not_do_their_part_proves_nothing() -> None:
    callers = [caller(str(n), n) for n in range(10)]
    journal = [in_journal(str(n), n) for n in range(10)]
    served = [JournalCall(t.row._replace(outcome="answered"), t.leg_id, 1, ("answered",)) for t in journal]
    assert not judge.not_a_soak(callers, served)
    assert judge.not_a_soak(callers, journal), "nobody was answered"
    assert judge.not_a_soak([], [])
    forgotten = [caller(str(n), n, "aborted") for n in range(5)]
    assert judge.not_a_soak([*callers, *forgotten], served)


def test_a_call_back_that_was_dialed_twice_or_is_unknown_to_asterisk_is_found() -> None:
    def told(*facts: tuple[str, dict[str, object]]) -> list[Fact]:
        return [Fact(n, n, kind, "c1", "", data) for n, (kind, data) in enumerate(facts)]

    promised: tuple[str, dict[str, object]] = ("callback.promised", {})
    first: tuple[str, dict[str, object]] = ("call.dialed", {"leg_id": "cc-c1-1"})
    ended: tuple[str, dict[str, object]] = ("call.ended", {})
    assert not astray(told(promised, first, ended), {"cc-c1-1"})
    assert astray(told(promised, first, first, ended), {"cc-c1-1"})
    assert astray(told(promised, first, ended, ended), {"cc-c1-1"})
    assert astray(told(promised, first, ended), set())
    not_sent: tuple[str, dict[str, object]] = ("callback.unanswered", {"result": "not_sent"})
    assert not astray(told(promised, first, not_sent), set())
    assert not astray(told(promised, first, ("callback.cancelled", {}), ended), set())
    assert not astray(told(first, ended, ended), set()), "that is a caller's call"
