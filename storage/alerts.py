"""Alerts: what hits, edits and deletions owe to whom, withheld or not, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertId,
    AlertState,
    PostId,
    Priority,
    Source,
    StoryId,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionState,
    Withheld,
)
from storage.schema import Utc, alerts, deletions, hits, revisions, story_posts
from storage.schema import posts as post_table
from storage.schema import subscribers as subscriber_table
from storage.schema import subscriptions as subscription_table

_AT_ONCE = timedelta(0)
_SPREAD_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class HitFacts:
    """A hit with all that decides whether its subscriber is told.

    `source` is how the revision that matched came. `alert_id`, `alert_state` and `alert_post_id`
    are of the alert this subscriber already has about the post's story, None without one.
    """

    id: int
    subscription_id: SubscriptionId
    subscription_state: SubscriptionState
    subscriber_id: SubscriberId
    subscriber_state: SubscriberState
    post_id: PostId
    story_id: StoryId
    posted_at: datetime
    source: Source
    alert_id: AlertId | None
    alert_state: AlertState | None
    alert_post_id: PostId | None


@dataclass(frozen=True, slots=True)
class Again:
    """An alert with more to tell, and the post that brought it."""

    alert_id: AlertId
    post_id: PostId


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert about to be written: owed, or withheld for a reason."""

    subscriber_id: SubscriberId
    story_id: StoryId
    post_id: PostId
    withheld: Withheld | None


async def hit_posts(connection: AsyncConnection, after: int, limit: int) -> set[PostId]:
    """Give the posts of the hits since a cursor."""
    rows = await connection.scalars(
        select(hits.c.post_id).where(hits.c.id > after).order_by(hits.c.id).limit(limit)
    )
    return {PostId(number) for number in rows}


async def hit_facts(connection: AsyncConnection, after: int, limit: int) -> list[HitFacts]:
    """Give the hits since a cursor, ascending, with what decides about them.

    Their posts must have been placed in stories.
    """
    rows = await connection.execute(
        select(
            hits.c.id,
            hits.c.subscription_id,
            subscription_table.c.state.label("subscription_state"),
            subscription_table.c.subscriber_id,
            subscriber_table.c.state.label("subscriber_state"),
            hits.c.post_id,
            story_posts.c.story_id,
            post_table.c.posted_at,
            revisions.c.source,
            alerts.c.id.label("alert_id"),
            alerts.c.state.label("alert_state"),
            alerts.c.post_id.label("alert_post_id"),
        )
        .join(subscription_table, subscription_table.c.id == hits.c.subscription_id)
        .join(subscriber_table, subscriber_table.c.id == subscription_table.c.subscriber_id)
        .join(post_table, post_table.c.id == hits.c.post_id)
        .join(revisions, revisions.c.id == hits.c.revision_id)
        .join(story_posts, story_posts.c.post_id == hits.c.post_id)
        .outerjoin(
            alerts,
            (alerts.c.story_id == story_posts.c.story_id)
            & (alerts.c.subscriber_id == subscription_table.c.subscriber_id),
        )
        .where(hits.c.id > after)
        .order_by(hits.c.id)
        .limit(limit)
    )
    return [_hit_facts(row) for row in rows]


def _hit_facts(row: Any) -> HitFacts:
    return HitFacts(
        id=row.id,
        subscription_id=SubscriptionId(row.subscription_id),
        subscription_state=SubscriptionState(row.subscription_state),
        subscriber_id=SubscriberId(row.subscriber_id),
        subscriber_state=SubscriberState(row.subscriber_state),
        post_id=PostId(row.post_id),
        story_id=StoryId(row.story_id),
        posted_at=row.posted_at,
        source=Source(row.source),
        alert_id=None if row.alert_id is None else AlertId(row.alert_id),
        alert_state=None if row.alert_state is None else AlertState(row.alert_state),
        alert_post_id=None if row.alert_post_id is None else PostId(row.alert_post_id),
    )


async def add(connection: AsyncConnection, new: Sequence[NewAlert], now: datetime) -> None:
    """Write alerts that are not there yet."""
    if new:
        rows = [
            {
                "subscriber_id": item.subscriber_id,
                "story_id": item.story_id,
                "post_id": item.post_id,
                "priority": Priority.NEW,
                "state": AlertState.WITHHELD if item.withheld else AlertState.OWED,
                "reason": item.withheld,
                "wanted_version": 1,
                "sent_version": 0,
                "attempts": 0,
                "owed_at": now,
                "due_at": now,
            }
            for item in new
        ]
        await connection.execute(insert(alerts), rows)


