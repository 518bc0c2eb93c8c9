"""Alert cases: everything about an alert that its reader is told, read together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import channels, picture_texts, places, posts, stories, subscriptions
from storage.records import (
    Alert,
    AlertId,
    AlertState,
    Channel,
    HitPlace,
    NoticeId,
    PictureText,
    Post,
    PostId,
    Priority,
    Role,
    Span,
    StoryId,
    StoryPost,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Subscription,
)
from storage.schema import alerts, hits, revisions, story_posts
from storage.schema import subscribers as subscriber_table
from storage.schema import subscriptions as subscription_table


@dataclass(frozen=True, slots=True)
class Match:
    """A subscription that hit the post; `spans` point into the post's text of the hit's time.

    `is_current` says whether that is the post's text still; `places` are those it matched for.
    """

    subscription: Subscription
    spans: tuple[Span, ...]
    is_current: bool
    places: tuple[HitPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertCase:
    """Everything needed to write an alert out.

    `first_text` is the text, at the first hit, of the message that matched; `latest_text` is the
    same message's newest; they differ after an edit, the time of which is `edited_at`. `story` is
    all that tells it, first posted first. A subscription that hit another post of the story than
    the one shown has no spans.
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
    story: tuple[StoryPost, ...] = ()
    pictures: tuple[PictureText, ...] = ()  # whose words are at the end of the post's text


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
    found_places = await places.of_alerts(connection, ids)
    with_words = [post.id for post in found_posts.values() if post.picture_text_at is not None]
    said = await picture_texts.of_posts(connection, with_words) if with_words else {}
    told = await stories.tellings(connection, {StoryId(row.story_id) for row in rows})
    return [
        _case(
            row,
            found_posts[PostId(row.post_id)],
            found_channels,
            newest,
            hit_rows[row.id],
            found_places=found_places,
            story=tuple(told.get(StoryId(row.story_id), ())),
            pictures=_pictures(found_posts[PostId(row.post_id)], said),
        )
        for row in rows
    ]


def _pictures(post: Post, said: Mapping[PostId, Sequence[PictureText]]) -> tuple[PictureText, ...]:
    return tuple(picture_texts.told(said.get(post.id, ()), post.text[post.picture_text_at :]))


async def _hit_rows(
    connection: AsyncConnection, ids: Collection[AlertId]
) -> Mapping[int, list[Row[Any]]]:
    found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    rows = await connection.execute(
        select(
            alerts.c.id.label("alert_id"),
            (hits.c.post_id == alerts.c.post_id).label("is_shown"),
            hits.c.spans,
            hits.c.revision_id,
            revisions.c.message_id,
            revisions.c.text,
            subscription_table,
        )
        .join(subscription_table, subscription_table.c.subscriber_id == alerts.c.subscriber_id)
        .join(story_posts, story_posts.c.story_id == alerts.c.story_id)
        .join(
            hits,
            (hits.c.subscription_id == subscription_table.c.id)
            & (hits.c.post_id == story_posts.c.post_id),
        )
        .join(revisions, revisions.c.id == hits.c.revision_id)
        .where(alerts.c.id.in_(ids))
        .order_by((hits.c.post_id == alerts.c.post_id).desc(), hits.c.id)
    )
    seen: set[tuple[int, int]] = set()
    for row in rows:
        if (row.alert_id, row.id) not in seen:
            seen.add((row.alert_id, row.id))
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
    *,
    found_places: Mapping[tuple[int, int], Sequence[HitPlace]],
    story: tuple[StoryPost, ...],
    pictures: tuple[PictureText, ...],
) -> AlertCase:
    latest = newest[post.id]
    newest_id = max(revision.id for revision in latest.values())
    first = hit_rows[0]
    now_of_first = latest[first.message_id]
    return AlertCase(
        alert=alert_of(row),
        sent_hash=row.sent_hash,
        subscriber=_subscriber(row),
        post=post,
        channel=found_channels[post.channel_id],
        matches=tuple(
            Match(
                subscriptions.of_row(hit),
                subscriptions.spans_of(hit.spans) if hit.is_shown else (),
                is_current=bool(hit.is_shown) and hit.revision_id >= newest_id,
                places=tuple(found_places.get((row.id, hit.id), ())),
            )
            for hit in hit_rows
        ),
        first_text=first.text,
        latest_text=now_of_first.text,
        edited_at=now_of_first.edited_at,
        story=story,
        pictures=pictures,
    )


def alert_of(row: Row[Any]) -> Alert:
    """Read a row of alerts."""
    return Alert(
        id=AlertId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        story_id=StoryId(row.story_id),
        post_id=PostId(row.post_id),
        state=AlertState(row.state),
        wanted_version=row.wanted_version,
        sent_version=row.sent_version,
        remote_id=row.remote_id,
        attempts=row.attempts,
        reason=row.reason,
        owed_at=row.owed_at,
        sent_at=row.sent_at,
        priority=Priority(row.priority),
        told_in=None if row.told_in is None else NoticeId(row.told_in),
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
