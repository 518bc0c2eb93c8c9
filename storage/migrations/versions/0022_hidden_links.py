"""Links behind words, so that `url:` finds them; those of stored posts are in their revisions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_AT_ONCE = 500


def upgrade() -> None:
    """Apply this step."""
    op.add_column(
        "posts", sa.Column("links", sa.Text(), nullable=False, server_default=sa.text("'[]'"))
    )
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("""SELECT DISTINCT post_id FROM revisions WHERE entities LIKE '%"text_url"%'""")
    )
    ids = [row[0] for row in rows]
    for start in range(0, len(ids), _AT_ONCE):
        _fill(connection, ids[start : start + _AT_ONCE])


def _fill(connection: sa.Connection, ids: list[int]) -> None:
    """Derive the column of posts; one whose words were removed keeps none."""
    asked: Any = sa.bindparam("ids", expanding=True)
    latest: dict[int, dict[int, tuple[str, str]]] = {}
    rows = connection.execute(
        sa.text(
            "SELECT r.post_id, r.message_id, r.text, r.entities FROM revisions r"
            " JOIN posts p ON p.id = r.post_id WHERE r.post_id IN :ids AND p.text <> ''"
            " ORDER BY r.post_id, r.message_id, r.number"
        ).bindparams(asked),
        {"ids": ids},
    )
    for post, message, text, entities in rows:
        latest.setdefault(post, {})[message] = text, entities
    links = [
        {"post": post, "links": json.dumps(found, ensure_ascii=False, separators=(",", ":"))}
        for post, parts in latest.items()
        if (found := list(_links(list(parts.values()))))
    ]
    if links:
        connection.execute(sa.text("UPDATE posts SET links = :links WHERE id = :post"), links)


def _links(parts: list[tuple[str, str]]) -> Iterator[list[Any]]:
    begins = 0
    for text, entities in parts:
        if not text:
            continue
        for entity in json.loads(entities):
            url, start, length = (entity.get(name) for name in ("url", "offset", "length"))
            if entity.get("type") != "text_url" or not isinstance(url, str) or not url:
                continue
            if isinstance(start, int) and isinstance(length, int):
                end = min(start + length, len(text))
                if 0 <= start < end:
                    yield [begins + start, begins + end, url]
        begins += len(text) + 1
