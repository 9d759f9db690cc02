"""Find an Asterisk on this machine, or bring one here.

In this order: the configured program; ``asterisk`` on PATH; the distribution's package, if apt offers a new
enough one and we are root; else a private root folder: the packages of a later Debian suite, unpacked below
the user's cache and run with their own loader and libraries. That needs neither root nor chroot nor mounts
(docs/decisions/0001-private-asterisk-root.md).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk import private_root

Say = Callable[[str], None]
OLDEST_MAJOR = 20

_VERSION = re.compile(r"Asterisk (?:certified[-/])?(\d+)\.(\d+)(?:\.(\d+)|-cert(\d+))?")


class AsteriskNotFound(RuntimeError):
    """No usable Asterisk, and none could be brought here. The text says what was tried."""


@dataclass(frozen=True)
class AsteriskProgram:
    """A runnable Asterisk. `command` is the start of its argument list."""

    command: tuple[str, ...]
    version: tuple[int, int, int]
    modules_dir: Path
    data_dir: Path
    origin: str
    """Where it came from: "configured", "PATH", "package" or "private root"."""


def cache_folder() -> Path:
    """Where what was brought here is kept between runs."""
    named = os.environ.get("CALLCENTER_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "callcenter"


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Read what ``asterisk -V`` prints; None if it is not that."""
    match = _VERSION.search(text)
    if not match:
        return None
    return int(match[1]), int(match[2]), int(match[3] or match[4] or 0)


def parse_candidate(policy: str) -> int | None:
    """The major version apt would install, from ``apt-cache policy asterisk``; None if there is none."""
    match = re.search(r"^\s*Candidate:\s*(?:\d+:)?(\d+)\.", policy, flags=re.MULTILINE)
    return int(match[1]) if match else None


def find_or_install(
    configured: Path | None = None, *, cache: Path | None = None, say: Say = print, private_only: bool = False
) -> AsteriskProgram:
    """The Asterisk to run, brought here if need be (about a minute, once).

    `private_only` passes over what the machine has, so that tests run the same Asterisk everywhere. Raises
    AsteriskNotFound with everything that was tried.
    """
    if configured is not None:
        program = _inspect(configured, "configured")
        if program is None:
            raise AsteriskNotFound(f"{configured} is not an Asterisk {OLDEST_MAJOR} or newer")
        return program
    if not private_only:
        on_path = shutil.which("asterisk") or _existing("/usr/sbin/asterisk", "/usr/local/sbin/asterisk")
        if on_path and (program := _inspect(Path(on_path), "PATH")):
            return program
    folder = cache or cache_folder()
    kept = private_root.newest(folder)
    if kept is None and not private_only and (program := _install_package(say)):
        return program
    try:
        root = kept or private_root.install(folder, say)
    except private_root.PrivateRootError as error:
        raise AsteriskNotFound(
            f"No Asterisk {OLDEST_MAJOR} or newer on PATH or among this system's packages, and none could be "
            f"downloaded: {error}"
        ) from error
    program = program_in_root(root)
    if program is None:
        raise AsteriskNotFound(f"{root} holds no Asterisk that runs here; remove it and try again")
    return program


def program_in_root(root: Path) -> AsteriskProgram | None:
    """The program in an unpacked root folder; None if it does not run here."""
    command = private_root.command(root)
    version = _version_of(command)
    modules = next(iter(sorted(root.glob("usr/lib/*/asterisk/modules"))), None)
    if version is None or modules is None:
        return None
    return AsteriskProgram(command, version, modules, root / "usr/share/asterisk", "private root")


def _existing(*names: str) -> str | None:
    return next((name for name in names if Path(name).exists()), None)


def _version_of(command: tuple[str, ...]) -> tuple[int, int, int] | None:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout)


def _inspect(program: Path, origin: str) -> AsteriskProgram | None:
    """An installed program with the folders it was built for; None if it is too old or not an Asterisk."""
    version = _version_of((str(program),))
    if version is None or version[0] < OLDEST_MAJOR:
        return None
    prefixes = [program.resolve().parents[1], Path("/usr")]
    modules = [p for prefix in prefixes for pattern in ("lib/*/asterisk/modules", "lib*/asterisk/modules")
               for p in sorted(prefix.glob(pattern))]  # fmt: skip
    data = [p for prefix in prefixes for p in (prefix / "share/asterisk",)] + [Path("/var/lib/asterisk")]
    data = [p for p in data if (p / "documentation").is_dir() or (p / "sounds").is_dir()]
    if not modules or not data:
        return None
    return AsteriskProgram((str(program),), version, modules[0], data[0], origin)


def _install_package(say: Say) -> AsteriskProgram | None:
    """Install the distribution's package if it is new enough and we may; None otherwise."""
    if os.geteuid() != 0 or not shutil.which("apt-get") or not shutil.which("apt-cache"):
        return None
    asked = subprocess.run(["apt-cache", "policy", "asterisk"], capture_output=True, text=True, check=False)
    major = parse_candidate(asked.stdout)
    if major is None or major < OLDEST_MAJOR:
        return None
    say(f"Asterisk: installing this system's own package (version {major})…")
    done = subprocess.run(
        ["apt-get", "install", "-y", "--no-install-recommends", "asterisk", "asterisk-core-sounds-en-wav"],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        say("Asterisk: the package could not be installed; trying a private copy instead.")
        return None
    return _inspect(Path("/usr/sbin/asterisk"), "package")
