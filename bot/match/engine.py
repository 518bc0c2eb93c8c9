"""Posts against standing queries: which subscriptions a post hits, and where.

Words of every query are expanded when it is added; a post is cut once, its keys are looked up, and
only the queries led to by their rarest term are verified. Adding and removing touch only the
query's own terms. All methods may be called from any thread; a match sees whole queries only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import compress, repeat
from operator import itemgetter
from threading import RLock
from typing import NamedTuple

from bot.match import verify
from bot.match.expand import Compiler
from bot.match.index import HEAD, Index
from bot.match.nodes import Node, children, printed
from bot.match.plan import All, Entry, Kind, Term, Terms, anchors
from bot.match.query import PlaceResolver, Query
from bot.match.seen import Seen
from bot.text import words_of
from storage.records import Document, Span, SubscriptionId

_LIKELY = frozenset({Kind.PLACE, Kind.REGEX})  # found by a sign, to be verified


class EngineHit(NamedTuple):
    """A query matched: spans are code points into the document's text, sorted, not overlapping."""

    key: SubscriptionId
    spans: tuple[Span, ...]


_FIRST_LETTERS = itemgetter(slice(HEAD))
_HIT = partial(tuple.__new__, EngineHit)  # half the price of a call, and there are hundreds a post


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a part of a query did or did not match; `parts` explain what it is made of.

    `forms` are the words of the post that satisfied it, as written.
    """

    part: str
    matched: bool
    forms: tuple[str, ...]
    parts: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What a query costs: its terms and keys, what leads to it, whether every post does."""

    terms: int
    keys: int
    anchors: tuple[str, ...]
    is_scan: bool
    shared_by: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A full-text index holds a candidate's word: one of `forms`, or one beginning so.

    `skeletons` are sought among `index_skeletons`.
    """

    forms: frozenset[str]
    prefixes: frozenset[str]
    skeletons: frozenset[str]


class Engine:
    """The standing queries of everybody. `resolver` knows places; without it they are refused."""

    def __init__(self, resolver: PlaceResolver | None = None) -> None:
        self._resolver = resolver
        self._index = Index()
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._index.entries)

    def add(
        self, key: SubscriptionId, query: Query, *, struck_forms: frozenset[str] = frozenset()
    ) -> None:
        """Match this query from now on; replaces the key's former one. Raises QueryError."""
        struck = frozenset("".join(words_of(form).words) for form in struck_forms)
        with self._lock:
            plan = Compiler(self._index.terms, self._resolver, struck).plan(query)
            if key in self._index.entries:
                self._index.remove(key)
            self._index.add(key, plan)

    def remove(self, key: SubscriptionId) -> None:
        """Stop matching; a key that is not there is none."""
        with self._lock:
            if key in self._index.entries:
                self._index.remove(key)

    def match(self, document: Document) -> list[EngineHit]:
        """Return the queries this post satisfies, in no order."""
        seen = Seen(document)
        with self._lock:
            return _hits(self._index, seen)

    def explain(self, query: Query, document: Document) -> Explanation:
        """Why the query does or does not match the document, part by part."""
        compiler = Compiler(Terms(), self._resolver)
        return _explained(query.root, query, compiler, Seen(document))

    def cost(self, key: SubscriptionId) -> Cost:
        """Return what the key's query costs; raises KeyError."""
        with self._lock:
            entry = self._index.entries[key]
            return _cost(entry)


class Matcher:
    """One query over many documents: archive search and backtests."""

    def __init__(
        self,
        query: Query,
        resolver: PlaceResolver | None = None,
        struck_forms: frozenset[str] = frozenset(),
    ) -> None:
        self._engine = Engine(resolver)
        self._engine.add(SubscriptionId(0), query, struck_forms=struck_forms)

    def match(self, document: Document) -> tuple[Span, ...] | None:
        """Return the spans, which may be none at all, or None when it does not match."""
        hits = self._engine.match(document)
        return hits[0].spans if hits else None


def matches(query: Query, document: Document) -> tuple[Span, ...] | None:
    """One query, one document; see `Matcher` for many."""
    return Matcher(query).match(document)


