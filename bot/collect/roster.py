"""The accounts on the list → collectors at work, and channels spread over them.

Kept equal to rows: an account that is added, paused, resumed or removed while a run goes on
begins or ends within seconds. One that Telegram signs out is noted with its reason and its
channels move on; the run ends only when none is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from bot.collect.allowance import Allowance, counted_since, free_at
from bot.collect.collector import Collector
from bot.collect.spread import Load, Move, Placed, spread
from bot.telegram.client import SessionInUse, SignedOut
from bot.telegram.sealed import SessionDamaged
from bot.telemetry import Telemetry
from storage import accounts, blindness, channels, readers, spreading
from storage.database import Connection, Database
from storage.records import (
    Account,
    AccountId,
    AccountState,
    Blindness,
    CallKind,
    ChannelState,
    FollowMode,
)

BELL = "accounts"
_POLL_S = 2.0
_AGAIN_AFTER_S = 30.0
_LONG_WAIT = timedelta(minutes=15)  # a longer one moves work to other accounts

log = structlog.get_logger(__name__)

Allowances = Mapping[CallKind, Allowance]


class Roster:
    """Keeps one collector for each account that may be used; see `run`."""

    def __init__(
        self,
        database: Database,
        make: Callable[[Account], Collector],
        *,
        default_label: str,
        allowances: Allowances,
        telemetry: Telemetry,
    ) -> None:
        self._database = database
        self._make = make
        self._default_label = default_label
        self._allowances = allowances
        self._telemetry = telemetry
        self._tasks: dict[AccountId, asyncio.Task[None]] = {}
        self.collectors: dict[AccountId, Collector] = {}
        self._labels: dict[AccountId, Account] = {}

    @property
    def connected(self) -> dict[str, bool]:
        """Whether updates can reach us, by account."""
        return {self._labels[key].label: item.is_connected for key, item in self.collectors.items()}

    async def clock_set(self) -> None:
        """Tell the collectors at work that the wall clock was set."""
        for collector in self.collectors.values():
            await collector.clock_set()

    async def run(self) -> None:
        """Collect until cancelled. Raises SignedOut when no account is left to collect with."""
        async with self._database.transaction() as connection:
            await accounts.expect(connection, self._default_label)
        async with asyncio.TaskGroup() as group:
            while True:
                await self._keep(group)
                await self._spread()
                await self._database.bell.wait(BELL, _POLL_S)

    async def _keep(self, group: asyncio.TaskGroup) -> None:
        async with self._database.reading() as connection:
            listed = await accounts.listed(connection)
        wanted = {item.id: item for item in listed if item.state is AccountState.ACTIVE}
        for key in list(self._tasks):
            # A new proxy takes a new connection; what else changes in the row does not.
            if key not in wanted or wanted[key].proxy != self._labels[key].proxy:
                await self._end(key)
        for key, account in wanted.items():
            if key not in self._tasks:
                self._begin(group, account)

    def _begin(self, group: asyncio.TaskGroup, account: Account) -> None:
        self._labels[account.id] = account
        self._telemetry.health.expect(account.label)
        self.collectors[account.id] = self._make(account)
        self._tasks[account.id] = group.create_task(
            self._collect(account), name=f"collect {account.label}"
        )

    async def _end(self, key: AccountId) -> None:
        """Stop an account's collecting; until it or another goes on, its channels are blind."""
        task = self._tasks.pop(key)
        task.cancel()
        await asyncio.wait([task])
        account = self._labels.pop(key)
        self.collectors.pop(key)
        self._telemetry.health.forget(account.label)
        self._telemetry.connection_changed(account.label, is_up=False)
        async with self._database.redoable() as connection:
            await _gone_blind(connection, key, None)

    async def _collect(self, account: Account) -> None:
        """Collect with one account until it is signed out or this is cancelled."""
        is_over = False
        while not is_over:
            try:
                await self.collectors[account.id].run()
            except* SignedOut as refusals:
                is_over = await self._give_up(account, _first(refusals.exceptions))
                if not is_over:
                    raise
            except* (SessionInUse, SessionDamaged) as refusals:
                if len(self._tasks) == 1:
                    raise
                why = str(_first(refusals.exceptions))
                self._telemetry.health.not_ready(account.label, why)
            if not is_over:
                await asyncio.sleep(_AGAIN_AFTER_S)

    async def _give_up(self, account: Account, reason: BaseException) -> bool:
        """Note that an account cannot be used any more; False when it was the last."""
        async with self._database.transaction() as connection:
            await accounts.set_state(
                connection, account.id, AccountState.SIGNED_OUT, _in_words(reason)
            )
            await _gone_blind(connection, account.id, _in_words(reason))
            left = await accounts.listed(connection)
            is_last = not any(item.state is AccountState.ACTIVE for item in left)
            if is_last:  # the next start tries it again: `earshot login` may have come between
                await accounts.set_state(connection, account.id, AccountState.ACTIVE, None)
        log.error("account signed out", account=account.label, reason=_in_words(reason))
        self._telemetry.health.not_ready(account.label, _in_words(reason))
        self._database.bell.ring(BELL)
        return not is_last

    async def _spread(self) -> None:
        async with self._database.reading() as connection:
            moves = await planned(connection, self._allowances, datetime.now(UTC))
        if not any(move.to for move in moves):
            return
        async with self._database.transaction() as connection:
            await apply(connection, moves, datetime.now(UTC))
        for move in moves:
            if move.to is not None and move.from_label is not None:
                log.info("channel moved", channel=move.channel_id, to=move.to_label, why=move.why)
        self._database.bell.ring("channels", "history")


