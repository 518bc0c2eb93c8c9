"""Channels and the groups they are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import readers
from storage.records import (
    Access,
    AccountId,
    Channel,
    ChannelId,
    ChannelState,
    FollowMode,
)
from storage.schema import (
    channel_access,
    channel_groups,
    channel_readers,
    channels,
    history_tasks,
)


class DuplicateChannelError(Exception):
    """Two entries of the list are the same channel."""

    def __init__(self, existing: Channel) -> None:
        super().__init__(f"already on the list as {existing.reference}")
        self.existing = existing


async def add(
    connection: AsyncConnection,
    reference: str,
    mode: FollowMode,
    backfill_depth: int,
    added_at: datetime,
) -> ChannelId:
    """Put a channel on the list, or back on it; safe to repeat."""
    statement = insert(channels).values(
        reference=reference,
        mode=mode,
        state=ChannelState.WANTED,
        added_at=added_at,
        backfill_depth=backfill_depth,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["reference"],
        set_={
            "mode": mode,
            "backfill_depth": backfill_depth,
            "state": ChannelState.WANTED,
            "reason": None,
            "retry_at": None,
        },
    )
    found = await connection.scalar(statement.returning(channels.c.id))
    return ChannelId(int(found or 0))


async def remove(connection: AsyncConnection, channel_id: ChannelId) -> None:
    """Take a channel off the list; what was stored of it stays."""
    await connection.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(state=ChannelState.REMOVED, reason=None, retry_at=None)
    )
    await connection.execute(
        update(channels)
        .where(channels.c.comments_of == channel_id)
        .values(state=ChannelState.REMOVED, reason=None, retry_at=None)
    )
    await connection.execute(delete(history_tasks).where(history_tasks.c.channel_id == channel_id))


async def listed(connection: AsyncConnection, *, removed: bool = False) -> list[Channel]:
    """Give the channels on the list, in the order they were added; `removed` adds the rest."""
    statement = select(channels).order_by(channels.c.id)
    if not removed:
        statement = statement.where(channels.c.state != ChannelState.REMOVED)
    rows = (await connection.execute(statement)).all()
    groups = await _groups(connection)
    return [_channel(row, groups) for row in rows]


async def by_ids(connection: AsyncConnection, ids: Iterable[ChannelId]) -> dict[ChannelId, Channel]:
    """Give channels by id; unknown ids are missing from the answer."""
    rows = (await connection.execute(select(channels).where(channels.c.id.in_(list(ids))))).all()
    groups = await _groups(connection)
    return {ChannelId(row.id): _channel(row, groups) for row in rows}


async def _groups(connection: AsyncConnection) -> Mapping[int, frozenset[str]]:
    names: defaultdict[int, set[str]] = defaultdict(set)
    for row in await connection.execute(select(channel_groups)):
        names[row.channel_id].add(row.name)
    return {number: frozenset(found) for number, found in names.items()}


def _channel(row: Row[Any], groups: Mapping[int, frozenset[str]]) -> Channel:
    return Channel(
        id=ChannelId(row.id),
        reference=row.reference,
        mode=FollowMode(row.mode),
        state=ChannelState(row.state),
        telegram_id=row.telegram_id,
        username=row.username,
        title=row.title,
        groups=groups.get(row.id, frozenset()),
        reason=row.reason,
        added_at=row.added_at,
        backfill_depth=row.backfill_depth,
    )


async def set_groups(
    connection: AsyncConnection, channel_id: ChannelId, names: Iterable[str]
) -> None:
    """Put a channel into exactly these groups."""
    await connection.execute(
        delete(channel_groups).where(channel_groups.c.channel_id == channel_id)
    )
    rows = [{"channel_id": channel_id, "name": name.lower()} for name in sorted(set(names))]
    if rows:
        await connection.execute(insert(channel_groups), rows)


async def followed(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    telegram_id: int,
    username: str | None,
    title: str,
    access: Access,
    at: datetime,
) -> None:
    """Note that a channel is resolved and read by an account.

    Raises DuplicateChannelError when another entry of the list is the same channel.
    """
    twin = (
        await connection.execute(
            select(channels).where(
                channels.c.telegram_id == telegram_id, channels.c.id != channel_id
            )
        )
    ).first()
    if twin:
        raise DuplicateChannelError(_channel(twin, {}))
    await connection.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(
            state=ChannelState.FOLLOWED,
            reason=None,
            retry_at=None,
            telegram_id=telegram_id,
            username=username,
            title=title,
        )
    )
    statement = insert(channel_access).values(
        account_id=access.account_id,
        channel_id=channel_id,
        access_hash=access.access_hash,
        is_member=int(access.is_member),
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "channel_id"],
            set_={"access_hash": access.access_hash, "is_member": int(access.is_member)},
        )
    )
    await readers.assign(connection, {channel_id: access.account_id}, why="it reads it", at=at)


async def unreachable(
    connection: AsyncConnection, channel_id: ChannelId, reason: str, retry_at: datetime | None
) -> None:
    """Note why a channel cannot be read, and when to try again."""
    await connection.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(state=ChannelState.UNREACHABLE, reason=reason, retry_at=retry_at)
    )


async def to_try(
    connection: AsyncConnection, account_id: AccountId, now: datetime
) -> list[Channel]:
    """Give the channels an account is to resolve or join now, in the order they were added.

    A followed one with a time to try again is polled until its joining is possible.
    """
    due = channels.c.retry_at.is_(None) | (channels.c.retry_at <= now)
    rows = await connection.execute(
        select(channels)
        .join(
            channel_readers,
            (channel_readers.c.channel_id == channels.c.id) & channel_readers.c.until.is_(None),
        )
        .where(
            channel_readers.c.account_id == account_id,
            (channels.c.state == ChannelState.WANTED)
            | (
                channels.c.state.in_((ChannelState.UNREACHABLE, ChannelState.FOLLOWED))
                & channels.c.retry_at.isnot(None)
            ),
            due,
        )
        .order_by(channels.c.id)
    )
    return [_channel(row, {}) for row in rows.all()]


async def postpone(connection: AsyncConnection, channel_id: ChannelId, until: datetime) -> None:
    """Leave a channel's state and try it again later."""
    await connection.execute(
        update(channels).where(channels.c.id == channel_id).values(retry_at=until)
    )
