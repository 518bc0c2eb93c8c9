"""The list of channels → channels that are read: resolves, joins, leaves, and asks for history.

Works off rows: a channel is tried when it is wanted or its time to try again has come. What
Telegram refuses is noted with its reason; what it postpones is tried again when it says so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from bot.collect import proof
from bot.collect.budgets import Budgets
from bot.collect.missing import ask_for_missing
from bot.telegram.account import AccountSession, Reference, Resolved, parse_reference
from bot.telegram.client import FloodWait, Later, Never, SignedOut
from storage import accounts, channels
from storage.channels import DuplicateChannelError
from storage.database import Database
from storage.records import (
    Access,
    AccountId,
    CallKind,
    Channel,
    ChannelState,
    FollowMode,
)

BELL = "channels"
_POLL_S = 5.0
_RETRY_REFUSED_AFTER = timedelta(hours=6)  # private today may be public tomorrow

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
        """Try every channel that is to be tried now, and leave those taken off the list."""
        self._database.bell.ring("listen")
        async with self._database.reading() as connection:
            wanted = await channels.to_try(connection, datetime.now(UTC))
        for channel in wanted:
            if not await self._try(channel):
                return
        await self._leave_removed()

    async def _try(self, channel: Channel) -> bool:
        """Follow one channel; False when this account must wait before it tries another."""
        kind = CallKind.RESOLVE
        try:
            reference = parse_reference(channel.reference)
            await self._budgets.turn(kind)
            found = await self._resolve(channel, reference)
            if channel.mode is FollowMode.JOIN and not await self._is_member(found):
                kind = CallKind.JOIN
                await self._budgets.turn(kind)
                found = await self._session.join(reference, found)
            if found:
                await self._note(channel, found)
        except FloodWait as wait:
            log.warning("flood wait", kind=kind, delay_s=wait.delay_s)
            await self._budgets.limited(kind, wait.delay_s)
            return False
        except Later as wait:
            await self._postpone(channel, timedelta(seconds=wait.delay_s))
            return False
        except SignedOut:
            raise
        except (Never, ValueError) as refusal:
            await self._refuse(channel, str(refusal))
        return True

    async def _resolve(self, channel: Channel, reference: Reference) -> Resolved | None:
        """Resolve, or None for an invite that must be joined to be read."""
        try:
            return await self._session.resolve(reference)
        except Never as refusal:
            if refusal.code == "INVITE_NOT_JOINED" and channel.mode is FollowMode.JOIN:
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
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            await channels.unreachable(connection, channel.id, reason, now + _RETRY_REFUSED_AFTER)
            await proof.lost_sight(connection, channel.id, reason)

    async def _leave_removed(self) -> None:
        async with self._database.reading() as connection:
            to_leave = await accounts.access_to_removed(connection, self._account_id)
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
