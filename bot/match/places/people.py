"""What a capitalised word can be that names no place: a person, or a word of the language.

    python -m bot.match.places.people bot/match/places/data

makes the two tables from the dictionaries (a developer's tool, some minutes). At run time they are
mapped into memory and asked only about capitalised words that are part of no place's name.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import resources
from pathlib import Path

import marisa_trie

from bot.match.places.spelling import folded

_PERSON = ("Name", "Surn", "Patr", "fname", "lname", "pname")
_PROPER = ("Geox", "Orgn", "Trad", "Abbr", "prop", "abbr")
_UK_PROPER = ("NOUN,masc", "NOUN,femn", "NOUN,neut", "NOUN,plur")  # proper nouns put gender first
_SHORTEST = 4  # letters: shorter ones are too often something else
_WHOLE = 5  # letters of a word whose stem is the word
_CUT = 2  # letters at the end that inflection changes, roughly


@cache
def _table(name: str) -> marisa_trie.Trie:
    path = Path(str(resources.files("bot.match.places") / "data" / name))
    return marisa_trie.Trie().mmap(str(path))


def names_person(fold: str) -> bool:
    """Whether a folded word is a form of a first name, surname or patronymic."""
    return fold in _table("people.trie")


def is_common(fold: str) -> bool:
    """Whether a folded word begins like a word of the language that is no name."""
    return stem(fold) in _table("common.trie")


def stem(fold: str) -> str:
    """Return a word without what its ending may be."""
    return fold[: max(_WHOLE, len(fold) - _CUT)]


def tables() -> tuple[marisa_trie.Trie, marisa_trie.Trie]:
    """Return forms of persons' names and stems of common words (a developer's tool)."""
    from bot.match.places.names import words  # noqa: PLC0415 run time must not open dictionaries

    people, common = set(), set()
    for language in ("ru", "uk"):
        for word, tag, *_ in words().of(language).dictionary.iter_known_words(""):
            if len(word) < _SHORTEST:
                continue
            marks = str(tag)
            if any(mark in marks for mark in _PERSON):
                people.add(folded(word))
            elif marks.startswith(("NOUN", "ADJF")) and not (
                marks.startswith(_UK_PROPER) or any(mark in marks for mark in _PROPER)
            ):
                common.add(stem(folded(word)))
    return marisa_trie.Trie(sorted(people)), marisa_trie.Trie(sorted(common))


if __name__ == "__main__":
    for name, table in zip(("people.trie", "common.trie"), tables(), strict=True):
        table.save(str(Path(sys.argv[1]) / name))
