"""Posts, their revisions and deletion marks: what intake writes and every later stage reads."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import zstandard
from sqlalchemy import Row, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import hidden_links
from storage.bulk import BulkInsert
from storage.records import (
    AppendedRevision,
    ChannelId,
    Has,
    Is,
    KnownMessage,
    NewRevision,
    Post,
    PostId,
    Revision,
    RevisionId,
    Source,
    Waiting,
)
from storage.schema import deletions, posts, revisions

MessageKey = tuple[ChannelId, int]


_POSTS = BulkInsert(posts)
_REVISIONS = BulkInsert(revisions)

_compressor = zstandard.ZstdCompressor(level=1, write_checksum=False)
_decompressor = zstandard.ZstdDecompressor()


async def known_messages(
    connection: AsyncConnection, keys: Collection[MessageKey]
) -> dict[MessageKey, KnownMessage]:
    """Give the latest revision of each message that is stored; keys are (channel, message id)."""
    rows = await connection.execute(
        select(
            revisions.c.channel_id,
            revisions.c.message_id,
            revisions.c.post_id,
            revisions.c.number,
            revisions.c.content_hash,
            revisions.c.edited_at,
        )
        .where(tuple_(revisions.c.channel_id, revisions.c.message_id).in_(list(keys)))
        .order_by(revisions.c.number)
    )
    return {
        (ChannelId(row.channel_id), row.message_id): KnownMessage(
            PostId(row.post_id), row.number, row.content_hash, row.edited_at
        )
        for row in rows
    }


async def albums(
    connection: AsyncConnection, keys: Collection[tuple[ChannelId, int]]
) -> dict[tuple[ChannelId, int], PostId]:
    """Give the stored posts of albums; keys are (channel, grouped id)."""
    if not keys:
        return {}
    rows = await connection.execute(
        select(posts.c.channel_id, posts.c.grouped_id, posts.c.id).where(
            tuple_(posts.c.grouped_id, posts.c.channel_id).in_(
                [(grouped, channel) for channel, grouped in keys]
            )
        )
    )
    return {(ChannelId(row.channel_id), row.grouped_id): PostId(row.id) for row in rows}


async def add_posts(connection: AsyncConnection, new: Sequence[Post]) -> None:
    """Write posts that are not stored yet."""
    if new:
        await _POSTS.add(connection, [_post_row(post) for post in new])


async def add_revisions(connection: AsyncConnection, new: Sequence[NewRevision]) -> None:
    """Append revisions; their posts must be there."""
    if new:
        await _REVISIONS.add(connection, [_revision_row(item) for item in new])


def _revision_row(new: NewRevision) -> dict[str, object]:
    seen = new.message
    return {
        "post_id": new.post_id,
        "channel_id": new.channel_id,
        "message_id": seen.message_id,
        "number": new.number,
        "edited_at": seen.edited_at,
        "seen_at": new.seen_at,
        "source": new.source,
        "account_id": new.account_id,
        "text": seen.text,
        "body_length": seen.body_length,
        "entities": seen.entities,
        "author": seen.author,
        "raw": _compressor.compress(seen.raw),
        "sha256": hashlib.sha256(seen.raw).digest(),
        "content_hash": seen.content_hash,
    }


def _post_row(post: Post) -> dict[str, object]:
    return {
        "id": post.id,
        "channel_id": post.channel_id,
        "message_id": post.message_id,
        "grouped_id": post.grouped_id,
        "posted_at": post.posted_at,
        "first_seen_at": post.first_seen_at,
        "edited_at": post.edited_at,
        "deleted_at": post.deleted_at,
        "source": post.source,
        "text": post.text,
        "lang": post.lang,
        "has": " ".join(sorted(post.has)),
        "marks": " ".join(sorted(post.marks)),
        "origin": post.origin,
        "origin_name": post.origin_name,
        "reply_to": post.reply_to,
        "origin_id": post.origin_id,
        "origin_message_id": post.origin_message_id,
        "picture_text_at": post.picture_text_at,
        "links": hidden_links.written(post.links),
    }


async def update_posts(connection: AsyncConnection, changed: Sequence[Post]) -> None:
    """Bring what is derived of posts up to date: text, language, marks, times of edit and end."""
    if not changed:
        return
    statement = (
        update(posts)
        .where(posts.c.id == bindparam("key"))
        .values(
            text=bindparam("text"),
            picture_text_at=bindparam("picture_text_at"),
            links=bindparam("links"),
            lang=bindparam("lang"),
            has=bindparam("has"),
            marks=bindparam("marks"),
            edited_at=bindparam("edited_at"),
            deleted_at=bindparam("deleted_at"),
        )
    )
    names = ("text", "picture_text_at", "links", "lang", "has", "marks", "edited_at", "deleted_at")
    rows = [{name: _post_row(post)[name] for name in names} | {"key": post.id} for post in changed]
    await connection.execute(statement, rows)


async def mark_deleted(
    connection: AsyncConnection,
    channel_id: ChannelId,
    message_ids: Iterable[int],
    *,
    seen_at: datetime,
    source: Source,
) -> set[PostId]:
    """Mark stored messages as gone and give the posts newly marked; unknown ids are passed over.

    A post whose every message is gone gets its time of deletion. Safe to repeat.
    """
    found = await known_messages(connection, [(channel_id, number) for number in message_ids])
    if not found:
        return set()
    statement = insert(deletions).on_conflict_do_nothing().returning(deletions.c.post_id)
    rows = [
        {
            "channel_id": channel_id,
            "message_id": number,
            "post_id": known.post_id,
            "seen_at": seen_at,
            "source": source,
        }
        for (_, number), known in found.items()
    ]
    touched = {PostId(row.post_id) for row in await connection.execute(statement, rows)}
    await _end_posts(connection, touched, seen_at)
    return touched


async def _end_posts(
    connection: AsyncConnection, touched: Collection[PostId], seen_at: datetime
) -> None:
    held = (
        select(func.count(func.distinct(revisions.c.message_id)))
        .where(revisions.c.post_id == posts.c.id)
        .scalar_subquery()
    )
    gone = (
        select(func.count())
        .select_from(deletions)
        .where(deletions.c.post_id == posts.c.id)
        .scalar_subquery()
    )
    await connection.execute(
        update(posts)
        .where(posts.c.id.in_(list(touched)), posts.c.deleted_at.is_(None), held == gone)
        .values(deleted_at=seen_at)
    )


async def by_ids(connection: AsyncConnection, ids: Collection[PostId]) -> dict[PostId, Post]:
    """Give posts by id; unknown ids are missing from the answer."""
    rows = await connection.execute(select(posts).where(posts.c.id.in_(list(ids))))
    return {PostId(row.id): _post(row) for row in rows}


def _post(row: Row[Any]) -> Post:
    return Post(
        id=PostId(row.id),
        channel_id=ChannelId(row.channel_id),
        message_id=row.message_id,
        grouped_id=row.grouped_id,
        posted_at=row.posted_at,
        first_seen_at=row.first_seen_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        source=Source(row.source),
        text=row.text,
        lang=row.lang,
        has=frozenset(map(Has, row.has.split())),
        marks=frozenset(map(Is, row.marks.split())),
        origin=row.origin,
        origin_name=row.origin_name,
        reply_to=row.reply_to,
        origin_id=row.origin_id,
        origin_message_id=row.origin_message_id,
        picture_text_at=row.picture_text_at,
        links=hidden_links.read(row.links),
    )


async def parts(
    connection: AsyncConnection, ids: Collection[PostId]
) -> dict[PostId, list[tuple[str, str]]]:
    """Give the latest text and entities of each message of these posts, in their order."""
    if not ids:
        return {}
    rows = await connection.execute(
        select(
            revisions.c.post_id,
            revisions.c.message_id,
            revisions.c.text,
            revisions.c.entities,
        )
        .where(revisions.c.post_id.in_(list(ids)))
        .order_by(revisions.c.post_id, revisions.c.message_id, revisions.c.number)
    )
    latest: defaultdict[PostId, dict[int, tuple[str, str]]] = defaultdict(dict)
    for row in rows:
        latest[PostId(row.post_id)][row.message_id] = row.text, row.entities
    return {number: list(found.values()) for number, found in latest.items()}


async def newest_revision(connection: AsyncConnection, post_id: PostId) -> RevisionId:
    """Give the id of a post's latest revision."""
    statement = select(func.max(revisions.c.id)).where(revisions.c.post_id == post_id)
    return RevisionId((await connection.execute(statement)).scalar_one())