async def owe_again(connection: AsyncConnection, again: Sequence[Again], now: datetime) -> None:
    """Owe these anew, because there is more to tell; dead ones stay dead.

    One that was withheld was never seen, so it is shown by the post that is told now.
    """
    if again:
        statement = _raise_version(now, AlertState.SENT, AlertState.WITHHELD).where(
            alerts.c.id == bindparam("key")
        )
        statement = statement.values(
            post_id=case(
                (alerts.c.state == AlertState.WITHHELD, bindparam("told")), else_=alerts.c.post_id
            )
        )
        rows = [{"key": item.alert_id, "told": item.post_id} for item in again]
        await connection.execute(statement, rows)


async def redraw(
    connection: AsyncConnection, alert_id: AlertId, subscriber_id: SubscriberId, now: datetime
) -> None:
    """Owe a person's own alert anew, if they have it, because its buttons changed."""
    await connection.execute(
        _raise_version(now, AlertState.SENT).where(
            alerts.c.id == alert_id,
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.sent_version > 0,
        )
    )


def _raise_version(now: datetime, *from_states: AlertState, delay: timedelta = _AT_ONCE) -> Any:
    # One on its way keeps its lease: what comes back finds a newer version wanted and owes it.
    # What was told in a digest is not told again.
    is_resting = alerts.c.state.in_(from_states)
    return (
        update(alerts)
        .where(
            alerts.c.state.in_([AlertState.OWED, AlertState.LEASED, *from_states]),
            alerts.c.told_in.is_(None),
        )
        .values(
            wanted_version=alerts.c.wanted_version + 1,
            state=case((is_resting, AlertState.OWED.value), else_=alerts.c.state),
            due_at=case((is_resting, literal(now + delay, Utc())), else_=alerts.c.due_at),
            reason=case((is_resting, None), else_=alerts.c.reason),
            priority=case(
                (alerts.c.sent_version > 0, Priority.UPDATE.value), else_=alerts.c.priority
            ),
        )
    )


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
        _raise_version(now, AlertState.SENT, delay=_SPREAD_EVERY).where(
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
        _raise_version(now, AlertState.SENT).where(
            alerts.c.post_id.in_(changed), alerts.c.subscriber_id.in_(_reachable())
        )
    )


def _reachable() -> Any:
    return select(subscriber_table.c.id).where(subscriber_table.c.state == SubscriberState.ACTIVE)


async def newest_ids(connection: AsyncConnection) -> tuple[int, int, int, int]:
    """Give the ids of the newest hit, placing, revision and deletion mark, 0 without any."""
    row = (
        await connection.execute(
            select(
                select(func.max(hits.c.id)).scalar_subquery(),
                select(func.max(story_posts.c.id)).scalar_subquery(),
                select(func.max(revisions.c.id)).scalar_subquery(),
                select(func.max(deletions.c.id)).scalar_subquery(),
            )
        )
    ).one()
    return row[0] or 0, row[1] or 0, row[2] or 0, row[3] or 0


async def withhold_rest(
    connection: AsyncConnection, subscriber_id: SubscriberId, reason: Withheld
) -> None:
    """Withhold all a subscriber is still owed; what they have already stays as they have it."""
    never_sent = alerts.c.sent_version == 0
    await connection.execute(
        update(alerts)
        .where(
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.state.in_([AlertState.OWED, AlertState.LEASED]),
        )
        .values(
            state=case((never_sent, AlertState.WITHHELD.value), else_=AlertState.SENT.value),
            reason=reason,
            lease_until=None,
        )
    )


async def owe_withheld(
    connection: AsyncConnection,
    subscriber_id: SubscriberId,
    reason: Withheld,
    *,
    since: datetime,
    now: datetime,
) -> int:
    """Owe again what was withheld for that reason, if it was owed at `since` or later."""
    changed = await connection.execute(
        update(alerts)
        .where(
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.state == AlertState.WITHHELD,
            alerts.c.reason == reason,
            alerts.c.owed_at >= since,
        )
        .values(state=AlertState.OWED, reason=None, due_at=now)
    )
    return changed.rowcount


async def counts(connection: AsyncConnection) -> Mapping[AlertState, int]:
    """Count alerts by state."""
    rows = await connection.execute(
        select(alerts.c.state, func.count().label("n")).group_by(alerts.c.state)
    )
    found = {AlertState(row.state): int(row.n) for row in rows}
    return {state: found.get(state, 0) for state in AlertState}


async def oldest_owed(connection: AsyncConnection) -> datetime | None:
    """Say since when the longest waiting alert is owed."""
    found: datetime | None = await connection.scalar(
        select(func.min(alerts.c.owed_at)).where(alerts.c.state == AlertState.OWED)
    )
    return found
