"""The best of many matches first, by BM25 over the words that the query asks for.

How rare a word is comes from the index, how often a post has it from the post.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.match.lookup import analysis
from bot.publish.questions import Found, Question
from bot.text import Cut
from storage import searching
from storage.reading import Connection
from storage.records import ALWAYS, AllOf, AnyOf, ButNot, Sought, Words

_K1 = 1.2  # how soon one more occurrence says nothing new
_B = 0.75  # how much a long post must have more of them


@dataclass(frozen=True, slots=True)
class _Term:
    words: Words
    weight: float


def best_first(connection: Connection, question: Question, found: Sequence[Found]) -> list[Found]:
    """Order matches by relevance; those that are equal stay newest first."""
    if not found or question.sought is None:
        return list(found)
    terms = _weighed(connection, list(_asked(question.sought)))
    cut = [Counter(Cut(item.post.text).words.words) for item in found]
    sizes = [counts.total() for counts in cut]
    usual = max(1.0, sum(sizes) / len(sizes))
    scores = [
        sum(
            term.weight * _saturated(_occurrences(term.words, counts), size / usual)
            for term in terms
        )
        for counts, size in zip(cut, sizes, strict=True)
    ]
    order = sorted(range(len(found)), key=lambda at: -scores[at])
    return [found[at] for at in order]


def _asked(sought: Sought) -> Iterator[Words]:
    match sought:
        case Words():
            yield sought
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _asked(part)
        case ButNot(part, _):
            yield from _asked(part)


def _weighed(connection: Connection, asked: list[Words]) -> list[_Term]:
    with searching.opened(connection, analysis()) as index:
        if index is None:
            return [_Term(words, 1.0) for words in asked]
        every = index.size()
        having = [index.count(words, ALWAYS) for words in asked]
    return [
        _Term(words, math.log(1 + (every - count + 0.5) / (count + 0.5)))
        for words, count in zip(asked, having, strict=True)
    ]


def _occurrences(words: Words, counts: Counter[str]) -> int:
    found = sum(counts[word] for word in words.words & counts.keys())
    if words.prefixes:
        begins = tuple(words.prefixes)
        found += sum(count for form, count in counts.items() if form.startswith(begins))
    return found


def _saturated(occurrences: int, length: float) -> float:
    return occurrences * (_K1 + 1) / (occurrences + _K1 * (1 - _B + _B * length))
