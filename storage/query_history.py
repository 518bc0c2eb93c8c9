"""What subscriptions were before they were edited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import FormerQuery, Subscription, SubscriptionId
from storage.schema import query_history


async def keep(connection: AsyncConnection, found: Subscription, now: datetime) -> None:
    """Keep what a subscription is, before it becomes something else."""
    await connection.execute(
        insert(query_history).values(
            subscription_id=found.id, query=found.query, normal=found.normal, until=now
        )
    )


async def of(
    connection: AsyncConnection, subscription_id: SubscriptionId, limit: int = 100
) -> list[FormerQuery]:
    """Give what a subscription was before, the latest first."""
    rows = await connection.execute(
        select(query_history)
        .where(query_history.c.subscription_id == subscription_id)
        .order_by(query_history.c.id.desc())
        .limit(limit)
    )
    return [FormerQuery(row.query, row.normal, row.until) for row in rows]
