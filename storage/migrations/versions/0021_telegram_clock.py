"""Keep how far the clock here is ahead of Telegram's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "telegram_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ahead_s", sa.Integer(), nullable=False),
        sa.Column("compared_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_telegram_clock"),
        sqlite_strict=True,
    )
