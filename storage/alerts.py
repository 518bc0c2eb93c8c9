"""Alerts: what hits, edits and deletions owe to whom, withheld or not, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AlertId,
    AlertState,
    ChannelId,
    Held,
    PostId,
    Priority,
    Rhythm,
    Source,
    StoryId,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionState,
    Withheld,
)
from storage.schema import Utc, alerts, hits, notices, revisions, story_posts
from storage.schema import posts as post_table
from storage.schema import subscribers as subscriber_table
from storage.schema import subscriptions as subscription_table

_AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class HitFacts:
    """A hit with all that decides whether its subscriber is told.

    `source` is how the revision that matched came. `alert_id`, `alert_state` and `alert_post_id`
    are of the alert this subscriber already has about the post's story, None without one.
    """

    id: int
    subscription_id: SubscriptionId
    subscription_state: SubscriptionState
    rhythm: Rhythm
    is_urgent: bool
    is_surge: bool
    subscriber_id: SubscriberId
    subscriber_state: SubscriberState
    timezone: str
    post_id: PostId
    channel_id: ChannelId
    story_id: StoryId
    posted_at: datetime
    source: Source
    alert_id: AlertId | None
    alert_state: AlertState | None
    alert_post_id: PostId | None


@dataclass(frozen=True, slots=True)
class Again:
    """An alert with more to tell, and the post that brought it.

    `held` and `until` say why and until when that waits, None to tell it now.
    """

    alert_id: AlertId
    post_id: PostId
    priority: Priority = Priority.NEW
    held: Held | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert about to be written: owed, held until a time, or withheld, each for its reason."""

    subscriber_id: SubscriberId
    story_id: StoryId
    post_id: PostId
    reason: Withheld | Held | None
    until: datetime | None = None
    priority: Priority = Priority.NEW

    @property
    def state(self) -> AlertState:
        """What it begins as."""
        match self.reason:
            case None:
                return AlertState.OWED
            case Held():
                return AlertState.HELD
            case Withheld():
                return AlertState.WITHHELD


async def hit_posts(connection: AsyncConnection, after: int, limit: int) -> tuple[set[PostId], int]:
    """Give the posts of the next hits since a cursor, and the id of the last of these hits."""
    rows = await connection.execute(
        select(hits.c.id, hits.c.post_id).where(hits.c.id > after).order_by(hits.c.id).limit(limit)
    )
    found = rows.all()
    return {PostId(row.post_id) for row in found}, found[-1].id if found else after


async def hit_facts(connection: AsyncConnection, after: int, last: int) -> list[HitFacts]:
    """Give the hits after a cursor up to `last`, ascending, with what decides about them.

    Their posts must have been placed in stories: others would be passed over.
    """
    rows = await connection.execute(
        select(
            hits.c.id,
            hits.c.subscription_id,
            subscription_table.c.state.label("subscription_state"),
            subscription_table.c.rhythm,
            subscription_table.c.is_urgent,
            subscription_table.c.surge_channels,
            subscription_table.c.subscriber_id,
            subscriber_table.c.state.label("subscriber_state"),
            subscriber_table.c.timezone,
            hits.c.post_id,
            post_table.c.channel_id,
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
        .where(hits.c.id > after, hits.c.id <= last)
        .order_by(hits.c.id)
    )
    return [_hit_facts(row) for row in rows]


def _hit_facts(row: Any) -> HitFacts:
    return HitFacts(
        id=row.id,
        subscription_id=SubscriptionId(row.subscription_id),
        subscription_state=SubscriptionState(row.subscription_state),
        rhythm=Rhythm(row.rhythm),
        is_urgent=bool(row.is_urgent),
        is_surge=row.surge_channels is not None,
        subscriber_id=SubscriberId(row.subscriber_id),
        subscriber_state=SubscriberState(row.subscriber_state),
        timezone=row.timezone,
        channel_id=ChannelId(row.channel_id),
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
                "priority": item.priority,
                "state": item.state,
                "reason": item.reason,
                "wanted_version": 1,
                "sent_version": 0,
                "attempts": 0,
                "owed_at": now,
                "due_at": item.until or now,
            }
            for item in new
        ]
        await connection.execute(insert(alerts), rows)


