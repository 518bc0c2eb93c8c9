"""The text in pictures, and where it begins in a post's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "picture_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_picture_texts_post_id")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_picture_texts_channel_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_texts")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_picture_texts_post_id", "picture_texts", ["post_id"])
    op.create_index("ix_picture_texts_sha256", "picture_texts", ["sha256"])
    op.add_column("posts", sa.Column("picture_text_at", BIG, nullable=True))
