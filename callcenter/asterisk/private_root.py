"""A private root folder: a later Debian's Asterisk packages, unpacked and run without being installed.

apt is pointed at a tree of its own in which nothing is installed, so it fetches Asterisk with every library
down to libc; dpkg-deb unpacks them; the folder's own loader runs the program with the folder's own libraries.
Nothing of the machine is changed. The archive's address comes from the machine's own apt configuration.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]

SUITES = ("forky", "sid")
PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")
LOCK_PATIENCE_S = 900
# Recommended by no one at run time; a third of the size.
_PRUNE = ("usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/perl", "usr/share/perl5",
          "usr/lib/*/perl", "usr/lib/*/perl-base", "usr/share/asterisk/sounds/priv-callerintros",
          "usr/share/asterisk/sounds/recordings", "usr/share/asterisk/sounds/custom")  # fmt: skip
_KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
_SUITE_WORDS = {"oldstable", "stable", "testing", "unstable", "sid"}


class PrivateRootError(RuntimeError):
    """The folder could not be made; the text says at which step."""


@dataclass(frozen=True)
class Archive:
    """A Debian archive as the machine's apt configuration names it."""

    uri: str
    options: tuple[str, ...] = ()


def parse_one_line_sources(text: str, suites: set[str]) -> Iterator[Archive]:
    """Archives of the main component in the classic ``deb [options] URI suite components`` form."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.split("#", 1)[0])
        if not match:
            continue
        options, uri, suite, components = match.groups()
        if suite in suites and "main" in components.split():
            kept = [o for o in (options or "").split() if o.startswith(("signed-by=", "trusted="))]
            yield Archive(uri.rstrip("/"), tuple(kept))


def parse_deb822_sources(text: str, suites: set[str]) -> Iterator[Archive]:
    """Archives of the main component in the newer form, one stanza of ``Field: value`` lines each."""
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", plain):
        fields: dict[str, str] = {}
        last = ""
        for line in stanza.splitlines():
            if line[:1] in " \t" and last:
                fields[last] += "\n" + line.strip()
            elif ":" in line:
                last, _, value = line.partition(":")
                last = last.strip().lower()
                fields[last] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        if not suites & set(fields.get("suites", "").split()):
            continue
        if "main" not in fields.get("components", "").split():
            continue
        options = []
        signed_by = fields.get("signed-by", "")
        if signed_by.startswith("/"):
            options.append(f"signed-by={signed_by.split()[0]}")
        if fields.get("trusted", "").lower() == "yes":
            options.append("trusted=yes")
        for uri in fields.get("uris", "").split():
            yield Archive(uri.rstrip("/"), tuple(options))


def machine_archive(apt: Path = Path("/etc/apt"), os_release: Path = Path("/etc/os-release")) -> Archive:
    """The first Debian archive this machine is configured to use. Raises PrivateRootError if none is."""
    release = os_release.read_text(encoding="utf-8") if os_release.exists() else ""
    suites = set(_SUITE_WORDS)
    if codename := re.search(r"^VERSION_CODENAME=\"?(\w+)", release, flags=re.MULTILINE):
        suites.add(codename[1])
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for file in (f for f in files if f.is_file()):
        text = file.read_text(encoding="utf-8", errors="replace")
        parse = parse_deb822_sources if file.suffix == ".sources" else parse_one_line_sources
        for archive in parse(text, suites):
            return archive
    raise PrivateRootError(f"no Debian archive in {apt}: is this a Debian system?")


def source_line(archive: Archive, suite: str) -> str:
    """The line that points apt's private tree at one suite of the archive."""
    options = list(archive.options)
    if not options:
        options = [f"signed-by={ring}" for ring in _KEYRINGS if Path(ring).exists()][:1]
    return f"deb {'[' + ' '.join(options) + '] ' if options else ''}{archive.uri} {suite} main\n"


def command(root: Path) -> tuple[str, ...]:
    """How to run the Asterisk in `root`: its own loader, its own libraries. Raises PrivateRootError."""
    loaders = [*sorted(root.glob("usr/lib*/ld-*.so.*")), *sorted(root.glob("usr/lib/*/ld-*.so.*"))]
    libraries = sorted(p.parent.parent for p in root.glob("usr/lib/*/asterisk/modules"))
    program = root / "usr/sbin/asterisk"
    if not loaders or not libraries or not program.exists():
        raise PrivateRootError(f"{root} is not a complete root folder")
    return (str(loaders[0]), "--library-path", str(libraries[0]), str(program))


def newest(cache: Path) -> Path | None:
    """The newest complete root folder in the cache. A folder gets its name only when it is complete."""

    def version(path: Path) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", path.name)]

    roots = [p for p in cache.glob("asterisk-[0-9]*") if (p / "usr/sbin/asterisk").exists()]
    return max(roots, key=version, default=None)


