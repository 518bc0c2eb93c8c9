"""How each person wants to be told: when, how often, of what not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from storage.records.ids import ChannelId, MuteId, SubscriberId, SubscriptionId


class Rhythm(StrEnum):
    """When the alerts of a subscription are told."""

    NOW = "now"
    HOURLY = "hourly"  # in a digest at each full hour
    DAILY = "daily"  # in a digest at the person's own times of day


class FollowUps(StrEnum):
    """Of which changes of an alerted post a person gets a message of its own."""

    NONE = "none"  # the alert is brought up to date in silence
    DELETIONS = "deletions"
    CHANGES = "changes"  # deletions, and edits that change what was said


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A stretch of every day, in the person's zone; `until` before `since` is past midnight."""

    since: time
    until: time


@dataclass(frozen=True, slots=True)
class Surge:
    """Tell only when `channels` independent channels match within `minutes`."""

    channels: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Routing:
    """A person's own rules for all their subscriptions.

    `digest_times` are ascending times of day in the person's zone, at least one;
    `cap_per_hour` is None without a cap.
    """

    subscriber_id: SubscriberId
    is_paused: bool = False
    snoozed_until: datetime | None = None
    quiet: QuietHours | None = None
    digest_times: tuple[time, ...] = (time(9),)
    cap_per_hour: int | None = None
    follow_ups: FollowUps = FollowUps.DELETIONS


@dataclass(frozen=True, slots=True)
class Mute:
    """A channel or a group (one of the two) that one subscription, or all (None), leaves out."""

    id: MuteId
    subscriber_id: SubscriberId
    subscription_id: SubscriptionId | None
    channel_id: ChannelId | None
    group: str | None
    added_at: datetime
