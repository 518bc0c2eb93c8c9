"""Find what did not come live without reading all that did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_index(
        "ix_revisions_not_live",
        "revisions",
        ["channel_id", "number", "source"],
        sqlite_where=sa.text("source IN ('catch-up', 'gap', 'reread')"),
    )