async def owe_again(connection: AsyncConnection, again: Sequence[Again], now: datetime) -> None:
    """Owe these anew, because there is more to tell; dead ones stay dead.

    One that nobody has seen yet is shown by the post that is told now. What waits for a digest
    goes on waiting for the earlier of two; what can be told now no longer waits.
    """
    unseen = alerts.c.state.in_([AlertState.WITHHELD, AlertState.HELD])
    now_told = [item for item in again if item.held is None]
    if now_told:
        statement = raise_version(now, AlertState.SENT, AlertState.WITHHELD, AlertState.HELD).where(
            alerts.c.id == bindparam("key")
        )
        statement = statement.values(
            post_id=case((unseen, bindparam("told")), else_=alerts.c.post_id),
            priority=case(
                (alerts.c.sent_version > 0, Priority.UPDATE.value), else_=bindparam("wanted")
            ),
        )
        rows = [
            {"key": item.alert_id, "told": item.post_id, "wanted": item.priority}
            for item in now_told
        ]
        await connection.execute(statement, rows)
    held = [item for item in again if item.held is not None]
    if held:
        await connection.execute(_HOLD, [_hold_row(item) for item in held])
        await connection.execute(
            raise_version(now, AlertState.SENT).where(
                alerts.c.id.in_([item.alert_id for item in held])
            )
        )


_HOLD = (
    update(alerts)
    .where(
        alerts.c.id == bindparam("key"),
        (alerts.c.state == AlertState.WITHHELD)
        | ((alerts.c.state == AlertState.HELD) & (alerts.c.due_at > bindparam("until"))),
    )
    .values(
        state=AlertState.HELD,
        post_id=bindparam("told"),
        reason=bindparam("why"),
        due_at=bindparam("until", type_=Utc()),
    )
)


def _hold_row(item: Again) -> dict[str, object]:
    return {
        "key": item.alert_id,
        "told": item.post_id,
        "why": item.held,
        "until": item.until,
    }


async def redraw(
    connection: AsyncConnection, alert_id: AlertId, subscriber_id: SubscriberId, now: datetime
) -> None:
    """Owe a person's own alert anew, if they have it, because its buttons changed."""
    await connection.execute(
        raise_version(now, AlertState.SENT).where(
            alerts.c.id == alert_id,
            alerts.c.subscriber_id == subscriber_id,
            alerts.c.sent_version > 0,
        )
    )


def raise_version(now: datetime, *from_states: AlertState, delay: timedelta = _AT_ONCE) -> Any:
    """Give the update that wants a newer version, at once for those that rest in `from_states`.

    One on its way keeps its lease: what comes back finds a newer version wanted and owes it. What
    was told in a digest is not told again.
    """
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
    await connection.execute(
        update(notices)
        .where(
            notices.c.subscriber_id == subscriber_id,
            notices.c.state.in_([AlertState.OWED, AlertState.LEASED]),
        )
        .values(state=AlertState.WITHHELD, reason=reason, lease_until=None)
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
    counts = []
    for table in (alerts, notices):
        changed = await connection.execute(
            update(table)
            .where(
                table.c.subscriber_id == subscriber_id,
                table.c.state == AlertState.WITHHELD,
                table.c.reason == reason,
                table.c.owed_at >= since,
            )
            .values(state=AlertState.OWED, reason=None, due_at=now)
        )
        counts.append(changed.rowcount)
    return sum(counts)


async def told_since(
    connection: AsyncConnection, ids: Collection[SubscriberId], since: datetime, now: datetime
) -> dict[SubscriberId, int]:
    """Count the alerts each of these people got, or is owed, by themselves since then.

    What a clock that was fast noted for later than now is no reason to hold any.
    """
    rows = await connection.execute(
        select(alerts.c.subscriber_id, func.count())
        .where(
            alerts.c.subscriber_id.in_(list(ids)),
            alerts.c.owed_at.between(since, now),
            alerts.c.state.in_([AlertState.OWED, AlertState.LEASED, AlertState.SENT]),
            alerts.c.told_in.is_(None),
        )
        .group_by(alerts.c.subscriber_id)
    )
    return {SubscriberId(row[0]): int(row[1]) for row in rows}


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
