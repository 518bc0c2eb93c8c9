"""A user session that follows channels: what it can ask of Telegram, and what Telegram tells it.

Calls are paced by kind before they are made. What comes back is Telethon's own message objects,
for `collect/normalise` alone to read.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from telethon import events, functions, types, utils

from bot.telegram.client import FAILURES, Client, Never, SignedOut, call, sorted_failure
from bot.telegram.reference import Reference
from storage.records import Access, Attachment

PAGE_SIZE = 100  # Telegram's limit of messages a call


@dataclass(frozen=True, slots=True)
class Resolved:
    """A channel as an account sees it."""

    telegram_id: int
    access_hash: int
    username: str | None
    title: str
    is_member: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Messages in ascending order of id; `is_full` says that there may be more beyond.

    `entities` are the users and chats that came along, by Telethon's marked peer id.
    """

    messages: Sequence[Any]
    entities: Mapping[int, Any]
    is_full: bool


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest message id of each channel asked about, and the channels, by Telegram's number.

    A channel the account is no member of is missing; an id of 0 says that the channel is empty.
    """

    ids: Mapping[int, int]
    channels: Mapping[int, Any]


class AccountSession:
    """A signed-in user session. `updates` gives what Telegram pushes, in order."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.updates: asyncio.Queue[Any] = asyncio.Queue()
        self.reconnected = asyncio.Event()
        self.connected_at = datetime.now(UTC)

    async def start(self) -> int:
        """Begin to listen and return the account's Telegram user id. Raises SignedOut."""
        self._client.add_event_handler(self._take, events.Raw())
        self._client.on_reconnect = self._connected_again
        if not await self._client.is_user_authorized():
            raise SignedOut("AUTH_KEY_UNREGISTERED", "the account is not signed in")
        me = await self._client.get_me()
        return int(me.id)

    def _connected_again(self) -> None:
        self.connected_at = datetime.now(UTC)
        self.reconnected.set()

    async def _take(self, update: Any) -> None:
        self.updates.put_nowait(update)

    async def ping(self) -> None:
        """Return when Telegram has answered. Raises Later and SignedOut."""
        number = random.getrandbits(63)  # only to tell answers apart
        await call(self._client, functions.PingRequest(ping_id=number))

    @property
    def telegrams_s(self) -> float:
        """Telegram's time at its newest message, in Unix seconds; 0 before the first.

        The id of every message is its server's time × 2³² (core.telegram.org/mtproto/description).
        """
        state = self._client._sender._state  # noqa: SLF001  # no public way to a message's id
        return int(state._highest_remote_id) / 2**32  # noqa: SLF001  # as above

    def connect_anew(self) -> None:
        """Connect again, because the clock was set: see `Client.connect_anew`."""
        self._client.connect_anew()

    async def until_lost(self) -> None:
        """Return when the connection is given up; raise SignedOut if that was the cause."""
        try:
            await self._client.run_until_disconnected()
        except Exception as error:
            raise sorted_failure(error) from error

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands at this moment."""
        return bool(self._client.is_connected()) and bool(
            self._client._sender._transport_connected()  # noqa: SLF001  # is_connected() means "wanted"
        )

    async def resolve(self, reference: Reference) -> Resolved:
        """Find a channel. Spends one of the account's scarce resolves for a username.

        Raises Never (unknown, not a channel, expired invite), Later and FloodWait.
        """
        if reference.username:
            return await self._resolve_username(reference.username)
        if reference.invite:
            return await self._check_invite(reference.invite)
        return await self._find_known(reference.telegram_id or 0)

    async def _resolve_username(self, username: str) -> Resolved:
        found = await call(
            self._client, functions.contacts.ResolveUsernameRequest(username=username)
        )
        return _resolved(found.chats, f"@{username}")

    async def _check_invite(self, invite: str) -> Resolved:
        found = await call(self._client, functions.messages.CheckChatInviteRequest(hash=invite))
        if isinstance(found, types.ChatInvite):
            raise Never("INVITE_NOT_JOINED", "the invite must be joined before it can be read")
        return _resolved([found.chat], "the invite")

    async def _find_known(self, telegram_id: int) -> Resolved:
        """Find a channel the account already knows by its number alone."""
        peer = self._met(telegram_id)
        if peer is None:
            # A fresh session knows nobody; the list of dialogs names every channel it is in.
            try:
                await self._client.get_dialogs()
            except FAILURES as error:
                raise sorted_failure(error) from error
            peer = self._met(telegram_id)
        if peer is None:
            raise Never(
                "CHANNEL_INVALID",
                "this account has not met the channel with that number: add it by @name or invite",
            )
        found = await call(self._client, functions.channels.GetChannelsRequest(id=[peer]))
        return _resolved(found.chats, str(telegram_id))

    def _met(self, telegram_id: int) -> Any | None:
        """Give the peer of a channel this session has met, without asking Telegram."""
        try:
            return self._client.session.get_input_entity(types.PeerChannel(telegram_id))
        except ValueError:
            return None

    async def join(self, reference: Reference, resolved: Resolved | None) -> Resolved:
        """Become a member, by invite or of a resolved public channel. Safe to repeat."""
        if reference.invite:
            return await self._join_by_invite(reference.invite)
        if resolved is None:
            resolved = await self.resolve(reference)
        peer = types.InputChannel(resolved.telegram_id, resolved.access_hash)
        await call(self._client, functions.channels.JoinChannelRequest(channel=peer))
        return replace(resolved, is_member=True)

    async def is_member(self, resolved: Resolved) -> bool:
        """Ask Telegram whether the account is a member, where it may be asked."""
        peer = types.InputChannel(resolved.telegram_id, resolved.access_hash)
        try:
            await call(
                self._client,
                functions.channels.GetParticipantRequest(
                    channel=peer, participant=types.InputPeerSelf()
                ),
            )
        except Never as refusal:
            return refusal.code != "USER_NOT_PARTICIPANT"
        return True

    async def _join_by_invite(self, invite: str) -> Resolved:
        try:
            joined = await call(
                self._client, functions.messages.ImportChatInviteRequest(hash=invite)
            )
        except Never as error:
            if error.code == "USER_ALREADY_PARTICIPANT":
                return await self._check_invite(invite)
            raise
        # Since layer 229 the updates come wrapped; a join that needs a web page comes without.
        updates = getattr(joined, "updates", joined)
        return _resolved(getattr(updates, "chats", ()), "the invite")

    async def look(self, access: Access) -> Resolved:
        """Ask how a known channel is now; spends no look-up by name. Raises Never and Later."""
        found = await call(
            self._client, functions.channels.GetChannelsRequest(id=[_channel(access)])
        )
        return _resolved(found.chats, str(access.telegram_id))

    async def comments_of(self, access: Access) -> Resolved | None:
        """Find the group for comments linked to a channel; None when there is none."""
        found = await call(
            self._client, functions.channels.GetFullChannelRequest(channel=_channel(access))
        )
        linked = found.full_chat.linked_chat_id
        chats = [chat for chat in found.chats if chat.id == linked]
        return _resolved(chats, "its group for comments") if linked else None

    async def leave(self, access: Access) -> None:
        """Stop being a member."""
        await call(self._client, functions.channels.LeaveChannelRequest(channel=_channel(access)))

    async def page_after(self, access: Access, after_id: int, limit: int = PAGE_SIZE) -> Page:
        """Read the oldest messages whose id is greater than `after_id`."""
        # Telegram counts pages from the newest down: from `offset_id`, moved `add_offset` up. A
        # server that fills the page up with older ones is not to be read as having more.
        found = await self._history(access, limit, offset_id=after_id + 1, add_offset=-limit)
        messages = _ascending(message for message in found.messages if message.id > after_id)
        return Page(messages, _entities(found), is_full=len(messages) >= limit)

    async def page_before(self, access: Access, before_id: int, limit: int = PAGE_SIZE) -> Page:
        """Read the newest messages whose id is less than `before_id` (0: the newest of all)."""
        found = await self._history(access, limit, offset_id=before_id, add_offset=0)
        messages = _ascending(
            message for message in found.messages if not before_id or message.id < before_id
        )
        # Telegram may give fewer than asked for; only an empty page says that there are no more.
        return Page(messages, _entities(found), is_full=bool(messages))

    async def _history(self, access: Access, limit: int, *, offset_id: int, add_offset: int) -> Any:
        return await call(
            self._client,
            functions.messages.GetHistoryRequest(
                peer=types.InputPeerChannel(access.telegram_id, access.access_hash),
                offset_id=offset_id,
                offset_date=None,
                add_offset=add_offset,
                limit=limit,
                max_id=0,
                min_id=0,
                hash=0,
            ),
        )

    async def newest(self, channels: Sequence[Access]) -> Newest:
        """Ask for the newest message id of channels the account is a member of, in one call."""
        peers = [
            types.InputDialogPeer(types.InputPeerChannel(item.telegram_id, item.access_hash))
            for item in channels
        ]
        found = await call(self._client, functions.messages.GetPeerDialogsRequest(peers=peers))
        return Newest(
            {
                item.peer.channel_id: item.top_message
                for item in found.dialogs
                if isinstance(item.peer, types.PeerChannel)
            },
            {chat.id: chat for chat in found.chats},
        )

    async def messages(self, access: Access, ids: Sequence[int]) -> Page:
        """Read messages by id, at most 100; those that are gone are missing from the page."""
        found = await call(
            self._client,
            functions.channels.GetMessagesRequest(
                channel=_channel(access), id=[types.InputMessageID(number) for number in ids]
            ),
        )
        messages = _ascending(
            item for item in found.messages if not isinstance(item, types.MessageEmpty)
        )
        return Page(messages, _entities(found), is_full=len(messages) == len(ids))

    async def download(
        self, attachment: Attachment, offset: int, piece: int
    ) -> AsyncIterator[bytes]:
        """Give a file's bytes from an offset, in pieces. Raises Later, FloodWait and Never.

        Never with a code FILE_REFERENCE_… means that the message must be asked for again.
        """
        try:
            async for found in self._client.iter_download(
                _location(attachment), offset=offset, request_size=piece, dc_id=attachment.dc_id
            ):
                yield bytes(found)
        except (*FAILURES, ValueError) as error:
            raise sorted_failure(error) from error


def _location(attachment: Attachment) -> Any:
    kind = types.InputPhotoFileLocation if attachment.thumb else types.InputDocumentFileLocation
    return kind(
        id=attachment.file_id,
        access_hash=attachment.access_hash,
        file_reference=attachment.reference,
        thumb_size=attachment.thumb,
    )


def _ascending(messages: Iterable[Any]) -> list[Any]:
    return sorted(messages, key=lambda message: message.id)


def _entities(found: Any) -> dict[int, Any]:
    return {utils.get_peer_id(item): item for item in (*found.users, *found.chats)}


def _channel(access: Access) -> Any:
    return types.InputChannel(access.telegram_id, access.access_hash)


def _resolved(chats: Sequence[Any], name: str) -> Resolved:
    for chat in chats:
        if isinstance(chat, types.Channel):
            return Resolved(
                telegram_id=int(chat.id),
                access_hash=int(chat.access_hash or 0),
                username=_username(chat),
                title=str(chat.title),
                is_member=not chat.left,
            )
        if isinstance(chat, types.ChannelForbidden):
            raise Never("CHANNEL_PRIVATE", f"{name} is private or banned this account")
    raise Never("NOT_A_CHANNEL", f"{name} is not a channel")


def _username(chat: Any) -> str | None:
    if chat.username:
        return str(chat.username).lower()
    active = [name.username for name in chat.usernames or [] if name.active]
    return str(active[0]).lower() if active else None
