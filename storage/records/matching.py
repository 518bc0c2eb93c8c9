"""What matching sees of a post, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from storage.records.ids import ChannelId, PlaceId, PostId, RevisionId, SubscriptionId
from storage.records.places import HitPlace
from storage.records.posts import Has, HiddenLink, Is


class Span(NamedTuple):
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
    links: tuple[HiddenLink, ...] = ()


@dataclass(frozen=True, slots=True)
class NewHit:
    """A hit that is about to be written; `revision_id` is the one that made it match.

    `places` are those for which a query about places matched, the likeliest first.
    """

    subscription_id: SubscriptionId
    post_id: PostId
    revision_id: RevisionId
    spans: tuple[Span, ...]
    found_at: datetime
    places: tuple[HitPlace, ...] = ()
