"""Drafts: queries that were shown to a person and are not watched yet. They expire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import Draft, DraftId, SubscriberId, SubscriptionId
from storage.schema import drafts


async def add(
    connection: AsyncConnection,
    subscriber_id: SubscriberId,
    query: str,
    *,
    replaces_id: SubscriptionId | None = None,
    is_asked: bool = False,
    made_at: datetime,
    expires_at: datetime,
) -> DraftId:
    """Write a draft; those that have expired go."""
    await connection.execute(delete(drafts).where(drafts.c.expires_at <= made_at))
    found = await connection.execute(
        insert(drafts)
        .values(
            subscriber_id=subscriber_id,
            query=query,
            replaces_id=replaces_id,
            is_asked=int(is_asked),
            made_at=made_at,
            expires_at=expires_at,
        )
        .returning(drafts.c.id)
    )
    return DraftId(found.scalar_one())


async def owned(
    connection: AsyncConnection, draft_id: DraftId, subscriber_id: SubscriberId, now: datetime
) -> Draft | None:
    """Find a person's own draft; another's, or one that has expired, is None."""
    row = (
        await connection.execute(
            select(drafts).where(
                drafts.c.id == draft_id,
                drafts.c.subscriber_id == subscriber_id,
                drafts.c.expires_at > now,
            )
        )
    ).first()
    return _of_row(row) if row else None


async def asked(
    connection: AsyncConnection, subscriber_id: SubscriberId, now: datetime
) -> Draft | None:
    """Find the draft whose text a person was asked for last."""
    row = (
        await connection.execute(
            select(drafts)
            .where(
                drafts.c.subscriber_id == subscriber_id,
                drafts.c.is_asked == 1,
                drafts.c.expires_at > now,
            )
            .order_by(drafts.c.id.desc())
            .limit(1)
        )
    ).first()
    return _of_row(row) if row else None


async def ask(connection: AsyncConnection, draft_id: DraftId, subscriber_id: SubscriberId) -> None:
    """Note that what a person writes next is the text of this draft, and of no other."""
    await connection.execute(
        update(drafts)
        .where(drafts.c.subscriber_id == subscriber_id)
        .values(is_asked=drafts.c.id == draft_id)
    )


async def remove(
    connection: AsyncConnection, draft_id: DraftId, subscriber_id: SubscriberId
) -> bool:
    """Take a person's own draft away; say whether it was there."""
    gone = await connection.execute(
        delete(drafts).where(drafts.c.id == draft_id, drafts.c.subscriber_id == subscriber_id)
    )
    return gone.rowcount > 0


async def remove_asked(
    connection: AsyncConnection, subscriber_id: SubscriberId, now: datetime
) -> None:
    """Forget what a person was asked for, and what has expired."""
    await connection.execute(
        delete(drafts).where(
            drafts.c.subscriber_id == subscriber_id,
            or_(drafts.c.is_asked == 1, drafts.c.expires_at <= now),
        )
    )


def _of_row(row: Row[Any]) -> Draft:
    return Draft(
        id=DraftId(row.id),
        subscriber_id=SubscriberId(row.subscriber_id),
        query=row.query,
        replaces_id=None if row.replaces_id is None else SubscriptionId(row.replaces_id),
        is_asked=bool(row.is_asked),
        expires_at=row.expires_at,
    )
