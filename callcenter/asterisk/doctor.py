"""Say in plain words what is wrong between us, Asterisk and this machine, and what to do about it.

Each check returns findings; none raises. What is asked of Asterisk goes through a small port
(:class:`AmiActions`), so the doctor works with any AMI client.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import stat
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from callcenter.asterisk import host_name
from callcenter.asterisk.local_install import OLDEST_MAJOR, parse_version

CLOCK_TOLERANCE_S = 2.0
DISK_FREE_SHARE = 0.05
DISK_FREE_BYTES = 1 << 30
NAME_LOOKUP_LIMIT_S = 5.0

CONTEXTS = ("callcenter-inbound", "callcenter-away", "callcenter-phones", "callcenter-monitor")
NEEDED_ACTIONS = (
    "Ping", "CoreStatus", "CoreSettings", "CoreShowChannels", "DeviceStateList", "PJSIPShowEndpoints",
    "PJSIPShowContacts", "Hangup", "Originate", "Redirect", "Setvar", "Reload", "Command", "ControlPlayback",
    "PlayDTMF",
)  # fmt: skip
NEEDED_READ = ("system", "call", "dtmf")
# Without these no call works; the whole list the private Asterisk loads is longer.
NEEDED_MODULES = (
    "chan_pjsip.so", "res_pjsip.so", "res_pjsip_session.so", "res_pjsip_sdp_rtp.so", "res_pjsip_registrar.so",
    "res_pjsip_authenticator_digest.so", "res_pjsip_endpoint_identifier_user.so", "res_rtp_asterisk.so",
    "res_agi.so", "res_musiconhold.so", "app_dial.so", "app_mixmonitor.so", "app_playback.so",
    "app_controlplayback.so", "app_record.so", "app_stack.so", "app_echo.so", "bridge_simple.so",
    "app_chanspy.so", "codec_ulaw.so", "codec_alaw.so",
    "format_wav.so", "format_pcm.so", "func_strings.so", "func_logic.so", "func_devstate.so",
    "func_hangupcause.so", "pbx_config.so", "cdr_csv.so",
)  # fmt: skip
SPEECH_MODULES = ("res_speech.so", "res_aeap.so", "res_speech_aeap.so", "app_speech_utils.so")
BROWSER_MODULES = ("res_pjsip_transport_websocket.so", "res_http_websocket.so", "res_srtp.so")


class Verdict(StrEnum):
    """How bad it is: fine, will hurt some day, does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    verdict: Verdict
    what: str
    advice: str = ""


class AmiActions(Protocol):
    """What the doctor needs of an AMI client: the response first, then the list's events if there are any."""

    async def action(self, name: str, **headers: str) -> list[dict[str, str]]: ...


Connect = Callable[[], Awaitable[AmiActions]]
"""Signs in. Raises OSError or TimeoutError when Asterisk is away, PermissionError when it refuses us."""


def ok(what: str) -> Finding:
    return Finding(Verdict.OK, what)


def warn(what: str, advice: str) -> Finding:
    return Finding(Verdict.WARN, what, advice)


def fail(what: str, advice: str) -> Finding:
    return Finding(Verdict.FAIL, what, advice)


# ---- Asterisk ----------------------------------------------------------------------------------------------


async def examine_asterisk(connect: Connect, address: str, user: str = "callcenter") -> list[Finding]:
    """Everything that can be asked over AMI at `address`. One finding only if nobody answers there."""
    try:
        ami = await connect()
    except PermissionError:
        return [fail(
            f"Asterisk at {address} refuses the user '{user}'",
            "Compare the secret in callcenter.yaml with [callcenter] in manager.conf, and its 'permit' line "
            "with this machine's address; then run 'module reload manager' in Asterisk.",
        )]  # fmt: skip
    except (OSError, TimeoutError) as error:
        return [fail(
            f"Asterisk does not answer at {address} ({error or 'no answer in time'})",
            "Is Asterisk running, is 'enabled = yes' in manager.conf, and are address and port right?",
        )]  # fmt: skip
    findings: list[Finding] = [ok(f"Asterisk answers at {address}")]
    checks: Sequence[Callable[[AmiActions], Awaitable[list[Finding]]]] = (
        check_version, check_clock, check_actions, check_modules, check_dialplan,
        lambda link: check_manager_user(link, user),
    )  # fmt: skip
    for check in checks:
        try:
            async with asyncio.timeout(10):
                findings += await check(ami)
        except (OSError, TimeoutError) as error:
            return [
                *findings,
                fail(f"The link to Asterisk broke during the examination ({error})", "Try again."),
            ]
    return findings


