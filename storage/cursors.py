"""Cursors: up to which row each stage has worked."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import cursors

_NEW = insert(cursors)
_MOVE = _NEW.on_conflict_do_update(
    index_elements=["name"], set_={"position": _NEW.excluded.position}
)


async def position(connection: AsyncConnection, name: str) -> int:
    """Give the id of the last row worked off, 0 at first."""
    found = await connection.scalar(select(cursors.c.position).where(cursors.c.name == name))
    return int(found or 0)


async def positions(connection: AsyncConnection, names: Collection[str]) -> dict[str, int]:
    """Give the ids of the last rows worked off behind each of these cursors, 0 at first."""
    rows = await connection.execute(select(cursors).where(cursors.c.name.in_(list(names))))
    found = {row.name: int(row.position) for row in rows}
    return {name: found.get(name, 0) for name in names}


async def advance(connection: AsyncConnection, name: str, to: int) -> None:
    """Move a cursor, in the transaction that holds what was worked off."""
    await advance_all(connection, {name: to})


async def advance_all(connection: AsyncConnection, to: Mapping[str, int]) -> None:
    """Move several cursors, in the transaction that holds what was worked off."""
    if to:
        rows = [{"name": name, "position": position} for name, position in to.items()]
        await connection.execute(_MOVE, rows)


async def forget(connection: AsyncConnection, name: str) -> None:
    """Take a cursor away whose rows are gone."""
    await connection.execute(delete(cursors).where(cursors.c.name == name))
