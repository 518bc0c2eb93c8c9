"""A query ready to be matched: words expanded to the forms a post may hold.

A plan's leaves are terms. A term is a set of keys, and every fact about a post is a key: a folded
word, `@name`, `url:host`, `channel:x`, `has:photo`, `~skeleton`, `place:id`. So one look-up in one
dictionary finds all terms of all queries that a post satisfies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.match.formbook import joined
from bot.match.patterns import Pattern, pattern
from bot.text.coding import coded, decoded

if TYPE_CHECKING:
    from bot.match.entry import Entry

_COMMON_WORDS: Final = """
и в не на что с по как это а но из у за к от о для же так до все і не що з та як про від є це
й але із год года роки року the of and to in is on for that with was are by at from it as be this
россии украины україни сегодня сьогодні
"""
_COMMON: Final = frozenset(map(coded, _COMMON_WORDS.split()))


class Kind(StrEnum):
    """How a term's keys are looked for."""

    WORD = "word"  # keys are folded words
    PREFIX = "prefix"  # one key, the beginning of a word
    NAME = "name"  # keys are skeletons, "~…"
    FACT = "fact"  # keys are facts of the post, without a place in the order of words
    PLACE = "place"  # keys are "place:id"; their confidences together must reach `least`
    REGEX = "regex"  # keys are literals, one of which occurs


_UNITED_MOST: Final = 8  # words of one term; more would be too many keys of its own
WORDED: Final = frozenset({Kind.WORD, Kind.PREFIX, Kind.NAME})  # led to by one word of a post
LIKELY: Final = frozenset({Kind.PLACE, Kind.REGEX})  # led to by a sign, then to be verified


@dataclass(slots=True, eq=False)
class Term:
    """A leaf of plans, shared by all queries that ask the same. Identity is equality.

    `codes` are its keys, coded, in order, a space before and after each. What a post that has the
    term is led to: `alone` is the entry whose whole plan it is, `followed` are entries by the term
    that stands directly after it, `coupled` are entries by another term they need too, `anchored`
    all others. `single` is the term alone in a tuple, one for all its keys.
    """

    alone: Entry | None
    followed: dict[Term, list[Entry]] | None
    coupled: dict[Term, list[Entry]] | None
    anchored: list[Entry] | None
    kind: Kind
    codes: bytes
    least: float
    pattern: Pattern | None
    uses: int = 0
    single: tuple[Term, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """What leads to it, in letters; for a pattern its literals."""
        return frozenset(map(decoded, self.codes.split()))

    def has(self, key: str) -> bool:
        """Whether it is one of its keys."""
        return b" %b " % coded(key) in self.codes

    def share(self) -> float:
        """About which share of posts leads to it: common words much, long words little."""
        if self.kind is Kind.FACT:
            return 0.7
        keys = self.codes.split()
        shortest = min(map(len, keys), default=1)
        if self.kind in {Kind.PREFIX, Kind.REGEX}:
            return 0.2 / shortest
        return 0.1 / shortest if _COMMON.isdisjoint(keys) else 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Parts one directly after another."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Close:
    """Both at most `distance` words apart, in any order, not over the same word."""

    left: Plan
    right: Plan
    distance: int


@dataclass(frozen=True, slots=True, eq=False)
class All:
    """Every part."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """Any part."""

    parts: tuple[Plan, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Without:
    """Not the part."""

    part: Plan


Plan = Term | Sequence | Close | All | Either | Without
Meaning = object  # hashable; equal for plans that match the same by construction


class Terms:
    """The terms in use, one for each set of keys."""

    def __init__(self) -> None:
        self._known: dict[object, Term] = {}
        self._new: list[Term] = []

    def term(
        self, kind: Kind, keys: frozenset[str], *, least: float = 0.0, source: str = ""
    ) -> Term:
        """Return the term of these keys, made if new."""
        return self._term(kind, joined(map(coded, keys)), least, source)

    def expanded(self, codes: bytes) -> Term:
        """Return the term of a word's forms, given as `Term.codes` has them."""
        return self._term(Kind.WORD, codes)

    def _term(self, kind: Kind, codes: bytes, least: float = 0.0, source: str = "") -> Term:
        name = (kind, codes, least, source)
        found = self._known.get(name)
        if found is None:
            compiled = pattern(source) if source else None
            found = Term(None, None, None, None, kind, codes, least, compiled)
            found.single = (found,)
            self._known[name] = found
            self._new.append(found)
        return found

    def united(self, plan: Plan) -> Plan:
        """Return the plan of a whole query; a few words it is happy with any of become one term."""
        if not isinstance(plan, Either):
            return plan
        words = [part for part in plan.parts if isinstance(part, Term) and part.kind is Kind.WORD]
        if not 1 < len(words) <= _UNITED_MOST:
            return plan
        keys = {key for word in words for key in word.codes.split()}
        union = self._term(Kind.WORD, joined(keys))
        others = tuple(part for part in plan.parts if part not in words)
        return Either((union, *others)) if others else union

    def settle(self) -> None:
        """Drop the terms that were made on the way to a plan and are not in use."""
        for term in self._new:
            if not term.uses:
                self.forget(term)
        self._new.clear()

    def forget(self, term: Term) -> None:
        """Drop a term nobody uses."""
        source = term.pattern.source if term.pattern else ""
        self._known.pop((term.kind, term.codes, term.least, source), None)


def leaves(plan: Plan) -> Iterator[Term]:
    """All terms of a plan, those under a Without too."""
    match plan:
        case Term():
            yield plan
        case Sequence(parts) | All(parts) | Either(parts):
            for part in parts:
                yield from leaves(part)
        case Close(left, right, _):
            yield from leaves(left)
            yield from leaves(right)
        case Without(part):
            yield from leaves(part)


def meaning(plan: Plan) -> Meaning:
    """Return what makes two queries one: the order of AND and OR does not."""
    match plan:
        case Term():
            return plan
        case Sequence(parts):
            return ("then", *(meaning(part) for part in parts))
        case All(parts):
            return ("all", frozenset(meaning(part) for part in parts))
        case Either(parts):
            return ("any", frozenset(meaning(part) for part in parts))
        case Close(left, right, distance):
            return (
                "close",
                frozenset({meaning(left), meaning(right)}),
                meaning(left) is meaning(right),
                distance,
            )
        case Without(part):
            return ("not", meaning(part))
