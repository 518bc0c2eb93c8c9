"""What waits for each target besides the chat with the bot, and what came of each attempt.

An alert or a notice is a target's from when it is decided, whether or not the bot can tell it: who
blocked the bot is still told elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Text, and_, case, cast, func, insert, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import targets
from storage.records import (
    AlertId,
    AlertState,
    DeliveryTarget,
    NoticeId,
    NoticeKind,
    Outcome,
    TargetId,
    TargetKind,
    TargetState,
    Withheld,
)
from storage.schema import Utc, alerts, deliveries, notices, target_items
from storage.schema import targets as target_table

IN_DIGEST = "it is told in a digest"
_SPREADS = timedelta(hours=48)  # a story's window: later nothing about it changes
_TOLD_IN_CHATS = (NoticeKind.DIGEST, NoticeKind.FOLLOW_UP, NoticeKind.SURGE)
_COLUMNS = ("target_id", "alert_id", "notice_id", "state", "attempts", "owed_at", "due_at")


@dataclass(frozen=True, slots=True)
class TargetItem:
    """An alert or a notice (the other is None) that is due for a target.

    `remote_id` is the message a chat has of it, `version` which one of the alert; None without.
    """

    id: int
    target: DeliveryTarget
    alert_id: AlertId | None
    notice_id: NoticeId | None
    attempts: int
    owed_at: datetime
    version: int | None = None
    remote_id: int | None = None


async def newest(connection: AsyncConnection) -> tuple[int, int]:
    """Give the ids of the newest alert and the newest notice, 0 without any."""
    row = (
        await connection.execute(
            select(
                select(func.max(alerts.c.id)).scalar_subquery(),
                select(func.max(notices.c.id)).scalar_subquery(),
            )
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


async def owe_alerts(
    connection: AsyncConnection, after: int, limit: int, now: datetime
) -> int | None:
    """Owe targets the alerts since a cursor, each once a target; give the last one looked at.

    What is held or withheld waits until that changes (`wake`). From when the target was made.
    """
    last = await _last(connection, alerts.c.id, after, limit)
    if last is None:
        return None
    state = case((_may_be_told(), AlertState.OWED.value), else_=AlertState.HELD.value)
    found = (
        select(
            *(target_table.c.id, alerts.c.id, literal(None), state, literal(0)),
            *(literal(now, Utc()), literal(now, Utc())),
        )
        .join(target_table, target_table.c.subscriber_id == alerts.c.subscriber_id)
        .where(alerts.c.id > after, alerts.c.id <= last, alerts.c.told_in.is_(None))
        .where(target_table.c.state == TargetState.ACTIVE)
        .where(target_table.c.after_alert < alerts.c.id)
    )
    await _insert(connection, found)
    return last


async def owe_notices(
    connection: AsyncConnection, after: int, limit: int, now: datetime
) -> int | None:
    """Owe targets the notices since a cursor; give the last one looked at.

    News of a target's own trouble are for the others; a chat, which others read, gets what is
    about posts alone.
    """
    last = await _last(connection, notices.c.id, after, limit)
    if last is None:
        return None
    own_trouble = literal("target:").concat(cast(target_table.c.id, Text)).concat(":%")
    found = (
        select(
            *(target_table.c.id, literal(None), notices.c.id),
            *(literal(AlertState.OWED.value), literal(0), literal(now, Utc())),
            case((notices.c.due_at > now, notices.c.due_at), else_=literal(now, Utc())),
        )
        .join(target_table, target_table.c.subscriber_id == notices.c.subscriber_id)
        .where(notices.c.id > after, notices.c.id <= last)
        .where(target_table.c.state == TargetState.ACTIVE)
        .where(target_table.c.after_notice < notices.c.id)
        .where(or_(notices.c.kind != NoticeKind.TARGET, notices.c.key.notlike(own_trouble)))
        .where(or_(target_table.c.kind != TargetKind.CHAT, notices.c.kind.in_(_TOLD_IN_CHATS)))
    )
    await _insert(connection, found)
    return last


async def _last(connection: AsyncConnection, column: Any, after: int, limit: int) -> int | None:
    batch = select(column).where(column > after).order_by(column).limit(limit).subquery()
    found = await connection.scalar(select(func.max(batch.c.id)))
    return None if found is None else int(found)


async def _insert(connection: AsyncConnection, found: Select[Any]) -> None:
    statement = upsert(target_items).from_select(_COLUMNS, found)
    await connection.execute(statement.on_conflict_do_nothing())


def _may_be_told() -> Any:
    """Say of an alert that nothing but the bot's own trouble speaks against telling it."""
    states = (AlertState.OWED, AlertState.LEASED, AlertState.SENT, AlertState.DEAD)
    return or_(
        alerts.c.state.in_(states),
        and_(alerts.c.state == AlertState.WITHHELD, alerts.c.reason == Withheld.BLOCKED_BOT),
    )


