"""A message as Telegram Desktop exports it → `SeenMessage`.

Pure. What such a file does not say stays unknown: albums, usernames of forwarded channels, link
previews. The raw bytes are those of the record in the file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from storage.records import Has, Is, SeenMessage

_CHANNELS = ("public_channel", "private_channel", "public_supergroup", "private_supergroup")
_MARK = "-100"  # before a channel's number in the way of Telegram's bots
_ENTITY_NAMES = {
    **{name: name for name in ("bold", "italic", "underline", "spoiler", "code", "pre")},
    **{name: name for name in ("blockquote", "mention", "mention_name", "hashtag", "cashtag")},
    **{name: name for name in ("email", "phone", "bot_command", "custom_emoji")},
    "strikethrough": "strike",
    "link": "url",
    "text_link": "text_url",
}
_HALVES = re.compile("[\ud800-\udfff]")
_VIDEOS = ("video_file", "video_message", "animation")


class RecordError(ValueError):
    """A record is not a message that can be kept; the message says what is wrong with it."""


def channel_number(header: Mapping[str, Any]) -> int | None:
    """Give Telegram's number of the channel a chat is, None for one that is no channel.

    Raises RecordError when the file does not say.
    """
    kind, number = header.get("type"), header.get("id")
    if kind is not None and kind not in _CHANNELS:
        return None
    digits = str(number).removeprefix(_MARK)
    if not isinstance(number, int) or not digits.isdecimal() or int(digits) == 0:
        raise RecordError("the file does not say which chat this is (no id before its messages)")
    return int(digits)


def seen_record(
    content: Mapping[str, Any], raw: bytes, channel: int, zone: tzinfo
) -> SeenMessage | None:
    """Read a record; None for a service message. `zone` is that of times without one.

    Raises RecordError.
    """
    if content.get("type") == "service":
        return None
    number = content.get("id")
    if not isinstance(number, int) or not 0 < number < 2**31:
        raise RecordError("it has no id")
    posted_at = _time(content, "date", zone)
    if posted_at is None:
        raise RecordError("it has no date")
    body, entities = _body(content.get("text_entities") or content.get("text") or "")
    extra = [line for line in _extra_lines(content) if line]
    text = "\n".join([body, *extra])
    entity_json = json.dumps(entities, ensure_ascii=False, separators=(",", ":"))
    edited_at = _time(content, "edited", zone)
    return SeenMessage(
        telegram_channel_id=channel,
        message_id=number,
        posted_at=posted_at,
        edited_at=edited_at,
        grouped_id=None,
        text=text,
        body_length=len(body),
        entities=entity_json,
        has=frozenset(_has(content, entities)),
        marks=frozenset(_marks(content, edited_at)),
        origin=None,
        origin_name=_origin_name(content),
        reply_to=_whole(content.get("reply_to_message_id")),
        author=_text(content.get("author")) or None,
        raw=raw,
        content_hash=_content_hash(text, entity_json, attached_path(content)),
        has_local_times=any(_is_local(content, name) for name in ("date", "edited")),
    )


def _is_local(content: Mapping[str, Any], name: str) -> bool:
    """Whether a time is told by a clock only, as versions before 2022 do."""
    if content.get(f"{name}_unixtime") or not (written := content.get(name)):
        return False
    return datetime.fromisoformat(str(written)).tzinfo is None


def _time(content: Mapping[str, Any], name: str, zone: tzinfo) -> datetime | None:
    """Read a time: by its seconds, which newer exports have, or by the clock of who exported."""
    try:
        if seconds := content.get(f"{name}_unixtime"):
            return datetime.fromtimestamp(int(seconds), UTC)
        if written := content.get(name):
            local = datetime.fromisoformat(str(written))
            return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise RecordError(f"its {name} cannot be read") from None
    return None


def _body(given: Any) -> tuple[str, list[dict[str, object]]]:
    """Join the pieces of a text; gives it and its formatting, offsets in code points."""
    body = ""
    entities: list[dict[str, object]] = []
    for piece in [given] if isinstance(given, str) else _list(given):
        part = {"text": piece} if isinstance(piece, str) else piece
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            raise RecordError("its text cannot be read")
        name = _ENTITY_NAMES.get(str(part.get("type", "plain")))
        if name:
            row: dict[str, object] = {"type": name, "offset": len(body)}
            row["length"] = len(part["text"])
            entities.append(row | _details(part))
        body += _text(part["text"])
    return body, entities


def _details(part: Mapping[str, Any]) -> dict[str, object]:
    found = {"url": part.get("href"), "language": part.get("language")}
    found["user_id"] = part.get("user_id")
    return {
        name: _text(value) if isinstance(value, str) else value
        for name, value in found.items()
        if isinstance(value, str | int) and value
    }


def _list(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise RecordError("its text cannot be read")
    return given


def _text(given: Any) -> str:
    """Give a text, without the halves of characters that JSON can write and nothing can store."""
    return _HALVES.sub("\ufffd", given) if isinstance(given, str) else ""


def _whole(given: Any) -> int | None:
    return given if isinstance(given, int) else None


def _object(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _extra_lines(content: Mapping[str, Any]) -> Iterator[str]:
    """Give what can be searched besides the body, a line each, as for messages of Telegram."""
    poll = _object(content.get("poll"))
    yield _text(poll.get("question"))
    for answer in poll.get("answers") or ():
        yield _text(_object(answer).get("text"))
    yield _text(content.get("file_name"))
    yield " ".join(filter(None, (_text(content.get("performer")), _text(content.get("title")))))
    yield _text(content.get("place_name"))
    yield _text(content.get("address"))
    contact = _object(content.get("contact_information"))
    names = (_text(contact.get("first_name")), _text(contact.get("last_name")))
    yield " ".join(filter(None, names))
    for row in content.get("inline_bot_buttons") or ():
        for button in row if isinstance(row, list) else ():
            yield _text(_object(button).get("text"))
    yield _origin_name(content) or ""


def _origin_name(content: Mapping[str, Any]) -> str | None:
    """Give the name of where a forward came from, "" if it is not told, None for an own one."""
    return _text(content["forwarded_from"]) if "forwarded_from" in content else None


def attached_path(content: Mapping[str, Any]) -> str | None:
    """Give the path of a message's photo or file as the export names it; it may not be there."""
    path = content.get("photo") or content.get("file")
    return path if isinstance(path, str) else None


def _has(content: Mapping[str, Any], entities: list[dict[str, object]]) -> Iterator[Has]:
    if any(entity["type"] in ("url", "text_url") for entity in entities):
        yield Has.LINK
    if "photo" in content:
        yield Has.PHOTO
    elif "file" in content:
        yield Has.VIDEO if content.get("media_type") in _VIDEOS else Has.DOCUMENT
    if "poll" in content:
        yield Has.POLL
    if "location_information" in content:
        yield Has.LOCATION


def _marks(content: Mapping[str, Any], edited_at: datetime | None) -> Iterator[Is]:
    if "forwarded_from" in content:
        yield Is.FORWARD
    if "reply_to_message_id" in content:
        yield Is.REPLY
    if edited_at:
        yield Is.EDITED


def _content_hash(text: str, entities: str, attached: str | None) -> bytes:
    content = f"{text}\0{entities}\0{attached or ''}"
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
