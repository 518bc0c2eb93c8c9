"""Every form of a word in Ukrainian, Russian and English: the only door to pymorphy3.

Words the dictionaries know are expanded by their paradigm, strictly: only parses whose lemma is
the typed word, because that beats every other way measured (F1 .975 ru, .987 uk). Unknown words
go by their endings. Results are folded as texts are, so that the two meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from bot.match.conjugation import conjugated
from bot.match.endings import declined
from bot.match.english import english_forms
from bot.match.formbook import FormBook
from bot.text import words_of
from bot.text.coding import decoded
from bot.text.letters import APOSTROPHES

_LIKELY: Final = 0.1  # a parse's least probability to count when no lemma is the typed word
_LOOKED_UP: Final = 4  # what pymorphy3 notes of a dictionary's parse: unit, word, paradigm, form
_MOSTLY: Final = 0.75  # and what all of them need when there is such a lemma, but a rare one
_UPPER_MOST: Final = 6  # letters of a word in capitals that is taken for an abbreviation
_UKRAINIAN: Final = frozenset("іїєґ'")
_RUSSIAN: Final = frozenset("ыэёъ")
_APOSTROPHE_PLACE: Final = re.compile(r"([бпвмфрк])([яюєї])")
_APOSTROPHES: Final = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_VOWELS: Final = frozenset("аеєиіїоуюяыэё")
_CYRILLIC: Final = re.compile(r"[а-яёіїєґў']+")
_PLAIN: Final = re.compile(r"[а-яёіїєґА-ЯЁІЇЄҐ]+|[a-zA-Z]+").fullmatch


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


_book: Final = FormBook()


@cache
def _analyser(language: str) -> Any:
    import pymorphy3  # noqa: PLC0415 - loading costs a start-up its seconds; most verbs need none

    return pymorphy3.MorphAnalyzer(lang=language)


def forms(word: str) -> frozenset[str]:
    """All folded forms of one word as typed, itself included."""
    return frozenset(map(decoded, form_codes(word)[1:-1].split(b"  ")))


def forms_unnoted(word: str) -> frozenset[str]:
    """Return the same as `forms`; for very many words, of which the book need not know."""
    return frozenset(_expanded(_key(word)))


def bases(form: str) -> frozenset[str]:
    """Return words, in the dictionaries' spelling, of which a folded word may be a form.

    Whether it is one, `forms` of them says; itself is left out where it is a form of another.
    """
    if not _CYRILLIC.fullmatch(form):
        related = english_forms(form)
        return frozenset({min(related, key=lambda word: (len(word), word))})
    found: set[str] = set()
    for language in ("uk", "ru"):
        for spelling in _spellings(form, language):
            found |= {parse.normal_form for parse in _analyser(language).parse(spelling)}
    return frozenset(found)


def form_codes(word: str) -> bytes:
    """Return the same coded, in order, a space before and after each."""
    key = _key(word)
    found = _book.codes(key)
    return _book.learn(key, _expanded(key)) if found is None else found


def forms_by_ending(word: str) -> frozenset[str]:
    """Return the folded forms of a Cyrillic word as if no dictionary knew it, itself included."""
    lower = word.lower()
    if not _CYRILLIC.fullmatch(lower) or len(lower) == 1:
        return frozenset({folded_word(word)})
    return frozenset(folded_word(form) for form in declined(lower))


def kept() -> FormBook:
    """Return the book of what was expanded, so that it can be kept over a restart."""
    return _book


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


def other_words(word: str, found: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return those of a word's forms that are oftener, or as their own lemma, other words.

    The Russian dictionary knows how likely a reading is; in the Ukrainian one all are alike.
    """
    readings = paradigms(word)
    own = {_bare(reading.lemma) for reading in readings} | {_bare(_key(word).lower())}
    bones = {_consonants(lemma) for lemma in own}
    spoken = {reading.language for reading in readings if reading.known}
    shared: dict[str, tuple[str, ...]] = {}
    for form in found:
        if form == folded_word(word) or not _CYRILLIC.fullmatch(form):
            continue
        lemmas = [
            lemma
            for language in ("uk", "ru")
            for lemma in _rivals(form, own, language)
            # міст and мост are one word in two languages
            if language in spoken or _consonants(lemma) not in bones
        ]
        if lemmas:
            shared[form] = tuple(dict.fromkeys(lemmas))
    return shared


def _consonants(word: str) -> str:
    return re.sub(r"[аеєиіїоуюяыэёьъ]", "", word)


def _rivals(form: str, own: set[str], language: str) -> list[str]:
    """Return the lemmas a form oftener belongs to in one language than to any of `own`."""
    weights: dict[str, float] = {}
    for parse in _analyser(language).parse(form):
        if parse.is_known and "Surn" not in str(parse.tag):  # дронов is many дрони, hardly a name
            derived = parse.tag.POS in {"GRND", "PRTF", "PRTS"} or "actv" in str(parse.tag)
            name = "" if derived or _bare(parse.normal_form) in own else parse.normal_form
            best = weights.get(name, 0.0)
            weights[name] = best + parse.score if language == "ru" else 1.0
    mine = weights.pop("", 0.0)
    return [
        lemma
        for lemma, weight in weights.items()
        if weight > mine or (weight == mine and _bare(lemma) == form)
    ]


