"""The accounts that follow channels: list, add, pause, resume, remove, move channels, spread.

Secrets, codes and phone numbers are never arguments, rows or log lines. Every act is in the audit
trail in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.collect import roster
from bot.collect.allowance import UNLIMITED, Allowance, counted_since, hour_of
from bot.collect.roster import Allowances
from bot.collect.spread import Move
from bot.config import Settings, account_label
from bot.operate.channel_list import named
from bot.operate.login import LoginWishes, sign_in_account
from bot.operate.people import ACTOR
from bot.telegram import proxy as proxies
from storage import accounts, audit, channels, readers, spreading
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.records import Account, AccountState, AuditEntry, CallKind

MOST_CHANNELS = (500, 1000)  # of an account, of a premium account: Telegram's


class BadAccountError(BadInput, ValueError):
    """An account cannot be found or a wish about it not granted; the message says what to do."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account for a person; `hour` and `day` are calls spent, `waits` until when, by kind."""

    label: str
    state: AccountState
    reason: str | None
    channels: int
    most_channels: int
    hour: dict[str, int]
    day: dict[str, int]
    waits: dict[str, datetime]
    hearing_at: datetime | None
    proxy: str


def allowances(settings: Settings) -> Allowances:
    """Give the budgets of the settings."""
    # Media have no budget but the disk's: they are paced, and Telegram says when to wait.
    given = {CallKind(kind): Allowance(*most) for kind, most in settings.most_calls.items()}
    return {CallKind.MEDIA: UNLIMITED} | given


async def listed(database: Database) -> list[AccountLine]:
    """Give the accounts, in the order they came."""
    now = datetime.now(UTC)
    async with database.reading() as connection:
        current = await readers.current(connection)
        return [
            await _line(connection, account, list(current.values()).count(account.id), now)
            for account in await accounts.listed(connection)
        ]


async def _line(connection: Connection, account: Account, reads: int, now: datetime) -> AccountLine:
    spent = await accounts.spent(connection, account.id, counted_since(now))
    waits = await accounts.waits(connection, account.id)
    return AccountLine(
        label=account.label,
        state=account.state,
        reason=account.reason,
        channels=reads,
        most_channels=account.most_channels,
        hour={kind.value: hours.get(hour_of(now), 0) for kind, hours in spent.items()},
        day={kind.value: sum(hours.values()) for kind, hours in spent.items()},
        waits={kind: until for kind, until in waits.items() if until > now},
        hearing_at=await accounts.hearing_at(connection, account.id),
        proxy=proxies.shown(account.proxy),
    )


async def add(
    settings: Settings,
    database: Database,
    label: str,
    wishes: LoginWishes,
    *,
    most_channels: int,
    proxy: str | None,
    proxy_secret_file: Path | None,
) -> AccountLine:
    """Sign an account in and put it on the list; a run that goes on takes it up by itself.

    Raises BadAccountError, BadProxy, LoginRefused, SessionInUse, Later and Never.
    """
    if account_label(label) is None:
        raise BadAccountError(
            f"{label!r} cannot be an account's name: write up to 32 small letters, digits, - or _"
        )
    if most_channels not in MOST_CHANNELS:
        raise BadAccountError("an account may be in 500 channels, a premium one in 1000")
    stored = proxies.check(proxy, proxy_secret_file) if proxy else None
    who = await sign_in_account(settings, label, wishes, stored)
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        # The account of the settings must not be forgotten once there are rows.
        await accounts.expect(connection, settings.account_label)
        account = await accounts.know_account(connection, label, who.user_id)
        await accounts.set_state(connection, account.id, AccountState.ACTIVE, None)
        await accounts.arrange(connection, account.id, most_channels=most_channels, proxy=stored)
        await _record(connection, "account added", label)
        account = await _named(connection, label)
        return await _line(connection, account, 0, now)


async def set_state(
    database: Database, label: str, state: AccountState, *, reason: str | None = None
) -> AccountLine:
    """Pause, resume or remove an account. Raises BadAccountError. Safe to repeat."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        account = await _named(connection, label)
        await accounts.set_state(connection, account.id, state, reason)
        await _record(connection, f"account {state.value}", label)
        reads = list((await readers.current(connection)).values()).count(account.id)
        known = await accounts.account(connection, label)
        return await _line(connection, known or account, reads, now)


async def move(database: Database, channel_name: str, label: str) -> Move:
    """Let another account read a channel. Raises BadAccountError and UnknownChannelError."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        account = await _named(connection, label)
        if account.state is not AccountState.ACTIVE:
            raise BadAccountError(f"{label} is {account.state.value}: resume it first")
        channel = named(channel_name, await channels.listed(connection))
        by_id = {item.id: item.label for item in await accounts.listed(connection, removed=True)}
        before = (await readers.current(connection)).get(channel.id)
        made = Move(
            channel.id,
            channel.name,
            by_id.get(before) if before else None,
            account.id,
            label,
            "an operator moved it",
        )
        if before != account.id:
            await readers.assign(connection, {channel.id: account.id}, why=made.why, at=now)
            await spreading.want_again(connection, [channel.id])
            await _record(connection, "channel moved", channel.reference, to=label)
    return made


async def spread(
    settings: Settings, database: Database, *, without: str | None, is_dry: bool
) -> list[Move]:
    """Spread the channels over the accounts, or only say how they would be.

    `without` plays that this account cannot be used. Raises BadAccountError.
    """
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        if without is not None:
            account = await _named(connection, without)
            await accounts.set_state(connection, account.id, AccountState.PAUSED, None)
        moves = await roster.planned(connection, allowances(settings), now)
        if without is not None:
            await accounts.set_state(connection, account.id, account.state, account.reason)
        if not is_dry:
            await roster.apply(connection, moves, now)
    return list(moves)


async def _named(connection: Connection, label: str) -> Account:
    account = await accounts.account(connection, label)
    if account is None:
        raise BadAccountError(f"no account is called {label!r}: see `earshot accounts list`")
    return account


async def _record(connection: Connection, act: str, subject: str, **detail: str) -> None:
    await audit.add(connection, AuditEntry(datetime.now(UTC), ACTOR, act, subject, detail))
