"""What Telegram pushes → stored posts, in the order it came, a burst in one transaction.

Live updates give latency, never correctness: each accounts for its own id, and a jump in ids
asks `history` for what is between.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.collect import intake
from bot.collect.coverage import Ranges, holes
from bot.collect.intake import Sight
from bot.collect.missing import plan_gaps
from bot.collect.normalise import from_update
from bot.telemetry import Telemetry
from storage import channels
from storage.database import Database
from storage.records import (
    AccountId,
    ChannelId,
    ChannelState,
    IdRange,
    SeenDeletion,
    SeenMessage,
    Source,
)

_BURST = 500  # updates a transaction: a burst is stored at once, without starving the other writers
_LATE_AFTER_S = 3.0  # how long a missing id may still come by itself

log = structlog.get_logger(__name__)


class Listener:
    """Stores what one account's session receives."""

    def __init__(
        self,
        database: Database,
        updates: asyncio.Queue[Any],
        account_id: AccountId,
        telemetry: Telemetry,
    ) -> None:
        self._database = database
        self._telemetry = telemetry
        self._updates = updates
        self._account_id = account_id
        self._channel_ids: dict[int, ChannelId] = {}
        self._strangers: set[int] = set()  # channels the account is in, but nobody asked for

    async def run(self) -> None:
        """Store what comes, until cancelled."""
        while True:
            burst = [await self._updates.get()]
            while len(burst) < _BURST and not self._updates.empty():
                burst.append(self._updates.get_nowait())
            await self.store(burst)

    async def store(self, updates: Sequence[Any]) -> None:
        """Store a burst of updates; those of channels not followed are passed over."""
        seen, deletions = await self._sort(updates)
        if not seen and not deletions:
            return
        sight = Sight(Source.LIVE, self._account_id, datetime.now(UTC))
        ids: defaultdict[ChannelId, list[IdRange]] = defaultdict(list)
        for channel_id, number, _ in seen:
            ids[channel_id].append(IdRange(number, number))
        jumped: dict[ChannelId, Ranges] = {}
        async with self._database.redoable() as connection:
            stored = await intake.write(
                connection, [(item[0], item[2]) for item in seen if item[2]], sight
            )
            ended = await intake.write_deletions(connection, deletions, sight)
            covered = await intake.account_for(connection, ids)
            for channel_id, (before, after) in covered.items():
                if missing := _new_holes(before, after):
                    jumped[channel_id] = missing
        intake.count(self._telemetry, Source.LIVE, stored, ended)
        for _, _, message in seen:
            if message and message.edited_at is None:
                lag = sight.seen_at - message.posted_at
                self._telemetry.live_lag_measured(lag.total_seconds())
        self._database.bell.ring("match", "dispatch")
        if jumped:
            await plan_gaps(self._database, jumped, _LATE_AFTER_S)

    async def _sort(
        self, updates: Sequence[Any]
    ) -> tuple[
        list[tuple[ChannelId, int, SeenMessage | None]], list[tuple[ChannelId, SeenDeletion]]
    ]:
        """Read the updates and name their channels."""
        read = [sight for sight in map(from_update, updates) if sight is not None]
        numbers = {
            item.telegram_channel_id if isinstance(item, SeenDeletion) else item[0] for item in read
        }
        followed = await self._followed(numbers)
        seen = []
        deletions = []
        for item in read:
            if isinstance(item, SeenDeletion):
                if item.telegram_channel_id in followed:
                    deletions.append((followed[item.telegram_channel_id], item))
            elif item[0] in followed:
                seen.append((followed[item[0]], item[1], item[2]))
        return seen, deletions

    async def _followed(self, numbers: set[int]) -> Mapping[int, ChannelId]:
        """Give our ids of the channels that are on the list, from memory where possible."""
        if self._database.bell.rung("listen"):
            self._strangers.clear()
            self._channel_ids = {}
        if not numbers <= self._channel_ids.keys() | self._strangers:
            async with self._database.reading() as connection:
                self._channel_ids = {
                    channel.telegram_id: channel.id
                    for channel in await channels.listed(connection)
                    if channel.telegram_id and channel.state is ChannelState.FOLLOWED
                }
            self._strangers = numbers - self._channel_ids.keys()
        return self._channel_ids


def _new_holes(before: Ranges, after: Ranges) -> tuple[IdRange, ...]:
    known = set(holes(before))
    return tuple(hole for hole in holes(after) if hole not in known)
