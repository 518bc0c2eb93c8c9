"""Channels as places: looking at them, joining, leaving, invites, members."""

from typing import Any

from telethon.tl import types

from bot.sandbox import posting
from bot.sandbox.methods.call import Call
from bot.sandbox.tickets import Invite
from bot.sandbox.tl import Raw, RpcError
from bot.sandbox.world import Channel, Kind, Member, participant

_PARTICIPANTS_MAX = 200


def get_channels(call: Call, request: Any) -> Any:
    """channels.getChannels."""
    chats = []
    for named in request.id:
        channel = call.world.channel_for(call.user, named)
        chats.append(Raw(call.desk.views.channel(call.user, channel)))
    return types.messages.Chats(chats)


def get_full_channel(call: Call, request: Any) -> Any:
    """channels.getFullChannel."""
    channel = call.world.channel_for(call.user, request.channel)
    full = types.ChannelFull(
        channel.id,
        about=channel.about,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        chat_photo=channel.photo or types.PhotoEmpty(0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=channel.history.pts,
        participants_count=len(channel.members),
        pinned_msg_id=channel.pinned_id or None,
        linked_chat_id=channel.linked_chat_id or None,
    )
    _, chats = call.peers([channel.id, channel.linked_chat_id])
    return types.messages.ChatFull(full, chats, [])


def join_channel(call: Call, request: Any) -> Any:
    """channels.joinChannel: public channels only."""
    channel = call.world.channel_for(call.user, request.channel)
    return _joined(call, channel, types.MessageActionChatAddUser([call.user.id]))


def leave_channel(call: Call, request: Any) -> Any:
    """channels.leaveChannel."""
    channel = call.world.channel_for(call.user, request.channel)
    call.world.leave(call.user, channel, origin=call.origin)
    return call.updates([bytes(types.UpdateChannel(channel.id))], [channel.id])


def check_chat_invite(call: Call, request: Any) -> Any:
    """messages.checkChatInvite: what one may know of a private channel before joining."""
    channel = call.world.channels[_invite(call, request.hash).channel_id]
    if call.user.id in channel.members:
        return types.ChatInviteAlready(Raw(call.desk.views.channel(call.user, channel)))
    return types.ChatInvite(
        channel.title,
        channel.photo or types.PhotoEmpty(0),
        len(channel.members),
        color=0,
        channel=True,
        broadcast=channel.is_broadcast,
        megagroup=not channel.is_broadcast,
        public=bool(channel.username),
        about=channel.about or None,
    )


def import_chat_invite(call: Call, request: Any) -> Any:
    """messages.importChatInvite: join by link."""
    invite = _invite(call, request.hash)
    channel = call.world.channels[invite.channel_id]
    if call.user.id in channel.members:
        raise RpcError("USER_ALREADY_PARTICIPANT")
    if invite.limit and invite.used >= invite.limit:
        raise RpcError("USERS_TOO_MUCH")
    answer = _joined(call, channel, types.MessageActionChatJoinedByLink(call.user.id))
    invite.used += 1
    return answer


def export_chat_invite(call: Call, request: Any) -> Any:
    """messages.exportChatInvite: for admins."""
    channel = call.world.channel_for(call.user, request.peer)
    _require_admin(call, channel)
    expires = int(request.expire_date.timestamp()) if request.expire_date else 0
    invite = call.world.add_invite(channel, expires=expires, limit=request.usage_limit or 0)
    return types.ChatInviteExported(
        invite.link,
        call.user.id,
        invite.created,
        expire_date=request.expire_date,
        usage_limit=request.usage_limit,
    )


def create_channel(call: Call, request: Any) -> Any:
    """channels.createChannel: the maker is its first admin."""
    kind = Kind.MEGAGROUP if request.megagroup else Kind.BROADCAST
    channel = call.world.add_channel(request.title, kind=kind, about=request.about)
    call.world.add_member(channel, call.user, admin=True)
    action = types.MessageActionChannelCreate(request.title)
    draft = posting.Draft(action=action, sender=0 if channel.is_broadcast else call.user.id)
    posting.post(call.world, channel, draft, origin=call.origin)
    return call.updates([bytes(types.UpdateChannel(channel.id))], [channel.id])


def update_username(call: Call, request: Any) -> Any:
    """channels.updateUsername: makes a channel public, or private with an empty name."""
    channel = call.world.channel_for(call.user, request.channel)
    _require_admin(call, channel)
    if request.username == channel.username:
        raise RpcError("USERNAME_NOT_MODIFIED")
    if request.username.lower() in call.world.usernames:
        raise RpcError("USERNAME_OCCUPIED")
    call.world.rename(channel, username=request.username)
    return True


def get_participant(call: Call, request: Any) -> Any:
    """channels.getParticipant: of others in a broadcast channel for admins only."""
    channel = call.world.channel_for(call.user, request.channel)
    user = call.world.user_for(call.user, request.participant)
    if channel.is_broadcast and user.id != call.user.id:
        _require_admin(call, channel)
    member = channel.members.get(user.id)
    if member is None:
        raise RpcError("USER_NOT_PARTICIPANT")
    users, chats = call.peers([user.id, channel.id])
    return types.channels.ChannelParticipant(_participant(call, member), chats, users)


def get_participants(call: Call, request: Any) -> Any:
    """channels.getParticipants: a broadcast channel tells its members to admins only."""
    channel = call.world.channel_for(call.user, request.channel)
    if channel.is_broadcast:
        _require_admin(call, channel)
    wanted = [
        member for member in channel.members.values() if _is_wanted(call, member, request.filter)
    ]
    limit = min(request.limit, _PARTICIPANTS_MAX)
    page = wanted[request.offset : request.offset + limit]
    users, chats = call.peers([channel.id, *(member.user_id for member in page)])
    found = [_participant(call, member) for member in page]
    return types.channels.ChannelParticipants(len(wanted), found, chats, users)


def is_admin(call: Call, channel: Channel) -> bool:
    """Say whether the caller may post and edit in a broadcast channel."""
    member = channel.members.get(call.user.id)
    return member is not None and member.admin


def _require_admin(call: Call, channel: Channel) -> None:
    if not is_admin(call, channel):
        raise RpcError("CHAT_ADMIN_REQUIRED")


def _invite(call: Call, invite_hash: str) -> Invite:
    _ = call.user
    if not invite_hash:
        raise RpcError("INVITE_HASH_EMPTY")
    invite = call.world.invites.get(invite_hash)
    if invite is None:
        raise RpcError("INVITE_HASH_INVALID")
    if invite.revoked or (invite.expires and invite.expires <= call.world.now()):
        raise RpcError("INVITE_HASH_EXPIRED")
    return invite


def _joined(call: Call, channel: Channel, action: Any) -> Any:
    fresh = call.user.id not in channel.members
    call.world.join(call.user, channel, origin=call.origin)
    if fresh and not channel.is_broadcast:
        posting.post(call.world, channel, posting.Draft(action=action, sender=call.user.id))
    update = bytes(types.UpdateChannel(channel.id))
    return types.messages.ChatInviteJoinResultOk(Raw(call.updates([update], [channel.id])))


def _participant(call: Call, member: Member) -> Any:
    if member.user_id == call.user.id and not member.admin:
        return types.ChannelParticipantSelf(member.user_id, member.user_id, member.since)
    return participant(member)


def _is_wanted(call: Call, member: Member, chosen: Any) -> bool:
    user = call.world.users[member.user_id]
    match chosen:
        case types.ChannelParticipantsAdmins():
            return member.admin
        case types.ChannelParticipantsBots():
            return user.is_bot
        case types.ChannelParticipantsSearch():
            return chosen.q.lower() in f"{user.first_name} {user.username}".lower()
        case types.ChannelParticipantsBanned() | types.ChannelParticipantsKicked():
            return False
    return True
