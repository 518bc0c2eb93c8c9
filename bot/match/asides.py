"""Words of a query that were perhaps meant as operators: lower-case or, або, и, not … Pure.

They are looked for as words, since they may be meant so; whoever writes the query is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.match.nodes import And, Mode, Word, walk
from bot.match.query import Query


class Meant(StrEnum):
    """The operator that was perhaps meant."""

    OR = "or"
    AND = "and"
    NOT = "not"


_WORDS: Final = (
    dict.fromkeys(("or", "або", "или"), Meant.OR)
    | dict.fromkeys(("and", "та", "і", "й", "и"), Meant.AND)
    | dict.fromkeys(("not", "не"), Meant.NOT)
)


@dataclass(frozen=True, slots=True)
class Aside:
    """A word of a query, and the operator it reads like."""

    word: str
    meant: Meant


def asides(query: Query) -> tuple[Aside, ...]:
    """Give such words among others that must all be there, each once."""
    return tuple(dict.fromkeys(_found(query)))


def _found(query: Query) -> Iterator[Aside]:
    for node in walk(query.root):
        if not isinstance(node, And):
            continue
        for item in node.items:
            if isinstance(item, Word) and item.mode is Mode.FORMS:
                meant = _WORDS.get(item.text.lower())
                if meant is not None:
                    yield Aside(item.text, meant)
