"""Which word would have kept the noise out: mined from one person's own judged alerts. Pure.

A word is suggested when most of the noise holds it and next to nothing of what was useful. It is
counted as a query counts it, in all its forms, so that the numbers shown are those of the change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.match.engine import Matcher
from bot.match.errors import QueryError
from bot.match.morphology import paradigms
from bot.match.query import parse
from bot.text import words_of
from storage.records import Document, JudgedText

_LEAST_NOISE = 3  # alerts judged noise before anything is suggested
_LEAST_SHARE = 0.5  # of the noise must hold the word
_MOST_USEFUL_SHARE = 0.05  # of what was useful may hold it
_LEAST_LETTERS = 4  # shorter words are mostly glue
_TRIED = 12  # words, the most frequent first


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word to exclude, and in how many judged alerts of each kind it was."""

    word: str
    noise_with: int
    noise: int
    useful_with: int
    useful: int
    query: str  # the query with the word excluded


def suggestion(query: str, judged: Sequence[JudgedText]) -> Suggestion | None:
    """Give the word whose exclusion would have kept most noise out, None without a good one."""
    noise = [item.text for item in judged if not item.is_useful]
    useful = [item.text for item in judged if item.is_useful]
    if len(noise) < _LEAST_NOISE:
        return None
    least = max(_LEAST_NOISE, _LEAST_SHARE * len(noise))
    best: Suggestion | None = None
    for word in _words_of_noise(query, noise, useful):
        found = _counted(query, word, noise, useful)
        if found is None or found.noise_with < least:
            continue
        if found.useful_with > _MOST_USEFUL_SHARE * len(useful):
            continue
        if best is None or found.noise_with > best.noise_with:
            best = found
    return best and (_by_its_lemma(query, best, noise, useful) or best)


def _by_its_lemma(
    query: str, found: Suggestion, noise: Sequence[str], useful: Sequence[str]
) -> Suggestion | None:
    """Name the word as a dictionary does, where that finds the very same."""
    for reading in paradigms(found.word):
        named = _counted(query, reading.lemma, noise, useful)
        if named and (named.noise_with, named.useful_with) == (found.noise_with, found.useful_with):
            return named
    return None


def _words_of_noise(query: str, noise: Sequence[str], useful: Sequence[str]) -> list[str]:
    asked = set(words_of(query).words)
    in_noise, in_useful = _texts_with(noise), _texts_with(useful)
    gain = {
        word: count / len(noise) - (in_useful[word] / len(useful) if useful else 0.0)
        for word, count in in_noise.items()
        if len(word) >= _LEAST_LETTERS and word.isalpha() and word not in asked
    }
    return sorted(gain, key=lambda word: (-gain[word], -len(word), word))[:_TRIED]


def _texts_with(texts: Sequence[str]) -> Counter[str]:
    return Counter(word for text in texts for word in set(words_of(text).words))


def _counted(
    query: str, word: str, noise: Sequence[str], useful: Sequence[str]
) -> Suggestion | None:
    try:
        matcher = Matcher(parse(word))
        changed = parse(f"({query}) -{word}", allow_scan=True).normal
    except QueryError:
        return None

    def holding(texts: Sequence[str]) -> int:
        return sum(matcher.match(Document(text=text)) is not None for text in texts)

    if changed == parse(query, allow_scan=True).normal:
        return None
    return Suggestion(word, holding(noise), len(noise), holding(useful), len(useful), changed)
