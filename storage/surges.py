"""Surges: what a subscription's hits of the last minutes tell, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
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
    connection: AsyncConnection, subscription_id: SubscriptionId, since: datetime
) -> Sequence[Voiced]:
    """Give the posts since then that a subscription hit, first posted first."""
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
        .where(hits.c.subscription_id == subscription_id, posts.c.posted_at >= since)
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


async def latest(connection: AsyncConnection, subscription_id: SubscriptionId) -> datetime | None:
    """Say when a surge of that subscription was written last."""
    found: datetime | None = await connection.scalar(
        select(func.max(notices.c.owed_at)).where(
            notices.c.kind == NoticeKind.SURGE,
            notices.c.key.startswith(f"{prefix(subscription_id)}", autoescape=True),
        )
    )
    return found


def prefix(subscription_id: SubscriptionId) -> str:
    """Give how the keys of a subscription's surges begin."""
    return f"surge:{subscription_id}:"
