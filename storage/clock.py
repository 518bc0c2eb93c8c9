"""How far the clock here was ahead of Telegram's when they were last compared."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import telegram_clock

_ONE = 1


async def ahead(connection: AsyncConnection) -> timedelta:
    """Give how far the clock was ahead, negative if behind, nothing if right or never compared."""
    found = await connection.scalar(select(telegram_clock.c.ahead_s))
    return timedelta(seconds=found or 0)


async def note(connection: AsyncConnection, ahead: timedelta, at: datetime) -> None:
    """Note a comparison made now."""
    values = {"ahead_s": round(ahead.total_seconds()), "compared_at": at}
    statement = insert(telegram_clock).values(id=_ONE, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
