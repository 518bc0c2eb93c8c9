"""Held alerts: what waits for a digest, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import func, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertId,
    AlertState,
    Held,
    NoticeId,
    Priority,
    Rhythm,
    SubscriberId,
    SubscriptionState,
    Withheld,
)
from storage.schema import alerts, hits, notices, story_posts, subscriptions

_AT_MOST = 2_000  # alerts in one digest
_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)  # whatever the clock was when they were owed


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """An alert that waits for a digest.

    `tellings` are (rhythm, whether urgent) of the queries that found it and are not paused.
    """

    id: AlertId
    reason: Held
    due_at: datetime
    tellings: tuple[tuple[Rhythm, bool], ...]


async def of(connection: AsyncConnection, subscriber_id: SubscriberId) -> list[HeldAlert]:
    """Give all that is held for a person, oldest first."""
    rows = await connection.execute(
        select(
            alerts.c.id,
            alerts.c.reason,
            alerts.c.due_at,
            subscriptions.c.rhythm,
            subscriptions.c.is_urgent,
        )
        .join(story_posts, story_posts.c.story_id == alerts.c.story_id)
        .join(hits, hits.c.post_id == story_posts.c.post_id)
        .join(subscriptions, subscriptions.c.id == hits.c.subscription_id)
        .where(
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.state == AlertState.HELD,
            subscriptions.c.subscriber_id == subscriber_id,
            subscriptions.c.state == SubscriptionState.ACTIVE,
            subscriptions.c.surge_channels.is_(None),
        )
        .order_by(alerts.c.id)
    )
    found: dict[AlertId, HeldAlert] = {}
    for row in rows:
        key, telling = AlertId(row.id), (Rhythm(row.rhythm), bool(row.is_urgent))
        known = found.get(key) or HeldAlert(key, Held(row.reason), row.due_at, ())
        found[key] = replace(known, tellings=(*known.tellings, telling))
    return list(found.values())


async def people(connection: AsyncConnection) -> list[SubscriberId]:
    """Give everybody for whom anything is held, or a notice waits for the end of quiet hours."""
    waiting = union(
        select(alerts.c.subscriber_id).where(alerts.c.state == AlertState.HELD),
        select(notices.c.subscriber_id).where(
            notices.c.state == AlertState.OWED, notices.c.reason == Held.QUIET
        ),
    ).subquery()
    rows = await connection.scalars(select(waiting.c.subscriber_id))
    return [SubscriberId(number) for number in rows]


async def bring_forward(
    connection: AsyncConnection, subscriber_id: SubscriberId, until: datetime
) -> None:
    """Let no notice to a person that waits for the end of quiet hours wait for longer than that."""
    await connection.execute(
        update(notices)
        .where(
            notices.c.subscriber_id == subscriber_id,
            notices.c.state == AlertState.OWED,
            notices.c.reason == Held.QUIET,
            notices.c.due_at > until,
        )
        .values(due_at=until)
    )


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[SubscriberId]:
    """Give who is to be told what was held, longest waiting first."""
    rows = await connection.scalars(
        select(alerts.c.subscriber_id)
        .where(alerts.c.state == AlertState.HELD, alerts.c.due_at <= now)
        .group_by(alerts.c.subscriber_id)
        .order_by(func.min(alerts.c.due_at))
        .limit(limit)
    )
    return [SubscriberId(number) for number in rows]


async def next_due(connection: AsyncConnection) -> datetime | None:
    """Say when the next held alert is to be told."""
    found: datetime | None = await connection.scalar(
        select(func.min(alerts.c.due_at)).where(alerts.c.state == AlertState.HELD)
    )
    return found


async def due_of(
    connection: AsyncConnection, subscriber_id: SubscriberId, now: datetime
) -> list[AlertId]:
    """Give which of a person's held alerts are to be told, oldest first."""
    rows = await connection.scalars(
        select(alerts.c.id)
        .where(
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.state == AlertState.HELD,
            alerts.c.due_at <= now,
        )
        .order_by(alerts.c.id)
        .limit(_AT_MOST)
    )
    return [AlertId(number) for number in rows]


async def postpone(
    connection: AsyncConnection, ids: Collection[AlertId], reason: Held | None, until: datetime
) -> None:
    """Hold these longer; None keeps the reason they have."""
    values = {"due_at": until} | ({"reason": reason} if reason else {})
    await connection.execute(
        update(alerts)
        .where(alerts.c.id.in_(ids), alerts.c.state == AlertState.HELD)
        .values(**values)
    )


async def withhold(connection: AsyncConnection, ids: Collection[AlertId], reason: Withheld) -> None:
    """Withhold these after all."""
    await connection.execute(
        update(alerts)
        .where(alerts.c.id.in_(ids), alerts.c.state == AlertState.HELD)
        .values(state=AlertState.WITHHELD, reason=reason)
    )


async def owe(connection: AsyncConnection, ids: Collection[AlertId], now: datetime) -> None:
    """Owe these by themselves."""
    await connection.execute(
        update(alerts)
        .where(alerts.c.id.in_(ids), alerts.c.state == AlertState.HELD)
        .values(state=AlertState.OWED, reason=None, due_at=now, priority=Priority.NEW)
    )


async def told(
    connection: AsyncConnection, ids: Collection[AlertId], notice_id: NoticeId, now: datetime
) -> None:
    """Note that a digest tells these; the reason they were held for stays."""
    await connection.execute(
        update(alerts)
        .where(alerts.c.id.in_(ids), alerts.c.state == AlertState.HELD)
        .values(
            state=AlertState.SENT,
            sent_version=alerts.c.wanted_version,
            told_in=notice_id,
            sent_at=now,
        )
    )


async def decide_again(
    connection: AsyncConnection, subscriber_id: SubscriberId, reasons: Collection[Held]
) -> None:
    """Have what is held for these reasons decided again at once: a person changed their rules."""
    await connection.execute(
        update(alerts)
        .where(
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.state == AlertState.HELD,
            alerts.c.reason.in_(list(reasons)),
        )
        .values(due_at=_AT_ONCE)
    )


async def hold_unsent(connection: AsyncConnection, subscriber_id: SubscriberId) -> None:
    """Hold what is owed to a person and not on its way yet, to be decided again at once."""
    await connection.execute(
        update(alerts)
        .where(
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.state == AlertState.OWED,
            alerts.c.sent_version == 0,
        )
        .values(state=AlertState.HELD, reason=Held.SNOOZED, due_at=_AT_ONCE)
    )
