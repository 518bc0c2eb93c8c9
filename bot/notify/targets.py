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
from bot.notify.sent_before import SentBefore
from bot.telegram.bot import AlreadySent, BotSession
from bot.telegram.client import FloodWait, Later, Never
from bot.telegram.messages import OutgoingFile, OutgoingText, Recipient, Venue
from bot.translation import phrase
from storage.alert_cases import AlertCase
from storage.database import Database
from storage.notices import NoticeCase
from storage.records import Alert, NoticeKind, Subscriber

GONE = phrase("the reader deleted the alert; it was not told anew")
NOT_FOUND = phrase("its message was not found again after a crash, so changes are not shown in it")
_BLOCKED = frozenset({"USER_IS_BLOCKED", "INPUT_USER_DEACTIVATED", "USER_DEACTIVATED"})
_UNCHANGED = "MESSAGE_NOT_MODIFIED"
_NOT_EDITABLE = frozenset({"MESSAGE_ID_INVALID", "MESSAGE_AUTHOR_REQUIRED", "MESSAGE_EMPTY"})


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
    out again.
    """
    return Message(
        case.subscriber,
        text,
        ("alert", *_place(case.channel.telegram_id, case.channel.id, case.post.message_id), 0),
        remote_id=case.alert.remote_id,
        alert=case.alert,
        link=link_to(case.channel, case.post.message_id),
    )


def of_notice(case: NoticeCase) -> Message:
    """Give a notice as a message."""
    notice = case.notice
    file = None
    if notice.file is not None:
        file = OutgoingFile(notice.file_name or "digest.txt", notice.file)
    return Message(
        case.subscriber,
        read(notice.body),
        ("notice", *_name_of(case)),
        reply_to=case.reply_to,
        file=file,
    )


def _name_of(case: NoticeCase) -> tuple[object, ...]:
    """Say what a notice is, so that a restored backup, which writes it again, tells it once.

    Ids come again then. A follow-up is named by its post and a surge by its moment; a digest is
    what it says; others are of when they were written.
    """
    notice = case.notice
    match notice.kind:
        case NoticeKind.FOLLOW_UP if case.about is not None:
            about = case.about
            place = _place(about.telegram_channel_id, about.channel_id, about.message_id)
            return notice.key.partition(":")[0], *place
        case NoticeKind.SURGE:
            return (notice.key,)
        case NoticeKind.DIGEST:
            text = read(notice.body)
            return notice.kind.value, text.text, text.marks
        case _:
            return notice.key, notice.owed_at.isoformat()


def _place(telegram_channel_id: int | None, channel_id: int, message_id: int) -> tuple[int, int]:
    return telegram_channel_id or -channel_id, message_id


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
        self._before = SentBefore(bot, database)
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
        remote_id = await self._before.find(reader, message.link) if message.link else None
        if remote_id is None:
            return Sent(None, NOT_FOUND)
        # The post may have changed between that send and this one.
        return await self._edit(reader, remote_id, message.text)

    async def _with_file(self, reader: Recipient, message: Message, sent: Sent) -> Sent:
        if message.file is not None:
            key = send_key(self._secret, message, "file")
            with suppress(AlreadySent):
                await self._bot.send_file(reader, message.file, key)
        return sent

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
            return Sent(message_id, GONE)
        raise
    return Sent(message_id)
