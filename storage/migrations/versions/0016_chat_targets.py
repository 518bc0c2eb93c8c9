"""What was sent to a target: which version of an alert, and as which message of a chat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.add_column("target_items", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("target_items", sa.Column("remote_id", BIG, nullable=True))
