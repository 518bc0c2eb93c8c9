"""What leaves the archive in an export: one stored state of one message, with all about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.records.channels import Channel
from storage.records.ids import PostId


@dataclass(slots=True)
class ExportedMedia:
    """A photo or file that a message was seen with; `revision_id` was the first to show it.

    `name` is the sender's word for it, never a path. `path` (and `thumb` for a picture) says where
    in the export its copy is, None when it did not go along; whoever copies sets it.
    """

    post_id: PostId
    message_id: int
    revision_id: int
    kind: str
    mime: str
    name: str | None
    length: int
    state: str  # as stored: a MediaState
    reason: str | None
    sha256: bytes | None
    says: str | None  # what was read from the picture, None if nothing was or nobody tried
    path: str | None = None
    thumb: str | None = None


@dataclass(slots=True)
class Exported:
    """One revision of one message. Times are as stored: microseconds since 1970, UTC.

    `entities` is JSON as stored. `source`, `account`, `posted_at` and `seen_at` say how it was
    collected: by which way and account, when Telegram says it was posted, when we saw it.
    `is_removed`: retention took the content away, `sha256` is what it hashed to. `deletion_id` is
    None while the message is not known to be gone. (Not frozen: there are millions, and a frozen
    one takes three times as long to make.)
    """

    id: int
    post_id: PostId
    message_id: int
    number: int
    edited_at: int | None
    seen_at: int
    source: str
    account: str | None
    text: str
    body_length: int
    entities: str
    author: str | None
    sha256: bytes
    posted_at: int
    grouped_id: int | None
    lang: str | None
    has: str
    marks: str
    origin: str | None
    origin_name: str | None
    reply_to: int | None
    deletion_id: int | None
    deleted_at: int | None
    deletion_source: str | None
    is_removed: int
    is_last: bool
    channel: Channel
    media: tuple[ExportedMedia, ...] = ()  # all it was seen with up to this revision
    mentions: tuple[dict[str, Any], ...] | None = None  # the places it names; None: nobody looked


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where the append-only tables were read: ids of revisions and of deletion marks."""

    revision: int = 0
    deletion: int = 0


NOTHING = Mark()


@dataclass(frozen=True, slots=True)
class ExportedAs:
    """An export as it says of itself: when, by what, which posts."""

    exported_at: datetime
    program: str
    said: str  # the choice of posts in words
    is_one_channel: bool
    with_places: bool = False
