"""Writing the files of a bag one after another, so that a kill costs the one being written.

A file is written beside its name and moved to it when it is whole; what it hashes to is then in
the journal. A later attempt passes over every file that is in the journal.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from bot.publish.evidence.manifests import ALGORITHMS


@dataclass(frozen=True, slots=True)
class Written:
    """A whole file of the bag: its path in the bag, length in bytes and hashes."""

    path: str
    length: int
    digests: dict[str, str]


class Sink(Protocol):
    """Where the bytes of one file go."""

    def write(self, data: bytes) -> object:
        """Take the next bytes."""


class _Hashing:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hashes = {name: hashlib.new(name) for name in ALGORITHMS}
        self.length = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.length += len(data)
        for hash_ in self._hashes.values():
            hash_.update(data)

    def digests(self) -> dict[str, str]:
        return {name: hash_.hexdigest() for name, hash_ in self._hashes.items()}


class BagFiles:
    """The files of a bag under way in a folder; the journal lies beside it."""

    def __init__(self, folder: Path, journal: Path) -> None:
        self.folder = folder
        self._journal = journal
        self._written: dict[str, Written] = {}
        if journal.exists():
            for line in journal.read_text(encoding="utf-8").splitlines()[1:]:
                try:
                    found = Written(**json.loads(line))
                except (ValueError, TypeError):
                    break  # the line that was being written
                self._written[found.path] = found

    def has(self, path: str) -> bool:
        """Say whether a file is whole."""
        return path in self._written

    @property
    def written(self) -> list[Written]:
        """All files that are whole, in the order of their paths."""
        return [self._written[path] for path in sorted(self._written)]

    @contextmanager
    def writing(self, path: str) -> Iterator[Sink]:
        """Give where to write a file; it is there, and in the journal, once the block ends."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.part")
        with draft.open("wb") as file:
            sink = _Hashing(file)
            yield sink
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        done = Written(path, sink.length, sink.digests())
        line = {"path": done.path, "length": done.length, "digests": done.digests}
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(line) + "\n")
            journal.flush()
            os.fsync(journal.fileno())
        self._written[path] = done

    def write(self, path: str, data: bytes) -> None:
        """Write a small file at once, if it is not there."""
        if not self.has(path):
            with self.writing(path) as sink:
                sink.write(data)