def _key(word: str) -> str:
    """Lower case with the dictionaries' apostrophe; abbreviations keep a mark of their capitals."""
    if not _PLAIN(word):
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
    if key.isupper() and lower[-1] not in _VOWELS:
        # An abbreviation (ГУР), whatever word it also is; those in a vowel do not decline.
        itself = [reading for reading in known if _same(reading.lemma, lower)]
        return _unique([*(itself or known), _by_ending(lower)])
    if key.isupper() and not known:
        return [_by_ending(lower)]
    if known:
        same = [r for r in guessed if _same(r.lemma, lower) and r.part == known[0].part]
        return _unique(known + same)
    verbs = [_as_verb(lower, language) for language in languages]
    return _unique([*guessed, *filter(None, verbs), *_reflexive(lower), _by_ending(lower)])


def _as_verb(word: str, language: str) -> Paradigm | None:
    """Return the forms of an unknown word that may be a verb."""
    found = conjugated(word, language)
    return Paradigm(language, word, "INFN", found, known=False) if found else None


def _reflexive(word: str) -> list[Paradigm]:
    """Return the forms of an unknown verb in -ся by those of the verb without it."""
    if not word.endswith(("тися", "тись", "ться")):
        return []
    found = [word]
    for reading in _readings(word[:-2]):
        for form in reading.forms:
            found += [form + "ся", form + "сь"]
            found += [form + "ться"] if form[-1] in "еєи" else []
    return [Paradigm("", word, "", tuple(dict.fromkeys(found)), known=False)]


def _spellings(word: str, language: str) -> list[str]:
    """Return the word, and in Ukrainian with the apostrophe people leave out: пять for п'ять."""
    if language == "uk" and "'" not in word:
        fuller = _APOSTROPHE_PLACE.sub(r"\1'\2", word)
        if fuller != word and _analyser("uk").word_is_known(fuller):
            return [word, fuller]
    return [word]


def _parsed(word: str, language: str) -> list[Paradigm]:
    parses, is_known = _parses(word, language)
    strict = [parse for parse in parses if _same(parse.normal_form, word)]
    chosen = strict or [parse for parse in parses if parse.score >= _LIKELY]
    if is_known and strict and len(strict) < len(parses):
        others = [parse for parse in parses if not _same(parse.normal_form, word)]
        chosen = strict + _meant_too(strict, others, word, language)
    return [
        Paradigm(
            language,
            parse.normal_form,
            str(parse.tag.POS),
            tuple(dict.fromkeys(form.word for form in parse.lexeme)),
            is_known,
        )
        for parse in _one_each(chosen)
        if parse.tag.POS is not None
    ]


def _parses(word: str, language: str) -> tuple[list[Any], bool]:
    """Return the dictionary's parses and True, or guesses and False if it has none."""
    analyser = _analyser(language)
    parses = analyser.parse(word)
    spellings = {parse.word for parse in parses}  # as typed, and with ё
    known = {spelling for spelling in spellings if analyser.word_is_known(spelling)}
    if not known:
        return parses, False
    return [parse for parse in parses if parse.word in known], True


def _one_each(parses: list[Any]) -> list[Any]:
    """Return the first parse of each paradigm, whose forms are so made once."""
    found: dict[object, Any] = {}
    for parse in parses:
        found.setdefault(_paradigm_of(parse), parse)
    return list(found.values())


def _paradigm_of(parse: Any) -> object:
    """Return what the parses of one paradigm share; guesses share nothing."""
    step = parse.methods_stack[0]
    is_looked_up = len(parse.methods_stack) == 1 and len(step) == _LOOKED_UP
    return (parse.normal_form, step[2]) if is_looked_up else id(parse)


def _meant_too(strict: list[Any], others: list[Any], word: str, language: str) -> list[Any]:
    """Return readings as another lemma that a person typing the word may well have in mind.

    діти is an infinitive, but oftener children; порту is a wine, but oftener a port. The Russian
    dictionary knows how likely a reading is, the Ukrainian one does not.
    """
    if not any(parse.tag.POS in {"NOUN", "ADJF"} for parse in strict):
        plural = [parse for parse in others if {"NOUN", "plur", "nomn"} in parse.tag]
        if plural:
            return plural
    if language == "ru":
        likely = [parse for parse in others if parse.score >= _LIKELY]
        is_rare = sum(parse.score for parse in others) >= _MOSTLY
        return likely if is_rare else []
    if all("Fixd" in parse.tag for parse in strict) and not _UKRAINIAN & set(word):
        lemmas = {p.normal_form for p in _parses_of_rare(word)}
        return [parse for parse in others if parse.normal_form in lemmas]
    return []


def _parses_of_rare(word: str) -> list[Any]:
    """Return the Russian readings as other lemmas of a word that is rarely its own lemma."""
    parses = [parse for parse in _analyser("ru").parse(word) if parse.is_known]
    others = [parse for parse in parses if not _same(parse.normal_form, word)]
    return others if sum(parse.score for parse in others) >= _MOSTLY else []


def _same(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _bare(word: str) -> str:
    return word.replace("ё", "е").replace("ґ", "г").replace("'", "")


def _unique(readings: list[Paradigm]) -> list[Paradigm]:
    return list({(r.language, r.lemma, r.forms): r for r in readings}.values())


def _by_ending(word: str) -> Paradigm:
    return Paradigm("", word, "", declined(word), known=False)
