"""What becomes of channels: events, and a channel as Telegram showed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.ids import ChannelId


class ChannelEventKind(StrEnum):
    """What happened, in the words a person reads."""

    RENAMED = "was renamed"
    NAME_CHANGED = "changed its @name"
    NAME_TAKEN = "its @name belongs to another channel by now"
    UNREACHABLE = "cannot be reached any more"
    BACK = "can be reached again"
    RESTRICTED = "was restricted by Telegram"
    RESTRICTED_BY_COUNTRY = "was restricted in the country of the account that reads it"
    UNRESTRICTED = "is no longer restricted"
    LINKED = "got a group for comments"
    UNLINKED = "has no group for comments any more"
    MIGRATED = "was moved by Telegram from a group"
    SILENT = "has been silent for longer than is its habit"
    SPEAKS = "posts again"
    FLOOD = "posts far more than is its habit"


@dataclass(frozen=True, slots=True)
class SeenChannel:
    """A channel as it came along with an answer of Telegram's.

    `restriction` is why Telegram restricts it, in its words; None when it does not.
    """

    telegram_id: int
    title: str
    username: str | None
    restriction: str | None
    has_comments: bool


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """Something that became of a channel; `id` is 0 before it is written."""

    channel_id: ChannelId
    at: datetime
    kind: ChannelEventKind
    before: str | None = None
    after: str | None = None
    id: int = 0
