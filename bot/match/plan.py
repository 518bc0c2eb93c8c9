"""A query ready to be matched: words expanded to the forms a post may hold.

A plan's leaves are terms. A term is a set of keys, and every fact about a post is a key: a folded
word, `@name`, `url:host`, `channel:x`, `has:photo`, `~skeleton`, `place:id`. So one look-up in one
dictionary finds all terms of all queries that a post satisfies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.match.errors import QueryError, Reason
from bot.match.morphology import forms
from bot.match.nodes import (
    And,
    FieldIs,
    Mention,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    PlaceIs,
    PlaceNear,
    Prefix,
    Regex,
    Sureness,
    Word,
)
from bot.match.patterns import Pattern, pattern
from bot.match.query import PlaceResolver, Query
from bot.match.translit import designation_spellings, name_skeletons
from bot.text import words_of
from storage.records import SubscriptionId

SURENESS: Final = {Sureness.WIDE: 0.2, Sureness.NORMAL: 0.5, Sureness.STRICT: 0.8}
_DESIGNATION: Final = re.compile(r"[^\W\d_]{1,4}\d{1,4}[^\W\d_]{0,3}\d{0,2}")
_MEASURE: Final = re.compile(r"(\d+)([^\W\d_]+)")
_COMMON: Final = frozenset(
    "и в не на что с по как это а но из у за к от о для же так до все и і в на не що з та як до за "
    "про від у є це по для й але із год года років роки the of and to in is on for that with was "
    "are by at from it as be this россии украины україни сегодня сьогодні".split()
)


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
    keys: list[SubscriptionId] = field(default_factory=list)


class Terms:
    """The terms in use, one for each set of keys."""

    def __init__(self) -> None:
        self._known: dict[object, Term] = {}

    def term(
        self, kind: Kind, keys: frozenset[str], *, least: float = 0.0, source: str = ""
    ) -> Term:
        """The term of these keys, made if new."""
        name = (kind, keys, least, source)
        found = self._known.get(name)
        if found is None:
            found = Term(kind, keys, least, pattern(source) if source else None)
            found.single = (found,)
            self._known[name] = found
        return found

    def forget(self, term: Term) -> None:
        """Drop a term nobody uses."""
        source = term.pattern.source if term.pattern else ""
        self._known.pop((term.kind, term.keys, term.least, source), None)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Makes plans of trees; `struck` are folded forms its owner does not want."""

    terms: Terms
    resolver: PlaceResolver | None = None
    struck: frozenset[str] = frozenset()

    def plan(self, query: Query) -> Plan:
        """The plan of a query; raises QueryError for places that cannot be resolved."""
        return self._plan(query.root, query)

    def _plan(self, node: Node, query: Query) -> Plan:
        match node:
            case Word(text, mode):
                return self.word(text, mode)
            case Prefix(text):
                folded = "".join(words_of(text).words)
                return self.terms.term(Kind.PREFIX, frozenset({folded}))
            case Mention(name):
                return self._fact(f"@{name}")
            case Phrase(words, exact):
                return self._phrase(words, Mode.EXACT if exact else Mode.FORMS)
            case Regex(source):
                keys = pattern(source).literals
                return self.terms.term(Kind.REGEX, keys, source=source)
            case FieldIs(name, value):
                return self._fact(f"{name}:{value}")
            case PlaceIs() | PlaceNear():
                return self._place(node, query)
            case Near(left, right, distance):
                return Close(self._plan(left, query), self._plan(right, query), distance)
            case Not(item):
                return Without(self._plan(item, query))
            case And(items):
                return All(tuple(self._plan(item, query) for item in items))
            case Or(items):
                return Either(tuple(self._plan(item, query) for item in items))

    def _fact(self, key: str) -> Term:
        return self.terms.term(Kind.FACT, frozenset({key}))

    def word(self, text: str, mode: Mode = Mode.FORMS) -> Plan:
        """A word as typed: one term, or one of the ways a joined writing may be written."""
        if mode is Mode.NAME:
            keys = frozenset(f"~{bones}" for bones in name_skeletons(text))
            return self.terms.term(Kind.NAME, keys)
        parts = words_of(text).words
        whole = "".join(parts)
        is_exact = mode is Mode.EXACT
        if len(parts) == 1:
            found = frozenset({whole}) if is_exact else forms(text)
        elif is_exact or not parts[-1].isalpha() or min(map(len, parts)) == 1:
            found = frozenset({whole})
        else:
            lead = "".join(parts[:-1])
            found = frozenset(lead + form for form in forms(parts[-1]))
        if not is_exact and _DESIGNATION.fullmatch(whole):
            found |= designation_spellings(whole)
        ways: list[Plan] = [self._words(found, whole)]
        ways += self._sequences(parts, is_exact=is_exact)
        return ways[0] if len(ways) == 1 else Either(tuple(ways))

    def _sequences(self, parts: list[str], *, is_exact: bool) -> Iterator[Sequence]:
        """FPV-дрон may be two words, 100км may be 100 км; Т 90М is not Т-90М."""
        if len(parts) == 1 and (measure := _MEASURE.fullmatch(parts[0])):
            yield Sequence(tuple(self._words(frozenset({p}), p) for p in measure.groups()))
        if len(parts) > 1 and all(part.isalpha() and len(part) > 1 for part in parts):
            found = [frozenset({part}) if is_exact else forms(part) for part in parts]
            yield Sequence(
                tuple(self._words(keys, p) for keys, p in zip(found, parts, strict=True))
            )

    def _words(self, keys: frozenset[str], typed: str) -> Term:
        return self.terms.term(Kind.WORD, (keys - self.struck) or frozenset({typed}))

    def _phrase(self, words: tuple[str, ...], mode: Mode) -> Plan:
        parts = tuple(self.word(word, mode) for word in words)
        if len(parts) == 1:
            return parts[0]
        whole = Sequence(parts)
        if len(words) == 2 and words[0].isdigit() and words[1].isalpha():  # noqa: PLR2004 - number, unit
            keys = {words[1]} if mode is Mode.EXACT else forms(words[1])
            joined = frozenset(words[0] + "".join(words_of(key).words) for key in keys)
            return Either((whole, self.terms.term(Kind.WORD, joined)))
        return whole

    def _place(self, node: PlaceIs | PlaceNear, query: Query) -> Term:
        at = query.position(node)
        if self.resolver is None:
            raise QueryError(Reason.NO_PLACES, at, example="Суджа")
        try:
            if isinstance(node, PlaceIs):
                ids = self.resolver.place_ids(node.name)
            else:
                ids = self.resolver.near_ids(node.centre, node.radius_km)
        except LookupError as error:
            hint = ", ".join(map(str, error.args[:3]))
            name = node.name if isinstance(node, PlaceIs) else node.centre
            raise QueryError(
                Reason.UNKNOWN_PLACE, at, detail=name, hint=hint, example="place:Суджа"
            ) from None
        keys = frozenset(f"place:{place}" for place in ids)
        return self.terms.term(Kind.PLACE, keys, least=SURENESS[node.sureness])


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


def anchors(plan: Plan) -> tuple[Term, ...] | None:
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
    """The choice that leads fewest posts here."""
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


def meaning(plan: Plan) -> Meaning:
    """What makes two queries one: the order of AND and OR does not."""
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
            return ("close", frozenset({meaning(left), meaning(right)}), meaning(left) is meaning(right), distance)
        case Without(part):
            return ("not", meaning(part))

