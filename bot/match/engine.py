"""Posts against standing queries: which subscriptions a post hits, and where.

Words of every query are expanded when it is added; a post is cut once, its keys are looked up, and
only the queries led to by their rarest term are verified. Adding and removing touch only the
query's own terms. All methods may be called from any thread; a match sees whole queries only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from threading import RLock
from typing import Final, NamedTuple, overload

from bot.match import verify
from bot.match.entry import Entry, is_word
from bot.match.expand import Compiler
from bot.match.index import Index
from bot.match.plan import Plan, Term, Terms
from bot.match.query import PlaceResolver, Query
from bot.match.quick import quick_of
from bot.match.seen import Seen
from bot.text import Cut
from storage.records import Document, Span, SubscriptionId

_PAIR: Final = 2  # words of a phrase
_FEW: Final = 3  # meanings whose places are looked for one by one


class EngineHit(NamedTuple):
    """A query matched: spans are code points into the document's text, sorted, not overlapping."""

    key: SubscriptionId
    spans: tuple[Span, ...]


class HitGroup(NamedTuple):
    """A meaning that matched, and everybody whose query has it."""

    keys: tuple[SubscriptionId, ...]
    spans: tuple[Span, ...]


_GROUP: Final = partial(tuple.__new__, HitGroup)  # half the price of a call


class Found(NamedTuple):
    """What hit: entries of one word by their term, phrases of two with where they start, others."""

    words: dict[Term, Entry]
    phrases: dict[Entry, list[int]]
    others: list[Entry]

    def entries(self) -> list[Entry]:
        """All of them."""
        return [*self.words.values(), *self.phrases, *self.others]


class Hits(Sequence[EngineHit]):
    """What one post hit, in no order: by meaning, and a hit for each subscription when read.

    Who hit is known; where, is found when it is first asked, by what stood in the index then.
    """

    __slots__ = ("_found", "_groups", "_seen", "keys")

    def __init__(self, found: Found, seen: Seen) -> None:
        self._found = found
        self._seen = seen
        self._groups: list[HitGroup] | None = None
        self.keys = [entry.shared for entry in found.entries()]  # of each meaning, as they are now

    @property
    def groups(self) -> list[HitGroup]:
        """The meanings that hit, with their spans."""
        if self._groups is None:
            spans = _spans(self._found, self._seen)
            self._groups = list(map(_GROUP, zip(self.keys, spans, strict=True)))
        return self._groups

    def __iter__(self) -> Iterator[EngineHit]:
        for keys, spans in self.groups:
            for key in keys:
                yield EngineHit(key, spans)

    def __len__(self) -> int:
        return sum(map(len, self.keys))

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
            seen = Seen(document, self._index)
            return Hits(_hits(self._index, seen), seen)

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
        self._query = query
        self._resolver = resolver
        self.plan: Final[Plan] = Compiler(Terms(), resolver).plan(query)
        self._quick = quick_of(self.plan)
        if self._quick is None:
            self._engine  # noqa: B018  # now: it may refuse the query

    @cached_property
    def _engine(self) -> Engine:
        engine = Engine(self._resolver)
        engine.add(SubscriptionId(0), self._query)
        return engine

    def match(self, document: Document) -> tuple[Span, ...] | None:
        """Return the spans, which may be none at all, or None when it does not match."""
        if quick := self._quick:
            cut = Cut(document.text)
            if quick.decides(cut):
                return quick.match(cut)
        hits = self._engine.match(document)
        return hits[0].spans if hits else None


def matches(query: Query, document: Document) -> tuple[Span, ...] | None:
    """One query, one document; see `Matcher` for many."""
    return Matcher(query).match(document)


def _hits(index: Index, seen: Seen) -> Found:
    """Return what hit: whole queries of one word at once, then what else the words lead to."""
    found = seen.found
    keys = dict.fromkeys(found).keys()
    words: dict[Term, Entry] = {}
    led_to: list[Entry] = []
    for term in found:
        if entry := term.alone:
            words[term] = entry
        if coupled := term.coupled:
            for other in coupled.keys() & keys:
                led_to += coupled[other]
        if anchored := term.anchored:
            led_to += anchored
    phrases: dict[Entry, list[int]] = {}
    for start, entry in _phrases(seen):
        if len(entry.worded) == _PAIR:
            phrases.setdefault(entry, []).append(start)
        else:
            led_to.append(entry)
    if seen.extra_led:
        led_to += _phrases_on_joined(seen)
    led_to += index.scanned
    candidates = dict.fromkeys(led_to)
    others = [e for e in candidates if e not in phrases and verify.is_hit(e, seen)]
    return Found(words, phrases, others)


def _spans(found: Found, seen: Seen) -> list[tuple[Span, ...]]:
    words, phrases, others = found
    if len(words) <= _FEW:
        return [verify.entry_spans(entry, seen) for entry in found.entries()]
    where = seen.spans_of
    joined = seen.joined if seen.extra_led else frozenset()
    spans = list(map(where.__getitem__, words))
    if not joined.isdisjoint(words):
        spans = [
            verify.entry_spans(entry, seen) if term in joined else where[term]
            for term, entry in words.items()
        ]
    for entry, starts in phrases.items():
        if joined and not joined.isdisjoint(entry.worded):
            spans.append(verify.entry_spans(entry, seen))
        else:
            spans.append(verify.merged([seen.span((start, start + 1)) for start in starts]))
    spans += [verify.entry_spans(entry, seen) for entry in others]
    return spans


def led_to(index: Index, seen: Seen) -> list[Entry]:
    """Return every entry a post is led to, each once: those that hit and those it was in vain for.

    What `_hits` looks at, without its short cuts: for measuring, and for tests of those.
    """
    found: dict[Entry, None] = dict.fromkeys(index.scanned)
    for term in seen.found:
        if term.alone:
            found[term.alone] = None
        found.update(dict.fromkeys(term.anchored or ()))
        for other in (term.coupled or {}).keys() & seen.found:
            found.update(dict.fromkeys((term.coupled or {})[other]))
    found.update(dict.fromkeys(entry for _, entry in _phrases(seen)))
    found.update(dict.fromkeys(_phrases_on_joined(seen)))
    return list(found)


def _phrases(seen: Seen) -> Iterator[tuple[int, Entry]]:
    """Yield entries two of whose words stand side by side, and the position of the first."""
    led = seen.led
    for at, (terms, after) in enumerate(zip(led, islice(led, 1, None), strict=False)):
        if after:
            for term in terms:
                if (followed := term.followed) and not followed.keys().isdisjoint(after):
                    for other in followed.keys() & after:
                        for entry in followed[other]:
                            yield at, entry


def _phrases_on_joined(seen: Seen) -> Iterator[Entry]:
    """Yield entries that have two of their words, one of them on a joined writing."""
    found, joined = seen.found, seen.joined
    for term in found:
        if followed := term.followed:
            for other in followed.keys() & (found if term in joined else joined):
                yield from followed[other]


def _cost(entry: Entry) -> Cost:
    terms = dict.fromkeys(
        entry.worded or [t for way in entry.ways for t in (way.term, way.partner) if t]
    )
    leads = [way.term for way in entry.ways] or terms
    return Cost(
        terms=len(terms),
        keys=sum(term.codes.count(b" ") // 2 for term in terms),
        anchors=tuple(sorted({min(term.keys, default="") for term in leads})),
        is_scan=not entry.ways and not is_word(entry.plan),
        shared_by=len(entry.shared),
    )
