"""Hits, copies, edits and deletions → owed alerts, behind four cursors.

What is decided and the cursors that passed it are one transaction. All hits of one subscriber's
on one story make one alert; a later one, a copy, an edit or a deletion owes it anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog

from bot.clock import utc_now
from bot.notify.passage import Passage, reach
from bot.notify.policy import Hold, Person, Situation, Verdict, is_sooner, verdict
from bot.notify.stories import Stories
from bot.notify.surges import tell_surges
from bot.translation import zone_of
from storage import alert_changes, alerts, channels, cursors, mutes, routing
from storage.alert_changes import Change
from storage.alerts import Again, HitFacts, NewAlert
from storage.database import Connection, Database
from storage.records import (
    AlertState,
    ChannelId,
    Held,
    Priority,
    Routing,
    StoryId,
    SubscriberId,
    Withheld,
)

BELL = "dispatch"
HITS = "dispatch.hits"
GROWTH = "dispatch.stories"
EDITS = "dispatch.edits"
DELETIONS = "dispatch.deletions"
_POLL_S = 2.0
_BATCH = 500
_CAPPED_OVER = timedelta(hours=1)
_CURSORS = {Change.GROWTH: GROWTH, Change.EDITS: EDITS, Change.DELETIONS: DELETIONS}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a batch of hits comes to: alerts to write, and older ones with more to tell."""

    new: tuple[NewAlert, ...]
    again: tuple[Again, ...]


def decision(
    batch: Iterable[HitFacts],
    now: datetime,
    max_age: timedelta,
    people: Mapping[SubscriberId, Person] = MappingProxyType({}),
    groups: Mapping[ChannelId, frozenset[str]] = MappingProxyType({}),
) -> Decision:
    """Decide for each subscriber and story: of several hits the one that tells it soonest counts.

    `people` are the rules of those concerned, a new person's where missing; `groups` those of the
    channels.
    """
    chosen: dict[tuple[SubscriberId, StoryId], tuple[HitFacts, Verdict]] = {}
    told: Counter[SubscriberId] = Counter()
    for facts in batch:
        person = people.get(facts.subscriber_id) or Person(Routing(facts.subscriber_id))
        person = replace(person, told_lately=person.told_lately + told[facts.subscriber_id])
        in_groups = groups.get(facts.channel_id, frozenset())
        found = verdict(Situation(facts, now, max_age, person, in_groups))
        key = (facts.subscriber_id, facts.story_id)
        before = chosen.get(key)
        if before is None or is_sooner(found, before[1]) or _is_more_urgent(facts, found, before):
            chosen[key] = (facts, found)
            if found is None and facts.alert_id is None and (before is None or before[1]):
                told[facts.subscriber_id] += 1
    new = [_new(*item) for item in chosen.values() if item[0].alert_id is None]
    again = [_again(*item) for item in chosen.values() if item[0].alert_id is not None]
    return Decision(tuple(new), tuple(item for item in again if item is not None))


def _is_more_urgent(facts: HitFacts, found: Verdict, before: tuple[HitFacts, Verdict]) -> bool:
    return found is None and before[1] is None and facts.is_urgent and not before[0].is_urgent


def _new(facts: HitFacts, found: Verdict) -> NewAlert:
    reason, until = _reason(found)
    return NewAlert(
        facts.subscriber_id, facts.story_id, facts.post_id, reason, until, _priority(facts)
    )


def _again(facts: HitFacts, found: Verdict) -> Again | None:
    if facts.alert_id is None or facts.alert_state is AlertState.DEAD:
        return None
    reason, until = _reason(found)
    if isinstance(reason, Withheld):
        return None
    return Again(facts.alert_id, facts.post_id, _priority(facts), reason, until)


def _reason(found: Verdict) -> tuple[Withheld | Held | None, datetime | None]:
    return (found.reason, found.until) if isinstance(found, Hold) else (found, None)


def _priority(facts: HitFacts) -> Priority:
    return Priority.URGENT if facts.is_urgent else Priority.NEW


class Dispatcher:
    """Decides which hits become alerts. Start `run` as a task.

    `ahead` says how far `now` is ahead of Telegram's clock.
    """

    def __init__(
        self,
        database: Database,
        *,
        max_age: timedelta,
        stories: Stories | None = None,
        now: Callable[[], datetime] = utc_now,
        ahead: Callable[[], timedelta] = timedelta,
    ) -> None:
        self._database = database
        self._stories = stories or Stories(database, now=now)
        self._max_age = max_age
        self._now = now
        self._ahead = ahead
        self._passage = Passage((HITS, *_CURSORS.values()))

    async def run(self) -> None:
        """Work off what comes, until cancelled."""
        await self._database.bell.serve(BELL, self.step, _POLL_S)

    async def step(self) -> bool:
        """Work off one batch of each kind; say whether there may be more."""
        async with self._database.reading() as connection:
            at = await self._passage.position(connection)
            newest = await alert_changes.newest(connection, _CURSORS.keys())
            # Hits that come while their posts are being placed wait for the next batch.
            placed, last_hit = await alerts.hit_posts(connection, at[HITS], _BATCH)
            ranges = {
                kind: (at[name], reach(at[name], newest[kind], _BATCH))
                for kind, name in _CURSORS.items()
            }
            changes = await alert_changes.among(connection, ranges)
        to = {HITS: last_hit, **{_CURSORS[kind]: last for kind, (_, last) in ranges.items()}}
        if to == at:
            return False
        if is_kept := bool(placed or changes) or self._passage.is_overdue(to):
            await self._stories.assure(placed)
            now = self._now()
            async with self._database.redoable() as connection:
                await self._decide(connection, at[HITS], last_hit, now)
                for kind in changes:
                    await alert_changes.owe(connection, kind, *ranges[kind], now)
                await cursors.advance_all(connection, to)
            self._database.bell.ring("outbox")
        self._passage.passed(to, is_kept=is_kept)
        return any(to[name] - at[name] >= _BATCH for name in to)

    async def _decide(
        self, connection: Connection, after: int, last_hit: int, now: datetime
    ) -> None:
        if last_hit == after:
            return
        batch = await alerts.hit_facts(connection, after, last_hit)
        people, groups = await _concerned(connection, batch, now)
        max_age = self._max_age + self._ahead()  # posts are dated by Telegram's clock
        decided = decision(batch, now, max_age, people, groups)
        await alerts.add(connection, decided.new, now)
        await alerts.owe_again(connection, decided.again, now)
        await tell_surges(connection, batch, people, now, max_age)
        for item in decided.new:
            log.debug("alert decided", post=item.post_id, reason=item.reason or "sent now")


async def _concerned(
    connection: Connection, batch: Sequence[HitFacts], now: datetime
) -> tuple[Mapping[SubscriberId, Person], Mapping[ChannelId, frozenset[str]]]:
    """Read the rules of those whom a batch concerns, and the groups of its channels."""
    zones = {facts.subscriber_id: facts.timezone for facts in batch}
    rules = await routing.of_many(connection, zones.keys())
    muted = await mutes.of_many(connection, zones.keys())
    capped = [number for number, item in rules.items() if item.cap_per_hour is not None]
    told = await alerts.told_since(connection, capped, now - _CAPPED_OVER, now) if capped else {}
    people = {
        number: Person(
            rules[number], muted.get(number, ()), zone_of(zone), told_lately=told.get(number, 0)
        )
        for number, zone in zones.items()
    }
    if not any(mute.group for items in muted.values() for mute in items):
        return people, {}
    found = await channels.by_ids(connection, {facts.channel_id for facts in batch})
    return people, {number: channel.groups for number, channel in found.items()}
