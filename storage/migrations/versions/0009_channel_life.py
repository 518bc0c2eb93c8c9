"""Keep what becomes of channels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.add_column("channels", sa.Column("restriction", sa.Text()))
    op.add_column(
        "channels", sa.Column("has_comments", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "channel_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("told_at", BIG),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name="fk_channel_events_channel_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_channel_events"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_channel_events_channel_id", "channel_events", ["channel_id", "kind", "id"])
    op.create_index("ix_channel_events_told_at", "channel_events", ["told_at"])
