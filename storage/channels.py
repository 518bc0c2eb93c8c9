"""Channels and what surrounds them: groups, accounts and their access, coverage, history tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    Access,
    Account,
    AccountId,
    Channel,
    ChannelId,
    ChannelState,
    FollowMode,
    HistoryKind,
    HistoryTask,
    IdRange,
)
from storage.schema import (
    account_waits,
    accounts,
    channel_access,
    channel_groups,
    channels,
    coverage,
    history_tasks,
)


class DuplicateChannelError(Exception):
    """Two entries of the list are the same channel."""

    def __init__(self, existing: Channel) -> None:
        super().__init__(f"already on the list as {existing.reference}")
        self.existing = existing


async def add(
    connection: AsyncConnection,
    reference: str,
    mode: FollowMode,
    backfill_depth: int,
    added_at: datetime,
) -> ChannelId:
    """Put a channel on the list, or back on it; safe to repeat."""
    statement = insert(channels).values(
        reference=reference,
        mode=mode,
        state=ChannelState.WANTED,
        added_at=added_at,
        backfill_depth=backfill_depth,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["reference"],
        set_={
            "mode": mode,
            "backfill_depth": backfill_depth,
            "state": ChannelState.WANTED,
            "reason": None,
            "retry_at": None,
        },
    )
    found = await connection.scalar(statement.returning(channels.c.id))
    return ChannelId(int(found or 0))


async def remove(connection: AsyncConnection, channel_id: ChannelId) -> None:
    """Take a channel off the list; what was stored of it stays."""
    await connection.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(state=ChannelState.REMOVED, reason=None, retry_at=None)
    )
    await connection.execute(delete(history_tasks).where(history_tasks.c.channel_id == channel_id))


async def listed(connection: AsyncConnection, *, removed: bool = False) -> list[Channel]:
    """Give the channels on the list, in the order they were added; `removed` adds the rest."""
    statement = select(channels).order_by(channels.c.id)
    if not removed:
        statement = statement.where(channels.c.state != ChannelState.REMOVED)
    rows = (await connection.execute(statement)).all()
    groups = await _groups(connection)
    return [_channel(row, groups) for row in rows]


async def by_ids(connection: AsyncConnection, ids: Iterable[ChannelId]) -> dict[ChannelId, Channel]:
    """Give channels by id; unknown ids are missing from the answer."""
    rows = (await connection.execute(select(channels).where(channels.c.id.in_(list(ids))))).all()
    groups = await _groups(connection)
    return {ChannelId(row.id): _channel(row, groups) for row in rows}


async def _groups(connection: AsyncConnection) -> Mapping[int, frozenset[str]]:
    names: defaultdict[int, set[str]] = defaultdict(set)
    for row in await connection.execute(select(channel_groups)):
        names[row.channel_id].add(row.name)
    return {number: frozenset(found) for number, found in names.items()}


def _channel(row: Row[Any], groups: Mapping[int, frozenset[str]]) -> Channel:
    return Channel(
        id=ChannelId(row.id),
        reference=row.reference,
        mode=FollowMode(row.mode),
        state=ChannelState(row.state),
        telegram_id=row.telegram_id,
        username=row.username,
        title=row.title,
        groups=groups.get(row.id, frozenset()),
        reason=row.reason,
        added_at=row.added_at,
        backfill_depth=row.backfill_depth,
    )


async def set_groups(
    connection: AsyncConnection, channel_id: ChannelId, names: Iterable[str]
) -> None:
    """Put a channel into exactly these groups."""
    await connection.execute(
        delete(channel_groups).where(channel_groups.c.channel_id == channel_id)
    )
    rows = [{"channel_id": channel_id, "name": name.lower()} for name in sorted(set(names))]
    if rows:
        await connection.execute(insert(channel_groups), rows)


async def followed(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    telegram_id: int,
    username: str | None,
    title: str,
    access: Access,
) -> None:
    """Note that a channel is resolved and read by an account.

    Raises DuplicateChannelError when another entry of the list is the same channel.
    """
    twin = (
        await connection.execute(
            select(channels).where(
                channels.c.telegram_id == telegram_id, channels.c.id != channel_id
            )
        )
    ).first()
    if twin:
        raise DuplicateChannelError(_channel(twin, {}))
    await connection.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(
            state=ChannelState.FOLLOWED,
            reason=None,
            retry_at=None,
            telegram_id=telegram_id,
            username=username,
            title=title,
        )
    )
    statement = insert(channel_access).values(
        account_id=access.account_id,
        channel_id=channel_id,
        access_hash=access.access_hash,
        is_member=int(access.is_member),
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "channel_id"],
            set_={"access_hash": access.access_hash, "is_member": int(access.is_member)},
        )
    )


async def unreachable(
    connection: AsyncConnection, channel_id: ChannelId, reason: str, retry_at: datetime | None
) -> None:
    """Note why a channel cannot be read, and when to try again."""
    await connection.execute(
        update(channels)
        .where(channels.c.id == channel_id)
        .values(state=ChannelState.UNREACHABLE, reason=reason, retry_at=retry_at)
    )


async def to_try(connection: AsyncConnection, now: datetime) -> list[Channel]:
    """Give the channels to be resolved or joined now, in the order they were added."""
    due = channels.c.retry_at.is_(None) | (channels.c.retry_at <= now)
    rows = await connection.execute(
        select(channels)
        .where(
            (channels.c.state == ChannelState.WANTED)
            | ((channels.c.state == ChannelState.UNREACHABLE) & channels.c.retry_at.isnot(None)),
            due,
        )
        .order_by(channels.c.id)
    )
    return [_channel(row, {}) for row in rows.all()]


async def postpone(connection: AsyncConnection, channel_id: ChannelId, until: datetime) -> None:
    """Leave a channel's state and try it again later."""
    await connection.execute(
        update(channels).where(channels.c.id == channel_id).values(retry_at=until)
    )


