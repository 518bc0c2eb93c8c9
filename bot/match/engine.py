"""Posts against standing queries: which subscriptions a post hits, and where.

Words of every query are expanded when it is added; a post is cut once, its keys are looked up, and
only the queries led to by their rarest term are verified. Adding and removing touch only the
query's own terms. All methods may be called from any thread; a match sees whole queries only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from threading import RLock
from typing import NamedTuple, overload

from bot.match import verify
from bot.match.expand import Compiler
from bot.match.index import Index
from bot.match.plan import All, Entry, Kind, Term, Terms, anchors
from bot.match.query import PlaceResolver, Query
from bot.match.seen import Seen
from bot.text import Cut, skeleton, words_of
from storage.records import Document, Span, SubscriptionId


class EngineHit(NamedTuple):
    """A query matched: spans are code points into the document's text, sorted, not overlapping."""

    key: SubscriptionId
    spans: tuple[Span, ...]


class HitGroup(NamedTuple):
    """A meaning that matched, and everybody whose query has it."""

    keys: tuple[SubscriptionId, ...]
    spans: tuple[Span, ...]


_GROUP = partial(tuple.__new__, HitGroup)  # half the price of a call


class Hits(Sequence[EngineHit]):
    """What one post hit, in no order. Made by meaning; a hit for each subscription when read."""

    __slots__ = ("groups",)

    def __init__(self, groups: list[HitGroup]) -> None:
        self.groups = groups

    def __iter__(self) -> Iterator[EngineHit]:
        for keys, spans in self.groups:
            for key in keys:
                yield EngineHit(key, spans)

    def __len__(self) -> int:
        return sum(len(keys) for keys, _ in self.groups)

    @overload
    def __getitem__(self, at: int) -> EngineHit: ...
    @overload
    def __getitem__(self, at: slice) -> list[EngineHit]: ...
    def __getitem__(self, at: int | slice) -> EngineHit | list[EngineHit]:
        return list(self)[at]


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

    def add(self, key: SubscriptionId, query: Query) -> None:
        """Match this query from now on; replaces the key's former one. Raises QueryError."""
        with self._lock:
            plan = Compiler(self._index.terms, self._resolver).plan(query)
            if key in self._index.entries:
                self._index.remove(key)
            self._index.add(key, plan)

    def remove(self, key: SubscriptionId) -> None:
        """Stop matching; a key that is not there is none."""
        with self._lock:
            if key in self._index.entries:
                self._index.remove(key)

    def match(self, document: Document) -> Hits:
        """Return the queries this post satisfies, in no order."""
        with self._lock:
            return Hits(_hits(self._index, Seen(document, self._index)))

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
    ) -> None:
        self._engine = Engine(resolver)
        self._engine.add(SubscriptionId(0), query)

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
    return sorted({skeleton(form) for form in Cut(document.text).forms})


def presearch(
    query: Query,
    resolver: PlaceResolver | None = None,
) -> tuple[Clause, ...]:
    """Clauses each of which any matching document satisfies by its indexed words.

    No clause: the index cannot help, every document must be looked at.
    """
    plan = Compiler(Terms(), resolver).plan(query)
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


def _hits(index: Index, seen: Seen) -> list[HitGroup]:
    """Return what hit: whole queries of one word at once, then what else the words lead to."""
    where = seen.where
    found = where.keys()
    spans_at, is_wide = seen.spans_at, bool(seen.wide)
    hits: list[HitGroup] = []
    led_to: list[Entry] = []
    for term, positions in where.items():
        if entry := term.alone:
            spans = verify.entry_spans(entry, seen) if is_wide else spans_at(positions)
            hits.append(_GROUP((entry.shared or entry.subscriptions(), spans)))
        if coupled := term.coupled:
            for other in coupled.keys() & found:
                led_to += coupled[other]
        if term.anchored:
            led_to += term.anchored
    if index.scanned:
        led_to += index.scanned
    for entry in dict.fromkeys(led_to):
        if found >= entry.needed and verify.is_hit(entry, seen):
            spans = verify.entry_spans(entry, seen)
            hits.append(_GROUP((entry.shared or entry.subscriptions(), spans)))
    return hits


def _cost(entry: Entry) -> Cost:
    terms = entry.needed or frozenset(entry.anchors)
    return Cost(
        terms=len(terms),
        keys=sum(term.codes.count(b" ") // 2 for term in terms),
        anchors=tuple(sorted(min(term.keys, default="") for term in entry.anchors)),
        is_scan=not entry.anchors,
        shared_by=len(entry.keys),
    )
