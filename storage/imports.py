"""Files that were imported, and the channels that only files have told of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ChannelId, ChannelState, FollowMode, ImportedFile
from storage.schema import channels, imports, revisions

_NAMES = tuple(field.name for field in fields(ImportedFile))


async def begun(connection: AsyncConnection, sha256: bytes) -> ImportedFile | None:
    """Find a file that was imported before, whole or in part."""
    row = (await connection.execute(select(imports).where(imports.c.sha256 == sha256))).first()
    return ImportedFile(**{name: getattr(row, name) for name in _NAMES}) if row else None


async def note(connection: AsyncConnection, file: ImportedFile) -> None:
    """Note how far a file was read, in the transaction that stores what was read of it."""
    values = {name: getattr(file, name) for name in _NAMES}
    statement = insert(imports).values(**values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["sha256"], set_=values)
    )


async def channel(
    connection: AsyncConnection, telegram_id: int, title: str | None, added_at: datetime
) -> ChannelId:
    """Find a channel by Telegram's number, or make one that is not followed."""
    found = await connection.scalar(
        select(channels.c.id).where(channels.c.telegram_id == telegram_id)
    )
    if found is None:
        statement = insert(channels).values(
            reference=f"-100{telegram_id}",
            mode=FollowMode.JOIN,
            state=ChannelState.REMOVED,
            telegram_id=telegram_id,
            title=title,
            added_at=added_at,
            backfill_depth=0,
        )
        # On the list by its number, and never met: what Telegram calls it, the file says.
        statement = statement.on_conflict_do_update(
            index_elements=["reference"],
            set_={"telegram_id": telegram_id, "title": func.coalesce(channels.c.title, title)},
        )
        found = await connection.scalar(statement.returning(channels.c.id))
    return ChannelId(int(found or 0))


async def latest_bodies(
    connection: AsyncConnection, keys: Collection[tuple[ChannelId, int]]
) -> dict[tuple[ChannelId, int], str]:
    """Give the author's own text of the latest revision of messages that are stored."""
    rows = await connection.execute(
        select(
            revisions.c.channel_id,
            revisions.c.message_id,
            revisions.c.text,
            revisions.c.body_length,
        )
        .where(tuple_(revisions.c.channel_id, revisions.c.message_id).in_(list(keys)))
        .order_by(revisions.c.number)
    )
    return {
        (ChannelId(row.channel_id), row.message_id): row.text[: row.body_length] for row in rows
    }
