"""Voicemails and call-backs, from facts. Their ids are the facts' numbers: a replay makes none twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.engine import insert_for
from callcenter.storage.facts import Fact
from callcenter.storage.projection import CallRow, number, text
from callcenter.storage.tables import callbacks, voicemails


class ContactsProjection:
    """Keeps the tables `voicemails` and `callbacks`."""

    def __init__(self, engine: AsyncEngine) -> None:
        insert = insert_for(engine)
        self._add_voicemail = insert(voicemails).on_conflict_do_nothing()
        self._add_callback = insert(callbacks).on_conflict_do_nothing()

    def apply(self, connection: Connection, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Add what was left or is wanted; mark what was done. In the order of the facts."""
        for fact in facts:
            if fact.kind == "voicemail.left":
                connection.execute(self._add_voicemail, _voicemail(fact, rows.get(fact.call_id)))
            elif fact.kind == "callback.wanted":
                connection.execute(self._add_callback, _callback(fact, rows.get(fact.call_id)))
            elif fact.kind in ("callback.done", "callback.reopened") and fact.call_id:
                status = "done" if fact.kind == "callback.done" else "open"
                change = update(callbacks).where(callbacks.c.call_id == fact.call_id)
                by = text(fact.data.get("agent")) or fact.agent
                connection.execute(change.values(status=status, status_by=by))

    def committed(self, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Nothing follows."""


def _voicemail(fact: Fact, row: CallRow | None) -> dict[str, Any]:
    return {
        "id": fact.seq,
        "call_id": fact.call_id,
        "at": fact.at,
        "ani": row.ani if row else "",
        "number": row.number if row else "",
        "box": text(fact.data.get("box")),
        "path": text(fact.data.get("path")),
        "seconds": number(fact.data.get("seconds")),
        "language": text(fact.data.get("language"))[:10],
        "status": "new",
        "status_by": "",
    }


def _callback(fact: Fact, row: CallRow | None) -> dict[str, Any]:
    return {
        "id": fact.seq,
        "call_id": fact.call_id,
        "at": fact.at,
        "ani": text(fact.data.get("ani")) or (row.ani if row else ""),
        "number": row.number if row else "",
        "queue": text(fact.data.get("queue")) or (row.queue if row else ""),
        "why": text(fact.data.get("why")),
        "not_before": number(fact.data.get("not_before")) or None,
        "status": "open",
        "status_by": "",
    }
