"""CSV for spreadsheets: UTF-8 with a mark so that Excel reads Cyrillic, and no live formulas.

A cell that a spreadsheet would take for a formula, or that begins with our own mark, gets an
apostrophe in front: `'=1+1`, and `''quoted`. Whoever reads the file with a program takes one
apostrophe off each cell that begins with one, which gives the text back exactly (`plain`).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.publish.exports.appended import Appended
from bot.publish.exports.facts import entities_of, iso, link_to, links_of, listed, media_of
from bot.publish.exports.mentions import sure_names
from storage.records import Channel
from storage.records.exporting import Exported, ExportedAs

COLUMNS = (
    "post",
    "channel",
    "channel_telegram_id",
    "channel_username",
    "channel_title",
    "message",
    "album",
    "revision",
    "is_last",
    "posted_at",
    "edited_at",
    "deleted_at",
    "deletion_source",
    "text",
    "is_removed",
    "links",
    "lang",
    "has",
    "is",
    "origin",
    "origin_name",
    "reply_to",
    "author",
    "link",
    "source",
    "account",
    "seen_at",
    "sha256",
    "media",  # as JSON, empty when there is none
)
PLACES = (
    "places",  # names of those that `place:` finds
    "mentions",  # as JSON, empty when there is none
)
MARK = b"\xef\xbb\xbf"
_EXACT = 10**15  # spreadsheets keep fifteen digits of a number
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")  # these too
# What would become a number, a date or a time, and lose how it was written: 007, 1-2, 1e5, 12:30.
_COUNTED = re.compile(r"[\s(.,$€£₴]*[0-9][0-9\s.,:/()%$€£₴-]*(?:[eE][+-]?[0-9]+\s*)?")

Cell = str | int | None


def guarded(text: str) -> str:
    """Make a text harmless in a cell, and safe from being taken for something else."""
    return f"'{text}" if text.startswith(_LIVE) or _COUNTED.fullmatch(text) else text


def plain(cell: str) -> str:
    """Give back what `guarded` was given."""
    return cell.removeprefix("'")


class Csv:
    """Writes CSV (RFC 4180, CRLF); see `formats.Writer`."""

    def __init__(self, path: Path, about: ExportedAs, good: int, _channel: int) -> None:
        self._file = Appended(path, good)
        self.abandon = self._file.drop
        self._line = io.StringIO(newline="")
        self._writer = csv.writer(self._line, lineterminator="\r\n")
        self._homes: dict[int, _Home] = {}
        if good == 0:
            self._file.write(MARK)
            self._writer.writerow((*COLUMNS, *PLACES) if about.with_places else COLUMNS)

    def add(self, revisions: Sequence[Exported]) -> None:
        """Write the revisions of a post."""
        channel = revisions[0].channel
        home = self._homes.get(channel.id)
        if home is None:
            home = self._homes[channel.id] = _home(channel)
        for revision in revisions:
            self._writer.writerow(_row(revision, home))
        if self._line.tell() > 1 << 16:
            self._pass_on()

    def saved(self) -> int:
        """Bring all to the disk."""
        self._pass_on()
        return self._file.saved()

    def finish(self) -> None:
        """Close it."""
        self._pass_on()
        self._file.close()

    def _pass_on(self) -> None:
        self._file.write(self._line.getvalue().encode("utf-8", "surrogatepass"))
        self._line.seek(0)
        self._line.truncate()


@dataclass(frozen=True, slots=True)
class _Home:
    """What all rows of a channel have: its cells, and how their links begin, "" without any."""

    cells: tuple[Cell, ...]
    link: str


def _home(channel: Channel) -> _Home:
    names = (channel.id, channel.telegram_id, channel.username, channel.title)
    link = link_to(channel, 0)
    return _Home(tuple(map(cell, names)), link[:-1] if link else "")


def _row(r: Exported, home: _Home) -> list[Cell]:
    """Give the cells of `COLUMNS`, and of `PLACES` where places were sought.

    Column by column: that takes half the time of making `facts.record` and choosing from it. A
    test holds the two together.
    """
    links = " ".join(links_of(r, entities_of(r))) if r.entities != "[]" else ""
    row: list[Cell] = [
        *(number(r.post_id), *home.cells, number(r.message_id), number(r.grouped_id)),
        *(number(r.number), "true" if r.is_last else "false", iso(r.posted_at), iso(r.edited_at)),
        *(iso(r.deleted_at), _word(r.deletion_source), guarded(r.text)),
        *("true" if r.is_removed else "false", guarded(links), _word(r.lang), _words(r.has)),
        *(_words(r.marks), cell(r.origin), cell(r.origin_name), number(r.reply_to)),
        *(cell(r.author), f"{home.link}{r.message_id}" if home.link else "", _word(r.source)),
        *(_word(r.account), iso(r.seen_at), guarded(r.sha256.hex())),
        _as_json([media_of(item) for item in r.media]) if r.media else "",
    ]
    if r.mentions is not None:
        row += (guarded(" | ".join(sure_names(r.mentions))), _as_json(r.mentions))
    return row


def _as_json(several: Sequence[Any]) -> str:
    return json.dumps(several, ensure_ascii=False) if several else ""


def cell(value: str | int | None) -> Cell:
    """Write a text or a number."""
    return guarded(value) if isinstance(value, str) else number(value)


def number(value: int | None) -> Cell:
    """Write a number: one that a spreadsheet would round as a text. None is an empty cell."""
    return value if value is None or -_EXACT < value < _EXACT else f"'{value}"


_word = lru_cache(maxsize=1000)(cell)  # of which there are few


@lru_cache(maxsize=1000)
def _words(stored: str) -> str:
    return guarded(" ".join(listed(stored)))
