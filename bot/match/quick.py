"""One query of words alone over many posts, answered from the words of each post at once.

It says what `verify` would, and only where that is certain: a post with joined writings of a word
asked for is left to the engine, and so is any query that has more than words in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.match.plan import All, Either, Kind, Plan, Term
from bot.text import Cut
from storage.records import Span


@dataclass(frozen=True, slots=True)
class Quick:
    """A post matches that has a word of each of `clauses`; `words` are those of all of them."""

    clauses: tuple[frozenset[bytes], ...]
    words: frozenset[bytes]

    def decides(self, cut: Cut) -> bool:
        """Say whether the words of a post in their order are all there is to look at."""
        return not cut.extra or self.words.isdisjoint(cut.extra)

    def match(self, cut: Cut) -> tuple[Span, ...] | None:
        """Give the spans of all words found, None when the post does not match."""
        found = self.words.intersection(cut.order)
        for clause in self.clauses:
            if clause.isdisjoint(found):
                return None
        return tuple([Span(start, end) for start, end in cut.spans_of(found)])


def quick_of(plan: Plan) -> Quick | None:
    """Give the quick way to answer a plan, None when it has more than words in it."""
    parts = plan.parts if isinstance(plan, All) else (plan,)
    clauses = tuple(map(_clause, parts))
    if not clauses or not all(clauses):
        return None
    return Quick(clauses, frozenset().union(*clauses))


def _clause(plan: Plan) -> frozenset[bytes]:
    """Give the words of which one is asked for, none when that is not all that is asked."""
    terms = list(_words(plan.parts if isinstance(plan, Either) else (plan,)))
    if None in terms:
        return frozenset()
    return frozenset().union(*(term.codes.split() for term in terms if term))


def _words(parts: tuple[Plan, ...]) -> Iterator[Term | None]:
    for part in parts:
        yield part if isinstance(part, Term) and part.kind is Kind.WORD else None
