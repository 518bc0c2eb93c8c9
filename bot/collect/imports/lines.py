"""A line of our own JSON Lines export → `SeenMessage`: each revision again as what it was. Pure.

The raw bytes are those of the line: Telegram's own are in bags and backups, not in such exports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.collect.imports.desktop import RecordError
from storage.records import Has, Is, SeenMessage

_NEEDED = ("channel_telegram_id", "message", "revision", "posted_at", "text")


def is_ours(first_line: bytes) -> bool:
    """Say whether a file that begins with this line is a JSON Lines export of ours."""
    try:
        content = json.loads(first_line)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and all(name in content for name in _NEEDED)


def seen_line(content: Mapping[str, Any], raw: bytes) -> SeenMessage:
    """Read a line. Raises RecordError; a field of another kind raises TypeError or ValueError."""
    for name in _NEEDED:
        if content.get(name) is None:
            raise RecordError(f"it has no {name}")
    if content.get("is_removed"):
        raise RecordError("its content was removed by retention")
    channel, number = content["channel_telegram_id"], content["message"]
    if not isinstance(channel, int) or not isinstance(number, int) or not 0 < number < 2**31:
        raise RecordError("its channel or message is no number of Telegram's")
    text = str(content["text"])
    entities = json.dumps(
        list(content.get("entities") or ()), ensure_ascii=False, separators=(",", ":")
    )
    has = frozenset(Has(word) for word in content.get("has") or ())
    edited = content.get("edited_at")
    return SeenMessage(
        telegram_channel_id=channel,
        message_id=number,
        posted_at=_time(content["posted_at"]),
        edited_at=_time(edited) if edited else None,
        grouped_id=content.get("album"),
        text=text,
        body_length=int(content.get("body_length") or 0),
        entities=entities,
        has=has,
        marks=frozenset(Is(word) for word in content.get("is") or ()),
        origin=content.get("origin"),
        origin_name=content.get("origin_name"),
        reply_to=content.get("reply_to"),
        author=content.get("author"),
        raw=raw,
        content_hash=_content_hash(text, entities, has),
    )


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise RecordError(f"its time {text!r} names no zone")
    return time.astimezone(UTC)


def _content_hash(text: str, entities: str, has: frozenset[Has]) -> bytes:
    content = f"{text}\0{entities}\0{' '.join(sorted(has))}"
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
