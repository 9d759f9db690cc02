"""`callcenter acd`: the line, the agents and the talks of the running center, seen and steered."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from callcenter.center.config import Config
from callcenter.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    ask_running,
    fail,
    go,
    out,
    read_config,
    speaks_chinese,
)

group = typer.Typer(no_args_is_help=True)
#: how wide tables are that no terminal shows, in characters
PIPED_WIDTH = 200

Call = Annotated[str, typer.Argument(help="The id of a waiting call; `acd live` shows them.")]
Agent = Annotated[str, typer.Argument(help="The agent's id in center.yaml.")]
Phone = Annotated[str, typer.Option(help="The extension of your own phone; it is rung.")]

_WORDS: dict[str, tuple[str, str]] = {
    "queue": ("queue", "队列"), "waiting": ("waiting", "排队"), "longest": ("longest", "最长等待"),
    "ready": ("ready", "示闲"), "talking": ("talking", "通话"), "in": ("signed in", "签入"),
    "call": ("call", "来电"), "caller": ("caller", "客户"), "place": ("place", "位次"),
    "waited": ("waited", "已等待"), "priority": ("priority", "优先级"), "needs": ("needs", "所需技能"),
    "agent": ("agent", "坐席"), "phone": ("phone", "话机"), "state": ("state", "状态"),
    "skills": ("skills", "技能"),
    "monitor": ("supervisor", "主管"), "nobody": ("nobody waits", "无人排队"),
    "signed_out": ("signed out", "已签出"), "not_ready": ("not ready", "示忙"),
    "reserved": ("call coming", "来电分配"), "ringing": ("ringing", "振铃"),
    "wrap_up": ("wrap-up", "话后处理"),
    "listen": ("listens", "监听"), "whisper": ("whispers", "耳语"), "barge": ("in the talk", "强插"),
    "hold": ("takes over", "接管中"), "taken_over": ("took over", "已接管"),
}  # fmt: skip
_STYLES = {
    "ready": "green", "talking": "blue", "ringing": "yellow", "reserved": "yellow", "wrap_up": "magenta",
    "not_ready": "red", "signed_out": "dim",
}  # fmt: skip


@group.command("live")
def live(
    watch: Annotated[bool, typer.Option(help="Go on until Ctrl-C, once a second.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Queues, callers in line, and agents: each state with its reason and age, and who listens."""
    settings = read_config(config)
    if not watch:
        whole = out if out.is_terminal else Console(width=PIPED_WIDTH)
        whole.print(_picture(settings))
        return
    with Live(_picture(settings), console=out, auto_refresh=False) as shown:
        while True:
            time.sleep(1)
            shown.update(_picture(settings), refresh=True)


