"""Invites: hashed codes that expire and are used up."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import Invite, InviteId, Role
from storage.schema import audit, invites


async def add(
    connection: AsyncConnection,
    code_hash: bytes,
    role: Role,
    *,
    uses: int,
    added_at: datetime,
    expires_at: datetime,
) -> InviteId:
    """Write an invite; `code_hash` is the SHA-256 of a code that nobody keeps."""
    found = await connection.execute(
        insert(invites)
        .values(
            code_hash=code_hash,
            role=role,
            added_at=added_at,
            expires_at=expires_at,
            uses_left=uses,
            after_act=select(func.coalesce(func.max(audit.c.id), 0)).scalar_subquery(),
        )
        .returning(invites.c.id)
    )
    return InviteId(found.scalar_one())


async def usable(connection: AsyncConnection, code_hash: bytes, now: datetime) -> Invite | None:
    """Find the invite of a code, None when there is none, it has expired or is used up."""
    row = (
        await connection.execute(select(invites).where(invites.c.code_hash == code_hash))
    ).first()
    if row is None or not hmac.compare_digest(row.code_hash, code_hash):
        return None
    if row.uses_left < 1 or row.expires_at <= now:
        return None
    return _of_row(row)


async def usable_ones(connection: AsyncConnection, now: datetime) -> list[Invite]:
    """Give the invites that still let somebody in, newest first."""
    rows = await connection.execute(
        select(invites)
        .where(invites.c.uses_left > 0, invites.c.expires_at > now)
        .order_by(invites.c.id.desc())
    )
    return [_of_row(row) for row in rows]


async def revoke(connection: AsyncConnection, invite_id: InviteId) -> bool:
    """Let nobody in by an invite any more; say whether it would have."""
    changed = await connection.execute(
        update(invites)
        .where(invites.c.id == invite_id, invites.c.uses_left > 0)
        .values(uses_left=0)
    )
    return changed.rowcount > 0


async def spend(connection: AsyncConnection, invite_id: InviteId) -> None:
    """Take one use, in the transaction that lets the person in."""
    await connection.execute(
        update(invites).where(invites.c.id == invite_id).values(uses_left=invites.c.uses_left - 1)
    )


def _of_row(row: Row[Any]) -> Invite:
    return Invite(
        id=InviteId(row.id),
        role=Role(row.role),
        added_at=row.added_at,
        expires_at=row.expires_at,
        uses_left=row.uses_left,
        after_act=row.after_act,
    )
