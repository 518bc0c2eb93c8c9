"""Whom a channel concerns, what they missed of it, and what of all that was told.

A channel concerns a person who had a hit in it in the last thirty days, or who watches for it or
one of its groups by name, and who has not muted it; and every operator.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    Blindness,
    BlindPeriod,
    Channel,
    ChannelId,
    ChannelState,
    Role,
    Source,
    SubscriberId,
    SubscriberState,
    SubscriptionState,
)
from storage.schema import (
    blind_periods,
    channel_groups,
    channel_readers,
    channels,
    hits,
    mutes,
    posts,
    subscribers,
    subscriptions,
)

_RECENT = timedelta(days=30)
_NAMED = re.compile(r"(?<![-\w])(?<!NOT )(channel:@?|group:)([\w]+)", re.IGNORECASE)
_NOT_LIVE = (Source.CATCH_UP, Source.GAP, Source.REREAD)


@dataclass(frozen=True, slots=True)
class Untold:
    """A blind period that ended and nobody was told of; `channels` are those it made blind."""

    period: BlindPeriod
    channels: tuple[ChannelId, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """What was posted in a blind period and found afterwards; `hits` are one person's."""

    posts: int
    hits: int


async def of_channels(
    connection: AsyncConnection, about: Mapping[ChannelId, Channel], now: datetime
) -> dict[SubscriberId, set[ChannelId]]:
    """Say whom these channels concern, and which of them."""
    found: defaultdict[SubscriberId, set[ChannelId]] = defaultdict(set)
    rows = await connection.execute(
        select(subscriptions.c.subscriber_id, posts.c.channel_id)
        .join(hits, hits.c.subscription_id == subscriptions.c.id)
        .join(posts, posts.c.id == hits.c.post_id)
        .where(
            subscriptions.c.state == SubscriptionState.ACTIVE,
            hits.c.found_at >= now - _RECENT,
            posts.c.channel_id.in_(list(about)),
        )
        .distinct()
    )
    for row in rows:
        found[SubscriberId(row.subscriber_id)].add(ChannelId(row.channel_id))
    await _add_named(connection, about, found)
    await _take_muted(connection, about, found)
    rows = await connection.execute(
        select(subscribers.c.id, subscribers.c.role).where(
            subscribers.c.state == SubscriberState.ACTIVE
        )
    )
    roles = {SubscriberId(row.id): Role(row.role) for row in rows}
    for key, role in roles.items():
        if role is Role.OPERATOR:
            found[key] |= set(about)
    return {key: concerned for key, concerned in found.items() if key in roles and concerned}


async def _add_named(
    connection: AsyncConnection,
    about: Mapping[ChannelId, Channel],
    found: dict[SubscriberId, set[ChannelId]],
) -> None:
    names: defaultdict[str, set[ChannelId]] = defaultdict(set)
    for key, channel in about.items():
        if channel.username:
            names[f"channel:{channel.username}"].add(key)
    for row in await connection.execute(
        select(channel_groups).where(channel_groups.c.channel_id.in_(list(about)))
    ):
        names[f"group:{row.name}"].add(ChannelId(row.channel_id))
    rows = await connection.execute(
        select(subscriptions.c.subscriber_id, subscriptions.c.normal).where(
            subscriptions.c.state == SubscriptionState.ACTIVE,
            or_(
                subscriptions.c.normal.contains("channel:"),
                subscriptions.c.normal.contains("group:"),
            ),
        )
    )
    for row in rows:
        for kind, name in _NAMED.findall(row.normal):
            wanted = f"{kind.rstrip('@').lower()}{name.lower()}"
            found[SubscriberId(row.subscriber_id)] |= names[wanted]


async def _take_muted(
    connection: AsyncConnection,
    about: Mapping[ChannelId, Channel],
    found: dict[SubscriberId, set[ChannelId]],
) -> None:
    rows = await connection.execute(
        select(mutes.c.subscriber_id, mutes.c.channel_id).where(
            mutes.c.subscription_id.is_(None), mutes.c.channel_id.in_(list(about))
        )
    )
    for row in rows:
        found[SubscriberId(row.subscriber_id)].discard(ChannelId(row.channel_id))


async def untold_periods(connection: AsyncConnection, limit: int) -> list[Untold]:
    """Give ended blind periods nobody was told of, oldest first, with the channels made blind."""
    rows = await connection.execute(
        select(blind_periods)
        .where(blind_periods.c.ended_at.is_not(None), blind_periods.c.told_at.is_(None))
        .order_by(blind_periods.c.id)
        .limit(limit)
    )
    return [Untold(_period(row), await _blinded(connection, row)) for row in rows.all()]


def _period(row: Any) -> BlindPeriod:
    return BlindPeriod(
        id=row.id,
        account_id=row.account_id,
        channel_id=row.channel_id,
        why=Blindness(row.why),
        began_at=row.began_at,
        ended_at=row.ended_at,
        detail=row.detail,
    )


async def _blinded(connection: AsyncConnection, row: Any) -> tuple[ChannelId, ...]:
    if row.channel_id is not None:
        return (ChannelId(row.channel_id),)
    rows = await connection.scalars(
        select(channel_readers.c.channel_id)
        .join(channels, channels.c.id == channel_readers.c.channel_id)
        .where(
            channel_readers.c.account_id == row.account_id,
            channel_readers.c.since < row.ended_at,
            or_(channel_readers.c.until.is_(None), channel_readers.c.until > row.began_at),
            channels.c.state != ChannelState.REMOVED,
            channels.c.checked_at.is_not(None),
        )
        .distinct()
        .order_by(channel_readers.c.channel_id)
    )
    return tuple(ChannelId(number) for number in rows)


async def made_good_at(
    connection: AsyncConnection, ids: Collection[ChannelId], after: datetime
) -> datetime | None:
    """Say by when all of these channels were looked at after a moment; None: not all were."""
    rows = await connection.execute(
        select(channels.c.checked_at).where(
            channels.c.id.in_(list(ids)), channels.c.state == ChannelState.FOLLOWED
        )
    )
    moments = [row.checked_at for row in rows]
    if any(moment is None or moment < after for moment in moments):
        return None
    return max(moments, default=after)


async def missed(
    connection: AsyncConnection,
    subscriber_id: SubscriberId,
    ids: Collection[ChannelId],
    period: BlindPeriod,
) -> Missed:
    """Count what was posted in a blind period in these channels and came only afterwards."""
    late = and_(
        posts.c.channel_id.in_(list(ids)),
        posts.c.posted_at >= period.began_at - timedelta(seconds=1),  # Telegram's whole seconds
        posts.c.posted_at <= period.ended_at,
        posts.c.source.in_(_NOT_LIVE),
    )
    own = (
        select(func.count(func.distinct(hits.c.post_id)))
        .join(subscriptions, subscriptions.c.id == hits.c.subscription_id)
        .join(posts, posts.c.id == hits.c.post_id)
        .where(late, subscriptions.c.subscriber_id == subscriber_id)
    )
    return Missed(
        int(await connection.scalar(select(func.count()).select_from(posts).where(late)) or 0),
        int(await connection.scalar(own) or 0),
    )


async def told(connection: AsyncConnection, period_id: int, at: datetime) -> None:
    """Note that those concerned are owed notices of a blind period."""
    await connection.execute(
        update(blind_periods).where(blind_periods.c.id == period_id).values(told_at=at)
    )
