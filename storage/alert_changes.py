"""What copies, edits and deletions of posts change in alerts, behind cursors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Executable, Select, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.alerts import raise_version
from storage.records import AlertId, AlertState, SubscriberState
from storage.schema import alerts, deletions, revisions, story_posts
from storage.schema import posts as post_table
from storage.schema import subscribers as subscriber_table

RowId = int | BindParameter[int]
_SPREAD_EVERY = timedelta(seconds=5)


class Change(StrEnum):
    """What can make an alert that people have say something else."""

    GROWTH = "growth"  # more posts tell the story
    EDITS = "edits"
    DELETIONS = "deletions"


_ROWS = {
    Change.GROWTH: story_posts.c.id,
    Change.EDITS: revisions.c.id,
    Change.DELETIONS: deletions.c.id,
}


def _grown(after: RowId, last: RowId) -> Select[tuple[int]]:
    """Give the stories that further posts tell."""
    return select(story_posts.c.story_id).where(
        story_posts.c.id > after,
        story_posts.c.id <= last,
        story_posts.c.story_id != story_posts.c.post_id,
    )


def _edited(after: RowId, last: RowId) -> Select[tuple[int]]:
    """Give the posts that revisions changed.

    The first revision of a post's first message is what made its alert, so it changes nothing;
    an album's further parts do.
    """
    return (
        select(revisions.c.post_id)
        .join(post_table, post_table.c.id == revisions.c.post_id)
        .where(
            revisions.c.id > after,
            revisions.c.id <= last,
            or_(revisions.c.number > 1, revisions.c.message_id != post_table.c.message_id),
        )
    )


def _deleted(after: RowId, last: RowId) -> Select[tuple[int]]:
    return select(deletions.c.post_id).where(deletions.c.id > after, deletions.c.id <= last)


_CHANGES: dict[Change, Callable[[RowId, RowId], Select[tuple[int]]]] = {
    Change.GROWTH: _grown,
    Change.EDITS: _edited,
    Change.DELETIONS: _deleted,
}


async def among(
    connection: AsyncConnection, ranges: Mapping[Change, tuple[int, int]]
) -> set[Change]:
    """Say which kinds of change there are among new rows; a range is (after, last) in row ids."""
    wanted = tuple(kind for kind, (after, last) in ranges.items() if last > after)
    if not wanted:
        return set()
    ends = {f"{kind}_{at}": ranges[kind][at] for kind in wanted for at in range(2)}
    row = (await connection.execute(_looks(wanted), ends)).one()
    return {kind for kind, is_there in zip(wanted, row, strict=True) if is_there}


@cache
def _looks(kinds: tuple[Change, ...]) -> Executable:
    """Make the statement once: dispatch asks at every turn."""
    return select(
        *(_CHANGES[kind](bindparam(f"{kind}_0"), bindparam(f"{kind}_1")).exists() for kind in kinds)
    )


async def owe(
    connection: AsyncConnection, kind: Change, after: int, last: int, now: datetime
) -> None:
    """Owe anew the alerts that rows after a cursor, up to `last`, change.

    A story that spreads is told of every few seconds, not at each repetition.
    """
    if kind is Change.GROWTH:
        raised = raise_version(now, AlertState.SENT, delay=_SPREAD_EVERY)
        concerned = alerts.c.story_id.in_(_grown(after, last))
    else:
        raised = raise_version(now, AlertState.SENT)
        concerned = alerts.c.post_id.in_(_CHANGES[kind](after, last))
    await connection.execute(raised.where(concerned, alerts.c.subscriber_id.in_(_reachable())))


def _reachable() -> Any:
    return select(subscriber_table.c.id).where(subscriber_table.c.state == SubscriberState.ACTIVE)


async def told(connection: AsyncConnection, kind: Change, after: int, last: int) -> list[AlertId]:
    """Give the alerts that people have about posts edited, or gone, in rows after a cursor.

    A post is gone when every message of it is.
    """
    if last <= after:
        return []
    if kind is Change.DELETIONS:
        changed = (
            _deleted(after, last)
            .join(post_table, post_table.c.id == deletions.c.post_id)
            .where(post_table.c.deleted_at.is_not(None))
        )
    else:
        changed = select(revisions.c.post_id).where(
            revisions.c.id > after, revisions.c.id <= last, revisions.c.number > 1
        )
    return await _told_about(connection, changed)


async def newest(connection: AsyncConnection, kinds: Collection[Change]) -> dict[Change, int]:
    """Give the id of the newest row that each kind of change is read from, 0 without any."""
    row = (await connection.execute(_newest(tuple(kinds)))).one()
    return {kind: number or 0 for kind, number in zip(kinds, row, strict=True)}


@cache
def _newest(kinds: tuple[Change, ...]) -> Executable:
    return select(*(select(func.max(_ROWS[kind])).scalar_subquery() for kind in kinds))


async def _told_about(connection: AsyncConnection, changed: Any) -> list[AlertId]:
    """Give the alerts about these posts that came as messages of their own."""
    rows = await connection.scalars(
        select(alerts.c.id).where(
            alerts.c.post_id.in_(changed),
            alerts.c.sent_version > 0,
            alerts.c.told_in.is_(None),
            alerts.c.subscriber_id.in_(_reachable()),
        )
    )
    return [AlertId(number) for number in rows]