async def check_version(ami: AmiActions) -> list[Finding]:
    """Asterisk is new enough."""
    text = "Asterisk " + (await ami.action("CoreSettings"))[0].get("AsteriskVersion", "")
    version = parse_version(text)
    if version is None:
        return [warn(f"Asterisk's version cannot be read ({text!r})", f"{OLDEST_MAJOR} or newer is needed.")]
    if version[0] < OLDEST_MAJOR:
        return [fail(f"{text} is too old", f"Version {OLDEST_MAJOR} or newer is needed.")]
    return [ok(text)]


async def check_clock(ami: AmiActions, now: Callable[[], float] = time.time) -> list[Finding]:
    """Asterisk's clock and ours agree; half the answer's travel time is allowed for."""
    before = now()
    answer = (await ami.action("Ping"))[0]
    after = now()
    try:
        off = float(answer["Timestamp"]) - (before + after) / 2
    except (KeyError, ValueError):
        return [warn("Asterisk does not tell the time", "Is it older than version 13?")]
    if abs(off) > CLOCK_TOLERANCE_S + (after - before) / 2:
        word = "ahead of" if off > 0 else "behind"
        return [fail(
            f"Asterisk's clock is {abs(off):.0f} s {word} ours",
            "Run a time service (systemd-timesyncd, chrony) on both machines: reports would be wrong.",
        )]  # fmt: skip
    return [ok("The clocks agree")]


async def check_actions(ami: AmiActions) -> list[Finding]:
    """The controller may do what it has to: Asterisk lists the actions this user is allowed."""
    allowed = {name.lower() for name in (await ami.action("ListCommands"))[0]}
    missing = [name for name in NEEDED_ACTIONS if name.lower() not in allowed]
    if missing:
        return [fail(
            f"The AMI user may not use {', '.join(missing)}",
            "In manager.conf, [callcenter] needs write = system,call,command,originate,reporting,user "
            "(and the modules behind these actions must be loaded).",
        )]  # fmt: skip
    return [ok("The AMI user has the permissions it needs")]


async def check_modules(ami: AmiActions) -> list[Finding]:
    """The modules we count on run."""
    shown = await _command(ami, "module show")
    if shown is None:
        return []  # the missing permission has been told
    running = set(re.findall(r"^(\S+\.so)\s.*\bRunning\b", shown, flags=re.MULTILINE))
    findings = []
    if missing := [name for name in NEEDED_MODULES if name not in running]:
        findings.append(fail(
            f"Asterisk has not loaded {', '.join(missing)}",
            "Add a 'load =' line for each to modules.conf (asterisk-config/private/modules.conf lists all).",
        ))  # fmt: skip
    if missing := [name for name in BROWSER_MODULES if name not in running]:
        findings.append(warn(
            f"Browsers cannot be phones: Asterisk has not loaded {', '.join(missing)}",
            "Load them if agents are to take calls in the browser.",
        ))  # fmt: skip
    if missing := [name for name in SPEECH_MODULES if name not in running]:
        findings.append(warn(
            f"Callers cannot speak their choice: Asterisk has not loaded {', '.join(missing)}",
            "Load them if flows are to listen; until then callers press keys.",
        ))  # fmt: skip
    return findings or [ok("All needed modules are loaded")]


