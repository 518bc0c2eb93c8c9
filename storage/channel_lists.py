"""States of the channel list, one after each change, to look at and to go back to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ListState
from storage.schema import channel_lists


async def keep(
    connection: AsyncConnection, content: str, *, at: datetime, actor: str, act: str
) -> None:
    """Keep the list as it is now, in the transaction of the act; the same again is not kept."""
    last = await newest(connection, 1)
    if last and last[0].content == content:
        return
    await connection.execute(
        insert(channel_lists).values(at=at, actor=actor, act=act, content=content)
    )


async def newest(connection: AsyncConnection, limit: int) -> list[ListState]:
    """Give the latest states, the newest first."""
    rows = await connection.execute(
        select(channel_lists).order_by(channel_lists.c.id.desc()).limit(limit)
    )
    return [_of_row(row) for row in rows]


async def by_id(connection: AsyncConnection, number: int) -> ListState | None:
    """Find a state by its number."""
    row = (
        await connection.execute(select(channel_lists).where(channel_lists.c.id == number))
    ).first()
    return _of_row(row) if row else None


def _of_row(row: Row[Any]) -> ListState:
    return ListState(row.id, row.at, row.actor, row.act, row.content)
