"""Wiring: builds the parts, lists the root tasks and the timetable, starts and stops in order.

One process holds the data folder. Every stage is safe to kill at any point, so stopping is
cancelling all of them at once and closing what is open in reverse.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.cancellation import is_asked
from bot.clock import ClockWatch, TelegramClock
from bot.collect import life, reread
from bot.collect.collector import Collector
from bot.collect.media.plan import MediaPlanner
from bot.collect.media.read import PictureReader
from bot.collect.media.words import ReadingMissing
from bot.collect.polling import poll_channels
from bot.collect.roster import Roster
from bot.config import Settings
from bot.match.worker import MatchWorker
from bot.notify.changed import hold_all_anew
from bot.notify.digests import Digests
from bot.notify.dispatch import Dispatcher
from bot.notify.follow_ups import FollowUpStage
from bot.notify.news import News
from bot.notify.relay import Relay
from bot.notify.stories import Stories
from bot.operate.account_list import allowances
from bot.operate.keeping import back_up_if_due
from bot.operate.login import application
from bot.operate.reports import BLINDNESS, EVENTS
from bot.operate.status import show_status
from bot.operate.talk import Talk
from bot.pacing import TokenBucket
from bot.publish import log, retention
from bot.publish.indexer import Indexer
from bot.publish.signing import signing_key
from bot.publish.stamping import StampRefused, StampsMissing
from bot.telegram.proxy import load as load_proxy
from bot.telemetry import Telemetry, open_endpoint, systemd
from storage import (
    accounts,
    alerts,
    blindness,
    channels,
    clock,
    condition,
    cursors,
    posts,
    stepped,
)
from storage.database import Database, open_database
from storage.folder import DataFolder
from storage.records import Account, AlertState, CallKind, Waiting

_MEASURE_EVERY_S = 5
_CLOCK_LOOK_S = 1.0
_RETENTION_EVERY_S = 3600
_BACKUP_DUE_EVERY_MIN = 10  # restarts must not put a backup off for ever
_HABITS_EVERY_S = 300
_REREAD_LOOK_S = 10  # how often it is looked whether a round of looking again is due
_CALLS = {
    # kind → (calls a second, calls at once). Telegram publishes no limits: these stay under what
    # monitors report as safe. Resolves and joins are the scarcest; a flood wait on them grows to
    # many hours.
    CallKind.RESOLVE: (1 / 3, 20),
    CallKind.JOIN: (1 / 5, 20),
    CallKind.HISTORY: (20, 60),
    CallKind.MEDIA: (8, 16),
}


logger = structlog.get_logger(__name__)


class App:
    """The parts of one running Earshot. Use `open_app`, then `run`."""

    def __init__(self, settings: Settings, folder: DataFolder, database: Database) -> None:
        self.settings = settings
        self.database = database
        self._folder = folder
        self.telemetry = Telemetry()
        self.metrics_port = 0
        self._stop = asyncio.Event()
        self._telegrams = TelegramClock()
        self._worker = MatchWorker(database, self.telemetry)
        self._keeper = log.LogKeeper(database)
        self._key = signing_key(folder.root)
        self._indexer = Indexer(database)
        self._stories = Stories(database)
        self._talk = Talk(database, settings, folder, self.telemetry, self._worker.highlight)
        self._relay = Relay(database, self._talk.ways, highlight=self._worker.highlight)
        self._dispatcher = Dispatcher(
            database,
            stories=self._stories,
            max_age=timedelta(seconds=settings.alert_max_age_s),
            ahead=self._telegrams.ahead,
        )
        self._roster = Roster(
            database,
            self._collector,
            default_label=settings.account_label,
            allowances=allowances(settings),
            telemetry=self.telemetry,
        )
        self._news = News(
            database,
            blind_from=timedelta(seconds=settings.blind_told_after_s),
            whys=BLINDNESS,
            events=EVENTS,
        )
        self._planner = MediaPlanner(database, settings.media_rule)
        self.telemetry.health.expect("bot", settings.account_label)

    def _collector(self, account: Account) -> Collector:
        return Collector(
            self.database,
            application(self.settings),
            session_file=self._folder.session(account.label),
            label=account.label,
            buckets={kind: TokenBucket(*rate) for kind, rate in _CALLS.items()},
            allowances=allowances(self.settings),
            proxy=load_proxy(account.proxy) if account.proxy else None,
            reread_depth=self.settings.reread_depth,
            telemetry=self.telemetry,
            folder=self._folder,
            media_budget_bytes=int(self.settings.media_budget_gb * 1e9),
            telegrams=self._telegrams,
        )

    def _picture_reader(self) -> PictureReader | None:
        """Give what reads pictures; None when nobody asked for it, or it cannot be done here."""
        if not self.settings.ocr_languages:
            return None
        try:
            return PictureReader(self.database, self._folder, self.settings.ocr_languages)
        except ReadingMissing as error:  # alerts must not wait for it
            self.telemetry.failed("pictures")
            logger.warning("pictures not read", reason=str(error))
            return None

    def stop(self) -> None:
        """Make `run` end."""
        self._stop.set()

    async def run(self) -> None:
        """Collect, match, notify and answer until stopped or cancelled.

        Raises SignedOut, LoginRefused or Never for sessions that Telegram does not accept,
        PortTaken for the metrics' port; what else comes out is a bug.
        """
        timetable = self._timetable()
        now = datetime.now(UTC)
        async with self.database.reading() as connection:
            was_set_back = await stepped.is_ahead(connection, now)
            self._telegrams.remembered = await clock.ahead(connection)
        if was_set_back:
            await self._bring_back(now)
        reader = self._picture_reader()
        async with open_endpoint(self.telemetry, self.settings.metrics_port) as port:
            self.metrics_port = port
            async with asyncio.TaskGroup() as group:
                roots = [
                    group.create_task(_endless(work), name=name)
                    for name, work in (
                        ("collect", self._roster.run),
                        ("match", self._worker.run),
                        ("stories", self._stories.run),
                        ("dispatch", self._dispatcher.run),
                        ("digests", Digests(self.database).run),
                        ("news", self._news.run),
                        ("relay", self._relay.run),
                        ("follow-ups", FollowUpStage(self.database).run),
                        ("talk", self._talk.run),
                        ("log", self._keeper.run),
                        ("media", self._planner.run),
                        ("index", self._indexer.run),
                        ("clock", lambda: self._watch_clock(timetable)),
                        *([("pictures", reader.run)] if reader else []),
                    )
                ]
                timetable.start()
                systemd.tell(systemd.READY)
                try:
                    await self._stop.wait()
                finally:
                    systemd.tell(systemd.STOPPING)
                    timetable.shutdown(wait=False)
                for root in roots:
                    root.cancel()

    async def _watch_clock(self, timetable: AsyncIOScheduler) -> None:
        """Keep delays as long as they were meant, whatever the wall clock is set to."""
        watch = ClockWatch()
        while True:
            await asyncio.sleep(_CLOCK_LOOK_S)
            step_s = watch.stepped_s()
            if not step_s:
                continue
            logger.warning("the clock was set", by_s=round(step_s))
            self.telemetry.failed("clock")
            now = datetime.now(UTC)
            if step_s < 0:
                await self._bring_back(now)
            await self._roster.clock_set()  # it knows how long Telegram's limits last
            self._talk.clock_set()
            if self._telegrams.is_compared:
                async with self.database.redoable() as connection:
                    await clock.note(connection, self._telegrams.ahead(), now)
            for job in timetable.get_jobs():
                job.modify(next_run_time=now)

    async def _bring_back(self, now: datetime) -> None:
        async with self.database.redoable() as connection:
            await stepped.brought_back(connection, now)
            await hold_all_anew(connection, now)
        self.database.bell.ring(
            *("channels", "history", "media.fetch", "digests", "outbox", "relay")
        )

    def _timetable(self) -> AsyncIOScheduler:
        settings = self.settings
        timetable = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1}
        )
        for work, seconds in (
            (self._check_members, settings.check_interval_s),
            (self._poll_others, settings.poll_interval_s),
            (self._reread, min([_REREAD_LOOK_S, *(every for _, every in settings.reread_steps)])),
            (self._watch_habits, _HABITS_EVERY_S),
            (self._sign, settings.sign_interval_s),
            (self._remove_old, _RETENTION_EVERY_S),
            (self.measure, _MEASURE_EVERY_S),
        ):
            timetable.add_job(_ended_by_stop(work), "interval", seconds=seconds)
        if settings.backup_interval_h:
            work = _ended_by_stop(self._back_up)
            timetable.add_job(work, "interval", minutes=_BACKUP_DUE_EVERY_MIN)
        return timetable

    async def _back_up(self) -> None:
        interval = timedelta(hours=self.settings.backup_interval_h)
        await back_up_if_due(self._folder, interval, self.settings.backup_keep)

    async def _check_members(self) -> None:
        accounts = self._roster.collectors.values()
        await asyncio.gather(*(collector.check_members() for collector in accounts))

    async def _poll_others(self) -> None:
        shortest, longest = self.settings.poll_interval_s, self.settings.poll_interval_max_s
        for account_id in self._roster.collectors:
            await poll_channels(
                self.database,
                account_id,
                datetime.now(UTC),
                shortest=timedelta(seconds=shortest),
                longest=timedelta(seconds=max(shortest, longest)),
            )

    async def _reread(self) -> None:
        steps = reread.rungs(self.settings.reread_steps)
        for account_id in self._roster.collectors:
            now, ahead = datetime.now(UTC), self._telegrams.ahead()
            await reread.ask_what_is_due(self.database, account_id, steps, now, ahead)

    async def _watch_habits(self) -> None:
        await life.watch_habits(self.database, datetime.now(UTC) - self._telegrams.ahead())

    async def _remove_old(self) -> None:
        ahead = self._telegrams.ahead() if self._telegrams.is_compared else None
        try:
            await retention.apply(self.database, self._folder, actor="earshot", ahead=ahead)
        except retention.ClockWrong as error:
            self.telemetry.failed("retention")
            logger.warning("retention waits", reason=str(error))

    async def _sign(self) -> None:
        await log.sign(self.database, self._key)
        if self.settings.timestamp_url:
            try:
                await log.stamp_newest(self.database, self.settings.timestamp_url)
            except (StampRefused, StampsMissing) as error:
                self.telemetry.failed("stamp")
                logger.warning("head not time-stamped", reason=str(error))

    async def measure(self) -> None:
        """Bring the gauges up to date: what waits for each stage, and the channels' states."""
        now = datetime.now(UTC)
        async with self.database.reading() as connection:
            after = await cursors.position(connection, "match")
            unmatched = await posts.revisions_waiting(connection, after)
            states = await alerts.counts(connection)
            oldest = await alerts.oldest_owed(connection)
            listed = await channels.listed(connection)
            missing = await condition.holes(connection)
            oldest_check = await condition.oldest_check(connection)
            lasting = await blindness.lasting(connection)
            known = await accounts.listed(connection)
        self.telemetry.coverage_measured(
            unknown_ids=missing.ids,
            channels=len(missing.channels),
            check_age_s=(now - oldest_check).total_seconds() if oldest_check else 0.0,
            blind_open=len(lasting),
        )
        self.telemetry.clock_compared(self._telegrams.ahead().total_seconds())
        self.telemetry.accounts_counted(Counter(item.state.value for item in known))
        owed = Waiting(states[AlertState.OWED] + states[AlertState.LEASED], oldest)
        for queue, waiting in (("match", unmatched), ("outbox", owed)):
            age_s = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
            self.telemetry.queue_measured(queue, waiting.rows, max(age_s, 0.0))
        self.telemetry.channels_counted(Counter(channel.state.value for channel in listed))
        systemd.tell(systemd.ALIVE)
        for name, is_up in (*self._roster.connected.items(), ("bot", self._talk.is_connected)):
            self.telemetry.connection_changed(name, is_up=is_up)


