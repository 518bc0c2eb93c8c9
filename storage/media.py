"""Media: what is attached and wanted, the files that are held, and the rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.posts import unpack
from storage.records import (
    ChannelId,
    Fetch,
    FetchedBy,
    Has,
    Media,
    MediaRule,
    MediaState,
    NewMedia,
    PostId,
    RevisionId,
    ShownMedia,
    Source,
    StoredFile,
)
from storage.schema import (
    hits,
    media,
    media_fetches,
    media_files,
    media_rules,
    posts,
    revisions,
)

_SIGN = 1 << 63  # SQLite's numbers are signed


async def shown_after(
    connection: AsyncConnection, after: int, limit: int
) -> tuple[int, list[ShownMedia]]:
    """Give what of the next `limit` revisions may show media, and the last revision's id (0: none).

    Imports are left out: what they attach is no number at Telegram.
    """
    ids = list(
        await connection.scalars(
            select(revisions.c.id)
            .where(revisions.c.id > after)
            .order_by(revisions.c.id)
            .limit(limit)
        )
    )
    if not ids:
        return 0, []
    carries = or_(
        *(posts.c.has.contains(kind.value) for kind in (Has.PHOTO, Has.VIDEO, Has.DOCUMENT))
    )
    rows = await connection.execute(
        select(
            revisions.c.id,
            revisions.c.post_id,
            revisions.c.channel_id,
            revisions.c.message_id,
            revisions.c.raw,
        )
        .join(posts, posts.c.id == revisions.c.post_id)
        .where(
            revisions.c.id.between(ids[0], ids[-1]), carries, revisions.c.source != Source.IMPORT
        )
        .order_by(revisions.c.id)
    )
    return ids[-1], [
        ShownMedia(
            RevisionId(row.id),
            PostId(row.post_id),
            ChannelId(row.channel_id),
            row.message_id,
            unpack(row.raw),
        )
        for row in rows
    ]


async def add(connection: AsyncConnection, new: Sequence[NewMedia], now: datetime) -> None:
    """Note attachments; one that is noted already stays as it is."""
    if not new:
        return
    rows = [
        {
            "post_id": item.post_id,
            "channel_id": item.channel_id,
            "message_id": item.message_id,
            "revision_id": item.revision_id,
            "file_id": item.attachment.file_id,
            "kind": item.attachment.kind,
            "mime": item.attachment.mime,
            "name": item.attachment.name,
            "length": item.attachment.length,
            "state": item.state,
            "reason": item.reason,
            "attempts": 0,
            "due_at": now,
        }
        for item in new
    ]
    await connection.execute(upsert(media).on_conflict_do_nothing(), rows)


async def hit_posts(connection: AsyncConnection, ids: Collection[PostId]) -> set[PostId]:
    """Say which of these posts some subscription matched."""
    rows = await connection.scalars(
        select(hits.c.post_id).where(hits.c.post_id.in_(list(ids))).distinct()
    )
    return {PostId(number) for number in rows}


async def want_hits(connection: AsyncConnection, after: int, limit: int, now: datetime) -> int:
    """Want what waits for one of the next hits after a cursor; give the last one's id (0: none)."""
    rows = (
        await connection.execute(
            select(hits.c.id, hits.c.post_id)
            .where(hits.c.id > after)
            .order_by(hits.c.id)
            .limit(limit)
        )
    ).all()
    if not rows:
        return 0
    await connection.execute(
        update(media)
        .where(
            media.c.post_id.in_({row.post_id for row in rows}),
            media.c.state == MediaState.WAITING,
        )
        .values(state=MediaState.WANTED, due_at=now)
    )
    return int(rows[-1].id)


async def due(
    connection: AsyncConnection, now: datetime, channel_ids: Collection[ChannelId], limit: int
) -> list[Media]:
    """Give what is wanted of these channels, the longest waiting first."""
    rows = await connection.execute(
        select(media)
        .where(
            media.c.state == MediaState.WANTED,
            media.c.due_at <= now,
            media.c.channel_id.in_(list(channel_ids)),
        )
        .order_by(media.c.due_at, media.c.id)
        .limit(limit)
    )
    return [_media(row) for row in rows]


def _media(row: Row[Any]) -> Media:
    return Media(
        id=row.id,
        post_id=PostId(row.post_id),
        channel_id=ChannelId(row.channel_id),
        message_id=row.message_id,
        revision_id=RevisionId(row.revision_id),
        file_id=row.file_id,
        kind=Has(row.kind),
        mime=row.mime,
        name=row.name,
        length=row.length,
        state=MediaState(row.state),
        reason=row.reason,
        sha256=row.sha256,
        attempts=row.attempts,
    )


async def settle(
    connection: AsyncConnection, media_id: int, state: MediaState, reason: str
) -> None:
    """Note that something will not be held, and why."""
    await connection.execute(
        update(media).where(media.c.id == media_id).values(state=state, reason=reason)
    )


async def postpone(
    connection: AsyncConnection, media_id: int, due_at: datetime, reason: str
) -> None:
    """Try something again later."""
    await connection.execute(
        update(media)
        .where(media.c.id == media_id)
        .values(due_at=due_at, reason=reason, attempts=media.c.attempts + 1)
    )


