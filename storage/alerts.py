"""Alerts and deliveries: what is owed to whom, leased, tried, sent or withheld, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import channels, posts, subscriptions
from storage.records import (
    Alert,
    AlertId,
    AlertState,
    Channel,
    Outcome,
    Post,
    PostId,
    Role,
    Source,
    Span,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    Withheld,
)
from storage.schema import Utc, alerts, deletions, deliveries, hits, revisions
from storage.schema import posts as post_table
from storage.schema import subscribers as subscriber_table
from storage.schema import subscriptions as subscription_table


@dataclass(frozen=True, slots=True)
class HitFacts:
    """A hit with all that decides whether its subscriber is told.

    `source` is how the revision that matched came. `alert_id` and `alert_state` are of the alert
    this subscriber already has about this post, None without one.
    """

    id: int
    subscription_id: SubscriptionId
    subscription_state: SubscriptionState
    subscriber_id: SubscriberId
    subscriber_state: SubscriberState
    post_id: PostId
    posted_at: datetime
    source: Source
    alert_id: AlertId | None
    alert_state: AlertState | None


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert about to be written: owed, or withheld for a reason."""

    subscriber_id: SubscriberId
    post_id: PostId
    withheld: Withheld | None


@dataclass(frozen=True, slots=True)
class DueAlert:
    """The oldest alert that is due for one subscriber."""

    id: AlertId
    subscriber_id: SubscriberId
    attempts: int


@dataclass(frozen=True, slots=True)
class Match:
    """A subscription that hit the post; `spans` point into the post's text of the hit's time.

    `is_current` says whether that is the post's text still.
    """

    subscription: Subscription
    spans: tuple[Span, ...]
    is_current: bool


@dataclass(frozen=True, slots=True)
class AlertCase:
    """Everything needed to write an alert out.

    `first_text` is the text, at the first hit, of the message that matched; `latest_text` is the
    same message's newest; they differ after an edit, the time of which is `edited_at`.
    """

    alert: Alert
    sent_hash: bytes | None
    subscriber: Subscriber
    post: Post
    channel: Channel
    matches: tuple[Match, ...]
    first_text: str
    latest_text: str
    edited_at: datetime | None


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


