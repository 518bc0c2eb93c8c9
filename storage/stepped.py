"""What rows say of moments to come, after the wall clock was set back.

A delay noted while the clock was fast would last as much longer. What is only a delay is made due
now; what was meant for an hour of the day (quiet hours, digests, snoozes) stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import AlertState, Held
from storage.schema import (
    account_waits,
    accounts,
    alerts,
    channels,
    history_tasks,
    media,
    notices,
    reread_rounds,
    revisions,
    target_items,
    telegram_clock,
)

# When something was done: a later moment than now was noted by a clock that was fast.
_DONE_AT = (
    channels.c.checked_at,
    reread_rounds.c.asked_at,
    telegram_clock.c.compared_at,
    accounts.c.hearing_at,
)
_LEFT_UNTIL = (
    *((column, true()) for column in _DONE_AT),
    (history_tasks.c.due_at, true()),
    (channels.c.retry_at, true()),
    (account_waits.c.until, true()),  # one that does last is told again with the next call
    (media.c.due_at, true()),
    (target_items.c.due_at, true()),
    (alerts.c.due_at, alerts.c.state == AlertState.OWED),
    (
        notices.c.due_at,
        (notices.c.state == AlertState.OWED) & notices.c.reason.is_distinct_from(Held.QUIET),
    ),
)


async def is_ahead(connection: AsyncConnection, now: datetime) -> bool:
    """Say whether rows know of a later now: the clock was set back while nobody looked."""
    newest = select(revisions.c.seen_at).order_by(revisions.c.id.desc()).limit(1)
    ahead = or_(
        *(exists().where(column > now) for column in _DONE_AT), newest.scalar_subquery() > now
    )
    return bool(await connection.scalar(select(ahead)))


async def brought_back(connection: AsyncConnection, now: datetime) -> int:
    """Let no delay end later than now; give how many rows that changed. Safe to repeat."""
    changed = 0
    for column, is_delay in _LEFT_UNTIL:
        changed += await _brought_back(connection, column, is_delay, now)
    return changed


async def _brought_back(
    connection: AsyncConnection,
    column: ColumnElement[datetime],
    is_delay: ColumnElement[bool],
    now: datetime,
) -> int:
    statement = update(column.table).where(column > now, is_delay).values({column.name: now})
    return int((await connection.execute(statement)).rowcount)
