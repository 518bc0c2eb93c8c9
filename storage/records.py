"""The nouns of Earshot as frozen records, their ids, and the enums of their states and reasons.

Nothing here does anything: a record is what one stage writes and another reads.
Times are aware datetimes in UTC; offsets into text are code points, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

AccountId = NewType("AccountId", int)
ChannelId = NewType("ChannelId", int)  # ours; Telegram's own is `Channel.telegram_id`
PostId = NewType("PostId", int)
RevisionId = NewType("RevisionId", int)
SubscriberId = NewType("SubscriberId", int)
SubscriptionId = NewType("SubscriptionId", int)
InviteId = NewType("InviteId", int)
AlertId = NewType("AlertId", int)
PlaceId = NewType("PlaceId", str)  # "gn:…", "katottg:…", "wof:…" or "earshot:…"


class Role(StrEnum):
    """What a subscriber may do; each higher role includes a reporter's rights."""

    REPORTER = "reporter"
    ARCHIVIST = "archivist"
    OPERATOR = "operator"


class FollowMode(StrEnum):
    """How a channel is read."""

    JOIN = "join"  # as a member: live updates
    POLL = "poll"  # a public channel read without joining


class ChannelState(StrEnum):
    """Where a channel stands; `Channel.reason` says why for the last two."""

    WANTED = "wanted"  # on the list, not yet resolved or joined
    FOLLOWED = "followed"
    UNREACHABLE = "unreachable"  # private, banned, unknown: tried again on a timetable
    REMOVED = "removed"  # taken off the list; what was stored stays


class Source(StrEnum):
    """How a revision or a deletion came to us."""

    LIVE = "live"
    HISTORY = "history"  # first back-fill
    GAP = "gap"  # fetched because ids were missing
    REREAD = "reread"  # known ids looked at again
    IMPORT = "import"


class Has(StrEnum):
    """What a post carries: the values of the query field `has:`."""

    PHOTO = "photo"
    VIDEO = "video"
    DOCUMENT = "document"
    LINK = "link"
    POLL = "poll"
    LOCATION = "location"


class Is(StrEnum):
    """What a post is: the values of the query field `is:`."""

    FORWARD = "forward"
    REPLY = "reply"
    EDITED = "edited"
    ALBUM = "album"


class SubscriptionState(StrEnum):
    """Whether a subscription is matched."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class SubscriberState(StrEnum):
    """Whether a person may use the bot."""

    ACTIVE = "active"
    REMOVED = "removed"
    BLOCKED_BOT = "blocked_bot"  # Telegram refuses our messages to them until they write again


class AlertState(StrEnum):
    """The life of an alert: owed → leased → sent; an edit owes it anew.

    What is not sent says why in `Alert.reason`: withheld by a decision of ours that may change,
    dead because the target refused it for good.
    """

    OWED = "owed"
    LEASED = "leased"
    SENT = "sent"
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


class Outcome(StrEnum):
    """What came of one attempt to deliver an alert."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"


class CallKind(StrEnum):
    """Kinds of call that Telegram limits apart from one another."""

    RESOLVE = "resolve"
    JOIN = "join"
    HISTORY = "history"


class HistoryKind(StrEnum):
    """Why a stretch of a channel's history is to be read."""

    BACKFILL = "backfill"
    GAP = "gap"
    REREAD = "reread"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: code points, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A place found in a text, with how sure we are that it is this one (0 to 1).

    `alternatives` are the other candidates, most likely first, as (place, confidence);
    `place_id` is None when the text names a place we do not know.
    """

    start: int
    end: int
    surface: str
    place_id: PlaceId | None
    confidence: float
    alternatives: tuple[tuple[PlaceId, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What matching sees of a post: its searchable text and the facts queries can ask about.

    `channel` and `origin` are usernames in lower case without the @, None when there is none;
    `channel_id` is ours; `groups` are the names, in lower case, of the groups the channel is in.
    """

    text: str
    channel: str | None = None
    channel_id: ChannelId | None = None
    groups: frozenset[str] = frozenset()
    lang: str | None = None
    has: frozenset[Has] = frozenset()
    marks: frozenset[Is] = frozenset()
    origin: str | None = None
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A Telegram user session that follows channels; `label` is the operator's name for it."""

    id: AccountId
    label: str
    telegram_user_id: int | None


@dataclass(frozen=True, slots=True)
class Channel:
    """A followed channel.

    `reference` is what the operator wrote; `telegram_id` is the bare positive id, None until
    resolved; `reason` says in words why the state is what it is.
    """

    id: ChannelId
    reference: str
    mode: FollowMode
    state: ChannelState
    telegram_id: int | None
    username: str | None
    title: str | None
    groups: frozenset[str]
    reason: str | None
    added_at: datetime
    backfill_depth: int

    @property
    def name(self) -> str:
        """What to call it in front of a person."""
        if self.username:
            return f"@{self.username}"
        return self.title or self.reference


