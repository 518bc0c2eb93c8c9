"""The index of standing queries: from the keys of a post to the few queries it could satisfy."""

from __future__ import annotations

from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick

from bot.match.plan import (
    Entry,
    Kind,
    Meaning,
    Plan,
    Term,
    Terms,
    anchors,
    is_sure,
    leaves,
    meaning,
    needed,
)
from storage.records import SubscriptionId

_FRESH_MOST = 8  # literals tried one by one
HEAD = 3  # letters of a prefix by which prefixes are filed


class Index:
    """Terms by key, entries by meaning. Not safe for use by two threads at once."""

    def __init__(self) -> None:
        self.terms = Terms()
        self.table: dict[str, tuple[Term, ...]] = {}
        self.prefixes: dict[str, tuple[Term, ...]] = {}
        self.literals: dict[str, tuple[Term, ...]] = {}
        self.scanned: list[Entry] = []
        self.leading: set[Term] = set()  # terms that lead to anything
        self.names = 0  # terms that need the skeletons of a post
        self.facts = 0  # terms that need what is no word
        self._automaton: AhoCorasick | None = None
        self._automaton_literals: list[str] = []
        self._fresh: list[str] = []  # literals newer than the automaton
        self.entries: dict[SubscriptionId, Entry] = {}
        self._by_meaning: dict[Meaning, Entry] = {}

    def add(self, key: SubscriptionId, plan: Plan) -> None:
        """Put a subscription's plan in; its terms come from `self.terms`."""
        means = meaning(plan)
        entry = self._by_meaning.get(means)
        if entry is None:
            chosen = anchors(plan)
            entry = Entry(plan, means, needed(plan), chosen or (), is_sure(plan))
            self._by_meaning[means] = entry
            for term in leaves(plan):
                self._use(term)
            if chosen is None:
                self.scanned.append(entry)
            self.leading.update(entry.anchors)
            if not isinstance(plan, Term):
                for term in entry.anchors:
                    term.anchored.append(entry)
        entry.keys.append(key)
        if isinstance(plan, Term) and entry.anchors:
            plan.alone = entry.keys
        self.entries[key] = entry

    def remove(self, key: SubscriptionId) -> None:
        """Take a subscription out; its terms go with the last query that used them."""
        entry = self.entries.pop(key)
        entry.keys.remove(key)
        if entry.keys:
            return
        del self._by_meaning[entry.meaning]
        if entry in self.scanned:
            self.scanned.remove(entry)
        if not isinstance(entry.plan, Term):
            for term in entry.anchors:
                term.anchored.remove(entry)
        self.leading.difference_update(
            term for term in entry.anchors if not term.alone and not term.anchored
        )
        for term in leaves(entry.plan):
            self._release(term)

    def _use(self, term: Term) -> None:
        term.uses += 1
        if term.uses > 1:
            return
        self._count(term, 1)
        for place, key in self._places(term):
            held = place.get(key)
            place[key] = term.single if held is None else (*held, term)

    def _release(self, term: Term) -> None:
        term.uses -= 1
        if term.uses:
            return
        self._count(term, -1)
        for place, key in self._places(term):
            left = tuple(held for held in place[key] if held is not term)
            if not left:
                del place[key]
            else:
                place[key] = left[0].single if len(left) == 1 else left
        self.terms.forget(term)

    def _count(self, term: Term, step: int) -> None:
        if term.kind is Kind.NAME:
            self.names += step
        elif term.kind is Kind.FACT:
            self.facts += step
        elif term.kind is Kind.REGEX and step > 0:
            self._fresh += [key for key in term.keys if key not in self.literals]

    def literals_in(self, lower: str) -> Iterable[str]:
        """Return the literals of patterns that occur in a text in lower case.

        New ones are tried one by one until there are enough of them for a new automaton, whose
        making (a few milliseconds) so falls on few posts.
        """
        if len(self._fresh) > _FRESH_MOST:
            self._automaton_literals = list(self.literals)
            self._automaton = AhoCorasick(self._automaton_literals)
            self._fresh = []
        found = {literal for literal in self._fresh if literal in lower}
        if self._automaton is not None:
            known = self._automaton_literals
            indexes = self._automaton.find_matches_as_indexes(lower, overlapping=True)
            found.update(known[index] for index, _, _ in indexes)
        return found & self.literals.keys()

    def _places(self, term: Term) -> list[tuple[dict[str, tuple[Term, ...]], str]]:
        if term.kind is Kind.PREFIX:
            return [(self.prefixes, key[:HEAD]) for key in term.keys]
        if term.kind is Kind.REGEX:
            return [(self.literals, key) for key in term.keys]
        return [(self.table, key) for key in term.keys]
