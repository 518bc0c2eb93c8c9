"""What came before and after a query, a target, an invite: by the order of rows, not the clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ADDED = (
    ("subscriptions", "after_revision"),
    ("targets", "after_alert"),
    ("targets", "after_notice"),
    ("invites", "after_act"),
)
# What was matched already is behind the cursor: only the rest needs to be looked at.
_FILLED = (
    """
    UPDATE subscriptions SET after_revision = coalesce((
        SELECT max(r.id) FROM revisions r WHERE r.seen_at < subscriptions.added_at AND r.id > (
            SELECT coalesce(max(position), 0) FROM cursors WHERE name = 'match'
        )
    ), 0)
    """,
    """
    UPDATE targets SET after_alert = coalesce((
        SELECT max(a.id) FROM alerts a WHERE a.owed_at < targets.added_at
    ), 0), after_notice = coalesce((
        SELECT max(n.id) FROM notices n WHERE n.owed_at < targets.added_at
    ), 0)
    """,
    """
    UPDATE invites SET after_act = coalesce((
        SELECT max(a.id) FROM audit a WHERE a.at < invites.added_at
    ), 0)
    """,
)


def upgrade() -> None:
    """Apply this step."""
    for table, column in _ADDED:
        op.add_column(
            table, sa.Column(column, sa.Integer(), nullable=False, server_default=sa.text("'0'"))
        )
    for statement in _FILLED:
        op.execute(statement)
