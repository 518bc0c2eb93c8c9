"""A query ready to be matched: words expanded to the forms a post may hold.

A plan's leaves are terms. A term is a set of keys, and every fact about a post is a key: a folded
word, `@name`, `url:host`, `channel:x`, `has:photo`, `~skeleton`, `place:id`. So one look-up in one
dictionary finds all terms of all queries that a post satisfies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.match.patterns import Pattern, pattern
from storage.records import SubscriptionId

_COMMON_WORDS: Final = """
и в не на что с по как это а но из у за к от о для же так до все і не що з та як про від є це
й але із год года роки року the of and to in is on for that with was are by at from it as be this
россии украины україни сегодня сьогодні
"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())


class Kind(StrEnum):
    """How a term's keys are looked for."""

    WORD = "word"  # keys are folded words
    PREFIX = "prefix"  # one key, the beginning of a word
    NAME = "name"  # keys are skeletons, "~…"
    FACT = "fact"  # keys are facts of the post, without a place in the order of words
    PLACE = "place"  # keys are "place:id"; their confidences together must reach `least`
    REGEX = "regex"  # keys are literals, one of which occurs


@dataclass(slots=True, eq=False)
class Term:
    """A leaf of plans, shared by all queries that ask the same. Identity is equality.

    `alone` are the subscriptions whose whole query it is; `anchored` the entries it leads to.
    """

    kind: Kind
    keys: frozenset[str]
    least: float = 0.0
    pattern: Pattern | None = None
    uses: int = 0
    alone: list[SubscriptionId] = field(default_factory=list)
    anchored: list[Entry] = field(default_factory=list)
    single: tuple[Term, ...] = ()
    prefix: str = ""

    def cost(self) -> float:
        """About how often a post leads to it: common words much, long words little."""
        if self.kind is Kind.FACT:
            return 30.0
        if self.kind in {Kind.PREFIX, Kind.REGEX}:
            return 8.0 / min(map(len, self.keys), default=1)
        shortest = min(map(len, self.keys), default=1)
        return 10.0 if self.keys & _COMMON else 4.0 / shortest


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


@dataclass(slots=True, eq=False)
class Entry:
    """One meaning in the index with the subscriptions that share it."""

    plan: Plan
    meaning: Meaning
    needed: frozenset[Term]
    anchors: tuple[Term, ...]
    is_sure: bool  # once the anchors lead here and all needed is found, nothing is left to verify
    keys: list[SubscriptionId] = field(default_factory=list)


class Terms:
    """The terms in use, one for each set of keys."""

    def __init__(self) -> None:
        self._known: dict[object, Term] = {}

    def term(
        self, kind: Kind, keys: frozenset[str], *, least: float = 0.0, source: str = ""
    ) -> Term:
        """Return the term of these keys, made if new."""
        name = (kind, keys, least, source)
        found = self._known.get(name)
        if found is None:
            found = Term(kind, keys, least, pattern(source) if source else None)
            found.single = (found,)
            found.prefix = next(iter(keys)) if kind is Kind.PREFIX else ""
            self._known[name] = found
        return found

    def forget(self, term: Term) -> None:
        """Drop a term nobody uses."""
        source = term.pattern.source if term.pattern else ""
        self._known.pop((term.kind, term.keys, term.least, source), None)


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


def anchors(plan: Plan) -> tuple[Term, ...] | None:  # noqa: PLR0911 - one a kind of plan
    """Terms of which at least one is in any post that matches; None when there are no such."""
    match plan:
        case Term(kind=Kind.REGEX, keys=keys) if not keys:
            return None
        case Term():
            return (plan,)
        case Without():
            return None
        case Either(parts):
            found = [anchors(part) for part in parts]
            if None in found:
                return None
            return tuple(dict.fromkeys(term for part in found for term in part or ()))
        case Sequence(parts) | All(parts):
            return _best([anchors(part) for part in parts])
        case Close(left, right, _):
            return _best([anchors(left), anchors(right)])


def _best(choices: list[tuple[Term, ...] | None]) -> tuple[Term, ...] | None:
    """Return the choice that leads fewest posts here."""
    usable = [choice for choice in choices if choice is not None]
    return min(usable, key=lambda terms: sum(term.cost() for term in terms), default=None)


def needed(plan: Plan) -> frozenset[Term]:
    """Terms that are all in any post that matches."""
    match plan:
        case Term():
            return frozenset({plan})
        case Sequence(parts) | All(parts):
            return frozenset().union(*(needed(part) for part in parts))
        case Close(left, right, _):
            return needed(left) | needed(right)
        case _:
            return frozenset()


def is_sure(plan: Plan) -> bool:
    """Whether finding an anchor and all needed terms is the whole answer."""
    plain = {Kind.WORD, Kind.PREFIX, Kind.NAME, Kind.FACT}
    if isinstance(plan, All | Either):
        return all(isinstance(part, Term) and part.kind in plain for part in plan.parts)
    return isinstance(plan, Term) and plan.kind in plain


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
