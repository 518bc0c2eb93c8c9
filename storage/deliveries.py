"""Deliveries: alerts that are due, leased, tried, and what came of each attempt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertId,
    AlertState,
    Outcome,
    SubscriberId,
)
from storage.schema import Utc, alerts, deliveries

_LOOKED_AT = 16  # rows for each alert wanted: several may be of one reader


@dataclass(frozen=True, slots=True)
class DueAlert:
    """The first alert that is due for one subscriber."""

    id: AlertId
    subscriber_id: SubscriberId
    attempts: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt, to be written.

    `state` is the alert's next one if it was not changed meanwhile. `due_at` matters for an alert
    that stays owed; `remote_id` and `sent_hash` for one that was sent.
    """

    alert_id: AlertId
    subscriber_id: SubscriberId
    target: str
    version: int
    at: datetime
    outcome: Outcome
    state: AlertState
    detail: str | None
    due_at: datetime
    remote_id: int | None
    sent_hash: bytes | None


async def release(connection: AsyncConnection, ids: Collection[AlertId] | None = None) -> None:
    """Give back leases: these, or all of them at the start of the only process there is."""
    statement = update(alerts).where(alerts.c.state == AlertState.LEASED)
    if ids is not None:
        statement = statement.where(alerts.c.id.in_(ids))
    await connection.execute(statement.values(state=AlertState.OWED, lease_until=None))


async def release_expired(connection: AsyncConnection, now: datetime) -> None:
    """Give back the leases of whoever has not reported in time."""
    await connection.execute(
        update(alerts)
        .where(alerts.c.state == AlertState.LEASED, alerts.c.lease_until <= now)
        .values(state=AlertState.OWED, lease_until=None)
    )


async def due(
    connection: AsyncConnection, now: datetime, busy: Iterable[SubscriberId], limit: int
) -> list[DueAlert]:
    """Give one due alert for each subscriber who is not busy: urgent before new before changed.

    Among equals the longest waiting goes first.
    """
    rows = await connection.execute(
        select(alerts.c.id, alerts.c.subscriber_id, alerts.c.attempts)
        .where(
            alerts.c.state == AlertState.OWED,
            alerts.c.due_at <= now,
            alerts.c.subscriber_id.notin_(list(busy)),
        )
        .order_by(alerts.c.priority, alerts.c.due_at, alerts.c.id)
        .limit(_LOOKED_AT * limit)
    )
    found: dict[SubscriberId, DueAlert] = {}
    for row in rows:
        item = DueAlert(AlertId(row.id), SubscriberId(row.subscriber_id), row.attempts)
        found.setdefault(item.subscriber_id, item)
    return list(found.values())[:limit]


async def next_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Say when the next alert that is not due yet will be."""
    found: datetime | None = await connection.scalar(
        select(func.min(alerts.c.due_at)).where(
            alerts.c.state == AlertState.OWED, alerts.c.due_at > now
        )
    )
    return found


async def lease(connection: AsyncConnection, ids: Collection[AlertId], until: datetime) -> None:
    """Take owed alerts for sending."""
    await connection.execute(
        update(alerts)
        .where(alerts.c.id.in_(ids), alerts.c.state == AlertState.OWED)
        .values(state=AlertState.LEASED, lease_until=until)
    )


async def highest_remote_id(connection: AsyncConnection) -> int:
    """Give the newest message of the bot's that an alert knows of, 0 without any."""
    return int(await connection.scalar(select(func.max(alerts.c.remote_id))) or 0)


async def record(connection: AsyncConnection, attempts: Sequence[Attempt]) -> None:
    """Write what came of attempts: a delivery row each, and the alerts' new states."""
    await connection.execute(insert(deliveries), [_delivery_row(item) for item in attempts])
    sent = [item for item in attempts if item.outcome is Outcome.SENT]
    if sent:
        await connection.execute(_SENT, [_sent_row(item) for item in sent])
    failed = [item for item in attempts if item.outcome is not Outcome.SENT]
    if failed:
        await connection.execute(_FAILED, [_failed_row(item) for item in failed])


_SENT = (
    update(alerts)
    .where(alerts.c.id == bindparam("key"))
    .values(
        state=case(
            (alerts.c.wanted_version > bindparam("version"), AlertState.OWED.value),
            else_=bindparam("next_state"),
        ),
        reason=bindparam("detail"),
        sent_version=bindparam("version"),
        sent_hash=bindparam("hash"),
        remote_id=bindparam("remote"),
        attempts=0,
        due_at=bindparam("at", type_=Utc()),
        lease_until=None,
        sent_at=func.coalesce(alerts.c.sent_at, bindparam("at", type_=Utc())),
    )
)


_FAILED = (
    update(alerts)
    .where(alerts.c.id == bindparam("key"))
    .values(
        state=bindparam("next_state"),
        reason=bindparam("detail"),
        attempts=alerts.c.attempts + 1,
        due_at=bindparam("due"),
        lease_until=None,
    )
)


def _delivery_row(item: Attempt) -> dict[str, object]:
    return {
        "alert_id": item.alert_id,
        "target": item.target,
        "version": item.version,
        "at": item.at,
        "outcome": item.outcome,
        "detail": item.detail,
    }


def _sent_row(item: Attempt) -> dict[str, object]:
    return {
        "key": item.alert_id,
        "version": item.version,
        "next_state": item.state,
        "detail": item.detail,
        "hash": item.sent_hash,
        "remote": item.remote_id,
        "at": item.at,
    }


def _failed_row(item: Attempt) -> dict[str, object]:
    return {
        "key": item.alert_id,
        "next_state": item.state,
        "detail": item.detail,
        "due": item.due_at,
    }