async def revisions_after(
    connection: AsyncConnection, after: int, limit: int
) -> list[AppendedRevision]:
    """Give what intake appended since a cursor, ascending."""
    rows = await connection.execute(
        select(
            revisions.c.id,
            revisions.c.post_id,
            revisions.c.number,
            revisions.c.source,
            revisions.c.seen_at,
        )
        .where(revisions.c.id > after)
        .order_by(revisions.c.id)
        .limit(limit)
    )
    return [
        AppendedRevision(
            RevisionId(row.id), PostId(row.post_id), row.number, Source(row.source), row.seen_at
        )
        for row in rows
    ]


async def revisions_waiting(connection: AsyncConnection, after: int) -> Waiting:
    """Say what a stage with this cursor has still to do."""
    row = (
        await connection.execute(
            select(func.count(), func.min(revisions.c.seen_at)).where(revisions.c.id > after)
        )
    ).one()
    return Waiting(int(row[0]), row[1])


async def revisions_of(connection: AsyncConnection, post_id: PostId) -> list[Revision]:
    """Give all revisions of a post, in the order of messages and numbers."""
    rows = await connection.execute(
        select(revisions)
        .where(revisions.c.post_id == post_id)
        .order_by(revisions.c.message_id, revisions.c.number)
    )
    return [
        Revision(
            id=RevisionId(row.id),
            post_id=PostId(row.post_id),
            message_id=row.message_id,
            number=row.number,
            edited_at=row.edited_at,
            seen_at=row.seen_at,
            source=Source(row.source),
            text=row.text,
            entities=row.entities,
            sha256=row.sha256,
        )
        for row in rows
    ]