def install(cache: Path, say: Say) -> Path:
    """Fetch and unpack Asterisk below `cache`; returns the folder. Safe to call twice at once.

    Raises PrivateRootError with the last words of the step that failed.
    """
    for tool in ("apt-get", "dpkg-deb", "dpkg"):
        if not shutil.which(tool):
            raise PrivateRootError(f"{tool} is needed (any Debian has it)")
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache / "asterisk.lock", say):
        if ready := newest(cache):  # another run made it while we waited
            return ready
        for leftover in cache.glob(".unpack-*"):  # of a run that was cut off: we hold the lock
            shutil.rmtree(leftover, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=".unpack-", dir=cache))
        try:
            packages = _download(work / "apt", machine_archive(), say)
            root = work / "root"
            _unpack(packages, root, say)
            _finish(root)
            final = cache / f"asterisk-{_own_version(root)}"
            root.rename(final)
            say(f"Asterisk: ready in {final}")
            return final
        finally:
            shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _lock(path: Path, say: Say) -> Iterator[None]:
    with path.open("w") as file:
        deadline = time.monotonic() + LOCK_PATIENCE_S
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise PrivateRootError(f"another installation has held {path} for too long") from None
                if not told:
                    say("Asterisk: another installation is at work; waiting for it…")
                    told = True
                time.sleep(0.2)
        yield


def _apt_options(tree: Path) -> list[str]:
    architecture = _run(["dpkg", "--print-architecture"], "asking dpkg").strip()
    settings = {
        "Dir": f"{tree}/",
        "Dir::State::status": f"{tree}/var/lib/dpkg/status",
        "Dir::Etc::trusted": "/etc/apt/trusted.gpg",
        "Dir::Etc::trustedparts": "/etc/apt/trusted.gpg.d",
        "Dir::Etc::netrc": "/etc/apt/auth.conf",
        "Dir::Etc::netrcparts": "/etc/apt/auth.conf.d",
        "APT::Architecture": architecture,
        "APT::Sandbox::User": "root",
        "APT::Status-Fd": "1",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "APT::Update::Error-Mode": "any",  # else a failed update looks like a suite without Asterisk
        "Debug::NoLocking": "1",
    }
    # a machine's foreign architectures would only enlarge the download
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    return ["apt-get", "-q", *options, "-o", f"APT::Architectures::={architecture}"]


def _download(tree: Path, archive: Archive, say: Say) -> list[Path]:
    """Fetch Asterisk's packages with everything they need, from the first suite that has them."""
    for folder in ("var/lib/dpkg", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial",
                   "etc/apt/sources.list.d", "etc/apt/preferences.d", "var/log/apt"):  # fmt: skip
        (tree / folder).mkdir(parents=True)
    (tree / "var/lib/dpkg/status").touch()
    apt = _apt_options(tree)
    problems = []
    for suite in SUITES:
        say(f"Asterisk: reading the package list of Debian {suite}…")
        (tree / "etc/apt/sources.list").write_text(source_line(archive, suite), encoding="utf-8")
        try:
            _run([*apt, "update"], f"reading the list of {suite}")
            wanted = [*apt, "-y", "--no-install-recommends"]
            plan = _run([*wanted, "-s", "install", *PACKAGES], f"choosing packages of {suite}")
            count = len(re.findall(r"^Inst ", plan, flags=re.MULTILINE))
            say(f"Asterisk: downloading {count} packages…")
            _run([*wanted, "--download-only", "install", *PACKAGES], "downloading", _progress(say))
            return sorted((tree / "var/cache/apt/archives").glob("*.deb"))
        except PrivateRootError as error:
            problems.append(str(error))
    raise PrivateRootError("; ".join(problems))


def _progress(say: Say) -> Callable[[str], None]:
    """Turn apt's status lines into one line each fifth of the way."""
    told = 0

    def hear(line: str) -> None:
        nonlocal told
        match = re.match(r"dlstatus:\d+:([\d.]+):", line)
        if match and (step := int(float(match[1]) // 20 * 20)) > told:
            told = step
            say(f"Asterisk: downloading, {step} %")

    return hear


def _run(arguments: list[str], doing: str, hear: Callable[[str], None] | None = None) -> str:
    """Run a program to its end and return what it printed; a failure's last lines in PrivateRootError."""
    environment = os.environ | {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    last: deque[str] = deque(maxlen=3)
    printed: list[str] = []
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, errors="replace", env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if hear:
                hear(line)
            if line.strip() and not line.startswith(("dlstatus:", "pmstatus:")):
                last.append(line.strip())
    if process.returncode:
        raise PrivateRootError(f"{doing} failed: {' / '.join(last)}")
    return "".join(printed)


def _unpack(packages: list[Path], root: Path, say: Say) -> None:
    if not packages:
        raise PrivateRootError("apt downloaded nothing")
    say(f"Asterisk: unpacking {len(packages)} packages…")
    root.mkdir()

    def unpack(package: Path) -> None:
        _run(["dpkg-deb", "-x", str(package), str(root)], f"unpacking {package.name}")
        package.unlink()

    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(unpack, packages))


def _finish(root: Path) -> None:
    """What the packages' install scripts would have done, and less luggage."""
    for pattern in _PRUNE:
        for path in root.glob(pattern):
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path)
    sounds = root / "usr/share/asterisk/sounds"
    english = sorted(sounds.glob("en_*"))
    if english and not (sounds / "en").exists():
        (sounds / "en").symlink_to(english[0].name)


def _own_version(root: Path) -> str:
    printed = _run([*command(root), "-V"], "running the unpacked Asterisk")
    match = re.search(r"Asterisk (\d+(?:\.\d+)+)", printed)
    if not match:
        raise PrivateRootError(f"the unpacked Asterisk says: {printed.strip()[:200]}")
    return match[1]
