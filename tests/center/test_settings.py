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


OUTWARD = (
    LEAST
    + b"""
secrets: {sms_token: env:SMS_TOKEN, crm: plain-secret}
messages:
  sms:
    url: https://sms.example.com/send
    headers: {Authorization: "Bearer {secret:sms_token}"}
    body: {phone: "{to}", words: "{text}"}
mail: {host: mail.example.com, username: calls, password: env:MAIL_PASSWORD, from: calls@example.com}
speech:
  engine: command
  commands: {en: "piper --model /voices/en.onnx --output_file {file}"}
"""
)


def test_secrets_of_the_ways_out_come_from_the_environment_and_never_show(tmp_path: Path) -> None:
    config, problems = parse_config(OUTWARD, tmp_path, {"SMS_TOKEN": "t0ken", "MAIL_PASSWORD": "pa55"})
    assert problems == [] and config is not None
    assert config.secrets == {"sms_token": "t0ken", "crm": "plain-secret"}
    assert config.mail.password == "pa55" and config.mail.sender == "calls@example.com"
    assert config.speech.commands["en"].startswith("piper")
    assert not any(secret in repr(config) for secret in ("t0ken", "pa55", "plain-secret"))


def test_a_missing_variable_of_a_secret_is_said_at_its_place(tmp_path: Path) -> None:
    config, problems = parse_config(OUTWARD, tmp_path, {"SMS_TOKEN": "t0ken"})
    assert config is None
    assert [p.message for p in problems] == ["the environment has no 'MAIL_PASSWORD'"]


def test_mistakes_in_the_ways_out_and_in_speech_commands_are_found_at_once(tmp_path: Path) -> None:
    text = LEAST + (
        b"messages:\n  sms:\n    url: sms.example.com\n    body: {to: '{to}', key: '{secret:nobody}'}\n"
        b"mail: {host: mail.example.com, username: u, password: p, starttls: false}\n"
        b"speech:\n  engine: command\n  commands: {en: 'piper --out x.wav'}\n"
    )
    config, problems = parse_config(text, tmp_path, {})
    assert config is None
    assert [(p.line, p.severity, p.message) for p in problems] == [
        (4, "error", "is not a web address"),
        (5, "error", "the message has no place for its {text}"),
        (5, "error", "there is no secret 'nobody'"),
        (6, "error", "needs an address in `from`"),
        (6, "warning", "the password would travel unencrypted"),
        (9, "error", "the command must say where {file} goes, the sound it is to write"),
    ]
    _, problems = parse_config(LEAST + b"speech: {engine: command}\n", tmp_path, {})
    assert [p.message for p in problems] == ["the engine 'command' needs a command"]
