"""Accounts and what one sees of others: users, usernames, dialogs, bots' command lists."""

from typing import Any

from telethon.tl import types

from bot.sandbox.methods.call import Call
from bot.sandbox.tl import Raw, RpcError
from bot.sandbox.views import channel_message, mentioned, private_message
from bot.sandbox.world import Channel, User

_USERNAME_MIN = 4
_USERNAME_MAX = 32


def get_users(call: Call, request: Any) -> Any:
    """users.getUsers: wrong names give UserEmpty."""
    viewer = call.user
    found: list[Any] = []
    for named in request.id:
        try:
            user = call.world.user_for(viewer, named)
        except RpcError:
            found.append(types.UserEmpty(getattr(named, "user_id", 0)))
        else:
            found.append(Raw(call.desk.views.user(viewer, user)))
    return found


def get_full_user(call: Call, request: Any) -> Any:
    """users.getFullUser."""
    user = call.world.user_for(call.user, request.id)
    users, _ = call.peers([user.id])
    full = types.UserFull(
        user.id,
        settings=types.PeerSettings(),
        notify_settings=types.PeerNotifySettings(),
        common_chats_count=0,
        blocked=user.id in call.user.blocked,
        profile_photo=user.photo,
        bot_info=_bot_info(user) if user.is_bot else None,
    )
    return types.users.UserFull(full, [], users)


def resolve_username(call: Call, request: Any) -> Any:
    """contacts.resolveUsername: the scarce one; only public peers have usernames."""
    name = request.username.lstrip("@")
    plain = name.replace("_", "").isalnum() and name.isascii()
    if not plain or not _USERNAME_MIN <= len(name) <= _USERNAME_MAX:
        raise RpcError("USERNAME_INVALID")
    number = call.world.usernames.get(name.lower())
    if number is None:
        raise RpcError("USERNAME_NOT_OCCUPIED")
    users, chats = call.peers([number])
    is_channel = number in call.world.channels
    peer = types.PeerChannel(number) if is_channel else types.PeerUser(number)
    return types.contacts.ResolvedPeer(peer, chats, users)


def get_contacts(call: Call, _request: Any) -> Any:
    """contacts.getContacts: nobody has any."""
    _ = call.user
    return types.contacts.Contacts([], 0, [])


def block(call: Call, request: Any) -> Any:
    """contacts.block."""
    call.world.block(call.user, call.world.user_for(call.user, request.id))
    return True


def unblock(call: Call, request: Any) -> Any:
    """contacts.unblock."""
    call.world.block(call.user, call.world.user_for(call.user, request.id), blocked=False)
    return True


def get_dialogs(call: Call, request: Any) -> Any:
    """messages.getDialogs: channels joined and private chats, the latest first."""
    if call.user.is_bot:
        raise RpcError("BOT_METHOD_INVALID")
    entries = _dialogs(call)
    total = len(entries)
    offset = request.offset_peer
    if not isinstance(offset, types.InputPeerEmpty):
        number = getattr(offset, "channel_id", 0) or getattr(offset, "user_id", 0)
        places = [at for at, entry in enumerate(entries) if entry[1].id == number]
        entries = entries[places[0] + 1 :] if places else []
    page = entries[: max(1, min(request.limit, 100))]
    dialogs, messages, ids = [], [], [call.user.id]
    for _, peer, top in page:
        dialogs.append(_dialog(peer, top))
        ids.append(peer.id)
        if top is not None:
            ids.extend(mentioned(top))
            if isinstance(peer, Channel):
                messages.append(Raw(channel_message(peer, top, call.user.id)))
            else:
                messages.append(Raw(private_message(top)))
    users, chats = call.peers(ids)
    if len(page) == total:
        return types.messages.Dialogs(dialogs, messages, chats, users)
    return types.messages.DialogsSlice(total, dialogs, messages, chats, users)


def get_peer_dialogs(call: Call, request: Any) -> Any:
    """messages.getPeerDialogs."""
    wanted = [call.world.peer_for(call.user, named.peer).id for named in request.peers]
    page = [entry for entry in _dialogs(call) if entry[1].id in wanted]
    users, chats = call.peers([call.user.id, *wanted])
    dialogs = [_dialog(peer, top) for _, peer, top in page]
    state = types.updates.State(call.user.box.pts, call.user.qts, call.world.now(), 1, 0)
    return types.messages.PeerDialogs(dialogs, [], chats, users, state)


def set_bot_commands(call: Call, request: Any) -> Any:
    """bots.setBotCommands: kept per scope and language."""
    _only_bots(call)
    call.user.commands[_scope(request)] = request.commands
    return True


def get_bot_commands(call: Call, request: Any) -> Any:
    """bots.getBotCommands."""
    _only_bots(call)
    return list(call.user.commands.get(_scope(request), []))


def reset_bot_commands(call: Call, request: Any) -> Any:
    """bots.resetBotCommands."""
    _only_bots(call)
    call.user.commands.pop(_scope(request), None)
    return True


def accept(call: Call, _request: Any) -> Any:
    """Say yes to what needs an account but changes nothing here (updateStatus, setTyping)."""
    _ = call.user
    return True


def _only_bots(call: Call) -> None:
    if not call.user.is_bot:
        raise RpcError("USER_BOT_REQUIRED")


def _scope(request: Any) -> tuple[bytes, str]:
    return bytes(request.scope), request.lang_code


def _bot_info(bot: User) -> Any:
    default = bot.commands.get((bytes(types.BotCommandScopeDefault()), ""), [])
    return types.BotInfo(user_id=bot.id, description="", commands=list(default))


def _dialogs(call: Call) -> list[tuple[int, User | Channel, Any]]:
    world, user = call.world, call.user
    found: list[tuple[int, User | Channel, Any]] = []
    for channel in world.channels_of(user):
        top = channel.history.top
        found.append((top.date if top else channel.created, channel, top))
    tops: dict[int, Any] = {}
    for number in range(1, user.box.next_id):
        message = user.box.get(number)
        if message is not None and message.details is not None:
            tops[message.details.chat] = message
    found += [(top.date, world.users[chat], top) for chat, top in tops.items()]
    return sorted(found, key=lambda entry: (entry[0], entry[1].id), reverse=True)


def _dialog(peer: User | Channel, top: Any) -> Any:
    is_channel = isinstance(peer, Channel)
    return types.Dialog(
        types.PeerChannel(peer.id) if is_channel else types.PeerUser(peer.id),
        top_message=top.id if top else 0,
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=peer.history.pts if isinstance(peer, Channel) else None,
    )
