"""Posts, their revisions and deletions: as seen, about to be stored, stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.ids import AccountId, ChannelId, PostId, RevisionId


class Source(StrEnum):
    """How a revision or a deletion came to us."""

    LIVE = "live"
    CATCH_UP = "catch-up"  # an update, but of a time when nobody listened
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
    COMMENT = "comment"  # said in a channel's group for comments, not by the channel


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """One Telegram message of a channel as it was seen just now, before anything is decided.

    `text` is the searchable text: caption or body, then poll, link preview, file name, forwarded
    name and button texts, each on a line of its own. `body_length` is how many code points of it
    are the author's own text. `raw` is the message's exact TL bytes. `origin_id` and
    `origin_message_id` name what a forward repeats: Telegram's channel id and the message's.
    `file_id` is Telegram's number of the photo or file it shows, which a file does not tell.
    `has_local_times` says that a file told its times by a clock whose zone it does not name.
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
    origin_id: int | None = None
    origin_message_id: int | None = None
    has_local_times: bool = False
    file_id: int | None = None


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
class HiddenLink:
    """A link behind words of a post: where they stand in its text, in code points, and its URL."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class Post:
    """A post as it stands now: an album is one post; `message_id` is its first message.

    `text` is the searchable text of the latest revisions of all its messages, and from
    `picture_text_at` on (None: nowhere) what was read from their pictures, which may be wrong.
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
    origin_id: int | None = None
    origin_message_id: int | None = None
    picture_text_at: int | None = None
    links: tuple[HiddenLink, ...] = ()
