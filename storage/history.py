"""What of a channel's history is accounted for, and the tasks to read the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AccountId,
    ChannelId,
    HistoryKind,
    HistoryTask,
    IdRange,
)
from storage.schema import (
    channel_readers,
    coverage,
    history_tasks,
)

_SET_RANGE = insert(coverage)
_SET_RANGE = _SET_RANGE.on_conflict_do_update(
    index_elements=["channel_id", "low"], set_={"high": _SET_RANGE.excluded.high}
)


async def ranges(
    connection: AsyncConnection, ids: Sequence[ChannelId]
) -> dict[ChannelId, tuple[IdRange, ...]]:
    """Give the id ranges that are covered, ascending, for each of the channels."""
    found: defaultdict[ChannelId, list[IdRange]] = defaultdict(list)
    rows = await connection.execute(
        select(coverage)
        .where(coverage.c.channel_id.in_(ids))
        .order_by(coverage.c.channel_id, coverage.c.low)
    )
    for row in rows:
        found[ChannelId(row.channel_id)].append(IdRange(row.low, row.high))
    return {number: tuple(found.get(number, ())) for number in ids}


async def set_ranges(
    connection: AsyncConnection,
    changed: Mapping[ChannelId, tuple[Sequence[IdRange], Sequence[IdRange]]],
) -> None:
    """Replace what is covered of channels (before, after), writing only what differs."""
    for channel_id, (before, after) in changed.items():
        kept = {covered.low for covered in after}
        gone = [covered.low for covered in before if covered.low not in kept]
        if gone:
            await connection.execute(
                delete(coverage).where(
                    coverage.c.channel_id == channel_id, coverage.c.low.in_(gone)
                )
            )
    rows = [
        {"channel_id": channel_id, "low": covered.low, "high": covered.high}
        for channel_id, (before, after) in changed.items()
        for covered in after
        if covered not in before
    ]
    if rows:
        await connection.execute(_SET_RANGE, rows)


async def ask(
    connection: AsyncConnection,
    channel_id: ChannelId,
    kind: HistoryKind,
    *,
    low: int,
    high: int,
    left: int,
    due_at: datetime,
) -> None:
    """Ask for a stretch to be read; asking again for the same while it is read changes nothing."""
    statement = insert(history_tasks).values(
        channel_id=channel_id,
        kind=kind,
        low=low,
        high=high,
        next=low if kind is HistoryKind.GAP else high,
        left=left,
        attempts=0,
        due_at=due_at,
    )
    await connection.execute(statement.on_conflict_do_nothing())


async def first_due(
    connection: AsyncConnection,
    account_id: AccountId,
    now: datetime,
    kinds: Sequence[HistoryKind],
    *,
    but: Iterable[int],
) -> HistoryTask | None:
    """Give the task that is due of a channel an account reads and comes first; None without any.

    `kinds` is the order of the kinds, others are left out; of one kind, a stretch with an end (a
    hole) comes before one without. Tasks in `but` are passed over.
    """
    rank = case({kind.value: place for place, kind in enumerate(kinds)}, value=history_tasks.c.kind)
    rows = await connection.execute(
        select(history_tasks)
        .join(
            channel_readers,
            (channel_readers.c.channel_id == history_tasks.c.channel_id)
            & channel_readers.c.until.is_(None),
        )
        .where(
            channel_readers.c.account_id == account_id,
            history_tasks.c.due_at <= now,
            history_tasks.c.kind.in_(kinds),
            history_tasks.c.id.notin_(list(but)),
        )
        .order_by(rank, history_tasks.c.high == 0, history_tasks.c.due_at)
        .limit(1)
    )
    row = rows.one_or_none()
    return None if row is None else _task(row)


async def left(connection: AsyncConnection) -> list[HistoryTask]:
    """Give all tasks not yet worked off."""
    rows = await connection.execute(select(history_tasks).order_by(history_tasks.c.id))
    return [_task(row) for row in rows.all()]


def _task(row: Row[Any]) -> HistoryTask:
    return HistoryTask(
        id=row.id,
        channel_id=ChannelId(row.channel_id),
        kind=HistoryKind(row.kind),
        low=row.low,
        high=row.high,
        next=row.next,
        left=row.left,
        attempts=row.attempts,
        due_at=row.due_at,
    )


async def move(connection: AsyncConnection, task_id: int, *, to: int, left: int) -> None:
    """Note how far a task has come, in the transaction that stores what was read."""
    await connection.execute(
        update(history_tasks)
        .where(history_tasks.c.id == task_id)
        .values(next=to, left=left, attempts=0)
    )


async def postpone(connection: AsyncConnection, task_id: int, due_at: datetime) -> None:
    """Try a task again later."""
    await connection.execute(
        update(history_tasks)
        .where(history_tasks.c.id == task_id)
        .values(due_at=due_at, attempts=history_tasks.c.attempts + 1)
    )


async def hasten(connection: AsyncConnection, channel_id: ChannelId, due_at: datetime) -> None:
    """Try what is left of a channel's tasks at once: it can be read again."""
    await connection.execute(
        update(history_tasks)
        .where(history_tasks.c.channel_id == channel_id, history_tasks.c.due_at > due_at)
        .values(due_at=due_at)
    )


async def finish(connection: AsyncConnection, task: HistoryTask) -> None:
    """Remove a task that is worked off."""
    await connection.execute(delete(history_tasks).where(history_tasks.c.id == task.id))