async def _gone_blind(connection: Connection, account_id: AccountId, detail: str | None) -> None:
    since = await accounts.hearing_at(connection, account_id)
    if since is not None:
        await blindness.begin(
            connection,
            Blindness.ACCOUNT_LIMITED,
            since,
            account_id=account_id,
            detail=detail,
        )


def _first(errors: Iterable[BaseException]) -> BaseException:
    error = next(iter(errors))
    return _first(error.exceptions) if isinstance(error, BaseExceptionGroup) else error


def _in_words(error: BaseException) -> str:
    code = getattr(error, "code", "")
    return f"{error} ({code})" if code else str(error)


async def planned(
    connection: Connection, allowances: Allowances, now: datetime
) -> tuple[Move, ...]:
    """Say how channels would be spread over the accounts now; nothing is changed."""
    loads = [
        await _load(connection, account, allowances, now)
        for account in await accounts.listed(connection)
    ]
    facts = await spreading.reader_facts(connection)
    placed = []
    for channel in await channels.listed(connection):
        fact = facts.get(channel.id)
        if fact is None:  # added between the two readings: the next round sees it
            continue
        is_read = channel.state is ChannelState.FOLLOWED
        is_member = fact.reader is not None and fact.known_to.get(fact.reader, False)
        placed.append(
            Placed(
                channel.id,
                channel.name,
                fact.reader,
                is_read=is_read,
                is_polled=channel.mode is FollowMode.POLL or (is_read and not is_member),
                known_to=frozenset(fact.known_to),
            )
        )
    return spread(loads, placed)


async def _load(
    connection: Connection, account: Account, allowances: Allowances, now: datetime
) -> Load:
    waits = await accounts.waits(connection, account.id)
    spent = await accounts.spent(connection, account.id, counted_since(now))

    def waits_long(kind: CallKind) -> bool:
        free = free_at(allowances[kind], spent[kind], now)
        return max(free, waits.get(kind, now)) - now > _LONG_WAIT

    return Load(
        account.id,
        account.label,
        account.most_channels,
        can_read=account.state is AccountState.ACTIVE,
        can_add=not (waits_long(CallKind.RESOLVE) or waits_long(CallKind.JOIN)),
        can_poll=not waits_long(CallKind.HISTORY),
    )


async def apply(connection: Connection, moves: Iterable[Move], now: datetime) -> None:
    """Carry moves out: the new readers begin where the old ones stopped."""
    for move in moves:
        if move.to is None:
            continue
        await readers.assign(connection, {move.channel_id: move.to}, why=move.why, at=now)
        if move.from_label is not None:
            await spreading.want_again(connection, [move.channel_id])
