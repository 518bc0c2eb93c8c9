"""Whether two posts tell the same story: pure.

A text becomes a fingerprint: its words, and a sketch (the eight smallest hashes of its pairs of
neighbouring words), by which likely copies are found among many. Whether a likely copy is one is
decided on the words: most of the shorter text must stand in the longer in the same order, and
nothing may speak against it, such as other numbers, another name in the same sentence, or an
"all clear" on one side. The thresholds were chosen on judged posts (bench/stories.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import islice, pairwise
from zlib import crc32

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq, Levenshtein

SKETCH = 8
_READ = 400  # words of a text that are compared; a Telegram message has about 600 at most
_WORTH = 4  # words; fewer tell something only if one of them is a name or a number
_SHORT = 8  # words; fewer say too little to be one story by themselves
_BRIEF = 16
_MIDDLING = 24
_APART = (  # words of the shorter → how far apart in time two posts may tell one story
    (_SHORT, timedelta(minutes=20)),
    (_BRIEF, timedelta(minutes=60)),
    (_MIDDLING, timedelta(hours=5)),
)
WINDOW = timedelta(hours=48)
_LATE = timedelta(hours=6)  # a copy made later is a copy word for word
_CONTAINED = 0.75  # of the shorter text's words, in order
_COVERED = 0.35  # of the longer text's words
_LEADING = 0.9  # of the shorter text's words among as many first ones of the longer
_TYPO = 70.0  # likeness of two words, in percent, up to which one is no misspelling of the other
_STEM = 3  # letters that two forms of one name begin with
_RUN = 3  # words in a row that have nothing in common: it is about something else
_TAIL = 4  # words
_MIX = 2**61 - 1


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W_]+")
_NOISE = re.compile(r"(?:https?://|www\.|t\.me/)\S+|@[A-Za-z0-9_]{3,}")
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))")
_PLAIN = re.compile(
    r"[\x00-\x7F\u00a0-\u00bf\u0400-\u045f\u0490\u0491\u2010-\u2fff\ufe0f\U0001f000-\U0001faff]*"
)
_TWO_SCRIPTS = re.compile(r"[A-Za-z][а-яіїєґА-ЯІЇЄҐ]|[а-яіїєґА-ЯІЇЄҐ][A-Za-z]")
_LOOKALIKES = str.maketrans("aceiopxyABCEHIKMOPTXY", "асеіорхуАВСЕНІКМОРТХУ")
_SAME_LETTERS = str.maketrans({"ё": "е", "ґ": "г"})
_BETWEEN_WORDS = " \t\u00a0«»\"'“”„()[]—–-"
_LITTLE = 3  # letters; shorter words are prepositions and the like
_TURNS = _words(  # one of them on one side alone turns a message round
    "відбій відбою отбой отбоя отбою clear cleared чисто скасовано отменена отменено повторно "
    "спростування опровержение уточнення уточнение виправлення correction фейк fake"
)
# Beginnings of words that every channel's short calls are made of.
_GENERAL = tuple(
    _words(
        "тривог тревог відб отбо увага внимани повітрян воздушн загроз угроз опасност небезпек "
        "баліст баллист област міст город район укрит укрыти ракет шахед шахєд дрон бпла каб "
        "пуск курс вибух взрыв чист прямуй слідку будьте будь бережіть повтор мінус минус один "
        "дяку спасиб наш робот работа ппо пво груп ціл цел швидк добр утро ранк вечір вечер ніч "
        "ноч всім всем читайте сводк зведен канал тихо гучно громко летить летит над air alert "
        "raid shelter take clear all missile drone explosion good morning night attention"
        "warning"
    )
)
_NEGATIONS = _words("не ні немає нет not no never без without")
_NUMERALS = _words(
    "один одна одне двоє двох два дві троє трьох три четверо чотири чотирьох п ять ятеро шість "
    "семеро сім вісім дев десять двое двух двое трое трех четверо четыре пять шесть семь восемь "
    "девять десять одиннадцать двенадцать one two three four five six seven eight nine ten "
    "eleven twelve thirty forty fifty одинадцять дванадцять"
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of a text; `sketch` is ascending, empty for a text of under two words."""

    text: str
    words: tuple[str, ...]
    sketch: tuple[int, ...]


def fingerprint(text: str) -> Fingerprint:
    """Read a text; never fails."""
    plain = _THOUSANDS.sub("", _NOISE.sub(" ", _readable(text)))
    words = tuple(_lowered(word) for word in _WORD.findall(plain)[:_READ])
    return Fingerprint(plain, words, sketch_of(words))


def _readable(text: str) -> str:
    """Take what hides letters out: invisible signs, accents, fancy fonts, mixed alphabets."""
    if not _PLAIN.fullmatch(text):
        composed = unicodedata.normalize("NFKC", text)
        text = "".join(
            char for char in composed if unicodedata.category(char) not in ("Mn", "Me", "Cf")
        )
    if _TWO_SCRIPTS.search(text):
        text = _WORD.sub(_in_one_script, text)
    return text


def _in_one_script(found: re.Match[str]) -> str:
    word = found[0]
    return word.translate(_LOOKALIKES) if _TWO_SCRIPTS.search(word) else word


def _lowered(word: str) -> str:
    return word.lower().translate(_SAME_LETTERS)


