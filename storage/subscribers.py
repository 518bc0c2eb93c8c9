"""Subscribers: the people who may talk to the bot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import Role, Subscriber, SubscriberId, SubscriberState
from storage.schema import subscribers


async def add(
    connection: AsyncConnection,
    *,
    telegram_user_id: int,
    access_hash: int,
    name: str,
    role: Role,
    timezone: str,
    language: str,
    added_at: datetime,
) -> SubscriberId:
    """Write a person who is not there yet; look first with `by_telegram_id`."""
    found = await connection.execute(
        insert(subscribers)
        .values(
            telegram_user_id=telegram_user_id,
            access_hash=access_hash,
            name=name,
            role=role,
            state=SubscriberState.ACTIVE,
            timezone=timezone,
            language=language,
            added_at=added_at,
        )
        .returning(subscribers.c.id)
    )
    return SubscriberId(found.scalar_one())


async def by_telegram_id(connection: AsyncConnection, telegram_user_id: int) -> Subscriber | None:
    """Find a person, removed ones too, by Telegram's id."""
    row = (
        await connection.execute(
            select(subscribers).where(subscribers.c.telegram_user_id == telegram_user_id)
        )
    ).first()
    return of_row(row) if row else None


async def by_id(connection: AsyncConnection, subscriber_id: SubscriberId) -> Subscriber | None:
    """Find a person, removed ones too, by our id."""
    row = (
        await connection.execute(select(subscribers).where(subscribers.c.id == subscriber_id))
    ).first()
    return of_row(row) if row else None


async def page(
    connection: AsyncConnection, *, offset: int = 0, limit: int = 1000
) -> list[Subscriber]:
    """Give people in the order they came, removed ones too."""
    rows = await connection.execute(
        select(subscribers).order_by(subscribers.c.id).offset(offset).limit(limit)
    )
    return [of_row(row) for row in rows]


async def count(connection: AsyncConnection) -> int:
    """Count people, removed ones too."""
    return int(await connection.scalar(select(func.count()).select_from(subscribers)) or 0)


async def set_state(
    connection: AsyncConnection, subscriber_id: SubscriberId, state: SubscriberState
) -> None:
    """Let a person in, put them out, or note that they blocked the bot."""
    await connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(state=state)
    )


async def set_role(connection: AsyncConnection, subscriber_id: SubscriberId, role: Role) -> None:
    """Change what a person may do."""
    await connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(role=role)
    )


async def set_timezone(
    connection: AsyncConnection, subscriber_id: SubscriberId, timezone: str
) -> None:
    """Change the zone a person's times are shown in (an IANA name)."""
    await connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(timezone=timezone)
    )


async def set_language(
    connection: AsyncConnection, subscriber_id: SubscriberId, language: str
) -> None:
    """Change the language a person is spoken to in: en, uk or ru."""
    await connection.execute(
        update(subscribers).where(subscribers.c.id == subscriber_id).values(language=language)
    )


async def met(
    connection: AsyncConnection, subscriber_id: SubscriberId, *, access_hash: int, name: str
) -> None:
    """Keep what a person's latest message says of them."""
    await connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(access_hash=access_hash, name=name)
    )


def of_row(row: Row[Any]) -> Subscriber:
    """Read a row of the table."""
    return Subscriber(
        id=SubscriberId(row.id),
        telegram_user_id=row.telegram_user_id,
        access_hash=row.access_hash,
        name=row.name,
        role=Role(row.role),
        state=SubscriberState(row.state),
        timezone=row.timezone,
        language=row.language,
        added_at=row.added_at,
    )
