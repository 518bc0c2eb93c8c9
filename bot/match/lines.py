"""`earshot watch match`: JSON Lines of queries and of posts in, a line for each hit out.

A line that cannot be used is reported with its number and the reason, and costs no other line
anything. Lines end at a newline byte and nowhere else: U+2028 may stand in a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from bot.match.documents import PLACES, Documents, places_asked_for
from bot.match.engine import Engine
from bot.match.errors import QueryError
from bot.match.json_lines import BadLine, LineUnusable, record_of, text_of
from bot.match.query import parse
from bot.text import language
from storage.hidden_links import of_entities
from storage.records import Document, Has, Is, PlaceId, SubscriptionId

Id = object  # any JSON value; it is given back as it came
_Value = TypeVar("_Value", Has, Is)
_HALF = re.compile("[\ud800-\udfff]")  # half a surrogate pair, which JSON can spell and UTF-8 not


@dataclass(slots=True)
class StandingQueries:
    """The queries of one file, in order; `ids[key]` is what the file calls query `key`."""

    engine: Engine
    documents: Documents
    ids: list[Id] = field(default_factory=list)


def queries_of(
    lines: Iterable[bytes], report: Callable[[BadLine], None], *, allow_scan: bool = False
) -> StandingQueries:
    """Read lines `{id, query}`; what cannot be used is reported and left out."""
    engine = Engine(PLACES)
    ids: list[Id] = []
    asked: set[PlaceId] = set()
    for number, line in enumerate(lines, 1):
        try:
            record = record_of(line)
            if record is None:
                continue
            query = parse(text_of(record, "query"), allow_scan=allow_scan)
            engine.add(SubscriptionId(len(ids)), query)
            asked |= places_asked_for(query)
            ids.append(record["id"])
        except (LineUnusable, QueryError) as error:
            engine.remove(SubscriptionId(len(ids)))
            report(BadLine("queries", number, str(error)))
    return StandingQueries(engine, Documents(asked), ids)


def match_lines(
    queries: StandingQueries, posts: Iterable[bytes], report: Callable[[BadLine], None]
) -> Iterator[str]:
    """Yield a line `{post, query, spans}` for each hit, posts in order, queries in file order.

    Posts are lines `{id, text, lang?, channel?, groups?, has?, is?, from?, entities?}`. Spans are
    [start, end) in code points of the text.
    """
    for record, document in documents_of(posts, queries.documents, report):
        for hit in sorted(queries.engine.match(document)):
            spans = [[span.start, span.end] for span in hit.spans]
            found = {"post": record["id"], "query": queries.ids[hit.key], "spans": spans}
            yield _written(found)


def documents_of(
    posts: Iterable[bytes], documents: Documents, report: Callable[[BadLine], None]
) -> Iterator[tuple[dict[str, object], Document]]:
    """Read lines of posts: each with what matching sees of it; bad lines are reported."""
    for number, line in enumerate(posts, 1):
        try:
            record = record_of(line)
            if record is not None:
                yield record, _document(record, documents)
        except LineUnusable as error:
            report(BadLine("posts", number, str(error)))


def _written(found: dict[str, object]) -> str:
    line = json.dumps(found, ensure_ascii=False)
    return json.dumps(found) if _HALF.search(line) else line  # an id may be anything


def _document(record: dict[str, object], documents: Documents) -> Document:
    text = _HALF.sub("\ufffd", text_of(record, "text"))
    lang = record.get("lang") or language(text)
    if lang is not None and not isinstance(lang, str):
        raise LineUnusable("'lang' must be one of uk, ru, en")
    channel = record.get("channel")
    if isinstance(channel, bool) or not isinstance(channel, str | int | None):
        raise LineUnusable("'channel' must be a name or a number")
    origin = record.get("from")
    if not isinstance(origin, str | None):
        raise LineUnusable("'from' must be a name")
    return Document(
        text=text,
        lang=lang.lower() if lang else None,
        channel=_name(str(channel)) if channel is not None else None,
        groups=frozenset(name.lower() for name in _names(record, "groups")),
        has=frozenset(_known(Has, record, "has")),
        marks=frozenset(_known(Is, record, "is")),
        origin=_name(origin) if origin else None,
        mentions=documents.mentions(text, lang),
        links=tuple(of_entities(text, _entities(record))),
    )


def _entities(record: dict[str, object]) -> list[object]:
    """Give a post's formatting as exports write it; of it only links behind words count."""
    entities = record.get("entities") or []
    if not isinstance(entities, list):
        raise LineUnusable("'entities' must be a list")
    return entities


def _name(written: str) -> str | None:
    return written.strip().lower().removeprefix("@") or None


def _names(record: dict[str, object], name: str) -> list[str]:
    value = record.get(name) or []
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise LineUnusable(f"{name!r} must be a list of names")
    return values


def _known(kind: type[_Value], record: dict[str, object], name: str) -> Iterator[_Value]:
    for value in _names(record, name):
        try:
            yield kind(value.lower())
        except ValueError:
            allowed = ", ".join(kind)
            raise LineUnusable(f"{name!r} has {value[:40]!r}; it may have {allowed}") from None
