"""What stands behind `earshot watch forms | explain`: values in, records out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.match.engine import Cost, Engine
from bot.match.errors import QueryError, Reason
from bot.match.expand import Compiler
from bot.match.lookup import Homes, lookup
from bot.match.morphology import Paradigm, paradigms
from bot.match.nodes import Node, children, printed
from bot.match.plan import Terms, leaves
from bot.match.query import PlaceResolver, Query, parse
from bot.match.strikes import Expansion, expansions
from storage.records import SubscriptionId
from storage.records.searching import AllOf, AnyOf, ButNot, Sought, Words

_SHOWN: Final = 40  # forms of one word shown


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A form of a query's word that is oftener a form of other words."""

    form: str
    lemmas: tuple[str, ...]
    word: str = ""


@dataclass(frozen=True, slots=True)
class WordForms:
    """What a word is expanded to, by which readings, and which forms to be wary of."""

    word: str
    readings: tuple[Paradigm, ...]
    forms: tuple[str, ...]
    ambiguities: tuple[Ambiguity, ...]
    struck: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query's tree with the forms it stands for (words only, at most forty)."""

    kind: str
    text: str
    forms: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class PresearchKeys:
    """What a clause looks up: words, beginnings (ракет*), skeletons of names (~zelenski)."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryExplained:
    """A query's normal form, tree, cost and what an index looks up for it.

    Each element of `presearch` is a clause of which any matching post has a key; none means that
    no index of words can help.
    """

    normal: str
    tree: Part
    cost: Cost
    presearch: tuple[PresearchKeys, ...]
    warnings: tuple[Ambiguity, ...]


def word_forms(word: str) -> WordForms:
    """Return what a word is expanded to, and the forms other words share.

    Takes what may stand in a query as one word: ФАБ-500, сталь!стали. Raises QueryError.
    """
    query = parse(word)
    found = expansions(query)
    if len(found) != 1:
        raise QueryError(Reason.NOT_ONE_WORD, 0, detail=query.normal[:40], example="ракета")
    (only,) = found
    left = tuple(form for form in only.forms if form not in only.struck)
    return WordForms(
        only.word, tuple(paradigms(only.word)), left, _ambiguities(only), tuple(sorted(only.struck))
    )


def _ambiguities(expansion: Expansion) -> tuple[Ambiguity, ...]:
    return tuple(
        Ambiguity(form, lemmas, expansion.word)
        for form, lemmas in expansion.shared
        if form not in expansion.struck
    )


def explain_query(query: Query, resolver: PlaceResolver | None = None) -> QueryExplained:
    """Return how the query is understood and what it costs."""
    engine = Engine(resolver)
    engine.add(SubscriptionId(0), query)
    return QueryExplained(
        normal=query.normal,
        tree=_part(query.root, query, resolver),
        cost=engine.cost(SubscriptionId(0)),
        presearch=_presearch(lookup(query, Homes(), resolver).sought),
        warnings=tuple(shared for word in expansions(query) for shared in _ambiguities(word)),
    )


def _presearch(sought: Sought | None) -> tuple[PresearchKeys, ...]:
    """Return what the archive's index is asked; channels and groups are left to the archive."""
    match sought:
        case None:
            return ()
        case AllOf(parts):
            return tuple(clause for part in parts for clause in _presearch(part))
        case ButNot(part, _):
            return _presearch(part)
        case Words() | AnyOf():
            keys = _keys(sought)
            return (PresearchKeys(tuple(sorted(keys))),) if keys else ()


def _keys(sought: Sought) -> set[str]:
    match sought:
        case Words(words, prefixes):
            return {word.removeprefix("=") for word in words} | {f"{p}*" for p in prefixes}
        case AllOf(parts) | AnyOf(parts):
            return set().union(*map(_keys, parts))
        case ButNot(part, _):
            return _keys(part)


def _part(node: Node, query: Query, resolver: PlaceResolver | None) -> Part:
    below = tuple(_part(child, query, resolver) for child in children(node))
    shown: tuple[str, ...] = ()
    if not below:
        plan = Compiler(Terms(), resolver).plan(Query(node, query.positions))
        shown = tuple(sorted({key for term in leaves(plan) for key in term.keys}))[:_SHOWN]
    return Part(type(node).__name__.lower(), printed(node), shown, below)
