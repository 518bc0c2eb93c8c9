"""JSON Lines: a line a revision, UTF-8, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bot.publish.exports.appended import Appended
from bot.publish.exports.facts import record
from storage.records.exporting import Exported, ExportedAs

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class JsonLines:
    """Writes JSON Lines; see `formats.Writer`."""

    def __init__(self, path: Path, _about: ExportedAs, good: int, _channel: int) -> None:
        self._file = Appended(path, good)
        self.saved = self._file.saved
        self.abandon = self._file.drop
        self.finish = self._file.close

    def add(self, revisions: Sequence[Exported]) -> None:
        """Write the revisions of a post."""
        for revision in revisions:
            self._file.write((_encode(record(revision)) + "\n").encode("utf-8", "surrogatepass"))
