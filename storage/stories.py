"""Stories: which posts tell the same, and where."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.bulk import BulkInsert
from storage.records import ChannelId, Is, PostId, StoryId, StoryPost
from storage.schema import alerts, channels, post_id, posts, revisions, story_posts

Origin = tuple[int, int]  # Telegram's channel id, message id
_ROWS = BulkInsert(story_posts)
_UNSIGNED = "I"  # 32 bits


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a post stands: its story, and the sketch it is found by (ascending, 32 bits each)."""

    post_id: PostId
    story_id: StoryId
    posted_at: datetime
    sketch: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToPlace:
    """What is needed to say which story a post tells; `origin` is of a forward's header."""

    post_id: PostId
    posted_at: datetime
    text: str
    origin: Origin | None


async def to_place(connection: AsyncConnection, ids: Collection[PostId]) -> list[ToPlace]:
    """Read posts that are to be placed, oldest first."""
    rows = await connection.execute(
        select(
            posts.c.id,
            posts.c.posted_at,
            posts.c.text,
            posts.c.origin_id,
            posts.c.origin_message_id,
        )
        .where(posts.c.id.in_(list(ids)))
        .order_by(posts.c.posted_at, posts.c.id)
    )
    return [
        ToPlace(
            PostId(row.id),
            row.posted_at,
            row.text,
            None
            if row.origin_id is None or row.origin_message_id is None
            else (row.origin_id, row.origin_message_id),
        )
        for row in rows
    ]


async def of_posts(connection: AsyncConnection, ids: Collection[PostId]) -> dict[PostId, StoryId]:
    """Give the stories of those of these posts that are placed."""
    rows = await connection.execute(
        select(story_posts.c.post_id, story_posts.c.story_id).where(
            story_posts.c.post_id.in_(list(ids))
        )
    )
    return {PostId(row.post_id): StoryId(row.story_id) for row in rows}


async def of_origins(
    connection: AsyncConnection, origins: Collection[Origin]
) -> dict[Origin, StoryId]:
    """Give the stories of what forwards repeat: of the origin itself, or of earlier forwards."""
    if not origins:
        return {}
    wanted = list(origins)
    found: dict[Origin, StoryId] = {}
    forwards = (
        select(posts.c.origin_id, posts.c.origin_message_id, func.min(story_posts.c.story_id))
        .join(story_posts, story_posts.c.post_id == posts.c.id)
        .where(tuple_(posts.c.origin_id, posts.c.origin_message_id).in_(wanted))
        .group_by(posts.c.origin_id, posts.c.origin_message_id)
    )
    held = (  # by its revisions, since any message of an album may be forwarded
        select(channels.c.telegram_id, revisions.c.message_id, story_posts.c.story_id)
        .join(channels, channels.c.id == revisions.c.channel_id)
        .join(story_posts, story_posts.c.post_id == revisions.c.post_id)
        .where(
            channels.c.telegram_id.in_({channel for channel, _ in wanted}),
            revisions.c.message_id.in_({message for _, message in wanted}),
            revisions.c.number == 1,
        )
    )
    for statement in (forwards, held):
        for channel, message, story in await connection.execute(statement):
            if (channel, message) in origins:
                found[channel, message] = StoryId(story)
    return found


async def forwards_of(
    connection: AsyncConnection, ids: Collection[PostId]
) -> dict[PostId, StoryId]:
    """Give the stories that forwards of these posts began before the posts themselves came."""
    rows = await connection.execute(
        select(channels.c.id, posts.c.origin_message_id, func.min(story_posts.c.story_id))
        .join(channels, channels.c.telegram_id == posts.c.origin_id)
        .join(story_posts, story_posts.c.post_id == posts.c.id)
        .where(
            posts.c.origin_id.in_(
                select(channels.c.telegram_id).where(
                    channels.c.id.in_(select(posts.c.channel_id).where(posts.c.id.in_(list(ids))))
                )
            ),
            posts.c.origin_message_id.in_(
                select(posts.c.message_id).where(posts.c.id.in_(list(ids)))
            ),
        )
        .group_by(channels.c.id, posts.c.origin_message_id)
    )
    found = {post_id(ChannelId(row[0]), row[1]): StoryId(row[2]) for row in rows}
    return {number: story for number, story in found.items() if number in ids}


