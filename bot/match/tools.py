"""What stands behind `earshot watch test | match | forms | explain`: values in, records out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.match.documents import PLACES, Documents, places_asked_for
from bot.match.engine import Cost, Engine, Explanation, Matcher, presearch
from bot.match.expand import Compiler
from bot.match.morphology import Paradigm, folded_word, forms, other_lemmas, paradigms
from bot.match.nodes import Node, Word, children, printed, walk
from bot.match.plan import Terms, leaves
from bot.match.query import PlaceResolver, Query, parse
from bot.text import language
from storage.records import Document, PlaceId, Span, SubscriptionId

_SHOWN: Final = 40  # forms of one word shown


class LineError(ValueError):
    """A line of JSON Lines cannot be used: `number` counts from 1, `why` says what is wrong."""

    def __init__(self, source: str, number: int, why: str) -> None:
        super().__init__(f"{source}, line {number}: {why}")
        self.number = number
        self.why = why


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


def match_lines(queries: Iterable[str], posts: Iterable[str]) -> Iterator[str]:
    """Yield a line `{post, query, spans}` for each hit, posts in order, queries in file order.

    `queries` are lines `{id, query}`, `posts` lines `{id, text, lang?, channel?}`; ids are any JSON
    strings or numbers. Spans are [start, end) in code points. Raises LineError.
    """
    engine = Engine(PLACES)
    ids: list[str | int] = []
    asked: set[PlaceId] = set()
    for number, record in _records("queries", queries, ("id", "query")):
        try:
            query = parse(record["query"])
            engine.add(SubscriptionId(len(ids)), query)
            asked |= places_asked_for(query)
        except ValueError as error:
            raise LineError("queries", number, str(error)) from None
        ids.append(record["id"])
    documents = Documents(asked)
    for _, record in _records("posts", posts, ("id", "text")):
        text, lang = record["text"], record.get("lang") or language(record["text"])
        document = Document(
            text=text,
            lang=lang,
            channel=(record.get("channel") or "").lower().removeprefix("@") or None,
            mentions=documents.mentions(text, lang),
        )
        for hit in sorted(engine.match(document)):
            spans = [[span.start, span.end] for span in hit.spans]
            found = {"post": record["id"], "query": ids[hit.key], "spans": spans}
            yield json.dumps(found, ensure_ascii=False)


def _records(
    source: str, lines: Iterable[str], wanted: tuple[str, str]
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise LineError(source, number, f"not JSON ({error.msg})") from None
        if not isinstance(record, dict) or not all(name in record for name in wanted):
            raise LineError(source, number, f"needs {wanted[0]!r} and {wanted[1]!r}")
        if not isinstance(record[wanted[1]], str):
            raise LineError(source, number, f"{wanted[1]!r} must be text")
        yield number, record


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
