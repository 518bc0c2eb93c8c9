"""How lively channels are: their last post, and the last day against the week before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ChannelId
from storage.schema import post_id as id_of
from storage.schema import posts

_DAY = timedelta(days=1)
_NORMAL_DAYS = 7


@dataclass(frozen=True, slots=True)
class Activity:
    """`last_post_at` is None without any; `normal_per_day` is the week's before the last day."""

    last_post_at: datetime | None
    last_day: int
    normal_per_day: float


async def of_channels(
    connection: AsyncConnection, ids: Collection[ChannelId], now: datetime
) -> dict[ChannelId, Activity]:
    """Say how lively each of these channels is; ask for a page of them, not for hundreds."""
    day_ago, week_before = now - _DAY, now - (_NORMAL_DAYS + 1) * _DAY
    rows = await connection.execute(
        select(
            posts.c.channel_id,
            func.count().filter(posts.c.posted_at > day_ago).label("last_day"),
            func.count().filter(posts.c.posted_at <= day_ago).label("before"),
        )
        .where(posts.c.posted_at > week_before, posts.c.channel_id.in_(list(ids)))
        .group_by(posts.c.channel_id)
    )
    counts = {row.channel_id: (int(row.last_day), int(row.before)) for row in rows}
    found = {}
    for number in ids:
        last_day, before = counts.get(number, (0, 0))
        last = await _last_post_at(connection, number)
        found[number] = Activity(last, last_day, before / _NORMAL_DAYS)
    return found


async def _last_post_at(connection: AsyncConnection, channel_id: ChannelId) -> datetime | None:
    """Read the newest post by its key, whose order within a channel is that of its messages."""
    found: datetime | None = await connection.scalar(
        select(posts.c.posted_at)
        .where(posts.c.id >= id_of(channel_id, 0), posts.c.id < id_of(ChannelId(channel_id + 1), 0))
        .order_by(posts.c.id.desc())
        .limit(1)
    )
    return found
