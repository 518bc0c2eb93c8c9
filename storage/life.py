"""Channel life: what became of channels, and what is still to be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ChannelEvent, ChannelEventKind, ChannelId, SeenChannel
from storage.schema import channel_events, channels


async def add(connection: AsyncConnection, events: Iterable[ChannelEvent]) -> None:
    """Append events, in the transaction of what they tell of."""
    rows = [
        {
            "channel_id": event.channel_id,
            "at": event.at,
            "kind": event.kind,
            "before": event.before,
            "after": event.after,
        }
        for event in events
    ]
    if rows:
        await connection.execute(insert(channel_events), rows)


async def known(connection: AsyncConnection, channel_id: ChannelId) -> SeenChannel | None:
    """Give a channel as it was last seen; None before it was resolved."""
    row = (
        await connection.execute(
            select(channels).where(channels.c.id == channel_id, channels.c.telegram_id.isnot(None))
        )
    ).first()
    if row is None:
        return None
    return SeenChannel(
        row.telegram_id, row.title or "", row.username, row.restriction, bool(row.has_comments)
    )


async def seen(connection: AsyncConnection, channel_id: ChannelId, now: SeenChannel) -> None:
    """Keep how a channel is by now."""
    await connection.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(
            title=now.title,
            username=now.username,
            restriction=now.restriction,
            has_comments=int(now.has_comments),
        )
    )


async def latest(
    connection: AsyncConnection, kinds: Collection[ChannelEventKind]
) -> dict[ChannelId, ChannelEvent]:
    """Give the newest event of these kinds of each channel that has one."""
    newest = (
        select(func.max(channel_events.c.id))
        .where(channel_events.c.kind.in_(list(kinds)))
        .group_by(channel_events.c.channel_id)
    )
    rows = await connection.execute(select(channel_events).where(channel_events.c.id.in_(newest)))
    return {ChannelId(row.channel_id): _event(row) for row in rows}


async def of(connection: AsyncConnection, channel_id: ChannelId, limit: int) -> list[ChannelEvent]:
    """Give the newest events of a channel, newest first."""
    rows = await connection.execute(
        select(channel_events)
        .where(channel_events.c.channel_id == channel_id)
        .order_by(channel_events.c.id.desc())
        .limit(limit)
    )
    return [_event(row) for row in rows]


async def newest(connection: AsyncConnection, since: datetime, limit: int) -> list[ChannelEvent]:
    """Give the newest events of all channels since a moment, newest first."""
    rows = await connection.execute(
        select(channel_events)
        .where(channel_events.c.at >= since)
        .order_by(channel_events.c.id.desc())
        .limit(limit)
    )
    return [_event(row) for row in rows]


async def untold(connection: AsyncConnection, limit: int) -> list[ChannelEvent]:
    """Give events nobody was told of yet, oldest first."""
    rows = await connection.execute(
        select(channel_events)
        .where(channel_events.c.told_at.is_(None))
        .order_by(channel_events.c.id)
        .limit(limit)
    )
    return [_event(row) for row in rows]


async def told(connection: AsyncConnection, ids: Collection[int], at: datetime) -> None:
    """Note that those concerned are owed notices of these events."""
    await connection.execute(
        update(channel_events).where(channel_events.c.id.in_(list(ids))).values(told_at=at)
    )


def _event(row: Row[Any]) -> ChannelEvent:
    return ChannelEvent(
        channel_id=ChannelId(row.channel_id),
        at=row.at,
        kind=ChannelEventKind(row.kind),
        before=row.before,
        after=row.after,
        id=row.id,
    )
