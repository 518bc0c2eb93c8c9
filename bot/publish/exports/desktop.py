"""Telegram Desktop's `result.json`, so that the viewers and tools made for it open an archive.

One channel is a chat of its own; several are the `chats.list` of an account's export, as Telegram
Desktop writes both. Each message is in its latest state; what has no place in that form (former
states, deletions, how it was collected) is under `earshot`, which readers of the form pass over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.publish.exports.appended import Appended
from bot.publish.exports.facts import entities_of, record
from storage.records import Channel, Has
from storage.records.exporting import Exported, ExportedAs, ExportedMedia

_TYPES = {  # our names of formatting → Telegram Desktop's
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strike": "strikethrough",
    "spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "url": "link",
    "text_url": "text_link",
    "mention": "mention",
    "mention_name": "mention_name",
    "hashtag": "hashtag",
    "cashtag": "cashtag",
    "email": "email",
    "phone": "phone",
    "bot_command": "bot_command",
    "custom_emoji": "custom_emoji",
}
_DETAILS = {"url": "href", "language": "language", "user_id": "user_id"}
_KEPT = (
    *("post", "revision", "deleted_at", "deletion_source", "is_removed", "source", "account"),
    *("seen_at", "sha256", "link", "lang", "has", "is", "media"),
    "mentions",  # of `searchable_text`; only when they were asked for
)

_NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class TelegramDesktop:
    """Writes `result.json`; see `formats.Writer`."""

    def __init__(self, path: Path, about: ExportedAs, good: int, channel: int) -> None:
        self._file = Appended(path, good)
        self.saved = self._file.saved
        self.abandon = self._file.drop
        self._is_one = about.is_one_channel
        self._channel = channel
        if good == 0 and not self._is_one:
            said = _encode(f"{about.program}: {about.said}")
            self._write(f'{{"about": {said}, "chats": {{"about": {said}, "list": [')

    def add(self, revisions: Sequence[Exported]) -> None:
        """Write the messages of a post, each in its latest state."""
        home = revisions[0].channel
        is_first = home.id != self._channel
        if is_first:
            if self._channel:
                self._write("\n]},")
            self._write(_beginning(home))
            self._channel = home.id
        former: list[Exported] = []
        for revision in revisions:
            if not revision.is_last:
                former.append(revision)
                continue
            self._write(("\n" if is_first else ",\n") + _encode(_message(revision, former)))
            former, is_first = [], False

    def finish(self) -> None:
        """Close what is open."""
        if self._channel:
            self._write("\n]}")
        elif self._is_one:
            self._write('{"name": "", "type": "public_channel", "id": 0, "messages": []}')
        self._write("\n" if self._is_one else "]}}\n")
        self._file.close()

    def _write(self, text: str) -> None:
        self._file.write(text.encode("utf-8", "surrogatepass"))


def _beginning(channel: Channel) -> str:
    head = {
        "name": channel.title or channel.name,
        "type": "public_channel" if channel.username else "private_channel",
        "id": channel.telegram_id or 0,
    }
    return f'{_encode(head)[:-1]}, "messages": ['


def _message(revision: Exported, former: list[Exported]) -> dict[str, Any]:
    channel = revision.channel
    name = channel.title or channel.name
    found: dict[str, Any] = {
        "id": revision.message_id,
        "type": "message",
        "date": _local(revision.posted_at),
        "date_unixtime": str(revision.posted_at // 1_000_000),
    }
    if revision.edited_at is not None:
        found["edited"] = _local(revision.edited_at)
        found["edited_unixtime"] = str(revision.edited_at // 1_000_000)
    found |= {"from": name, "from_id": f"channel{channel.telegram_id or 0}"}
    if revision.author:
        found["author"] = revision.author
    if revision.origin_name is not None:
        found["forwarded_from"] = revision.origin_name or revision.origin
    if revision.reply_to is not None:
        found["reply_to_message_id"] = revision.reply_to
    parts = list(_parts(revision))
    is_plain = all(part["type"] == "plain" for part in parts)
    found["text"] = (
        "".join(part["text"] for part in parts)
        if is_plain
        else [part["text"] if part["type"] == "plain" else part for part in parts]
    )
    found["text_entities"] = parts
    for item in revision.media[-1:]:  # a message has one; before it, those that edits replaced
        found |= _attached(item)
    facts = record(revision)
    found["earshot"] = {name: facts[name] for name in _KEPT if name in facts} | {
        "searchable_text": revision.text,
        "former": [_former(item) for item in former],
    }
    return found


def _attached(item: ExportedMedia) -> dict[str, Any]:
    """Name a photo or file as Telegram Desktop does, also one that did not go along."""
    path = item.path or _NOT_INCLUDED
    if item.kind == Has.PHOTO:
        return {"photo": path, "photo_file_size": item.length}
    named = {"file_name": item.name} if item.name else {}
    video = {"media_type": "video_file"} if item.kind == Has.VIDEO else {}
    return {"file": path, **named, "file_size": item.length, **video, "mime_type": item.mime}


def _former(revision: Exported) -> dict[str, Any]:
    facts = record(revision)
    return {name: facts[name] for name in ("revision", "text", "edited_at", "seen_at", "sha256")}


def _local(stored: int) -> str:
    return datetime.fromtimestamp(stored // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _parts(revision: Exported) -> Iterator[dict[str, Any]]:
    """Cut the author's own text at its formatting; of what overlaps, the first is kept."""
    body = revision.text[: revision.body_length]
    done = 0
    for entity in sorted(entities_of(revision), key=lambda item: item["offset"]):
        kind = _TYPES.get(entity["type"])
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if kind is None or start < done or end <= start or end > len(body):
            continue
        if start > done:
            yield {"type": "plain", "text": body[done:start]}
        details = {_DETAILS[name]: entity[name] for name in _DETAILS if name in entity}
        yield {"type": kind, "text": body[start:end], **details}
        done = end
    if done < len(body):
        yield {"type": "plain", "text": body[done:]}
