"""A group, a topic or a channel of Telegram as a target: written to by the bot, edited in place.

Only where the person is an administrator: asked when it is added, and again now and then, since
their alerts are theirs to show. What cannot be written there for want of rights is refused, with
the reason; it is not tried again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from bot.notify.targets import (
    Answer,
    Message,
    Postponed,
    Refused,
    Sent,
    edited,
    send_key,
)
from bot.pacing import TokenBucket
from bot.telegram.bot import AlreadySent, BotSession
from bot.telegram.client import FloodWait, Later, Never
from bot.telegram.messages import Recipient, Standing, Venue
from bot.translation import phrase
from storage.records import DeliveryTarget, Subscriber, TargetId

NOT_ADMINISTRATOR = phrase("you are no administrator there")
MAY_NOT_WRITE = phrase("the bot may not write there")
NOT_THERE = phrase("the bot is not there, or it is gone")
NO_TOPIC = phrase("the topic is closed or gone")
_REASONS = {
    "CHAT_WRITE_FORBIDDEN": MAY_NOT_WRITE,
    "CHAT_ADMIN_REQUIRED": MAY_NOT_WRITE,
    "CHAT_SEND_PLAIN_FORBIDDEN": MAY_NOT_WRITE,
    "CHAT_RESTRICTED": MAY_NOT_WRITE,
    "USER_BANNED_IN_CHANNEL": MAY_NOT_WRITE,
    "CHANNEL_PRIVATE": NOT_THERE,
    "CHANNEL_INVALID": NOT_THERE,
    "NO_CHAT": NOT_THERE,
    "USERNAME_NOT_OCCUPIED": NOT_THERE,
    "USERNAME_INVALID": NOT_THERE,
    "TOPIC_DELETED": NO_TOPIC,
    "TOPIC_CLOSED": NO_TOPIC,
}
_TRUSTED_S = 600.0  # how long a person's right in a chat is taken for granted
_BURST = 5.0  # messages at once, after a pause


def address_of(venue: Venue) -> str:
    """Write a venue as a target's address."""
    return f"{venue.channel_id}:{venue.topic}"


def venue_of(address: str) -> Venue:
    """Read what `address_of` wrote."""
    channel_id, _, topic = address.partition(":")
    return Venue(int(channel_id), int(topic or 0))


def reason_of(error: Never) -> str:
    """Say in plain words why Telegram lets nothing be written."""
    return _REASONS.get(error.code, error.reason)


def fault_of(standing: Standing) -> str | None:
    """Say why a chat cannot be a person's target, None if it can."""
    if not standing.bot_may_write:
        return MAY_NOT_WRITE
    return None if standing.is_administrator else NOT_ADMINISTRATOR


class ChatTarget:
    """Brings messages to chats by the bot's session."""

    def __init__(self, bot: BotSession, secret: bytes, *, per_minute: float) -> None:
        self._bot = bot
        self._secret = secret
        self._per_s = per_minute / 60
        self._buckets: dict[int, TokenBucket] = {}
        self._trusted: dict[tuple[TargetId, int], float] = {}  # until when, monotonic

    def rest_s(self, target: DeliveryTarget) -> float:
        """Say for how many seconds a chat should be left alone; Telegram limits each."""
        return self._bucket(venue_of(target.address)).delay_s(time.monotonic())

    def _bucket(self, venue: Venue) -> TokenBucket:
        return self._buckets.setdefault(venue.channel_id, TokenBucket(self._per_s, _BURST))

    async def deliver(self, target: DeliveryTarget, message: Message) -> Answer:
        """Send a message, or edit the one that the chat has. Safe to repeat."""
        venue = venue_of(target.address)
        bucket = self._bucket(venue)
        try:
            fault = await self._fault(target, venue, message.subscriber)
            if fault:
                return Refused(fault)
            bucket.take(time.monotonic())
            return await self._bring(venue, target, message)
        except FloodWait as error:
            bucket.pause(time.monotonic() + error.delay_s)
            return Postponed(error.delay_s, error.reason, is_limit=True)
        except Later as error:
            return Postponed(error.delay_s, error.reason)
        except Never as error:
            self._trusted.pop((target.id, message.subscriber.telegram_user_id), None)
            return Refused(reason_of(error))

    async def _fault(self, target: DeliveryTarget, venue: Venue, person: Subscriber) -> str | None:
        key = (target.id, person.telegram_user_id)
        if self._trusted.get(key, 0.0) > time.monotonic():
            return None
        chat = await self._bot.chats.look(venue.channel_id)
        who = Recipient(person.telegram_user_id, person.access_hash)
        fault = fault_of(await self._bot.chats.standing(chat, who))
        if fault is None:
            self._trusted[key] = time.monotonic() + _TRUSTED_S
        return fault

    async def _bring(self, venue: Venue, target: DeliveryTarget, message: Message) -> Answer:
        if message.remote_id is not None:
            return await edited(self._bot, venue, message.remote_id, message.text)
        key = send_key(self._secret, message, f"chat {target.id}")
        try:
            sent: Sent = Sent(
                await self._bot.send(venue, message.text, key, reply_to=message.reply_to)
            )
        except AlreadySent:
            sent = Sent(None)
        if message.file is not None:
            file_key = send_key(self._secret, message, f"chat {target.id} file")
            with suppress(AlreadySent):
                await self._bot.send_file(venue, message.file, file_key)
        return sent


Door = Callable[[], ChatTarget | None]
"""Gives the way to chats while the bot is connected, None while it is not."""
