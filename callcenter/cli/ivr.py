"""`callcenter ivr`: flows, without a running center."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from callcenter.center.check import load_center
from callcenter.center.config import Config, load_config
from callcenter.center.model import LANGUAGES, Center
from callcenter.center.problems import Problem
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, err, fail, go, out, show
from callcenter.ivr.check import flow_files, load_flow, load_flows
from callcenter.ivr.drawing import draw as draw_flow
from callcenter.ivr.model import Flow, flow_schema
from callcenter.ivr.rehearsal import Setting, Transcript, hours_of, rehearse, run_test
from callcenter.ivr.scripted import ANI
from callcenter.sound import make_ears

group = typer.Typer(no_args_is_help=True)
FilesArgument = Annotated[list[Path], typer.Argument(help="Flow files, or folders of them.")]
FileArgument = Annotated[Path, typer.Argument(help="A flow file.")]
_ASKS = {
    "keys": "keys (or: silence, hangup)",
    "speech": "keys, or: say WORDS, mumble WORDS, silence, hangup",
    "http": "http JSON, or: fails",
    "queue": "served, max_wait, callback, voicemail, failed or hangup",
    "transfer": "talked, busy, no_answer or unreachable",
}
_STYLES = {"system": "", "caller": "bold cyan", "note": "dim"}


@group.command("check")
def check(files: FilesArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Find every mistake in flow files. What they refer to is checked if there is a center to read."""
    settings, center = _declared(config)
    problems: list[Problem] = []
    for file in _files(files):
        problems += load_flow(file, center, _secrets(settings), make_ears(settings) if settings else None)[1]
    show(problems)
    errors = sum(1 for problem in problems if problem.severity == "error")
    if errors:
        fail(f"{errors} error{'s' if errors > 1 else ''}")
    told = f", {len(problems)} warnings" if problems else ""
    unchecked = "" if center else "; queues, skills and hours were not checked: there is no center to read"
    out.print(f"no errors{told}{unchecked}", highlight=False, soft_wrap=True)


@group.command("draw")
def draw(
    file: FileArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="SVG file; else beside the flow.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the labels: zh-CN or en.")] = "en",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Draw a flow as a picture (SVG)."""
    _one_of("language", language, LANGUAGES)
    flow = _good(file, _declared(config)[1])
    target = output or file.with_suffix(".svg")
    target.write_text(go(draw_flow(flow.file, language=language)), encoding="utf-8")
    out.print(str(target), highlight=False, soft_wrap=True)


@group.command("rehearse")
def rehearse_(
    file: FileArgument,
    at: Annotated[
        str, typer.Option(help="The pretended time, YYYY-MM-DD HH:MM, of the center; else now.")
    ] = "",
    ani: Annotated[str, typer.Option(help="The number the caller calls from.")] = ANI,
    did: Annotated[str, typer.Option(help="The number he dials.")] = "",
    language: Annotated[str, typer.Option(help="The language he begins in; else the flow's.")] = "",
    customer: Annotated[str, typer.Option(help='What is known of him, as JSON: \'{"level": "vip"}\'.')] = "",
    emergency: Annotated[list[str] | None, typer.Option(help="A switch that is on.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Be the caller of a flow: read what he hears, type what he presses or says."""
    _, center = _declared(config)
    if language:
        _one_of("language", language, LANGUAGES)
    if center is not None:
        for switch in emergency or ():
            _one_of("emergency switch", switch, center.emergencies)
    flow = _good(file, center)
    flows, _ = load_flows(file.parent, center)
    setting = Setting(
        _moment(at), {**flows, flow.id: flow}, hours_of(center), ani=ani, did=did, language=language,
        customer=_json(customer), emergencies=frozenset(emergency or ()),
    )  # fmt: skip
    inputs: list[str] = []
    shown = 0
    while True:
        transcript = rehearse(flow, setting, inputs)
        for line in transcript.lines[shown:]:
            if line.who != "caller":
                _print_line(line.who, line.text, line.node)
        shown = len(transcript.lines)
        if not transcript.waits_for:
            out.print(f"[dim]path: {' → '.join(transcript.path)}[/dim]", soft_wrap=True)
            return
        try:
            given = input(f"{_ASKS.get(transcript.waits_for, transcript.waits_for)}> ").strip()
        except EOFError:
            out.print()
            return
        inputs.append(given or "silence")


