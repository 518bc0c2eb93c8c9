"""Rows as the facts that the log binds: one select for each kind of leaf, in the order of ids.

Facts are texts, whole numbers and null, named as in docs/integrity.md. Bytes are hexadecimal,
times ISO 8601 in UTC with microseconds. A revision's content comes along with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import LeafKind
from storage.schema import (
    audit,
    coverage_events,
    coverage_statements,
    deletions,
    media_fetches,
    picture_texts,
    removals,
    revisions,
)

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """A row that is or is to be a leaf.

    `removed` is the hash (hexadecimal) of content that retention removed, None while it is there.
    """

    kind: LeafKind
    id: int
    facts: Facts
    removed: str | None = None
    more: Facts = field(default_factory=dict)  # what goes along and is not bound by the leaf


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where the rows of a kind are, and how the facts are named."""

    table: Table
    names: Mapping[str, str]  # fact → column
    source: FromClause | None = None
    more: tuple[ColumnElement[Any], ...] = ()
    goes_along: tuple[str, ...] = ()  # of `more`

    def statement(self) -> Select[Any]:
        columns = [self.table.c[column].label(fact) for fact, column in self.names.items()]
        statement = select(*columns, *self.more)
        return statement.select_from(self.source) if self.source is not None else statement


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_PLACE = {"post": "post_id", "channel": "channel_id", "message": "message_id"}
_KINDS = {
    LeafKind.REVISION: _Kind(
        revisions,
        {
            **_same("id", "number", "edited_at", "seen_at", "source"),
            **_PLACE,
            "account": "account_id",
            "raw_sha256": "sha256",
            **_same("author", "body_length", "content_hash", "entities", "text"),
        },
        revisions.outerjoin(removals, removals.c.revision_id == revisions.c.id),
        (removals.c.content_sha256.label("removed"),),
    ),
    LeafKind.DELETION: _Kind(deletions, {**_same("id", "seen_at", "source"), **_PLACE}),
    LeafKind.COVERAGE: _Kind(
        coverage_statements,
        {
            **_same("id", "at", "telegram_id", "username", "title", "reference", "ranges"),
            "channel": "channel_id",
        },
    ),
    LeafKind.STATEMENT: _Kind(
        coverage_events,
        {
            **_same("id", "at", "low", "high", "found", "detail"),
            "channel": "channel_id",
            "account": "account_id",
            "what": "kind",
        },
    ),
    LeafKind.AUDIT: _Kind(audit, _same("id", "at", "actor", "act", "subject", "detail")),
    LeafKind.FILE: _Kind(
        media_fetches,
        {
            **_same("id", "sha256", "length", "name", "mime", "at"),
            **_PLACE,
            "file": "file_id",
            "account": "account_id",
        },
    ),
    LeafKind.PICTURE_TEXT: _Kind(
        picture_texts,
        {
            **_same("id", "sha256", "text_sha256", "languages", "program", "at"),
            **_PLACE,
            "file": "file_id",
        },
        more=(picture_texts.c.text.label("text"),),
        goes_along=("text",),
    ),
    LeafKind.REMOVAL: _Kind(
        removals, {**_same("id", "at", "reason", "content_sha256"), "revision": "revision_id"}
    ),
}


def rows_of(kind: LeafKind) -> tuple[Select[Any], Callable[[Row[Any]], LoggedRow]]:
    """Give the select of a kind, ascending by id, and how to read its rows."""
    known = _KINDS[kind]

    def read(row: Row[Any]) -> LoggedRow:
        values = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
        removed = values.get("removed")
        facts = {name: plain(values[name]) for name in known.names}
        along = {name: values[name] for name in known.goes_along}
        return LoggedRow(kind, int(row.id), facts, removed.hex() if removed else None, along)

    return known.statement().order_by(known.table.c.id), read


def id_column(kind: LeafKind) -> ColumnElement[int]:
    """Give the column of the ids of a kind's rows, to narrow its select."""
    return _KINDS[kind].table.c.id


def plain(value: object) -> object:
    """Write a stored value as a fact."""
    match value:
        case datetime():
            return value.isoformat(timespec="microseconds")
        case bytes():
            return value.hex()
    return value


async def after(
    connection: AsyncConnection, kind: LeafKind, row_id: int, limit: int
) -> list[LoggedRow]:
    """Give the rows of a kind whose ids are greater, ascending, at most `limit`."""
    statement, read = rows_of(kind)
    rows = await connection.execute(statement.where(id_column(kind) > row_id).limit(limit))
    return [read(row) for row in rows]
