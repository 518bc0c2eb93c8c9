"""What the conversation with people keeps: drafts, feedback, broadcasts, states of the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.ids import (
    BroadcastId,
    DraftId,
    PostId,
    SubscriberId,
    SubscriptionId,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A query that was shown to a person and is not watched yet; it expires.

    `replaces_id` is the subscription it is an edit of. `is_asked`: the person was asked for its
    text, so what they write next is it.
    """

    id: DraftId
    subscriber_id: SubscriberId
    query: str
    replaces_id: SubscriptionId | None
    is_asked: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FormerQuery:
    """What a subscription was until it was edited."""

    query: str
    normal: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Precision:
    """What a person thought of the alerts of one subscription."""

    useful: int = 0
    noise: int = 0

    @property
    def judged(self) -> int:
        """How many alerts they judged."""
        return self.useful + self.noise

    @property
    def share(self) -> float:
        """Which part of them was useful, 0 to 1."""
        return self.useful / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class JudgedText:
    """A post one was alerted to, as it reads now, and whether that was useful."""

    post_id: PostId
    text: str
    is_useful: bool


@dataclass(frozen=True, slots=True)
class ListState:
    """The channel list as it was after an act; `content` is TOML."""

    id: int
    at: datetime
    actor: str
    act: str
    content: str


class BroadcastState(StrEnum):
    """How far a message to everybody is."""

    DRAFTED = "drafted"  # shown to its author, who has not confirmed
    SENT = "sent"  # everybody is owed it


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message to everybody who is in."""

    id: BroadcastId
    actor: str
    text: str
    state: BroadcastState
    made_at: datetime
