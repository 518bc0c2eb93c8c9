"""Targets besides the chat with the bot, and what waits for each of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, and_, case, cast, func, insert, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertId,
    AlertState,
    DeliveryTarget,
    NoticeId,
    NoticeKind,
    Outcome,
    SubscriberId,
    TargetId,
    TargetKind,
    TargetState,
)
from storage.schema import Utc, deliveries, notices, target_items, targets
from storage.schema import alerts as alert_table


@dataclass(frozen=True, slots=True)
class TargetItem:
    """An alert or a notice (the other is None) that is due for a target."""

    id: int
    target: DeliveryTarget
    alert_id: AlertId | None
    notice_id: NoticeId | None
    attempts: int
    owed_at: datetime


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
    """Write a target of a person's."""
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
        )
        .returning(targets.c.id)
    )
    row = await connection.execute(select(targets).where(targets.c.id == number))
    return _of_row(row.one())


async def of(connection: AsyncConnection, subscriber_id: SubscriberId) -> list[DeliveryTarget]:
    """Give a person's targets, oldest first."""
    rows = await connection.execute(
        select(targets)
        .where(targets.c.subscriber_id == subscriber_id, targets.c.state == TargetState.ACTIVE)
        .order_by(targets.c.id)
    )
    return [_of_row(row) for row in rows]


async def by_id(connection: AsyncConnection, target_id: TargetId) -> DeliveryTarget | None:
    """Find a target that was not removed."""
    row = (
        await connection.execute(
            select(targets).where(targets.c.id == target_id, targets.c.state == TargetState.ACTIVE)
        )
    ).first()
    return _of_row(row) if row else None


async def remove(connection: AsyncConnection, target_id: TargetId) -> None:
    """Use a target no more, and forget its address; what waited for it is dropped."""
    await connection.execute(
        update(targets)
        .where(targets.c.id == target_id)
        .values(state=TargetState.REMOVED, address="", secret="")
    )
    await connection.execute(
        update(target_items)
        .where(target_items.c.target_id == target_id, target_items.c.state == AlertState.OWED)
        .values(state=AlertState.DEAD, reason="the target was removed")
    )


async def owe(connection: AsyncConnection, after: int, limit: int, now: datetime) -> int | None:
    """Owe targets what the bot told, or tried to, since a cursor over deliveries; give its end.

    Each alert and notice once a target, from when the target was made; news about a target's own
    trouble are for the others.
    """
    batch = select(deliveries.c.id).where(deliveries.c.id > after).order_by(deliveries.c.id)
    last = await connection.scalar(select(func.max(batch.limit(limit).subquery().c.id)))
    if last is None:
        return None
    told = (
        select(
            targets.c.id,
            deliveries.c.alert_id,
            deliveries.c.notice_id,
            literal(AlertState.OWED.value),
            literal(0),
            literal(now, Utc()),
            literal(now, Utc()),
        )
        .select_from(deliveries)
        .outerjoin(alert_table, alert_table.c.id == deliveries.c.alert_id)
        .outerjoin(notices, notices.c.id == deliveries.c.notice_id)
        .join(
            targets,
            and_(
                targets.c.subscriber_id
                == func.coalesce(alert_table.c.subscriber_id, notices.c.subscriber_id),
                targets.c.state == TargetState.ACTIVE,
                targets.c.added_at <= deliveries.c.at,
            ),
        )
        .where(
            deliveries.c.id > after,
            deliveries.c.id <= last,
            deliveries.c.target == "telegram",
            or_(
                notices.c.id.is_(None),
                notices.c.kind != NoticeKind.TARGET,
                notices.c.key.notlike(
                    literal("target:").concat(cast(targets.c.id, Text)).concat(":%")
                ),
            ),
        )
        .distinct()
    )
    columns = ["target_id", "alert_id", "notice_id", "state", "attempts", "owed_at", "due_at"]
    await connection.execute(
        upsert(target_items).from_select(columns, told).on_conflict_do_nothing()
    )
    return int(last)


async def newest_delivery(connection: AsyncConnection) -> int:
    """Give the id of the newest delivery row, 0 without any."""
    return int(await connection.scalar(select(func.max(deliveries.c.id))) or 0)


async def due(
    connection: AsyncConnection, now: datetime, busy: Collection[TargetId], limit: int
) -> list[TargetItem]:
    """Give the oldest due item of each target that is not busy."""
    first = (
        select(func.min(target_items.c.id).label("id"))
        .where(
            target_items.c.state == AlertState.OWED,
            target_items.c.due_at <= now,
            target_items.c.target_id.notin_(list(busy)),
        )
        .group_by(target_items.c.target_id)
        .limit(limit)
        .subquery()
    )
    rows = await connection.execute(
        select(
            targets,
            target_items.c.id.label("item_id"),
            target_items.c.alert_id,
            target_items.c.notice_id,
            target_items.c.attempts,
            target_items.c.owed_at.label("item_owed_at"),
        )
        .join(target_items, target_items.c.target_id == targets.c.id)
        .join(first, first.c.id == target_items.c.id)
    )
    return [
        TargetItem(
            row.item_id,
            _of_row(row),
            None if row.alert_id is None else AlertId(row.alert_id),
            None if row.notice_id is None else NoticeId(row.notice_id),
            row.attempts,
            row.item_owed_at,
        )
        for row in rows
    ]


async def record(
    connection: AsyncConnection,
    item: TargetItem,
    outcome: Outcome,
    reason: str | None,
    *,
    now: datetime,
    due_at: datetime,
) -> None:
    """Write what came of an attempt: a delivery row, the item's new state, the target's health."""
    await connection.execute(
        insert(deliveries).values(
            alert_id=item.alert_id,
            notice_id=item.notice_id,
            target=f"{item.target.kind}:{item.target.id}",
            version=1,
            at=now,
            outcome=outcome,
            detail=reason,
        )
    )
    states = {
        Outcome.SENT: AlertState.SENT,
        Outcome.LATER: AlertState.OWED,
        Outcome.NEVER: AlertState.DEAD,
    }
    await connection.execute(
        update(target_items)
        .where(target_items.c.id == item.id, target_items.c.state == AlertState.OWED)
        .values(
            state=states[outcome],
            reason=reason,
            attempts=target_items.c.attempts + 1,
            due_at=due_at,
        )
    )
    works = outcome is Outcome.SENT
    await connection.execute(
        update(targets)
        .where(targets.c.id == item.target.id)
        .values(
            failing_since=None
            if works
            else case(
                (targets.c.failing_since.is_(None), literal(now, Utc())),
                else_=targets.c.failing_since,
            ),
            reason=None if works else reason,
        )
    )


async def failing_since(connection: AsyncConnection, before: datetime) -> list[DeliveryTarget]:
    """Give the targets that have not worked since that time or longer."""
    rows = await connection.execute(
        select(targets).where(
            targets.c.state == TargetState.ACTIVE, targets.c.failing_since <= before
        )
    )
    return [_of_row(row) for row in rows]


def _of_row(row: Row[Any]) -> DeliveryTarget:
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
