"""Every form of a word in Ukrainian, Russian and English: the only door to pymorphy3.

Words the dictionaries know are expanded by their paradigm, strictly: only parses whose lemma is
the typed word, because that beats every other way measured (F1 .975 ru, .987 uk). Unknown words
go by their endings. Results are folded as texts are, so that the two meet.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.match.english import english_forms
from bot.text import words_of

_LIKELY: Final = 0.1  # a parse's least probability to count when no lemma is the typed word
_UPPER_MOST: Final = 6  # letters of a word in capitals that is taken for an abbreviation
_UKRAINIAN: Final = frozenset("іїєґ'")
_RUSSIAN: Final = frozenset("ыэёъ")
_APOSTROPHE_PLACE: Final = re.compile(r"([бпвмфрк])([яюєї])")
_APOSTROPHES: Final = str.maketrans("’ʼ`´‘ʹ′", "'''''''")
_CYRILLIC: Final = re.compile(r"[а-яёіїєґў']+")
# Surnames decline half like adjectives, those of women after another pattern again.
_POSSESSIVE: Final = "ым ым ою ої ій их им ими ой ою ых ыми"
_SURNAMES: Final = dict.fromkeys(
    ("ов", "ев", "єв", "їв", "ёв", "ин", "ін", "їн", "ын"), _POSSESSIVE
)
_SURNAMES.update(dict.fromkeys(("ова", "ева", "єва", "ина", "іна", "їна", "ына"), "ої ій ою ых их"))
_PLAIN: Final = re.compile(r"[а-яёіїєґА-ЯЁІЇЄҐ]+|[a-zA-Z]+").fullmatch
_HARD: Final = "а у ом ові еві і е и ы ів ов ей ам ами ах"
_ENDINGS: Final = {
    "а": "а и ы і у ю ою ой е о ам ами ах",
    "я": "я і и ю ею ей ою є ї е ям ями ях ій",
    "ь": "ь я ю ем ём єм еві і и е ів ей ям ями ях ю",
    "й": "й я ю єм ем єві ї и є е їв ев ям ями ях",
}


@dataclass(frozen=True, slots=True)
class Paradigm:
    """One reading of a word: its language, lemma, part of speech (pymorphy3's tag) and forms.

    `forms` are as the dictionary spells them, in its order; `known` says whether the word is in
    the dictionary or was read by its ending.
    """

    language: str
    lemma: str
    part: str
    forms: tuple[str, ...]
    known: bool


_cache: dict[str, frozenset[str]] = {}


@cache
def _analyser(language: str) -> Any:
    import pymorphy3  # noqa: PLC0415 - loading costs a start-up its seconds; most verbs need none

    return pymorphy3.MorphAnalyzer(lang=language)


def forms(word: str) -> frozenset[str]:
    """All folded forms of one word as typed, itself included."""
    key = _key(word)
    found = _cache.get(key)
    if found is None:
        found = _cache[key] = frozenset(_expanded(key))
    return found


def save(path: Path) -> None:
    """Keep what was expanded, so that a restart need not ask the dictionaries again."""
    fresh = path.with_suffix(".new")
    fresh.write_text(
        json.dumps({w: sorted(f) for w, f in _cache.items()}, ensure_ascii=False), "utf-8"
    )
    fresh.replace(path)


def load(path: Path) -> int:
    """Take up what `save` kept, however old; returns how many words. A missing file is none."""
    if not path.exists():
        return 0
    kept = json.loads(path.read_text("utf-8"))
    _cache.update({word: frozenset(found) for word, found in kept.items()})
    return len(kept)


def folded_word(word: str) -> str:
    """One written word as texts have it after folding: Т-90М is т90м."""
    if _PLAIN(word):
        return word.lower().replace("ё", "е").replace("ґ", "г")
    return "".join(words_of(word).words)


def paradigms(word: str) -> list[Paradigm]:
    """Return the readings a word is expanded by, the dictionaries' order; none for English."""
    return _readings(_key(word))


def other_lemmas(form: str, least: float = 0.5) -> list[str]:
    """Return the lemmas a folded Cyrillic form most likely belongs to, likeliest first.

    Only known words, and lemmas at least so likely (0 to 1, of the likeliest's probability):
    what the form would be taken for by a reader who knows neither query nor text.
    """
    found: list[str] = []
    if not _CYRILLIC.fullmatch(form):
        return found
    for language in ("uk", "ru"):
        parses = [parse for parse in _analyser(language).parse(form) if parse.is_known]
        best = max((parse.score for parse in parses), default=0.0)
        likely = [parse.normal_form for parse in parses if parse.score >= best * least]
        found += [lemma for lemma in dict.fromkeys(likely) if lemma not in found]
    return found


def _key(word: str) -> str:
    """Lower case with the dictionaries' apostrophe; abbreviations keep a mark of their capitals."""
    if not word.isalpha() or "ʼ" in word:
        word = word.translate(_APOSTROPHES)
    is_upper = word.isupper() and 1 < len(word) <= _UPPER_MOST
    return word.upper() if is_upper else word.lower()


def _expanded(key: str) -> set[str]:
    lower = key.lower()
    folded = folded_word(lower)
    if folded.isascii():
        return set(english_forms(folded)) if not key.isupper() or len(key) > 1 else {folded}
    found = {folded}
    for reading in _readings(key):
        found |= {folded_word(form) for form in reading.forms}
    return found


def _readings(key: str) -> list[Paradigm]:
    lower = key.lower()
    if not _CYRILLIC.fullmatch(lower) or len(lower) == 1:
        return []
    languages = ["uk", "ru"]
    if _UKRAINIAN & set(lower):
        languages = ["uk"]
    elif _RUSSIAN & set(lower):
        languages = ["ru"]
    known: list[Paradigm] = []
    guessed: list[Paradigm] = []
    for language in languages:
        for spelling in _spellings(lower, language):
            for reading in _parsed(spelling, language):
                (known if reading.known else guessed).append(reading)
    if key.isupper() and not known:
        return [_by_ending(lower)]
    if known:
        same = [r for r in guessed if _same(r.lemma, lower) and r.part == known[0].part]
        return _unique(known + same)
    return _unique([*guessed, _by_ending(lower)])


def _spellings(word: str, language: str) -> list[str]:
    """Return the word, and in Ukrainian with the apostrophe people leave out: пять for п'ять."""
    if language == "uk" and "'" not in word:
        fuller = _APOSTROPHE_PLACE.sub(r"\1'\2", word)
        if fuller != word and _analyser("uk").word_is_known(fuller):
            return [word, fuller]
    return [word]


def _parsed(word: str, language: str) -> list[Paradigm]:
    parses = _analyser(language).parse(word)
    if any(parse.is_known for parse in parses):
        parses = [parse for parse in parses if parse.is_known]
    strict = [parse for parse in parses if _same(parse.normal_form, word)]
    chosen = strict or [parse for parse in parses if parse.score >= _LIKELY]
    return [
        Paradigm(
            language,
            parse.normal_form,
            str(parse.tag.POS or ""),
            tuple(dict.fromkeys(form.word for form in parse.lexeme)),
            parse.is_known,
        )
        for parse in chosen
        if parse.tag.POS is not None
    ]


def _same(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _bare(word: str) -> str:
    return word.replace("ё", "е").replace("ґ", "г").replace("'", "")


def _unique(readings: list[Paradigm]) -> list[Paradigm]:
    return list({(r.language, r.lemma, r.forms): r for r in readings}.values())


def _by_ending(word: str) -> Paradigm:
    """Return a declension by the last letter, for what no dictionary can guess: каб, ЗРК."""
    stem, endings = word, _HARD
    if word[-1] in _ENDINGS:
        stem, endings = word[:-1], _ENDINGS[word[-1]]
    elif word[-1] in "оеиіуюєїыэё":
        endings = ""
    for end, more in _SURNAMES.items():
        if word.endswith(end):
            endings = f"{endings} {more}"
    bare = () if word[-1] in "йь" else (stem,)
    return Paradigm(
        "", word, "", (word, *bare, *(stem + end for end in endings.split())), known=False
    )
