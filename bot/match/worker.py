"""Posts → hits: runs what intake appended through the engine, batch by batch, behind a cursor.

A hit and the cursor that passed its post are one transaction. The engine follows the
subscriptions' rows; a query meets only what was seen after it was made.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import structlog

from bot.match import morphology
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
from bot.match.placing import Asked
from bot.match.query import parse
from bot.telemetry import Telemetry
from storage import channels, cursors, places, posts, subscriptions
from storage.database import Database
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
_POLL_S = 1.0
_FORMS_FILE = "forms.json"  # beside the database; a cache, made anew when it is missing
_FORMS_WORTH_KEEPING = 200  # words newly expanded, about 20 ms of the next start
_BATCH = 500
_YIELD_EVERY = 50  # posts matched between two turns of the event loop, about 20 ms
_BACKFILLED = frozenset({Source.HISTORY, Source.IMPORT})  # old posts: nobody waits for them

log = structlog.get_logger(__name__)


_post_matcher = lru_cache(maxsize=1000)(PostMatcher)


class MatchWorker:
    """Matches every appended revision's post against all active subscriptions."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self._telemetry = telemetry
        self._engine = Engine(PLACES)
        self._places: dict[SubscriptionId, tuple[Asked, ...]] = {}
        self._documents = Documents()
        self._subscriptions: dict[SubscriptionId, Subscription] = {}
        self._mark = (0, 0, 0)
        self._channels: dict[ChannelId, Channel] = {}

    async def run(self) -> None:
        """Match what comes, until cancelled."""
        kept = self._database.path.with_name(_FORMS_FILE)
        known = await asyncio.to_thread(morphology.load, kept)
        while True:
            await self._look_for_changes()
            if morphology.expanded_words() >= known + _FORMS_WORTH_KEEPING:
                known = morphology.expanded_words()
                await asyncio.to_thread(morphology.save, kept)
            while await self.step():
                pass
            await self._database.bell.wait(BELL, _POLL_S)

    async def step(self) -> int:
        """Match one batch and give how many revisions it was."""
        if self._database.bell.rung("subscriptions"):
            await self._follow_subscriptions()
        async with self._database.reading() as connection:
            after = await cursors.position(connection, CURSOR)
            appended = await posts.revisions_after(connection, after, _BATCH)
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
            await cursors.advance(connection, CURSOR, appended[-1].id)
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
                if self._subscriptions[hit.key].added_at <= revision.seen_at:
                    said = said_of_places(self._places.get(hit.key, ()), document)
                    hits.append(NewHit(hit.key, post_id, revision.id, hit.spans, now, said))
            for region, mentions in regions_beyond_doubt(document.mentions).items():
                learnt[post.channel_id, region] += round(mentions)
            if count % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        return hits, learnt

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
        for number, subscription in active.items():
            before = self._subscriptions.get(number)
            if before and before.query == subscription.query:
                continue
            if before:
                self._engine.remove(number)
            self._add(subscription)
        self._subscriptions = active
        if self._places != places_before:
            asked = (wish.ids for wishes in self._places.values() for wish in wishes)
            self._documents = Documents(frozenset().union(*asked))

    def _add(self, subscription: Subscription) -> None:
        try:
            query = parse(subscription.query, allow_scan=True)  # an operator may have a scan
            self._engine.add(subscription.id, query)
            if asked := wishes_for_places(query):
                self._places[subscription.id] = asked
        except QueryError as error:
            # Written by an older version, say: the others must go on.
            log.warning("query not understood", subscription=subscription.id, reason=error.reason)
