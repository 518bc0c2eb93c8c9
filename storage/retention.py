"""Retention: rules, legal holds, and taking the content of old posts out of their rows.

Rows stay: a message that was removed is still known, so that it is not fetched again, and its leaf
in the log still adds up by the hash of what it held.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, exists, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import hidden_links, picture_texts
from storage.facts import LoggedRow, id_column, rows_of
from storage.records import ChannelId, LeafKind, MediaState, PostId
from storage.schema import (
    hits,
    holds,
    log_leaves,
    media,
    media_files,
    posts,
    removals,
    retention_rules,
    revisions,
)


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: nothing of its scope is removed."""

    scope: str
    since: datetime
    reason: str


async def rules(connection: AsyncConnection) -> Mapping[str, int]:
    """Give the days that are kept, by scope."""
    rows = await connection.execute(select(retention_rules).order_by(retention_rules.c.scope))
    return {row.scope: row.days for row in rows}


async def set_rule(connection: AsyncConnection, scope: str, days: int | None) -> None:
    """Keep so many days of a scope; None keeps everything."""
    await connection.execute(delete(retention_rules).where(retention_rules.c.scope == scope))
    if days is not None:
        await connection.execute(insert(retention_rules).values(scope=scope, days=days))


async def held(connection: AsyncConnection) -> list[Hold]:
    """Give the legal holds."""
    rows = await connection.execute(select(holds).order_by(holds.c.scope))
    return [Hold(row.scope, row.since, row.reason) for row in rows]


async def hold(connection: AsyncConnection, new: Hold) -> None:
    """Put a scope on hold; one that is on hold already keeps its date."""
    await connection.execute(
        upsert(holds)
        .values(scope=new.scope, since=new.since, reason=new.reason)
        .on_conflict_do_nothing()
    )


async def release(connection: AsyncConnection, scope: str) -> bool:
    """End a hold; False when there was none."""
    ended = await connection.execute(delete(holds).where(holds.c.scope == scope))
    return bool(ended.rowcount)


async def removable(
    connection: AsyncConnection, channel_id: ChannelId, before: datetime, limit: int
) -> list[LoggedRow]:
    """Give logged revisions of a channel's old posts that no subscription matched."""
    statement, read = rows_of(LeafKind.REVISION)
    rows = await connection.execute(
        statement.join(posts, posts.c.id == revisions.c.post_id)
        .join(
            log_leaves,
            and_(log_leaves.c.kind == LeafKind.REVISION, log_leaves.c.row_id == revisions.c.id),
        )
        .where(
            posts.c.channel_id == channel_id,
            posts.c.posted_at < before,
            removals.c.id.is_(None),
            ~exists(select(hits.c.id).where(hits.c.post_id == posts.c.id)),
        )
        .order_by(None)
        .order_by(id_column(LeafKind.REVISION))
        .limit(limit)
    )
    return [read(row) for row in rows]


async def remove(
    connection: AsyncConnection,
    contents: Mapping[int, bytes],
    *,
    at: datetime,
    reason: str,
) -> set[PostId]:
    """Take the content out of revisions (id → SHA-256 of it) and say so in a row for each.

    Gives the posts they belong to, whose own rows are emptied too.
    """
    await connection.exec_driver_sql("PRAGMA secure_delete = ON")  # nothing stays in free pages
    await connection.execute(
        insert(removals),
        [
            {"revision_id": number, "at": at, "reason": reason, "content_sha256": digest}
            for number, digest in contents.items()
        ],
    )
    ids = list(contents)
    await connection.execute(
        update(revisions)
        .where(revisions.c.id.in_(ids))
        .values(text="", body_length=0, entities="[]", author=None, raw=b"")
    )
    found = await connection.scalars(
        select(revisions.c.post_id).where(revisions.c.id.in_(ids)).distinct()
    )
    touched = {PostId(number) for number in found}
    await connection.execute(
        update(posts)
        .where(posts.c.id.in_(list(touched)))
        .values(
            text="",
            picture_text_at=None,
            links=hidden_links.NONE,
            lang=None,
            origin=None,
            origin_name=None,
        )
    )
    await picture_texts.remove(connection, touched)
    return touched


async def remove_media(
    connection: AsyncConnection, ids: Collection[PostId], at: datetime, reason: str
) -> Sequence[bytes]:
    """Let go of the media of posts; give the files that nothing refers to any more."""
    gone = media.c.post_id.in_(list(ids))
    hashes = set(
        await connection.scalars(
            select(media.c.sha256).where(gone, media.c.state == MediaState.HELD)
        )
    )
    await connection.execute(
        update(media).where(gone).values(state=MediaState.DROPPED, reason=reason, name=None)
    )
    kept = set(
        await connection.scalars(
            select(media.c.sha256).where(
                media.c.sha256.in_(list(hashes)), media.c.state == MediaState.HELD
            )
        )
    )
    loose = sorted(hashes - kept)
    await connection.execute(
        update(media_files)
        .where(media_files.c.sha256.in_(loose), media_files.c.dropped_at.is_(None))
        .values(dropped_at=at, phash=None)
    )
    return loose
