"""How the archive and the accounts are at this moment, in a few cheap numbers for health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ChannelId, ChannelState
from storage.schema import blind_periods, channels, coverage


@dataclass(frozen=True, slots=True)
class Holes:
    """Channels with ids nobody has accounted for, and how many ids these are in all."""

    channels: tuple[ChannelId, ...]
    ids: int


async def holes(connection: AsyncConnection) -> Holes:
    """Count what is missing between the oldest and the newest id of each followed channel."""
    rows = await connection.execute(
        select(
            coverage.c.channel_id,
            func.max(coverage.c.high) - func.min(coverage.c.low) + 1,
            func.sum(coverage.c.high - coverage.c.low + 1),
        )
        .join(channels, channels.c.id == coverage.c.channel_id)
        .where(channels.c.state != ChannelState.REMOVED)
        .group_by(coverage.c.channel_id)
        .having(func.count() > 1)
        .order_by(coverage.c.channel_id)
    )
    found = [(ChannelId(row[0]), int(row[1] - row[2])) for row in rows]
    return Holes(tuple(key for key, _ in found), sum(missing for _, missing in found))


async def oldest_check(connection: AsyncConnection) -> datetime | None:
    """Say when the followed channel that waits longest was last looked at; None: none was."""
    found: datetime | None = await connection.scalar(
        select(func.min(channels.c.checked_at)).where(channels.c.state == ChannelState.FOLLOWED)
    )
    return found


async def blind_since(connection: AsyncConnection, since: datetime) -> tuple[int, float]:
    """Give how many blind periods ended since a moment, and how many seconds they were."""
    rows = await connection.execute(
        select(blind_periods.c.began_at, blind_periods.c.ended_at).where(
            blind_periods.c.ended_at >= since
        )
    )
    lengths = [(row.ended_at - row.began_at).total_seconds() for row in rows]
    return len(lengths), sum(lengths)