async def is_waiting(connection: AsyncConnection, now: datetime) -> bool:
    """Say whether `wake` may find something to do: most of the time it does not."""
    held = select(target_items.c.id).where(target_items.c.state == AlertState.HELD)
    changed = (
        select(target_items.c.id)
        .join(alerts, alerts.c.id == target_items.c.alert_id)
        .where(_has_changed(now))
    )
    found = select(or_(held.limit(1).exists(), changed.limit(1).exists()))
    return bool(await connection.scalar(found))


def _has_changed(now: datetime) -> Any:
    """Say of an item that a chat has an older version of its alert."""
    chats = select(target_table.c.id).where(target_table.c.kind == TargetKind.CHAT)
    return and_(
        target_items.c.state == AlertState.SENT,
        target_items.c.due_at >= now - _SPREADS,
        target_items.c.alert_id == alerts.c.id,
        target_items.c.target_id.in_(chats),
        target_items.c.remote_id.is_not(None),
        target_items.c.version < alerts.c.wanted_version,
        alerts.c.told_in.is_(None),
        _may_be_told(),
    )


async def wake(connection: AsyncConnection, now: datetime) -> None:
    """Owe what waited for its alert and may be told now, and what changed in chats that have it.

    What a digest tells, or what was not told in two days, waits no longer.
    """
    waiting = and_(target_items.c.state == AlertState.HELD, target_items.c.alert_id == alerts.c.id)
    item = update(target_items).where(waiting)
    await connection.execute(
        item.where(alerts.c.told_in.is_not(None)).values(state=AlertState.DEAD, reason=IN_DIGEST)
    )
    await connection.execute(item.where(_may_be_told()).values(state=AlertState.OWED, due_at=now))
    await connection.execute(
        item.where(
            alerts.c.state == AlertState.WITHHELD, target_items.c.owed_at < now - _SPREADS
        ).values(state=AlertState.DEAD, reason=alerts.c.reason)
    )
    await connection.execute(
        update(target_items)
        .where(_has_changed(now))
        .values(state=AlertState.OWED, due_at=now, attempts=0)
    )


async def hold(connection: AsyncConnection, item: TargetItem) -> None:
    """Let an item wait for its alert again: it was held or withheld after all."""
    await connection.execute(
        update(target_items)
        .where(target_items.c.id == item.id, target_items.c.state == AlertState.OWED)
        .values(state=AlertState.HELD)
    )


