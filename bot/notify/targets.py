"""Where alerts go: one Protocol, and Telegram behind it.

A target answers each delivery with sent, later or never; nothing else comes out of it but bugs.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from bot.notify.compose import link_to
from bot.notify.notices import read
from bot.telegram.bot import AlreadySent, BotSession
from bot.telegram.client import FloodWait, Later, Never
from bot.telegram.messages import OutgoingFile, OutgoingText, Recipient, Venue
from storage import deliveries
from storage.alert_cases import AlertCase
from storage.database import Database
from storage.notices import NoticeCase
from storage.records import Alert, Subscriber

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


@dataclass(frozen=True, slots=True)
class Message:
    """What a target is to bring: a new message, or a new version of the one they have.

    `name` says what it is: what is brought again under one name is a repetition. `remote_id` is
    the message they have, None without; `reply_to` the one it answers; `alert` is None for a
    notice, and so is `link`, the address of the post an alert shows.
    """

    subscriber: Subscriber
    text: OutgoingText
    name: tuple[object, ...]
    remote_id: int | None = None
    alert: Alert | None = None
    link: str | None = None
    reply_to: int | None = None
    file: OutgoingFile | None = None


class Target(Protocol):
    """A way to reach subscribers."""

    name: str

    async def deliver(self, message: Message) -> Answer:
        """Bring a message. Safe to repeat."""


def of_alert(case: AlertCase, text: OutgoingText) -> Message:
    """Give an alert as a message.

    Its name hangs on reader and post, not on the alert's number, which a restored backup gives
    out again. A version that cannot be an edit has a name of its own.
    """
    channel = case.channel.telegram_id or -case.channel.id
    again = case.alert.wanted_version if case.alert.sent_version else 0
    return Message(
        case.subscriber,
        text,
        ("alert", channel, case.post.message_id, again),
        remote_id=case.alert.remote_id,
        alert=case.alert,
        link=link_to(case.channel, case.post.message_id),
    )


def of_notice(case: NoticeCase) -> Message:
    """Give a notice as a message; its name hangs on when it was written, too, as ids come again."""
    notice = case.notice
    file = None
    if notice.file is not None:
        file = OutgoingFile(notice.file_name or "digest.txt", notice.file)
    return Message(
        case.subscriber,
        read(notice.body),
        ("notice", notice.key, notice.owed_at.isoformat()),
        reply_to=case.reply_to,
        file=file,
    )


def send_key(secret: bytes, message: Message, part: str = "") -> int:
    """Name a message so that sending it twice is refused: 64 bits, signed, never 0."""
    fields = (message.subscriber.telegram_user_id, *message.name, part)
    digest = hashlib.sha256(secret + repr(fields).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True) or 1


class TelegramTarget:
    """Sends messages by the bot, and edits alerts in place."""

    name = "telegram"

    def __init__(self, bot: BotSession, database: Database, secret: bytes) -> None:
        self._bot = bot
        self._database = database
        self._secret = secret

    async def deliver(self, message: Message) -> Answer:
        """Send the message, or edit the one that the reader has."""
        reader = Recipient(message.subscriber.telegram_user_id, message.subscriber.access_hash)
        try:
            if message.remote_id is None:
                return await self._send(reader, message)
            return await self._edit(reader, message.remote_id, message.text)
        except FloodWait as error:
            return Postponed(error.delay_s, error.reason, is_limit=True)
        except Later as error:
            return Postponed(error.delay_s, error.reason)
        except Never as error:
            return Refused(error.reason, is_blocked=error.code in _BLOCKED)

    async def _send(self, reader: Recipient, message: Message) -> Answer:
        key = send_key(self._secret, message)
        try:
            remote_id = await self._bot.send(reader, message.text, key, reply_to=message.reply_to)
        except AlreadySent:
            return await self._sent_before(reader, message)
        return await self._with_file(reader, message, Sent(remote_id))

    async def _sent_before(self, reader: Recipient, message: Message) -> Answer:
        if message.alert is None:
            return await self._with_file(reader, message, Sent(None))
        remote_id = await self._find(reader, message.link) if message.link else None
        if remote_id is None:
            return Sent(None, _NOT_FOUND)
        # The post may have changed between that send and this one.
        return await self._edit(reader, remote_id, message.text)

    async def _with_file(self, reader: Recipient, message: Message, sent: Sent) -> Sent:
        if message.file is not None:
            key = send_key(self._secret, message, "file")
            with suppress(AlreadySent):
                await self._bot.send_file(reader, message.file, key)
        return sent

    async def _find(self, reader: Recipient, link: str) -> int | None:
        """Look for the message a crash kept us from noting: it is near the newest we know of.

        By the link it ends with, as its buttons have a number that a restored backup gives to
        another alert.
        """
        async with self._database.reading() as connection:
            newest = await deliveries.highest_remote_id(connection)
        ids = range(max(1, newest - _LOOK_BACK), newest + _LOOK_AHEAD)
        found = [
            message.id
            for message in await self._bot.messages(ids)
            if message.recipient_id == reader.user_id and message.text.rpartition("\n")[2] == link
        ]
        return max(found, default=None)

    async def _edit(self, reader: Recipient, message_id: int, text: OutgoingText) -> Answer:
        return await edited(self._bot, reader, message_id, text)


async def edited(
    bot: BotSession, to: Recipient | Venue, message_id: int, text: OutgoingText
) -> Sent:
    """Replace a message of the bot's; one that its readers deleted is not told anew."""
    try:
        await bot.edit(to, message_id, text)
    except Never as error:
        if error.code == _UNCHANGED:
            return Sent(message_id)
        if error.code in _NOT_EDITABLE:
            return Sent(message_id, _GONE)
        raise
    return Sent(message_id)
