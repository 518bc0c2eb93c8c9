"""A query ready to be matched: words expanded to the forms a post may hold.

A plan's leaves are terms. A term is a set of keys, and every fact about a post is a key: a folded
word, `@name`, `url:host`, `channel:x`, `has:photo`, `~skeleton`, `place:id`. So one look-up in one
dictionary finds all terms of all queries that a post satisfies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final

from bot.match.formbook import joined
from bot.match.patterns import Pattern, pattern
from bot.text.coding import coded, decoded
from storage.records import SubscriptionId

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
    term is led to: `alone` is the entry whose whole plan it is (worded terms only), `coupled` are
    entries by another term they need too, `anchored` all others. `single` is the term alone in a
    tuple, one for all its keys.
    """

    alone: Entry | None
    anchored: list[Entry] | None
    coupled: dict[Term, list[Entry]] | None
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

    def cost(self) -> float:
        """About how often a post leads to it: common words much, long words little."""
        if self.kind is Kind.FACT:
            return 30.0
        keys = self.codes.split()
        shortest = min(map(len, keys), default=1)
        if self.kind in {Kind.PREFIX, Kind.REGEX}:
            return 8.0 / shortest
        return 4.0 / shortest if _COMMON.isdisjoint(keys) else 10.0


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


class Proof(Enum):
    """What is left to do for an entry whose needed terms a post has."""

    NONE = auto()  # they are the whole answer
    ABSENCE = auto()  # none of `excluded` may be there
    ORDER = auto()  # the terms of the sequence one after another
    PLAN = auto()  # everything the plan says


@dataclass(slots=True, eq=False)
class Entry:
    """One meaning in the index with the subscriptions that share it.

    `worded` are the needed terms if they make up, with `excluded`, the whole plan: then the spans
    are theirs. `shared` is `keys` as a tuple, None when that has to be made anew.
    """

    plan: Plan
    meaning: Meaning
    needed: frozenset[Term]
    anchors: tuple[Term, ...]
    partner: Term | None  # to be found too before one anchor leads here
    proof: Proof
    worded: tuple[Term, ...] = ()
    excluded: frozenset[Term] = frozenset()
    keys: dict[SubscriptionId, None] = field(default_factory=dict)
    shared: tuple[SubscriptionId, ...] | None = None

    def subscriptions(self) -> tuple[SubscriptionId, ...]:
        """Return who shares it; the tuple never changes once made."""
        if self.shared is None:
            self.shared = tuple(self.keys)
        return self.shared


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
            found = Term(None, None, None, kind, codes, least, compiled)
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


def anchors(plan: Plan) -> tuple[Term, ...] | None:  # noqa: PLR0911 - one a kind of plan
    """Terms of which at least one is in any post that matches; None when there are no such."""
    match plan:
        case Term(kind=Kind.REGEX, codes=b""):
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


def partner(anchors: tuple[Term, ...], needed: frozenset[Term]) -> Term | None:
    """Return the rarest needed term besides the anchor, if one anchor leads to the plan."""
    others = needed.difference(anchors)
    if len(anchors) != 1 or not others:
        return None
    return min(others, key=lambda term: (term.cost(), term.codes))


def proof(plan: Plan) -> tuple[Proof, tuple[Term, ...], frozenset[Term]]:
    """Return what finding all needed terms leaves to prove, then `worded` and `excluded`."""
    if _is_found(plan):
        return Proof.NONE, (plan,) if _is_worded(plan) else (), frozenset()  # type: ignore[return-value]
    match plan:
        case Sequence(parts) if all(_is_worded(part) for part in parts):
            return Proof.ORDER, parts, frozenset()  # type: ignore[return-value]
        case Either(parts) if all(_is_found(part) for part in parts):
            return Proof.NONE, (), frozenset()
        case All(parts):
            needs = [part for part in parts if not isinstance(part, Without)]
            never = [part.part for part in parts if isinstance(part, Without)]
            if needs and all(map(_is_found, [*needs, *never])):
                worded = tuple(needs) if all(map(_is_worded, needs)) else ()
                return Proof.ABSENCE if never else Proof.NONE, worded, frozenset(never)  # type: ignore[arg-type, return-value]
    return Proof.PLAN, (), frozenset()


def _is_found(plan: Plan) -> bool:
    """Whether to find the term is to know it is there."""
    return isinstance(plan, Term) and plan.kind not in LIKELY


def _is_worded(plan: Plan) -> bool:
    return isinstance(plan, Term) and plan.kind in WORDED


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
