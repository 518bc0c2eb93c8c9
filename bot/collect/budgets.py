"""How often an account may make each kind of call.

Flood waits are rows, so that a restart does not run into the same wall again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.pacing import TokenBucket
from bot.telemetry import Telemetry
from storage import accounts
from storage.database import Database
from storage.records import AccountId, CallKind


class Budgets:
    """The budgets of one account. `until` says which kinds of call Telegram limits, till when."""

    def __init__(
        self,
        database: Database,
        account_id: AccountId,
        buckets: Mapping[CallKind, TokenBucket],
        telemetry: Telemetry,
    ) -> None:
        self._telemetry = telemetry
        self._database = database
        self._account_id = account_id
        self._buckets = buckets
        self.until: dict[CallKind, datetime] = {}

    async def load(self) -> None:
        """Read the waits an earlier run left."""
        async with self._database.reading() as connection:
            waits = await accounts.waits(connection, self._account_id)
        self.until = {CallKind(kind): until for kind, until in waits.items()}

    async def turn(self, kind: CallKind) -> None:
        """Return when the next call of that kind may be made."""
        while (delay_s := self._limited_for_s(kind)) > 0:  # noqa: ASYNC110  # time, not an event
            await asyncio.sleep(min(delay_s, 60))  # in steps: the wall clock may be set meanwhile
        await asyncio.sleep(self._buckets[kind].take(time.monotonic()))

    def _limited_for_s(self, kind: CallKind) -> float:
        until = self.until.get(kind)
        return (until - datetime.now(UTC)).total_seconds() if until else 0.0

    async def limited(self, kind: CallKind, delay_s: float) -> None:
        """Note a flood wait."""
        self._telemetry.flood_waited(kind, delay_s)
        until = datetime.now(UTC) + timedelta(seconds=delay_s)
        self.until[kind] = until
        async with self._database.transaction() as connection:
            await accounts.wait_until(connection, self._account_id, kind, until)
