"""Whether updates can reach an account, moment by moment → blind periods.

A moment counts as heard when a ping sent at it was answered. What lies between two such moments
with a lost connection, a stop or a crash in between is a blind period. So a period never begins
too late, and begins at most one beat too early.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from bot.clock import TelegramClock
from bot.collect import proof
from bot.telegram.account import AccountSession
from bot.telegram.client import Later
from bot.telemetry import Telemetry
from storage import accounts, blindness, clock, coverage
from storage.database import Database
from storage.records import AccountId, Blindness

_BEAT_S = 10.0
_BEAT = timedelta(seconds=_BEAT_S)
_TELEGRAMS_SECOND = timedelta(seconds=1)  # its times are whole seconds, rounded down
_WORTH_A_ROW = timedelta(seconds=1)
_WORTH_NOTING = timedelta(seconds=30)  # of the clock's error: a busy machine sees it tremble
_OF_ACCOUNT = (Blindness.PROCESS_DOWN, Blindness.CONNECTION_LOST, Blindness.ACCOUNT_LIMITED)

log = structlog.get_logger(__name__)


class Hearing:
    """Keeps the record of one connected session's hearing.

    `since` is when the present stretch of unbroken hearing began, by the clock here.
    """

    def __init__(
        self,
        database: Database,
        session: AccountSession,
        account_id: AccountId,
        telemetry: Telemetry,
        telegrams: TelegramClock,
    ) -> None:
        self._telemetry = telemetry
        self._telegrams = telegrams
        self._noted_ahead: timedelta | None = None
        self._database = database
        self._session = session
        self._account_id = account_id
        self.since = session.connected_at

    async def begin(self, *, is_first: bool) -> None:
        """Note that we hear again after a stop (`is_first`: of the process) or a lost connection.

        What an account was blind for meanwhile becomes a row.
        """
        now = self._session.connected_at
        await self._compare()
        why = Blindness.PROCESS_DOWN if is_first else Blindness.CONNECTION_LOST
        async with self._database.redoable() as connection:
            heard = await accounts.hearing_at(connection, self._account_id)
            ended = await blindness.end(
                connection, now, account_id=self._account_id, why=_OF_ACCOUNT
            )
            if heard and not ended and now - heard >= _WORTH_A_ROW:
                await blindness.begin(connection, why, heard, account_id=self._account_id)
                ended = await blindness.end(
                    connection, now, account_id=self._account_id, why=(why,)
                )
            await coverage.state(connection, [proof.blind_ended(period, now) for period in ended])
            await accounts.heard(connection, self._account_id, now)
        self.since = now - _TELEGRAMS_SECOND
        for period in ended:
            blind_s = round((now - period.began_at).total_seconds(), 1)
            self._telemetry.blind_ended(blind_s)
            log.info("blind period ended", why=period.why.value, blind_s=blind_s)

    async def run(self) -> None:
        """Note every few seconds that we hear, until cancelled."""
        while True:
            await asyncio.sleep(_BEAT_S)
            await self.beat()

    async def beat(self) -> None:
        """Note that we hear, if a ping is answered."""
        asked_at = datetime.now(UTC)
        try:
            # No limit of ours: while nothing answers nothing counts as heard, and Telethon
            # reconnects by itself.
            await self._session.ping()
        except Later:
            return
        await self._compare()
        if asked_at < self.since - _BEAT:  # the clock was set back meanwhile
            self.since = asked_at - _TELEGRAMS_SECOND
        if asked_at > self.since and self._session.is_connected:
            async with self._database.redoable() as connection:
                await accounts.heard(connection, self._account_id, asked_at)

    async def _compare(self) -> None:
        """Compare our clock with Telegram's, as its newest message has it."""
        self._telegrams.compare(self._session.telegrams_s)
        ahead = self._telegrams.ahead()
        if self._noted_ahead is not None and abs(ahead - self._noted_ahead) < _WORTH_NOTING:
            return
        if ahead:
            log.warning("the clock is wrong", ahead_s=round(ahead.total_seconds()))
        async with self._database.redoable() as connection:
            await clock.note(connection, ahead, datetime.now(UTC))
        self._noted_ahead = ahead
