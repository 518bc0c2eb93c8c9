"""Let a channel's group for comments be followed with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.add_column(
        "channels", sa.Column("with_comments", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("channels", sa.Column("comments_of", BIG))
