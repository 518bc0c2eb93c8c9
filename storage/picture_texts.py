"""What pictures say: which are unread, what was read, and what of it belongs to a post's text."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    AppendedRevision,
    ChannelId,
    MediaState,
    PictureText,
    PostId,
    ReadBy,
    RevisionId,
    Source,
    UnreadPicture,
)
from storage.schema import media, media_fetches, picture_texts, revisions


async def unread(connection: AsyncConnection, after: int, limit: int) -> list[UnreadPicture]:
    """Give fetched pictures after a cursor, in the order they were fetched."""
    rows = await connection.execute(
        select(media_fetches)
        .where(media_fetches.c.id > after, media_fetches.c.mime.startswith("image/"))
        .order_by(media_fetches.c.id)
        .limit(limit)
    )
    return [
        UnreadPicture(
            row.id,
            PostId(row.post_id),
            ChannelId(row.channel_id),
            row.message_id,
            row.file_id,
            row.sha256,
        )
        for row in rows
    ]


async def read_before(connection: AsyncConnection, sha256: bytes, by: ReadBy) -> str | None:
    """Give what this program read of the same picture in these languages; None: nothing yet."""
    found: str | None = await connection.scalar(
        select(picture_texts.c.text)
        .where(
            picture_texts.c.sha256 == sha256,
            picture_texts.c.languages == by.languages,
            picture_texts.c.program == by.program,
            picture_texts.c.text.isnot(None),
        )
        .limit(1)
    )
    return found


async def add(
    connection: AsyncConnection, picture: UnreadPicture, text: str, by: ReadBy, at: datetime
) -> bool:
    """Append what a picture says; False when it is not held any more, so that nothing is said."""
    held = await connection.scalar(
        select(media.c.id).where(
            media.c.channel_id == picture.channel_id,
            media.c.message_id == picture.message_id,
            media.c.file_id == picture.file_id,
            media.c.sha256 == picture.sha256,
            media.c.state == MediaState.HELD,
        )
    )
    if held is None:
        return False
    await connection.execute(
        insert(picture_texts).values(
            post_id=picture.post_id,
            channel_id=picture.channel_id,
            message_id=picture.message_id,
            file_id=picture.file_id,
            sha256=picture.sha256,
            text=text,
            text_sha256=hashlib.sha256(text.encode()).digest(),
            languages=by.languages,
            program=by.program,
            at=at,
        )
    )
    return True


async def of_posts(
    connection: AsyncConnection, ids: Collection[PostId]
) -> Mapping[PostId, Sequence[PictureText]]:
    """Give what pictures of these posts said, in the order of messages and then of reading.

    It is the newest reading of each picture, also of one that its message shows no more; see
    `shown`. Those that say nothing are left out.
    """
    newest = (
        select(func.max(picture_texts.c.id))
        .where(picture_texts.c.post_id.in_(list(ids)))
        .group_by(picture_texts.c.post_id, picture_texts.c.message_id, picture_texts.c.file_id)
    )
    rows = await connection.execute(
        select(picture_texts)
        .where(picture_texts.c.id.in_(newest), picture_texts.c.text != "")
        .order_by(picture_texts.c.post_id, picture_texts.c.message_id, picture_texts.c.id)
    )
    found: dict[PostId, list[PictureText]] = {}
    for row in rows:
        said = PictureText(row.message_id, row.file_id, row.sha256, row.text)
        found.setdefault(PostId(row.post_id), []).append(said)
    return found


def shown(said: Sequence[PictureText], files: Mapping[int, int]) -> list[PictureText]:
    """Leave only what is said by the pictures that messages show now.

    `files` is the picture or file of each message. One that is not in it shows the last that was
    read: what was imported does not tell, and Telegram lets a picture be replaced, not taken away.
    """
    shows = {item.message_id: item.file_id for item in said} | dict(files)
    return [item for item in said if item.file_id == shows[item.message_id]]


def told(said: Sequence[PictureText], text: str) -> list[PictureText]:
    """Leave only what a post's text ends with: that of the pictures it showed when it was made."""
    found = []
    rest = f"{text}\n"
    for item in said:
        if rest.startswith(f"{item.text}\n"):
            found.append(item)
            rest = rest[len(item.text) + 1 :]
    return found


async def appended_after(
    connection: AsyncConnection, after: int, limit: int
) -> list[tuple[int, AppendedRevision]]:
    """Give what was read since a cursor, ascending: its id, and the state that shows the picture.

    That is the newest revision of the message by now; what matched because of a picture is a hit
    of it.
    """
    newest = (
        select(func.max(revisions.c.id))
        .where(
            revisions.c.channel_id == picture_texts.c.channel_id,
            revisions.c.message_id == picture_texts.c.message_id,
        )
        .correlate(picture_texts)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            picture_texts.c.id.label("key"),
            revisions.c.id,
            revisions.c.post_id,
            revisions.c.number,
            revisions.c.source,
            revisions.c.seen_at,
        )
        .join(revisions, revisions.c.id == newest)
        .where(picture_texts.c.id > after)
        .order_by(picture_texts.c.id)
        .limit(limit)
    )
    return [
        (
            row.key,
            AppendedRevision(
                RevisionId(row.id), PostId(row.post_id), row.number, Source(row.source), row.seen_at
            ),
        )
        for row in rows
    ]


async def remove(connection: AsyncConnection, ids: Collection[PostId]) -> None:
    """Take out what pictures of these posts say; that there was something stays."""
    await connection.execute(
        update(picture_texts).where(picture_texts.c.post_id.in_(list(ids))).values(text=None)
    )
