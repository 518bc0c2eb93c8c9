"""Channels and groups as the bot sees them: which there is, and who may do what there.

Failures of a call come out as `Later`, `FloodWait`, `SignedOut` or `Never`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from telethon import functions, types

from bot.telegram.client import Client, Never, call
from bot.telegram.messages import BotAdded, Chat, Recipient, Standing, Venue
from bot.telegram.reference import Reference, parse_reference

NO_CHAT = "NO_CHAT"
_WITH_TOPIC = re.compile(
    r"^(.*?\bt(?:elegram)?\.me/(?:c/\d+|[a-z]\w{2,31}))/(\d{1,10})(?:/\d+)?/?$", re.IGNORECASE
)
_ADMINISTRATORS = (types.ChannelParticipantCreator, types.ChannelParticipantAdmin)
_OUTSIDE = (types.ChannelParticipantBanned, types.ChannelParticipantLeft)


@dataclass(frozen=True, slots=True)
class Wish:
    """A chat as somebody named it, and the number of a topic if it is one's link (0: none)."""

    reference: Reference
    topic: int


def chat_named(text: str) -> Wish:
    """Read a channel's or group's name or link. Raises BadReference; invites lead nowhere here."""
    found = _WITH_TOPIC.match(text.strip())
    if found:
        return Wish(parse_reference(found[1]), int(found[2]))
    return Wish(parse_reference(text), 0)


class Chats:
    """Looks chats up for the bot's session."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[int, Any] = {}  # by number, as Telegram described them to this bot

    async def find(self, reference: Reference) -> Chat:
        """Find a chat. Raises Never NO_CHAT for what the bot cannot see or write in."""
        if reference.username:
            request = functions.contacts.ResolveUsernameRequest(reference.username)
            found = await call(self._client, request)
            return _chat(self._kept(found.chats))
        if reference.telegram_id:
            return await self.look(reference.telegram_id)
        raise Never(NO_CHAT, "an invite link says nothing to a bot")

    async def look(self, channel_id: int) -> Chat:
        """Read how a chat is now."""
        named = types.InputChannel(channel_id, 0)  # a bot may ask so for what it is in
        found = await call(self._client, functions.channels.GetChannelsRequest([named]))
        return _chat(self._kept(found.chats))

    def _kept(self, chats: list[Any]) -> Any:
        channel = next((chat for chat in chats if isinstance(chat, types.Channel)), None)
        if channel is None:
            raise Never(NO_CHAT, "the bot is in no such channel or group")
        self._known[int(channel.id)] = channel
        return channel

    async def peer(self, venue: Venue) -> Any:
        """Give what names a venue in a call."""
        if venue.channel_id not in self._known:
            await self.look(venue.channel_id)
        access_hash = int(self._known[venue.channel_id].access_hash or 0)
        return types.InputPeerChannel(venue.channel_id, access_hash)

    async def standing(self, chat: Chat, person: Recipient) -> Standing:
        """Say whether a person administers a chat, and whether the bot may write there."""
        who = types.InputPeerUser(person.user_id, person.access_hash)
        own = await self._participant(chat, types.InputPeerSelf())
        if own is None:
            return Standing(is_administrator=False, bot_may_write=False)
        theirs = await self._participant(chat, who)
        return Standing(
            is_administrator=isinstance(theirs, _ADMINISTRATORS),
            bot_may_write=_may_write(own, self._known[chat.channel_id]),
        )

    async def _participant(self, chat: Chat, who: Any) -> Any:
        channel = await self.peer(Venue(chat.channel_id))
        request = functions.channels.GetParticipantRequest(channel, who)
        try:
            found = await call(self._client, request)
        except Never as error:
            if error.code in ("USER_NOT_PARTICIPANT", "CHAT_ADMIN_REQUIRED"):
                return None
            raise
        return found.participant

    def added(self, update: Any, own_id: int) -> BotAdded | None:
        """Read an update as the news that somebody put the bot into a chat."""
        if not isinstance(update, types.UpdateChannelParticipant) or update.user_id != own_id:
            return None
        was_in = update.prev_participant is not None and not isinstance(
            update.prev_participant, _OUTSIDE
        )
        is_in = update.new_participant is not None and not isinstance(
            update.new_participant, _OUTSIDE
        )
        if was_in or not is_in:
            self._known.pop(int(update.channel_id), None)  # its rights there have changed
            return None
        sender = Recipient(int(update.actor_id), 0)
        return BotAdded(sender, Venue(int(update.channel_id)), int(update.qts))


def _may_write(own: Any, channel: Any) -> bool:
    if isinstance(own, types.ChannelParticipantCreator):
        return True
    if isinstance(own, types.ChannelParticipantAdmin):
        return not channel.broadcast or bool(own.admin_rights.post_messages)
    if channel.broadcast or isinstance(own, types.ChannelParticipantLeft):
        return False
    limits = [channel.default_banned_rights, getattr(own, "banned_rights", None)]
    return not any(rights and (rights.send_messages or rights.send_plain) for rights in limits)


def _chat(channel: Any) -> Chat:
    return Chat(
        channel_id=int(channel.id),
        title=str(channel.title or channel.id),
        is_broadcast=bool(channel.broadcast),
        is_forum=bool(channel.forum),
    )


def topic_of(message: Any) -> int:
    """Give the topic a group's message was written in, 0 for none."""
    header: Any = getattr(message, "reply_to", None)
    if not getattr(header, "forum_topic", False):
        return 0
    return int(header.reply_to_top_id or header.reply_to_msg_id or 0)
