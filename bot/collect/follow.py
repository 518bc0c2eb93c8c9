"""The list of channels → channels that are read: resolves, joins, leaves, and asks for history.

Works off rows: a channel is tried when it is wanted or its time to try again has come. What
Telegram refuses is noted with its reason; what it postpones is tried again when it says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from bot.collect import life, proof
from bot.collect.budgets import Budgets
from bot.collect.missing import ask_for_missing
from bot.telegram.account import AccountSession, Resolved
from bot.telegram.client import FloodWait, Later, Never, SignedOut
from bot.telegram.reference import Reference, parse_reference
from storage import accounts, channels, comments, history
from storage import life as life_rows
from storage.channels import DuplicateChannelError
from storage.database import Database
from storage.records import (
    Access,
    AccountId,
    CallKind,
    Channel,
    ChannelId,
    ChannelState,
    FollowMode,
)

BELL = "channels"
_POLL_S = 5.0
_JOIN_PATIENCE_S = 30.0  # a public channel is polled meanwhile when joining must wait longer
_FULL_FOR_S = 86_400.0  # an account in as many channels as it may be
NAME_CHANGED_HANDS = "NAME_CHANGED_HANDS"
_T = TypeVar("_T")

log = structlog.get_logger(__name__)


class Follower:
    """Follows the channels on the list through one account."""

    def __init__(
        self, database: Database, session: AccountSession, account_id: AccountId, budgets: Budgets
    ) -> None:
        self._database = database
        self._session = session
        self._account_id = account_id
        self._budgets = budgets

    async def run(self) -> None:
        """Keep what is read equal to the list, until cancelled."""
        while True:
            await self.step()
            await self._database.bell.wait(BELL, _POLL_S)

    async def step(self) -> None:
        """Try every channel that is to be tried now, and leave those that are no longer ours."""
        self._database.bell.ring("listen")
        async with self._database.reading() as connection:
            wanted = await channels.to_try(connection, self._account_id, datetime.now(UTC))
            known = await accounts.all_access_of(connection, self._account_id)
        for channel in wanted:
            if not await self._try(channel, known.get(channel.id)):
                return
        await self._find_comments(known)
        await self._leave_removed()

    async def _find_comments(self, known: Mapping[ChannelId, Access]) -> None:
        """Put the groups for comments on the list that an operator wants and we do not follow."""
        async with self._database.reading() as connection:
            wanted = await comments.to_find(connection, self._account_id)
        for channel_id in wanted:
            if channel_id not in known:
                continue
            try:
                group = await self._call(
                    CallKind.HISTORY, partial(self._session.comments_of, known[channel_id])
                )
            except SignedOut:
                raise
            except (Later, Never) as trouble:
                log.info("comments not found", channel=channel_id, reason=trouble.reason)
                continue
            if group is None:
                continue
            access = Access(
                self._account_id, channel_id, group.telegram_id, group.access_hash, is_member=False
            )
            reference = f"@{group.username}" if group.username else f"-100{group.telegram_id}"
            async with self._database.transaction() as connection:
                await comments.follow(
                    connection,
                    channel_id,
                    access,
                    reference=reference,
                    title=group.title,
                    at=datetime.now(UTC),
                )
            self._database.bell.ring(BELL)

    async def _try(self, channel: Channel, known: Access | None) -> bool:
        """Follow one channel; False when this account must wait before it tries another."""
        try:
            reference = parse_reference(channel.reference)
            found = await self._find(channel, reference, known)
            if channel.mode is FollowMode.JOIN and not await self._is_member(found):
                joined = await self._join(reference, found)
                if joined is None and found is not None:
                    await self._note(channel, found)
                    await self._postpone(
                        channel, timedelta(seconds=self._budgets.delay_s(CallKind.JOIN) + 1)
                    )
                    return True
                found = joined
            if found:
                await self._note(channel, found)
        except FloodWait:
            return False
        except Later as wait:
            await self._postpone(channel, timedelta(seconds=wait.delay_s))
            return False
        except SignedOut:
            raise
        except (Never, ValueError) as refusal:
            await self._refuse(channel, str(refusal))
        return True

    async def _call(self, kind: CallKind, work: Callable[[], Awaitable[_T]]) -> _T:
        """Make a call when its turn has come; note what Telegram says of our pace."""
        await self._budgets.turn(kind)
        try:
            return await work()
        except FloodWait as wait:
            await self._budgets.flooded(kind, wait.delay_s)
            raise

    async def _find(
        self, channel: Channel, reference: Reference, known: Access | None
    ) -> Resolved | None:
        """Find a channel: by what this account knows of it, else by the operator's reference.

        None for an invite that must be joined to be read. A name that has come to belong to
        another channel is refused: what is followed is the channel, not the name.
        """
        if known is not None:
            try:
                return await self._call(CallKind.HISTORY, partial(self._session.look, known))
            except SignedOut:
                raise
            except Never as refusal:
                log.info("known channel not found", channel=channel.id, reason=refusal.code)
        try:
            found = await self._call(CallKind.RESOLVE, partial(self._session.resolve, reference))
        except Never as refusal:
            if refusal.code == "INVITE_NOT_JOINED" and channel.mode is FollowMode.JOIN:
                return None
            raise
        if channel.telegram_id is not None and found.telegram_id != channel.telegram_id:
            raise Never(NAME_CHANGED_HANDS, proof.NAME_TAKEN)
        return found

    async def _join(self, reference: Reference, found: Resolved | None) -> Resolved | None:
        """Join; None when that must wait and the channel can be read without, being public."""
        can_poll = found is not None and found.username is not None
        if can_poll and self._budgets.delay_s(CallKind.JOIN) > _JOIN_PATIENCE_S:
            return None
        try:
            return await self._call(CallKind.JOIN, partial(self._session.join, reference, found))
        except FloodWait as wait:
            if can_poll and wait.delay_s > _JOIN_PATIENCE_S:
                return None
            raise
        except Never as refusal:
            if can_poll and refusal.code == "CHANNELS_TOO_MUCH":
                log.warning("account is full", account=self._account_id)
                await self._budgets.limited(CallKind.JOIN, _FULL_FOR_S)
                return None
            raise

    async def _is_member(self, found: Resolved | None) -> bool:
        # A server may leave out that we left; without being a member we would hear nothing.
        return found is not None and found.is_member and await self._session.is_member(found)

    async def _note(self, channel: Channel, found: Resolved) -> None:
        access = Access(
            self._account_id, channel.id, found.telegram_id, found.access_hash, found.is_member
        )
        now = datetime.now(UTC)
        try:
            async with self._database.transaction() as connection:
                before = await life_rows.known(connection, channel.id)
                if before is not None:
                    by_now = replace(before, title=found.title, username=found.username)
                    await life.look_at(connection, channel.id, by_now, now)
                await channels.followed(
                    connection,
                    channel.id,
                    telegram_id=found.telegram_id,
                    username=found.username,
                    title=found.title,
                    access=access,
                    at=now,
                )
                await proof.in_sight_again(connection, channel.id, now)
                await ask_for_missing(connection, channel.id, channel.backfill_depth)
                await history.hasten(connection, channel.id, now)
        except DuplicateChannelError as duplicate:
            await self._settle_duplicate(channel, duplicate.existing)
            return
        log.info("channel followed", channel=channel.id, member=found.is_member)
        self._database.bell.ring("history", "match", "listen")

    async def _settle_duplicate(self, channel: Channel, existing: Channel) -> None:
        """Two entries are one channel: keep the older, revive it if it had been removed."""
        async with self._database.transaction() as connection:
            if existing.state is ChannelState.REMOVED:
                await channels.add(
                    connection,
                    existing.reference,
                    channel.mode,
                    channel.backfill_depth,
                    channel.added_at,
                )
            await channels.unreachable(
                connection, channel.id, f"the same channel as {existing.reference}", None
            )
        self._database.bell.ring(BELL)

    async def _postpone(self, channel: Channel, delay: timedelta) -> None:
        async with self._database.transaction() as connection:
            await channels.postpone(connection, channel.id, datetime.now(UTC) + delay)

    async def _refuse(self, channel: Channel, reason: str) -> None:
        log.warning("channel unreachable", channel=channel.id, reason=reason)
        async with self._database.transaction() as connection:
            again = await proof.lost_sight(connection, channel.id, reason)
            await channels.unreachable(connection, channel.id, reason, again)

    async def _leave_removed(self) -> None:
        """Leave what is off the list, and what another account reads by now."""
        async with self._database.reading() as connection:
            to_leave = await accounts.access_to_removed(connection, self._account_id)
            to_leave += await accounts.access_moved_on(connection, self._account_id)
        for access in to_leave:
            try:
                if access.is_member:
                    await self._budgets.turn(CallKind.JOIN)
                    await self._session.leave(access)
            except FloodWait as wait:
                await self._budgets.limited(CallKind.JOIN, wait.delay_s)
                return
            except Later:
                return
            except SignedOut:
                raise
            except Never as refusal:
                log.info("left already", channel=access.channel_id, reason=refusal.code)
            async with self._database.transaction() as connection:
                await accounts.drop_access(connection, self._account_id, access.channel_id)