async def check_dialplan(ami: AmiActions) -> list[Finding]:
    """Our contexts are in the dialplan."""
    missing = []
    for context in CONTEXTS:
        shown = await _command(ami, f"dialplan show {context}")
        if shown is None:
            return []
        if f"Context '{context}' created" not in shown:
            missing.append(context)
    if missing:
        return [fail(
            f"The dialplan lacks {', '.join(missing)}",
            "Run 'callcenter asterisk install', then 'dialplan reload' in Asterisk.",
        )]  # fmt: skip
    return [ok("The dialplan knows the call center")]


async def check_manager_user(ami: AmiActions, user: str) -> list[Finding]:
    """The AMI user hears what it must, and is spared what nobody uses."""
    findings = []
    shown = await _command(ami, f"manager show user {user}") or ""
    if read := re.search(r"read perm:\s*(\S*)", shown):
        heard = set(read[1].split(","))
        missing = [name for name in NEEDED_READ if name not in heard and "all" not in heard]
        if missing:
            findings.append(fail(
                f"The AMI user does not hear {', '.join(missing)} events",
                "In manager.conf, [callcenter] needs read = system,call,user,dtmf.",
            ))  # fmt: skip
    config = (await ami.action("GetConfig", Filename="manager.conf", Category=user))[0]
    filters = [value for value in config.values() if "eventfilter" in value]
    if filters and not any("DTMFBegin" in value for value in filters):
        findings.append(warn(
            "Asterisk does not send the keys that callers press: those pressed between two prompts are lost",
            "Take the DTMF lines of asterisk-config/callcenter/manager.conf into your manager.conf.",
        ))  # fmt: skip
    if config.get("Response") == "Success" and not filters:
        findings.append(warn(
            "Asterisk sends every event, ten times what is used",
            "Take the eventfilter lines of asterisk-config/callcenter/manager.conf into your manager.conf.",
        ))  # fmt: skip
    return findings or [ok("Asterisk sends the events that are used, and no others")]


async def _command(ami: AmiActions, line: str) -> str | None:
    """What a CLI command prints (a failing one too, all lines in `Output`); None if it may not be run."""
    answer = (await ami.action("Command", Command=line))[0]
    return answer.get("Output", "") if "Output" in answer or answer.get("Response") == "Success" else None


# ---- this machine ------------------------------------------------------------------------------------------


