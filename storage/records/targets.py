"""Targets besides the chat with the bot, and what waits for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage.records.ids import SubscriberId, TargetId


class TargetKind(StrEnum):
    """A way to reach a person besides the bot."""

    APPRISE = "apprise"  # e-mail, Slack, Matrix, ntfy and others, by an Apprise URL
    WEBHOOK = "webhook"  # a signed POST
    FEED = "feed"  # an Atom file with a secret name
    CHAT = "chat"  # a group, a topic in it, or a channel of Telegram, by the bot


class TargetState(StrEnum):
    """Whether a target is used."""

    ACTIVE = "active"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DeliveryTarget:
    """A person's own target; `address` and `secret` are never shown.

    `secret` signs a webhook; of a feed, `address` is the secret name of its file, of a chat its
    number and that of the topic. `failing_since` is None while it works.
    """

    id: TargetId
    subscriber_id: SubscriberId
    kind: TargetKind
    label: str
    address: str = field(repr=False)
    secret: str = field(repr=False)
    state: TargetState
    failing_since: datetime | None
    reason: str | None
    added_at: datetime