@dataclass(frozen=True, slots=True)
class Access:
    """What one account needs to call about one channel."""

    account_id: AccountId
    channel_id: ChannelId
    telegram_id: int
    access_hash: int
    is_member: bool


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """One Telegram message of a channel as it was seen just now, before anything is decided.

    `text` is the searchable text: caption or body, then poll, link preview, file name, forwarded
    name and button texts, each on a line of its own. `body_length` is how many code points of it
    are the author's own text. `raw` is the message's exact TL bytes.
    """

    telegram_channel_id: int
    message_id: int
    posted_at: datetime
    edited_at: datetime | None
    grouped_id: int | None
    text: str
    body_length: int
    entities: str  # JSON list of {type, offset, length, …}, offsets in code points of `text`
    has: frozenset[Has]
    marks: frozenset[Is]
    origin: str | None
    origin_name: str | None
    reply_to: int | None
    author: str | None
    raw: bytes
    content_hash: bytes  # over what the author can change, so that view counts are no revision


@dataclass(frozen=True, slots=True)
class SeenDeletion:
    """Messages of a channel that Telegram says are gone."""

    telegram_channel_id: int
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """One stored state of one message of a post; number 1 is the first we saw."""

    id: RevisionId
    post_id: PostId
    message_id: int
    number: int
    edited_at: datetime | None
    seen_at: datetime
    source: Source
    text: str
    entities: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision that is about to be written; `raw` is the exact TL bytes, not yet compressed."""

    post_id: PostId
    channel_id: ChannelId
    number: int
    seen_at: datetime
    source: Source
    account_id: AccountId | None
    message: SeenMessage


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """What is stored of a message: its latest revision."""

    post_id: PostId
    number: int
    content_hash: bytes
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class AppendedRevision:
    """A revision as a stage with a cursor meets it: which post to look at, and why."""

    id: RevisionId
    post_id: PostId
    number: int
    source: Source
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A post as it stands now: an album is one post; `message_id` is its first message.

    `text` is the searchable text of the latest revisions of all its messages.
    """

    id: PostId
    channel_id: ChannelId
    message_id: int
    grouped_id: int | None
    posted_at: datetime
    first_seen_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    source: Source
    text: str
    lang: str | None
    has: frozenset[Has]
    marks: frozenset[Is]
    origin: str | None
    origin_name: str | None
    reply_to: int | None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person who talks to the bot; `access_hash` is the bot's key to write to them."""

    id: SubscriberId
    telegram_user_id: int
    access_hash: int
    name: str
    role: Role
    state: SubscriberState
    timezone: str
    language: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """A standing query of one subscriber; `normal` is the query in its normal form."""

    id: SubscriptionId
    subscriber_id: SubscriberId
    query: str
    normal: str
    state: SubscriptionState
    added_at: datetime


@dataclass(frozen=True, slots=True)
class NewHit:
    """A hit that is about to be written; `revision_id` is the one that made it match."""

    subscription_id: SubscriptionId
    post_id: PostId
    revision_id: RevisionId
    spans: tuple[Span, ...]
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Invite:
    """A way in, without its code: only the code's hash is kept."""

    id: InviteId
    role: Role
    added_at: datetime
    expires_at: datetime
    uses_left: int


@dataclass(frozen=True, slots=True)
class Alert:
    """What one subscriber is owed about one post.

    `wanted_version` grows each time the post changes in a way the reader must see;
    `sent_version` is the one they have (0: none yet). `remote_id` is the message they have.
    """

    id: AlertId
    subscriber_id: SubscriberId
    post_id: PostId
    state: AlertState
    wanted_version: int
    sent_version: int
    remote_id: int | None
    attempts: int
    reason: str | None
    owed_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryTask:
    """A stretch of a channel still to be read.

    A gap is read upwards: low < message id < high, where 0 as `high` means up to the newest.
    A back-fill is read downwards: message id < high (0: from the newest), at most `left` messages.
    A re-reading looks at the known ids from `low` to `high` again.
    `next` is where it goes on: the last id read, so that a restart continues.
    """

    id: int
    channel_id: ChannelId
    kind: HistoryKind
    low: int
    high: int
    next: int
    left: int
    attempts: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows wait for a stage, and since when the oldest does (None: nothing waits)."""

    rows: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class IdRange:
    """Message ids from `low` to `high`, both inclusive."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act of an operator or of a person joining, without any message content."""

    at: datetime
    actor: str
    act: str
    subject: str
    detail: dict[str, str] = field(default_factory=dict)