def index_terms(document: Document) -> list[str]:
    """Return what a full-text index keeps: folded words in order, then joined writings."""
    found = words_of(document.text)
    return [*found.words, *(form.text for form in found.extras)]


def index_skeletons(document: Document) -> list[str]:
    """Return the skeletons of `index_terms`, sorted, for `~name`."""
    return sorted(key[1:] for key in Seen(document).skeletons)


def presearch(
    query: Query,
    resolver: PlaceResolver | None = None,
    struck_forms: frozenset[str] = frozenset(),
) -> tuple[Clause, ...]:
    """Clauses each of which any matching document satisfies by its indexed words.

    No clause: the index cannot help, every document must be looked at.
    """
    plan = Compiler(Terms(), resolver, struck_forms).plan(query)
    parts = plan.parts if isinstance(plan, All) else (plan,)
    clauses = []
    for part in parts:
        terms = anchors(part)
        if terms is None or any(t.kind not in {Kind.WORD, Kind.PREFIX, Kind.NAME} for t in terms):
            continue
        clauses.append(
            Clause(*(_keys(terms, kind) for kind in (Kind.WORD, Kind.PREFIX, Kind.NAME)))
        )
    return tuple(clauses)


def _keys(terms: tuple[Term, ...], kind: Kind) -> frozenset[str]:
    return frozenset(
        key.removeprefix("~") for term in terms if term.kind is kind for key in term.keys
    )


def _hits(index: Index, seen: Seen) -> list[EngineHit]:
    found = _found_terms(index, seen)
    hits: list[EngineHit] = []
    entries: dict[Entry, None] = dict.fromkeys(index.scanned)
    for term in found & index.leading:
        if term.alone and (term.kind not in _LIKELY or seen.holds(term)):
            spans = verify.merged(seen.spans(term))
            hits += map(_HIT, zip(term.alone, repeat(spans)))
        for entry in term.anchored:
            if entry.needed <= found:
                entries[entry] = None
    for entry in entries:
        if entry.is_sure or verify.holds(entry.plan, seen):
            spans = verify.spans(entry.plan, seen)
            hits += map(_HIT, zip(entry.keys, repeat(spans)))
    return hits


def _found_terms(index: Index, seen: Seen) -> set[Term]:
    """Return the terms the post's keys lead to; places and patterns among them are only likely."""
    table = index.table
    found: set[Term] = set().union(*[table[form] for form in table.keys() & seen.forms])
    if index.facts:
        found.update(*[table[key] for key in table.keys() & seen.facts])
    if index.names:
        found.update(*[table[key] for key in table.keys() & seen.skeletons])
    if seen.document.mentions:
        found.update(*[table[key] for key in table.keys() & seen.places.keys()])
    if index.prefixes:
        _add_prefixes(index, seen, found)
    if index.literals:
        for literal in index.literals_in(seen.lower):
            found.update(index.literals[literal])
    seen.found = found
    return found


def _add_prefixes(index: Index, seen: Seen, found: set[Term]) -> None:
    # All in C but for the few words whose first letters some prefix has.
    filed = list(map(index.prefixes.get, map(_FIRST_LETTERS, seen.forms)))
    for form, terms in compress(zip(seen.forms, filed, strict=True), filed):
        for term in terms or ():
            if form.startswith(term.prefix):
                found.add(term)
                seen.prefixed.setdefault(term, []).append(form)


def _cost(entry: Entry) -> Cost:
    terms = entry.needed or frozenset(entry.anchors)
    return Cost(
        terms=len(terms),
        keys=sum(len(term.keys) for term in terms),
        anchors=tuple(sorted(min(term.keys, default="") for term in entry.anchors)),
        is_scan=not entry.anchors,
        shared_by=len(entry.keys),
    )


def _explained(node: Node, query: Query, compiler: Compiler, seen: Seen) -> Explanation:
    plan = compiler.plan(replace(query, root=node))
    matched = verify.holds(plan, seen)
    text = seen.document.text
    spans = verify.spans(plan, seen) if matched else ()
    written = tuple(dict.fromkeys(text[span.start : span.end] for span in spans))
    parts = tuple(_explained(child, query, compiler, seen) for child in children(node))
    return Explanation(printed(node), matched, written, parts)
