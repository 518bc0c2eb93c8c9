"""What Telegram pushes → stored posts, in the order it came, a burst in one transaction.

Live updates give latency, never correctness: each accounts for its own id, and a jump in ids
asks `history` for what is between.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.collect import intake, life
from bot.collect.coverage import Ranges, holes
from bot.collect.intake import Sight, Stored
from bot.collect.missing import check_these, plan_gaps
from bot.collect.normalise import changed_channel, from_update
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
    SeenService,
    Source,
)

_BURST = 500  # updates a transaction: a burst is stored at once, without starving the other writers
_EVER = datetime.min.replace(tzinfo=UTC)
_LATE_AFTER_S = 3.0  # how long a missing id may still come by itself

log = structlog.get_logger(__name__)


class Listener:
    """Stores what one account's session receives.

    `since` says from when on we have been hearing without a break: what was posted before and
    comes as an update is stored as caught up with, not as live.
    """

    def __init__(
        self,
        database: Database,
        updates: asyncio.Queue[Any],
        account_id: AccountId,
        telemetry: Telemetry,
        since: Callable[[], datetime] = lambda: _EVER,
    ) -> None:
        self._since = since
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
        await self._look_again(updates)
        seen, deletions = await self._sort(updates)
        if not seen and not deletions:
            return
        now = datetime.now(UTC)
        messages = [(key, item) for key, _, item in seen if isinstance(item, SeenMessage)]
        services = [(key, item) for key, _, item in seen if isinstance(item, SeenService)]
        ids: defaultdict[ChannelId, list[IdRange]] = defaultdict(list)
        for channel_id, number, _ in seen:
            ids[channel_id].append(IdRange(number, number))
        jumped: dict[ChannelId, Ranges] = {}
        stored: list[tuple[Source, Stored]] = []
        async with self._database.redoable() as connection:
            for source, part in self._by_source(messages):
                sight = Sight(source, self._account_id, now)
                stored.append((source, await intake.write(connection, part, sight)))
            sight = Sight(Source.LIVE, self._account_id, now)
            stored.append((Source.LIVE, await intake.write_deletions(connection, deletions, sight)))
            await life.note_services(connection, services, now)
            covered = await intake.account_for(connection, ids)
            for channel_id, (before, after) in covered.items():
                if missing := _new_holes(before, after):
                    jumped[channel_id] = missing
        for source, part_stored in stored:
            intake.count(self._telemetry, source, part_stored)
        for _, message in messages:
            if message.edited_at is None and message.posted_at >= self._since():
                self._telemetry.live_lag_measured((now - message.posted_at).total_seconds())
        self._database.bell.ring(*_concerned(messages, deletions))
        if jumped:
            await plan_gaps(self._database, self._account_id, jumped, _LATE_AFTER_S)

    async def _look_again(self, updates: Sequence[Any]) -> None:
        """Ask at once for the channels that Telegram says have changed: names, rights, bans."""
        numbers = {number for number in map(changed_channel, updates) if number is not None}
        if numbers:
            followed = await self._followed(numbers)
            await check_these(
                self._database, [followed[number] for number in numbers if number in followed]
            )

    def _by_source(
        self, messages: Sequence[tuple[ChannelId, SeenMessage]]
    ) -> Iterator[tuple[Source, list[tuple[ChannelId, SeenMessage]]]]:
        """Part what was posted while we listened from what Telegram tells of the time before."""
        since = self._since()
        for source, is_live in ((Source.CATCH_UP, False), (Source.LIVE, True)):
            # An edit is live whatever the post's age.
            part = [
                item
                for item in messages
                if ((item[1].edited_at or item[1].posted_at) >= since) is is_live
            ]
            if part:
                yield source, part

    async def _sort(
        self, updates: Sequence[Any]
    ) -> tuple[
        list[tuple[ChannelId, int, SeenMessage | SeenService | None]],
        list[tuple[ChannelId, SeenDeletion]],
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


def _concerned(messages: Sequence[tuple[ChannelId, SeenMessage]], deletions: Sized) -> list[str]:
    """Name the stages that have something to do now; hits ring for dispatch by themselves."""
    is_changed = bool(deletions) or any(message.edited_at for _, message in messages)
    return ["match", "stories", "follow-ups", *(["dispatch"] if is_changed else [])]
