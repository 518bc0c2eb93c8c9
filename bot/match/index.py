"""The index of standing queries: from the words of a post to the few queries it could satisfy."""

from __future__ import annotations

from typing import Final

from bot.match.fragments import Fragments
from bot.match.patterns import PatternSet
from bot.match.plan import (
    WORDED,
    Entry,
    Kind,
    Meaning,
    Plan,
    Term,
    Terms,
    anchors,
    leaves,
    meaning,
    needed,
    partner,
    proof,
)
from bot.text import skeleton
from bot.text.coding import coded, decoded
from storage.records import SubscriptionId

_FRAGMENTED: Final = frozenset({Kind.PREFIX, Kind.REGEX})
_REMEMBERED: Final = 1 << 16  # words of posts


class Names(dict[bytes, tuple[Term, ...]]):
    """Word of a post → the names it may be a spelling of, remembered from post to post."""

    def __init__(self, table: dict[bytes, tuple[Term, ...]]) -> None:
        super().__init__()
        self._table = table

    def __missing__(self, word: bytes) -> tuple[Term, ...]:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = self[word] = self._table.get(coded(f"~{skeleton(decoded(word))}"), ())
        return found


class Index:
    """Terms by key, entries by meaning. Not safe for use by two threads at once."""

    def __init__(self) -> None:
        self.terms = Terms()
        self.table: dict[bytes, tuple[Term, ...]] = {}
        self.fragments = Fragments()
        self.names = Names(self.table)
        self.names_asked = 0  # terms that are names
        self.facts_asked = 0  # terms that need what is no word
        self.entries: dict[SubscriptionId, Entry] = {}
        self.scanned: dict[Entry, None] = {}
        self._bare: dict[Term, None] = {}  # patterns without a literal
        self._bare_set: PatternSet | None = None
        self._by_meaning: dict[Meaning, Entry] = {}

    def __len__(self) -> int:
        """Count the keys of all terms."""
        return len(self.table) + len(self.fragments) + len(self._bare)

    def bare_in(self, text: str) -> list[Term]:
        """Return the patterns without a literal that occur in a text, perhaps more."""
        if not self._bare:
            return []
        bare = list(self._bare)
        if self._bare_set is None:
            self._bare_set = PatternSet([term.pattern for term in bare if term.pattern])
        return [bare[at] for at in self._bare_set.likely(text)]

    def add(self, key: SubscriptionId, plan: Plan) -> None:
        """Put a subscription's plan in; its terms come from `self.terms`."""
        means = meaning(plan)
        entry = self._by_meaning.get(means)
        if entry is None:
            chosen, terms = anchors(plan) or (), needed(plan)
            entry = Entry(plan, means, terms, chosen, partner(chosen, terms), *proof(plan))
            self._by_meaning[means] = entry
            for term in leaves(plan):
                self._use(term)
            self._lead(entry)
        entry.keys[key] = None
        entry.shared = None
        self.entries[key] = entry
        self.terms.settle()

    def remove(self, key: SubscriptionId) -> None:
        """Take a subscription out; its terms go with the last query that used them."""
        entry = self.entries.pop(key)
        del entry.keys[key]
        entry.shared = None
        if entry.keys:
            return
        del self._by_meaning[entry.meaning]
        self._lead_no_more(entry)
        for term in leaves(entry.plan):
            self._release(term)

    def _lead(self, entry: Entry) -> None:
        plan, other = entry.plan, entry.partner
        if not entry.anchors:
            self.scanned[entry] = None
        elif isinstance(plan, Term) and plan.kind in WORDED:
            plan.alone = entry
        elif other is not None:
            anchor = entry.anchors[0]
            if anchor.coupled is None:
                anchor.coupled = {}
            anchor.coupled.setdefault(other, []).append(entry)
        else:
            for term in entry.anchors:
                if term.anchored is None:
                    term.anchored = []
                term.anchored.append(entry)

    def _lead_no_more(self, entry: Entry) -> None:
        plan, other = entry.plan, entry.partner
        self.scanned.pop(entry, None)
        if isinstance(plan, Term):
            plan.alone = None
        for term in entry.anchors:
            if other is not None and term.coupled:
                term.coupled[other].remove(entry)
                if not term.coupled[other]:
                    del term.coupled[other]
            elif term.anchored and entry in term.anchored:
                term.anchored.remove(entry)

    def _use(self, term: Term) -> None:
        term.uses += 1
        if term.uses > 1:
            return
        self._count(term, 1)
        if term.kind in _FRAGMENTED:
            self.fragments.add(term)
            if not term.codes:
                self._bare[term] = None
            return
        table, single = self.table, term.single
        for key in term.codes.split():
            held = table.get(key)
            table[key] = single if held is None else (*held, term)

    def _release(self, term: Term) -> None:
        term.uses -= 1
        if term.uses:
            return
        self._count(term, -1)
        self.terms.forget(term)
        if term.kind in _FRAGMENTED:
            self.fragments.remove(term)
            self._bare.pop(term, None)
            return
        for key in term.codes.split():
            left = tuple(held for held in self.table[key] if held is not term)
            if not left:
                del self.table[key]
            else:
                self.table[key] = left[0].single if len(left) == 1 else left

    def _count(self, term: Term, step: int) -> None:
        if term.kind is Kind.FACT:
            self.facts_asked += step
        elif term.kind is Kind.NAME:
            self.names_asked += step
            self.names.clear()
        elif not term.codes:
            self._bare_set = None
