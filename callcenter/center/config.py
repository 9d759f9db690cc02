"""`callcenter.yaml`: the engine's own settings, those that do not belong to the center's life.

Relative paths are relative to the file. A secret may be written `env:NAME`, to be taken from the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from callcenter.center.model import Language, Model
from callcenter.center.problems import Problem, has_errors, tidy
from callcenter.center.source import Document, parse_document, read_document
from callcenter.center.validate import validate
from callcenter.speech.command_template import command_problem

Port = Annotated[int, Field(ge=0, le=65535)]  # 0: any free one (tests)
NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
EndpointName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,79}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
_SECRET = re.compile(r"\{secret:([^{}]*)\}")


class Ami(Model):
    """Where Asterisk's manager interface is, and how to sign in."""

    host: Text = "127.0.0.1"
    port: Port = 5038
    username: Text = "callcenter"
    secret: Annotated[Text, Field(repr=False)]  # or env:NAME


class Agi(Model):
    """The door legs knock at. Bind it to a private address only: AGI has no sign-in."""

    host: Text = "127.0.0.1"
    port: Port = 4573


class Asterisk(Model):
    """One Asterisk, and its folders."""

    node: NodeName = "asterisk1"
    ami: Ami
    agi: Agi = Agi()
    config_dir: Text = "/etc/asterisk"  # where extensions.conf stands; our own files go beside it
    prompts_dir: str = ""  # the prompt cache as Asterisk sees it; '': the same path as ours
    trunk: EndpointName = ""  # by which callers are sent on to numbers outside; '': none are
    hold_limit_seconds: Annotated[int, Field(ge=30, le=7200)] = 600  # read by `callcenter asterisk install`


class Web(Model):
    """The web server."""

    host: Text = "127.0.0.1"
    port: Port = 8080
    public_origin: str = ""  # such as https://calls.example.com when a proxy stands in front


class Database(Model):
    """Where tables live. '' is SQLite in `data_dir`."""

    url: str = ""  # or env:NAME; postgresql+asyncpg://…


class Recognition(Model):
    """What callers say: worker processes of an engine, reached by Asterisk as aeap.conf says."""

    enabled: bool = True
    engine: Literal["vosk", "pocketsphinx"] = "vosk"  # pocketsphinx knows English only
    models: dict[Language, Text] = Field(default={})  # folders of vosk models; others use our own
    workers: Annotated[int, Field(ge=1, le=16)] = 1  # processes a language
    listenings_per_worker: Annotated[int, Field(ge=1, le=500)] = 40  # more go on by keys
    host: Text = "127.0.0.1"
    port: Port = 4574


class Speech(Model):
    """Text to speech: by espeak-ng, or by commands, for which espeak-ng then stands in when they fail."""

    engine: Literal["espeak", "command"] = "espeak"
    # by language; {file} is the sound to be written, the text comes on standard input or in {text_file}
    commands: dict[Language, Text] = Field(default={})
    command_seconds: Annotated[float, Field(ge=1, le=60)] = 10  # how long one text may take

    voices: dict[Language, Text] = Field(default={})  # such as {en: en-gb}; others keep their default
    words_per_minute: Annotated[int, Field(ge=80, le=300)] = 160
    pitch: Annotated[int, Field(ge=0, le=99)] = 45
    parallel: Annotated[int, Field(ge=1, le=16)] = 2  # texts rendered at once
    recognition: Recognition = Recognition()


class MessageWay(Model):
    """A web service that sends messages.

    Places in url, headers and body: {to}, {text}, {language}, {secret:NAME}.
    """

    url: Text
    headers: dict[str, str] = Field(default={})
    body: dict[str, JsonValue]  # sent as JSON
    timeout_seconds: Annotated[float, Field(ge=1, le=30)] = 5
    retries: Annotated[int, Field(ge=0, le=5)] = 2
    idempotent: bool = False  # the service knows a message it was sent twice, so that it may be sent again


class Messages(Model):
    """How messages leave; a way that is not there can not be used by flows."""

    sms: MessageWay | None = None
    email: MessageWay | None = None


class Mail(Model):
    """The mail server voicemails are sent by. '' is none."""

    host: str = ""
    port: Port = 587
    username: str = ""
    password: Annotated[str, Field(repr=False)] = ""  # or env:NAME
    sender: Annotated[str, Field(alias="from")] = ""
    starttls: bool = True  # False only on a trusted network, or where `tls` is used
    tls: bool = False  # encrypted from the first byte on (port 465)
    per_minute: Annotated[int, Field(ge=1, le=600)] = 30


class Log(Model):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(Model):
    """The whole file. `load_config` gives it with absolute paths and secrets resolved."""

    version: Literal[1] = 1
    data_dir: Text = "data"  # journal, database, prompt cache, recordings
    center: Text = "center.yaml"
    flows_dir: Text = "ivr_flows"
    recordings_dir: str = ""  # '': `recordings` in data_dir
    asterisk: Asterisk
    web: Web = Web()
    database: Database = Database()
    speech: Speech = Speech()
    messages: Messages = Messages()
    mail: Mail = Mail()
    # what {secret:NAME} stands for in lookups and messages; each may be env:NAME
    secrets: dict[SecretName, Text] = Field(default={}, repr=False)
    log: Log = Log()

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir)

    @property
    def center_path(self) -> Path:
        return Path(self.center)

    @property
    def center_in_force_path(self) -> Path:
        """Our copy of the center in force; not there before the first start."""
        return self.data_path / "center.in-force.yaml"

    @property
    def flows_path(self) -> Path:
        return Path(self.flows_dir)

    @property
    def prompts_path(self) -> Path:
        """The prompt cache as we see it."""
        return self.data_path / "prompts"

    @property
    def recordings_path(self) -> Path:
        """Recordings as we see them."""
        return Path(self.recordings_dir)


