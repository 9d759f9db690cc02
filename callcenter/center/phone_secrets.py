"""The secrets the agents' phones sign in with: made once for each agent, kept in a file of their own."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


def supervisor_key(name: str) -> str:
    """Under what a supervisor's phone is known here: no agent's id looks like it."""
    return f"supervisor:{name}"


class PhoneSecrets:
    """Secrets by agent id, in a file only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] = {}
        if path.exists():
            self._known = {str(k): str(v) for k, v in json.loads(path.read_text()).items()}

    def of(self, agent_id: str) -> str:
        """The agent's secret; a new one is made and kept if he has none."""
        if agent_id not in self._known:
            self._known[agent_id] = secrets.token_urlsafe(18)
            self._save()
        return self._known[agent_id]

    def renew(self, agent_id: str) -> str:
        """A new secret for the agent."""
        self._known.pop(agent_id, None)
        return self.of(agent_id)

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._known, file, indent=1, sort_keys=True)
        partial.replace(self._path)
