"""A post as matching sees it: its keys at once, positions and spans only when asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from bot.match.plan import Kind, Plan, Term
from bot.text import Cut, skeleton
from storage.records import Document, Span

Occurrence = tuple[int, int]  # the positions of the first and the last word, both inclusive


class Seen:
    """One post during one match; nothing of it outlives that."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.cut = Cut(document.text)
        self.forms = self.cut.forms
        self._occurrences: dict[Term, list[Occurrence]] = {}
        self.found: set[Term] | None = None  # set by an index that looked all its terms up
        self.merged: dict[frozenset[Plan], tuple[Span, ...]] = {}  # by what was satisfied
        self.prefixed: dict[Term, list[str]] = {}  # the forms of prefixes found
        self._spans: dict[Term, list[Span]] = {}
        self._patterns: dict[Term, list[tuple[int, int]]] = {}

    @cached_property
    def facts(self) -> frozenset[str]:
        """Every key of the post that is no word."""
        document = self.document
        keys = {fact.text for fact in self.cut.facts}
        if document.channel:
            keys.add(f"channel:{document.channel}")
        if document.channel_id is not None:
            keys.add(f"channel:{document.channel_id}")
        if document.lang:
            keys.add(f"lang:{document.lang}")
        if document.origin:
            keys.add(f"from:{document.origin}")
        keys.update(f"group:{group}" for group in document.groups)
        keys.update(f"has:{value}" for value in document.has)
        keys.update(f"is:{value}" for value in document.marks)
        return frozenset(keys)

    @cached_property
    def skeletons(self) -> frozenset[str]:
        """The skeletons of all forms, as keys."""
        return frozenset(f"~{skeleton(form)}" for form in self.forms)

    @cached_property
    def lower(self) -> str:
        """The text as literals of patterns are sought in it."""
        return self.document.text.lower()

    @cached_property
    def places(self) -> dict[str, list[tuple[int, float]]]:
        """Place key → (index of mention, confidence), the alternatives too."""
        found: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, mention in enumerate(self.document.mentions):
            if mention.place_id is not None:
                found[f"place:{mention.place_id}"].append((index, mention.confidence))
            for place, confidence in mention.alternatives:
                found[f"place:{place}"].append((index, confidence))
        return found

    def holds(self, term: Term) -> bool:  # noqa: PLR0911 - one line for each kind of term
        """Whether the post satisfies the term."""
        if self.found is not None and term.kind not in {Kind.PLACE, Kind.REGEX}:
            return term in self.found
        match term.kind:
            case Kind.WORD:
                return not term.keys.isdisjoint(self.forms)
            case Kind.FACT:
                return not term.keys.isdisjoint(self.facts)
            case Kind.NAME:
                return not term.keys.isdisjoint(self.skeletons)
            case Kind.PREFIX:
                return any(form.startswith(key) for key in term.keys for form in self.forms)
            case Kind.PLACE:
                return bool(self._mentions(term))
            case Kind.REGEX:
                return bool(self._matches(term))

    def _mentions(self, term: Term) -> list[int]:
        """Return the mentions that are, taken together over their candidates, sure enough."""
        sums: dict[int, float] = defaultdict(float)
        for key in term.keys & self.places.keys():
            for index, confidence in self.places[key]:
                sums[index] += confidence
        return sorted(index for index, total in sums.items() if total >= term.least - 1e-9)

    def _matches(self, term: Term) -> list[tuple[int, int]]:
        found = self._patterns.get(term)
        if found is None:
            found = []
            if term.pattern and (not term.keys or any(key in self.lower for key in term.keys)):
                found = term.pattern.spans(self.document.text)
            self._patterns[term] = found
        return found

    def occurrences(self, term: Term) -> list[Occurrence]:
        """Where the term stands in the order of words, sorted, each once."""
        found = self._occurrences.get(term)
        if found is None:
            places = self.cut.places
            found = [place for form in self._forms(term) for place in places(form)]
            if len(found) > 1:
                found = sorted(set(found))
            self._occurrences[term] = found
        return found

    def _forms(self, term: Term) -> Iterable[str]:
        """Return the post's forms that are the term."""
        match term.kind:
            case Kind.WORD:
                return term.keys & self.forms
            case Kind.NAME:
                return [form for form in self.forms if f"~{skeleton(form)}" in term.keys]
            case Kind.PREFIX:
                if term in self.prefixed:
                    return self.prefixed[term]
                begin = tuple(term.keys)
                return [form for form in self.forms if form.startswith(begin)]
            case _:
                return ()

    def span(self, occurrence: Occurrence) -> Span:
        """Return an occurrence in the original text."""
        return Span(*self.cut.span(*occurrence))

    def spans(self, term: Term) -> list[Span]:
        """Return everywhere the term is written; facts outside the text have no span."""
        found = self._spans.get(term)
        if found is None:
            found = self._spans[term] = self._spans_of(term)
        return found

    def _spans_of(self, term: Term) -> list[Span]:
        match term.kind:
            case Kind.FACT:
                return [Span(f.start, f.end) for f in self.cut.facts if f.text in term.keys]
            case Kind.PLACE:
                mentions = self.document.mentions
                return [Span(mentions[i].start, mentions[i].end) for i in self._mentions(term)]
            case Kind.REGEX:
                return [Span(start, end) for start, end in self._matches(term)]
            case _:
                find = self.cut.find
                return [Span(*span) for form in self._forms(term) for span in find(form)]
