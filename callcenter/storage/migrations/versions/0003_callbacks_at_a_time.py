"""Callers may ask to be called back not before a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("callbacks", sa.Column("not_before", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("callbacks", "not_before")
