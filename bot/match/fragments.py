"""Beginnings of words, and the literals of patterns: which of them are in a word, all at once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, Implementation

from bot.match.plan import Kind, Term
from bot.match.required import LITERAL_LEAST
from bot.text.coding import coded
from bot.text.fold import lowered

_RUN: Final = re.compile("[а-яіїєa-z0-9]+")


class Fragments:
    """Fragments are sought in coded words. A prefix is a space and how its words begin.

    Of a literal only the longest run of letters and digits is sought, which lies inside one word.
    A literal without a run worth it is loose, and sought in the text itself.
    """

    def __init__(self) -> None:
        self._terms: dict[bytes, tuple[Term, ...]] = {}
        self._loose: dict[str, tuple[Term, ...]] = {}
        self._automaton: BytesAhoCorasick | None = None
        self._known: list[bytes] = []  # what the automaton finds, gone ones too

    def __len__(self) -> int:
        return len(self._terms) + len(self._loose)

    def add(self, term: Term) -> None:
        """Take a prefix or a pattern up; `found_in` knows it after the next `settle`."""
        fragments, loose = _parts(term)
        for fragment in fragments:
            self._terms[fragment] = (*self._terms.get(fragment, ()), term)
        for literal in loose:
            self._loose[literal] = (*self._loose.get(literal, ()), term)

    def remove(self, term: Term) -> None:
        """Forget a prefix or a pattern."""
        fragments, loose = _parts(term)
        for fragment in fragments:
            left = self._terms[fragment] = _without(self._terms[fragment], term)
            if not left:
                del self._terms[fragment]
        for literal in loose:
            left = self._loose[literal] = _without(self._loose[literal], term)
            if not left:
                del self._loose[literal]

    def settle(self) -> None:
        """Make the automaton of all there are now: a few milliseconds."""
        self._known = list(self._terms)
        self._automaton = None
        if self._known:
            self._automaton = BytesAhoCorasick(
                self._known, implementation=Implementation.ContiguousNFA
            )

    def found_in(self, words: Sequence[bytes]) -> Iterator[tuple[bytes, Term]]:
        """Yield words and a term of which they have a fragment, perhaps the same twice."""
        if self._automaton is None:
            return
        line = b" %b " % b" ".join(words)
        ends = list(accumulate(len(word) + 1 for word in words))
        found = self._automaton.find_matches_as_indexes(line, overlapping=True)
        for number, start, _ in found:
            word = words[bisect_right(ends, start)]
            for term in self._terms.get(self._known[number], ()):
                yield word, term

    @staticmethod
    def words_with(term: Term, words: Iterable[bytes]) -> list[bytes]:
        """Return the words that have a fragment of the term."""
        fragments = list(_parts(term)[0])
        return [word for word in words if any(part in b" " + word for part in fragments)]

    def loose_in(self, text: str) -> Iterator[Term]:
        """Yield terms of loose literals that occur in a text."""
        if self._loose:
            folded = lowered(text)
            for literal, terms in self._loose.items():
                if literal in folded:
                    yield from terms


def _parts(term: Term) -> tuple[Iterable[bytes], Iterable[str]]:
    """Return a term's fragments and its loose literals."""
    if term.kind is Kind.PREFIX:
        return [term.codes[:-1]], []
    runs: dict[bytes, None] = {}
    loose: dict[str, None] = {}
    for literal in term.keys:
        folded = lowered(literal)
        run = max(_RUN.findall(folded), key=len, default="")
        if len(run) < LITERAL_LEAST:
            loose[folded] = None
        else:
            runs[coded(run)] = None
    return runs, loose


def _without(terms: tuple[Term, ...], gone: Term) -> tuple[Term, ...]:
    return tuple(term for term in terms if term is not gone)