@lru_cache(maxsize=1 << 15)
def _word_hash(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass"))


def sketch_of(words: Sequence[str]) -> tuple[int, ...]:
    """Give the smallest hashes (32 bits) of the pairs of neighbouring words, ascending."""
    hashes = [_word_hash(word) for word in words]
    pairs = {
        ((first * 0x9E3779B1 ^ second) * 0x85EBCA77 % _MIX) & 0xFFFFFFFF
        for first, second in pairwise(hashes)
    }
    return tuple(sorted(pairs)[:SKETCH])


def difference(one: Fingerprint, other: Fingerprint, apart: timedelta) -> str | None:
    """Say what makes two posts two stories, None if they tell one; `apart` is never negative."""
    shorter, longer = sorted((one, other), key=lambda item: len(item.words))
    if _is_too_far_apart(shorter, apart):
        return "too far apart in time"
    if len(shorter.words) < _SHORT:
        return _difference_in_short(shorter, longer)
    if shorter.words == longer.words:
        return None
    if not _holds(longer.words, shorter.words):
        return "different words"
    return _contradiction(shorter, longer, is_late=apart > _LATE)


def _is_too_far_apart(shorter: Fingerprint, apart: timedelta) -> bool:
    limit = next((limit for words, limit in _APART if len(shorter.words) < words), WINDOW)
    return apart > limit


def _difference_in_short(shorter: Fingerprint, longer: Fingerprint) -> str | None:
    if shorter.words != longer.words:
        return "too short to differ"
    return None if _says_something(shorter) else "too short to tell"


def _says_something(short: Fingerprint) -> bool:
    """Say whether a short text has a word of its own, such as a place's name or a number."""
    if any(word.isdigit() for word in short.words) or _names(short):
        return True
    own = [w for w in short.words if len(w) > _LITTLE and not w.startswith(_GENERAL)]
    return len(short.words) >= _WORTH and bool(own)


def _holds(longer: Sequence[str], shorter: Sequence[str]) -> bool:
    """Say whether most of the shorter text stands in the longer, which is not mostly other text."""
    common = LCSseq.similarity(shorter, longer)
    if common < _CONTAINED * len(shorter):
        return False
    if common >= _COVERED * len(longer):
        return True
    beginning = longer[: len(shorter) + 3]
    return LCSseq.similarity(shorter, beginning) >= _LEADING * len(shorter)


def _contradiction(shorter: Fingerprint, longer: Fingerprint, *, is_late: bool) -> str | None:
    few, many = _numbers(shorter.words), _numbers(longer.words)
    if few - many and many - few:
        return "other numbers"
    is_brief = len(shorter.words) < _BRIEF
    names = _names(shorter) | _names(longer)
    shared = set(shorter.words) & set(longer.words)
    for old, new, is_last in _changes(shorter.words, longer.words):
        if is_last and _is_tail(old, new, is_brief=is_brief):
            break  # what was cut off, or a footer
        is_strict = is_brief or is_late
        reason = _of_change(old, new, names, shared, is_strict=is_strict, is_brief=is_brief)
        if reason:
            return reason
    return None


def _changes(
    shorter: Sequence[str], longer: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[str], bool]]:
    """Give the stretches that differ, and whether each is the last of both texts."""
    blocks = Levenshtein.opcodes(shorter, longer).as_matching_blocks()
    at, there = 0, 0
    for block in blocks:
        if block.a > at or block.b > there:
            yield shorter[at : block.a], longer[there : block.b], block.a == len(shorter)
        at, there = block.a + block.size, block.b + block.size


def _is_tail(old: Sequence[str], new: Sequence[str], *, is_brief: bool) -> bool:
    if not old:
        return True
    return not is_brief and len(old) <= _TAIL and len(new) >= len(old) + _TAIL


def _of_change(
    old: Sequence[str],
    new: Sequence[str],
    names: set[str],
    elsewhere: set[str],
    *,
    is_strict: bool,
    is_brief: bool,
) -> str | None:
    """Look at words that stand in place of one another, or on one side only."""
    if _TURNS.isdisjoint(old) != _TURNS.isdisjoint(new):
        return "turned round"
    if is_brief and _NEGATIONS.isdisjoint(old) != _NEGATIONS.isdisjoint(new):
        return "turned round"
    others = 0
    for before, after in zip(old, new, strict=False):
        if before in _NUMERALS and after in _NUMERALS and before != after:
            return "other numbers"
        if before in names and after in names and before[:_STEM] != after[:_STEM]:
            return "another name"
        is_moved = before in elsewhere or after in elsewhere
        if not is_moved and fuzz.ratio(before, after) < _TYPO:
            others += 1
    if others and is_strict:
        return "other words"
    return "another matter" if others >= _RUN else None


def _numbers(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.isdigit()}


def _names(item: Fingerprint) -> set[str]:
    """Give the words written as names: with a capital inside a sentence."""
    found = set()
    for match in islice(_WORD.finditer(item.text), _READ):
        if match[0][0].isupper():
            before = item.text[max(0, match.start() - 6) : match.start()].rstrip(_BETWEEN_WORDS)
            if before and (before[-1].isalnum() or before[-1] in ",;"):
                found.add(_lowered(match[0]))
    return found