def check_port(host: str, port: int, purpose: str) -> Finding:
    """Nobody else holds a port that we are about to open."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return fail(f"Port {port} ({purpose}) needs root", "Choose a port of 1024 or above.")
        except OSError as error:
            holder = port_holder(port)
            return fail(
                f"Port {port} ({purpose}) is taken{f' by {holder}' if holder else ''}: {error.strerror}",
                "Stop that program (or is callcenter running already?), or choose another port.",
            )
    return ok(f"Port {port} ({purpose}) is free")


def port_holder(port: int, proc: Path = Path("/proc")) -> str:
    """Name and process id of who listens on a TCP port, as far as we may see; '' if unknown."""
    process = _listener(port, proc)
    if process is None:
        return ""
    try:
        return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    except OSError:
        return ""


def asterisk_user(ami_port: int, proc: Path = Path("/proc")) -> tuple[int, set[int]] | None:
    """User id and group ids of the Asterisk on this machine: who listens on its AMI port or, if we may not
    see that, the only process named so. None when there is none or it cannot be told."""
    process = _listener(ami_port, proc)
    try:
        if process is None:
            named = [p for p in proc.glob("[0-9]*") if (p / "comm").read_text().strip() == "asterisk"]
            if len(named) != 1:
                return None
            process = named[0]
        status = (process / "status").read_text()
    except OSError:
        return None
    lines = {name: [int(word) for word in re.findall(r"\d+", rest)] for name, rest in
             re.findall(r"^(Uid|Gid|Groups):(.*)$", status, flags=re.MULTILINE)}  # fmt: skip
    return lines["Uid"][1], {lines["Gid"][1], *lines["Groups"]}  # the second of each: in effect


def _listener(port: int, proc: Path) -> Path | None:
    """The folder in /proc of the process that listens on a TCP port, if we may see it."""
    inodes = set()
    for table in (proc / "net/tcp", proc / "net/tcp6"):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in proc.glob("[0-9]*"):
        try:
            if any(str(handle.readlink()) in inodes for handle in (process / "fd").iterdir()):
                return process
        except OSError:
            continue
    return None


def check_folder(
    folder: Path,
    purpose: str,
    asterisk_ids: tuple[int, set[int]] | None = None,
    *,
    asterisk_writes: bool = False,
) -> Finding:
    """We can write to a folder; Asterisk (user id, group ids), if it is another user, can read it, or even
    write into the folders that we make in it."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not os.access(nearest, os.W_OK | os.X_OK) or not nearest.is_dir():
        return fail(
            f"{folder} ({purpose}) cannot be written by user {os.geteuid()}",
            f"chown or chmod it, or choose another folder (looked at {nearest}).",
        )
    if asterisk_ids is not None:
        for step in (nearest, *nearest.parents):
            if not readable_by(step.stat(), *asterisk_ids, only_through=step != nearest):
                return fail(
                    f"Asterisk cannot read {folder} ({purpose}): {step} keeps it out",
                    f"chmod o+rx {step}, or put Asterisk's user into the group that owns it.",
                )
        if asterisk_writes and not shared_for_writing(nearest.stat(), *asterisk_ids, _umask()):
            return fail(
                f"Asterisk (user {asterisk_ids[0]}) cannot write what it records into {folder} ({purpose})",
                "Run callcenter as Asterisk's user: that is the simple way. Or share a group: chgrp and "
                f"chmod g+rwxs {nearest}, and run callcenter with umask 002.",
            )
    return ok(f"{folder} ({purpose}) is usable")


def readable_by(status: os.stat_result, uid: int, gids: set[int], *, only_through: bool = False) -> bool:
    """Whether a user may read and pass through a folder (or `only_through` it), from its mode alone."""
    if uid == 0:
        return True
    shift = 6 if status.st_uid == uid else 3 if status.st_gid in gids else 0
    needed = 0o1 if only_through else 0o5
    return (status.st_mode >> shift) & needed == needed


def shared_for_writing(status: os.stat_result, uid: int, gids: set[int], umask: int) -> bool:
    """Whether another user may write into the folders we make in a folder: they must go to a group of his."""
    if uid in (0, os.geteuid()):
        return True
    inherited = bool(status.st_mode & stat.S_ISGID) and status.st_gid in gids
    return inherited and status.st_mode & 0o070 == 0o070 and not umask & 0o070


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def check_disk(folder: Path) -> Finding:
    """There is room for recordings."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(nearest)
    return judge_disk(folder, usage.free, usage.total)


def judge_disk(folder: Path, free: int, total: int) -> Finding:
    """Less than 5 % or 1 GiB free is nearly full."""
    share = free / total if total else 0.0
    if share < DISK_FREE_SHARE or free < DISK_FREE_BYTES:
        return fail(
            f"The disk of {folder} is nearly full: {free / 2**30:.1f} GiB ({share:.0%}) free",
            "Make room, or shorten how long recordings are kept.",
        )
    return ok(f"{folder}: {free / 2**30:.0f} GiB free")


async def check_host_name() -> Finding:
    """This machine's name resolves fast: Asterisk looks it up during calls."""
    name = socket.gethostname()
    problem = await host_name.lookup_problem(NAME_LOOKUP_LIMIT_S)
    if problem:
        return warn(
            f"This machine's name '{name}' {problem}; each call may wait for it",
            f"Add the line '127.0.1.1 {name}' to /etc/hosts.",
        )
    return ok(f"This machine's name '{name}' resolves")


def worst(findings: Iterable[Finding]) -> Verdict:
    """The verdict over all: the worst of them."""
    order = [Verdict.OK, Verdict.WARN, Verdict.FAIL]
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.OK)
