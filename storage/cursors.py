"""Cursors: up to which row each stage has worked."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import cursors


async def position(connection: AsyncConnection, name: str) -> int:
    """Give the id of the last row worked off, 0 at first."""
    found = await connection.scalar(select(cursors.c.position).where(cursors.c.name == name))
    return int(found or 0)


async def advance(connection: AsyncConnection, name: str, to: int) -> None:
    """Move a cursor, in the transaction that holds what was worked off."""
    statement = insert(cursors).values(name=name, position=to)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"position": to})
    )


async def forget(connection: AsyncConnection, name: str) -> None:
    """Take a cursor away whose rows are gone."""
    await connection.execute(delete(cursors).where(cursors.c.name == name))
