"""Posts → the full-text index, behind a cursor of its own, when nothing more urgent waits.

Searching covers what is not in the index yet, so alerts go first: while posts wait to be matched,
only so much is indexed as keeps the backlog from growing without end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot.match.lookup import analysis, post_keys
from storage.database import Database
from storage.fulltext import IndexUnwritable, IndexWriter, open_writer

BELL = "index"
_POLL_S = 1.0
_BATCH = 250  # about 50 ms of one core
_MATCHED = "match"  # the cursor of the stage that goes first
_CLEANED_EVERY_S = 86_400.0  # it looks through the whole index: some 20 s at a million posts
_CLEANED_FIRST_S = 600.0  # after a start

log = structlog.get_logger(__name__)


class Indexer:
    """Keeps the index of an archive up with it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Index what comes, until cancelled."""
        cleaned_at = time.monotonic() - _CLEANED_EVERY_S + _CLEANED_FIRST_S
        with opened(self._database.path) as writer:
            while True:
                while await _seen_through(_indexed, writer):
                    pass
                if time.monotonic() - cleaned_at >= _CLEANED_EVERY_S:
                    await _seen_through(_cleaned, writer)
                    cleaned_at = time.monotonic()
                await self._database.bell.wait(BELL, _POLL_S)


async def _seen_through(act: Callable[[IndexWriter], bool], writer: IndexWriter) -> bool:
    """Do it in a thread; when cancelled, wait: nothing may be closed under a working thread."""
    work = asyncio.ensure_future(asyncio.to_thread(act, writer))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


def _indexed(writer: IndexWriter) -> bool:
    """Index a batch; say whether to go on at once."""
    try:
        return writer.step(_BATCH) == _BATCH and not writer.has_work(_MATCHED)
    except IndexUnwritable as error:
        log.warning("posts not indexed", reason=error.reason)  # searching does without
        return False


def _cleaned(writer: IndexWriter) -> bool:
    """Take out the words of former states, if there are any; say whether it was done."""
    former = writer.former()
    if not former:
        return False
    try:
        writer.clean()
    except IndexUnwritable as error:
        log.warning("index not cleaned", reason=error.reason)  # tomorrow is another day
        return False
    log.info("index cleaned", former=former)
    return True


def clean(archive: Path) -> None:
    """Bring the index up to the archive, and take out the words of what is not there any more.

    Raises IndexUnwritable.
    """
    with opened(archive) as writer:
        while writer.step(_BATCH) == _BATCH:
            pass
        if writer.former():
            writer.clean()


@contextmanager
def opened(archive: Path) -> Iterator[IndexWriter]:
    """Open the index of an archive for writing."""
    with open_writer(archive, analysis(), post_keys) as writer:
        yield writer


def catch_up(archive: Path, within_s: float) -> bool:
    """Index for at most so long; say whether all is in. Raises IndexUnwritable."""
    end = time.monotonic() + within_s
    with opened(archive) as writer:
        while time.monotonic() < end:
            if writer.step(_BATCH) < _BATCH:
                return True
    return False
