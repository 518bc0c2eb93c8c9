"""Prove coverage: readers of channels, service messages, blind periods, statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.add_column("accounts", sa.Column("hearing_at", BIG))
    op.add_column(
        "accounts", sa.Column("state", sa.Text(), nullable=False, server_default="active")
    )
    op.add_column("accounts", sa.Column("reason", sa.Text()))
    op.add_column(
        "accounts", sa.Column("most_channels", sa.Integer(), nullable=False, server_default="500")
    )
    op.add_column("accounts", sa.Column("proxy", sa.Text()))
    op.create_table(
        "channel_readers",
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("until", BIG),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name="fk_channel_readers_channel_id"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name="fk_channel_readers_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("channel_id", "since", name="pk_channel_readers"),
        sqlite_strict=True,
    )
    op.create_index("ix_channel_readers_account_id", "channel_readers", ["account_id", "until"])
    # Until now one account read everything that it had access to.
    op.execute(
        "INSERT INTO channel_readers (channel_id, since, account_id, until, why) "
        "SELECT a.channel_id, c.added_at, min(a.account_id), NULL, 'the only account' "
        "FROM channel_access a JOIN channels c ON c.id = a.channel_id GROUP BY a.channel_id"
    )
    op.create_table(
        "service_messages",
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("seen_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name="fk_service_messages_channel_id"
        ),
        sa.PrimaryKeyConstraint("channel_id", "message_id", name="pk_service_messages"),
        sqlite_strict=True,
    )
    op.create_table(
        "blind_periods",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("channel_id", BIG),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("began_at", BIG, nullable=False),
        sa.Column("ended_at", BIG),
        sa.Column("detail", sa.Text()),
        sa.Column("told_at", BIG),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_blind_periods_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name="fk_blind_periods_channel_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_blind_periods"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_blind_periods_ended_at", "blind_periods", ["ended_at"])
    op.create_table(
        "coverage_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", BIG),
        sa.Column("account_id", sa.Integer()),
        sa.Column("at", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("low", BIG),
        sa.Column("high", BIG),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name="fk_coverage_events_channel_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_coverage_events"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_coverage_events_channel_id", "coverage_events", ["channel_id", "id"])
    op.create_table(
        "reread_rounds",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("max_age_s", BIG, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_reread_rounds_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "max_age_s", name="pk_reread_rounds"),
        sqlite_strict=True,
    )
