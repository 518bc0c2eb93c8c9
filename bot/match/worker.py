"""Posts → hits: runs what intake appended through the engine, batch by batch, behind a cursor.

A hit and the cursor that passed its post are one transaction. The engine follows the
subscriptions' rows; a query meets only what was seen after it was made.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import structlog

from bot.match.documents import (
    PLACES,
    Documents,
    PostMatcher,
    regions_beyond_doubt,
    said_of_places,
    wishes_for_places,
)
from bot.match.engine import Engine
from bot.match.errors import QueryError
from bot.match.morphology import kept
from bot.match.placing import Asked
from bot.match.query import parse
from bot.telemetry import Telemetry
from storage import channels, cursors, picture_texts, places, posts, subscriptions
from storage.database import Connection, Database
from storage.records import (
    AppendedRevision,
    Channel,
    ChannelId,
    NewHit,
    PlaceId,
    PlacePrior,
    Post,
    PostId,
    Source,
    Span,
    Subscription,
    SubscriptionId,
)

BELL = "match"
CURSOR = "match"
PICTURES = "match.pictures"  # what was read from pictures since
_POLL_S = 1.0
_FORMS_FILE = "forms"  # beside the database; a cache, made anew when it is missing
_FORMS_WORTH_KEEPING = 200  # words newly expanded, about 20 ms of the next start
_ADDED_AT_ONCE = 200  # subscriptions taken up between two turns, about 20 ms
_MANY = 1000  # subscriptions taken up together, as at a start
_BATCH = 500
_YIELD_EVERY = 50  # posts matched between two turns of the event loop, about 20 ms
_BACKFILLED = frozenset({Source.HISTORY, Source.IMPORT})  # old posts: nobody waits for them

log = structlog.get_logger(__name__)


_post_matcher = lru_cache(maxsize=1000)(PostMatcher)


async def _next(connection: Connection) -> tuple[str, int, Sequence[AppendedRevision]]:
    """Give the next batch, its cursor and where that goes: what was stored, else what was read."""
    after = await cursors.position(connection, CURSOR)
    appended = await posts.revisions_after(connection, after, _BATCH)
    if appended:
        return CURSOR, appended[-1].id, appended
    after = await cursors.position(connection, PICTURES)
    read = await picture_texts.appended_after(connection, after, _BATCH)
    return PICTURES, read[-1][0] if read else after, [revision for _, revision in read]


class MatchWorker:
    """Matches every appended revision's post against all active subscriptions."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self._telemetry = telemetry
        self._forms_file = database.path.with_name(_FORMS_FILE)
        self._engine = Engine(PLACES)
        self._places: dict[SubscriptionId, tuple[Asked, ...]] = {}
        self._documents = Documents()
        self._subscriptions: dict[SubscriptionId, Subscription] = {}
        self._mark = (0, 0, 0)
        self._looked_at = 0.0  # on the monotonic clock
        self._channels: dict[ChannelId, Channel] = {}

    async def run(self) -> None:
        """Match what comes, until cancelled."""
        await asyncio.to_thread(kept().load, self._forms_file)
        await self._look_for_changes()
        if kept().forget_former():
            await asyncio.to_thread(self._keep_forms)
        while True:
            if kept().changes >= _FORMS_WORTH_KEEPING:
                await asyncio.to_thread(self._keep_forms)
            while await self.step() == _BATCH:
                pass
            await self._database.bell.wait(BELL, _POLL_S)
            if time.monotonic() - self._looked_at >= _POLL_S:
                await self._look_for_changes()

    def _keep_forms(self) -> None:
        """Keep what words were expanded to, so that the next start need not do it again."""
        try:
            kept().save(self._forms_file)
        except OSError as error:  # a full disk, say: it only costs the next start some time
            log.warning("forms of words not kept", reason=str(error))

    async def step(self) -> int:
        """Match one batch and give how many revisions it was."""
        if self._database.bell.rung("subscriptions"):
            await self._follow_subscriptions()
        async with self._database.reading() as connection:
            cursor, last, appended = await _next(connection)
            if not appended:
                return 0
            awaited = {item.post_id: item for item in appended if item.source not in _BACKFILLED}
            found = await posts.by_ids(connection, awaited.keys()) if awaited else {}
            here = {post.channel_id for post in found.values()}
            self._channels |= await channels.by_ids(connection, here)
            priors = await places.priors(connection, here) if self._places else {}
        hits, learnt = await self._match(awaited, found, priors)
        async with self._database.redoable() as connection:
            added = await subscriptions.add_hits(connection, hits)
            await places.learn(connection, learnt)
            await cursors.advance(connection, cursor, last)
        if added:
            self._telemetry.hits_found(added)
            self._database.bell.ring("dispatch")
        return len(appended)

    async def _match(
        self,
        appended: Mapping[PostId, AppendedRevision],
        found: Mapping[PostId, Post],
        priors: Mapping[ChannelId, PlacePrior],
    ) -> tuple[Sequence[NewHit], Counter[tuple[ChannelId, PlaceId]]]:
        """Return the hits, and how often channels named which regions beyond doubt."""
        now = datetime.now(UTC)
        hits: list[NewHit] = []
        learnt: Counter[tuple[ChannelId, PlaceId]] = Counter()
        for count, (post_id, revision) in enumerate(appended.items(), start=1):
            post = found[post_id]
            channel = self._channels.get(post.channel_id)
            document = self._documents.of(post, channel, priors.get(post.channel_id))
            for hit in self._engine.match(document):
                if self._is_for(hit.key, revision):
                    said = said_of_places(self._places.get(hit.key, ()), document)
                    hits.append(NewHit(hit.key, post_id, revision.id, hit.spans, now, said))
            for region, mentions in regions_beyond_doubt(document.mentions).items():
                learnt[post.channel_id, region] += round(mentions)
            if count % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        return hits, learnt

    def _is_for(self, key: SubscriptionId, revision: AppendedRevision) -> bool:
        """Say whether a revision was stored after a subscription was made.

        By the order of rows: the clock may have been set in between.
        """
        return revision.id > self._subscriptions[key].after_revision

    def highlight(self, subscription: Subscription, post: Post) -> tuple[Span, ...] | None:
        """Say where a query matches the post as it stands now, None if it does not any more."""
        try:
            matcher = _post_matcher(subscription.query)
        except QueryError:
            return None
        return matcher.match(post, self._channels.get(post.channel_id))

    async def _look_for_changes(self) -> None:
        """Notice subscriptions written by another process, which cannot ring our bell."""
        async with self._database.reading() as connection:
            mark = await subscriptions.active_mark(connection)
        self._looked_at = time.monotonic()
        if mark != self._mark:
            await self._follow_subscriptions()

    async def _follow_subscriptions(self) -> None:
        """Bring the engine up to the subscriptions' rows."""
        async with self._database.reading() as connection:
            self._mark = await subscriptions.active_mark(connection)
            active = {item.id: item for item in await subscriptions.active(connection)}
        places_before = dict(self._places)
        for gone in self._subscriptions.keys() - active.keys():
            self._engine.remove(gone)
            self._places.pop(gone, None)
        await self._take_up(
            [
                item
                for number, item in active.items()
                if (before := self._subscriptions.get(number)) is None or before.query != item.query
            ]
        )
        self._subscriptions = active
        if self._places != places_before:
            asked = (wish.ids for wishes in self._places.values() for wish in wishes)
            self._documents = Documents(frozenset().union(*asked))

    async def _take_up(self, changed: Sequence[Subscription]) -> None:
        """Put queries into the engine; the garbage collector rests while there are many."""
        is_many = len(changed) > _MANY and gc.isenabled()
        if is_many:
            gc.disable()
        try:
            for count, subscription in enumerate(changed, start=1):
                self._engine.remove(subscription.id)
                self._places.pop(subscription.id, None)
                self._add(subscription)
                if count % _ADDED_AT_ONCE == 0:
                    await asyncio.sleep(0)
        finally:
            if is_many:
                gc.enable()
        if is_many:
            gc.collect()
            gc.freeze()  # queries stay: the collector need not look at them again and again

    def _add(self, subscription: Subscription) -> None:
        try:
            # An operator may have a scan; what is stored was checked.
            query = parse(subscription.query, allow_scan=True, is_checked=True)
            self._engine.add(subscription.id, query)
            if asked := wishes_for_places(query):
                self._places[subscription.id] = asked
        except QueryError as error:
            # Written by an older version, say: the others must go on.
            log.warning("query not understood", subscription=subscription.id, reason=error.reason)
