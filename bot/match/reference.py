"""The slow, obvious matcher: what a query means, written to be read, held against the engine.

It walks the query's tree over every word of the text and knows no index, no anchors, no shared
terms. It shares with the engine only what a word is (`bot.text.words_of`) and which forms it has.
"""

from __future__ import annotations

from bot.match import morphology
from bot.match.expand import SURENESS, Compiler
from bot.match.name_keys import is_common, name_key
from bot.match.nodes import (
    And,
    Everything,
    FieldIs,
    FieldName,
    Mention,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    PlaceIs,
    PlaceNear,
    Prefix,
    Regex,
    Word,
)
from bot.match.patterns import pattern
from bot.match.places.cells import claims_of
from bot.match.plan import Plan, Sequence, Term, Terms
from bot.match.query import PlaceResolver, Query
from bot.text import Words, fold, words_of
from bot.text.tokens import address_forms
from storage.records import Document, Span

Place = tuple[int, int]


def reference_match(
    query: Query, document: Document, resolver: PlaceResolver | None = None
) -> tuple[Span, ...] | None:
    """Return the spans of everything that satisfied the query, or None."""
    reading = _Reading(document, resolver)
    spans = reading.spans(query.root)
    if spans is None:
        return None
    covered = sorted({(span.start, span.end) for span in spans})
    out: list[Span] = []
    for start, end in covered:
        if out and start < out[-1].end:
            out[-1] = Span(out[-1].start, max(end, out[-1].end))
        else:
            out.append(Span(start, end))
    return tuple(out)


class _Reading:
    """One document being read for one query."""

    def __init__(self, document: Document, resolver: PlaceResolver | None) -> None:
        self.document = document
        self.resolver = resolver
        self.words: Words = words_of(document.text)

    def spans(self, node: Node) -> list[Span] | None:  # noqa: C901, PLR0911 - one a kind
        """Return the spans of a node, none of them perhaps, or None when it does not match."""
        match node:
            case And(items):
                parts = [self.spans(item) for item in items]
                return None if None in parts else [s for part in parts for s in part or []]
            case Or(items):
                parts = [self.spans(item) for item in items]
                matched = [part for part in parts if part is not None]
                return [s for part in matched for s in part] if matched else None
            case Not(item):
                return [] if self.spans(item) is None else None
            case Everything():
                return []
            case Near():
                pairs = self.pairs(node)
                return [self.span(place) for pair in pairs for place in pair] or None
            case FieldIs():
                return self.field(node)
            case Mention(name):
                return self.written(f"@{name}")
            case PlaceIs() | PlaceNear():
                return self.mentioned(node)
            case Regex(source):
                text = self.document.text
                literals = pattern(source).literals
                if literals and not any(literal in text.lower() for literal in literals):
                    return None
                return [Span(start, end) for start, end in pattern(source).spans(text)] or None
            case _:
                return [self.span(place) for place in self.places(node)] or None

    def span(self, place: Place) -> Span:
        return Span(self.words.spans[place[0]][0], self.words.spans[place[1]][1])

    def field(self, node: FieldIs) -> list[Span] | None:
        document, value = self.document, node.value
        match node.name:
            case FieldName.CHANNEL:
                matched = value in {document.channel, str(document.channel_id)}
            case FieldName.GROUP:
                matched = value in document.groups
            case FieldName.LANG:
                matched = value == document.lang
            case FieldName.HAS:
                matched = value in {str(has) for has in document.has}
            case FieldName.IS:
                matched = value in {str(mark) for mark in document.marks}
            case FieldName.FROM:
                matched = value == document.origin
            case FieldName.URL:
                return self.written(f"url:{value}")
        return [] if matched else None

    def written(self, fact: str) -> list[Span] | None:
        """Return where an address or a name is written, or is behind words."""
        found = [Span(f.start, f.end) for f in self.words.facts if f.text == fact]
        found += [
            Span(link.start, link.end)
            for link in self.document.links
            if fact in address_forms(fold(link.url.strip()).text)
        ]
        return found or None

    def mentioned(self, node: PlaceIs | PlaceNear) -> list[Span] | None:
        if self.resolver is None:
            return None
        if isinstance(node, PlaceIs):
            ids = self.resolver.place_ids(node.name)
        else:
            ids = self.resolver.near_ids(node.centre, node.radius_km)
        found = []
        for mention in self.document.mentions:
            sure = sum(share for place, share in claims_of(mention) if place in ids)
            if sure >= SURENESS[node.sureness] - 1e-9:
                found.append(Span(mention.start, mention.end))
        return found or None

    def forms_at(self) -> list[tuple[str, Place]]:
        """Return every form of the text with the positions it covers."""
        plain = [(word, (at, at)) for at, word in enumerate(self.words.words)]
        return plain + [(form.text, (form.first, form.last)) for form in self.words.extras]

    def places(self, node: Node) -> set[Place]:
        """Return where a word, prefix, phrase, NEAR, or OR of them stands."""
        match node:
            case Or(items):
                return set().union(*(self.places(item) for item in items))
            case Near():
                return {(min(a[0], b[0]), max(a[1], b[1])) for a, b in self.pairs(node)}
            case Prefix(text):
                begin = morphology.folded_word(text)
                return {place for form, place in self.forms_at() if form.startswith(begin)}
            case Word() | Phrase():
                return self.planned(_small_plan(node))
            case _:
                return set()

    def planned(self, plan: Plan) -> set[Place]:
        """Return where the ways to write a word or a phrase stand."""
        if isinstance(plan, Term):
            found = {place for form, place in self.forms_at() if form in plan.keys}
            return found | self.named(plan.keys)
        if isinstance(plan, Sequence):
            chains = self.planned(plan.parts[0])
            for part in plan.parts[1:]:
                nexts = self.planned(part)
                chains = {(a[0], b[1]) for a in chains for b in nexts if b[0] == a[1] + 1}
            return chains
        parts: tuple[Plan, ...] = getattr(plan, "parts", ())
        return set().union(*(self.planned(part) for part in parts))

    def named(self, keys: frozenset[str]) -> set[Place]:
        """Return where a name stands; a common English word is one with a capital letter only."""
        found = set()
        for at, word in enumerate(self.words.words):
            is_capital = self.document.text[self.words.spans[at][0]].isupper()
            if name_key(word) in keys and (is_capital or not is_common(word)):
                found.add((at, at))
        for form in self.words.extras:
            if name_key(form.text) in keys and not is_common(form.text):
                found.add((form.first, form.last))
        return found

    def pairs(self, node: Near) -> set[tuple[Place, Place]]:
        """Return pairs where one is, for the other, the nearest on its side and near enough."""
        lefts, rights = self.places(node.left), self.places(node.right)
        found = set()
        for a in lefts:
            found |= {(a, b) for b in _neighbours(a, rights, node.distance)}
        for b in rights:
            found |= {(a, b) for a in _neighbours(b, lefts, node.distance)}
        return found


def _neighbours(place: Place, others: set[Place], distance: int) -> list[Place]:
    after = [other for other in others if 0 < other[0] - place[1] <= distance]
    before = [other for other in others if 0 < place[0] - other[1] <= distance]
    nearest = [min(after)] if after else []
    return nearest + ([max(before, key=lambda o: (o[1], o[0]))] if before else [])


def _small_plan(node: Word | Phrase) -> Plan:
    compiler = Compiler(Terms())
    if isinstance(node, Word):
        return compiler.word(node.text, node.mode)
    return compiler.plan(Query(node))
