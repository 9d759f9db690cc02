"""The tables as steps, run by alembic at start."""
