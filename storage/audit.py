"""The audit trail: who did what, append-only, without any message content."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import AuditEntry
from storage.schema import audit


async def add(connection: AsyncConnection, entry: AuditEntry) -> None:
    """Append an entry, in the transaction of the act it tells of."""
    await connection.execute(
        insert(audit).values(
            at=entry.at,
            actor=entry.actor,
            act=entry.act,
            subject=entry.subject,
            detail=json.dumps(entry.detail, ensure_ascii=False, sort_keys=True),
        )
    )


async def newest(connection: AsyncConnection, limit: int) -> list[AuditEntry]:
    """Give the latest entries, newest first."""
    rows = await connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
    return [_entry(row) for row in rows]


async def page(
    connection: AsyncConnection,
    *,
    limit: int,
    actor: str | None = None,
    act: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
) -> list[AuditEntry]:
    """Give the latest entries that are so, newest first; None asks for any."""
    wanted = select(audit)
    for column, value in ((audit.c.actor, actor), (audit.c.act, act), (audit.c.subject, subject)):
        if value is not None:
            wanted = wanted.where(column == value)
    if since is not None:
        wanted = wanted.where(audit.c.at >= since)
    rows = await connection.execute(wanted.order_by(audit.c.id.desc()).limit(limit))
    return [_entry(row) for row in rows]


async def latest_id(connection: AsyncConnection, act: str, subject: str) -> int | None:
    """Find the entry of the last time this was done to that subject."""
    found: int | None = await connection.scalar(
        select(func.max(audit.c.id)).where(audit.c.act == act, audit.c.subject == subject)
    )
    return found


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(row.at, row.actor, row.act, row.subject, json.loads(row.detail))
