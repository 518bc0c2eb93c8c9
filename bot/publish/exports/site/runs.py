"""Pairs of words in sorted order, however many: sorted runs on disk, merged in the end."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path

_RUN = 400_000  # pairs sorted in memory, some 40 MB


class Runs:
    """Collects pairs of texts without line ends and tabs, the first in `name`d runs of a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._runs = 0
        self._pairs: list[tuple[str, str]] = []

    def add(self, pairs: Iterator[tuple[str, str]]) -> None:
        """Take pairs."""
        self._pairs += pairs
        if len(self._pairs) >= _RUN:
            self._spill()

    def merged(self) -> Iterator[tuple[str, str]]:
        """Give all pairs, sorted."""
        self._spill()
        return heapq.merge(*(self._read(self._path(number)) for number in range(self._runs)))

    def _spill(self) -> None:
        self._pairs.sort()
        with self._path(self._runs).open("w", encoding="utf-8", errors="replace") as file:
            file.writelines(f"{one}\t{other}\n" for one, other in self._pairs)
        self._pairs.clear()
        self._runs += 1

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._name}-{number:05}"

    def _read(self, path: Path) -> Iterator[tuple[str, str]]:
        with path.open(encoding="utf-8") as file:
            for line in file:
                one, _, other = line[:-1].partition("\t")
                yield one, other
