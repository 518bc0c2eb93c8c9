"""A post as matching sees it: which terms of an index it has, and where, by position and span.

Positions count words. Most terms stand on single words; joined writings cover several
(`wide`). Positions and spans are made only for what hit.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, partial
from itertools import chain, compress
from operator import attrgetter
from typing import Any, Final

from bot.match.index import Index
from bot.match.name_keys import is_common
from bot.match.places.cells import claims_of
from bot.match.plan import LIKELY, Kind, Plan, Term
from bot.text import Cut
from bot.text.coding import coded, decoded
from bot.text.fold import fold
from bot.text.tokens import Fact, address_forms
from storage.records import Document, HiddenLink, Span

Occurrence = tuple[int, int]  # the positions of the first and the last word, both inclusive
Positions = tuple[int, ...]  # ascending, each once

_FIELDS: Final = attrgetter(
    "channel", "channel_id", "lang", "origin", "groups", "has", "marks"
)  # fmt: skip
_NAMES: Final = ("channel", "channel", "lang", "from")
_DIGIT: Final = re.compile("[0-9]").search
_SPAN: Final = partial(tuple.__new__, Span)  # half the price of a call


class Seen:
    """One post during one match, and until the spans of its hits are made.

    `found` has every term that the post's words and facts lead to; patterns and places are only
    likely. `led` are the terms of the words in order, `extra_led` those of the further forms.
    """

    __slots__ = (
        "__dict__", "_at", "_patterns", "_spans_at", "cut", "document", "extra_led",
        "found", "held", "joint", "led", "merged",
    )  # fmt: skip

    def __init__(self, document: Document, index: Index) -> None:
        self.document = document
        cut = self.cut = Cut(document.text)
        self._at: dict[Term, Positions] = {}
        self._patterns: dict[Term, list[tuple[int, int]]] = {}
        self._spans_at: dict[Positions, tuple[Span, ...]] = {}
        self.held: dict[Plan, bool] = {}  # what was asked whether it holds
        self.joint: dict[tuple[Term, ...], tuple[Span, ...]] = {}  # by terms found together
        self.merged: dict[frozenset[Plan], tuple[Span, ...]] = {}  # by what was satisfied
        self.led = index.led(cut.order)
        found = self.found = set(chain.from_iterable(self.led))
        self.extra_led: dict[bytes, tuple[Term, ...]] = {}
        if cut.extra:
            extra = list(cut.extra)
            led = index.led(extra)
            self.extra_led = {form: terms for form, terms in zip(extra, led, strict=True) if terms}
            found.update(chain.from_iterable(led))
        if index.cased and not found.isdisjoint(index.cased):
            found = self._leave_out_small_names(index.cased)
        if index.patterns_asked:
            self._find_literals(index)
        if index.facts_asked:
            self._find(index, fact_keys(document, cut))
        if document.mentions:
            self._find(index, self.places)
        if document.text:
            found.update(index.bare_in(document.text))

    def forget(self) -> None:
        """Forget what earlier queries left to later ones, so that the next is measured alone."""
        for held in (self._at, self._patterns, self._spans_at, self.held, self.joint, self.merged):
            held.clear()

    def _leave_out_small_names(self, cased: set[Term]) -> set[Term]:
        """Leave out common words that would be names, had they a capital letter."""
        text, cut = self.document.text, self.cut
        for at, terms in enumerate(self.led):
            if cased.isdisjoint(terms) or text[cut.spans[at][0]].isupper():
                continue
            if is_common(decoded(cut.order[at])):
                self.led[at] = tuple(term for term in terms if term not in cased)
        for form, terms in self.extra_led.items():  # a joined writing has no capital of its own
            if not cased.isdisjoint(terms) and is_common(decoded(form)):
                self.extra_led[form] = tuple(term for term in terms if term not in cased)
        found = self.found = set(chain.from_iterable((*self.led, *self.extra_led.values())))
        return found

    def _find_literals(self, index: Index) -> None:
        if missing := self.cut.literals:
            led = chain.from_iterable(index.led(missing))
            self.found.update(term for term in led if term.kind is Kind.REGEX)
        self.found.update(index.fragments.loose_in(self.document.text))

    def _find(self, index: Index, keys: Iterable[str]) -> None:
        table = index.table
        self.found.update(chain.from_iterable(table.get(coded(key), ()) for key in keys))

    def at(self, term: Term) -> Positions:
        """Return the positions of the words that have the term, joined writings left out."""
        found = self._at.get(term)
        if found is None:
            found = tuple([at for at, terms in enumerate(self.led) if term in terms])
            self._at[term] = found
        return found

    @cached_property
    def spans_of(self) -> dict[Term, tuple[Span, ...]]:
        """The spans of all terms, joined writings left out: cheaper when many are asked for."""
        where: dict[Term, tuple[Span, ...]] = dict.fromkeys(self.found, ())
        known = compress(self.cut.spans, self.led)
        for terms, span in zip(filter(None, self.led), map(_SPAN, known), strict=True):
            one = (span,)
            for term in terms:
                where[term] += one
        return where

    @cached_property
    def joined(self) -> frozenset[Term]:
        """The terms that joined writings lead to."""
        return frozenset(chain.from_iterable(self.extra_led.values()))

    @cached_property
    def wide(self) -> dict[Term, list[Occurrence]]:
        """Term → where it stands on joined writings."""
        found: dict[Term, list[Occurrence]] = {}
        for form, terms in self.extra_led.items():
            for term in terms:
                found[term] = [*found.get(term, ()), *self.cut.extra_places[form]]
        return found

    @cached_property
    def facts(self) -> Sequence[Fact]:
        """What the text names outside its words: addresses, links behind words, mentions."""
        links = self.document.links
        return [*self.cut.facts, *hidden_facts(links)] if links else self.cut.facts

    @cached_property
    def encoded(self) -> bytes:
        """The text as patterns read it."""
        return self.document.text.encode("utf-8", "surrogatepass")

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
        if term not in self.found:
            return False
        if term.kind is Kind.REGEX:
            return bool(self._matches(term))
        return term.kind is not Kind.PLACE or bool(self._mentions(term))

    def _mentions(self, term: Term) -> list[int]:
        """Return the mentions that are, taken together over their candidates, sure enough."""
        sums: dict[int, float] = defaultdict(float)
        for key, mentions in self.places.items():
            if term.has(key):
                for index, confidence in mentions:
                    sums[index] += confidence
        return sorted(index for index, total in sums.items() if total >= term.least - 1e-9)

    def _matches(self, term: Term) -> list[tuple[int, int]]:
        found = self._patterns.get(term)
        if found is None:
            found = []
            pattern = term.pattern
            if pattern and pattern.could_match(self.lower, has_digit=self.has_digit):
                found = pattern.spans(self.document.text, self.encoded, self.lower)
            self._patterns[term] = found
        return found

    @cached_property
    def has_digit(self) -> bool:
        """Whether a digit is in the text."""
        return _DIGIT(self.document.text) is not None

    @cached_property
    def lower(self) -> str:
        """The text as literals of patterns are sought in it."""
        return self.document.text.lower()

    def occurrences(self, term: Term) -> list[Occurrence]:
        """Where the term stands in the order of words, sorted, each once."""
        if term.kind in LIKELY:
            return []
        found = [(at, at) for at in self.at(term)]
        if self.extra_led and term in self.joined:
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
                return [Span(f.start, f.end) for f in self.facts if term.has(f.text)]
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
    if document.links:
        facts = facts.union(fact.text for fact in hidden_facts(document.links))
    return facts.union(fact.text for fact in cut.facts) if cut.facts else facts


def hidden_facts(links: Iterable[HiddenLink]) -> Iterator[Fact]:
    """Give what links behind words lead to, at the words they are behind."""
    for link in links:
        for form in address_forms(fold(link.url.strip()).text):
            yield Fact(form, link.start, link.end)


@lru_cache(maxsize=4096)
def _facts(fields: tuple[Any, ...]) -> frozenset[str]:
    *one, groups, has, marks = fields
    keys = {f"{name}:{value}" for name, value in zip(_NAMES, one, strict=True) if value is not None}
    keys.update(f"group:{group}" for group in groups)
    keys.update(f"has:{value}" for value in has)
    keys.update(f"is:{value}" for value in marks)
    return frozenset(keys)
