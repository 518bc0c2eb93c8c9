"""Fetched pictures → what they say, joined to their posts' text, behind a cursor.

Whatever is read is appended in the same transaction that writes the post's text anew, so that
matching and the index meet both or neither. Reading waits for nobody and nobody waits for it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog

from bot.collect import intake
from bot.collect.intake import Change
from bot.collect.media.words import NotRead, checked, words_in
from storage import cursors, picture_texts
from storage.database import Database
from storage.folder import DataFolder
from storage.records import ReadBy, UnreadPicture

BELL = "pictures"
CURSOR = "pictures"
_POLL_S = 2.0
_BATCH = 20

log = structlog.get_logger(__name__)


class PictureReader:
    """Reads what pictures say. Start `run` as a task. Raises ReadingMissing when made."""

    def __init__(self, database: Database, folder: DataFolder, languages: str) -> None:
        self._database = database
        self._folder = folder
        self._by: ReadBy = checked(languages)
        self.with_words = 0  # pictures that said something

    @property
    def program(self) -> str:
        """What reads, as it names itself."""
        return self._by.program

    async def run(self) -> None:
        """Read what comes, until cancelled."""
        await self._database.bell.serve(BELL, self.step, _POLL_S)

    async def step(self) -> int:
        """Read a batch; give how many pictures it was."""
        async with self._database.reading() as connection:
            after = await cursors.position(connection, CURSOR)
            found = await picture_texts.unread(connection, after, _BATCH)
        for picture in found:
            await self._read(picture)
        return len(found)

    async def _read(self, picture: UnreadPicture) -> None:
        async with self._database.reading() as connection:
            text = await picture_texts.read_before(connection, picture.sha256, self._by)
        if text is None:
            text = await self._words(picture)
        async with self._database.redoable() as connection:
            if text is not None:
                now = datetime.now(UTC)
                if await picture_texts.add(connection, picture, text, self._by, now) and text:
                    await intake.retell(connection, {picture.post_id: Change()})
            await cursors.advance(connection, CURSOR, picture.fetch_id)
        if text:
            self.with_words += 1
            log.info("picture read", post=picture.post_id, letters=len(text))
            self._database.bell.ring("match", "log")

    async def _words(self, picture: UnreadPicture) -> str | None:
        """Read one; None for what is no picture, or is gone by now."""
        path = self._folder.media_file(picture.sha256)
        try:
            return await asyncio.to_thread(words_in, path, self._by.languages)
        except NotRead as error:
            log.warning("picture not read", post=picture.post_id, reason=str(error))
            return None
