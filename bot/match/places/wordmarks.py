"""What else a word form can be than a place: marks the recogniser weighs, made at build time."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module, resources
from itertools import chain

from bot.match.places.marks import COMMON_EN, COMMON_RU, COMMON_UK, FIRST_NAME, GEO, PERSON, SURNAME
from bot.match.places.names import known, tags, words
from bot.match.places.spelling import folded

# The Ukrainian dictionary has no mark for places, but the source of its proper nouns puts gender first.  # noqa: E501 a table row or pattern in one line
_UK_PROPER = re.compile("NOUN,(?:masc|femn|neut|plur),inan")
_DATA = resources.files("bot.match.places") / "data"


def marks_of(form: str, *, is_person: bool) -> int:
    """Return the marks of one folded form."""
    marks = PERSON if is_person else 0
    if re.match("[a-z]", form):
        return (
            marks | COMMON_EN * (form in english_words()) | SURNAME * (form in english_surnames())
        )
    for language, common in (("ru", COMMON_RU), ("uk", COMMON_UK)):
        for tag, _, score in tags(form, language):
            marks |= _mark(tag, score, common)
    return marks


def _mark(tag: str, score: float, common: int) -> int:
    if "Geox" in tag or (common == COMMON_UK and _UK_PROPER.match(tag)):
        return GEO
    if "Name" in tag or "fname" in tag:
        return FIRST_NAME
    if "Surn" in tag or "lname" in tag or "Patr" in tag:
        return SURNAME
    if "Abbr" in tag or "Orgn" in tag or "Trad" in tag:
        return 0
    return common if score > 0.02 or tag.startswith(("NOUN", "ADJF", "VERB")) else 0  # noqa: PLR2004 a threshold used once


@cache
def english_words() -> frozenset[str]:
    """English words that are written small, from the table in `data`."""
    return frozenset((_DATA / "english_words.txt").read_text("utf-8").split())


@cache
def english_surnames() -> frozenset[str]:
    """Frequent surnames that are also place names, from the table in `data`."""
    return frozenset((_DATA / "surnames_en.txt").read_text("utf-8").split())


@cache
def person_names() -> frozenset[str]:
    """Folded first names in every form, from the tables in `data`."""
    found = set()
    for language in ("en", "ru", "uk"):
        for name in (_DATA / f"first_names_{language}.txt").read_text("utf-8").split():
            word = folded(name)
            found.add(word)
            if language != "en" and known(word, language):
                found |= _forms_of_name(word, language)
    return frozenset(found)


def _forms_of_name(word: str, language: str) -> set[str]:
    parses = (
        p for p in words().of(language).parse(word) if "Name" in str(p.tag) or "fname" in str(p.tag)
    )
    return {folded(form.word) for form in chain.from_iterable(p.lexeme for p in parses)}


def packaged_english() -> tuple[list[str], list[str], list[str]]:
    """Small-written words, frequent first names and surnames from `english-words` and `names` (developer's tool)."""  # noqa: E501 a table row or pattern in one line
    wordlist = import_module("english_words").get_english_words_set(["web2"], alpha=True)
    common = sorted(word for word in wordlist if re.fullmatch("[a-z]{2,12}", word))
    first: list[str] = []
    for table, limit in (("male", 1000), ("female", 1500)):
        rows = (
            resources.files("names")
            .joinpath(f"dist.{table}.first")
            .read_text("utf-8")
            .split("\n")[:limit]
        )
        first += [row.split()[0].capitalize() for row in rows if row]
    rows = resources.files("names").joinpath("dist.all.last").read_text("utf-8").split("\n")[:8000]
    return common, sorted(set(first)), [row.split()[0].lower() for row in rows if row]