@group.command("move")
def move(
    call: Call,
    queue: Annotated[str, typer.Option(help="To this queue; he keeps the time he has waited.")] = "",
    head: Annotated[bool, typer.Option("--head", help="To the head of the queue.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Move a waiting caller to another queue, or make him the next."""
    _act(config, "POST", f"/waiting/{call}/move", {"queue": queue, "head": head})


@group.command("take")
def take(
    call: Call,
    agent: Agent,
    override: Annotated[bool, typer.Option("--override", help="Though the agent lacks the skills.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Give a waiting caller to an agent who is ready."""
    _act(config, "POST", f"/waiting/{call}/assign", {"agent": agent, "override": override})


@group.command("skills")
def skills(
    agent: Agent,
    levels: Annotated[
        list[str] | None, typer.Argument(help="All his skills from now on, such as orders=5 refunds=2.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A queue he is kept out of; may be repeated.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="As in the center file again.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Change an agent's skills or queues from the next decision on, until the center file is applied."""
    if reset:
        _act(config, "DELETE", f"/agents/{agent}/skills")
        return
    settings = read_config(config)
    if levels:
        wanted = {name: _level(name, value) for name, _, value in (given.partition("=") for given in levels)}
    else:
        known = _ask(settings, "GET", "/supervision")["agents"]
        if agent not in known:
            fail(f"no agent {agent} is declared")
        wanted = known[agent]["skills"]
        if without is None:
            told = known[agent]
            out.print(
                _skills(told) + (f"  ({told['changed_by']})" if told["changed_by"] else ""), markup=False
            )
            return
    _act(config, "PUT", f"/agents/{agent}/skills", {"skills": wanted, "without": without or []})


@group.command("state")
def state(
    agent: Agent,
    wanted: Annotated[str, typer.Argument(help="ready, not_ready or signed_out.")],
    reason: Annotated[str, typer.Option(help="Why he is not ready, an id of not_ready_reasons.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Put an agent into a state; during a call it comes into force after it."""
    view = _ask(read_config(config), "POST", f"/agents/{agent}/state", {"state": wanted, "reason": reason})
    out.print(_word(view["next_state"] or view["state"]))


@group.command("listen")
def listen(
    agent: Agent,
    phone: Phone = "",
    mode: Annotated[str, typer.Option(help="listen, whisper or barge.")] = "listen",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Listen to an agent's talk from your phone. Asked again with another mode, it changes to that."""
    session = _ask(read_config(config), "POST", f"/agents/{agent}/monitor", {"mode": mode, "phone": phone})
    out.print(f"{session['phone']}: {_word(session['mode'])}")


@group.command("stop")
def stop(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Leave the talk you listen to from here."""
    _act(config, "DELETE", "/monitor")


@group.command("take-over")
def take_over(agent: Agent, phone: Phone = "", config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Talk with the agent's caller in his place, from your phone; the agent wraps up."""
    session = _ask(read_config(config), "POST", f"/agents/{agent}/take-over", {"phone": phone})
    out.print(f"{session['phone']}: {_word('taken_over' if session['state'] == 'joined' else 'hold')}")


# --- inside -----------------------------------------------------------------------------------------


def _word(key: str) -> str:
    english, chinese = _WORDS.get(key, (key, key))
    return chinese if speaks_chinese() else english


def _level(skill: str, value: str) -> int:
    if not value.isascii() or not value.isdigit():
        fail(f"{skill}: write a level, such as {skill}=3")
    return int(value)


def _ask(settings: Config, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = go(ask_running(settings, method, path, body))
    if answer is None:
        fail("the center does not run here")
    return answer


def _act(config: Any, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    _ask(read_config(config), method, path, body)
    out.print("好了" if speaks_chinese() else "done")


def _age(since: float, now: float) -> str:
    minutes, seconds = divmod(max(0, round(now - since)), 60)
    return f"{minutes}:{seconds:02d}"


def _skills(told: dict[str, Any]) -> str:
    levels = " ".join(f"{skill}={level}" for skill, level in told["skills"].items()) or "-"
    return levels + "".join(f" !{queue}" for queue in told["without"])


def _table(columns: Iterable[str]) -> Table:
    return Table(*(_word(column) for column in columns))


def _picture(settings: Config) -> RenderableType:
    board = _ask(settings, "GET", "/wallboard")
    picture = _ask(settings, "GET", "/supervision")
    center = _ask(settings, "GET", "/center")
    now = board["at"]
    return Group(
        _queues(board), _callers(picture["callers"], now), _agents(board["agents"], picture, center, now)
    )


def _queues(board: dict[str, Any]) -> Table:
    table = _table(("queue", "waiting", "longest", "ready", "talking", "in"))
    for queue in board["queues"]:
        longest = _age(0, queue["longest_wait"]) if queue["waiting"] else ""
        counts = (queue[key] for key in ("agents_ready", "agents_talking", "agents_signed_in"))
        table.add_row(queue["id"], str(queue["waiting"]), longest, *(str(count) for count in counts))
    return table


def _callers(callers: list[dict[str, Any]], now: float) -> RenderableType:
    if not callers:
        return _word("nobody")
    table = _table(("call", "caller", "queue", "place", "waited", "priority", "needs"))
    for caller in callers:
        table.add_row(
            caller["call_id"], caller["ani"] or "-", caller["queue"], str(caller["position"]),
            _age(caller["since"], now), str(caller["priority"]), caller["needs"],
        )  # fmt: skip
    return table


def _agents(
    views: list[dict[str, Any]], picture: dict[str, Any], center: dict[str, Any], now: float
) -> Table:
    table = _table(("agent", "phone", "state", "call", "skills", "monitor"))
    with_talk = {m["agent"]: f"{m['by']} {_word(m['mode'])}" for m in picture["monitors"]}
    for view in views:
        told = picture["agents"].get(view["id"], {"skills": {}, "without": [], "changed_by": ""})
        changed = f" *{told['changed_by']}" if told["changed_by"] else ""
        table.add_row(
            f"{view['id']} {view['name']}", f"{view['extension']} {view['phone']}", _state(view, center, now),
            view["call_id"], _skills(told) + changed, with_talk.get(view["id"], ""),
        )  # fmt: skip
    return table


def _state(view: dict[str, Any], center: dict[str, Any], now: float) -> Text:
    """What he does, why, and for how long."""
    named = center["not_ready_reasons"].get(view["reason"], {}).get("name", {})
    reason = named.get("zh-CN" if speaks_chinese() else "en") or view["reason"]
    told = _word(view["state"]) + (f" ({reason})" if reason else "")
    return Text(f"{told} {_age(view['since'], now)}", _STYLES.get(view["state"], ""))
