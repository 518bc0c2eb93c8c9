"""Targets besides the chat with the bot: whose they are, and whether they work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertState,
    DeliveryTarget,
    SubscriberId,
    SubscriberState,
    TargetId,
    TargetKind,
    TargetState,
    Withheld,
)
from storage.schema import alerts, notices, subscribers, target_items, targets


async def add(
    connection: AsyncConnection,
    subscriber_id: SubscriberId,
    kind: TargetKind,
    *,
    label: str,
    address: str,
    secret: str,
    now: datetime,
) -> DeliveryTarget:
    """Write a target of a person's, for what is owed from now on."""
    number = await connection.scalar(
        insert(targets)
        .values(
            subscriber_id=subscriber_id,
            kind=kind,
            label=label,
            address=address,
            secret=secret,
            state=TargetState.ACTIVE,
            added_at=now,
            after_alert=select(func.coalesce(func.max(alerts.c.id), 0)).scalar_subquery(),
            after_notice=select(func.coalesce(func.max(notices.c.id), 0)).scalar_subquery(),
        )
        .returning(targets.c.id)
    )
    row = await connection.execute(select(targets).where(targets.c.id == number))
    return of_row(row.one())


async def of(connection: AsyncConnection, subscriber_id: SubscriberId) -> list[DeliveryTarget]:
    """Give a person's targets, oldest first."""
    rows = await connection.execute(
        select(targets)
        .where(targets.c.subscriber_id == subscriber_id, targets.c.state == TargetState.ACTIVE)
        .order_by(targets.c.id)
    )
    return [of_row(row) for row in rows]


async def is_used(connection: AsyncConnection) -> bool:
    """Say whether anybody has a target."""
    found = select(targets.c.id).where(targets.c.state == TargetState.ACTIVE).limit(1)
    return await connection.scalar(found) is not None


async def by_id(connection: AsyncConnection, target_id: TargetId) -> DeliveryTarget | None:
    """Find a target that was not removed."""
    row = (
        await connection.execute(
            select(targets).where(targets.c.id == target_id, targets.c.state == TargetState.ACTIVE)
        )
    ).first()
    return of_row(row) if row else None


async def remove(connection: AsyncConnection, target_id: TargetId) -> None:
    """Use a target no more, and forget its address; what waited for it is dropped."""
    await connection.execute(
        update(targets)
        .where(targets.c.id == target_id)
        .values(state=TargetState.REMOVED, address="", secret="")
    )
    await connection.execute(
        update(target_items)
        .where(
            target_items.c.target_id == target_id,
            target_items.c.state.in_([AlertState.OWED, AlertState.HELD]),
        )
        .values(state=AlertState.DEAD, reason="the target was removed")
    )


async def owners_cut_off(
    connection: AsyncConnection, since: datetime, before: datetime
) -> list[SubscriberId]:
    """Give who has blocked the bot, has other targets, and missed an alert here in that time."""
    missed = select(alerts.c.id).where(
        alerts.c.subscriber_id == subscribers.c.id,
        alerts.c.state == AlertState.WITHHELD,
        alerts.c.reason == Withheld.BLOCKED_BOT,
        alerts.c.owed_at.between(since, before),
    )
    active = select(targets.c.subscriber_id).where(targets.c.state == TargetState.ACTIVE)
    rows = await connection.scalars(
        select(subscribers.c.id).where(
            subscribers.c.state == SubscriberState.BLOCKED_BOT,
            subscribers.c.id.in_(active),
            missed.exists(),
        )
    )
    return [SubscriberId(number) for number in rows]


async def failing_since(connection: AsyncConnection, before: datetime) -> list[DeliveryTarget]:
    """Give the targets that have not worked since that time or longer."""
    rows = await connection.execute(
        select(targets).where(
            targets.c.state == TargetState.ACTIVE, targets.c.failing_since <= before
        )
    )
    return [of_row(row) for row in rows]


def of_row(row: Row[Any]) -> DeliveryTarget:
    """Read a target."""
    return DeliveryTarget(
        id=TargetId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        kind=TargetKind(row.kind),
        label=row.label,
        address=row.address,
        secret=row.secret,
        state=TargetState(row.state),
        failing_since=row.failing_since,
        reason=row.reason,
        added_at=row.added_at,
    )
