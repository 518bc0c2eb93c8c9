"""The proof of coverage: what was stated, blind periods, service messages, how channels stand.

What ranges are covered, and what is still to be read, is in `history`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import history
from storage.records import (
    AccountId,
    ChannelFacts,
    ChannelId,
    Lag,
    SeenService,
    Source,
    Statement,
    StatementKind,
)
from storage.schema import (
    NOT_LIVE,
    channels,
    coverage_events,
    deletions,
    post_id,
    posts,
    revisions,
    service_messages,
)

_LAG_OVER = 500  # live posts, the newest: enough for a median, cheap to read


async def state(connection: AsyncConnection, statements: Iterable[Statement]) -> None:
    """Append statements, in the transaction of what they tell of."""
    rows = [
        {
            "channel_id": item.channel_id,
            "account_id": item.account_id,
            "at": item.at,
            "kind": item.kind,
            "low": item.low,
            "high": item.high,
            "found": item.found,
            "detail": json.dumps(item.detail, ensure_ascii=False, sort_keys=True),
        }
        for item in statements
    ]
    if rows:
        await connection.execute(insert(coverage_events), rows)


async def statements_of(
    connection: AsyncConnection, channel_id: ChannelId, limit: int
) -> list[Statement]:
    """Give the newest statements about a channel, newest first."""
    rows = await connection.execute(
        select(coverage_events)
        .where(coverage_events.c.channel_id == channel_id)
        .order_by(coverage_events.c.id.desc())
        .limit(limit)
    )
    return [_statement(row) for row in rows]


async def last_stated(
    connection: AsyncConnection, channel_id: ChannelId, kind: StatementKind
) -> datetime | None:
    """Say when this was last stated of a channel."""
    found: datetime | None = await connection.scalar(
        select(func.max(coverage_events.c.at)).where(
            coverage_events.c.channel_id == channel_id, coverage_events.c.kind == kind
        )
    )
    return found


def _statement(row: Row[Any]) -> Statement:
    return Statement(
        channel_id=None if row.channel_id is None else ChannelId(row.channel_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        at=row.at,
        kind=StatementKind(row.kind),
        low=row.low,
        high=row.high,
        found=row.found,
        detail=json.loads(row.detail),
    )


async def add_service_messages(
    connection: AsyncConnection,
    seen: Collection[tuple[ChannelId, SeenService]],
    seen_at: datetime,
) -> list[tuple[ChannelId, SeenService]]:
    """Note ids that are taken by service messages; give those that were not known."""
    if not seen:
        return []
    written = await connection.execute(
        upsert(service_messages)
        .values(
            [
                {
                    "channel_id": channel_id,
                    "message_id": item.message_id,
                    "action": item.action,
                    "detail": item.detail,
                    "seen_at": seen_at,
                }
                for channel_id, item in {
                    (key, item.message_id): (key, item) for key, item in seen
                }.values()
            ]
        )
        .on_conflict_do_nothing()
        .returning(service_messages.c.channel_id, service_messages.c.message_id)
    )
    new = {(row.channel_id, row.message_id) for row in written}
    return [(key, item) for key, item in seen if (key, item.message_id) in new]


async def service_ids(connection: AsyncConnection, channel_id: ChannelId) -> list[int]:
    """Give the ids of a channel that are service messages, ascending."""
    rows = await connection.scalars(
        select(service_messages.c.message_id)
        .where(service_messages.c.channel_id == channel_id)
        .order_by(service_messages.c.message_id)
    )
    return list(rows)


async def held_ids(connection: AsyncConnection, channel_id: ChannelId) -> list[int]:
    """Give the ids of a channel's messages that are held, those marked deleted too, ascending."""
    rows = await connection.scalars(
        select(revisions.c.message_id)
        .where(revisions.c.channel_id == channel_id, revisions.c.number == 1)
        .order_by(revisions.c.message_id)
    )
    return list(rows)


async def deleted_ids(connection: AsyncConnection, channel_id: ChannelId) -> list[int]:
    """Give the ids of held messages that are known to be deleted, ascending."""
    rows = await connection.scalars(
        select(deletions.c.message_id)
        .where(deletions.c.channel_id == channel_id)
        .order_by(deletions.c.message_id)
    )
    return list(rows)


async def facts(connection: AsyncConnection, channel_id: ChannelId) -> ChannelFacts:
    """Read how a channel stands: a few counts over its own rows."""
    of_channel = revisions.c.channel_id == channel_id
    not_live, missed_edits = await _came_late(connection, channel_id)
    return ChannelFacts(
        ranges=(await history.ranges(connection, [channel_id]))[channel_id],
        held=await _count(connection, revisions, of_channel, revisions.c.number == 1),
        deleted=await _count(connection, deletions, deletions.c.channel_id == channel_id),
        service=await _count(
            connection, service_messages, service_messages.c.channel_id == channel_id
        ),
        not_live=not_live,
        missed_edits=missed_edits,
        missed_deletions=await _count(
            connection,
            deletions,
            deletions.c.channel_id == channel_id,
            deletions.c.source == Source.REREAD,
        ),
        checked_at=await connection.scalar(
            select(channels.c.checked_at).where(channels.c.id == channel_id)
        ),
        lag=await lag(connection, channel_id),
    )


async def _came_late(connection: AsyncConnection, channel_id: ChannelId) -> tuple[int, int]:
    """Count the messages that came by other ways than live, and the edits only re-reading found."""
    is_first = revisions.c.number == 1
    counts = (
        await connection.execute(
            select(
                func.count().filter(is_first),
                func.count().filter(~is_first, revisions.c.source == Source.REREAD),
            ).where(revisions.c.channel_id == channel_id, NOT_LIVE)
        )
    ).one()
    return int(counts[0]), int(counts[1])


async def _count(connection: AsyncConnection, table: Any, *conditions: Any) -> int:
    statement = select(func.count()).select_from(table).where(*conditions)
    return int(await connection.scalar(statement) or 0)


async def lag(connection: AsyncConnection, channel_id: ChannelId) -> Lag | None:
    """Measure the newest live posts' way to us; None when there are none.

    It is read from the posts themselves, so keeping it costs nothing.
    """
    rows = await connection.execute(
        select(posts.c.posted_at, posts.c.first_seen_at)
        .where(
            posts.c.id >= post_id(channel_id, 0),
            posts.c.id < post_id(ChannelId(channel_id + 1), 0),
            posts.c.source == Source.LIVE,
        )
        .order_by(posts.c.id.desc())
        .limit(_LAG_OVER)
    )
    lags = [max(0.0, (row.first_seen_at - row.posted_at).total_seconds()) for row in rows]
    return Lag(len(lags), median(lags), max(lags)) if lags else None


async def last_checks(
    connection: AsyncConnection, channel_ids: Sequence[ChannelId]
) -> dict[ChannelId, datetime | None]:
    """Say when the newest ids of each channel were last asked for."""
    rows = await connection.execute(
        select(channels.c.id, channels.c.checked_at).where(channels.c.id.in_(list(channel_ids)))
    )
    return {ChannelId(row.id): row.checked_at for row in rows}


async def checked(
    connection: AsyncConnection, channel_ids: Sequence[ChannelId], at: datetime
) -> None:
    """Note that the newest ids of channels were asked for and are accounted for."""
    await connection.execute(
        update(channels).where(channels.c.id.in_(list(channel_ids))).values(checked_at=at)
    )
