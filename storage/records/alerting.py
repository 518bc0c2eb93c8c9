"""What subscribers are owed, and what came of each attempt to hand it over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from storage.records.ids import AlertId, ChannelId, NoticeId, PostId, StoryId, SubscriberId


class AlertState(StrEnum):
    """The life of an alert: owed → leased → sent; an edit owes it anew.

    What is not sent says why in `Alert.reason`: held until its digest, withheld by a decision of
    ours that may change, dead because the target refused it for good.
    """

    OWED = "owed"
    LEASED = "leased"
    SENT = "sent"
    HELD = "held"
    WITHHELD = "withheld"
    DEAD = "dead"


class Withheld(StrEnum):
    """Why an alert is not sent, in the words a person reads."""

    SUBSCRIPTION_PAUSED = "the subscription is paused"
    SUBSCRIPTION_REMOVED = "the subscription was deleted"
    SUBSCRIBER_REMOVED = "the subscriber was removed"
    BLOCKED_BOT = "the subscriber blocked the bot"
    BACKFILL = "the post came by the first back-fill or an import"
    TOO_OLD = "the post is older than the age limit of alerts"
    PAUSED = "all alerts are paused"
    MUTED = "the channel, or a group it is in, is muted"
    SURGE_ONLY = "only a surge is told, not each story"


class Held(StrEnum):
    """Why an alert waits for a digest, in the words a person reads."""

    SNOOZED = "alerts were snoozed"
    QUIET = "it was in the quiet hours"
    HOURLY = "the query is told in an hourly digest"
    DAILY = "the query is told in a daily digest"
    CAPPED = "there were more alerts than the cap an hour"


class Outcome(StrEnum):
    """What came of one attempt to deliver an alert."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class StoryPost:
    """A post that tells a story, and where; `story_id` is the post that began it.

    `channel` is what to call the channel, `username` and `telegram_channel_id` lead to the post.
    """

    post_id: PostId
    story_id: StoryId
    message_id: int
    posted_at: datetime
    channel_id: ChannelId
    channel: str
    username: str | None
    telegram_channel_id: int | None
    is_forward: bool


class Priority(IntEnum):
    """What goes first to a reader: lower numbers do."""

    URGENT = 0
    NEW = 1
    UPDATE = 2


@dataclass(frozen=True, slots=True)
class Alert:
    """What one subscriber is owed about one story, shown by one of its posts.

    `wanted_version` grows each time the post changes in a way the reader must see;
    `sent_version` is the one they have (0: none yet). `remote_id` is the message they have.
    """

    id: AlertId
    subscriber_id: SubscriberId
    story_id: StoryId
    post_id: PostId
    state: AlertState
    wanted_version: int
    sent_version: int
    remote_id: int | None
    attempts: int
    reason: str | None
    owed_at: datetime
    sent_at: datetime | None
    priority: Priority = Priority.NEW
    told_in: NoticeId | None = None


class NoticeKind(StrEnum):
    """What a message that is no alert is about."""

    DIGEST = "digest"
    FOLLOW_UP = "follow_up"
    SURGE = "surge"
    TARGET = "target"  # one of a person's targets does not work
    BROADCAST = "broadcast"
    COVERAGE = "coverage"  # a blind period that concerns them, and what was missed
    CHANNELS = "channels"  # what became of channels that concern them


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to a subscriber that is no alert, written out already.

    `key` says what it is about, so that it is written once. `body` is JSON of text, marks and
    buttons. `reply_to` is the alert it answers.
    """

    id: NoticeId
    key: str
    subscriber_id: SubscriberId
    kind: NoticeKind
    body: str
    file_name: str | None
    file: bytes | None
    reply_to: AlertId | None
    state: AlertState
    reason: str | None
    priority: Priority
    attempts: int
    owed_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows wait for a stage, and since when the oldest does (None: nothing waits)."""

    rows: int
    oldest: datetime | None
