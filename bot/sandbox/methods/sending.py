"""Sending, editing, forwarding, pinning and deleting, with Telegram's limits and refusals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from telethon.tl import types

from bot.sandbox import posting, private
from bot.sandbox.history import Change, History, StoredMessage
from bot.sandbox.methods.call import Call
from bot.sandbox.methods.channels import is_admin
from bot.sandbox.methods.files import media_of
from bot.sandbox.posting import Draft
from bot.sandbox.tl import RpcError
from bot.sandbox.views import channel_update, mentioned, private_update
from bot.sandbox.world import Channel, User

TEXT_MAX = 4096
CAPTION_MAX = 1024
_BUTTON_DATA_MAX = 64


def send_message(call: Call, request: Any) -> Any:
    """messages.sendMessage: up to 4,096 UTF-16 units."""
    text = _checked_text(request.message)
    if not text.strip():
        raise RpcError("MESSAGE_EMPTY")
    return _sent(call, request, [(request.random_id, _draft(call, request, text))])


def send_media(call: Call, request: Any) -> Any:
    """messages.sendMedia: captions up to 1,024 UTF-16 units."""
    draft = _draft(call, request, _checked_caption(request.message))
    draft = replace(draft, media=media_of(call, request.media))
    return _sent(call, request, [(request.random_id, draft)])


def send_multi_media(call: Call, request: Any) -> Any:
    """messages.sendMultiMedia: an album."""
    items = []
    for single in request.multi_media:
        draft = Draft(
            _checked_caption(single.message),
            single.entities,
            media_of(call, single.media),
            reply_to=_reply_to(request),
            silent=bool(request.silent),
            grouped_id=request.multi_media[0].random_id & (1 << 62) - 1 or 1,
        )
        items.append((single.random_id, draft))
    return _sent(call, request, items)


def forward_messages(call: Call, request: Any) -> Any:
    """messages.forwardMessages."""
    source = call.world.peer_for(call.user, request.from_peer)
    items = []
    for number, random_id in zip(request.id, request.random_id, strict=True):
        box = source.history if isinstance(source, Channel) else call.user.box
        original = box.get(number)
        if original is None:
            raise RpcError("MESSAGE_ID_INVALID")
        items.append((random_id, _forward_draft(request, source, original)))
    return _sent(call, request, items, to_peer=request.to_peer)


def edit_message(call: Call, request: Any) -> Any:
    """messages.editMessage: one's own messages; admins also the channel's."""
    peer = call.world.peer_for(call.user, request.peer)
    message = _own_message(call, peer, request.id)
    draft = _edit_draft(call, request, message)
    if isinstance(peer, Channel):
        change = posting.edit(call.world, peer, message.id, draft, origin=call.origin)
    else:
        change = private.edit(call.world, call.user, message, draft, origin=call.origin)
    return _told(call, peer, [change], [])


def update_pinned_message(call: Call, request: Any) -> Any:
    """messages.updatePinnedMessage."""
    peer = call.world.peer_for(call.user, request.peer)
    pinned = not request.unpin
    if isinstance(peer, Channel):
        if not is_admin(call, peer):
            raise RpcError("CHAT_ADMIN_REQUIRED")
        _existing(peer.history, request.id)
        change = posting.pin(call.world, peer, request.id, pinned=pinned, origin=call.origin)
    else:
        message = _existing(call.user.box, request.id)
        change = private.pin(call.world, call.user, message, pinned=pinned, origin=call.origin)
    return _told(call, peer, [change], [])


def delete_messages(call: Call, request: Any) -> Any:
    """messages.deleteMessages: from one's own box, with `revoke` from the other side too."""
    revoke = bool(request.revoke) or call.user.is_bot
    change = private.delete(call.world, call.user, request.id, revoke=revoke, origin=call.origin)
    count = change.pts_count if change else 0
    return types.messages.AffectedMessages(call.user.box.pts, count)


def delete_channel_messages(call: Call, request: Any) -> Any:
    """channels.deleteMessages: one's own, or any for admins."""
    channel = call.world.channel_for(call.user, request.channel)
    for number in request.id:
        message = channel.history.get(number)
        if message and message.sender != call.user.id and not is_admin(call, channel):
            raise RpcError("MESSAGE_DELETE_FORBIDDEN", 403)
    change = posting.delete(call.world, channel, request.id, origin=call.origin)
    count = change.pts_count if change else 0
    return types.messages.AffectedMessages(channel.history.pts, count)


def start_bot(call: Call, request: Any) -> Any:
    """messages.startBot: "/start" with a parameter."""
    bot = call.world.user_for(call.user, request.bot)
    draft = Draft(f"/start {request.start_param}".strip())
    request.peer = types.InputPeerUser(bot.id, call.world.access_hash(call.user.id, bot.id))
    return _sent(call, request, [(request.random_id, draft)])


