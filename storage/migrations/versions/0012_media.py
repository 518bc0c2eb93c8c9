"""Media: attachments, files, fetches and rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "media_files",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("length", BIG, nullable=False),
        sa.Column("stored_at", BIG, nullable=False),
        sa.Column("dropped_at", BIG, nullable=True),
        sa.Column("phash", BIG, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media_files")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("length", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_media_post_id")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_media_channel_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_media_revision_id")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["media_files.sha256"], name=op.f("fk_media_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint(
            "channel_id",
            "message_id",
            "file_id",
            name=op.f("uq_media_channel_id_message_id_file_id"),
        ),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_index("ix_media_state_due_at", "media", ["state", "due_at"])
    op.create_index("ix_media_post_id", "media", ["post_id"])
    op.create_index("ix_media_sha256", "media", ["sha256"])
    op.create_table(
        "media_fetches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("length", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_media_fetches_post_id")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_media_fetches_channel_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_fetches")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "media_rules",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("fetch", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("most_bytes", BIG, nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_media_rules")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
