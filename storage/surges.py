"""Surges: what a subscription's hits of the last minutes tell, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    ChannelId,
    Is,
    NoticeKind,
    PostId,
    StoryId,
    SubscriptionId,
)
from storage.schema import channels, hits, notices, posts, story_posts

_NEWEST = 50  # surges of one subscription that a further one is compared with


@dataclass(frozen=True, slots=True)
class Voiced:
    """A post that a subscription hit, with what a surge is counted and told by."""

    post_id: PostId
    story_id: StoryId
    channel_id: ChannelId
    channel: str
    username: str | None
    telegram_channel_id: int | None
    message_id: int
    posted_at: datetime
    text: str
    is_forward: bool


async def voiced(
    connection: AsyncConnection, subscription_id: SubscriptionId, since: datetime, until: datetime
) -> Sequence[Voiced]:
    """Give the posts of that time, both ends too, that a subscription hit, first posted first."""
    rows = await connection.execute(
        select(
            posts.c.id,
            story_posts.c.story_id,
            posts.c.channel_id,
            channels.c.username,
            channels.c.title,
            channels.c.reference,
            channels.c.telegram_id,
            posts.c.message_id,
            posts.c.posted_at,
            posts.c.text,
            posts.c.marks,
        )
        .join(hits, hits.c.post_id == posts.c.id)
        .join(story_posts, story_posts.c.post_id == posts.c.id)
        .join(channels, channels.c.id == posts.c.channel_id)
        .where(hits.c.subscription_id == subscription_id, posts.c.posted_at.between(since, until))
        .order_by(posts.c.posted_at, posts.c.id)
    )
    return [
        Voiced(
            post_id=PostId(row.id),
            story_id=StoryId(row.story_id),
            channel_id=ChannelId(row.channel_id),
            channel=f"@{row.username}" if row.username else row.title or row.reference,
            username=row.username,
            telegram_channel_id=row.telegram_id,
            message_id=row.message_id,
            posted_at=row.posted_at,
            text=row.text,
            is_forward=Is.FORWARD in row.marks.split(),
        )
        for row in rows
    ]


async def told(connection: AsyncConnection, subscription_id: SubscriptionId) -> list[datetime]:
    """Give when the newest surges of that subscription were complete."""
    keys = await connection.scalars(
        select(notices.c.key)
        .where(
            notices.c.kind == NoticeKind.SURGE,
            notices.c.key.startswith(_prefix(subscription_id), autoescape=True),
        )
        .order_by(notices.c.id.desc())
        .limit(_NEWEST)
    )
    return [datetime.fromtimestamp(int(key.rpartition(":")[2]), UTC) for key in keys]


def key_of(subscription_id: SubscriptionId, complete_at: datetime) -> str:
    """Give the key of the notice of a surge by when it was complete, on Telegram's clock."""
    return f"{_prefix(subscription_id)}{int(complete_at.timestamp())}"


def _prefix(subscription_id: SubscriptionId) -> str:
    return f"surge:{subscription_id}:"
