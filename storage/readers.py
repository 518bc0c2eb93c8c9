"""Who reads which channel: one account at a time, and all that did before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import AccountId, ChannelId, ChannelState
from storage.schema import channel_readers, channels

_NOW = channel_readers.c.until.is_(None)


async def current(connection: AsyncConnection) -> dict[ChannelId, AccountId]:
    """Give each channel's account, removed channels left out."""
    rows = await connection.execute(
        select(channel_readers.c.channel_id, channel_readers.c.account_id)
        .join(channels, channels.c.id == channel_readers.c.channel_id)
        .where(_NOW, channels.c.state != ChannelState.REMOVED)
    )
    return {ChannelId(row.channel_id): AccountId(row.account_id) for row in rows}


async def assign(
    connection: AsyncConnection,
    wanted: Mapping[ChannelId, AccountId],
    *,
    why: str,
    at: datetime,
) -> list[ChannelId]:
    """Make these accounts the channels' readers; give the channels whose reader changed."""
    before = {
        ChannelId(row.channel_id): AccountId(row.account_id)
        for row in await connection.execute(select(channel_readers).where(_NOW))
    }
    changed = [key for key, account_id in wanted.items() if before.get(key) != account_id]
    if not changed:
        return []
    await connection.execute(
        update(channel_readers)
        .where(channel_readers.c.channel_id.in_(changed), _NOW)
        .values(until=at)
    )
    await connection.execute(
        insert(channel_readers),
        [
            {"channel_id": key, "since": at, "account_id": wanted[key], "until": None, "why": why}
            for key in changed
        ],
    )
    return changed
