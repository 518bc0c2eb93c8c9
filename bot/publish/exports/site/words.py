"""The site's own search: which words are in which posts, as scripts that load from a folder.

Words go to disk as sorted runs and are merged at the end, so memory does not grow with the posts.
A browser that opens files from a folder may load scripts but read nothing else; so each part of the
index is a script that hands its part over. A part has the words of the same first two letters, and
so has a part of the forms: of what a reader may type, which words of the site are forms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby, takewhile
from pathlib import Path

from bot.match.morphology import bases, folded_word, forms_unnoted
from bot.publish.exports.site.runs import Runs
from bot.text import Cut

_POSTS_A_PART = 1000
_PREVIEW = 140
_HEAD = 2  # letters
_LONGEST = 40  # letters of a word that are kept


class Words:
    """Collects the words of posts, in the order of their numbers, and writes the parts."""

    def __init__(self, folder: Path, building: Path) -> None:
        self._folder = folder
        folder.mkdir()
        building.mkdir()
        self._said = Runs(building, "said")  # word, post
        self._bases = Runs(building, "base")  # base, word
        self._forms = Runs(building, "form")  # head, entry
        self._previews: list[list[object]] = []
        self.posts = 0

    def add(self, text: str, page: int, anchor: str, day: str) -> None:
        """Take the next post."""
        number = f"{self.posts:010}"  # so that texts sort as numbers
        self.posts += 1
        self._said.add((word[:_LONGEST], number) for word in set(Cut(text).forms))
        preview = " ".join(text[: 2 * _PREVIEW].split())[:_PREVIEW]
        preview = preview.encode("utf-8", "replace").decode()
        self._previews.append([page, anchor, day, preview])
        if len(self._previews) == _POSTS_A_PART:
            self._write_previews()

    def finish(self) -> None:
        """Write what is left."""
        self._write_previews()
        for head, found in groupby(self._said.merged(), key=lambda pair: pair[0][:_HEAD]):
            with self._part("w", head).open("w", encoding="utf-8") as file:
                file.write(f"earshotWords({script_json(head)},{{")
                for count, (word, pairs) in enumerate(groupby(found, key=lambda pair: pair[0])):
                    if word.isalpha():
                        self._bases.add((base, word) for base in bases(word))
                    file.write(f"{',' * bool(count)}{script_json(word)}:[")
                    before = 0
                    for at, (_, digits) in enumerate(pairs):
                        number = int(digits)
                        file.write(f"{',' * bool(at)}{number - before}")
                        before = number
                    file.write("]")
                file.write("});\n")
        self._write_forms()

    def _write_forms(self) -> None:
        for base, found in groupby(self._bases.merged(), key=lambda pair: pair[0]):
            self._forms.add(_entries(base, {word for _, word in found}))
        for head, entries in groupby(self._forms.merged(), key=lambda pair: pair[0]):
            with self._part("f", head).open("w", encoding="utf-8") as file:
                file.write(f"earshotForms({script_json(head)},[")
                for count, (_, entry) in enumerate(entries):
                    file.write(f"{',' * bool(count)}{entry}")
                file.write("]);\n")

    def _part(self, kind: str, head: str) -> Path:
        return self._folder / f"{kind}-{'-'.join(f'{ord(letter):x}' for letter in head)}.js"

    def _write_previews(self) -> None:
        if self._previews:
            part = (self.posts - 1) // _POSTS_A_PART
            said = f"earshotPosts({part},{script_json(self._previews)});\n"
            (self._folder / f"p-{part}.js").write_text(said, encoding="utf-8")
            self._previews.clear()


def _entries(base: str, words: set[str]) -> Iterator[tuple[str, str]]:
    """Give for each head of a base's forms: how they begin, how they end, and which are there.

    The base comes first among the ends where it has that head, as the first field says: who types
    it means it, and no other word of which it happens to be a form.
    """
    forms = forms_unnoted(base)
    there = sorted(words & forms)
    itself = folded_word(base)
    if not there or forms == {there[0]}:
        return
    for head, grouped in groupby(sorted(forms), key=lambda form: form[:_HEAD]):
        found = sorted(grouped, key=lambda form: (form != itself, form))
        stem = _shared(min(found), max(found))
        ends = [form[len(stem) :] for form in found]
        yield head, script_json([int(itself == found[0]), stem, ends, there])


def _shared(one: str, other: str) -> str:
    """Give how both words begin."""
    pairs = zip(one, other, strict=False)
    return one[: sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))]


def script_json(value: object) -> str:
    """Write a value as JSON that may stand in a script."""
    # A script's text ends at "</script" wherever it stands, and old engines end lines at U+2028.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
