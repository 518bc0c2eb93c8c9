"""Held alerts: what waits for a digest, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertId,
    AlertState,
    Held,
    NoticeId,
    Priority,
    SubscriberId,
    Withheld,
)
from storage.schema import alerts

_AT_MOST = 2_000  # alerts in one digest


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
        .values(due_at=alerts.c.owed_at)  # in the past: at once
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
        .values(state=AlertState.HELD, reason=Held.SNOOZED, due_at=alerts.c.owed_at)
    )
