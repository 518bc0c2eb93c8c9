"""History: windows, searches, single messages, views, read marks."""

from collections.abc import Callable, Sequence
from typing import Any

from telethon.tl import types

from bot.sandbox.history import StoredMessage, Window
from bot.sandbox.methods.call import Call
from bot.sandbox.private import chat_messages
from bot.sandbox.tl import Raw, RpcError
from bot.sandbox.views import channel_message, mentioned, private_message
from bot.sandbox.world import Channel, User

_PAGE = 100
Wanted = Callable[[StoredMessage], bool]


def get_history(call: Call, request: Any) -> Any:
    """messages.getHistory with all its offsets; at most 100 messages a call."""
    peer = call.world.peer_for(call.user, request.peer)
    window = Window(
        limit=max(0, min(request.limit, _PAGE)),
        offset_id=request.offset_id,
        offset_date=_seconds(request.offset_date),
        add_offset=request.add_offset,
        max_id=request.max_id,
        min_id=request.min_id,
    )
    return _page(call, peer, window, None)


def search(call: Call, request: Any) -> Any:
    """messages.search: text in any case, a kind of media, a sender, dates."""
    peer = call.world.peer_for(call.user, request.peer)
    window = Window(
        limit=max(0, min(request.limit, _PAGE)),
        offset_id=request.offset_id,
        add_offset=request.add_offset,
        max_id=request.max_id,
        min_id=request.min_id,
    )
    sender = call.world.peer_for(call.user, request.from_id).id if request.from_id else 0
    earliest, latest = _seconds(request.min_date), _seconds(request.max_date)
    text, fits = request.q.lower(), _filter(request.filter)

    def wanted(message: StoredMessage) -> bool:
        return (
            text in message.text.lower()
            and fits(message)
            and (not sender or message.sender == sender)
            and message.date >= earliest
            and (not latest or message.date < latest)
        )

    return _page(call, peer, window, wanted)


def get_replies(call: Call, request: Any) -> Any:
    """messages.getReplies: the messages of a group that answer one."""
    peer = call.world.peer_for(call.user, request.peer)
    window = Window(
        limit=max(0, min(request.limit, _PAGE)),
        offset_id=request.offset_id,
        offset_date=_seconds(request.offset_date),
        add_offset=request.add_offset,
        max_id=request.max_id,
        min_id=request.min_id,
    )

    def wanted(message: StoredMessage) -> bool:
        return message.details is not None and message.details.reply_to == request.msg_id

    return _page(call, peer, window, wanted)


def get_channel_messages(call: Call, request: Any) -> Any:
    """channels.getMessages: those asked for, MessageEmpty for those that are gone."""
    channel = call.world.channel_for(call.user, request.channel)
    if not request.id:
        raise RpcError("MESSAGE_IDS_EMPTY")
    found: list[StoredMessage | int] = []
    for named in request.id[:_PAGE]:
        if isinstance(named, types.InputMessagePinned):
            number = channel.pinned_id
        else:
            number = _message_id(channel, named)
        found.append(channel.history.get(number) or number)
    messages = [
        types.MessageEmpty(item, None)
        if isinstance(item, int)
        else Raw(channel_message(channel, item, call.user.id))
        for item in found
    ]
    real = [item for item in found if not isinstance(item, int)]
    users, chats = call.peers([channel.id, *_mentions(real)])
    pts = channel.history.pts
    return types.messages.ChannelMessages(pts, len(messages), messages, [], chats, users)


def get_messages(call: Call, request: Any) -> Any:
    """messages.getMessages: from one's own box (private chats)."""
    box = call.user.box
    found = [box.get(named.id) or named.id for named in request.id[:_PAGE]]
    messages = [
        types.MessageEmpty(item, None) if isinstance(item, int) else Raw(private_message(item))
        for item in found
    ]
    real = [item for item in found if not isinstance(item, int)]
    users, chats = call.peers([call.user.id, *_mentions(real)])
    return types.messages.Messages(messages, [], chats, users)


