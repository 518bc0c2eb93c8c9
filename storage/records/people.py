"""Subscribers, their roles and subscriptions, ways in, and the audit of acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage.records.ids import InviteId, RevisionId, SubscriberId, SubscriptionId
from storage.records.routing import Rhythm, Surge

_FROM_THE_FIRST = RevisionId(0)


class Role(StrEnum):
    """What a subscriber may do; each higher role includes a reporter's rights."""

    REPORTER = "reporter"
    ARCHIVIST = "archivist"
    OPERATOR = "operator"


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
    """A standing query of one subscriber; `normal` is the query in its normal form.

    An urgent one breaks through quiet hours and the cap; `surge` is None unless only a surge of
    it is to be told. It is for what was stored after `after_revision`.
    """

    id: SubscriptionId
    subscriber_id: SubscriberId
    query: str
    normal: str
    state: SubscriptionState
    added_at: datetime
    rhythm: Rhythm = Rhythm.NOW
    is_urgent: bool = False
    surge: Surge | None = None
    after_revision: RevisionId = _FROM_THE_FIRST


@dataclass(frozen=True, slots=True)
class Invite:
    """A way in, without its code: only the code's hash is kept.

    `after_act` is the newest entry of the audit trail when it was made.
    """

    id: InviteId
    role: Role
    added_at: datetime
    expires_at: datetime
    uses_left: int
    after_act: int


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act of an operator or of a person joining, without any message content."""

    at: datetime
    actor: str
    act: str
    subject: str
    detail: dict[str, str] = field(default_factory=dict)
