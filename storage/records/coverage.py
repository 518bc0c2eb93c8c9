"""Coverage as records: blind periods, what was stated, how a channel stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage.records.channels import IdRange
from storage.records.ids import AccountId, ChannelId


class Blindness(StrEnum):
    """Why posts could be made without our being told, in the words a person reads."""

    PROCESS_DOWN = "Earshot was not running"
    CONNECTION_LOST = "the connection to Telegram was lost"
    FLOOD_WAIT = "Telegram made the account wait"
    ACCOUNT_LIMITED = "the account was signed out, limited or paused"
    CHANNEL_UNREACHABLE = "the channel could not be reached"


@dataclass(frozen=True, slots=True)
class BlindPeriod:
    """A time without hearing, of one channel or (`channel_id` None) of all an account read.

    `began_at` is the last moment we are sure to have heard; `ended_at` is None while it lasts.
    """

    id: int
    account_id: AccountId | None
    channel_id: ChannelId | None
    why: Blindness
    began_at: datetime
    ended_at: datetime | None
    detail: str | None


class StatementKind(StrEnum):
    """What a statement of coverage says."""

    CHECKED = "checked"  # everything up to `high` is accounted for; once a day when nothing is new
    HOLE_FOUND = "hole found"  # ids `low` to `high` were jumped over
    STRETCH_READ = "stretch read"  # `low` to `high` were asked for and are accounted for
    REREAD_FOUND = "re-reading found"  # edits or deletions that no event told of
    BLIND_ENDED = "blind period ended"
    MADE_GOOD = "blind period made good"  # a check after it accounted for everything up to `high`


@dataclass(frozen=True, slots=True)
class Statement:
    """A change of coverage worth keeping; append-only."""

    channel_id: ChannelId | None
    account_id: AccountId | None
    at: datetime
    kind: StatementKind
    low: int | None = None
    high: int | None = None
    found: int = 0
    detail: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeenService:
    """A service message as it was seen: it takes an id and is no post.

    `action` is Telegram's name for it without its prefix; `detail` is the new title, if any.
    """

    message_id: int
    action: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Lag:
    """From a post's time at Telegram to its being stored, over the newest live posts."""

    posts: int
    median_s: float
    worst_s: float


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What the rows say of a channel's coverage; numbers are messages, not posts.

    `deleted` are of the `held` ones. `not_live` came by reading instead of an update, the first
    back-fill not counted; `missed_edits` and `missed_deletions` were found by re-reading.
    """

    ranges: tuple[IdRange, ...]
    held: int
    deleted: int
    service: int
    not_live: int
    missed_edits: int
    missed_deletions: int
    checked_at: datetime | None
    lag: Lag | None