async def add(connection: AsyncConnection, new: Sequence[Placed]) -> None:
    """Write where posts stand that are not placed yet."""
    if new:
        rows = [
            {
                "post_id": item.post_id,
                "story_id": item.story_id,
                "posted_at": item.posted_at,
                "sketch": _stored(item.sketch),
            }
            for item in new
        ]
        await _ROWS.add(connection, rows)


async def forget(connection: AsyncConnection, ids: Collection[PostId]) -> None:
    """Take the rows of posts away that are about to be placed in other stories."""
    await connection.execute(delete(story_posts).where(story_posts.c.post_id.in_(list(ids))))


async def change(connection: AsyncConnection, changed: Sequence[Placed]) -> None:
    """Write the new sketches of posts that were edited."""
    if changed:
        await connection.execute(
            update(story_posts)
            .where(story_posts.c.post_id == bindparam("key"))
            .values(sketch=bindparam("drawn")),
            [{"key": item.post_id, "drawn": _stored(item.sketch)} for item in changed],
        )


async def untold_alone(connection: AsyncConnection, ids: Collection[PostId]) -> set[PostId]:
    """Give those of these posts that are a story by themselves which nobody has an alert about."""
    others = story_posts.alias()
    rows = await connection.scalars(
        select(story_posts.c.post_id).where(
            story_posts.c.post_id.in_(list(ids)),
            story_posts.c.story_id == story_posts.c.post_id,
            ~select(others.c.id)
            .where(
                others.c.story_id == story_posts.c.story_id,
                others.c.post_id != story_posts.c.post_id,
            )
            .exists(),
            ~select(alerts.c.id).where(alerts.c.story_id == story_posts.c.story_id).exists(),
        )
    )
    return {PostId(number) for number in rows}


async def before_newest(connection: AsyncConnection, count: int) -> int:
    """Give the id after which the newest `count` rows of placed posts come."""
    found = await connection.scalar(
        select(story_posts.c.id).order_by(story_posts.c.id.desc()).offset(count).limit(1)
    )
    return int(found or 0)


async def newest_posted(connection: AsyncConnection) -> datetime | None:
    """Say when the newest of all placed posts was posted."""
    found: datetime | None = await connection.scalar(select(func.max(story_posts.c.posted_at)))
    return found


async def window(
    connection: AsyncConnection, since: datetime, after: int, limit: int
) -> tuple[list[Placed], int]:
    """Give a page of what was posted since then, in the order it was placed, and its last id."""
    rows = (
        await connection.execute(
            select(story_posts)
            .where(story_posts.c.posted_at >= since, story_posts.c.id > after)
            .order_by(story_posts.c.id)
            .limit(limit)
        )
    ).all()
    found = [
        Placed(PostId(row.post_id), StoryId(row.story_id), row.posted_at, _drawn(row.sketch))
        for row in rows
    ]
    return found, rows[-1].id if rows else after


async def tellings(
    connection: AsyncConnection, ids: Collection[StoryId]
) -> dict[StoryId, list[StoryPost]]:
    """Give the posts of each of these stories, first posted first."""
    rows = await connection.execute(
        select(
            story_posts.c.story_id,
            posts.c.id,
            posts.c.message_id,
            posts.c.posted_at,
            posts.c.marks,
            posts.c.channel_id,
            channels.c.username,
            channels.c.title,
            channels.c.reference,
            channels.c.telegram_id,
        )
        .join(posts, posts.c.id == story_posts.c.post_id)
        .join(channels, channels.c.id == posts.c.channel_id)
        .where(story_posts.c.story_id.in_(list(ids)))
        .order_by(posts.c.posted_at, posts.c.id)
    )
    found: defaultdict[StoryId, list[StoryPost]] = defaultdict(list)
    for row in rows:
        found[StoryId(row.story_id)].append(_telling(row))
    return dict(found)


def _telling(row: Any) -> StoryPost:
    return StoryPost(
        post_id=PostId(row.id),
        story_id=StoryId(row.story_id),
        message_id=row.message_id,
        posted_at=row.posted_at,
        channel_id=ChannelId(row.channel_id),
        channel=f"@{row.username}" if row.username else row.title or row.reference,
        username=row.username,
        telegram_channel_id=row.telegram_id,
        is_forward=Is.FORWARD in row.marks.split(),
    )


def _stored(sketch: Sequence[int]) -> bytes:
    return array(_UNSIGNED, sketch).tobytes()


def _drawn(stored: bytes) -> tuple[int, ...]:
    return tuple(array(_UNSIGNED, stored))
