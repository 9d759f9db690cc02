"""callcenter.yaml: the engine's own settings."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.center.config import load_config, parse_config
from callcenter.center.problems import has_errors

EXAMPLE = Path(__file__).parents[2] / "callcenter.yaml"
SECRET = {"CALLCENTER_AMI_SECRET": "s3cret"}
LEAST = b"asterisk: {ami: {secret: x}}\n"


def test_the_example_loads_with_absolute_paths_and_the_secret_of_the_environment() -> None:
    config, problems = load_config(EXAMPLE, SECRET)
    assert problems == [] and config is not None
    assert config.asterisk.ami.secret == "s3cret"
    assert config.center_path == EXAMPLE.parent / "center.yaml"
    assert config.database.url == f"sqlite+aiosqlite:///{EXAMPLE.parent}/data/callcenter.sqlite3"
    assert config.asterisk.prompts_dir == str(EXAMPLE.parent / "data/prompts")


def test_a_secret_never_shows_when_the_settings_are_printed() -> None:
    config, _ = load_config(EXAMPLE, SECRET)
    assert "s3cret" not in repr(config)


def test_almost_everything_has_a_default(tmp_path: Path) -> None:
    config, problems = parse_config(LEAST, tmp_path, {})
    assert problems == [] and config is not None
    assert (config.asterisk.ami.port, config.asterisk.agi.port, config.web.port) == (5038, 4573, 8080)
    assert config.recordings_path == tmp_path / "data" / "recordings"


def test_a_missing_file_and_a_missing_variable_are_said_plainly(tmp_path: Path) -> None:
    _, problems = load_config(tmp_path / "callcenter.yaml", {})
    assert "no such settings file" in problems[0].message and "--config" in problems[0].hint
    _, problems = load_config(EXAMPLE, {})
    assert [p.message for p in problems] == ["the environment has no 'CALLCENTER_AMI_SECRET'"]
    assert problems[0].line > 0


def test_a_secret_with_a_line_break_never_reaches_asterisk(tmp_path: Path) -> None:
    config, problems = parse_config(b'asterisk: {ami: {secret: "x\\r\\nAction: Originate"}}', tmp_path, {})
    assert config is None and "line break" in problems[0].message


def test_misspelt_and_wrong_settings_come_with_place_and_hint(tmp_path: Path) -> None:
    text = LEAST + b"web: {prot: 8080, port: 80800}\nlog: {level: verbose}\n"
    config, problems = parse_config(text, tmp_path, {})
    assert config is None
    assert [(p.line, p.column, p.hint) for p in problems] == [
        (2, 7, "did you mean 'port'?"),
        (2, 25, ""),
        (3, 14, "allowed: debug, error, info, warning"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=40).map(str.encode)))
def test_any_bytes_after_good_settings_give_settings_or_problems(data: bytes) -> None:
    config, problems = parse_config(LEAST + data, Path("/nowhere"), {})
    assert (config is None) == has_errors(problems)
