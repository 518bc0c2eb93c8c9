"""Whether, and when, a hit becomes an alert: pure stages in order, each with its reason or nothing.

In comes what is known of the hit and of the person's rules; out comes that it is owed now, or why
it is withheld, or why it is held and until when. The order of `STAGES` is the policy: what is
never told comes before what is told later, so that nothing muted turns up in a digest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from bot.notify.timing import first_telling, free_from, is_quiet, next_full_hour
from storage.alerts import HitFacts
from storage.records import (
    ChannelId,
    Held,
    Mute,
    Rhythm,
    Routing,
    Source,
    SubscriberId,
    SubscriberState,
    SubscriptionId,
    SubscriptionState,
    Withheld,
)


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody wants to be told; `told_lately` counts the alerts of the last hour."""

    rules: Routing = field(default_factory=lambda: Routing(SubscriberId(0)))
    mutes: Sequence[Mute] = ()
    zone: tzinfo = UTC
    told_lately: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """A hit, whom it concerns, and when it is decided upon; `groups` are those of its channel."""

    facts: HitFacts
    now: datetime
    max_age: timedelta
    person: Person = field(default_factory=Person)
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: it is told at `until` with what else is held."""

    reason: Held
    until: datetime


Verdict = Withheld | Hold | None
Stage = Callable[[Situation], Verdict]


def subscriber_removed(situation: Situation) -> Withheld | None:
    """Withhold from who is no longer let in."""
    is_removed = situation.facts.subscriber_state is SubscriberState.REMOVED
    return Withheld.SUBSCRIBER_REMOVED if is_removed else None


def subscription_removed(situation: Situation) -> Withheld | None:
    """Withhold what nobody asks for any more."""
    is_removed = situation.facts.subscription_state is SubscriptionState.REMOVED
    return Withheld.SUBSCRIPTION_REMOVED if is_removed else None


def subscription_paused(situation: Situation) -> Withheld | None:
    """Withhold what is paused."""
    is_paused = situation.facts.subscription_state is SubscriptionState.PAUSED
    return Withheld.SUBSCRIPTION_PAUSED if is_paused else None


def backfilled(situation: Situation) -> Withheld | None:
    """Withhold what was old when the channel was added."""
    is_old = situation.facts.source in (Source.HISTORY, Source.IMPORT)
    return Withheld.BACKFILL if is_old else None


def too_old(situation: Situation) -> Withheld | None:
    """Withhold what is no news: a post found long after, or an old one edited now."""
    age = situation.now - situation.facts.posted_at
    return Withheld.TOO_OLD if age > situation.max_age else None


def person_paused(situation: Situation) -> Withheld | None:
    """Withhold from who wants to be told nothing at all."""
    return Withheld.PAUSED if situation.person.rules.is_paused else None


def muted(situation: Situation) -> Withheld | None:
    """Withhold what is posted where the person does not want to hear from."""
    facts, mutes = situation.facts, situation.person.mutes
    is_out = is_muted(mutes, facts.subscription_id, facts.channel_id, situation.groups)
    return Withheld.MUTED if is_out else None


def is_muted(
    mutes: Iterable[Mute],
    subscription_id: SubscriptionId,
    channel_id: ChannelId,
    groups: Collection[str],
) -> bool:
    """Say whether a person leaves out what that channel, in these groups, has for a query."""
    return any(
        mute.channel_id == channel_id or mute.group in groups
        for mute in mutes
        if mute.subscription_id in (None, subscription_id)
    )


def surge_only(situation: Situation) -> Withheld | None:
    """Withhold single stories of a subscription that tells surges."""
    return Withheld.SURGE_ONLY if situation.facts.is_surge else None


def timed(situation: Situation) -> Hold | None:
    """Hold through snoozes, quiet hours and until the digests that a query is told in."""
    facts, person = situation.facts, situation.person
    telling = Telling(facts.rhythm, facts.is_urgent)
    return held_for(telling, person.rules, situation.now, person.zone)


@dataclass(frozen=True, slots=True)
class Telling:
    """How a query is told."""

    rhythm: Rhythm
    is_urgent: bool


def held_for(telling: Telling, rules: Routing, now: datetime, zone: tzinfo) -> Hold | None:
    """Hold all while snoozed, digests until theirs, through quiet hours what is not urgent."""
    is_snoozed = rules.snoozed_until is not None and rules.snoozed_until > now
    is_kept_quiet = not telling.is_urgent and is_quiet(rules.quiet, now, zone)
    if is_snoozed:
        reason = Held.SNOOZED
    elif telling.rhythm is Rhythm.HOURLY:
        reason = Held.HOURLY
    elif telling.rhythm is Rhythm.DAILY:
        reason = Held.DAILY
    elif is_kept_quiet:
        reason = Held.QUIET
    else:
        return None
    until = first_telling(telling.rhythm, rules, now, zone, is_urgent=telling.is_urgent)
    return Hold(reason, until)


def capped(situation: Situation) -> Hold | None:
    """Hold what goes beyond the cap until the next full hour, unless it is urgent."""
    person = situation.person
    cap = person.rules.cap_per_hour
    if cap is None or person.told_lately < cap or situation.facts.is_urgent:
        return None
    wanted = next_full_hour(situation.now, person.zone)
    return Hold(Held.CAPPED, free_from(person.rules, wanted, person.zone))


def blocked_bot(situation: Situation) -> Withheld | None:
    """Keep for their return what would reach nobody, though it may reach their other targets.

    Last, so that only what nothing else speaks against is told then, and elsewhere now.
    """
    is_blocked = situation.facts.subscriber_state is SubscriberState.BLOCKED_BOT
    return Withheld.BLOCKED_BOT if is_blocked else None


STAGES: tuple[Stage, ...] = (
    subscriber_removed,
    subscription_removed,
    subscription_paused,
    backfilled,
    too_old,
    person_paused,
    muted,
    surge_only,
    timed,
    capped,
    blocked_bot,
)


def verdict(situation: Situation) -> Verdict:
    """Give the first reason to withhold or to hold, None to send now."""
    for stage in STAGES:
        reason = stage(situation)
        if reason is not None:
            return reason
    return None


def is_sooner(one: Verdict, other: Verdict) -> bool:
    """Say whether the first of two verdicts on one story tells it sooner."""
    return _rank(one) < _rank(other)


def _rank(found: Verdict) -> tuple[int, float]:
    match found:
        case None:
            return 0, 0.0
        case Hold():
            return 1, found.until.timestamp()
        case Withheld():
            return 2, 0.0


def of_held(rules: Routing, state: SubscriberState, now: datetime, zone: tzinfo) -> Verdict:
    """Decide again, when its time has come, whether what was held is told now."""
    if state is SubscriberState.REMOVED:
        return Withheld.SUBSCRIBER_REMOVED
    if rules.is_paused:
        return Withheld.PAUSED
    free = free_from(rules, now, zone)
    if free <= now:
        return None
    is_snoozed = rules.snoozed_until is not None and rules.snoozed_until > now
    return Hold(Held.SNOOZED if is_snoozed else Held.QUIET, free)


def of_changed(
    before: Hold, tellings: Iterable[Telling], rules: Routing, now: datetime, zone: tzinfo
) -> Hold | None:
    """Decide again about what is held when its person changed how they are told; None: told now.

    `tellings` are of the queries that found it and are not paused; the soonest counts. What is
    beyond the cap goes on waiting while there is one.
    """
    found = [held_for(telling, rules, now, zone) for telling in tellings]
    if not found:
        return before
    soonest = min(found, key=_rank)
    if soonest is None and before.reason is Held.CAPPED and rules.cap_per_hour is not None:
        until = free_from(rules, next_full_hour(now, zone), zone)
        return Hold(Held.CAPPED, min(before.until, until))
    return soonest
