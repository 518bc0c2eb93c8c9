"""Posts → hits: runs what intake appended through the engine, batch by batch, behind a cursor.

A hit and the cursor that passed its post are one transaction. The engine follows the
subscriptions' rows; a query meets only what was seen after it was made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import structlog

from bot.match.engine import Engine, Matcher
from bot.match.errors import QueryError
from bot.match.query import parse
from bot.telemetry import Telemetry
from storage import channels, cursors, posts, subscriptions
from storage.database import Database
from storage.records import (
    AppendedRevision,
    Channel,
    ChannelId,
    Document,
    NewHit,
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
_BATCH = 500
_YIELD_EVERY = 50  # posts matched between two turns of the event loop, about 20 ms
_BACKFILLED = frozenset({Source.HISTORY, Source.IMPORT})  # old posts: nobody waits for them

log = structlog.get_logger(__name__)


def document_of(post: Post, channel: Channel | None) -> Document:
    """Give what matching sees of a post."""
    return Document(
        text=post.text,
        channel=channel.username if channel else None,
        channel_id=post.channel_id,
        groups=channel.groups if channel else frozenset(),
        lang=post.lang,
        has=post.has,
        marks=post.marks,
        origin=post.origin,
    )


@lru_cache(maxsize=1000)
def _matcher(query: str) -> Matcher:
    return Matcher(parse(query))


class MatchWorker:
    """Matches every appended revision's post against all active subscriptions."""

    def __init__(self, database: Database, telemetry: Telemetry) -> None:
        self._database = database
        self._telemetry = telemetry
        self._engine = Engine()
        self._subscriptions: dict[SubscriptionId, Subscription] = {}
        self._mark = (0, 0)
        self._channels: dict[ChannelId, Channel] = {}

    async def run(self) -> None:
        """Match what comes, until cancelled."""
        while True:
            await self._look_for_changes()
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
        hits = await self._match(awaited, found)
        async with self._database.transaction() as connection:
            added = await subscriptions.add_hits(connection, hits)
            await cursors.advance(connection, CURSOR, appended[-1].id)
        if added:
            self._telemetry.hits_found(added)
            self._database.bell.ring("dispatch")
        return len(appended)

    async def _match(
        self, appended: Mapping[PostId, AppendedRevision], found: Mapping[PostId, Post]
    ) -> Sequence[NewHit]:
        now = datetime.now(UTC)
        hits: list[NewHit] = []
        for count, (post_id, revision) in enumerate(appended.items(), start=1):
            post = found[post_id]
            document = document_of(post, self._channels.get(post.channel_id))
            hits.extend(
                NewHit(hit.key, post_id, revision.id, hit.spans, now)
                for hit in self._engine.match(document)
                if self._subscriptions[hit.key].added_at <= revision.seen_at
            )
            if count % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        return hits

    def highlight(self, subscription: Subscription, post: Post) -> tuple[Span, ...] | None:
        """Say where a query matches the post as it stands now, None if it does not any more."""
        try:
            matcher = _matcher(subscription.query)
        except QueryError:
            return None
        return matcher.match(document_of(post, self._channels.get(post.channel_id)))

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
        for gone in self._subscriptions.keys() - active.keys():
            self._engine.remove(gone)
        for number, subscription in active.items():
            before = self._subscriptions.get(number)
            if before and before.query == subscription.query:
                continue
            if before:
                self._engine.remove(number)
            self._add(subscription)
        self._subscriptions = active

    def _add(self, subscription: Subscription) -> None:
        try:
            self._engine.add(subscription.id, parse(subscription.query))
        except QueryError as error:
            # Written by an older version, say: the others must go on.
            log.warning("query not understood", subscription=subscription.id, reason=error.reason)
