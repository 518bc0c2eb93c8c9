"""Alerts are about stories; digests and other notices; where a forward comes from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.add_column("posts", sa.Column("origin_id", BIG, nullable=True))
    op.add_column("posts", sa.Column("origin_message_id", BIG, nullable=True))
    op.create_index(
        "ix_posts_origin_id",
        "posts",
        ["origin_id", "origin_message_id"],
        unique=False,
        sqlite_where=sa.text("origin_id IS NOT NULL"),
    )
    _make_story_posts()
    _make_notices()
    _make_alerts()
    _make_deliveries()


def _make_story_posts() -> None:
    op.create_table(
        "story_posts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("story_id", BIG, nullable=False),
        sa.Column("posted_at", BIG, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_story_posts_post_id")),
        sa.ForeignKeyConstraint(["story_id"], ["posts.id"], name=op.f("fk_story_posts_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_posts")),
        sa.UniqueConstraint("post_id", name=op.f("uq_story_posts_post_id")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_story_posts_story_id", "story_posts", ["story_id"], unique=False)
    op.create_index("ix_story_posts_posted_at", "story_posts", ["posted_at"], unique=False)
    op.execute(  # what was alerted to before is a story each
        "INSERT INTO story_posts (post_id, story_id, posted_at, sketch) "
        "SELECT DISTINCT a.post_id, a.post_id, p.posted_at, x'' "
        "FROM alerts a JOIN posts p ON p.id = a.post_id ORDER BY a.post_id"
    )


def _make_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("reply_to", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owed_at", BIG, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("lease_until", BIG, nullable=True),
        sa.Column("sent_at", BIG, nullable=True),
        sa.Column("remote_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_notices_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_notices_state", "notices", ["state", "priority", "due_at", "subscriber_id"])
    op.create_index("ix_notices_subscriber_id", "notices", ["subscriber_id"])


def _make_alerts() -> None:
    kept = (
        "id, subscriber_id, post_id, state, reason, wanted_version, sent_version, sent_hash, "
        "remote_id, attempts, owed_at, due_at, lease_until, sent_at"
    )
    op.create_table(
        "alerts_new",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("story_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("wanted_version", sa.Integer(), nullable=False),
        sa.Column("sent_version", sa.Integer(), nullable=False),
        sa.Column("sent_hash", sa.LargeBinary(), nullable=True),
        sa.Column("remote_id", BIG, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owed_at", BIG, nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("lease_until", BIG, nullable=True),
        sa.Column("sent_at", BIG, nullable=True),
        sa.Column("told_in", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_alerts_post_id")),
        sa.ForeignKeyConstraint(["story_id"], ["posts.id"], name=op.f("fk_alerts_story_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_alerts_subscriber_id")
        ),
        sa.ForeignKeyConstraint(["told_in"], ["notices.id"], name=op.f("fk_alerts_told_in")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint(
            "story_id", "subscriber_id", name=op.f("uq_alerts_story_id_subscriber_id")
        ),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.execute(
        f"INSERT INTO alerts_new (story_id, priority, {kept}) "  # noqa: S608  # names of columns
        f"SELECT post_id, 1, {kept} FROM alerts ORDER BY id"
    )
    op.drop_table("alerts")
    op.rename_table("alerts_new", "alerts")
    op.create_index("ix_alerts_state", "alerts", ["state", "priority", "due_at", "subscriber_id"])
    op.create_index("ix_alerts_subscriber_id", "alerts", ["subscriber_id", "owed_at"])
    op.create_index("ix_alerts_post_id", "alerts", ["post_id"])
    op.create_index("ix_alerts_remote_id", "alerts", ["remote_id"])


def _make_deliveries() -> None:
    kept = "id, alert_id, target, version, at, outcome, detail"
    op.create_table(
        "deliveries_new",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_deliveries_alert_id")),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_deliveries_notice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.execute(
        f"INSERT INTO deliveries_new ({kept}) "  # noqa: S608  # names of columns
        f"SELECT {kept} FROM deliveries ORDER BY id"
    )
    op.drop_table("deliveries")
    op.rename_table("deliveries_new", "deliveries")
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])
    op.create_index("ix_deliveries_notice_id", "deliveries", ["notice_id"])
