"""The flows in force. A good file comes into force for new calls; a bad one leaves the old version in force.

Calls keep the `Flow` object they began with, so nothing changes under a caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from callcenter.center.model import Center
from callcenter.center.problems import Problem, Source, has_errors
from callcenter.ivr.check import Ears, flow_files, load_flow
from callcenter.ivr.model import Flow

Stamp = tuple[int, int, int]  # of a file: modified (ns), size, inode


@dataclass(frozen=True, slots=True)
class FlowChange:
    """What came of a changed file."""

    flow: str
    kind: Literal["in_force", "rejected", "mended", "removed"]  # mended: again as it is in force
    version: str = ""  # in_force: the new version
    errors: int = 0


class FlowLibrary:
    """Flows of a folder by id."""

    def __init__(
        self,
        folder: Path,
        center: Callable[[], Center | None],
        secrets: Collection[str] | None = None,
        ears: Ears | None = None,
    ) -> None:
        """`center` gives the center in force; flows are checked against it, and against the names of the
        settings' secrets and what the recogniser knows (`ears`) unless these are None."""
        self.folder = folder
        self.secrets = secrets
        self.ears = ears
        self._center = center
        self._flows: dict[str, Flow] = {}
        self._problems: dict[str, list[Problem]] = {}
        self._stamps: dict[str, dict[str, Stamp]] = {}  # of each flow: its file and the sounds it names
        self._checked_with: Center | None = None

    @property
    def flows(self) -> dict[str, Flow]:
        """Flows in force by id."""
        return dict(self._flows)

    def get(self, flow_id: str) -> Flow | None:
        """The version in force."""
        return self._flows.get(flow_id)

    def stand_in(self, flow: Flow) -> None:
        """An earlier version, for a flow that has none in force as its file has mistakes."""
        self._flows.setdefault(flow.id, flow)

    @property
    def problems(self) -> dict[str, list[Problem]]:
        """Problems of each file as it is on disk now, by flow id; files without any are left out."""
        return {flow: list(found) for flow, found in self._problems.items() if found}

    def reload(self) -> list[FlowChange]:
        """Read every file again, and tell what changed."""
        return self._load(everything=True)

    def reload_changed(self) -> list[FlowChange]:
        """Read files that changed since they were read (or all, when the center did). Cheap when none did."""
        return self._load(everything=self._center() is not self._checked_with)

    def _load(self, everything: bool) -> list[FlowChange]:
        center = self._center()
        paths = {path.stem: path for path in flow_files(self.folder)}
        changes = [
            change for flow in list(self._stamps) if flow not in paths for change in self._gone(flow, center)
        ]
        for flow_id, path in paths.items():
            if everything or self._stamps.get(flow_id) != self._stamp(flow_id, path):
                changes += self._read(flow_id, path, center)
        self._checked_with = center
        return changes

    def _read(self, flow_id: str, path: Path, center: Center | None) -> list[FlowChange]:
        stamp = _stamp_of(path)  # before reading: a change meanwhile is seen the next time
        flow, problems = load_flow(path, center, self.secrets, self.ears)
        before = self._problems.get(flow_id, [])
        self._problems[flow_id] = problems
        sounds = {problem_file: _stamp_of(Path(problem_file)) for problem_file in _sounds(flow)}
        self._stamps[flow_id] = {str(path): stamp, **sounds}
        if flow is None:
            # Perhaps a sound is missing: look again when a file comes to the folder.
            self._stamps[flow_id][str(self.folder)] = _stamp_of(self.folder)
            errors = sum(problem.severity == "error" for problem in problems)
            return [] if before == problems else [FlowChange(flow_id, "rejected", errors=errors)]
        old = self._flows.get(flow_id)
        same = old is not None and old.version == flow.version and old.file == flow.file
        if same:
            return [FlowChange(flow_id, "mended", flow.version)] if has_errors(before) else []
        self._flows[flow_id] = flow
        return [FlowChange(flow_id, "in_force", flow.version)]

    def _gone(self, flow_id: str, center: Center | None) -> list[FlowChange]:
        """A file was removed. A flow that a number still leads to stays in force, and the loss is shown."""
        path = self.folder / f"{flow_id}.yaml"
        if flow_id in self._flows and center is not None and any(n.flow == flow_id for n in center.numbers):
            hint = "put the file back, or lead the number to another flow"
            problem = Source(str(path)).problem(
                0, 0, "the file is gone; its last version stays in force", hint
            )
            if has_errors(self._problems.get(flow_id, [])) and self._problems[flow_id] == [problem]:
                return []
            self._problems[flow_id] = [problem]
            return [FlowChange(flow_id, "rejected", errors=1)]
        self._stamps.pop(flow_id, None)
        self._problems.pop(flow_id, None)
        return [FlowChange(flow_id, "removed")] if self._flows.pop(flow_id, None) is not None else []

    def _stamp(self, flow_id: str, path: Path) -> dict[str, Stamp]:
        known = self._stamps.get(flow_id, {})
        return {
            str(path): _stamp_of(path),
            **{name: _stamp_of(Path(name)) for name in known if name != str(path)},
        }


def _sounds(flow: Flow | None) -> set[str]:
    return {heard.audio for heard in flow.utterances() if heard.audio} if flow is not None else set()


def _stamp_of(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
