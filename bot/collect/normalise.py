"""Telethon's message objects to `SeenMessage`: what was said, by whom, with what attached.

Pure: nothing is asked of Telegram or the database. What is not understood is left out of the
searchable text, never guessed; the exact bytes are kept beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from telethon import types, utils
from telethon.extensions import BinaryReader

from storage.records import Has, Is, SeenChannel, SeenDeletion, SeenMessage, SeenService

Entities = Mapping[int, Any]  # Telethon's marked peer id → user or chat that came along
_LINKS = (types.MessageEntityUrl, types.MessageEntityTextUrl)
_ENTITY_NAMES = {
    types.MessageEntityBold: "bold",
    types.MessageEntityItalic: "italic",
    types.MessageEntityUnderline: "underline",
    types.MessageEntityStrike: "strike",
    types.MessageEntitySpoiler: "spoiler",
    types.MessageEntityCode: "code",
    types.MessageEntityPre: "pre",
    types.MessageEntityBlockquote: "blockquote",
    types.MessageEntityUrl: "url",
    types.MessageEntityTextUrl: "text_url",
    types.MessageEntityMention: "mention",
    types.MessageEntityMentionName: "mention_name",
    types.MessageEntityHashtag: "hashtag",
    types.MessageEntityCashtag: "cashtag",
    types.MessageEntityEmail: "email",
    types.MessageEntityPhone: "phone",
    types.MessageEntityBotCommand: "bot_command",
    types.MessageEntityCustomEmoji: "custom_emoji",
}


def changed_channel(update: Any) -> int | None:
    """Give the channel that Telegram says is no longer what it was; None for another update."""
    return int(update.channel_id) if isinstance(update, types.UpdateChannel) else None


def from_update(
    update: Any,
) -> tuple[int, int, SeenMessage | SeenService | None] | SeenDeletion | None:
    """Read a pushed update: (channel, message id, message), a deletion, or None if neither.

    What is neither a message nor a service message only accounts for its id.
    """
    if isinstance(update, types.UpdateNewChannelMessage | types.UpdateEditChannelMessage):
        message = update.message
        if isinstance(message, types.MessageEmpty):
            return None
        channel = channel_of(message)
        if channel is None:
            return None
        entities = getattr(update, "_entities", {})
        return channel, message.id, seen_message(message, entities) or seen_service(message)
    if isinstance(update, types.UpdateDeleteChannelMessages):
        return SeenDeletion(update.channel_id, tuple(update.messages))
    return None


def message_of_raw(raw: bytes) -> SeenMessage:
    """Read a stored message again; what only came along with it, such as names, is missing.

    Raises ValueError for bytes that are no message of a channel.
    """
    try:
        reader = BinaryReader(raw)
        seen = seen_message(reader.tgread_object(), {})
    except Exception as error:  # noqa: BLE001  # damaged bytes fail anywhere within Telethon
        raise ValueError(f"not the bytes of a message: {error}") from None
    if reader.position != len(raw):
        raise ValueError("there are bytes after the end of the message")
    if seen is None:
        raise ValueError("the bytes of something else than a message of a channel")
    return seen


def channel_of(message: Any) -> int | None:
    """Give the channel a message is in, None for private chats and small groups."""
    peer = message.peer_id
    return int(peer.channel_id) if isinstance(peer, types.PeerChannel) else None


def seen_message(message: Any, entities: Entities) -> SeenMessage | None:
    """Read a message; None for a service message. `entities` names forwarded channels."""
    if not isinstance(message, types.Message):
        return None
    channel = channel_of(message)
    if channel is None:
        return None
    body: str = message.message or ""
    extra = [line for line in _extra_lines(message) if line]
    origin, origin_name = _origin(message.fwd_from, entities)
    if origin_name:
        extra.append(origin_name)
    text = "\n".join([body, *extra]) if extra else body
    entity_json = _entities_json(body, message.entities)
    return SeenMessage(
        telegram_channel_id=channel,
        message_id=message.id,
        posted_at=message.date or datetime.fromtimestamp(0, UTC),
        edited_at=message.edit_date,
        grouped_id=message.grouped_id,
        text=text,
        body_length=len(body),
        entities=entity_json,
        has=frozenset(_has(message)),
        marks=frozenset(_marks(message)),
        origin=origin,
        origin_name=origin_name,
        reply_to=getattr(message.reply_to, "reply_to_msg_id", None),
        author=message.post_author,
        raw=message._bytes(),  # noqa: SLF001  # what bytes() calls, without a second copy
        content_hash=_content_hash(text, entity_json, message.media),
        origin_id=getattr(getattr(message.fwd_from, "from_id", None), "channel_id", None),
        origin_message_id=getattr(message.fwd_from, "channel_post", None),
        file_id=_file_id(message.media),
    )


def seen_service(message: Any) -> SeenService | None:
    """Read a service message: it takes an id and is no post."""
    if not isinstance(message, types.MessageService):
        return None
    action = type(message.action).__name__.removeprefix("MessageAction")
    return SeenService(message.id, action, getattr(message.action, "title", None))


def seen_channel(entity: Any) -> SeenChannel | None:
    """Read how a channel is from what came along with an answer; None for anything else."""
    if not isinstance(entity, types.Channel) or getattr(entity, "min", False):
        return None
    username = entity.username or next(
        (name.username for name in entity.usernames or () if name.active), None
    )
    reasons = [
        f"{item.reason}: {item.text}" if item.text else str(item.reason)
        for item in (entity.restriction_reason or ())
    ]
    restriction = "; ".join(reasons) or "no reason given" if entity.restricted else None
    return SeenChannel(
        telegram_id=int(entity.id),
        title=str(entity.title),
        username=str(username).lower() if username else None,
        restriction=restriction,
        has_comments=bool(entity.broadcast and entity.has_link),
    )


def _extra_lines(message: Any) -> Iterator[str]:
    """Give what can be searched besides the body, a line each."""
    yield from _media_lines(message.media)
    if message.reply_markup is not None:
        for row in getattr(message.reply_markup, "rows", None) or ():
            for button in row.buttons:
                yield getattr(button, "text", "") or ""


def _media_lines(media: Any) -> Iterator[str]:
    match media:
        case types.MessageMediaPoll():
            yield _plain(media.poll.question)
            for answer in media.poll.answers:
                yield _plain(answer.text)
        case types.MessageMediaWebPage():
            for name in ("site_name", "title", "description"):
                yield getattr(media.webpage, name, None) or ""
        case types.MessageMediaDocument():
            for attribute in getattr(media.document, "attributes", None) or ():
                yield from _attribute_lines(attribute)
        case types.MessageMediaVenue():
            yield media.title
            yield media.address
            yield _degrees(media.geo)
        case types.MessageMediaGeo():
            yield _degrees(media.geo)
        case types.MessageMediaContact():
            yield f"{media.first_name} {media.last_name}".strip()


def _degrees(point: Any) -> str:
    """Write a point as people do, so that near: finds a post by its location."""
    is_known = isinstance(point, types.GeoPoint)
    return f"{point.lat:.5f}, {point.long:.5f}" if is_known else ""


def _attribute_lines(attribute: Any) -> Iterator[str]:
    if isinstance(attribute, types.DocumentAttributeFilename):
        yield attribute.file_name
    if isinstance(attribute, types.DocumentAttributeAudio):
        yield " ".join(filter(None, (attribute.performer, attribute.title)))


def _plain(text: Any) -> str:
    return str(getattr(text, "text", text) or "")


def _origin(forward: Any, entities: Entities) -> tuple[str | None, str | None]:
    """Give (username, name) of where a forward came from; (None, None) for an own message."""
    if forward is None:
        return None, None
    source = entities.get(utils.get_peer_id(forward.from_id)) if forward.from_id else None
    username = getattr(source, "username", None)
    name = getattr(source, "title", None) or forward.from_name or username
    return (username.lower() if username else None), name or ""


def _has(message: Any) -> Iterator[Has]:
    if any(isinstance(entity, _LINKS) for entity in message.entities or ()):
        yield Has.LINK
    match message.media:
        case types.MessageMediaPhoto():
            yield Has.PHOTO
        case types.MessageMediaDocument():
            yield _document_kind(message.media.document)
        case types.MessageMediaWebPage():
            yield Has.LINK
        case types.MessageMediaPoll():
            yield Has.POLL
        case types.MessageMediaGeo() | types.MessageMediaGeoLive() | types.MessageMediaVenue():
            yield Has.LOCATION


def _document_kind(document: Any) -> Has:
    attributes = getattr(document, "attributes", None) or ()
    is_video = any(isinstance(item, types.DocumentAttributeVideo) for item in attributes)
    return Has.VIDEO if is_video else Has.DOCUMENT


def _marks(message: Any) -> Iterator[Is]:
    if message.fwd_from is not None:
        yield Is.FORWARD
    if message.reply_to is not None:
        yield Is.REPLY
    if message.edit_date is not None and not message.edit_hide:
        yield Is.EDITED
    if message.grouped_id is not None:
        yield Is.ALBUM


def _entities_json(body: str, entities: Any) -> str:
    """Write formatting as JSON with offsets in code points (Telegram counts UTF-16 units)."""
    if not entities:
        return "[]"
    to_point = _point_of_unit(body)
    rows = []
    for entity in entities:
        name = _ENTITY_NAMES.get(type(entity))
        if name is None:
            continue
        start = to_point(entity.offset)
        row: dict[str, object] = {
            "type": name,
            "offset": start,
            "length": to_point(entity.offset + entity.length) - start,
        }
        for detail in ("url", "language", "user_id", "document_id"):
            value = getattr(entity, detail, None)
            if value:
                row[detail] = value
        rows.append(row)
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _point_of_unit(body: str) -> Any:
    """Give a function from UTF-16 unit offsets to code points, clamped to the text."""
    if body.isascii() or max(body) <= "\uffff":
        return lambda unit: min(max(unit, 0), len(body))
    points: list[int] = []
    for index, character in enumerate(body):
        points.extend([index] * (2 if character > "\uffff" else 1))
    points.append(len(body))
    return lambda unit: points[min(max(unit, 0), len(points) - 1)]


def _content_hash(text: str, entities: str, media: Any) -> bytes:
    """Hash what an author can change; views, reactions and votes are left out."""
    kind = "" if media is None else type(media).__name__
    content = f"{text}\0{entities}\0{kind}\0{_file_id(media) or 0}"
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _file_id(media: Any) -> int | None:
    attached = getattr(media, "photo", None) or getattr(media, "document", None)
    number = getattr(attached, "id", None)
    return None if number is None else int(number)
