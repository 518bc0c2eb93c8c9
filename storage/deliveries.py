"""Deliveries: alerts and notices that are due, leased, tried, and what came of each attempt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import cursors
from storage.records import (
    AlertId,
    AlertState,
    NoticeId,
    Outcome,
    SubscriberId,
)
from storage.schema import Utc, alerts, deliveries, notices

_KNOWN_UNTIL = "outbox.known"  # a cursor
_LOOKED_AT = 16  # rows for each alert wanted: several may be of one reader


@dataclass(frozen=True, slots=True)
class Due:
    """The first alert, or notice (the other is None), that is due for one subscriber."""

    alert_id: AlertId | None
    notice_id: NoticeId | None
    subscriber_id: SubscriberId
    attempts: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt with an alert or a notice, to be written.

    `state` is its next one if it was not changed meanwhile. `due_at` matters for what stays owed;
    `remote_id` and `sent_hash` for what was sent.
    """

    alert_id: AlertId | None
    notice_id: NoticeId | None
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


async def release(connection: AsyncConnection, items: Iterable[Due] | None = None) -> None:
    """Give back leases: these, or all of them at the start of the only process there is."""
    kept = None if items is None else list(items)
    for table, ids in (
        (alerts, None if kept is None else [item.alert_id for item in kept]),
        (notices, None if kept is None else [item.notice_id for item in kept]),
    ):
        statement = update(table).where(table.c.state == AlertState.LEASED)
        if ids is not None:
            statement = statement.where(table.c.id.in_([number for number in ids if number]))
        await connection.execute(statement.values(state=AlertState.OWED, lease_until=None))


async def release_expired(connection: AsyncConnection, now: datetime) -> None:
    """Give back the leases of whoever has not reported in time."""
    for table in (alerts, notices):
        await connection.execute(
            update(table)
            .where(table.c.state == AlertState.LEASED, table.c.lease_until <= now)
            .values(state=AlertState.OWED, lease_until=None)
        )


# Made once: the outbox asks at every turn, and making a statement costs more than running it.
_DUE = {
    table: select(
        table.c.id, table.c.subscriber_id, table.c.attempts, table.c.priority, table.c.due_at
    )
    .where(
        table.c.state == AlertState.OWED,
        table.c.due_at <= bindparam("now"),
        table.c.subscriber_id.notin_(bindparam("busy", expanding=True)),
    )
    .order_by(table.c.priority, table.c.due_at, table.c.id)
    .limit(bindparam("most"))
    for table in (alerts, notices)
}
_NEXT_DUE = [
    select(func.min(table.c.due_at)).where(
        table.c.state == AlertState.OWED, table.c.due_at > bindparam("now")
    )
    for table in (alerts, notices)
]


async def due(
    connection: AsyncConnection, now: datetime, busy: Iterable[SubscriberId], limit: int
) -> list[Due]:
    """Give what is due first for each subscriber who is not busy: urgent, then new, then changed.

    Among equals the longest waiting goes first.
    """
    asked = {"now": now, "busy": list(busy), "most": _LOOKED_AT * limit}
    waiting = [
        (row.priority, row.due_at, table is notices, row)
        for table, statement in _DUE.items()
        for row in await connection.execute(statement, asked)
    ]
    waiting.sort(key=lambda item: (*item[:3], item[3].id))
    found: dict[SubscriberId, Due] = {}
    for _, _, is_notice, row in waiting:
        reader = SubscriberId(row.subscriber_id)
        item = Due(
            None if is_notice else AlertId(row.id),
            NoticeId(row.id) if is_notice else None,
            reader,
            row.attempts,
        )
        found.setdefault(reader, item)
    return list(found.values())[:limit]


async def next_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Say when the next alert or notice that is not due yet will be."""
    found = [await connection.scalar(statement, {"now": now}) for statement in _NEXT_DUE]
    return min((moment for moment in found if moment is not None), default=None)


async def lease(connection: AsyncConnection, items: Sequence[Due], until: datetime) -> None:
    """Take what is owed for sending."""
    for table, ids in (
        (alerts, [item.alert_id for item in items]),
        (notices, [item.notice_id for item in items]),
    ):
        taken = [number for number in ids if number]
        if taken:
            await connection.execute(
                update(table)
                .where(table.c.id.in_(taken), table.c.state == AlertState.OWED)
                .values(state=AlertState.LEASED, lease_until=until)
            )


async def note_known(connection: AsyncConnection) -> None:
    """Keep which message was the newest we knew of, because later ones may be forgotten.

    That is so in a restored backup: what it does not know of is looked for from there on.
    """
    newest = await highest_remote_id(connection)
    if newest:
        await cursors.advance(connection, _KNOWN_UNTIL, newest)


async def known_until(connection: AsyncConnection) -> int:
    """Give what `note_known` kept last, 0 without."""
    return await cursors.position(connection, _KNOWN_UNTIL)


async def highest_remote_id(connection: AsyncConnection) -> int:
    """Give the newest message of the bot's that an alert knows of, 0 without any."""
    return int(await connection.scalar(select(func.max(alerts.c.remote_id))) or 0)


async def record(connection: AsyncConnection, attempts: Sequence[Attempt]) -> None:
    """Write what came of attempts: a delivery row each, and the new states."""
    attempts = await _of_what_there_is(connection, attempts)
    if not attempts:
        return
    await connection.execute(insert(deliveries), [_delivery_row(item) for item in attempts])
    about_alerts = [item for item in attempts if item.alert_id is not None]
    sent = [item for item in about_alerts if item.outcome is Outcome.SENT]
    if sent:
        await connection.execute(_SENT, [_sent_row(item) for item in sent])
    failed = [item for item in about_alerts if item.outcome is not Outcome.SENT]
    if failed:
        await connection.execute(_FAILED, [_failed_row(item) for item in failed])
    about_notices = [item for item in attempts if item.notice_id is not None]
    if about_notices:
        await connection.execute(_NOTICE, [_notice_row(item) for item in about_notices])


async def _of_what_there_is(
    connection: AsyncConnection, attempts: Sequence[Attempt]
) -> Sequence[Attempt]:
    """Leave out what was tried for a person whose rows were erased meanwhile."""
    about = {item.alert_id for item in attempts if item.alert_id is not None}
    told = {item.notice_id for item in attempts if item.notice_id is not None}
    there = [
        set(await connection.scalars(select(table.c.id).where(table.c.id.in_(ids)))) if ids else ()
        for table, ids in ((alerts, about), (notices, told))
    ]
    held, kept = there
    return [item for item in attempts if item.alert_id in held or item.notice_id in kept]


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


_NOTICE = (
    update(notices)
    .where(notices.c.id == bindparam("number"))
    .values(
        state=bindparam("next_state"),
        reason=func.coalesce(bindparam("detail"), notices.c.reason),
        attempts=notices.c.attempts + 1,
        due_at=bindparam("due"),
        lease_until=None,
        remote_id=bindparam("remote"),
        sent_at=bindparam("sent", type_=Utc()),
    )
)


def _notice_row(item: Attempt) -> dict[str, object]:
    return {
        "number": item.notice_id,
        "next_state": item.state,
        "detail": item.detail,
        "due": item.due_at,
        "remote": item.remote_id,
        "sent": item.at if item.outcome is Outcome.SENT else None,
    }


def _delivery_row(item: Attempt) -> dict[str, object]:
    return {
        "alert_id": item.alert_id,
        "notice_id": item.notice_id,
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
