"""Photos and files of messages: what is attached, what of it is wanted, what is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.ids import AccountId, ChannelId, PostId, RevisionId
from storage.records.posts import Has


class MediaState(StrEnum):
    """The life of an attachment; `Media.reason` says why it is not held."""

    WAITING = "waiting"  # for a hit of its post
    WANTED = "wanted"
    HELD = "held"
    REFUSED = "refused"  # too large, or not what Telegram said it was
    GONE = "gone"  # Telegram does not serve it any more
    DROPPED = "dropped"  # was held; made room for others, or was removed by retention


class Fetch(StrEnum):
    """Which posts' media are fetched."""

    NONE = "none"
    HITS = "hits"  # of posts that a subscription matched
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or file as a message names it; `reference` lets in for some hours only.

    `thumb` names the largest size of a photo, "" for a document.
    """

    file_id: int
    access_hash: int
    reference: bytes
    dc_id: int
    kind: Has
    mime: str
    name: str | None
    length: int
    thumb: str


@dataclass(frozen=True, slots=True)
class MediaRule:
    """What is fetched of a channel."""

    fetch: Fetch
    kinds: frozenset[Has]
    most_bytes: int


@dataclass(frozen=True, slots=True)
class NewMedia:
    """An attachment about to be noted; `reason` says why it is refused."""

    post_id: PostId
    channel_id: ChannelId
    message_id: int
    revision_id: RevisionId
    attachment: Attachment
    state: MediaState
    reason: str | None


@dataclass(frozen=True, slots=True)
class Media:
    """An attachment that was noted."""

    id: int
    post_id: PostId
    channel_id: ChannelId
    message_id: int
    revision_id: RevisionId
    file_id: int
    kind: Has
    mime: str
    name: str | None
    length: int
    state: MediaState
    reason: str | None
    sha256: bytes | None
    attempts: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies on the disk under its hash; `phash` is None for what is no picture."""

    sha256: bytes
    length: int
    stored_at: datetime
    phash: int | None
    note: str | None


@dataclass(frozen=True, slots=True)
class FetchedBy:
    """Who fetched a file, and when; no account for an import."""

    account_id: AccountId | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ShownMedia:
    """A message's state as it was appended, with the bytes that may show an attachment."""

    revision_id: RevisionId
    post_id: PostId
    channel_id: ChannelId
    message_id: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class UnreadPicture:
    """A fetched picture whose text was not read yet; `fetch_id` is its place among fetches."""

    fetch_id: int
    post_id: PostId
    channel_id: ChannelId
    message_id: int
    file_id: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ReadBy:
    """How a picture was read: the languages and the program, as they are named."""

    languages: str
    program: str


@dataclass(frozen=True, slots=True)
class PictureText:
    """What was read from a picture of a message: the newest reading; "" when it says nothing."""

    message_id: int
    file_id: int
    sha256: bytes
    text: str