async def held(connection: AsyncConnection, item: Media, file: StoredFile, by: FetchedBy) -> None:
    """Note a file that lies on the disk now, and append how it came. Safe to repeat."""
    values = {
        "length": file.length,
        "stored_at": file.stored_at,
        "dropped_at": None,
        "phash": None if file.phash is None else _signed(file.phash),
        "note": file.note,
    }
    statement = upsert(media_files).values(sha256=file.sha256, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["sha256"], set_=values)
    )
    await connection.execute(
        update(media)
        .where(media.c.id == item.id)
        .values(state=MediaState.HELD, reason=None, sha256=file.sha256)
    )
    await connection.execute(
        insert(media_fetches).values(
            post_id=item.post_id,
            channel_id=item.channel_id,
            message_id=item.message_id,
            file_id=item.file_id,
            sha256=file.sha256,
            length=file.length,
            name=item.name,
            mime=item.mime,
            at=by.at,
            account_id=by.account_id,
        )
    )


def _signed(number: int) -> int:
    return number - 2 * _SIGN if number >= _SIGN else number


async def used_bytes(connection: AsyncConnection) -> int:
    """Give how much of the disk the held files take."""
    total = await connection.scalar(
        select(func.sum(media_files.c.length)).where(media_files.c.dropped_at.is_(None))
    )
    return int(total or 0)


async def droppable(connection: AsyncConnection, limit: int) -> list[StoredFile]:
    """Give files that no hit refers to, the oldest first."""
    referred = (
        select(media.c.id)
        .join(hits, hits.c.post_id == media.c.post_id)
        .where(media.c.sha256 == media_files.c.sha256)
    )
    rows = await connection.execute(
        select(media_files)
        .where(media_files.c.dropped_at.is_(None), ~exists(referred))
        .order_by(media_files.c.stored_at)
        .limit(limit)
    )
    return [_file(row) for row in rows]


def _file(row: Row[Any]) -> StoredFile:
    phash = None if row.phash is None else row.phash % (2 * _SIGN)
    return StoredFile(row.sha256, row.length, row.stored_at, phash, row.note)


async def drop(connection: AsyncConnection, sha256: bytes, at: datetime, reason: str) -> None:
    """Note that a file is to go from the disk, before it goes."""
    await connection.execute(
        update(media_files).where(media_files.c.sha256 == sha256).values(dropped_at=at)
    )
    await connection.execute(
        update(media)
        .where(media.c.sha256 == sha256, media.c.state == MediaState.HELD)
        .values(state=MediaState.DROPPED, reason=reason)
    )


async def pictures(connection: AsyncConnection) -> list[StoredFile]:
    """Give every file that has a perceptual hash, dropped ones too."""
    rows = await connection.execute(select(media_files).where(media_files.c.phash.isnot(None)))
    return [_file(row) for row in rows]


async def of_files(connection: AsyncConnection, hashes: Collection[bytes]) -> list[Media]:
    """Give the attachments that are these files, in the order of posts."""
    rows = await connection.execute(
        select(media).where(media.c.sha256.in_(list(hashes))).order_by(media.c.post_id, media.c.id)
    )
    return [_media(row) for row in rows]


async def of_posts(
    connection: AsyncConnection, ids: Collection[PostId]
) -> dict[PostId, list[Media]]:
    """Give what is attached to posts, in the order of messages."""
    found: dict[PostId, list[Media]] = {}
    rows = await connection.execute(
        select(media)
        .where(media.c.post_id.in_(list(ids)))
        .order_by(media.c.post_id, media.c.message_id, media.c.id)
    )
    for row in rows:
        found.setdefault(PostId(row.post_id), []).append(_media(row))
    return found


async def shown_by(
    connection: AsyncConnection, channel_id: ChannelId, message_id: int
) -> tuple[PostId, RevisionId] | None:
    """Give the post and the first revision of a message, None if it is not stored."""
    row = (
        await connection.execute(
            select(revisions.c.post_id, revisions.c.id)
            .where(revisions.c.channel_id == channel_id, revisions.c.message_id == message_id)
            .order_by(revisions.c.number)
            .limit(1)
        )
    ).first()
    return (PostId(row.post_id), RevisionId(row.id)) if row else None


async def of_messages(
    connection: AsyncConnection, channel_id: ChannelId, ids: Collection[int]
) -> list[Media]:
    """Give what is attached to messages of a channel."""
    rows = await connection.execute(
        select(media)
        .where(media.c.channel_id == channel_id, media.c.message_id.in_(list(ids)))
        .order_by(media.c.message_id, media.c.id)
    )
    return [_media(row) for row in rows]


async def counts(connection: AsyncConnection) -> list[tuple[MediaState, str | None, int, int]]:
    """Count attachments and their bytes by state and reason."""
    rows = await connection.execute(
        select(media.c.state, media.c.reason, func.count(), func.sum(media.c.length))
        .group_by(media.c.state, media.c.reason)
        .order_by(media.c.state, media.c.reason)
    )
    return [(MediaState(row[0]), row[1], int(row[2]), int(row[3] or 0)) for row in rows]


async def rules(connection: AsyncConnection) -> Mapping[str, MediaRule]:
    """Give the rules that win over the settings, by scope."""
    rows = await connection.execute(select(media_rules).order_by(media_rules.c.scope))
    return {
        row.scope: MediaRule(
            Fetch(row.fetch), frozenset(map(Has, row.kinds.split())), row.most_bytes
        )
        for row in rows
    }


async def set_rule(connection: AsyncConnection, scope: str, rule: MediaRule | None) -> None:
    """Set a rule, or take it away."""
    if rule is None:
        await connection.execute(delete(media_rules).where(media_rules.c.scope == scope))
        return
    values = {
        "fetch": rule.fetch,
        "kinds": " ".join(sorted(rule.kinds)),
        "most_bytes": rule.most_bytes,
    }
    statement = upsert(media_rules).values(scope=scope, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["scope"], set_=values))