@group.command("test")
def test(files: FilesArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the scripted callers (`tests:`) of flow files. Exit code 1 when one of them fails."""
    _, center = _declared(config)
    files = _files(files)
    hours = hours_of(center)
    seconds, run, failed = 0.0, 0, 0
    folders = {folder: load_flows(folder, center)[0] for folder in {file.parent for file in files}}
    for file in files:
        flow = _good(file, center)
        if not flow.file.tests:
            out.print(f"[yellow]{file}: no tests[/yellow]", soft_wrap=True)
        for each in flow.file.tests:
            begun = time.perf_counter()
            result = run_test(flow, each, folders[file.parent], hours)
            seconds += time.perf_counter() - begun
            run += 1
            failed += not result.ok
            mark = "[green]ok[/green]    " if result.ok else "[red]FAILED[/red]"
            out.print(mark, f"{flow.id}: {each.name}", highlight=False, soft_wrap=True)
            if not result.ok:
                _explain(result.failures, result.transcript)
    out.print(f"{run} callers in {seconds * 1000:.0f} ms, {failed} failed", highlight=False)
    if failed:
        raise typer.Exit(1)


@group.command("schema")
def schema() -> None:
    """Print the JSON Schema of a flow file, for editors that complete and explain while you write."""
    print(json.dumps(flow_schema(), ensure_ascii=False, indent=2))


@group.command("reference")
def reference() -> None:
    """Print the reference page of the flow language (docs/ivr-reference.md)."""
    from callcenter.ivr.reference import reference_page

    print(reference_page(), end="")


def _explain(failures: tuple[str, ...], transcript: Transcript) -> None:
    for failure in failures:
        err.print(f"    {failure}", style="red", markup=False, highlight=False, soft_wrap=True)
    for line in transcript.lines:
        _print_line(line.who, line.text, line.node, indent="      ")


def _print_line(who: str, text: str, node: str, indent: str = "") -> None:
    sign = {"system": "🔈", "caller": "☎ ", "note": "  "}[who]
    out.print(
        f"{indent}{sign} {text}" + (f"   ({node})" if who == "system" else ""),
        style=_STYLES[who], markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _files(given: list[Path]) -> list[Path]:
    """The flow files meant: a folder stands for those in it."""
    files: list[Path] = []
    for path in given:
        found = flow_files(path) if path.is_dir() else [path]
        if not found:
            fail(f"there is no flow file in {path}", 2)
        files += found
    return files


def _one_of(what: str, given: str, known: Collection[str]) -> None:
    if given not in known:
        fail(f"there is no {what} '{given}'; there {_are(sorted(known))}", 2)


def _are(names: list[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} {', '.join(names)}" if names else "is none"


def _good(file: Path, center: Center | None) -> Flow:
    flow, problems = load_flow(file, center)
    if flow is None:
        show(problems)
        fail(f"{file} has errors")
    return flow


def _moment(at: str) -> datetime:
    if not at:
        return datetime.now()
    try:
        return datetime.strptime(at, "%Y-%m-%d %H:%M")
    except ValueError:
        fail(f"'{at}' is not a time such as 2026-03-02 10:00", 2)


def _json(text: str) -> dict[str, object] | None:
    if not text:
        return None
    try:
        data = json.loads(text)
    except ValueError as error:
        fail(f"--customer is not JSON: {error}", 2)
    return data if isinstance(data, dict) else None


def _secrets(settings: Config | None) -> set[str] | None:
    return set(settings.secrets) if settings is not None else None


class _WithoutSecrets(dict[str, str]):
    """An environment in which every secret has some value: flows can be looked at where none is set."""

    def get(self, name: str, default: object = None) -> str:
        return "unset"


def _declared(config: Path) -> tuple[Config | None, Center | None]:
    settings, _ = load_config(config, _WithoutSecrets())
    if settings is None or not settings.center_path.exists():
        return settings, None
    flows = {path.stem for path in settings.flows_path.glob("*.yaml")}
    return settings, load_center(settings.center_path, flows)[0]
