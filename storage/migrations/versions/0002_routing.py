"""How each person wants to be told: rhythm, urgency and surge; quiet hours, snooze, cap, mutes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    for column in (
        sa.Column("rhythm", sa.Text(), nullable=False, server_default="now"),
        sa.Column("is_urgent", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("surge_channels", sa.Integer(), nullable=True),
        sa.Column("surge_minutes", sa.Integer(), nullable=True),
    ):
        op.add_column("subscriptions", column)
    op.create_table(
        "routing",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("is_paused", sa.Integer(), nullable=False),
        sa.Column("snoozed_until", BIG, nullable=True),
        sa.Column("quiet_since", sa.Text(), nullable=True),
        sa.Column("quiet_until", sa.Text(), nullable=True),
        sa.Column("digest_times", sa.Text(), nullable=False),
        sa.Column("cap_per_hour", sa.Integer(), nullable=True),
        sa.Column("follow_ups", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_routing_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_routing")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "mutes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("channel_id", BIG, nullable=True),
        sa.Column("group_name", sa.Text(), nullable=True),
        sa.Column("added_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_mutes_channel_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_mutes_subscriber_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_mutes_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_index("ix_mutes_subscriber_id", "mutes", ["subscriber_id"], unique=False)