async def hit_facts(connection: AsyncConnection, after: int, limit: int) -> list[HitFacts]:
    """Give the hits since a cursor, ascending, with what decides about them."""
    rows = await connection.execute(
        select(
            hits.c.id,
            hits.c.subscription_id,
            subscription_table.c.state.label("subscription_state"),
            subscription_table.c.subscriber_id,
            subscriber_table.c.state.label("subscriber_state"),
            hits.c.post_id,
            post_table.c.posted_at,
            revisions.c.source,
            alerts.c.id.label("alert_id"),
            alerts.c.state.label("alert_state"),
        )
        .join(subscription_table, subscription_table.c.id == hits.c.subscription_id)
        .join(subscriber_table, subscriber_table.c.id == subscription_table.c.subscriber_id)
        .join(post_table, post_table.c.id == hits.c.post_id)
        .join(revisions, revisions.c.id == hits.c.revision_id)
        .outerjoin(
            alerts,
            (alerts.c.post_id == hits.c.post_id)
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
        posted_at=row.posted_at,
        source=Source(row.source),
        alert_id=None if row.alert_id is None else AlertId(row.alert_id),
        alert_state=None if row.alert_state is None else AlertState(row.alert_state),
    )


async def add(connection: AsyncConnection, new: Sequence[NewAlert], now: datetime) -> None:
    """Write alerts that are not there yet."""
    if new:
        rows = [
            {
                "subscriber_id": item.subscriber_id,
                "post_id": item.post_id,
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


async def owe_again(connection: AsyncConnection, ids: Collection[AlertId], now: datetime) -> None:
    """Owe these anew, because there is more to tell; dead ones stay dead."""
    if ids:
        await connection.execute(
            _raise_version(now, AlertState.SENT, AlertState.WITHHELD).where(alerts.c.id.in_(ids))
        )


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


def _raise_version(now: datetime, *from_states: AlertState) -> Any:
    # One on its way keeps its lease: what comes back finds a newer version wanted and owes it.
    is_resting = alerts.c.state.in_(from_states)
    return (
        update(alerts)
        .where(alerts.c.state.in_([AlertState.OWED, AlertState.LEASED, *from_states]))
        .values(
            wanted_version=alerts.c.wanted_version + 1,
            state=case((is_resting, AlertState.OWED.value), else_=alerts.c.state),
            due_at=case((is_resting, literal(now, Utc())), else_=alerts.c.due_at),
            reason=case((is_resting, None), else_=alerts.c.reason),
        )
    )


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
    reachable = select(subscriber_table.c.id).where(
        subscriber_table.c.state == SubscriberState.ACTIVE
    )
    await connection.execute(
        _raise_version(now, AlertState.SENT).where(
            alerts.c.post_id.in_(changed), alerts.c.subscriber_id.in_(reachable)
        )
    )


async def newest_ids(connection: AsyncConnection) -> tuple[int, int, int]:
    """Give the ids of the newest hit, revision and deletion mark, 0 without any."""
    row = (
        await connection.execute(
            select(
                select(func.max(hits.c.id)).scalar_subquery(),
                select(func.max(revisions.c.id)).scalar_subquery(),
                select(func.max(deletions.c.id)).scalar_subquery(),
            )
        )
    ).one()
    return row[0] or 0, row[1] or 0, row[2] or 0


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
    """Give each subscriber's oldest due alert, longest waiting first, but nothing for the busy."""
    first = func.min(alerts.c.id).label("first")
    waiting = func.min(alerts.c.due_at).label("waiting")
    oldest = (
        select(first, waiting)
        .where(
            alerts.c.state == AlertState.OWED,
            alerts.c.due_at <= now,
            alerts.c.subscriber_id.notin_(list(busy)),
        )
        .group_by(alerts.c.subscriber_id)
        .order_by(waiting, first)
        .limit(limit)
        .subquery()
    )
    rows = await connection.execute(
        select(alerts.c.id, alerts.c.subscriber_id, alerts.c.attempts)
        .join(oldest, oldest.c.first == alerts.c.id)
        .order_by(oldest.c.waiting, alerts.c.id)
    )
    return [
        DueAlert(AlertId(row.id), SubscriberId(row.subscriber_id), row.attempts) for row in rows
    ]


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


async def cases(connection: AsyncConnection, ids: Collection[AlertId]) -> list[AlertCase]:
    """Read what is needed to write these alerts out, in the order of their ids."""
    rows = (
        await connection.execute(
            select(alerts, *(column.label(f"s_{column.name}") for column in subscriber_table.c))
            .join(subscriber_table, subscriber_table.c.id == alerts.c.subscriber_id)
            .where(alerts.c.id.in_(ids))
            .order_by(alerts.c.id)
        )
    ).all()
    found_posts = await posts.by_ids(connection, {PostId(row.post_id) for row in rows})
    found_channels = await channels.by_ids(
        connection, {post.channel_id for post in found_posts.values()}
    )
    newest = await _newest_revisions(connection, found_posts)
    hit_rows = await _hit_rows(connection, ids)
    return [
        _case(row, found_posts[PostId(row.post_id)], found_channels, newest, hit_rows[row.id])
        for row in rows
    ]


async def _hit_rows(
    connection: AsyncConnection, ids: Collection[AlertId]
) -> Mapping[int, list[Row[Any]]]:
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    rows = await connection.execute(
        select(
            alerts.c.id.label("alert_id"),
            hits.c.spans,
            hits.c.revision_id,
            revisions.c.message_id,
            revisions.c.text,
            subscription_table,
        )
        .join(subscription_table, subscription_table.c.subscriber_id == alerts.c.subscriber_id)
        .join(
            hits,
            (hits.c.subscription_id == subscription_table.c.id)
            & (hits.c.post_id == alerts.c.post_id),
        )
        .join(revisions, revisions.c.id == hits.c.revision_id)
        .where(alerts.c.id.in_(ids))
        .order_by(hits.c.id)
    )
    for row in rows:
        found[row.alert_id].append(row)
    return found


async def _newest_revisions(
    connection: AsyncConnection, ids: Iterable[PostId]
) -> Mapping[int, Mapping[int, Any]]:
    """Give the newest revision of each message of these posts, by post and message id."""
    found: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    rows = await connection.execute(
        select(
            revisions.c.id,
            revisions.c.post_id,
            revisions.c.message_id,
            revisions.c.text,
            revisions.c.edited_at,
        )
        .where(revisions.c.post_id.in_(list(ids)))
        .order_by(revisions.c.id)
    )
    for row in rows:
        found[row.post_id][row.message_id] = row
    return found


def _case(
    row: Row[Any],
    post: Post,
    found_channels: Mapping[Any, Channel],
    newest: Mapping[int, Mapping[int, Any]],
    hit_rows: Sequence[Row[Any]],
) -> AlertCase:
    latest = newest[post.id]
    newest_id = max(revision.id for revision in latest.values())
    first = hit_rows[0]
    now_of_first = latest[first.message_id]
    return AlertCase(
        alert=_alert(row),
        sent_hash=row.sent_hash,
        subscriber=_subscriber(row),
        post=post,
        channel=found_channels[post.channel_id],
        matches=tuple(
            Match(
                subscriptions.of_row(hit),
                subscriptions.spans_of(hit.spans),
                is_current=hit.revision_id >= newest_id,
            )
            for hit in hit_rows
        ),
        first_text=first.text,
        latest_text=now_of_first.text,
        edited_at=now_of_first.edited_at,
    )


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        id=AlertId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        post_id=PostId(row.post_id),
        state=AlertState(row.state),
        wanted_version=row.wanted_version,
        sent_version=row.sent_version,
        remote_id=row.remote_id,
        attempts=row.attempts,
        reason=row.reason,
        owed_at=row.owed_at,
        sent_at=row.sent_at,
    )


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(
        id=SubscriberId(row.s_id),
        telegram_user_id=row.s_telegram_user_id,
        access_hash=row.s_access_hash,
        name=row.s_name,
        role=Role(row.s_role),
        state=SubscriberState(row.s_state),
        timezone=row.s_timezone,
        language=row.s_language,
        added_at=row.s_added_at,
    )


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
