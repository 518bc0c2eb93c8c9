"""History tasks → stored messages: first back-fills, gaps, and recent messages looked at again.

Each page is stored in one transaction with what it accounts for and how far the task has come,
so a kill at any point costs at most one page read twice. The next page is asked for while the
last one is stored.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from bot.collect import intake, life, proof
from bot.collect.budgets import Budgets
from bot.collect.coverage import covered_by_page_down, covered_by_page_up
from bot.collect.intake import Sight, Stored
from bot.collect.normalise import seen_channel, seen_message, seen_service
from bot.collect.order import kept, startable
from bot.telegram.account import PAGE_SIZE, AccountSession, Page
from bot.telegram.client import FloodWait, Later, Never, SignedOut
from bot.telemetry import Telemetry
from storage import accounts, channels, coverage, history, rereads
from storage.database import Connection, Database
from storage.records import (
    Access,
    AccountId,
    CallKind,
    ChannelId,
    HistoryKind,
    HistoryTask,
    IdRange,
    SeenDeletion,
    Source,
    Statement,
    StatementKind,
)

BELL = "history"
_POLL_S = 1.0
_OUT_OF_REACH_DELAY_S = 60.0
_ODD_REFUSAL_DELAY_S = 600.0  # not about the channel: somebody should look at the log
_CHANNEL_CLOSED = frozenset(
    {"CHANNEL_PRIVATE", "CHANNEL_INVALID", "USER_BANNED_IN_CHANNEL", "CHANNEL_PUBLIC_GROUP_NA"}
)
_SOURCES = {
    HistoryKind.BACKFILL: Source.HISTORY,
    HistoryKind.GAP: Source.GAP,
    HistoryKind.REREAD: Source.REREAD,
}

log = structlog.get_logger(__name__)


class HistoryReader:
    """Works off the history tasks of one account's channels."""

    def __init__(
        self,
        database: Database,
        session: AccountSession,
        account_id: AccountId,
        budgets: Budgets,
        telemetry: Telemetry,
    ) -> None:
        self._database = database
        self._telemetry = telemetry
        self._session = session
        self._account_id = account_id
        self._budgets = budgets
        self._running: dict[int, HistoryKind] = {}

    async def run(self) -> None:
        """Work off what is due, in `order`, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._start_due(group)
                await self._database.bell.wait(BELL, _POLL_S)

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        access: dict[ChannelId, Access] = {}
        async with self._database.reading() as connection:
            while kinds := startable(self._running.values()):
                task = await history.first_due(
                    connection, self._account_id, datetime.now(UTC), kinds, but=self._running
                )
                if task is None:
                    return
                access = access or await accounts.access_of(connection, self._account_id)
                name = f"history {task.kind} {task.channel_id}"
                work = group.create_task(self._work(task, access.get(task.channel_id)), name=name)
                self._running[task.id] = task.kind
                work.add_done_callback(partial(self._ended, task.id))

    def _ended(self, task_id: int, _work: asyncio.Task[None]) -> None:
        self._running.pop(task_id, None)
        self._database.bell.ring(BELL)

    async def _work(self, task: HistoryTask, access: Access | None) -> None:
        """Work one task off, or note when to try again."""
        try:
            if access is None:  # out of reach for now: what is left of it waits
                await self._postpone(task, _OUT_OF_REACH_DELAY_S)
            elif task.kind is HistoryKind.REREAD:
                await self._reread(task, access)
            else:
                await self._read(task, access)
        except FloodWait as wait:
            await self._budgets.flooded(CallKind.HISTORY, wait.delay_s)
            await self._postpone(task, wait.delay_s)
        except Later as wait:
            await self._postpone(task, wait.delay_s)
        except SignedOut:
            raise
        except Never as refusal:
            log.warning("history refused", channel=task.channel_id, reason=refusal.code)
            if refusal.code in _CHANNEL_CLOSED:
                await self._give_up(task, refusal)
            else:
                await self._postpone(task, _ODD_REFUSAL_DELAY_S)

    async def _read(self, task: HistoryTask, access: Access) -> None:
        """Read pages until the stretch is accounted for."""
        position, left = task.next, task.left
        page = await self._page(task, access, position, left)
        while True:
            after = _position_after(task, position, page)
            left_after = left - len(page.messages) if left >= 0 else left
            is_done = _is_done(task, page, after, left_after)
            following: asyncio.Task[Page] | None = None
            if not is_done:
                following = asyncio.create_task(self._page(task, access, after, left_after))
            try:
                await self._store(task, page, position, after, left_after, is_done=is_done)
                if following is None:
                    return
                page = await following
            except BaseException:
                if following:
                    following.cancel()
                    await asyncio.gather(following, return_exceptions=True)
                raise
            position, left = after, left_after

    async def _page(self, task: HistoryTask, access: Access, position: int, left: int) -> Page:
        await self._budgets.turn(CallKind.HISTORY, kept=kept(task))
        if task.kind is HistoryKind.GAP:
            return await self._session.page_after(access, position)
        limit = min(PAGE_SIZE, left) if left >= 0 else PAGE_SIZE
        return await self._session.page_before(access, position, limit)

    async def _store(
        self,
        task: HistoryTask,
        page: Page,
        position: int,
        after: int,
        left: int,
        *,
        is_done: bool,
    ) -> None:
        now = datetime.now(UTC)
        wanted = [message for message in page.messages if not task.high or message.id < task.high]
        seen = [seen_message(message, page.entities) for message in wanted]
        services = [(task.channel_id, item) for item in map(seen_service, wanted) if item]
        covered = _covered(task, page, position)
        async with self._database.redoable() as connection:
            stored = await intake.write(
                connection,
                [(task.channel_id, message) for message in seen if message],
                Sight(_SOURCES[task.kind], self._account_id, now),
            )
            if task.kind is HistoryKind.BACKFILL:  # what was long before us is no news
                await coverage.add_service_messages(connection, services, now)
            else:
                await life.note_services(connection, services, now)
            if covered:
                await intake.account_for(connection, {task.channel_id: [covered]})
                if stored.posts or task.high:
                    await self._state_read(connection, task, covered, stored, now)
            if is_done:
                await history.finish(connection, task)
                await self._checked(connection, task, page, now)
            else:
                await history.move(connection, task.id, to=after, left=left)
        self._count(task.kind, stored)

    async def _state_read(
        self,
        connection: Connection,
        task: HistoryTask,
        covered: IdRange,
        stored: Stored,
        now: datetime,
    ) -> None:
        statement = Statement(
            task.channel_id,
            self._account_id,
            now,
            StatementKind.STRETCH_READ,
            covered.low,
            covered.high,
            stored.posts,
            {"as": task.kind.value},
        )
        await coverage.state(connection, [statement])

    async def _checked(
        self, connection: Connection, task: HistoryTask, page: Page, now: datetime
    ) -> None:
        """Note a look at the newest ids, what blind periods it makes good, and what changed."""
        if task.high:
            return
        for entity in page.entities.values():
            seen = seen_channel(entity)
            if seen is not None:
                await life.look_at(connection, task.channel_id, seen, now)
        await proof.note_check(connection, task.channel_id, self._account_id, now)

    def _count(self, kind: HistoryKind, *stored: Stored) -> None:
        intake.count(self._telemetry, _SOURCES[kind], *stored)
        if any(part != Stored() for part in stored):
            self._database.bell.ring("match", "stories", "dispatch", "follow-ups")

    async def _reread(self, task: HistoryTask, access: Access) -> None:
        """Look again at the held ids of a stretch: what is missing is gone, what differs edited."""
        async with self._database.reading() as connection:
            held = await rereads.recent_message_ids(
                connection, task.channel_id, PAGE_SIZE, at_most=task.high
            )
        ids = [number for number in held if number >= task.low]
        if not ids:
            await self._finish(task)
            return
        await self._budgets.turn(CallKind.HISTORY, kept=kept(task))
        page = await self._session.messages(access, ids)
        present = {message.id for message in page.messages}
        gone = tuple(number for number in ids if number not in present)
        seen = [seen_message(message, page.entities) for message in page.messages]
        now = datetime.now(UTC)
        sight = Sight(Source.REREAD, self._account_id, now)
        async with self._database.redoable() as connection:
            stored = await intake.write(
                connection, [(task.channel_id, message) for message in seen if message], sight
            )
            ended = await intake.write_deletions(
                connection, [(task.channel_id, SeenDeletion(access.telegram_id, gone))], sight
            )
            await history.finish(connection, task)
            if stored.revisions or ended.deletions:
                await coverage.state(
                    connection,
                    [
                        Statement(
                            task.channel_id,
                            self._account_id,
                            now,
                            StatementKind.REREAD_FOUND,
                            task.low,
                            task.high,
                            stored.revisions + ended.deletions,
                            {"edits": stored.revisions, "deletions": ended.deletions},
                        )
                    ],
                )
        self._count(task.kind, stored, ended)

    async def _finish(self, task: HistoryTask) -> None:
        async with self._database.redoable() as connection:
            await history.finish(connection, task)

    async def _postpone(self, task: HistoryTask, delay_s: float) -> None:
        async with self._database.redoable() as connection:
            due_at = datetime.now(UTC) + timedelta(seconds=delay_s)
            await history.postpone(connection, task.id, due_at)

    async def _give_up(self, task: HistoryTask, refusal: Never) -> None:
        """Note that the channel cannot be read for now, and let the follower try later.

        The task stays, so that a back-fill goes on where it was broken off.
        """
        async with self._database.redoable() as connection:
            again = await proof.lost_sight(connection, task.channel_id, refusal.reason)
            await history.postpone(connection, task.id, again)
            await channels.unreachable(connection, task.channel_id, refusal.reason, again)


def _position_after(task: HistoryTask, position: int, page: Page) -> int:
    ids = [message.id for message in page.messages]
    if task.kind is HistoryKind.GAP:
        return max(ids, default=position)
    return min(ids, default=position)


def _is_done(task: HistoryTask, page: Page, after: int, left: int) -> bool:
    if not page.is_full or left == 0:
        return True
    return task.kind is HistoryKind.GAP and bool(task.high) and after >= task.high - 1


def _covered(task: HistoryTask, page: Page, position: int) -> IdRange | None:
    ids = [message.id for message in page.messages]
    if task.kind is HistoryKind.GAP:
        return covered_by_page_up(position, ids, is_full=page.is_full, high=task.high)
    return covered_by_page_down(position, ids, is_full=page.is_full)
