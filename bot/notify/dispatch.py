"""Hits, edits and deletions → owed alerts, behind three cursors.

What is decided and the cursors that passed it are one transaction. Several hits of one
subscriber's on one post make one alert; a later one, an edit or a deletion owes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.notify.policy import Situation, verdict
from storage import alerts, cursors
from storage.alerts import HitFacts, NewAlert
from storage.database import Database
from storage.records import AlertId, AlertState, PostId, SubscriberId, Withheld

BELL = "dispatch"
HITS = "dispatch.hits"
EDITS = "dispatch.edits"
DELETIONS = "dispatch.deletions"
_POLL_S = 2.0
_BATCH = 500
_CHANGES = ((EDITS, alerts.owe_edits), (DELETIONS, alerts.owe_deletions))

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a batch of hits comes to: alerts to write, and older ones with more to tell."""

    new: tuple[NewAlert, ...]
    again: tuple[AlertId, ...]


def decision(batch: Iterable[HitFacts], now: datetime, max_age: timedelta) -> Decision:
    """Decide for each subscriber and post: one hit that may be sent is enough."""
    new: dict[tuple[SubscriberId, PostId], Withheld | None] = {}
    again: dict[AlertId, None] = {}
    for facts in batch:
        reason = verdict(Situation(facts, now, max_age))
        key = (facts.subscriber_id, facts.post_id)
        if facts.alert_id is not None:
            if reason is None and facts.alert_state is not AlertState.DEAD:
                again[facts.alert_id] = None
        elif key not in new or reason is None:
            new[key] = reason
    return Decision(tuple(NewAlert(*key, reason) for key, reason in new.items()), tuple(again))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Dispatcher:
    """Decides which hits become alerts. Start `run` as a task."""

    def __init__(
        self,
        database: Database,
        *,
        max_age: timedelta,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
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

    async def _has_work(self) -> bool:
        async with self._database.reading() as connection:
            newest = await alerts.newest_ids(connection)
            names = (HITS, EDITS, DELETIONS)
            positions = [await cursors.position(connection, name) for name in names]
        return any(id_ > position for id_, position in zip(newest, positions, strict=True))
