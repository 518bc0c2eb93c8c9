"""What is derived of revisions and deletions, read and written anew after damage.

Posts can be made of their revisions again, coverage of the messages that are held. What only
Telegram could say, such as which ids never existed, is asked of it once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import func, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.posts import unpack
from storage.records import ChannelId, PostId, Source
from storage.schema import coverage, deletions, posts, revisions, service_messages


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """One stored state of a message, as a post is made of it again; `raw` is its exact bytes."""

    post_id: PostId
    channel_id: ChannelId
    message_id: int
    source: Source
    seen_at: datetime
    text: str
    entities: str
    raw: bytes


async def homeless(connection: AsyncConnection, limit: int) -> list[PostId]:
    """Give posts that have revisions and no row of their own, as in a damaged archive."""
    rows = await connection.scalars(
        select(revisions.c.post_id)
        .distinct()
        .outerjoin(posts, posts.c.id == revisions.c.post_id)
        .where(posts.c.id.is_(None))
        .order_by(revisions.c.post_id)
        .limit(limit)
    )
    return [PostId(number) for number in rows]


async def revisions_by_post(
    connection: AsyncConnection, ids: Collection[PostId]
) -> dict[PostId, list[StoredRevision]]:
    """Give the revisions of these posts in the order in which they were stored."""
    rows = await connection.execute(
        select(
            revisions.c.post_id,
            revisions.c.channel_id,
            revisions.c.message_id,
            revisions.c.source,
            revisions.c.seen_at,
            revisions.c.text,
            revisions.c.entities,
            revisions.c.raw,
        )
        .where(revisions.c.post_id.in_(list(ids)))
        .order_by(revisions.c.post_id, revisions.c.id)
    )
    found = [
        StoredRevision(
            PostId(row.post_id),
            ChannelId(row.channel_id),
            row.message_id,
            Source(row.source),
            row.seen_at,
            row.text,
            row.entities,
            unpack(row.raw),
        )
        for row in rows
    ]
    return {number: list(group) for number, group in groupby(found, lambda row: row.post_id)}


async def mark_ended(connection: AsyncConnection, ids: Collection[PostId]) -> None:
    """Give posts whose every message is marked as gone their time of deletion."""
    mine = deletions.c.post_id == posts.c.id
    held = (
        select(func.count(func.distinct(revisions.c.message_id)))
        .where(revisions.c.post_id == posts.c.id)
        .scalar_subquery()
    )
    gone = select(func.count()).select_from(deletions).where(mine).scalar_subquery()
    when = select(func.max(deletions.c.seen_at)).where(mine).scalar_subquery()
    await connection.execute(
        update(posts).where(posts.c.id.in_(list(ids)), held == gone).values(deleted_at=when)
    )


async def cover_only_what_is_held(connection: AsyncConnection) -> None:
    """Claim no id but those of messages that are held; the rest will be asked for again."""
    held = select(revisions.c.channel_id, revisions.c.message_id).where(revisions.c.number == 1)
    other = select(service_messages.c.channel_id, service_messages.c.message_id)
    rows = await connection.execute(union(held, other).order_by("channel_id", "message_id"))
    ranges = list(_runs((row.channel_id, row.message_id) for row in rows))
    await connection.execute(coverage.delete())
    if ranges:
        await connection.execute(
            coverage.insert(),
            [{"channel_id": c, "low": low, "high": high} for c, low, high in ranges],
        )


def _runs(held: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Join ascending (channel, id) into (channel, low, high)."""
    run: tuple[int, int, int] | None = None
    for channel, number in held:
        if run and run[0] == channel and number <= run[2] + 1:
            run = (channel, run[1], max(run[2], number))
            continue
        if run:
            yield run
        run = (channel, number, number)
    if run:
        yield run


async def texts_by_post(connection: AsyncConnection) -> dict[PostId, list[str]]:
    """Give the texts of all revisions of every post, in the order in which they were stored."""
    rows = await connection.execute(
        select(revisions.c.post_id, revisions.c.text).order_by(revisions.c.post_id, revisions.c.id)
    )
    return {
        PostId(number): [row.text for row in group]
        for number, group in groupby(rows, lambda row: row.post_id)
    }