async def account(connection: AsyncConnection, label: str) -> Account | None:
    """Find an account by the operator's name for it."""
    row = (await connection.execute(select(accounts).where(accounts.c.label == label))).first()
    return Account(AccountId(row.id), row.label, row.telegram_user_id) if row else None


async def know_account(
    connection: AsyncConnection, label: str, telegram_user_id: int | None
) -> Account:
    """Make or update an account; safe to repeat."""
    statement = insert(accounts).values(label=label, telegram_user_id=telegram_user_id)
    found = await connection.scalar(
        statement.on_conflict_do_update(
            index_elements=["label"], set_={"telegram_user_id": telegram_user_id}
        ).returning(accounts.c.id)
    )
    return Account(AccountId(int(found or 0)), label, telegram_user_id)


async def access_of(connection: AsyncConnection, account_id: AccountId) -> dict[ChannelId, Access]:
    """Give what an account needs to call about each followed channel it reads."""
    rows = await connection.execute(
        select(channel_access, channels.c.telegram_id)
        .join(channels, channels.c.id == channel_access.c.channel_id)
        .where(
            channel_access.c.account_id == account_id,
            channels.c.state == ChannelState.FOLLOWED,
        )
    )
    return {
        ChannelId(row.channel_id): Access(
            account_id=account_id,
            channel_id=ChannelId(row.channel_id),
            telegram_id=row.telegram_id,
            access_hash=row.access_hash,
            is_member=bool(row.is_member),
        )
        for row in rows
    }


async def drop_access(
    connection: AsyncConnection, account_id: AccountId, channel_id: ChannelId
) -> None:
    """Forget that an account reads a channel."""
    await connection.execute(
        delete(channel_access).where(
            channel_access.c.account_id == account_id, channel_access.c.channel_id == channel_id
        )
    )


async def wait_until(
    connection: AsyncConnection, account_id: AccountId, kind: str, until: datetime
) -> None:
    """Note that Telegram limits a kind of call of an account."""
    statement = insert(account_waits).values(account_id=account_id, kind=kind, until=until)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "kind"], set_={"until": until}
        )
    )


async def waits(connection: AsyncConnection, account_id: AccountId) -> dict[str, datetime]:
    """Give the limits of an account, also those that have passed, by kind of call."""
    rows = await connection.execute(
        select(account_waits).where(account_waits.c.account_id == account_id)
    )
    return {row.kind: row.until for row in rows}


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
    channel_id: ChannelId,
    before: Sequence[IdRange],
    after: Sequence[IdRange],
) -> None:
    """Replace what is covered of a channel, writing only what differs."""
    kept = {covered.low for covered in after}
    gone = [covered.low for covered in before if covered.low not in kept]
    if gone:
        await connection.execute(
            delete(coverage).where(coverage.c.channel_id == channel_id, coverage.c.low.in_(gone))
        )
    rows = [
        {"channel_id": channel_id, "low": covered.low, "high": covered.high}
        for covered in after
        if covered not in before
    ]
    if rows:
        statement = insert(coverage)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["channel_id", "low"], set_={"high": statement.excluded.high}
            ),
            rows,
        )


async def add_history_task(
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


async def due_history(
    connection: AsyncConnection, now: datetime, but: Iterable[int], limit: int
) -> list[HistoryTask]:
    """Give tasks that are due, gaps before back-fills, except those with ids in `but`."""
    rows = await connection.execute(
        select(history_tasks)
        .where(history_tasks.c.due_at <= now, history_tasks.c.id.notin_(list(but)))
        .order_by(history_tasks.c.kind != HistoryKind.GAP, history_tasks.c.due_at)
        .limit(limit)
    )
    return [_history_task(row) for row in rows.all()]


async def history_left(connection: AsyncConnection) -> list[HistoryTask]:
    """Give all tasks not yet worked off."""
    rows = await connection.execute(select(history_tasks).order_by(history_tasks.c.id))
    return [_history_task(row) for row in rows.all()]


def _history_task(row: Row[Any]) -> HistoryTask:
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


async def move_history(connection: AsyncConnection, task_id: int, *, to: int, left: int) -> None:
    """Note how far a task has come, in the transaction that stores what was read."""
    await connection.execute(
        update(history_tasks)
        .where(history_tasks.c.id == task_id)
        .values(next=to, left=left, attempts=0)
    )


async def postpone_history(connection: AsyncConnection, task_id: int, due_at: datetime) -> None:
    """Try a task again later."""
    await connection.execute(
        update(history_tasks)
        .where(history_tasks.c.id == task_id)
        .values(due_at=due_at, attempts=history_tasks.c.attempts + 1)
    )


async def finish_history(
    connection: AsyncConnection, task: HistoryTask, checked_at: datetime
) -> None:
    """Remove a task that is worked off."""
    await connection.execute(delete(history_tasks).where(history_tasks.c.id == task.id))
    await connection.execute(
        update(channels).where(channels.c.id == task.channel_id).values(checked_at=checked_at)
    )


async def access_to_removed(connection: AsyncConnection, account_id: AccountId) -> list[Access]:
    """Give the access an account still has to channels taken off the list."""
    rows = await connection.execute(
        select(channel_access, channels.c.telegram_id)
        .join(channels, channels.c.id == channel_access.c.channel_id)
        .where(channel_access.c.account_id == account_id, channels.c.state == ChannelState.REMOVED)
    )
    return [
        Access(
            account_id,
            ChannelId(row.channel_id),
            row.telegram_id,
            row.access_hash,
            bool(row.is_member),
        )
        for row in rows
    ]
