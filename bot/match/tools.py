"""What stands behind `earshot watch test | forms | explain`: values in, records out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.match.documents import PLACES, Documents, places_asked_for
from bot.match.engine import Cost, Engine, Explanation, Matcher, presearch
from bot.match.expand import Compiler
from bot.match.morphology import Paradigm, folded_word, forms, other_lemmas, paradigms
from bot.match.nodes import Node, Word, children, printed, walk
from bot.match.plan import Terms, leaves
from bot.match.query import PlaceResolver, Query
from bot.text import language
from storage.records import Document, Span, SubscriptionId

_SHOWN: Final = 40  # forms of one word shown


@dataclass(frozen=True, slots=True)
class Tested:
    """One text a query was tried on; `spans` is None when it did not match."""

    text: str
    spans: tuple[Span, ...] | None
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A form that is more often a form of other words."""

    form: str
    lemmas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordForms:
    """What a word is expanded to, by which readings, and which forms to be wary of."""

    word: str
    readings: tuple[Paradigm, ...]
    forms: tuple[str, ...]
    ambiguities: tuple[Ambiguity, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query's tree with the forms it stands for (words only, at most forty)."""

    kind: str
    text: str
    forms: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class QueryExplained:
    """A query's normal form, tree, cost and what an index looks up for it.

    Each element of `presearch` is the number of keys of one clause; none means a scan.
    """

    normal: str
    tree: Part
    cost: Cost
    presearch: tuple[int, ...]
    warnings: tuple[Ambiguity, ...]


def try_query(query: Query, texts: Iterable[str]) -> Iterator[Tested]:
    """Yield for each text whether, where and why the query matches it, or why not."""
    engine = Engine(PLACES)
    matcher = Matcher(query, PLACES)
    documents = Documents(places_asked_for(query))
    for text in texts:
        lang = language(text)
        document = Document(text=text, lang=lang, mentions=documents.mentions(text, lang))
        yield Tested(text, matcher.match(document), engine.explain(query, document))


def word_forms(word: str) -> WordForms:
    """Return what a word is expanded to, and the forms other, commoner words share."""
    found = tuple(sorted(forms(word)))
    return WordForms(word, tuple(paradigms(word)), found, tuple(_ambiguities(word, found)))


def _ambiguities(word: str, found: Iterable[str]) -> Iterator[Ambiguity]:
    own = {folded_word(reading.lemma) for reading in paradigms(word)} | {folded_word(word)}
    for form in found:
        others = tuple(lemma for lemma in other_lemmas(form) if folded_word(lemma) not in own)
        if others:
            yield Ambiguity(form, others)


def explain_query(query: Query, resolver: PlaceResolver | None = None) -> QueryExplained:
    """Return how the query is understood and what it costs."""
    engine = Engine(resolver)
    engine.add(SubscriptionId(0), query)
    words = [node.text for node in walk(query.root) if isinstance(node, Word) and not node.mode]
    return QueryExplained(
        normal=query.normal,
        tree=_part(query.root, query, resolver),
        cost=engine.cost(SubscriptionId(0)),
        presearch=tuple(
            len(clause.forms) + len(clause.prefixes) + len(clause.skeletons)
            for clause in presearch(query, resolver)
        ),
        warnings=tuple(found for word in words for found in word_forms(word).ambiguities),
    )


def _part(node: Node, query: Query, resolver: PlaceResolver | None) -> Part:
    below = tuple(_part(child, query, resolver) for child in children(node))
    shown: tuple[str, ...] = ()
    if not below:
        plan = Compiler(Terms(), resolver).plan(Query(node, query.positions))
        shown = tuple(sorted({key for term in leaves(plan) for key in term.keys}))[:_SHOWN]
    return Part(type(node).__name__.lower(), printed(node), shown, below)
