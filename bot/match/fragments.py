"""Beginnings of words, and the literals of patterns: which of them occur in a text, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, Implementation

from bot.match.patterns import LITERAL_LEAST
from bot.match.plan import Kind, Term
from bot.text.coding import coded
from bot.text.fold import lowered

_FRESH_MOST: Final = 8  # fragments tried one by one
_SMALL: Final = 1000  # fragments of which the fastest and largest kind of automaton is made
_RUN: Final = re.compile("[а-яіїєa-z0-9]+")


class Fragments:
    """Fragments are sought in coded lines. A prefix is a space and how its words begin.

    Of a literal only the longest run of letters and digits is sought, which lies inside one word of
    a line. A literal without a run worth it is loose, and sought in the text itself.
    """

    def __init__(self) -> None:
        self._terms: dict[bytes, tuple[Term, ...]] = {}
        self._loose: dict[str, tuple[Term, ...]] = {}
        self._automaton: BytesAhoCorasick | None = None
        self._known: list[bytes] = []  # what the automaton finds, gone ones too
        self._fresh: list[bytes] = []  # fragments newer than the automaton

    def __len__(self) -> int:
        return len(self._terms) + len(self._loose)

    def add(self, term: Term) -> None:
        """Let a prefix or a pattern be found."""
        fragments, loose = _parts(term)
        for fragment in fragments:
            held = self._terms.get(fragment, ())
            self._terms[fragment] = (*held, term)
            if not held:
                self._fresh.append(fragment)
        for literal in loose:
            self._loose[literal] = (*self._loose.get(literal, ()), term)

    def remove(self, term: Term) -> None:
        """Forget a prefix or a pattern."""
        fragments, loose = _parts(term)
        for fragment in fragments:
            left = self._terms[fragment] = _without(self._terms[fragment], term)
            if not left:
                del self._terms[fragment]
                if fragment in self._fresh:
                    self._fresh.remove(fragment)
        for literal in loose:
            left = self._loose[literal] = _without(self._loose[literal], term)
            if not left:
                del self._loose[literal]

    def found_in(self, line: bytes) -> Iterator[tuple[Term, int]]:
        """Yield terms of fragments that occur in a coded line, and where they start.

        New fragments are tried one by one until there are enough of them for a new automaton, whose
        making (a few milliseconds) so falls on few posts.
        """
        if len(self._fresh) > _FRESH_MOST:
            self._make_automaton()
        terms = self._terms
        if self._automaton is not None:
            known = self._known
            for at, start, _ in self._automaton.find_matches_as_indexes(line, overlapping=True):
                for term in terms.get(known[at], ()):
                    yield term, start
        for fragment in self._fresh:
            start = line.find(fragment)
            while start >= 0:
                for term in terms[fragment]:
                    yield term, start
                start = line.find(fragment, start + 1)

    def loose_in(self, text: str) -> Iterator[Term]:
        """Yield terms of loose literals that occur in a text."""
        if self._loose:
            folded = lowered(text)
            for literal, terms in self._loose.items():
                if literal in folded:
                    yield from terms

    def _make_automaton(self) -> None:
        self._known = list(self._terms)
        kind = Implementation.DFA if len(self._known) <= _SMALL else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(self._known, implementation=kind)
        self._fresh = []


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
