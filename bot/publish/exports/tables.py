"""CSV for spreadsheets: UTF-8 with a mark so that Excel reads Cyrillic, and no live formulas.

A cell that a spreadsheet would take for a formula, or that begins with our own mark, gets an
apostrophe in front: `'=1+1`, and `''quoted`. Whoever reads the file with a program takes one
apostrophe off each cell that begins with one, which gives the text back exactly (`plain`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.publish.exports.appended import Appended
from bot.publish.exports.facts import record
from bot.publish.exports.mentions import sure_names
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
_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")  # these too


def guarded(cell: str) -> str:
    """Make a text harmless in a cell."""
    return f"'{cell}" if cell.startswith(_LIVE) else cell


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
        self._columns = (*COLUMNS, *PLACES) if about.with_places else COLUMNS
        if good == 0:
            self._file.write(MARK)
            self._writer.writerow(self._columns)

    def add(self, revisions: Sequence[Exported]) -> None:
        """Write the revisions of a post."""
        for revision in revisions:
            found = record(revision)
            found["media"] = _as_json(found["media"])
            if revision.mentions is not None:
                found["places"] = " | ".join(sure_names(revision.mentions))
                found["mentions"] = _as_json(revision.mentions)
            self._writer.writerow([_cell(found[name]) for name in self._columns])
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


def _as_json(several: Sequence[Any]) -> str:
    return json.dumps(several, ensure_ascii=False) if several else ""


def _cell(value: Any) -> Any:
    match value:
        case str():
            return guarded(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return guarded(" ".join(map(str, value)))
    return value
