"""Subscriptions and their hits: what people watch for, and which posts matched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import places
from storage.records import (
    NewHit,
    PostId,
    RevisionId,
    Rhythm,
    Span,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    Surge,
)
from storage.schema import hits, revisions, subscribers, subscriptions

_KEPT = subscriptions.c.state != SubscriptionState.REMOVED


async def add(
    connection: AsyncConnection,
    subscriber_id: SubscriberId,
    *,
    query: str,
    normal: str,
    added_at: datetime,
) -> Subscription:
    """Write a subscription; one of the same meaning that is there already is given back instead.

    So asking twice makes one. A paused one that is asked for again becomes active.
    """
    same = (
        await connection.execute(
            select(subscriptions).where(
                subscriptions.c.subscriber_id == subscriber_id,
                subscriptions.c.normal == normal,
                _KEPT,
            )
        )
    ).first()
    if same:
        await set_state(
            connection, SubscriptionId(same.id), subscriber_id, SubscriptionState.ACTIVE
        )
        number = same.id
    else:
        written = await connection.execute(
            insert(subscriptions)
            .values(
                subscriber_id=subscriber_id,
                query=query,
                normal=normal,
                state=SubscriptionState.ACTIVE,
                added_at=added_at,
                after_revision=select(func.coalesce(func.max(revisions.c.id), 0)).scalar_subquery(),
            )
            .returning(subscriptions.c.id)
        )
        number = written.scalar_one()
    row = await connection.execute(select(subscriptions).where(subscriptions.c.id == number))
    return of_row(row.one())


async def active(connection: AsyncConnection) -> list[Subscription]:
    """Give what is to be matched: the active subscriptions of people who were not removed.

    Those who blocked the bot are matched on: they are told when they write again.
    """
    rows = await connection.execute(
        select(subscriptions)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(
            subscriptions.c.state == SubscriptionState.ACTIVE,
            subscribers.c.state != SubscriberState.REMOVED,
        )
        .order_by(subscriptions.c.id)
    )
    return [of_row(row) for row in rows]


async def active_mark(connection: AsyncConnection) -> tuple[int, int, int]:
    """Give numbers that differ whenever the active subscriptions do.

    Their count, the sum of their ids and the length of their queries: a form struck out of a
    query or put back makes it longer or shorter.
    """
    row = (
        await connection.execute(
            select(
                func.count(),
                func.coalesce(func.sum(subscriptions.c.id), 0),
                func.coalesce(func.sum(func.length(subscriptions.c.query)), 0),
            )
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(
                subscriptions.c.state == SubscriptionState.ACTIVE,
                subscribers.c.state != SubscriberState.REMOVED,
            )
        )
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


async def page(
    connection: AsyncConnection, subscriber_id: SubscriberId, *, offset: int = 0, limit: int = 1000
) -> list[Subscription]:
    """Give a person's subscriptions, paused ones too, oldest first."""
    rows = await connection.execute(
        select(subscriptions)
        .where(subscriptions.c.subscriber_id == subscriber_id, _KEPT)
        .order_by(subscriptions.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [of_row(row) for row in rows]


async def count(connection: AsyncConnection, subscriber_id: SubscriberId | None = None) -> int:
    """Count a person's subscriptions, or everybody's, paused ones too."""
    statement = select(func.count()).select_from(subscriptions).where(_KEPT)
    if subscriber_id is not None:
        statement = statement.where(subscriptions.c.subscriber_id == subscriber_id)
    return int(await connection.scalar(statement) or 0)


async def owned(
    connection: AsyncConnection, subscription_id: SubscriptionId, subscriber_id: SubscriberId
) -> Subscription | None:
    """Find a person's own subscription; another's, or one that was deleted, is None."""
    row = (
        await connection.execute(
            select(subscriptions).where(
                subscriptions.c.id == subscription_id,
                subscriptions.c.subscriber_id == subscriber_id,
                _KEPT,
            )
        )
    ).first()
    return of_row(row) if row else None


async def matching(
    connection: AsyncConnection, post_id: PostId, subscriber_id: SubscriberId
) -> list[Subscription]:
    """Give a person's own subscriptions that hit a post, but deleted ones."""
    rows = await connection.execute(
        select(subscriptions)
        .join(hits, hits.c.subscription_id == subscriptions.c.id)
        .where(hits.c.post_id == post_id, subscriptions.c.subscriber_id == subscriber_id, _KEPT)
        .order_by(subscriptions.c.id)
    )
    return [of_row(row) for row in rows]


async def set_state(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    subscriber_id: SubscriberId,
    state: SubscriptionState,
) -> None:
    """Pause, resume or delete a person's own subscription; a deleted one stays deleted."""
    await _change(connection, subscription_id, subscriber_id, state=state)


async def set_rhythm(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    subscriber_id: SubscriberId,
    rhythm: Rhythm,
) -> None:
    """Set when a person's own subscription is told."""
    await _change(connection, subscription_id, subscriber_id, rhythm=rhythm)


async def set_urgent(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    subscriber_id: SubscriberId,
    *,
    is_urgent: bool,
) -> None:
    """Let a person's own subscription break through quiet hours and the cap, or not."""
    await _change(connection, subscription_id, subscriber_id, is_urgent=int(is_urgent))


async def set_surge(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    subscriber_id: SubscriberId,
    surge: Surge | None,
) -> None:
    """Tell only surges of a person's own subscription; None tells each story again."""
    await _change(
        connection,
        subscription_id,
        subscriber_id,
        surge_channels=surge.channels if surge else None,
        surge_minutes=surge.minutes if surge else None,
    )


async def _change(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    subscriber_id: SubscriberId,
    **values: object,
) -> None:
    await connection.execute(
        update(subscriptions)
        .where(
            subscriptions.c.id == subscription_id,
            subscriptions.c.subscriber_id == subscriber_id,
            _KEPT,
        )
        .values(**values)
    )


async def set_query(
    connection: AsyncConnection,
    subscription_id: SubscriptionId,
    subscriber_id: SubscriberId,
    *,
    query: str,
    normal: str,
) -> None:
    """Change what a person's own subscription asks for; its hits stay as they were found."""
    await connection.execute(
        update(subscriptions)
        .where(
            subscriptions.c.id == subscription_id,
            subscriptions.c.subscriber_id == subscriber_id,
            _KEPT,
        )
        .values(query=query, normal=normal)
    )


async def add_hits(connection: AsyncConnection, new: Sequence[NewHit]) -> int:
    """Write the hits that are not there yet and say how many; safe to repeat."""
    keys = {(hit.post_id, hit.subscription_id): hit for hit in reversed(new)}
    if not keys:
        return 0
    rows = await connection.execute(
        select(hits.c.post_id, hits.c.subscription_id).where(
            tuple_(hits.c.post_id, hits.c.subscription_id).in_(list(keys))
        )
    )
    held = {(row.post_id, row.subscription_id) for row in rows}
    matched = {hit.subscription_id for hit in keys.values()}
    there = set(  # a person's may have been erased since they were matched
        await connection.scalars(select(subscriptions.c.id).where(subscriptions.c.id.in_(matched)))
    )
    fresh = [
        hit
        for key, hit in reversed(keys.items())
        if key not in held and hit.subscription_id in there
    ]
    if fresh:
        await connection.execute(insert(hits), [_hit_row(hit) for hit in fresh])
        await places.add_of_hits(connection, fresh)
    return len(fresh)


def _hit_row(hit: NewHit) -> dict[str, object]:
    return {
        "subscription_id": hit.subscription_id,
        "post_id": hit.post_id,
        "revision_id": hit.revision_id,
        "spans": json.dumps([[span.start, span.end] for span in hit.spans]),
        "found_at": hit.found_at,
    }


def spans_of(stored: str) -> tuple[Span, ...]:
    """Read the column `hits.spans`."""
    return tuple(Span(start, end) for start, end in json.loads(stored))


def of_row(row: Row[Any]) -> Subscription:
    """Read a row of the table."""
    return Subscription(
        id=SubscriptionId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        query=row.query,
        normal=row.normal,
        state=SubscriptionState(row.state),
        added_at=row.added_at,
        rhythm=Rhythm(row.rhythm),
        is_urgent=bool(row.is_urgent),
        surge=None if row.surge_channels is None else Surge(row.surge_channels, row.surge_minutes),
        after_revision=RevisionId(row.after_revision),
    )
