"""What copies, edits and deletions of posts change in alerts, behind cursors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.alerts import raise_version
from storage.records import AlertId, AlertState, SubscriberState
from storage.schema import alerts, deletions, revisions, story_posts
from storage.schema import posts as post_table
from storage.schema import subscribers as subscriber_table

_SPREAD_EVERY = timedelta(seconds=5)


async def owe_growth(
    connection: AsyncConnection, after: int, limit: int, now: datetime
) -> int | None:
    """Owe anew the alerts of stories that more posts tell; give the last one looked at, or None.

    A story that spreads is told of every few seconds, not at each repetition.
    """
    last = await _last_of(connection, story_posts.c.id, after, limit)
    if last is None:
        return None
    grown = select(story_posts.c.story_id).where(
        story_posts.c.id > after,
        story_posts.c.id <= last,
        story_posts.c.story_id != story_posts.c.post_id,
    )
    await connection.execute(
        raise_version(now, AlertState.SENT, delay=_SPREAD_EVERY).where(
            alerts.c.story_id.in_(grown), alerts.c.subscriber_id.in_(_reachable())
        )
    )
    return last


async def owe_edits(
    connection: AsyncConnection, after: int, limit: int, now: datetime
) -> int | None:
    """Owe anew what the revisions since a cursor changed; give the last one looked at, or None.

    The first revision of a post's first message is what made its alert, so it changes nothing;
    an album's further parts do.
    """
    last = await _last_of(connection, revisions.c.id, after, limit)
    if last is None:
        return None
    changed = (
        select(revisions.c.post_id)
        .join(post_table, post_table.c.id == revisions.c.post_id)
        .where(
            revisions.c.id > after,
            revisions.c.id <= last,
            or_(revisions.c.number > 1, revisions.c.message_id != post_table.c.message_id),
        )
    )
    await _owe_changed(connection, changed, now)
    return last


async def owe_deletions(
    connection: AsyncConnection, after: int, limit: int, now: datetime
) -> int | None:
    """Owe anew what the deletion marks since a cursor changed; give the last one, or None."""
    last = await _last_of(connection, deletions.c.id, after, limit)
    if last is None:
        return None
    changed = select(deletions.c.post_id).where(deletions.c.id > after, deletions.c.id <= last)
    await _owe_changed(connection, changed, now)
    return last


async def _last_of(connection: AsyncConnection, column: Any, after: int, limit: int) -> int | None:
    batch = select(column).where(column > after).order_by(column).limit(limit).subquery()
    found = await connection.scalar(select(func.max(batch.c.id)))
    return None if found is None else int(found)


async def _owe_changed(connection: AsyncConnection, changed: Any, now: datetime) -> None:
    await connection.execute(
        raise_version(now, AlertState.SENT).where(
            alerts.c.post_id.in_(changed), alerts.c.subscriber_id.in_(_reachable())
        )
    )


def _reachable() -> Any:
    return select(subscriber_table.c.id).where(subscriber_table.c.state == SubscriberState.ACTIVE)


async def told_deletions(
    connection: AsyncConnection, after: int, limit: int
) -> tuple[int | None, list[AlertId]]:
    """Give the alerts that people have about posts which are gone since a cursor, and its new end.

    Only of posts of which every message is gone.
    """
    last = await _last_of(connection, deletions.c.id, after, limit)
    if last is None:
        return None, []
    gone = (
        select(deletions.c.post_id)
        .join(post_table, post_table.c.id == deletions.c.post_id)
        .where(
            deletions.c.id > after,
            deletions.c.id <= last,
            post_table.c.deleted_at.is_not(None),
        )
    )
    return last, await _told_about(connection, gone)


async def told_edits(
    connection: AsyncConnection, after: int, limit: int
) -> tuple[int | None, list[AlertId]]:
    """Give the alerts that people have about posts edited since a cursor, and its new end."""
    last = await _last_of(connection, revisions.c.id, after, limit)
    if last is None:
        return None, []
    edited = select(revisions.c.post_id).where(
        revisions.c.id > after, revisions.c.id <= last, revisions.c.number > 1
    )
    return last, await _told_about(connection, edited)


async def _told_about(connection: AsyncConnection, changed: Any) -> list[AlertId]:
    """Give the alerts about these posts that came as messages of their own."""
    rows = await connection.scalars(
        select(alerts.c.id).where(
            alerts.c.post_id.in_(changed),
            alerts.c.remote_id.is_not(None),
            alerts.c.subscriber_id.in_(_reachable()),
        )
    )
    return [AlertId(number) for number in rows]
