"""Wanted attachments → files: fetched piece by piece, gone on with after a kill.

What arrives is appended to a part file named by the row's number, never by anything Telegram says.
A reference that has expired is had anew from the message itself.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot.collect.budgets import Budgets
from bot.collect.media.attached import attachment_of, attachment_of_raw
from bot.collect.media.keeping import Room, put
from bot.collect.order import KEPT_BY_OLD
from bot.telegram.account import AccountSession
from bot.telegram.client import FloodWait, Later, Never, SignedOut
from bot.telemetry import Telemetry
from storage import accounts, media, posts
from storage import readers as reading
from storage.database import Database
from storage.folder import DataFolder
from storage.records import (
    Access,
    AccountId,
    Attachment,
    CallKind,
    FetchedBy,
    Media,
    MediaState,
)

BELL = "media.fetch"
_POLL_S = 2.0
_BATCH = 20
_PIECE = 1 << 19  # bytes of a request; a part file is cut to a multiple of it before going on
_EXPIRED = frozenset({"FILE_REFERENCE_EXPIRED", "FILE_REFERENCE_EMPTY", "FILE_REFERENCE_INVALID"})
_MOST_ATTEMPTS = 8
_FULL_DELAY = timedelta(minutes=10)

log = structlog.get_logger(__name__)


class TooLong(Exception):
    """Telegram gives more bytes than it said there are."""


class MediaFetcher:
    """Fetches what is wanted of one account's channels. Start `run` as a task."""

    def __init__(
        self,
        database: Database,
        session: AccountSession,
        account_id: AccountId,
        budgets: Budgets,
        *,
        folder: DataFolder,
        room: Room,
        telemetry: Telemetry,
    ) -> None:
        self._database = database
        self._session = session
        self._account_id = account_id
        self._budgets = budgets
        self._folder = folder
        self._room = room
        self._telemetry = telemetry

    async def run(self) -> None:
        """Fetch what is due, one after another, until cancelled."""
        await self._database.bell.serve(BELL, self.step, _POLL_S)

    async def step(self) -> int:
        """Fetch a batch; give how many were tried."""
        async with self._database.reading() as connection:
            access = await accounts.access_of(connection, self._account_id)
            # Another account may have access too: a channel's files are its reader's to fetch.
            readers = await reading.current(connection)
            mine = [key for key in access if readers.get(key) == self._account_id]
            due = await media.due(connection, datetime.now(UTC), mine, _BATCH)
        for item in due:
            await self._fetch(item, access[item.channel_id])
        return len(due)

    async def _fetch(self, item: Media, access: Access) -> None:
        """Fetch one, or note when to try again or why never."""
        try:
            if not await self._room.make(item.length):
                await self._postpone(item, _FULL_DELAY, "the disk budget is full of hits' media")
                return
            await self._download(item, access)
        except FloodWait as wait:
            await self._budgets.limited(CallKind.MEDIA, wait.delay_s)
            await self._postpone(item, timedelta(seconds=wait.delay_s), "Telegram says to wait")
        except Later as wait:
            await self._postpone(item, timedelta(seconds=wait.delay_s), str(wait))
        except SignedOut:
            raise
        except TooLong as error:
            await self._settle(item, MediaState.REFUSED, str(error))
        except Never as refusal:
            await self._settle(item, MediaState.GONE, refusal.reason)
        except OSError as error:
            log.error("media cannot be stored", reason=error.strerror)  # noqa: TRY400  # no bug
            self._telemetry.failed("media")
            await self._postpone(item, _FULL_DELAY, f"the disk refuses: {error.strerror}")

    async def _download(self, item: Media, access: Access) -> None:
        async with self._database.reading() as connection:
            attachment = attachment_of_raw(await posts.raw_of(connection, item.revision_id))
        if attachment is None:
            raise Never("MEDIA_EMPTY", "the message shows no file any more")
        part = self._part(item)
        try:
            await self._append(attachment, part)
        except Never as refusal:
            if refusal.code not in _EXPIRED:
                raise
            await self._append(await self._renewed(item, access), part)
        file = await asyncio.to_thread(put, self._folder, part, item.mime)
        now = datetime.now(UTC)
        async with self._database.redoable() as connection:
            await media.held(connection, item, file, FetchedBy(self._account_id, now))
        self._telemetry.media_fetched(file.length)
        self._database.bell.ring("log", "pictures")
        log.info("media fetched", post=item.post_id, bytes=file.length)

    async def _renewed(self, item: Media, access: Access) -> Attachment:
        """Ask for the message again, which brings a new reference."""
        await self._budgets.turn(CallKind.HISTORY, kept=KEPT_BY_OLD)
        page = await self._session.messages(access, [item.message_id])
        found = attachment_of(page.messages[0]) if page.messages else None
        if found is None or found.file_id != item.file_id:
            raise Never("MEDIA_GONE", "the message is gone or shows another file now")
        return found

    async def _append(self, attachment: Attachment, part: Path) -> None:
        """Fetch what is missing of a file. Raises Later, Never, TooLong."""
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            length = file.seek(0, os.SEEK_END) // _PIECE * _PIECE
            file.truncate(length)
            file.seek(length)
            if length < attachment.length or not attachment.length:
                pieces = self._session.download(attachment, length, _PIECE)
                await self._budgets.turn(CallKind.MEDIA)
                async for piece in pieces:
                    length += len(piece)
                    if length > attachment.length:
                        raise TooLong("Telegram gives more bytes than it said there are")
                    file.write(piece)
                    await self._budgets.turn(CallKind.MEDIA)
            file.flush()
            os.fsync(file.fileno())
        if length < attachment.length:
            raise Later(60.0, "Telegram gave fewer bytes than it said there are")

    def _part(self, item: Media) -> Path:
        folder = self._folder.media / "parts"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f"{item.id}.part"

    async def _postpone(self, item: Media, delay: timedelta, reason: str) -> None:
        if item.attempts >= _MOST_ATTEMPTS and delay < _FULL_DELAY:
            await self._settle(item, MediaState.REFUSED, f"given up: {reason}")
            return
        async with self._database.redoable() as connection:
            await media.postpone(connection, item.id, datetime.now(UTC) + delay, reason)

    async def _settle(self, item: Media, state: MediaState, reason: str) -> None:
        log.warning("media not held", post=item.post_id, reason=reason)
        self._part(item).unlink(missing_ok=True)
        async with self._database.redoable() as connection:
            await media.settle(connection, item.id, state, reason)
