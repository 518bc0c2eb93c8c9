"""A query in the index: what leads a post to it, and what is left to prove then.

A way is a term, perhaps with a second one: any post that matches has at least one of the ways of
the plan. They are chosen so that few posts have them in vain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise, product
from typing import Final, NamedTuple, TypeGuard

from bot.match.plan import (
    LIKELY,
    WORDED,
    All,
    Close,
    Either,
    Kind,
    Meaning,
    Plan,
    Sequence,
    Term,
    Without,
)
from storage.records import SubscriptionId

_COUPLES_MOST: Final = 24  # couples of terms of one entry; with more, one term leads to it
_NEXT: Final = 0.02  # how often two words of a post stand side by side


class Way(NamedTuple):
    """A post has the term, and the partner if there is one, directly after it if `is_next`."""

    term: Term
    partner: Term | None = None
    is_next: bool = False

    def share(self) -> float:
        """About which share of posts goes this way."""
        if self.partner is None:
            return self.term.share()
        return self.term.share() * self.partner.share() * (_NEXT if self.is_next else 1.0)


class Proof(Enum):
    """What is left to do for an entry that a post was led to."""

    NONE = auto()  # the ways are the whole answer
    TERMS = auto()  # all of `needed`, any of each of `choices`, none of `excluded`
    ORDER = auto()  # the terms of the sequence one after another
    PLAN = auto()  # as TERMS, which costs little, then everything the plan says


@dataclass(slots=True, eq=False)
class Entry:
    """One meaning in the index; `shared` are the subscriptions that have it.

    `worded` are the terms whose places are the spans, in order if the proof asks for it; empty
    when the plan has to say.
    """

    plan: Plan
    meaning: Meaning
    ways: tuple[Way, ...]
    proof: Proof
    worded: tuple[Term, ...] = ()
    needed: tuple[Term, ...] = ()
    choices: tuple[frozenset[Term], ...] = ()
    excluded: frozenset[Term] = frozenset()
    shared: tuple[SubscriptionId, ...] = ()


def entry_of(plan: Plan, meaning: Meaning) -> Entry:
    """Return the entry of a plan; without ways when every post must be looked at."""
    if is_word(plan):
        return Entry(plan, meaning, (), Proof.NONE, plan.single)
    found = tuple(dict.fromkeys(ways(plan) or ()))
    if is_found(plan):
        return Entry(plan, meaning, found, Proof.NONE)
    match plan:
        case Sequence(parts) if _are_words(parts):
            return Entry(plan, meaning, found, Proof.ORDER, parts)
        case Either(parts) if all(map(is_found, parts)):
            return Entry(plan, meaning, found, Proof.NONE)
        case All(parts):
            return _conjunction(plan, meaning, found, parts)
    return _planned(plan, meaning, found)


def _planned(plan: Plan, meaning: Meaning, found: tuple[Way, ...]) -> Entry:
    clauses = list(dict.fromkeys(_certain(plan)))
    needed = tuple(term for clause in clauses if len(clause) == 1 for term in clause)
    choices = tuple(clause for clause in clauses if len(clause) > 1)
    return Entry(plan, meaning, found, Proof.PLAN, needed=needed, choices=choices)


def _certain(plan: Plan) -> Iterator[frozenset[Term]]:
    """Yield sets of terms: the plan cannot hold without one of each."""
    match plan:
        case Term():
            yield frozenset({plan})
        case Sequence(parts) | All(parts):
            for part in parts:
                yield from _certain(part)
        case Close(left, right, _):
            yield from _certain(left)
            yield from _certain(right)
        case Either(parts):
            fewest = [min(_certain(part), key=len, default=None) for part in parts]
            if None not in fewest:
                yield frozenset().union(*(clause for clause in fewest if clause))
        case Without():
            return


def _conjunction(
    plan: Plan, meaning: Meaning, found: tuple[Way, ...], parts: tuple[Plan, ...]
) -> Entry:
    needs = [part for part in parts if not isinstance(part, Without)]
    nevers = [part.part for part in parts if isinstance(part, Without)]
    clauses = [_clause(part) for part in needs]
    refused = [_clause(part) for part in nevers]
    if not needs or None in clauses or None in refused:
        return _planned(plan, meaning, found)
    needed = tuple(part for part in needs if isinstance(part, Term))
    worded = needed if _are_words(needs) else ()
    choices = tuple(
        clause
        for clause, part in zip(clauses, needs, strict=True)
        if clause and not isinstance(part, Term)
    )
    excluded = frozenset(term for clause in refused for term in clause or ())
    return Entry(plan, meaning, found, Proof.TERMS, worded, needed, choices, excluded)


def _clause(plan: Plan) -> frozenset[Term] | None:
    """Return terms of which to find one is to know that the plan holds; None if there are none."""
    parts = plan.parts if isinstance(plan, Either) else (plan,)
    found = [part for part in parts if is_found(part)]
    return frozenset(found) if len(found) == len(parts) else None


def is_found(plan: Plan) -> TypeGuard[Term]:
    """Whether to find the term is to know it is there."""
    return isinstance(plan, Term) and plan.kind not in LIKELY


def is_word(plan: Plan) -> TypeGuard[Term]:
    """Whether the plan is a term that stands on words."""
    return isinstance(plan, Term) and plan.kind in WORDED


def _are_words(parts: Iterable[Plan]) -> TypeGuard[tuple[Term, ...]]:
    return all(map(is_word, parts))


def ways(plan: Plan) -> tuple[Way, ...] | None:  # noqa: PLR0911 - one a kind of plan
    """Return ways of which any post that matches goes at least one; None when there are none."""
    match plan:
        case Term(kind=Kind.REGEX, codes=b"") | Without():
            return None
        case Term():
            return (Way(plan),)
        case Either(parts):
            found = [ways(part) for part in parts]
            if None in found:
                return None
            return tuple(way for part in found for way in part or ())
        case Sequence(parts):
            if len(parts) > 1 and _are_words(parts):
                return (min((Way(a, b, is_next=True) for a, b in pairwise(parts)), key=Way.share),)
            return _together(parts)
        case All(parts):
            return _together(parts)
        case Close(left, right, _):
            return _together((left, right))


def _together(parts: tuple[Plan, ...]) -> tuple[Way, ...] | None:
    """Return the ways of the rarest part; coupled with those of the next rarest if they are few."""
    found = sorted(filter(None, map(ways, parts)), key=_share)
    if not found:
        return None
    rarest, *others = found
    if not all(way.partner is None for way in rarest):
        return rarest
    for other in others:
        is_single = all(way.partner is None for way in other)
        if is_single and len(rarest) * len(other) <= _COUPLES_MOST:
            couples = product(rarest, other)
            return tuple(
                Way(a.term) if a.term is b.term else Way(a.term, b.term) for a, b in couples
            )
    return rarest


def _share(found: tuple[Way, ...]) -> float:
    return sum(way.share() for way in found)