def _ended_by_stop(work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], Any]:
    """Let a job of the timetable end when it is cancelled: APScheduler logs that as an error.

    It is the job's outermost coroutine and nobody awaits it, so nothing is kept from stopping.
    """

    @functools.wraps(work)
    async def job() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await work()

    return job


async def _endless(work: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
    """Make the return of a root task the error it is: a task group alone would not notice.

    The work begins in here, so that a task cancelled before its first step leaves none unawaited.
    A cancellation that nobody asked for, of something the work awaited, would go unnoticed, too.
    """
    try:
        await work()
    except asyncio.CancelledError as error:
        if is_asked():
            raise
        raise RuntimeError("a root task was cancelled unasked") from error
    raise RuntimeError("a root task returned unasked")


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[App]:
    """Take the data folder, open the archive and build the parts.

    Raises FolderError and DatabaseError.
    """
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    with folder.lock():
        async with open_database(folder.database) as database:
            yield App(settings, folder, database)


async def run(settings: Settings, *, live_status: bool) -> None:
    """Run until cancelled; `live_status` shows one line on the terminal."""
    async with open_app(settings) as app, asyncio.TaskGroup() as group:
        if live_status:
            status = group.create_task(show_status(app.telemetry), name="status")
        try:
            await app.run()
        finally:
            if live_status:
                status.cancel()
