"""Mutes: channels and groups that a person's alerts leave out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ChannelId, Mute, MuteId, SubscriberId, SubscriptionId
from storage.schema import mutes


async def add(
    connection: AsyncConnection,
    subscriber_id: SubscriberId,
    *,
    channel_id: ChannelId | None = None,
    group: str | None = None,
    subscription_id: SubscriptionId | None = None,
    now: datetime,
) -> Mute:
    """Leave a channel, or a group, out of one subscription or of all; asking twice makes one."""
    if (channel_id is None) == (group is None):
        raise ValueError("a mute is of a channel or of a group")
    name = group.lower() if group is not None else None
    # `is_not_distinct_from`, since NULL means something here.
    same = select(mutes).where(
        mutes.c.subscriber_id == subscriber_id,
        mutes.c.subscription_id.is_not_distinct_from(subscription_id),
        mutes.c.channel_id.is_not_distinct_from(channel_id),
        mutes.c.group_name.is_not_distinct_from(name),
    )
    row = (await connection.execute(same)).first()
    if row is None:
        await connection.execute(
            insert(mutes).values(
                subscriber_id=subscriber_id,
                subscription_id=subscription_id,
                channel_id=channel_id,
                group_name=name,
                added_at=now,
            )
        )
        row = (await connection.execute(same)).one()
    return _of_row(row)


async def remove(connection: AsyncConnection, mute_id: MuteId, subscriber_id: SubscriberId) -> bool:
    """Take a person's own mute away; say whether it was there."""
    gone = await connection.execute(
        delete(mutes).where(mutes.c.id == mute_id, mutes.c.subscriber_id == subscriber_id)
    )
    return gone.rowcount > 0


async def of(connection: AsyncConnection, subscriber_id: SubscriberId) -> list[Mute]:
    """Give what a person leaves out, oldest first."""
    return (await of_many(connection, [subscriber_id])).get(subscriber_id, [])


async def of_many(
    connection: AsyncConnection, ids: Collection[SubscriberId]
) -> dict[SubscriberId, list[Mute]]:
    """Give what each of these people leaves out; who leaves nothing out is missing."""
    rows = await connection.execute(
        select(mutes).where(mutes.c.subscriber_id.in_(list(ids))).order_by(mutes.c.id)
    )
    found: defaultdict[SubscriberId, list[Mute]] = defaultdict(list)
    for row in rows:
        mute = _of_row(row)
        found[mute.subscriber_id].append(mute)
    return dict(found)


def _of_row(row: Row[Any]) -> Mute:
    return Mute(
        id=MuteId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        subscription_id=None
        if row.subscription_id is None
        else SubscriptionId(row.subscription_id),
        channel_id=None if row.channel_id is None else ChannelId(row.channel_id),
        group=row.group_name,
        added_at=row.added_at,
    )
