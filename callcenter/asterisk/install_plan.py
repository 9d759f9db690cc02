"""Install the call center's part into an admin's own Asterisk: plan, backup, then the change.

Our files go into ``callcenter/`` below Asterisk's folder and are ours to replace. The admin's own files are
never rewritten: each gets one ``#include`` line at its end, once.
"""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.asterisk.config_files import AsteriskValues, read_templates, render_all, shared_values
from callcenter.asterisk.provision import write_atomically

# What an admin's missing file must hold for Asterisk to take it; existing ones are left as they are.
_FRAMES = {
    "manager.conf": "[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = 5038\n",
    "pjsip.conf": "[transport-udp]\ntype = transport\nprotocol = udp\nbind = 0.0.0.0\n",
    "extensions.conf": "[general]\nstatic = yes\nwriteprotect = yes\n",
    "musiconhold.conf": "[general]\n",
    "aeap.conf": "; speech engines\n",
}
_SECRET = re.compile(r"^([+\- ]?\s*(?:secret|password)\s*=\s*).+$", flags=re.MULTILINE)

AFTERWARDS = (
    "module reload manager",
    "module reload res_pjsip.so",
    "dialplan reload",
    "module reload res_musiconhold.so",
    "module reload res_aeap.so",
)
"""CLI commands that make a running Asterisk read what was installed, without dropping calls."""


class InstallConflict(RuntimeError):
    """A file changed between the plan and its application; nothing was written."""


@dataclass(frozen=True)
class FileChange:
    """One file before and after. `old` is None for a new file."""

    path: Path
    old: str | None
    new: str

    @property
    def diff(self) -> str:
        """The change as a unified diff, secrets hidden."""
        lines = difflib.unified_diff(
            (self.old or "").splitlines(keepends=True), self.new.splitlines(keepends=True),
            str(self.path) if self.old is not None else "/dev/null", str(self.path),
        )  # fmt: skip
        return _SECRET.sub(r"\1********", "".join(lines))


def plan_install(
    target_etc: Path, values: AsteriskValues, templates: Mapping[str, str] | None = None
) -> list[FileChange]:
    """What installing into `target_etc` would change; empty when all is in place. Reads, writes nothing.

    Raises FileNotFoundError when the folder does not exist, ConfigValueError for unusable values.
    """
    if not target_etc.is_dir():
        raise FileNotFoundError(f"{target_etc}, where Asterisk keeps its configuration, is not a folder")
    all_templates = read_templates() if templates is None else templates
    ours = {name: text for name, text in all_templates.items() if name.startswith("callcenter/")}
    wanted: dict[str, str] = render_all(ours, shared_values(values))
    for name, frame in _FRAMES.items():
        wanted[name] = with_include(_read(target_etc / name), f"callcenter/{name}", frame)
    changes = [FileChange(target_etc / name, _read(target_etc / name), text) for name, text in wanted.items()]
    return [change for change in changes if change.old != change.new]


def with_include(text: str | None, included: str, frame: str) -> str:
    """An admin's file with one include line for our part; unchanged if the line is there already."""
    body = frame if text is None else text
    if re.search(rf'^\s*#(?:try)?include\s+["<]?{re.escape(included)}[">]?\s*(;.*)?$', body, re.MULTILINE):
        return body
    if body and not body.endswith("\n"):
        body += "\n"
    return f"{body}\n; the call center's part (callcenter asterisk install)\n#include {included}\n"


def apply_install(plan: Sequence[FileChange], backup_dir: Path, now: datetime) -> Path | None:
    """Carry out a plan; returns the folder with the former files, None if there were none.

    The backup is complete before the first file is written. Raises InstallConflict when a file is no longer
    what the plan saw.
    """
    for change in plan:
        if _read(change.path) != change.old:
            raise InstallConflict(f"{change.path} has changed meanwhile; look at the changes again")
    former = [change.path for change in plan if change.old is not None]
    kept: Path | None = None
    if former:
        kept = backup_dir / now.strftime("%Y%m%d-%H%M%S")
        kept.mkdir(parents=True)
        kept.chmod(0o700)  # manager.conf holds secrets
        for path in former:
            place = (
                kept / path.parent.name / path.name if path.parent.name == "callcenter" else kept / path.name
            )
            place.parent.mkdir(exist_ok=True)
            shutil.copy2(path, place)
    for change in plan:
        change.path.parent.mkdir(exist_ok=True)
        write_atomically(change.path.resolve(), change.new)
    return kept


def _read(path: Path) -> str | None:
    """A file's text; files in an old encoding come back byte for byte when written again."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
