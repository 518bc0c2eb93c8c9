"""The part of the log and of its rows that an export shows: some channels, a stretch of time.

Everything is as it was when the log had so many leaves, whatever was stored since.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.facts import LoggedRow, id_column, rows_of
from storage.posts import unpack
from storage.records import Channel, ChannelId, LeafKind, PostId
from storage.schema import (
    accounts,
    audit,
    coverage_events,
    coverage_statements,
    deletions,
    log_leaves,
    media_fetches,
    picture_texts,
    posts,
    removals,
    revisions,
)

_AT_ONCE = 500
_POST_OF = {  # the column that says which post a row is about
    LeafKind.REVISION: revisions.c.post_id,
    LeafKind.DELETION: deletions.c.post_id,
    LeafKind.REMOVAL: revisions.c.post_id,
    LeafKind.FILE: media_fetches.c.post_id,
    LeafKind.PICTURE_TEXT: picture_texts.c.post_id,
}


@dataclass(frozen=True, slots=True)
class Slice:
    """What is shown: posts of these channels, posted from `since` to before `until`.

    `size` is how many leaves the log has; `post_ids` narrows further, None does not.
    """

    size: int
    channels: tuple[Channel, ...]
    since: datetime | None = None
    until: datetime | None = None
    post_ids: frozenset[PostId] | None = None

    @property
    def channel_ids(self) -> list[ChannelId]:
        """The channels' ids."""
        return [channel.id for channel in self.channels]


@dataclass(frozen=True, slots=True)
class SlicedRow:
    """A row with its leaf's position and hash; `post_id` is the post it is about, if it is."""

    position: int
    hash: bytes
    row: LoggedRow
    post_id: PostId | None


async def rows(
    connection: AsyncConnection, kind: LeafKind, wanted: Slice
) -> AsyncIterator[SlicedRow]:
    """Give the rows of a kind that belong to the slice, in the order of their leaves."""
    statement, read = rows_of(kind)
    statement, about = _narrowed(statement, kind, wanted)
    column = id_column(kind)
    statement = (
        statement.join(log_leaves, and_(log_leaves.c.kind == kind, log_leaves.c.row_id == column))
        .add_columns(log_leaves.c.position, log_leaves.c.hash)
        .where(log_leaves.c.position < wanted.size)
        .limit(_AT_ONCE)
    )
    if about is not None:
        statement = statement.add_columns(about.label("about"))
    last = -1
    while True:
        found = (await connection.execute(statement.where(column > last))).all()
        for row in found:
            post = PostId(row.about) if about is not None else None
            if wanted.post_ids is None or post is None or post in wanted.post_ids:
                yield SlicedRow(row.position, row.hash, read(row), post)
        if len(found) < _AT_ONCE:
            return
        last = found[-1].id


def _narrowed(
    statement: Select[Any], kind: LeafKind, wanted: Slice
) -> tuple[Select[Any], ColumnElement[Any] | None]:
    """Leave only rows of the slice; gives the column of the post they are about, if any."""
    ids = wanted.channel_ids
    match kind:
        case LeafKind.COVERAGE:
            return statement.where(coverage_statements.c.channel_id.in_(ids)), None
        case LeafKind.STATEMENT:
            return statement.where(coverage_events.c.channel_id.in_(ids)), None
        case LeafKind.AUDIT:
            names = {channel.reference for channel in wanted.channels}
            return statement.where(audit.c.subject.in_(names)), None
        case LeafKind.REMOVAL:
            statement = statement.join(revisions, revisions.c.id == removals.c.revision_id)
    about = _POST_OF[kind]
    statement = statement.join(posts, posts.c.id == about).where(posts.c.channel_id.in_(ids))
    if wanted.since:
        statement = statement.where(posts.c.posted_at >= wanted.since)
    if wanted.until:
        statement = statement.where(posts.c.posted_at < wanted.until)
    return statement, about


async def posted_at(connection: AsyncConnection, ids: Collection[PostId]) -> dict[PostId, datetime]:
    """Give when posts were posted."""
    found = await connection.execute(
        select(posts.c.id, posts.c.posted_at).where(posts.c.id.in_(list(ids)))
    )
    return {PostId(row.id): row.posted_at for row in found}


async def raws(connection: AsyncConnection, ids: Collection[int]) -> dict[int, bytes]:
    """Give the raw bytes of revisions, unpacked."""
    found = await connection.execute(
        select(revisions.c.id, revisions.c.raw).where(revisions.c.id.in_(list(ids)))
    )
    return {row.id: unpack(row.raw) for row in found}


async def labels(connection: AsyncConnection) -> dict[int, str]:
    """Give the operators' names for their accounts."""
    return {row.id: row.label for row in await connection.execute(select(accounts))}