def load_config(
    path: Path, environment: Mapping[str, str] | None = None
) -> tuple[Config | None, list[Problem]]:
    """Read the settings. `environment` is that of the process unless given."""
    document, problems = read_document(path)
    if document is None and problems and "no such file" in problems[0].message:
        hint = "copy callcenter.yaml from the project, or name yours with --config FILE"
        return None, [Problem(str(path), 0, 0, "error", "there is no such settings file", hint)]
    return _check(
        document, problems, path.absolute().parent, os.environ if environment is None else environment
    )


def parse_config(
    data: bytes, folder: Path, environment: Mapping[str, str], file: str = "callcenter.yaml"
) -> tuple[Config | None, list[Problem]]:
    """The same for bytes; `folder` is what relative paths are relative to."""
    document, problems = parse_document(data, file)
    return _check(document, problems, folder, environment)


def _check(
    document: Document | None, problems: list[Problem], folder: Path, environment: Mapping[str, str]
) -> tuple[Config | None, list[Problem]]:
    if document is None:
        return None, tidy(problems)
    validated = validate(document, Config)
    problems = problems + validated.problems
    config = validated.rest
    if config is None:
        return None, tidy(problems)
    secrets: dict[tuple[str, ...], str] = {
        ("asterisk", "ami", "secret"): config.asterisk.ami.secret,
        ("database", "url"): config.database.url,
        ("mail", "password"): config.mail.password,
        **{("secrets", name): written for name, written in config.secrets.items()},
    }
    for place, written in secrets.items():
        name = written.removeprefix("env:")
        if name == written:
            continue
        if not environment.get(name):
            problems.append(
                document.problem(place, f"the environment has no '{name}'", f"set it: export {name}=…")
            )
        secrets[place] = environment.get(name, "")
    secret = secrets["asterisk", "ami", "secret"]
    if "\n" in secret or "\r" in secret:
        problems.append(document.problem(("asterisk", "ami", "secret"), "the secret has a line break in it"))
    origin = config.web.public_origin
    if origin and not origin.startswith(("http://", "https://")):
        hint = "write it as https://calls.example.com"
        problems.append(document.problem(("web", "public_origin"), "is not an origin", hint))
    problems += [*_speech_problems(document, config.speech), *_outward_problems(document, config)]
    if has_errors(problems):
        return None, tidy(problems)
    return _resolved(config, folder, secrets), tidy(problems)


def _speech_problems(document: Document, speech: Speech) -> Iterator[Problem]:
    for language, command in speech.commands.items():
        if problem := command_problem(command):
            hint = "such as: piper --model /voices/en.onnx --output_file {file}"
            yield document.problem(("speech", "commands", language), problem, hint)
    if speech.engine == "command" and not speech.commands:
        hint = "add `commands: {en: …}`"
        yield document.problem(("speech", "engine"), "the engine 'command' needs a command", hint)


def _outward_problems(document: Document, config: Config) -> Iterator[Problem]:
    """What is wrong with the ways out: messages and mail."""
    for name, way in (("sms", config.messages.sms), ("email", config.messages.email)):
        if way is None:
            continue
        place = ("messages", name)
        if not way.url.startswith(("http://", "https://")):
            yield document.problem((*place, "url"), "is not a web address", "write it as https://…")
        for part in ("url", "headers", "body"):
            for secret in sorted(set(_SECRET.findall(repr(getattr(way, part)))) - set(config.secrets)):
                hint = f"add it to `secrets`: {secret}: env:{secret.upper()}"
                yield document.problem((*place, part), f"there is no secret '{secret}'", hint)
        if "{text}" not in repr(way.body) + way.url:
            yield document.problem((*place, "body"), "the message has no place for its {text}")
    mail = config.mail
    if mail.host and "@" not in mail.sender:
        yield document.problem(("mail",), "needs an address in `from`", "from: calls@example.com")
    if mail.username and not (mail.tls or mail.starttls):
        message = "the password would travel unencrypted"
        yield document.problem(("mail", "starttls"), message, "set starttls: true", "warning")


def _resolved(config: Config, folder: Path, secrets: Mapping[tuple[str, ...], str]) -> Config:
    """With absolute paths, and secrets in place of their names."""

    def absolute(text: str) -> str:
        return str(folder / Path(text).expanduser())

    data = absolute(config.data_dir)
    url = secrets["database", "url"] or f"sqlite+aiosqlite:///{data}/callcenter.sqlite3"
    recordings = absolute(config.recordings_dir) if config.recordings_dir else f"{data}/recordings"
    ami = config.asterisk.ami.model_copy(update={"secret": secrets["asterisk", "ami", "secret"]})
    asterisk = config.asterisk.model_copy(
        update={
            "ami": ami,
            "config_dir": absolute(config.asterisk.config_dir),
            "prompts_dir": config.asterisk.prompts_dir or f"{data}/prompts",
        }
    )
    recognition = config.speech.recognition
    models = {language: absolute(folder) for language, folder in recognition.models.items()}
    speech = config.speech.model_copy(
        update={"recognition": recognition.model_copy(update={"models": models})}
    )
    return config.model_copy(
        update={
            "data_dir": data,
            "speech": speech,
            "center": absolute(config.center),
            "flows_dir": absolute(config.flows_dir),
            "recordings_dir": recordings,
            "asterisk": asterisk,
            "mail": config.mail.model_copy(update={"password": secrets["mail", "password"]}),
            "secrets": {name: secrets["secrets", name] for name in config.secrets},
            "database": config.database.model_copy(update={"url": url}),
        }
    )
