"""How a channel posts: the times of its newest posts, and when it was last asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ChannelId
from storage.schema import channels, post_id, posts

_NEWEST = 30


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`posted` are the times of the newest posts, ascending."""

    posted: tuple[datetime, ...]
    checked_at: datetime | None


async def of(connection: AsyncConnection, channel_id: ChannelId, newest: int = _NEWEST) -> Rhythm:
    """Read a channel's rhythm from its newest posts."""
    times = await connection.scalars(
        select(posts.c.posted_at)
        .where(
            posts.c.id >= post_id(channel_id, 0),
            posts.c.id < post_id(ChannelId(channel_id + 1), 0),
        )
        .order_by(posts.c.id.desc())
        .limit(newest)
    )
    checked_at = await connection.scalar(
        select(channels.c.checked_at).where(channels.c.id == channel_id)
    )
    return Rhythm(tuple(sorted(times)), checked_at)
