"""Hits, copies, edits and deletions → owed alerts, behind four cursors.

What is decided and the cursors that passed it are one transaction. All hits of one subscriber's
on one story make one alert; a later one, a copy, an edit or a deletion owes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.notify.policy import Situation, verdict
from bot.notify.stories import Stories
from storage import alerts, cursors
from storage.alerts import Again, HitFacts, NewAlert
from storage.database import Database
from storage.records import AlertId, AlertState, PostId, StoryId, SubscriberId

BELL = "dispatch"
HITS = "dispatch.hits"
GROWTH = "dispatch.stories"
EDITS = "dispatch.edits"
DELETIONS = "dispatch.deletions"
_POLL_S = 2.0
_BATCH = 500
_CHANGES = (
    (GROWTH, alerts.owe_growth),
    (EDITS, alerts.owe_edits),
    (DELETIONS, alerts.owe_deletions),
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a batch of hits comes to: alerts to write, and older ones with more to tell."""

    new: tuple[NewAlert, ...]
    again: tuple[Again, ...]


def decision(batch: Iterable[HitFacts], now: datetime, max_age: timedelta) -> Decision:
    """Decide for each subscriber and story: one hit that may be sent is enough."""
    new: dict[tuple[SubscriberId, StoryId], NewAlert] = {}
    again: dict[AlertId, Again] = {}
    for facts in batch:
        reason = verdict(Situation(facts, now, max_age))
        key = (facts.subscriber_id, facts.story_id)
        if facts.alert_id is not None:
            if reason is None and facts.alert_state is not AlertState.DEAD:
                again.setdefault(facts.alert_id, Again(facts.alert_id, facts.post_id))
        elif key not in new or (reason is None and new[key].withheld is not None):
            new[key] = NewAlert(*key, facts.post_id, reason)
    return Decision(tuple(new.values()), tuple(again.values()))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Dispatcher:
    """Decides which hits become alerts. Start `run` as a task."""

    def __init__(
        self,
        database: Database,
        *,
        max_age: timedelta,
        stories: Stories | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
        self._stories = stories or Stories(database, now=now)
        self._max_age = max_age
        self._now = now

    async def run(self) -> None:
        """Work off what comes, until cancelled."""
        while True:
            while await self.step():
                pass
            await self._database.bell.wait(BELL, _POLL_S)

    async def step(self) -> bool:
        """Work off one batch of each kind; say whether there was anything."""
        if not await self._has_work():
            return False
        await self._stories.assure(await self._posts_of_next())
        now = self._now()
        async with self._database.redoable() as connection:
            after = await cursors.position(connection, HITS)
            batch = await alerts.hit_facts(connection, after, _BATCH)
            decided = decision(batch, now, self._max_age)
            await alerts.add(connection, decided.new, now)
            await alerts.owe_again(connection, decided.again, now)
            if batch:
                await cursors.advance(connection, HITS, batch[-1].id)
            # An edit must find the alert it changes, so hits that are still waiting come first.
            changes = _CHANGES if len(batch) < _BATCH else ()
            for name, owe in changes:
                last = await owe(connection, await cursors.position(connection, name), _BATCH, now)
                if last is not None:
                    await cursors.advance(connection, name, last)
        self._database.bell.ring("outbox")
        for item in decided.new:
            log.debug("alert decided", post=item.post_id, reason=item.withheld or "sent now")
        return True

    async def _posts_of_next(self) -> set[PostId]:
        async with self._database.reading() as connection:
            after = await cursors.position(connection, HITS)
            return await alerts.hit_posts(connection, after, _BATCH)

    async def _has_work(self) -> bool:
        async with self._database.reading() as connection:
            newest = await alerts.newest_ids(connection)
            names = (HITS, GROWTH, EDITS, DELETIONS)
            positions = [await cursors.position(connection, name) for name in names]
        return any(id_ > position for id_, position in zip(newest, positions, strict=True))
