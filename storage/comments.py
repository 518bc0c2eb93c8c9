"""Groups for comments that are followed with their channels, where an operator wishes it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import readers
from storage.records import Access, AccountId, ChannelId, ChannelState
from storage.schema import channel_access, channel_readers, channels


async def want(connection: AsyncConnection, channel_id: ChannelId, *, wanted: bool) -> None:
    """Follow a channel's comments too, or stop to; what was stored of them stays."""
    await connection.execute(
        update(channels).where(channels.c.id == channel_id).values(with_comments=int(wanted))
    )
    if not wanted:
        await connection.execute(
            update(channels)
            .where(channels.c.comments_of == channel_id)
            .values(state=ChannelState.REMOVED, reason=None, retry_at=None)
        )


async def to_find(connection: AsyncConnection, account_id: AccountId) -> list[ChannelId]:
    """Give the channels an account reads whose comments are wanted and not yet followed."""
    group = channels.alias("group")
    is_followed = (
        select(group.c.id)
        .where(group.c.comments_of == channels.c.id, group.c.state != ChannelState.REMOVED)
        .exists()
    )
    rows = await connection.scalars(
        select(channels.c.id)
        .join(
            channel_readers,
            (channel_readers.c.channel_id == channels.c.id) & channel_readers.c.until.is_(None),
        )
        .where(
            channel_readers.c.account_id == account_id,
            channels.c.state == ChannelState.FOLLOWED,
            channels.c.with_comments == 1,
            channels.c.has_comments == 1,
            ~is_followed,
        )
    )
    return [ChannelId(number) for number in rows]


async def follow(
    connection: AsyncConnection,
    channel_id: ChannelId,
    group: Access,
    *,
    reference: str,
    title: str,
    at: datetime,
) -> None:
    """Put a channel's group on the list, to be read as the channel is and by the same account."""
    channel = (await connection.execute(select(channels).where(channels.c.id == channel_id))).one()
    statement = insert(channels).values(
        reference=reference,
        mode=channel.mode,
        state=ChannelState.WANTED,
        telegram_id=group.telegram_id,
        title=title,
        added_at=at,
        backfill_depth=channel.backfill_depth,
        comments_of=channel_id,
    )
    known = await connection.scalar(
        select(channels.c.id).where(channels.c.telegram_id == group.telegram_id)
    )
    if known is not None:  # it is, or was, on the list already
        await connection.execute(
            update(channels)
            .where(channels.c.id == known)
            .values(comments_of=channel_id, state=ChannelState.WANTED, retry_at=None)
        )
    else:
        known = await connection.scalar(statement.returning(channels.c.id))
    number = ChannelId(int(known or 0))
    await connection.execute(
        insert(channel_access)
        .values(
            account_id=group.account_id,
            channel_id=number,
            access_hash=group.access_hash,
            is_member=0,
        )
        .on_conflict_do_nothing()
    )
    await readers.assign(connection, {number: group.account_id}, why="it reads the channel", at=at)


async def groups_among(
    connection: AsyncConnection, ids: Collection[ChannelId]
) -> frozenset[ChannelId]:
    """Say which of these are groups for comments."""
    rows = await connection.scalars(
        select(channels.c.id).where(channels.c.id.in_(ids), channels.c.comments_of.is_not(None))
    )
    return frozenset(ChannelId(number) for number in rows)