def _sent(call: Call, request: Any, items: Sequence[tuple[int, Draft]], to_peer: Any = None) -> Any:
    """Send drafts with their random ids; each id is good for one message ever."""
    peer = call.world.peer_for(call.user, to_peer or request.peer)
    used = call.user.random_ids
    if any(random_id in used for random_id, _ in items):
        raise RpcError("RANDOM_ID_DUPLICATE", 500)
    if isinstance(peer, Channel):
        _check_may_post(call, peer)
    changes = []
    for random_id, draft in items:
        if isinstance(peer, Channel):
            change = _posted(call, peer, draft)
        else:
            change = private.send(
                call.world, call.user, peer, draft, random_id=random_id, origin=call.origin
            )
        used.add(random_id)
        changes.append(change)
    return _told(call, peer, changes, [random_id for random_id, _ in items])


def _posted(call: Call, channel: Channel, draft: Draft) -> Change:
    if draft.topic and draft.topic not in channel.topics:
        raise RpcError("TOPIC_DELETED")
    sender = 0 if channel.is_broadcast else call.user.id
    return posting.post(call.world, channel, replace(draft, sender=sender), origin=call.origin)


def _told(
    call: Call, peer: User | Channel, changes: Sequence[Change], random_ids: Sequence[int]
) -> bytes:
    """Give the Updates by which the sender learns ids and pts of what it did."""
    items = [
        bytes(types.UpdateMessageID(change.ids[0], random_id))
        for change, random_id in zip(changes, random_ids, strict=False)
    ]
    ids = [call.user.id, peer.id]
    for change in changes:
        if isinstance(peer, Channel):
            items.append(channel_update(change, peer, call.user.id))
            message = peer.history.get(change.ids[0])
        else:
            items.append(private_update(change, call.user))
            message = call.user.box.get(change.ids[0])
        ids.extend(mentioned(message) if message else ())
    return call.updates(items, ids)


def _draft(call: Call, request: Any, text: str) -> Draft:
    markup = request.reply_markup if call.user.is_bot else None
    return Draft(
        text,
        request.entities,
        markup=_checked_markup(markup),
        reply_to=_reply_to(request),
        topic=getattr(getattr(request, "reply_to", None), "top_msg_id", 0) or 0,
        silent=bool(request.silent),
    )


def _forward_draft(request: Any, source: User | Channel, original: StoredMessage) -> Draft:
    details = original.details
    draft = Draft(
        original.text,
        details.entities if details else None,
        details.media if details else None,
        silent=bool(request.silent),
    )
    if request.drop_author:
        return draft
    if isinstance(source, Channel):
        header = posting.forward_header(source, original)
        return replace(draft, forward=header, mentions=(source.id,))
    header = types.MessageFwdHeader(original.date, from_id=types.PeerUser(original.sender))
    return replace(draft, forward=header, mentions=(original.sender,))


def _edit_draft(call: Call, request: Any, message: StoredMessage) -> Draft:
    details = message.detailed()
    has_file = details.media is not None and not isinstance(
        details.media, types.MessageMediaWebPage
    )
    check = _checked_caption if has_file or request.media else _checked_text
    text = message.text if request.message is None else check(request.message)
    markup = _checked_markup(request.reply_markup)
    entities = details.entities if request.message is None else request.entities
    same = (text, entities or None) == (message.text, details.entities or None)
    if same and _same_markup(markup, details.markup) and not request.media:
        raise RpcError("MESSAGE_NOT_MODIFIED")
    if not text and not has_file:
        raise RpcError("MESSAGE_EMPTY")
    media = media_of(call, request.media) if request.media else None
    return Draft(text, entities, media, markup)


def _same_markup(one: Any, other: Any) -> bool:
    return (bytes(one) if one else b"") == (bytes(other) if other else b"")


def _existing(box: History, number: int) -> StoredMessage:
    message = box.get(number)
    if message is None:
        raise RpcError("MESSAGE_ID_INVALID")
    return message


def _own_message(call: Call, peer: User | Channel, number: int) -> StoredMessage:
    box = peer.history if isinstance(peer, Channel) else call.user.box
    message = _existing(box, number)
    if message.details is not None and message.details.action is not None:
        raise RpcError("MESSAGE_ID_INVALID")
    allowed = message.sender == call.user.id
    if isinstance(peer, Channel) and is_admin(call, peer) and peer.is_broadcast:
        allowed = True
    if not allowed:
        raise RpcError("MESSAGE_AUTHOR_REQUIRED", 403)
    return message


def _check_may_post(call: Call, channel: Channel) -> None:
    if channel.is_broadcast and not is_admin(call, channel):
        raise RpcError("CHAT_ADMIN_REQUIRED")
    if call.user.id not in channel.members:
        raise RpcError("CHAT_WRITE_FORBIDDEN", 403)


def _reply_to(request: Any) -> int:
    named = getattr(request, "reply_to", None)
    return getattr(named, "reply_to_msg_id", 0) or 0


def _checked_text(text: str) -> str:
    if _utf16_units(text) > TEXT_MAX:
        raise RpcError("MESSAGE_TOO_LONG")
    return text


def _checked_caption(text: str) -> str:
    if _utf16_units(text) > CAPTION_MAX:
        raise RpcError("MEDIA_CAPTION_TOO_LONG")
    return text


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _checked_markup(markup: Any) -> Any:
    for row in getattr(markup, "rows", ()):
        for button in row.buttons:
            data = getattr(getattr(button, "type", None), "data", b"")
            if len(data) > _BUTTON_DATA_MAX:
                raise RpcError("BUTTON_DATA_INVALID")
    return markup
