"""Broadcasts: messages of operators to everybody; whom they are owed to is a notice each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    Broadcast,
    BroadcastId,
    BroadcastState,
    Subscriber,
    SubscriberState,
)
from storage.schema import broadcasts, subscribers
from storage.subscribers import of_row as subscriber_of


async def add(
    connection: AsyncConnection, *, actor: str, text: str, state: BroadcastState, made_at: datetime
) -> BroadcastId:
    """Write a broadcast, to be confirmed."""
    found = await connection.execute(
        insert(broadcasts)
        .values(actor=actor, text=text, state=state, made_at=made_at)
        .returning(broadcasts.c.id)
    )
    return BroadcastId(found.scalar_one())


async def confirm(connection: AsyncConnection, number: BroadcastId, actor: str) -> Broadcast | None:
    """Let a draft be sent, by its author alone and once; None if it may not."""
    row = (
        await connection.execute(
            update(broadcasts)
            .where(
                broadcasts.c.id == number,
                broadcasts.c.actor == actor,
                broadcasts.c.state == BroadcastState.DRAFTED,
            )
            .values(state=BroadcastState.SENT)
            .returning(broadcasts)
        )
    ).first()
    if row is None:
        return None
    return Broadcast(
        BroadcastId(row.id), row.actor, row.text, BroadcastState(row.state), row.made_at
    )


async def audience(connection: AsyncConnection) -> list[Subscriber]:
    """Give the people a broadcast reaches now: who is in and has not blocked the bot."""
    rows = await connection.execute(
        select(subscribers)
        .where(subscribers.c.state == SubscriberState.ACTIVE)
        .order_by(subscribers.c.id)
    )
    return [subscriber_of(row) for row in rows]
