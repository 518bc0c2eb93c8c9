"""Users, channels and messages as a given account sees them, serialised."""

import struct
from collections.abc import Iterable
from typing import Any

from telethon.tl import types

from bot.sandbox.history import Change, ChangeKind, StoredMessage
from bot.sandbox.world import Channel, User, World

_NEW = struct.pack("<I", types.UpdateNewMessage.CONSTRUCTOR_ID)
_NEW_IN_CHANNEL = struct.pack("<I", types.UpdateNewChannelMessage.CONSTRUCTOR_ID)
_EDITED = struct.pack("<I", types.UpdateEditMessage.CONSTRUCTOR_ID)
_EDITED_IN_CHANNEL = struct.pack("<I", types.UpdateEditChannelMessage.CONSTRUCTOR_ID)


class Views:
    """Serialised users and channels, kept per viewer until they change."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[tuple[int, int], tuple[int, bytes]] = {}

    def peers(self, viewer: User, ids: Iterable[int]) -> tuple[list[bytes], list[bytes]]:
        """Give the users and the chats among `ids`, as `viewer` sees them."""
        users, chats = [], []
        for number in dict.fromkeys(ids):
            if number in self._world.channels:
                chats.append(self.channel(viewer, self._world.channels[number]))
            elif number in self._world.users:
                users.append(self.user(viewer, self._world.users[number]))
        return users, chats

    def user(self, viewer: User, user: User) -> bytes:
        """Give types.User of an account."""
        return self._cached(viewer, user.id, user.version, user)

    def channel(self, viewer: User, channel: Channel) -> bytes:
        """Give types.Channel, or types.ChannelForbidden for those thrown out."""
        return self._cached(viewer, channel.id, channel.version, channel)

    def _cached(self, viewer: User, number: int, version: int, what: User | Channel) -> bytes:
        key = (viewer.id, number)
        kept = self._kept.get(key)
        if kept is None or kept[0] != version:
            made = self._user(viewer, what) if isinstance(what, User) else None
            made = made or self._channel(viewer, what)
            kept = self._kept[key] = (version, bytes(made))
        return kept[1]

    def _user(self, viewer: User, user: User) -> Any:
        photo = user.photo and types.UserProfilePhoto(user.photo.id, user.photo.dc_id)
        own = viewer.id == user.id
        return types.User(
            user.id,
            is_self=own,
            bot=user.is_bot,
            access_hash=self._world.access_hash(viewer.id, user.id),
            first_name=user.first_name,
            username=user.username or None,
            phone=user.phone if own and user.phone else None,
            photo=photo,
            bot_info_version=1 if user.is_bot else None,
            lang_code=(user.language or None) if viewer.is_bot else None,
        )

    def _channel(self, viewer: User, channel: Any) -> Any:
        access_hash = self._world.access_hash(viewer.id, channel.id)
        broadcast = channel.is_broadcast
        if viewer.id in channel.banned:
            return types.ChannelForbidden(
                channel.id,
                access_hash,
                channel.title,
                broadcast=broadcast,
                megagroup=not broadcast,
            )
        member = channel.members.get(viewer.id)
        photo = channel.photo
        rights = types.ChatAdminRights(
            post_messages=True, edit_messages=True, delete_messages=True, invite_users=True
        )
        return types.Channel(
            channel.id,
            channel.title,
            types.ChatPhoto(photo.id, photo.dc_id) if photo else types.ChatPhotoEmpty(),
            member.since if member else channel.created,
            left=member is None,
            broadcast=broadcast,
            megagroup=not broadcast,
            access_hash=access_hash,
            restricted=bool(channel.restriction),
            restriction_reason=[_restriction(channel.restriction)] if channel.restriction else None,
            has_link=bool(channel.linked_chat_id),
            forum=bool(channel.topics),
            username=channel.username or None,
            admin_rights=rights if member and member.admin else None,
            participants_count=len(channel.members),
        )


def _restriction(written: str) -> types.RestrictionReason:
    code, _, words = written.partition(": ")
    return types.RestrictionReason("all", code, words)


def channel_message(channel: Channel, message: StoredMessage, viewer_id: int) -> bytes:
    """Serialise a message of a channel."""
    peer = types.PeerChannel(channel.id)
    sender = types.PeerUser(message.sender) if message.sender else None
    return _message(
        message,
        peer,
        out=bool(message.sender) and message.sender == viewer_id,
        post=channel.is_broadcast,
        from_id=None if channel.is_broadcast else sender,
        views=message.views if channel.is_broadcast else None,
    )


def private_message(message: StoredMessage) -> bytes:
    """Serialise a message of a private chat, from its owner's box."""
    details = message.detailed()
    peer = types.PeerUser(details.chat)
    sender = types.PeerUser(message.sender) if details.out else None
    return _message(message, peer, out=details.out, post=False, from_id=sender, views=None)


def mentioned(message: StoredMessage) -> tuple[int, ...]:
    """Give the peers that must come along with a message for a client to understand it."""
    sender = (message.sender,) if message.sender else ()
    if message.details is None:
        return sender
    chat = (message.details.chat,) if message.details.chat else ()
    return sender + chat + message.details.mentions


def channel_update(change: Change, channel: Channel, viewer_id: int) -> bytes:
    """Serialise the update that tells a channel's change; a vanished message is a deletion."""
    message = channel.history.get(change.ids[0])
    if change.kind is ChangeKind.DELETED or message is None:
        ids = list(change.ids)
        return bytes(
            types.UpdateDeleteChannelMessages(channel.id, ids, change.pts, change.pts_count)
        )
    head = _NEW_IN_CHANNEL if change.kind is ChangeKind.NEW else _EDITED_IN_CHANNEL
    body = channel_message(channel, message, viewer_id)
    return head + body + struct.pack("<ii", change.pts, change.pts_count)


def private_update(change: Change, owner: User) -> bytes:
    """Serialise the update that tells a change of an account's own box."""
    message = owner.box.get(change.ids[0])
    if change.kind is ChangeKind.DELETED or message is None:
        return bytes(types.UpdateDeleteMessages(list(change.ids), change.pts, change.pts_count))
    head = _NEW if change.kind is ChangeKind.NEW else _EDITED
    return head + private_message(message) + struct.pack("<ii", change.pts, change.pts_count)


def _message(
    message: StoredMessage, peer: Any, *, out: bool, post: bool, from_id: Any, views: int | None
) -> bytes:
    details = message.details
    if details is None:
        return bytes(
            types.Message(
                message.id,
                peer,
                date=message.date,
                message=message.text,
                out=out,
                post=post,
                from_id=from_id,
                views=views,
                forwards=None if views is None else 0,
            )
        )
    reply = None
    if details.reply_to:
        reply = types.MessageReplyHeader(
            reply_to_msg_id=details.reply_to,
            reply_to_top_id=details.topic if details.topic not in (0, details.reply_to) else None,
            forum_topic=bool(details.topic),
        )
    if details.action is not None:
        return bytes(
            types.MessageService(
                message.id,
                peer,
                date=message.date,
                action=details.action,
                out=out,
                post=post,
                from_id=from_id,
                reply_to=reply,
            )
        )
    return bytes(
        types.Message(
            message.id,
            peer,
            date=message.date,
            message=message.text,
            out=out,
            post=post,
            silent=details.silent,
            pinned=details.pinned,
            from_id=from_id,
            fwd_from=details.forward,
            reply_to=reply,
            media=details.media,
            reply_markup=details.markup,
            entities=details.entities or None,
            views=views,
            forwards=None if views is None else 0,
            edit_date=details.edit_date or None,
            grouped_id=details.grouped_id or None,
        )
    )
