"""A query and every part of it tried on documents: what matched, by which words, and why not.

The parts are subscriptions of one engine, so what is said here is what alerts go by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.match.documents import PLACES
from bot.match.engine import Engine
from bot.match.nodes import Node, Phrase, Word, children, printed
from bot.match.query import Query
from storage.records import Document, Span, SubscriptionId

_ROOT = SubscriptionId(0)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a part of a query did or did not match; `parts` explain what it is made of.

    `forms` are the words of the post that satisfied it, as written.
    """

    part: str
    matched: bool
    forms: tuple[str, ...]
    parts: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of a query: its number, its text, and the parts it is made of."""

    key: SubscriptionId
    text: str
    parts: tuple[Branch, ...]

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Branch]]:
        """Yield this part and all below it with their depths, parents first."""
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)


class Trial:
    """One query to be tried; raises QueryError for a place nobody knows."""

    def __init__(self, query: Query) -> None:
        self._engine = Engine(PLACES)
        self._query = query
        self.root = self._branch(query.root)

    def _branch(self, node: Node) -> Branch:
        key = SubscriptionId(len(self._engine))
        self._engine.add(key, Query(node, self._query.positions))
        return Branch(key, printed(node), tuple(map(self._branch, _made_of(node))))

    def on(self, document: Document) -> dict[SubscriptionId, tuple[Span, ...]]:
        """Return the spans of every part that matched, by its number; the whole query is 0."""
        return {hit.key: hit.spans for hit in self._engine.match(document)}

    def spans(self, document: Document) -> tuple[Span, ...] | None:
        """Return where the whole query matched, None if it did not."""
        return self.on(document).get(_ROOT)

    def explained(self, document: Document) -> Explanation:
        """Say part by part why it matched or did not."""
        found = self.on(document)

        def explanation(branch: Branch) -> Explanation:
            spans = found.get(branch.key)
            written = [document.text[span.start : span.end] for span in spans or ()]
            return Explanation(
                branch.text,
                spans is not None,
                tuple(dict.fromkeys(written)),
                tuple(map(explanation, branch.parts)),
            )

        return explanation(self.root)


def _made_of(node: Node) -> tuple[Node, ...]:
    """Return what a part is made of; of a phrase, its words."""
    if isinstance(node, Phrase) and len(node.words) > 1:
        return tuple(Word(word, node.mode) for word in node.words)
    return children(node)
