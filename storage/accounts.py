"""Accounts: what each may call about which channel, and how long Telegram makes it wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    Access,
    Account,
    AccountId,
    ChannelId,
    ChannelState,
)
from storage.schema import (
    account_waits,
    accounts,
    channel_access,
    channel_readers,
    channels,
)


async def account(connection: AsyncConnection, label: str) -> Account | None:
    """Find an account by the operator's name for it."""
    row = (await connection.execute(select(accounts).where(accounts.c.label == label))).first()
    return Account(AccountId(row.id), row.label, row.telegram_user_id) if row else None


async def know_account(
    connection: AsyncConnection, label: str, telegram_user_id: int | None
) -> Account:
    """Make or update an account; safe to repeat."""
    statement = insert(accounts).values(label=label, telegram_user_id=telegram_user_id)
    found = await connection.scalar(
        statement.on_conflict_do_update(
            index_elements=["label"], set_={"telegram_user_id": telegram_user_id}
        ).returning(accounts.c.id)
    )
    return Account(AccountId(int(found or 0)), label, telegram_user_id)


async def hearing_at(connection: AsyncConnection, account_id: AccountId) -> datetime | None:
    """Say when updates last reached us for certain; None: never yet."""
    found: datetime | None = await connection.scalar(
        select(accounts.c.hearing_at).where(accounts.c.id == account_id)
    )
    return found


async def heard(connection: AsyncConnection, account_id: AccountId, at: datetime) -> None:
    """Note that updates reached us at that moment."""
    await connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(hearing_at=at)
    )


async def access_of(connection: AsyncConnection, account_id: AccountId) -> dict[ChannelId, Access]:
    """Give what an account needs to call about each followed channel it reads."""
    rows = await connection.execute(
        select(channel_access, channels.c.telegram_id)
        .join(channels, channels.c.id == channel_access.c.channel_id)
        .join(
            channel_readers,
            (channel_readers.c.channel_id == channel_access.c.channel_id)
            & (channel_readers.c.account_id == channel_access.c.account_id)
            & channel_readers.c.until.is_(None),
        )
        .where(
            channel_access.c.account_id == account_id,
            channels.c.state == ChannelState.FOLLOWED,
        )
    )
    return {
        ChannelId(row.channel_id): Access(
            account_id=account_id,
            channel_id=ChannelId(row.channel_id),
            telegram_id=row.telegram_id,
            access_hash=row.access_hash,
            is_member=bool(row.is_member),
        )
        for row in rows
    }


async def drop_access(
    connection: AsyncConnection, account_id: AccountId, channel_id: ChannelId
) -> None:
    """Forget that an account reads a channel."""
    await connection.execute(
        delete(channel_access).where(
            channel_access.c.account_id == account_id, channel_access.c.channel_id == channel_id
        )
    )


async def access_to_removed(connection: AsyncConnection, account_id: AccountId) -> list[Access]:
    """Give the access an account still has to channels taken off the list."""
    rows = await connection.execute(
        select(channel_access, channels.c.telegram_id)
        .join(channels, channels.c.id == channel_access.c.channel_id)
        .where(channel_access.c.account_id == account_id, channels.c.state == ChannelState.REMOVED)
    )
    return [
        Access(
            account_id,
            ChannelId(row.channel_id),
            row.telegram_id,
            row.access_hash,
            bool(row.is_member),
        )
        for row in rows
    ]


async def wait_until(
    connection: AsyncConnection, account_id: AccountId, kind: str, until: datetime
) -> None:
    """Note that Telegram limits a kind of call of an account."""
    statement = insert(account_waits).values(account_id=account_id, kind=kind, until=until)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "kind"], set_={"until": until}
        )
    )


async def waits(connection: AsyncConnection, account_id: AccountId) -> dict[str, datetime]:
    """Give the limits of an account, also those that have passed, by kind of call."""
    rows = await connection.execute(
        select(account_waits).where(account_waits.c.account_id == account_id)
    )
    return {row.kind: row.until for row in rows}
