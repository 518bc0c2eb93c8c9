"""Striking forms out of a query: what its words stand for, and the query without some of it.

The strike is written into the query (сталь!стали), so alerts, backtests, search, exports and the
marking of alerts honour it without knowing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from bot.match.errors import QueryError, Reason
from bot.match.expand import Compiler
from bot.match.morphology import folded_word, other_words
from bot.match.nodes import STRIKE, And, Mode, Near, Node, Not, Or, Phrase, Word, unstruck, walk
from bot.match.plan import Kind, Terms, leaves
from bot.match.query import Query


@dataclass(frozen=True, slots=True)
class Expansion:
    """A word of a query: all its forms, folded and sorted, and which of them are struck out.

    `shared` are forms that are also forms of other words, with those words.
    """

    word: str
    forms: tuple[str, ...]
    struck: frozenset[str]
    shared: tuple[tuple[str, tuple[str, ...]], ...]


def expansions(query: Query) -> list[Expansion]:
    """Return what each word taken in any form stands for, in the query's order, each word once."""
    found: dict[str, Expansion] = {}
    for text in _written(query.root):
        word, struck = unstruck(text)
        forms = _forms(word)
        known = found.get(word)
        found[word] = Expansion(
            word,
            forms,
            struck | (known.struck if known else frozenset()),
            tuple(other_words(word, forms).items()),
        )
    return list(found.values())


def all_forms(words: Iterable[Expansion]) -> tuple[str, ...]:
    """Return all forms of a query, struck out or not, in an order that striking does not change."""
    return tuple(sorted({form for word in words for form in word.forms}))


def strike(query: Query, forms: Collection[str], *, restore: bool = False) -> Query:
    """Return the query without these forms, or with them again. Raises QueryError."""
    wanted = [folded_word(form) for form in forms]
    known = {form for word in expansions(query) for form in word.forms}
    for form in wanted:
        if form not in known:
            raise _no_such_form(_first(query), form, known, 0)
    return Query(_changed(query.root, frozenset(wanted), restore=restore), query.positions)


def check_strikes(query: Query) -> None:
    """Raise QueryError where something is struck out that is no form of its word."""
    for node in walk(query.root):
        for text in _written(node, below=False):
            word, struck = unstruck(text)
            known = set(_forms(word)) if struck else set()
            for form in sorted(struck - known):
                raise _no_such_form(word, form, known, query.position(node))


def _first(query: Query) -> str:
    return next((unstruck(text)[0] for text in _written(query.root)), "сталь")


def _no_such_form(word: str, form: str, known: Collection[str], at: int) -> QueryError:
    near = get_close_matches(form, sorted(known), n=1, cutoff=0.6)
    shown = near[0] if near else min(known, default="стали")
    return QueryError(
        Reason.NO_SUCH_FORM,
        at,
        detail=form,
        hint=near[0] if near else "",
        example=f"{word}{STRIKE}{shown}",
    )


def _written(node: Node, *, below: bool = True) -> Iterator[str]:
    """Yield the words in any form, as the query has them."""
    for part in walk(node) if below else (node,):
        match part:
            case Word(text, Mode.FORMS):
                yield text
            case Phrase(words, Mode.FORMS):
                yield from words
            case _:
                pass


def _forms(word: str) -> tuple[str, ...]:
    plan = Compiler(Terms()).word(word)
    return tuple(sorted({k for term in leaves(plan) if term.kind is Kind.WORD for k in term.keys}))


def _changed(node: Node, forms: frozenset[str], *, restore: bool) -> Node:
    def change(node: Node) -> Node:
        match node:
            case Word(text, Mode.FORMS):
                return Word(_with(text, forms, restore=restore))
            case Phrase(words, Mode.FORMS):
                return Phrase(tuple(_with(word, forms, restore=restore) for word in words))
            case Not(item):
                return Not(change(item))
            case Near(left, right, _):
                return replace(node, left=change(left), right=change(right))
            case And(items) | Or(items):
                return replace(node, items=tuple(map(change, items)))
            case _:
                return node

    return change(node)


def _with(text: str, forms: frozenset[str], *, restore: bool) -> str:
    word, struck = unstruck(text)
    left = struck - forms if restore else struck | (forms & frozenset(_forms(word)))
    return STRIKE.join([word, *sorted(left)])
