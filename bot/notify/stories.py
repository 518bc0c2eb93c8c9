"""Posts → stories, behind a cursor: which posts tell the same.

Reads what intake appended, writes a row for each recent post, and holds the sketches of the last
48 hours in memory; the texts that are compared come from rows. Dispatch asks for the posts it is
about to decide on (`assure`), so no alert waits for this stage to catch up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

import structlog

from bot.clock import utc_now
from bot.notify.likeness import WINDOW, Fingerprint, difference, fingerprint
from bot.notify.story_index import MOST, StoryIndex
from storage import cursors, posts, stories
from storage.database import Connection, Database
from storage.records import PostId, Source, StoryId
from storage.stories import Placed, ToPlace

BELL = "stories"
CURSOR = "stories"
_POLL_S = 2.0
_REST_S = 0.25  # nobody waits for this stage: dispatch places what it needs by itself
_BATCH = 100  # posts a transaction; dispatch waits for one such batch at most
_YIELD_EVERY = 20  # posts between two turns of the event loop, some 4 ms
_PAGE = 5_000  # rows of the window read at once at a start
_REMEMBERED = 5_000  # fingerprints kept: copies come soon after one another
_OLD = frozenset({Source.HISTORY, Source.IMPORT})

log = structlog.get_logger(__name__)


class Stories:
    """Says of each recent post which story it tells. Start `run` as a task."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime] = utc_now,
        most: int = MOST,
    ) -> None:
        self._database = database
        self._now = now
        self._most = most
        self._index = StoryIndex(most)
        self._known: dict[PostId, Fingerprint] = {}
        self._turn = asyncio.Lock()
        self._is_loaded = False
        self._newest: datetime | None = None  # posted last, on Telegram's clock

    async def run(self) -> None:
        """Read the window, so that the first alert need not wait for it; then place what comes."""
        async with self._turn:
            await self._load()
        await self._database.bell.serve(BELL, self._has_more, _POLL_S, rest_s=_REST_S)

    async def _has_more(self) -> bool:
        return await self.step() == _BATCH

    async def step(self) -> int:
        """Place one batch of what intake appended; give how many revisions it was."""
        async with self._turn:
            async with self._database.reading() as connection:
                after = await cursors.position(connection, CURSOR)
                appended = await posts.revisions_after(connection, after, _BATCH)
            if appended:
                recent = {item.post_id for item in appended if item.source not in _OLD}
                await self._place(recent, appended[-1].id)
        if appended:
            self._database.bell.ring("dispatch")
        return len(appended)

    async def assure(self, ids: Collection[PostId]) -> None:
        """Place these posts now, those that are not placed yet."""
        if await self._unplaced(ids):
            async with self._turn:  # the stage itself may be placing them at this moment
                if missing := await self._unplaced(ids):
                    await self._place(missing, None)

    async def _unplaced(self, ids: Collection[PostId]) -> set[PostId]:
        if not ids:
            return set()
        async with self._database.reading() as connection:
            return set(ids) - (await stories.of_posts(connection, ids)).keys()

    async def _place(self, ids: Collection[PostId], cursor: int | None) -> None:
        await self._load()
        async with self._database.reading() as connection:
            found = await stories.to_place(connection, ids)
        since = self._since(item.posted_at for item in found)
        self._index.expire(since)
        if cursor is not None:  # old ones are placed when an alert needs them
            found = [item for item in found if item.posted_at >= since]
        drawn = await self._drawn(found)
        await self._remember(drawn)
        changed: list[PostId] = []
        try:
            async with self._database.redoable() as connection:
                await self._write(connection, found, drawn, changed, since)
                if cursor is not None:
                    await cursors.advance(connection, CURSOR, cursor)
        except BaseException:  # the rows are not there, so the memory of them must go
            for number in changed:
                self._index.remove(number)
            self._is_loaded = False
            raise

    def _since(self, posted: Iterable[datetime]) -> datetime:
        """Say from when on posts are of the window that ends with the newest of all.

        By Telegram's clock: ours may have been set forward, and copies would be told anew.
        """
        known = [self._newest] if self._newest else []
        self._newest = max([*known, *posted], default=None)
        return min(self._now(), self._newest or self._now()) - WINDOW

    async def _drawn(self, found: Sequence[ToPlace]) -> dict[PostId, Fingerprint]:
        drawn = {}
        for count, item in enumerate(found, start=1):
            drawn[item.post_id] = fingerprint(item.text)
            if count % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        return drawn

    async def _remember(self, drawn: Mapping[PostId, Fingerprint]) -> None:
        """Have the texts at hand of all that these posts will be compared with."""
        wanted: set[PostId] = set()
        for item in drawn.values():
            wanted.update(self._index.candidates(item.sketch))
        missing = wanted - self._known.keys() - drawn.keys()
        if missing:
            async with self._database.reading() as connection:
                read = await stories.to_place(connection, missing)
            self._known |= await self._drawn(read)
        for number in list(self._known)[: max(0, len(self._known) - _REMEMBERED)]:
            if number not in wanted:
                del self._known[number]
        self._known |= drawn

    async def _write(
        self,
        connection: Connection,
        found: Sequence[ToPlace],
        drawn: Mapping[PostId, Fingerprint],
        changed: list[PostId],
        since: datetime,
    ) -> None:
        ids = [item.post_id for item in found]
        before = await stories.of_posts(connection, ids)
        free = await stories.untold_alone(connection, before.keys()) if before else set()
        by_header = await stories.of_origins(
            connection, {item.origin for item in found if item.origin}
        )
        by_forward = await stories.forwards_of(connection, ids) if ids else {}
        new: list[Placed] = []
        redrawn: list[Placed] = []
        for item in found:
            number, print_ = item.post_id, drawn[item.post_id]
            is_recent = item.posted_at >= since
            story = before.get(number)
            if story is None or number in free:
                self._index.remove(number)
                story = (
                    (by_header.get(item.origin) if item.origin else None)
                    or by_forward.get(number)
                    or (self._told_alike(item, print_) if is_recent else None)
                    or StoryId(number)
                )
                if item.origin:
                    by_header.setdefault(item.origin, story)
            placed = Placed(number, story, item.posted_at, print_.sketch if is_recent else ())
            if story != before.get(number):
                new.append(placed)
            else:
                redrawn.append(placed)
            changed.append(number)
            if is_recent:
                self._index.add(placed)
        if moved := before.keys() & {item.post_id for item in new}:
            await stories.forget(connection, moved)
        await stories.add(connection, new)
        await stories.change(connection, redrawn)

    def _told_alike(self, item: ToPlace, print_: Fingerprint) -> StoryId | None:
        for number in self._index.candidates(print_.sketch):
            other = self._known.get(number)
            if other is None or number == item.post_id:
                continue
            apart = abs(item.posted_at - self._index.posted_at(number))
            if difference(print_, other, apart) is None:
                return self._index.story_of(number)
        return None

    async def _load(self) -> None:
        """Read the window's rows, once."""
        if self._is_loaded:
            return
        async with self._database.reading() as connection:
            after = await stories.before_newest(connection, self._most)
            newest = await stories.newest_posted(connection)
        since = self._since([newest] if newest else [])
        while True:
            async with self._database.reading() as connection:
                page, after = await stories.window(connection, since, after, _PAGE)
            for count, placed in enumerate(page, start=1):
                self._index.add(placed)
                if count % 1000 == 0:  # some 5 ms
                    await asyncio.sleep(0)
            if len(page) < _PAGE:
                break
        self._is_loaded = True
        log.debug("stories loaded", since=since.isoformat())
