"""What callers recorded and how they rated us stands with their call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("recorded", "scores"):
        op.add_column("calls", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for name in ("scores", "recorded"):
        op.drop_column("calls", name)