async def raw_of(connection: AsyncConnection, revision_id: RevisionId) -> bytes:
    """Give the exact TL bytes of a revision."""
    packed = await connection.scalar(select(revisions.c.raw).where(revisions.c.id == revision_id))
    return unpack(packed or b"")


def unpack(packed: bytes) -> bytes:
    """Give the bytes that `raw` holds compressed; nothing for a revision that was emptied."""
    return _decompressor.decompress(packed) if packed else b""


async def newest_first(
    connection: AsyncConnection,
    *,
    before: tuple[datetime, PostId] | None,
    since: datetime | None,
    until: datetime | None,
    channel_ids: Collection[ChannelId] | None,
    limit: int,
) -> list[Post]:
    """Give a page of posts, newest first, after the key (time, id) of the last one seen."""
    statement = select(posts).order_by(posts.c.posted_at.desc(), posts.c.id.desc()).limit(limit)
    if before:
        statement = statement.where(tuple_(posts.c.posted_at, posts.c.id) < before)
    if since:
        statement = statement.where(posts.c.posted_at >= since)
    if until:
        statement = statement.where(posts.c.posted_at < until)
    if channel_ids is not None:
        statement = statement.where(posts.c.channel_id.in_(list(channel_ids)))
    return [_post(row) for row in await connection.execute(statement)]


async def counts(connection: AsyncConnection) -> Mapping[str, int]:
    """Count posts, messages, revisions and deletion marks."""
    row = (
        await connection.execute(
            select(
                select(func.count()).select_from(posts).scalar_subquery().label("posts"),
                select(func.count())
                .select_from(revisions)
                .where(revisions.c.number == 1)
                .scalar_subquery()
                .label("messages"),
                select(func.count()).select_from(revisions).scalar_subquery().label("revisions"),
                select(func.count()).select_from(deletions).scalar_subquery().label("deletions"),
            )
        )
    ).one()
    return dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name for it
