"""One account's collecting: its session, follower, listener and history reader, run as one.

Opens the session, keeps the three loops going, asks for what was missed at start and after each
reconnection, and returns only by an error or cancellation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import structlog

from bot.clock import TelegramClock
from bot.collect.allowance import Allowance
from bot.collect.budgets import Budgets
from bot.collect.follow import Follower
from bot.collect.hearing import Hearing
from bot.collect.history import HistoryReader
from bot.collect.listen import Listener
from bot.collect.media.fetch import MediaFetcher
from bot.collect.media.keeping import Room
from bot.collect.missing import check_all
from bot.collect.newest import check_members
from bot.pacing import TokenBucket
from bot.telegram.account import AccountSession
from bot.telegram.client import Application, Later, open_client
from bot.telegram.proxy import Proxy
from bot.telemetry import Telemetry
from storage import accounts
from storage.database import Database
from storage.folder import DataFolder
from storage.records import AccountId, CallKind

_CONNECT_AGAIN_AFTER_S = 5.0
_SETTLED_AFTER_S = 1.0

log = structlog.get_logger(__name__)


class Collector:
    """Collects through one account; see `run`."""

    def __init__(
        self,
        database: Database,
        application: Application,
        *,
        session_file: Path,
        label: str,
        buckets: Mapping[CallKind, TokenBucket],
        allowances: Mapping[CallKind, Allowance] | None = None,
        proxy: Proxy | None = None,
        reread_depth: int,
        telemetry: Telemetry,
        folder: DataFolder,
        media_budget_bytes: int,
        telegrams: TelegramClock | None = None,
    ) -> None:
        self._database = database
        self._application = application
        self._session_file = session_file
        self._label = label
        self._buckets = buckets
        self._allowances = allowances
        self._proxy = proxy
        self._reread_depth = reread_depth
        self._telemetry = telemetry
        self._folder = folder
        self._room = Room(database, folder, media_budget_bytes, telemetry)
        self._telegrams = telegrams or TelegramClock()
        self._has_heard = False
        self.account_id: AccountId | None = None
        self.session: AccountSession | None = None
        self.budgets: Budgets | None = None
        self.ready = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether updates can reach us at this moment."""
        return self.session is not None and self.session.is_connected

    async def clock_set(self) -> None:
        """Take note that the wall clock was set."""
        if self.budgets is not None:
            await self.budgets.clock_set()
        if self.session is not None:
            self.session.connect_anew()

    async def check_members(self) -> None:
        """Look for what no update told of in the channels the account is a member of."""
        if self.session and self.budgets and self.account_id is not None:
            await check_members(self._database, self.session, self.account_id, self.budgets)

    async def run(self) -> None:
        """Collect until cancelled. Raises SignedOut, or Never for a session that is refused."""
        while True:
            try:
                await self._run_connected()
            except* Later as trouble:
                log.warning("connection lost", reason=str(trouble.exceptions[0]))
            self.ready.clear()
            self.session = None
            self._telemetry.connection_changed(self._label, is_up=False)
            self._telemetry.health.not_ready(self._label, "connecting again")
            await asyncio.sleep(_CONNECT_AGAIN_AFTER_S)

    async def _run_connected(self) -> None:
        async with open_client(self._application, self._session_file, proxy=self._proxy) as client:
            session = AccountSession(client)
            user_id = await session.start()
            async with self._database.transaction() as connection:
                account = await accounts.know_account(connection, self._label, user_id)
            budgets = Budgets(
                self._database, account.id, self._buckets, self._telemetry, self._allowances
            )
            await budgets.load()
            self.account_id, self.session, self.budgets = account.id, session, budgets
            hearing = Hearing(self._database, session, account.id, self._telemetry, self._telegrams)
            await hearing.begin(is_first=not self._has_heard)
            self._has_heard = True
            listener = Listener(
                self._database,
                session.updates,
                account.id,
                self._telemetry,
                since=lambda: hearing.since - self._telegrams.ahead(),
            )
            history = HistoryReader(self._database, session, account.id, budgets, self._telemetry)
            follower = Follower(self._database, session, account.id, budgets)
            fetcher = MediaFetcher(
                self._database,
                session,
                account.id,
                budgets,
                folder=self._folder,
                room=self._room,
                telemetry=self._telemetry,
            )
            await self._check(account.id)
            async with asyncio.TaskGroup() as group:
                group.create_task(listener.run(), name="listen")
                group.create_task(history.run(), name="history")
                group.create_task(follower.run(), name="follow")
                group.create_task(fetcher.run(), name="media")
                group.create_task(hearing.run(), name="hearing")
                group.create_task(
                    self._after_reconnections(session, hearing, account.id), name="reconnect"
                )
                group.create_task(_until_lost(session), name="connection")
                self._telemetry.connection_changed(self._label, is_up=True)
                self._telemetry.health.ready(self._label)
                self.ready.set()

    async def _check(self, account_id: AccountId) -> None:
        await check_all(self._database, account_id, reread_depth=self._reread_depth)

    async def _after_reconnections(
        self, session: AccountSession, hearing: Hearing, account_id: AccountId
    ) -> None:
        while True:
            await session.reconnected.wait()
            await asyncio.sleep(_SETTLED_AFTER_S)  # a failing server is reconnected to many times
            session.reconnected.clear()
            log.info("reconnected")
            await hearing.begin(is_first=False)
            await self._check(account_id)


async def _until_lost(session: AccountSession) -> None:
    await session.until_lost()
    raise Later(_CONNECT_AGAIN_AFTER_S, "the connection was given up")