async def due(
    connection: AsyncConnection, now: datetime, busy: Collection[TargetId], limit: int
) -> list[TargetItem]:
    """Give what is due first for each target that is not busy: urgent, then new, then changed.

    Among equals the one owed first goes first.
    """
    priority = func.coalesce(alerts.c.priority, notices.c.priority)
    turn = func.row_number().over(
        partition_by=target_items.c.target_id, order_by=(priority, target_items.c.id)
    )
    ranked = (
        select(target_items.c.id, turn.label("turn"))
        .outerjoin(alerts, alerts.c.id == target_items.c.alert_id)
        .outerjoin(notices, notices.c.id == target_items.c.notice_id)
        .where(
            target_items.c.state == AlertState.OWED,
            target_items.c.due_at <= now,
            target_items.c.target_id.notin_(list(busy)),
        )
        .subquery()
    )
    rows = await connection.execute(
        select(
            target_table,
            target_items.c.id.label("item_id"),
            target_items.c.alert_id,
            target_items.c.notice_id,
            target_items.c.attempts,
            target_items.c.owed_at.label("item_owed_at"),
            target_items.c.version,
            target_items.c.remote_id,
        )
        .join(target_items, target_items.c.target_id == target_table.c.id)
        .join(ranked, ranked.c.id == target_items.c.id)
        .where(ranked.c.turn == 1)
        .order_by(target_items.c.id)
        .limit(limit)
    )
    return [
        TargetItem(
            row.item_id,
            targets.of_row(row),
            None if row.alert_id is None else AlertId(row.alert_id),
            None if row.notice_id is None else NoticeId(row.notice_id),
            row.attempts,
            row.item_owed_at,
            row.version,
            row.remote_id,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What a target did not take in the end: an alert or a notice (the other is None)."""

    id: int
    target_id: TargetId
    alert_id: AlertId | None
    notice_id: NoticeId | None
    attempts: int
    owed_at: datetime
    reason: str | None


def _is_dead_letter() -> Any:
    """Say of an item that it was tried and given up; what a digest tells was never tried."""
    return and_(target_items.c.state == AlertState.DEAD, target_items.c.attempts > 0)


async def dead_letters(connection: AsyncConnection, ids: Collection[TargetId]) -> list[DeadLetter]:
    """Give what these targets did not take, the first owed first."""
    rows = await connection.execute(
        select(target_items)
        .where(target_items.c.target_id.in_(list(ids)), _is_dead_letter())
        .order_by(target_items.c.id)
    )
    return [
        DeadLetter(
            row.id,
            TargetId(row.target_id),
            None if row.alert_id is None else AlertId(row.alert_id),
            None if row.notice_id is None else NoticeId(row.notice_id),
            row.attempts,
            row.owed_at,
            row.reason,
        )
        for row in rows
    ]


async def owe_again(connection: AsyncConnection, target_id: TargetId, now: datetime) -> int:
    """Owe a target anew what it did not take; give how much that is."""
    changed = await connection.execute(
        update(target_items)
        .where(target_items.c.target_id == target_id, _is_dead_letter())
        .values(state=AlertState.OWED, reason=None, attempts=0, owed_at=now, due_at=now)
    )
    return changed.rowcount


async def remote_id_of(
    connection: AsyncConnection, target_id: TargetId, alert_id: AlertId
) -> int | None:
    """Give the message a chat has of an alert, None without."""
    found: int | None = await connection.scalar(
        select(target_items.c.remote_id).where(
            target_items.c.target_id == target_id, target_items.c.alert_id == alert_id
        )
    )
    return found


async def record(
    connection: AsyncConnection,
    item: TargetItem,
    outcome: Outcome,
    reason: str | None,
    *,
    now: datetime,
    due_at: datetime,
    version: int = 1,
    remote_id: int | None = None,
    is_limit: bool = False,
) -> None:
    """Write what came of an attempt: a delivery row, the item's new state, the target's health.

    A limit of speed (`is_limit`) is no trouble of the target's. Nothing is written for a person
    whose rows were erased meanwhile.
    """
    mine = target_items.c.id == item.id
    if await connection.scalar(select(target_items.c.id).where(mine)) is None:
        return
    await connection.execute(
        insert(deliveries).values(
            alert_id=item.alert_id,
            notice_id=item.notice_id,
            target=f"{item.target.kind}:{item.target.id}",
            version=version,
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
    sent = {"version": version, "remote_id": remote_id} if outcome is Outcome.SENT else {}
    await connection.execute(
        update(target_items)
        .where(mine, target_items.c.state == AlertState.OWED)
        .values(
            state=states[outcome],
            reason=reason,
            attempts=target_items.c.attempts + 1,
            due_at=due_at,
            **sent,
        )
    )
    if is_limit:
        return
    works = outcome is Outcome.SENT
    since = case(
        (target_table.c.failing_since.is_(None), literal(now, Utc())),
        else_=target_table.c.failing_since,
    )
    await connection.execute(
        update(target_table)
        .where(target_table.c.id == item.target.id)
        .values(failing_since=None if works else since, reason=None if works else reason)
    )
