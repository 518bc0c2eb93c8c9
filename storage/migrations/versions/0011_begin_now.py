"""Stories and follow-ups begin with what comes after the upgrade, not with the whole archive."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_CURSORS = {
    "stories": "revisions",
    "follow-ups.edits": "revisions",
    "follow-ups.deletions": "deletions",
}


def upgrade() -> None:
    """Apply this step."""
    for name, table in _CURSORS.items():
        op.execute(
            "INSERT INTO cursors (name, position) "  # noqa: S608  # our own names
            f"SELECT '{name}', last FROM (SELECT max(id) AS last FROM {table}) "
            "WHERE last IS NOT NULL ON CONFLICT DO NOTHING"
        )
