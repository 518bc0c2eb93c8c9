"""JSON Lines: a line a revision, UTF-8, and nothing else.

A line is `facts.record` as JSON. It is written out here name by name, which takes half the time of
making the record and encoding it; a test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from pathlib import Path

from bot.publish.exports.appended import Appended
from bot.publish.exports.facts import entities_of, iso, link_to, links_of, listed, media_of
from storage.records import Channel
from storage.records.exporting import Exported, ExportedAs

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class JsonLines:
    """Writes JSON Lines; see `formats.Writer`."""

    def __init__(self, path: Path, _about: ExportedAs, good: int, _channel: int) -> None:
        self._file = Appended(path, good)
        self._homes: dict[int, _Home] = {}
        self.saved = self._file.saved
        self.abandon = self._file.drop
        self.finish = self._file.close

    def add(self, revisions: Sequence[Exported]) -> None:
        """Write the revisions of a post."""
        channel = revisions[0].channel
        home = self._homes.get(channel.id)
        if home is None:
            home = self._homes[channel.id] = _home(channel)
        for revision in revisions:
            self._file.write(_line(revision, home).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class _Home:
    """What all lines of a channel have: its names, and how their links begin, "" without any."""

    names: str
    link: str


def _home(channel: Channel) -> _Home:
    names = {
        "channel": channel.id,
        "channel_telegram_id": channel.telegram_id,
        "channel_username": channel.username,
        "channel_title": channel.title,
    }
    link = link_to(channel, 0)
    return _Home(_encode(names)[1:-1], encode_basestring(link[:-1])[:-1] if link else "")


def _line(r: Exported, home: _Home) -> str:
    formatted, linked = "[]", "[]"
    if r.entities != "[]":
        entities = entities_of(r)
        formatted, linked = _encode(entities), _encode(links_of(r, entities))
    media = _encode([media_of(item) for item in r.media]) if r.media else "[]"
    mentions = "" if r.mentions is None else f', "mentions": {_encode(r.mentions)}'
    link = f'{home.link}{r.message_id}"' if home.link else "null"
    return (
        f'{{"post": {r.post_id}, {home.names}, "message": {r.message_id}, '
        f'"album": {_number(r.grouped_id)}, "revision": {r.number}, '
        f'"is_last": {"true" if r.is_last else "false"}, "posted_at": {_time(r.posted_at)}, '
        f'"edited_at": {_time(r.edited_at)}, "deleted_at": {_time(r.deleted_at)}, '
        f'"deletion_source": {_word(r.deletion_source)}, "text": {encode_basestring(r.text)}, '
        f'"body_length": {r.body_length}, "is_removed": {"true" if r.is_removed else "false"}, '
        f'"entities": {formatted}, "links": {linked}, "lang": {_word(r.lang)}, '
        f'"has": {_words(r.has)}, "is": {_words(r.marks)}, "origin": {_text(r.origin)}, '
        f'"origin_name": {_text(r.origin_name)}, "reply_to": {_number(r.reply_to)}, '
        f'"author": {_text(r.author)}, "link": {link}, "source": {_word(r.source)}, '
        f'"account": {_word(r.account)}, "seen_at": {_time(r.seen_at)}, '
        f'"sha256": "{r.sha256.hex()}", "media": {media}{mentions}}}\n'
    )


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


_word = lru_cache(maxsize=1000)(_text)  # of which there are few


@lru_cache(maxsize=1000)
def _words(stored: str) -> str:
    return _encode(listed(stored))


def _time(stored: int | None) -> str:
    return "null" if stored is None else f'"{iso(stored)}"'