def get_messages_views(call: Call, request: Any) -> Any:
    """messages.getMessagesViews; `increment` counts a view."""
    channel = call.world.channel_for(call.user, request.peer)
    found = []
    for number in request.id:
        message = channel.history.get(number)
        if message is not None and request.increment:
            message.views += 1
        found.append(types.MessageViews(views=message.views, forwards=0) if message else None)
    views = [item or types.MessageViews() for item in found]
    _, chats = call.peers([channel.id])
    return types.messages.MessageViews(views, chats, [])


def read_history(call: Call, request: Any) -> Any:
    """messages.readHistory: nobody counts unread messages here."""
    call.world.peer_for(call.user, request.peer)
    return types.messages.AffectedMessages(call.user.box.pts, 0)


def read_channel_history(call: Call, request: Any) -> Any:
    """channels.readHistory."""
    call.world.channel_for(call.user, request.channel)
    return True


def _page(call: Call, peer: User | Channel, window: Window, wanted: Wanted | None) -> Any:
    if isinstance(peer, Channel):
        return _channel_page(call, peer, window, wanted)
    in_chat = chat_messages(peer.id)

    def wanted_here(message: StoredMessage) -> bool:
        return in_chat(message) and (wanted is None or wanted(message))

    box = call.user.box
    found = box.window(window, wanted_here)
    total = len(box.window(Window(limit=box.next_id), wanted_here))
    messages = [Raw(private_message(message)) for message in found]
    users, chats = call.peers([call.user.id, peer.id, *_mentions(found)])
    if len(found) == total:
        return types.messages.Messages(messages, [], chats, users)
    return types.messages.MessagesSlice(total, messages, [], chats, users)


def _channel_page(call: Call, channel: Channel, window: Window, wanted: Wanted | None) -> Any:
    history = channel.history
    found = history.window(window, wanted)
    total = history.count
    if wanted is not None:
        total = len(history.window(Window(limit=history.next_id), wanted))
    messages = [Raw(channel_message(channel, message, call.user.id)) for message in found]
    users, chats = call.peers([channel.id, *_mentions(found)])
    return types.messages.ChannelMessages(history.pts, total, messages, [], chats, users)


def _mentions(messages: Sequence[StoredMessage]) -> list[int]:
    return [number for message in messages for number in mentioned(message)]


def _message_id(channel: Channel, named: Any) -> int:
    if isinstance(named, types.InputMessageReplyTo):
        message = channel.history.get(named.id)
        return message.details.reply_to if message and message.details else 0
    return int(named.id)


def _seconds(date: Any) -> int:
    """Give Unix seconds of a TL date; 0 stands for none, as in TL itself."""
    return int(date.timestamp()) if date else 0


def _filter(chosen: Any) -> Wanted:
    """Give the test for one InputMessagesFilter; those not served here let everything pass."""
    return _FILTERS.get(type(chosen), lambda _: True)


def _media_is(*kinds: type) -> Wanted:
    return lambda message: message.details is not None and isinstance(message.details.media, kinds)


def _is_video(message: StoredMessage) -> bool:
    media = message.details and message.details.media
    mime = getattr(getattr(media, "document", None), "mime_type", "")
    return bool(mime.startswith("video/"))


def _has_link(message: StoredMessage) -> bool:
    in_text = "http://" in message.text or "https://" in message.text
    return in_text or _media_is(types.MessageMediaWebPage)(message)


def _is_photo_or_video(message: StoredMessage) -> bool:
    return _media_is(types.MessageMediaPhoto)(message) or _is_video(message)


def _is_pinned(message: StoredMessage) -> bool:
    return message.details is not None and message.details.pinned


_FILTERS: dict[type, Wanted] = {
    types.InputMessagesFilterPhotos: _media_is(types.MessageMediaPhoto),
    types.InputMessagesFilterDocument: _media_is(types.MessageMediaDocument),
    types.InputMessagesFilterPoll: _media_is(types.MessageMediaPoll),
    types.InputMessagesFilterVideo: _is_video,
    types.InputMessagesFilterPhotoVideo: _is_photo_or_video,
    types.InputMessagesFilterUrl: _has_link,
    types.InputMessagesFilterPinned: _is_pinned,
}
