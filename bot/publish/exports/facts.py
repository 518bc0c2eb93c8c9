"""What a record of an export says, in one order for all formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from storage.records import Channel
from storage.records.exporting import Exported, ExportedMedia

_SECOND = 1_000_000


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=1000)
def listed(stored: str) -> tuple[str, ...]:
    """Read a stored list of words."""
    return tuple(stored.split())


def iso(stored: int | None) -> str | None:
    """Write a stored time as ISO 8601 in UTC, to the microsecond."""
    if stored is None:
        return None
    second, rest = divmod(stored, _SECOND)
    return f"{_second(second)}.{rest:06}Z" if rest else f"{_second(second)}Z"


def link_to(channel: Channel, message_id: int) -> str | None:
    """Give where Telegram shows a message; members alone can open that of a private channel."""
    if channel.username:
        return f"https://t.me/{channel.username}/{message_id}"
    return f"https://t.me/c/{channel.telegram_id}/{message_id}" if channel.telegram_id else None


def entities_of(revision: Exported) -> list[dict[str, Any]]:
    """Read the formatting: type, offset and length in code points, and details."""
    found: list[dict[str, Any]] = json.loads(revision.entities) if revision.entities != "[]" else []
    return found


def links_of(revision: Exported, entities: list[dict[str, Any]]) -> list[str]:
    """Give the addresses a message links to, in order, each once."""
    return list(dict.fromkeys(_links(revision.text, entities))) if entities else []


def _links(text: str, entities: list[dict[str, Any]]) -> Iterator[str]:
    for entity in entities:
        if entity["type"] == "url":
            yield text[entity["offset"] : entity["offset"] + entity["length"]]
        elif url := entity.get("url"):
            yield str(url)


def record(revision: Exported) -> dict[str, Any]:
    """Give everything about a revision under the names that all formats use."""
    channel = revision.channel
    entities = entities_of(revision)
    found: dict[str, Any] = {
        "post": revision.post_id,
        "channel": channel.id,
        "channel_telegram_id": channel.telegram_id,
        "channel_username": channel.username,
        "channel_title": channel.title,
        "message": revision.message_id,
        "album": revision.grouped_id,
        "revision": revision.number,
        "is_last": revision.is_last,
        "posted_at": iso(revision.posted_at),
        "edited_at": iso(revision.edited_at),
        "deleted_at": iso(revision.deleted_at),
        "deletion_source": revision.deletion_source,
        "text": revision.text,
        "body_length": revision.body_length,
        "is_removed": bool(revision.is_removed),
        "entities": entities,
        "links": links_of(revision, entities),
        "lang": revision.lang,
        "has": listed(revision.has),
        "is": listed(revision.marks),
        "origin": revision.origin,
        "origin_name": revision.origin_name,
        "reply_to": revision.reply_to,
        "author": revision.author,
        "link": link_to(channel, revision.message_id),
        "source": revision.source,
        "account": revision.account,
        "seen_at": iso(revision.seen_at),
        "sha256": revision.sha256.hex(),
        "media": [media_of(item) for item in revision.media],
    }
    if revision.mentions is not None:
        found["mentions"] = revision.mentions
    return found


def media_of(item: ExportedMedia) -> dict[str, Any]:
    """Give what is known of an attachment; `path` is where its copy is in the export."""
    return {
        "sha256": item.sha256.hex() if item.sha256 else None,
        "kind": item.kind,
        "mime": item.mime,
        "name": item.name,
        "size": item.length,
        "state": item.state,
        "reason": item.reason,
        "path": item.path,
        "text_in_picture": item.says,
    }
