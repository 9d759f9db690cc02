"""Calls have a direction: those we make stand beside those we get."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("direction", sa.String(10), nullable=False, server_default="in"))


def downgrade() -> None:
    op.drop_column("calls", "direction")
