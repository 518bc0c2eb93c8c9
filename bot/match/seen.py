"""A post as matching sees it: which terms of an index it has, and where, by position and span.

Positions count words. Most terms stand on single words (`where`); joined writings cover several
(`wide`). Spans are made only for what hit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property, lru_cache, partial
from itertools import compress
from operator import attrgetter
from typing import Any, Final

from bot.match.index import Index
from bot.match.places.cells import claims_of
from bot.match.plan import LIKELY, Kind, Plan, Term
from bot.text import Cut
from bot.text.coding import coded, line_of
from bot.text.fold import LONGEST, lowered
from storage.records import Document, Span

Occurrence = tuple[int, int]  # the positions of the first and the last word, both inclusive
Positions = tuple[int, ...]  # ascending, each once

_FIELDS: Final = attrgetter(
    "channel", "channel_id", "lang", "origin", "groups", "has", "marks"
)  # fmt: skip
_NAMES: Final = ("channel", "channel", "lang", "from")
_SPAN: Final = partial(tuple.__new__, Span)  # half the price of a call
_AT: Final[tuple[Positions, ...]] = tuple((at,) for at in range(LONGEST + 1))


class Seen:
    """One post during one match; nothing of it outlives that.

    `where` has every term the post's words and facts lead to; patterns and places are only likely.
    """

    __slots__ = (
        "__dict__", "_form_at", "_patterns", "_spans_at", "cut", "document", "index", "joint",
        "merged", "where", "wide",
    )  # fmt: skip

    def __init__(self, document: Document, index: Index) -> None:
        self.document = document
        self.index = index
        cut = self.cut = Cut(document.text)
        where: dict[Term, Positions] = {}
        self.where = where
        self.wide: dict[Term, list[Occurrence]] = {}
        self._form_at: dict[bytes, Positions] = {}
        self._patterns: dict[Term, list[tuple[int, int]]] = {}
        self._spans_at: dict[Positions, tuple[Span, ...]] = {}
        self.joint: dict[tuple[Term, ...], tuple[Span, ...]] = {}  # by terms found together
        self.merged: dict[frozenset[Plan], tuple[Span, ...]] = {}  # by what was satisfied
        table = index.table
        led_to = list(map(table.get, cut.order))
        for terms, at in compress(zip(led_to, _AT, strict=False), led_to):
            for term in terms:  # type: ignore[union-attr]
                if term in where:
                    where[term] += at
                else:
                    where[term] = at
        if cut.extra:
            self._add_extra()
        if index.fragments:
            self._add_fragments()
        if index.names_asked:
            self._add_names()
        if index.facts_asked:
            self._add(fact_keys(document, cut))
        if document.mentions:
            self._add(self.places)
        for term in index.bare_in(document.text):
            where[term] = ()

    def _add_extra(self) -> None:
        for form in self.cut.extra:
            for term in self.index.table.get(form, ()):
                self._add_form(term, form)

    def _add_form(self, term: Term, form: bytes) -> None:
        """Note where a form stands, as a word or as a joined writing."""
        at = self._at(form)
        held = self.where.get(term, ())
        self.where[term] = tuple(sorted({*held, *at})) if held else at
        if form in self.cut.extra:
            self.wide[term] = [*self.wide.get(term, ()), *self.cut.extra_places[form]]

    def _at(self, form: bytes) -> Positions:
        found = self._form_at.get(form)
        if found is None:
            order = self.cut.order
            if order.count(form) == 1:
                found = _AT[order.index(form)]
            else:
                found = tuple(at for at, word in enumerate(order) if word == form)
            self._form_at[form] = found
        return found

    def _add_fragments(self) -> None:
        cut, fragments, where = self.cut, self.index.fragments, self.where
        line = cut.line
        if line is None or cut.extra:
            line = b" %b " % b" ".join([*cut.order, *cut.extra])
        begun: dict[tuple[Term, bytes], None] = {}
        for term, start in fragments.found_in(line):
            if term.kind is Kind.PREFIX:
                begun[term, line[start + 1 : line.find(b" ", start + 1)]] = None
            else:
                where[term] = ()
        for term, word in begun:
            self._add_form(term, word)
        if not cut.is_literal:
            folded = line_of(lowered(self.document.text))
            for term, _ in fragments.found_in(folded):
                if term.kind is Kind.REGEX:
                    where[term] = ()
        for term in fragments.loose_in(self.document.text):
            where[term] = ()

    def _add_names(self) -> None:
        cut, names = self.cut, self.index.names
        for form in {*cut.order, *cut.extra}:
            for term in names[form]:
                self._add_form(term, form)

    def _add(self, keys: Iterable[str]) -> None:
        table = self.index.table
        for key in keys:
            for term in table.get(coded(key), ()):
                self.where[term] = ()

    @cached_property
    def lower(self) -> str:
        """The text as literals of patterns are sought in it."""
        return self.document.text.lower()

    @cached_property
    def places(self) -> dict[str, list[tuple[int, float]]]:
        """Place key → (index of mention, confidence), the alternatives and squares too."""
        found: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, mention in enumerate(self.document.mentions):
            for place, confidence in claims_of(mention):
                found[f"place:{place}"].append((index, confidence))
        return found

    def holds(self, term: Term) -> bool:
        """Whether the post satisfies the term."""
        if term not in self.where:
            return False
        if term.kind is Kind.REGEX:
            return bool(self._matches(term))
        return term.kind is not Kind.PLACE or bool(self._mentions(term))

    def _mentions(self, term: Term) -> list[int]:
        """Return the mentions that are, taken together over their candidates, sure enough."""
        sums: dict[int, float] = defaultdict(float)
        for key, mentions in self.places.items():
            if term in self.index.table.get(coded(key), ()):
                for index, confidence in mentions:
                    sums[index] += confidence
        return sorted(index for index, total in sums.items() if total >= term.least - 1e-9)

    def _matches(self, term: Term) -> list[tuple[int, int]]:
        found = self._patterns.get(term)
        if found is None:
            found = []
            if term.pattern and term.pattern.could_match(self.lower):
                found = term.pattern.spans(self.document.text)
            self._patterns[term] = found
        return found

    def occurrences(self, term: Term) -> list[Occurrence]:
        """Where the term stands in the order of words, sorted, each once."""
        if term.kind in LIKELY:
            return []
        found = [(at, at) for at in self.where.get(term, ())]
        if term in self.wide:
            found = sorted({*found, *self.wide[term]})
        return found

    def span(self, occurrence: Occurrence) -> Span:
        """Return an occurrence in the original text."""
        spans = self.cut.spans
        return Span(spans[occurrence[0]][0], spans[occurrence[1]][1])

    def spans_at(self, positions: Positions) -> tuple[Span, ...]:
        """Return the spans of single words."""
        found = self._spans_at.get(positions)
        if found is None:
            cut = self.cut
            if len(positions) == 1 and "spans" not in cut.__dict__:
                found = (_SPAN(cut.only_span(positions[0])),)
            else:
                spans = cut.spans
                found = tuple([_SPAN(spans[at]) for at in positions])
            self._spans_at[positions] = found
        return found

    def spans(self, term: Term) -> list[Span]:
        """Return everywhere the term is written; facts outside the text have no span."""
        match term.kind:
            case Kind.FACT:
                table, facts = self.index.table, self.cut.facts
                written = [f for f in facts if term in table.get(coded(f.text), ())]
                return [Span(fact.start, fact.end) for fact in written]
            case Kind.PLACE:
                mentions = self.document.mentions
                return [Span(mentions[i].start, mentions[i].end) for i in self._mentions(term)]
            case Kind.REGEX:
                return [Span(start, end) for start, end in self._matches(term)]
            case _:
                return [self.span(place) for place in self.occurrences(term)]


def fact_keys(document: Document, cut: Cut) -> frozenset[str]:
    """Every key of a post that is no word: its fields, and the names and hosts it writes."""
    facts = _facts(_FIELDS(document))
    return facts.union(fact.text for fact in cut.facts) if cut.facts else facts


@lru_cache(maxsize=4096)
def _facts(fields: tuple[Any, ...]) -> frozenset[str]:
    *one, groups, has, marks = fields
    keys = {f"{name}:{value}" for name, value in zip(_NAMES, one, strict=True) if value is not None}
    keys.update(f"group:{group}" for group in groups)
    keys.update(f"has:{value}" for value in has)
    keys.update(f"is:{value}" for value in marks)
    return frozenset(keys)
