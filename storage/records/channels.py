"""Channels, the accounts that follow them, and what of them is still to be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.ids import AccountId, ChannelId


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


class CallKind(StrEnum):
    """Kinds of call that Telegram limits apart from one another."""

    RESOLVE = "resolve"
    JOIN = "join"
    HISTORY = "history"
    MEDIA = "media"


class HistoryKind(StrEnum):
    """Why a stretch of a channel's history is to be read."""

    BACKFILL = "backfill"
    GAP = "gap"
    REREAD = "reread"


class AccountState(StrEnum):
    """Whether an account may be used; `Account.reason` says why not."""

    ACTIVE = "active"
    PAUSED = "paused"  # by an operator
    SIGNED_OUT = "signed out"  # or banned: Telegram does not accept its session any more
    REMOVED = "removed"  # by an operator; what it read stays


@dataclass(frozen=True, slots=True)
class Account:
    """A Telegram user session that follows channels; `label` is the operator's name for it.

    `proxy` says how it reaches Telegram, without secrets; None is directly.
    """

    id: AccountId
    label: str
    telegram_user_id: int | None
    state: AccountState = AccountState.ACTIVE
    reason: str | None = None
    most_channels: int = 500
    proxy: str | None = None


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
    lately: str | None = None  # what became of it last; filled in for lists only

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
class IdRange:
    """Message ids from `low` to `high`, both inclusive."""

    low: int
    high: int
