"""Runs the steps on the connection handed in by `callcenter.storage.engine.migrate`."""

from __future__ import annotations

from alembic import context

from callcenter.storage.tables import metadata

connection = context.config.attributes["connection"]
# Batch mode lets later steps alter SQLite tables, which know no ALTER COLUMN.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
