"""The index of standing queries: from the words of a post to the few queries it could satisfy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Final

from bot.match.entry import Entry, entry_of, is_word
from bot.match.fragments import Fragments
from bot.match.name_keys import CASED, name_key
from bot.match.patterns import PatternSet
from bot.match.plan import Kind, Meaning, Plan, Term, Terms, leaves, meaning
from bot.text.coding import coded, decoded
from storage.records import SubscriptionId

_FRAGMENTED: Final = frozenset({Kind.PREFIX, Kind.REGEX})
_BROAD: Final = frozenset({Kind.PREFIX, Kind.REGEX, Kind.NAME})  # led to by words nobody can list
_REMEMBERED: Final = 1 << 15  # words of posts; as many again before they are forgotten
_FRESH_MOST: Final = 8  # broad terms tried on every post, before what is remembered is made anew
_NOTHING: Final[tuple[Term, ...]] = ()


class Index:
    """Terms by key, entries by meaning. Not safe for use by two threads at once.

    `leads` remembers, for words that posts had, all the terms they lead to, whatever the kind.
    """

    def __init__(self) -> None:
        self.terms = Terms()
        self.table: dict[bytes, tuple[Term, ...]] = {}
        self.leads: dict[bytes, tuple[Term, ...]] = {}
        self._former: dict[bytes, tuple[Term, ...]] = {}  # what is forgotten next, unless recalled
        self.fragments = Fragments()
        self.names_asked = 0  # terms that are names
        self.cased: set[Term] = set()  # names that are common words, too
        self.facts_asked = 0  # terms that need what is no word
        self.patterns_asked = 0  # terms that are patterns with a literal
        self.entries: dict[SubscriptionId, Entry] = {}
        self.scanned: dict[Entry, None] = {}
        self.fresh: dict[Term, None] = {}  # broad terms newer than what is remembered
        self._bare: dict[Term, None] = {}  # patterns without a literal
        self._bare_set: PatternSet | None = None
        self._by_meaning: dict[Meaning, Entry] = {}

    def __len__(self) -> int:
        """Count the keys of all terms."""
        return len(self.table) + len(self.fragments) + len(self._bare)

    def led(self, words: Sequence[bytes]) -> list[tuple[Term, ...]]:
        """Return the terms each word leads to."""
        if len(self.fresh) > _FRESH_MOST:
            self._remember_anew()
        held = list(map(self.leads.get, words))
        if None in held:
            missing = {word for word, terms in zip(words, held, strict=True) if terms is None}
            self._recall(missing)
            leads = self.leads
            held = [
                leads[word] if terms is None else terms
                for word, terms in zip(words, held, strict=True)
            ]
        found: list[tuple[Term, ...]] = held  # type: ignore[assignment] # none is missing now
        if self.fresh:
            broad = self._fresh_in(set(words))
            found = [
                (*terms, *broad.get(word, ())) for word, terms in zip(words, found, strict=True)
            ]
        return found

    def _remember_anew(self) -> None:
        self.fragments.settle()
        self.fresh.clear()
        self.leads, self._former = {}, {}

    def _recall(self, words: set[bytes]) -> None:
        """Take words up again from those that were about to be forgotten; learn the others."""
        if len(self.leads) > _REMEMBERED:
            self._former, self.leads = self.leads, {}
        if former := self._former:
            recalled = words & former.keys()
            self.leads.update({word: former.pop(word) for word in recalled})
            words = words - recalled
        if words:
            self._learn(words)

    def _learn(self, words: set[bytes]) -> None:
        leads, table = self.leads, self.table
        leads.update(zip(words, map(table.get, words, repeat(_NOTHING)), strict=False))
        if self.names_asked:
            for word in words:
                if named := table.get(_name_key(word)):
                    leads[word] += named
        if self.fragments:
            for word, term in self.fragments.found_in(list(words)):
                leads[word] = _with(leads[word], term)

    def _forget(self, word: bytes) -> None:
        self.leads.pop(word, None)
        self._former.pop(word, None)

    def _fresh_in(self, words: set[bytes]) -> dict[bytes, tuple[Term, ...]]:
        found: dict[bytes, tuple[Term, ...]] = {}
        for term in self.fresh:
            if term.kind is Kind.NAME:
                led = [word for word in words if b" %b " % _name_key(word) in term.codes]
            else:
                led = self.fragments.words_with(term, words)
            for word in led:
                if term not in self.leads[word]:
                    found[word] = (*found.get(word, ()), term)
        return found

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
            entry = self._by_meaning[means] = entry_of(plan, means)
            for term in leaves(plan):
                self._use(term)
            self._lead(entry)
        entry.shared += (key,)
        self.entries[key] = entry
        self.terms.settle()

    def remove(self, key: SubscriptionId) -> None:
        """Take a subscription out; its terms go with the last query that used them."""
        entry = self.entries.pop(key)
        entry.shared = tuple(held for held in entry.shared if held != key)
        if entry.shared:
            return
        del self._by_meaning[entry.meaning]
        self._lead_no_more(entry)
        for term in leaves(entry.plan):
            self._release(term)

    def _lead(self, entry: Entry) -> None:
        if is_word(entry.plan):
            entry.plan.alone = entry
        elif not entry.ways:
            self.scanned[entry] = None
        for term, other, is_next in entry.ways:
            if other is None:
                if term.anchored is None:
                    term.anchored = []
                term.anchored.append(entry)
            elif is_next:
                term.followed = _led_by(term.followed, other, entry)
            else:
                term.coupled = _led_by(term.coupled, other, entry)

    def _lead_no_more(self, entry: Entry) -> None:
        if is_word(entry.plan):
            entry.plan.alone = None
        self.scanned.pop(entry, None)
        for term, other, is_next in entry.ways:
            if other is None:
                if term.anchored:
                    term.anchored.remove(entry)
            elif is_next:
                term.followed = _led_no_more_by(term.followed, other, entry)
            else:
                term.coupled = _led_no_more_by(term.coupled, other, entry)

    def _use(self, term: Term) -> None:
        term.uses += 1
        if term.uses > 1:
            return
        self._count(term, 1)
        if term.kind in _BROAD:
            self.fresh[term] = None
        if term.kind in _FRAGMENTED:
            self.fragments.add(term)
            if not term.codes:
                self._bare[term] = None
            return
        table, single = self.table, term.single
        for key in term.codes.split():
            held = table.get(key)
            table[key] = single if held is None else (*held, term)
            self._forget(key)

    def _release(self, term: Term) -> None:
        term.uses -= 1
        if term.uses:
            return
        self._count(term, -1)
        self.terms.forget(term)
        self.fresh.pop(term, None)
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
            self._forget(key)

    def _count(self, term: Term, step: int) -> None:
        if term.kind is Kind.FACT:
            self.facts_asked += step
        elif term.kind is Kind.NAME:
            self.names_asked += step
            if CASED in term.codes:
                (self.cased.add if step > 0 else self.cased.discard)(term)
        elif not term.codes:
            self._bare_set = None
        elif term.kind is Kind.REGEX:
            self.patterns_asked += step


def _name_key(word: bytes) -> bytes:
    return coded(name_key(decoded(word)))


def _with(terms: tuple[Term, ...], term: Term) -> tuple[Term, ...]:
    if not terms:
        return term.single
    return terms if term in terms else (*terms, term)


def _led_by(
    held: dict[Term, list[Entry]] | None, other: Term, entry: Entry
) -> dict[Term, list[Entry]]:
    held = {} if held is None else held
    held.setdefault(other, []).append(entry)
    return held


def _led_no_more_by(
    held: dict[Term, list[Entry]] | None, other: Term, entry: Entry
) -> dict[Term, list[Entry]] | None:
    if held:
        held[other].remove(entry)
        if not held[other]:
            del held[other]
    return held or None
