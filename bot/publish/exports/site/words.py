"""The site's own search: which words are in which posts, as scripts that load from a folder.

Words go to disk as sorted runs and are merged at the end, so memory does not grow with the posts.
A browser that opens files from a folder may load scripts but read nothing else; so each part of the
index is a script that hands its part over. What a reader types is looked up by the beginning of
words, in the parts whose name is their first two letters.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from bot.text import Cut

_RUN = 400_000  # occurrences sorted in memory, some 40 MB
_POSTS_A_PART = 1000
_PREVIEW = 140
_HEAD = 2  # letters
_LONGEST = 40  # letters of a word that are kept


class Words:
    """Collects the words of posts, in the order of their numbers, and writes the parts."""

    def __init__(self, folder: Path, building: Path) -> None:
        self._folder = folder
        self._building = building
        self._runs = 0
        self._pairs: list[tuple[str, int]] = []
        self._previews: list[list[object]] = []
        self.posts = 0
        folder.mkdir()
        building.mkdir()

    def add(self, text: str, page: int, anchor: str, day: str) -> None:
        """Take the next post."""
        number = self.posts
        self.posts += 1
        self._pairs += ((word[:_LONGEST], number) for word in set(Cut(text).forms))
        preview = " ".join(text[: 2 * _PREVIEW].split())[:_PREVIEW]
        preview = preview.encode("utf-8", "replace").decode()
        self._previews.append([page, anchor, day, preview])
        if len(self._pairs) >= _RUN:
            self._spill()
        if len(self._previews) == _POSTS_A_PART:
            self._write_previews()

    def finish(self) -> None:
        """Write what is left."""
        self._write_previews()
        self._spill()
        for head, found in groupby(self._merged(), key=lambda pair: pair[0][:_HEAD]):
            path = self._folder / f"w-{'-'.join(f'{ord(letter):x}' for letter in head)}.js"
            with path.open("w", encoding="utf-8") as file:
                file.write(f"earshotWords({script_json(head)},{{")
                for count, (word, pairs) in enumerate(groupby(found, key=lambda pair: pair[0])):
                    file.write(f"{',' * bool(count)}{script_json(word)}:[")
                    before = 0
                    for at, (_, number) in enumerate(pairs):
                        file.write(f"{',' * bool(at)}{number - before}")
                        before = number
                    file.write("]")
                file.write("});\n")

    def _spill(self) -> None:
        self._pairs.sort()
        path = self._building / f"run-{self._runs:05}"
        with path.open("w", encoding="utf-8", errors="replace") as file:
            file.writelines(f"{word} {number}\n" for word, number in self._pairs)
        self._pairs.clear()
        self._runs += 1

    def _merged(self) -> Iterator[tuple[str, int]]:
        runs = [self._run(self._building / f"run-{number:05}") for number in range(self._runs)]
        return heapq.merge(*runs)

    def _run(self, path: Path) -> Iterator[tuple[str, int]]:
        with path.open(encoding="utf-8") as file:
            for line in file:
                word, _, number = line.rpartition(" ")
                yield word, int(number)

    def _write_previews(self) -> None:
        if self._previews:
            part = (self.posts - 1) // _POSTS_A_PART
            said = f"earshotPosts({part},{script_json(self._previews)});\n"
            (self._folder / f"p-{part}.js").write_text(said, encoding="utf-8")
            self._previews.clear()


def script_json(value: object) -> str:
    """Write a value as JSON that may stand in a script."""
    # A script's text ends at "</script" wherever it stands, and old engines end lines at U+2028.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
