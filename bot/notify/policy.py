"""Whether a hit becomes an alert: pure stages in order, each answering with a reason or nothing.

In comes what is known of the hit; out comes why it is withheld, or that it is owed. The order of
`STAGES` is the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.alerts import HitFacts
from storage.records import Source, SubscriberState, SubscriptionState, Withheld


@dataclass(frozen=True, slots=True)
class Situation:
    """A hit, and when it is decided upon."""

    facts: HitFacts
    now: datetime
    max_age: timedelta


Stage = Callable[[Situation], Withheld | None]


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


def blocked_bot(situation: Situation) -> Withheld | None:
    """Keep for later what would reach nobody; last, so that only it is told on their return."""
    is_blocked = situation.facts.subscriber_state is SubscriberState.BLOCKED_BOT
    return Withheld.BLOCKED_BOT if is_blocked else None


STAGES: tuple[Stage, ...] = (
    subscriber_removed,
    subscription_removed,
    subscription_paused,
    backfilled,
    too_old,
    blocked_bot,
)


def verdict(situation: Situation) -> Withheld | None:
    """Give the first reason to withhold, None to send now."""
    for stage in STAGES:
        reason = stage(situation)
        if reason is not None:
            return reason
    return None
