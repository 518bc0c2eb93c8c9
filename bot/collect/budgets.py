"""How often an account may make each kind of call: by the second, the hour and the day.

What is spent, and the flood waits Telegram imposes, are rows, so that a restart neither spends a
budget twice nor runs into the same wall again. While we run, waits go by the clock nobody can set.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog

from bot.collect.allowance import UNLIMITED, Allowance, counted_since, free_at, hour_of, left
from bot.pacing import TokenBucket
from bot.telemetry import Telemetry
from storage import accounts, blindness
from storage.database import Database
from storage.records import AccountId, Blindness, CallKind

_AT_ONCE = {
    CallKind.HISTORY: 20,
    CallKind.MEDIA: 100,
}  # noted ahead in one row; scarce kinds are noted one by one
_BLIND_FROM = timedelta(minutes=1)  # a shorter wait is within the rhythm of polling


log = structlog.get_logger(__name__)


class Budgets:
    """The budgets of one account."""

    def __init__(
        self,
        database: Database,
        account_id: AccountId,
        buckets: Mapping[CallKind, TokenBucket],
        telemetry: Telemetry,
        allowances: Mapping[CallKind, Allowance] | None = None,
    ) -> None:
        self._telemetry = telemetry
        self._database = database
        self._account_id = account_id
        self._buckets = buckets
        self._allowances = dict.fromkeys(CallKind, UNLIMITED) | dict(allowances or {})
        self._spent: dict[CallKind, dict[datetime, int]] = {kind: {} for kind in CallKind}
        self._reserved: dict[CallKind, int] = dict.fromkeys(CallKind, 0)
        self._reserved_in: dict[CallKind, datetime] = {}  # the hour they were noted in
        self._reserving = asyncio.Lock()
        self._limited_until: dict[CallKind, float] = {}  # by the monotonic clock, seconds

    async def load(self) -> None:
        """Read the waits and the spending an earlier run left."""
        since = counted_since(datetime.now(UTC))
        async with self._database.redoable() as connection:
            await accounts.forget_spent(connection, since)
            waits = await accounts.waits(connection, self._account_id)
            self._spent = await accounts.spent(connection, self._account_id, since)
        for kind, until in waits.items():
            self._limit(CallKind(kind), (until - datetime.now(UTC)).total_seconds())

    async def turn(self, kind: CallKind, *, kept: float = 0.0) -> None:
        """Return when the next call of that kind may be made; it counts as made.

        `kept` is the share of the budget that is left to calls of more weight.
        """
        while True:
            delay_s = self.delay_s(kind, kept=kept)
            if delay_s <= 0:
                if await self._reserve(kind, kept):
                    break
                continue
            await asyncio.sleep(min(delay_s, 5))  # in steps: the wall clock may be set meanwhile
        await asyncio.sleep(self._buckets[kind].take(time.monotonic()))

    def delay_s(self, kind: CallKind, *, kept: float = 0.0) -> float:
        """Say for how long no call of that kind may be made, by Telegram or by the budget."""
        now = datetime.now(UTC)
        free = free_at(self._allowances[kind].without(kept), self._made(kind), now)
        return max((free - now).total_seconds(), self._limited_s(kind))

    def _made(self, kind: CallKind) -> dict[datetime, int]:
        """Give the calls made by the hour: what is spent but for what was only noted ahead."""
        made = dict(self._spent[kind])
        if self._reserved[kind]:
            made[self._reserved_in[kind]] -= self._reserved[kind]
        return made

    def _limit(self, kind: CallKind, delay_s: float) -> None:
        self._limited_until[kind] = time.monotonic() + delay_s

    def _limited_s(self, kind: CallKind) -> float:
        return max(0.0, self._limited_until.get(kind, 0.0) - time.monotonic())

    async def _reserve(self, kind: CallKind, kept: float) -> bool:
        """Take one call out of the budget; False when another task took the last meanwhile."""
        async with self._reserving:
            now = datetime.now(UTC)
            if not left(self._allowances[kind].without(kept), self._made(kind), now):
                return False
            if not self._reserved[kind]:
                free = left(self._allowances[kind], self._spent[kind], now)
                calls = min(_AT_ONCE.get(kind, 1), free)
                hour = hour_of(now)
                async with self._database.redoable() as connection:
                    await accounts.spend(connection, self._account_id, kind, hour, calls)
                self._spent[kind][hour] = self._spent[kind].get(hour, 0) + calls
                self._reserved[kind], self._reserved_in[kind] = calls, hour
            self._reserved[kind] -= 1
        return True

    async def clock_set(self) -> None:
        """Note anew until when Telegram limits us, as the wall clock was set."""
        now = datetime.now(UTC)
        async with self._database.redoable() as connection:
            for kind in self._limited_until:
                until = now + timedelta(seconds=self._limited_s(kind))
                await accounts.wait_until(connection, self._account_id, kind, until)

    async def flooded(self, kind: CallKind, delay_s: float) -> None:
        """Log a flood wait and keep to it."""
        log.warning("flood wait", kind=kind, delay_s=delay_s)
        await self.limited(kind, delay_s)

    async def limited(self, kind: CallKind, delay_s: float) -> None:
        """Note a flood wait; one that keeps polled channels from being read is a blind period."""
        self._telemetry.flood_waited(kind, delay_s)
        now = datetime.now(UTC)
        until = now + timedelta(seconds=delay_s)
        self._limit(kind, delay_s)
        async with self._database.transaction() as connection:
            await accounts.wait_until(connection, self._account_id, kind, until)
            if kind is CallKind.HISTORY and until - now >= _BLIND_FROM:
                await blindness.begin(
                    connection,
                    Blindness.FLOOD_WAIT,
                    now,
                    account_id=self._account_id,
                    ended_at=until,
                )
