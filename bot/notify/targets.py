"""Where alerts go: one Protocol, and Telegram behind it.

A target answers each delivery with sent, later or never; nothing else comes out of it but bugs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from bot.notify.compose import is_of_alert
from bot.telegram.bot import AlreadySent, BotSession
from bot.telegram.client import FloodWait, Later, Never
from bot.telegram.messages import OutgoingText, Recipient
from storage import deliveries
from storage.alert_cases import AlertCase
from storage.database import Database
from storage.records import Alert

_GONE = "the reader deleted the alert; it was not told anew"
_NOT_FOUND = "sent before a crash; its message was not found again, so changes come as a new one"
_BLOCKED = frozenset({"USER_IS_BLOCKED", "INPUT_USER_DEACTIVATED", "USER_DEACTIVATED"})
_UNCHANGED = "MESSAGE_NOT_MODIFIED"
_NOT_EDITABLE = frozenset({"MESSAGE_ID_INVALID", "MESSAGE_AUTHOR_REQUIRED", "MESSAGE_EMPTY"})
_LOOK_BACK = 100  # ids before the newest message an alert knows of
_LOOK_AHEAD = 300  # ids after it: what was sent and not recorded, and answers to commands


@dataclass(frozen=True, slots=True)
class Sent:
    """The reader has it as message `remote_id` (None: unknown); `detail` says what is odd."""

    remote_id: int | None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """To be tried again; `is_limit` says that the target asks this reader's alerts to slow down."""

    delay_s: float
    reason: str
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused for good; `is_blocked` says that nothing reaches this reader any more."""

    reason: str
    is_blocked: bool = False


Answer = Sent | Postponed | Refused


class Target(Protocol):
    """A way to reach subscribers."""

    name: str

    async def deliver(self, case: AlertCase, text: OutgoingText) -> Answer:
        """Bring a new alert, or a new version of one the reader has. Safe to repeat."""


def send_key(secret: bytes, case: AlertCase) -> int:
    """Name a message so that sending it twice is refused: 64 bits, signed, never 0.

    It hangs on reader and post, not on the alert's number, which a restored backup gives out
    again. A version that cannot be an edit has a name of its own.
    """
    channel = case.channel.telegram_id or -case.channel.id
    again = case.alert.wanted_version if case.alert.sent_version else 0
    fields = (case.subscriber.telegram_user_id, channel, case.post.message_id, again)
    digest = hashlib.sha256(secret + b"alert:" + repr(fields).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True) or 1


class TelegramTarget:
    """Sends alerts by the bot, and edits them in place."""

    name = "telegram"

    def __init__(self, bot: BotSession, database: Database, secret: bytes) -> None:
        self._bot = bot
        self._database = database
        self._secret = secret

    async def deliver(self, case: AlertCase, text: OutgoingText) -> Answer:
        """Send the alert, or edit the message that the reader has."""
        reader = Recipient(case.subscriber.telegram_user_id, case.subscriber.access_hash)
        try:
            if case.alert.remote_id is None:
                return await self._send(reader, case, text)
            return await self._edit(reader, case.alert.remote_id, text)
        except FloodWait as error:
            return Postponed(error.delay_s, error.reason, is_limit=True)
        except Later as error:
            return Postponed(error.delay_s, error.reason)
        except Never as error:
            return Refused(error.reason, is_blocked=error.code in _BLOCKED)

    async def _send(self, reader: Recipient, case: AlertCase, text: OutgoingText) -> Answer:
        try:
            return Sent(await self._bot.send(reader, text, send_key(self._secret, case)))
        except AlreadySent:
            remote_id = await self._find(reader, case.alert)
            if remote_id is None:
                return Sent(None, _NOT_FOUND)
            # The post may have changed between that send and this one.
            return await self._edit(reader, remote_id, text)

    async def _find(self, reader: Recipient, alert: Alert) -> int | None:
        """Look for the message a crash kept us from noting: it is near the newest we know of."""
        async with self._database.reading() as connection:
            newest = await deliveries.highest_remote_id(connection)
        ids = range(max(1, newest - _LOOK_BACK), newest + _LOOK_AHEAD)
        found = [
            message.id
            for message in await self._bot.messages(ids)
            if message.recipient_id == reader.user_id
            and any(is_of_alert(data, alert.id) for data in message.data)
        ]
        return max(found, default=None)

    async def _edit(self, reader: Recipient, message_id: int, text: OutgoingText) -> Answer:
        try:
            await self._bot.edit(reader, message_id, text)
        except Never as error:
            if error.code == _UNCHANGED:
                return Sent(message_id)
            if error.code in _NOT_EDITABLE:
                return Sent(message_id, _GONE)
            raise
        return Sent(message_id)
