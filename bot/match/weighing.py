"""What each query costs: measured on posts, one query at a time, without what all share.

To cut a post and look its words up is everybody's cost. A query's own is what is left to do for
the posts that were led to it: to prove that it matches, to say where, and for a pattern without
plain letters to run over every post.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.match import verify
from bot.match.engine import led_to
from bot.match.entry import Entry
from bot.match.expand import Compiler
from bot.match.index import Index
from bot.match.plan import Kind, leaves
from bot.match.query import PlaceResolver, Query
from bot.match.seen import Seen
from storage.records import Document, SubscriptionId

_ROUNDS = 2  # the lesser counts: the first compiles patterns and fills memories


@dataclass(frozen=True, slots=True)
class Weight:
    """What a query cost on `posts` posts: `checked` were led to it, `matched` it.

    `microseconds` are those of an average post, those not led to it among them; `dearest` are those
    of the post that took longest.
    """

    posts: int
    checked: int
    matched: int
    microseconds: float
    dearest: float


def weigh(
    queries: Mapping[SubscriptionId, Query],
    documents: Iterable[Document],
    resolver: PlaceResolver | None = None,
) -> dict[SubscriptionId, Weight]:
    """Measure queries on documents; those with one meaning share one measurement.

    Raises QueryError for a place nobody knows.
    """
    index = Index()
    for key, query in queries.items():
        index.add(key, Compiler(index.terms, resolver).plan(query))
    tallies: dict[Entry, _Tally] = {}
    posts = 0
    for document in documents:
        posts += 1
        seen = Seen(document, index)
        for entry in led_to(index, seen):
            nanoseconds, is_hit = _timed(entry, seen)
            tallies.setdefault(entry, _Tally()).add(nanoseconds, is_hit=is_hit)
    nothing = _Tally()
    return {key: tallies.get(entry, nothing).weight(posts) for key, entry in index.entries.items()}


@dataclass(slots=True)
class _Tally:
    checked: int = 0
    matched: int = 0
    nanoseconds: int = 0
    dearest: int = 0

    def add(self, nanoseconds: int, *, is_hit: bool) -> None:
        self.checked += 1
        self.matched += is_hit
        self.nanoseconds += nanoseconds
        self.dearest = max(self.dearest, nanoseconds)

    def weight(self, posts: int) -> Weight:
        mean = self.nanoseconds / max(posts, 1) / 1000
        return Weight(posts, self.checked, self.matched, mean, self.dearest / 1000)


def _timed(entry: Entry, seen: Seen) -> tuple[int, bool]:
    bare = [t.pattern for t in leaves(entry.plan) if t.kind is Kind.REGEX and not t.codes]

    def work() -> bool:
        for pattern in bare:
            if pattern is not None:
                pattern.spans(seen.document.text, seen.encoded)
        is_hit = verify.is_hit(entry, seen)
        if is_hit:
            verify.entry_spans(entry, seen)
        return is_hit

    return min((_round(work, seen) for _ in range(_ROUNDS)), key=lambda timed: timed[0])


def _round(work: Callable[[], bool], seen: Seen) -> tuple[int, bool]:
    seen.forget()
    started = time.perf_counter_ns()
    is_hit = work()
    return time.perf_counter_ns() - started, is_hit
