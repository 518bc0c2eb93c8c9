"""Accounts: what each may call about which channel, and how long Telegram makes it wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import (
    Access,
    Account,
    AccountId,
    AccountState,
    CallKind,
    ChannelId,
    ChannelState,
)
from storage.schema import (
    account_calls,
    account_waits,
    accounts,
    channel_access,
    channel_readers,
    channels,
)


async def account(connection: AsyncConnection, label: str) -> Account | None:
    """Find an account by the operator's name for it."""
    row = (await connection.execute(select(accounts).where(accounts.c.label == label))).first()
    return _account(row) if row else None


async def listed(connection: AsyncConnection, *, removed: bool = False) -> list[Account]:
    """Give the accounts in the order they came; `removed` adds the rest."""
    statement = select(accounts).order_by(accounts.c.id)
    if not removed:
        statement = statement.where(accounts.c.state != AccountState.REMOVED)
    return [_account(row) for row in await connection.execute(statement)]


def _account(row: Row[Any]) -> Account:
    return Account(
        id=AccountId(row.id),
        label=row.label,
        telegram_user_id=row.telegram_user_id,
        state=AccountState(row.state),
        reason=row.reason,
        most_channels=row.most_channels,
        proxy=row.proxy,
    )


async def know_account(
    connection: AsyncConnection, label: str, telegram_user_id: int | None
) -> Account:
    """Make or update an account; safe to repeat."""
    statement = insert(accounts).values(label=label, telegram_user_id=telegram_user_id)
    found = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["label"], set_={"telegram_user_id": telegram_user_id}
        ).returning(accounts)
    )
    return _account(found.one())


async def expect(connection: AsyncConnection, label: str) -> None:
    """Put an account on the list before it is signed in; one that is there stays as it is."""
    await connection.execute(insert(accounts).values(label=label).on_conflict_do_nothing())


async def set_state(
    connection: AsyncConnection, account_id: AccountId, state: AccountState, reason: str | None
) -> None:
    """Say whether an account may be used, and why not."""
    await connection.execute(
        update(accounts).where(accounts.c.id == account_id).values(state=state, reason=reason)
    )


async def arrange(
    connection: AsyncConnection, account_id: AccountId, *, most_channels: int, proxy: str | None
) -> None:
    """Say how many channels an account may read and how it reaches Telegram."""
    await connection.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(most_channels=most_channels, proxy=proxy)
    )


async def spend(
    connection: AsyncConnection, account_id: AccountId, kind: CallKind, hour: datetime, calls: int
) -> None:
    """Note calls before they are made, so that a crash can spend too little but never twice."""
    statement = insert(account_calls).values(
        account_id=account_id, kind=kind, hour=hour, calls=calls
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "kind", "hour"],
            set_={"calls": account_calls.c.calls + calls},
        )
    )


async def spent(
    connection: AsyncConnection, account_id: AccountId, since: datetime
) -> dict[CallKind, dict[datetime, int]]:
    """Give the calls of an account by kind and hour, from an hour on; older rows are forgotten."""
    rows = await connection.execute(
        select(account_calls).where(
            account_calls.c.account_id == account_id, account_calls.c.hour >= since
        )
    )
    found: dict[CallKind, dict[datetime, int]] = {kind: {} for kind in CallKind}
    for row in rows:
        found[CallKind(row.kind)][row.hour] = row.calls
    return found


async def forget_spent(connection: AsyncConnection, before: datetime) -> None:
    """Drop counts that no budget looks at any more."""
    await connection.execute(delete(account_calls).where(account_calls.c.hour < before))


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
    return {ChannelId(row.channel_id): _access(row) for row in rows}


async def all_access_of(
    connection: AsyncConnection, account_id: AccountId
) -> dict[ChannelId, Access]:
    """Give every access hash an account holds of a channel on the list, whoever reads it."""
    rows = await connection.execute(
        select(channel_access, channels.c.telegram_id)
        .join(channels, channels.c.id == channel_access.c.channel_id)
        .where(channel_access.c.account_id == account_id, channels.c.state != ChannelState.REMOVED)
    )
    return {ChannelId(row.channel_id): _access(row) for row in rows}


async def access_moved_on(connection: AsyncConnection, account_id: AccountId) -> list[Access]:
    """Give the access of a member to channels that another account reads by now."""
    rows = await connection.execute(
        select(channel_access, channels.c.telegram_id)
        .join(channels, channels.c.id == channel_access.c.channel_id)
        .join(
            channel_readers,
            (channel_readers.c.channel_id == channel_access.c.channel_id)
            & channel_readers.c.until.is_(None),
        )
        .where(
            channel_access.c.account_id == account_id,
            channel_access.c.is_member == 1,
            channel_readers.c.account_id != account_id,
            channels.c.state == ChannelState.FOLLOWED,
        )
    )
    return [_access(row) for row in rows]


def _access(row: Row[Any]) -> Access:
    return Access(
        account_id=AccountId(row.account_id),
        channel_id=ChannelId(row.channel_id),
        telegram_id=row.telegram_id,
        access_hash=row.access_hash,
        is_member=bool(row.is_member),
    )


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
    return [_access(row) for row in rows]


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
