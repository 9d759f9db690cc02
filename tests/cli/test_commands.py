"""The commands a newcomer types: what they refuse, and what they say then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callcenter.cli.main import app
from callcenter.storage.journal import SpoolJournal
from callcenter.telephony.clock import SystemClock

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def attached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own center, with its data in a folder of the test."""
    settings = (ROOT / "callcenter.yaml").read_text()
    for name in ("center.yaml", "ivr_flows"):
        settings = settings.replace(f": {name}", f": {ROOT / name}")
    config = tmp_path / "callcenter.yaml"
    config.write_text(settings.replace("username: callcenter", "username: engine"))
    monkeypatch.setenv("CALLCENTER_CONFIG", str(config))
    monkeypatch.setenv("CALLCENTER_AMI_SECRET", "top-secret")
    monkeypatch.setenv("CALLCENTER_PASSWORD", "correct horse")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def told(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_who_is_an_agent_must_be_one_of_the_centers() -> None:
    nameless = told("user", "add", "wangwei", "--role", "agent")
    assert nameless.exit_code == 1 and "--agent ID" in nameless.output
    unknown = told("user", "add", "amy", "--role", "agent", "--agent", "amy")
    assert unknown.exit_code == 1 and "no agent 'amy'" in unknown.output and "wangwei" in unknown.output
    assert "no such role" in told("user", "add", "amy", "--role", "boss").output
    made = told("user", "add", "wangwei", "--role", "agent", "--agent", "wangwei")
    assert made.exit_code == 0 and "may sign in as agent" in made.output
    assert told("user", "add", "sam", "--role", "supervisor").exit_code == 0
    assert "wangwei" in told("user", "list").output


def test_what_can_not_be_installed_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = told("asterisk", "install", "--target", str(tmp_path / "nowhere"))
    assert nowhere.exit_code == 1 and "is not a folder" in nowhere.output and "--target" in nowhere.output
    monkeypatch.setenv("CALLCENTER_AMI_SECRET", "half;comment")
    refused = told("asterisk", "install", "--target", str(tmp_path), "--yes")
    assert refused.exit_code == 1 and "ami_secret may not hold" in refused.output
    assert not (tmp_path / "callcenter").exists()


def test_an_install_shows_its_changes_writes_them_and_says_what_makes_them_count(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    done = told("asterisk", "install", "--target", str(etc), "--yes")
    assert done.exit_code == 0, done.output
    assert "top-secret" not in done.output and "asterisk -rx 'dialplan reload'" in done.output
    assert (etc / "callcenter" / "manager.conf").read_text().count("[engine]\nsecret = top-secret\n") == 1
    assert "> 600]" in (etc / "callcenter" / "extensions.conf").read_text()
    assert "everything is in place" in told("asterisk", "install", "--target", str(etc)).output


def test_a_flow_is_checked_alone_and_editors_get_its_schema(tmp_path: Path) -> None:
    good = told("ivr", "check", ROOT / "ivr_flows" / "hotline.yaml")
    assert good.exit_code == 0 and "no errors" in good.output
    text = (ROOT / "ivr_flows" / "hotline.yaml").read_text()
    (tmp_path / "wrong.yaml").write_text(text.replace("queue: orders", "queue: order"))
    wrong = told("ivr", "check", tmp_path / "wrong.yaml")
    assert wrong.exit_code == 1 and "there is no queue 'order'" in wrong.output
    assert "MenuNode" in json.loads(told("ivr", "schema").output)["$defs"]


def test_a_folder_of_flows_stands_for_its_files(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    text = (ROOT / "ivr_flows" / "satisfaction.yaml").read_text()
    for name in ("one", "two"):
        (flows / f"{name}.yaml").write_text(text)
    (flows / "notes.txt").write_text("not a flow")
    assert told("ivr", "check", flows).exit_code == 0
    tested = told("ivr", "test", flows)
    assert tested.exit_code == 0 and "one: " in tested.output and "two: " in tested.output
    (flows / "two.yaml").write_text(text.replace("version: 1", "version: 7"))
    assert "two.yaml" in told("ivr", "check", flows).output and told("ivr", "test", flows).exit_code == 1
    empty = tmp_path / "empty"
    empty.mkdir()
    assert [told("ivr", word, empty).exit_code for word in ("check", "test")] == [2, 2]


def test_a_switch_or_language_there_is_not_is_said_before_the_rehearsal(tmp_path: Path) -> None:
    flow = ROOT / "ivr_flows" / "hotline.yaml"
    switch = told("ivr", "rehearse", flow, "--emergency", "nosuch")
    assert switch.exit_code == 2 and "no emergency switch 'nosuch'; there is outage" in switch.output
    assert told("ivr", "rehearse", flow, "--emergency", "outage", "--language", "en").exit_code == 0
    for word in ("rehearse", "draw"):
        language = told("ivr", word, flow, "--language", "fr")
        assert language.exit_code == 2 and "no language 'fr'; there are en, zh-CN" in language.output
    assert not flow.with_suffix(".svg").exists()


def test_a_chinese_terminal_reads_in_chinese_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "ivr_flows" / "hotline.yaml").read_text()
    (tmp_path / "wrong.yaml").write_text(text.replace("queue: orders", "queue: order"))
    monkeypatch.delenv("LC_ALL")
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    wrong = told("ivr", "check", tmp_path / "wrong.yaml")
    assert wrong.exit_code == 1
    assert "错误：没有队列 'order'" in wrong.output and "提示：您要写的是 'orders' 吗？" in wrong.output
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")  # it goes before LANG
    assert "there is no queue 'order'" in told("ivr", "check", tmp_path / "wrong.yaml").output


def test_the_story_of_a_call_names_people_and_queues_as_the_center_does(tmp_path: Path) -> None:
    assert told("user", "add", "sam", "--role", "supervisor").exit_code == 0  # makes the database
    import asyncio

    from callcenter.storage.engine import make_engine
    from callcenter.storage.writer import JournalWriter

    async def file_a_call() -> None:
        engine = make_engine(f"sqlite+aiosqlite:///{tmp_path}/data/callcenter.sqlite3")
        journal = SpoolJournal(tmp_path / "data" / "journal", SystemClock())
        writer = JournalWriter(engine, journal, normalise=lambda ani: ani)
        await writer.start()
        journal.write("call.offered", call_id="c1", ani="13800138000", did="4008001234")
        journal.write("queue.entered", call_id="c1", queue="orders", priority=0, position=1)
        journal.write("queue.assigned", call_id="c1", agent="wangwei", queue="orders", wait=0)
        journal.write(
            "wrap_up.ended", call_id="c1", agent="wangwei", disposition="solved", note="", seconds=3
        )
        await writer.flush(30)
        await writer.stop()
        journal.close()
        await engine.dispose()

    asyncio.run(file_a_call())
    told_in_english, told_in_chinese = (
        told("call", "show", "c1"),
        told("call", "show", "c1", "--language", "zh-CN"),
    )
    assert "In line for Orders and delivery, 1st" in told_in_english.output
    assert "Given to 王伟" in told_in_english.output and "Wrap-up 3 s: Solved" in told_in_english.output
    assert "进入 订单与物流 排队" in told_in_chinese.output
    assert told("call", "show", "c2").exit_code == 1
