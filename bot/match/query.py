"""Query text to tree and back: the one language of alerts, backtests, search and exports.

In: what a person typed. Out: a `Query`, or a `QueryError` that says where and why and shows one
that works. It knows nothing of word forms or posts.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources import files
from typing import Final, Protocol

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from bot.match.errors import QueryError, Reason
from bot.match.leaf import EXAMPLE, field_names, field_values, leaf
from bot.match.nodes import (
    And,
    Everything,
    FieldIs,
    FieldName,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Regex,
    Word,
    children,
    printed,
    walk,
)
from bot.match.patterns import pattern
from storage.records import PlaceId

_NEAR_DEFAULT: Final = 5
_RAW_DEPTH_MOST: Final = 150  # levels Lark's tree may have before ours is even built
_QUOTES: Final = str.maketrans("“”„‟«»＂", '"""""""')  # what phones make of a quotation mark
_SIMPLE: Final = re.compile(r"[a-zA-Zа-яёіїєґА-ЯЁІЇЄҐ]+(?: [a-zA-Zа-яёіїєґА-ЯЁІЇЄҐ]+){0,5}")
_PREFIX: Final = re.compile(r"[а-яіїєА-ЯІЇЄ]{3,}\*")
_ALTERNATIVES_MOST: Final = 10  # of at most six words: fewer than any limit on words
_LOCAL_OPERATOR: Final = re.compile(r"(?<![^\s()])(?:АБО|ИЛИ|НЕ)(?![^\s()])")
_REGEX: Final = re.compile(r"/(?:[^/\\\n]|\\.)+/")
_ITEMS: Final = re.compile(r'-?(?:\([^()]+\)|"[^"()]+"|[^\s()"*-]+\*?)').findall
_NOISE: Final = frozenset({"OR", "AND", "NOT", "MINUS", "LPAR", "RPAR"})
_ANCHORS: Final = {FieldName.CHANNEL, FieldName.GROUP, FieldName.FROM, FieldName.URL}


class PlaceResolver(Protocol):
    """Knows the gazetteer. Both raise LookupError, whose arguments are the suggestions."""

    def place_ids(self, name: str) -> frozenset[PlaceId]:
        """Return the places of this name with everything inside them."""

    def near_ids(self, name_or_coordinates: str, radius_km: float) -> frozenset[PlaceId]:
        """Return the places at most this far from a name or from "lat, lon"."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may be: code points, words, levels of brackets, words between NEAR's sides."""

    length: int = 2_000
    terms: int = 100
    depth: int = 12
    near: int = 50


DEFAULT: Final = Limits()
__all__ = [
    "DEFAULT",
    "Limits",
    "PlaceResolver",
    "Query",
    "check_fields",
    "field_names",
    "field_values",
    "needs_scan",
    "parse",
]


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. Two are equal when their trees are; `positions` says where parts stood."""

    root: Node
    positions: tuple[tuple[Node, int], ...] = field(default=(), compare=False, repr=False)

    @property
    def normal(self) -> str:
        """The query in its one printed form."""
        return printed(self.root)

    def position(self, node: Node) -> int:
        """Where in the text the node stood; 0 if it was not noted."""
        return next((at for noted, at in self.positions if noted == node), 0)


def parse(
    text: str, *, limits: Limits = DEFAULT, allow_scan: bool = False, is_checked: bool = False
) -> Query:
    """Parse a query; raises QueryError. `allow_scan` admits queries no index can help with.

    `is_checked`: it was parsed when it was stored, so its patterns need not be compiled again.
    """
    if len(text) > limits.length:
        raise QueryError(Reason.TOO_LONG, limits.length, detail=str(limits.length), example=EXAMPLE)
    simple = _simple(text, is_checked=is_checked)
    if simple is not None:
        return simple
    plain = text.translate(_QUOTES)
    if not plain.strip():
        raise QueryError(Reason.EMPTY, 0, example=EXAMPLE)
    if plain.upper() == plain:  # a headline shouted: НЕ is a word there
        plain = _LOCAL_OPERATOR.sub(lambda found: found[0].capitalize(), plain)
    builder = _Builder(limits, is_checked=is_checked)
    query = Query(builder.node(_tree(plain), 0), tuple(builder.positions))
    if _depth(query.root) - 1 > limits.depth:
        raise _too_deep(limits)
    count = sum(
        len(n.words) if isinstance(n, Phrase) else not children(n) for n in walk(query.root)
    )
    if count > limits.terms:
        raise QueryError(Reason.TOO_MANY_TERMS, 0, detail=str(limits.terms), example=EXAMPLE)
    if not allow_scan:
        _refuse_scan(query)
    return query


def needs_scan(query: Query) -> bool:
    """Whether no index can lead to its posts, so that every post must be checked against it."""
    return _scan_reason(query.root) is not None


def check_fields(query: Query, channels: Collection[str], groups: Collection[str]) -> None:
    """Raise QueryError, with the nearest name there is, for a channel or group nobody has.

    `channels` are usernames without the @ or ids as text, `groups` names; both in lower case.
    """
    for node in walk(query.root):
        if not isinstance(node, FieldIs):
            continue
        if node.name is FieldName.CHANNEL and node.value not in channels:
            _refuse_unknown(query, node, Reason.UNKNOWN_CHANNEL, channels, "@")
        if node.name is FieldName.GROUP and node.value not in groups:
            _refuse_unknown(query, node, Reason.UNKNOWN_GROUP, groups, "")


def _refuse_unknown(
    query: Query, node: FieldIs, reason: Reason, known: Collection[str], sign: str
) -> None:
    near = get_close_matches(node.value, sorted(known), n=1, cutoff=0.6)
    meant = near[0] if near else next(iter(sorted(known)), "")
    raise QueryError(
        reason,
        query.position(node),
        detail=f"{sign}{node.value}",
        hint=f"{sign}{near[0]}" if near else "",
        example=printed(FieldIs(node.name, meant)) if meant else EXAMPLE,
    )


def _simple(text: str, *, is_checked: bool) -> Query | None:
    """Return a query of plain words, or of one pattern; None if it is more than that.

    They need no grammar, and a hundred thousand queries are read at every start.
    """
    if _REGEX.fullmatch(text):
        node = leaf("REGEX", text, 0, is_checked=is_checked)
        return Query(node, ((node, 0),)) if _scan_reason(node) is None else None
    node_ = _alternatives(text)
    if node_ is None and (parts := _ITEMS(text)) and " ".join(parts) == text:
        node_ = _items(parts)
    return None if node_ is None else Query(node_)


def _alternatives(text: str) -> Node | None:
    parts = text.split(" OR ")
    if len(parts) > _ALTERNATIVES_MOST:
        return None
    nodes = [node for part in parts if (node := _plain(part)) is not None]
    return _flat(Or, nodes) if len(nodes) == len(parts) else None


def _items(parts: list[str]) -> Node | None:
    """Return words and brackets of words that are all needed or not wanted, at least one needed."""
    if len(parts) > _ALTERNATIVES_MOST or all(part[0] == "-" for part in parts):
        return None
    nodes: list[Node] = []
    for part in parts:
        body = part.removeprefix("-")
        node = _alternatives(body[1:-1]) if body[0] == "(" else _plain(body)
        if node is None or (body[0] != "(" and isinstance(node, And)):
            return None
        nodes.append(node if body is part else Not(node))
    return _flat(And, nodes)


def _plain(text: str) -> Node | None:
    """Return words that are all needed, a phrase or a beginning."""
    if text.endswith("*") and _PREFIX.fullmatch(text):
        return Prefix(text[:-1])
    quoted = len(text) > 2 and text[0] == text[-1] == '"'  # noqa: PLR2004 - the two quotes
    plain = text[1:-1] if quoted else text
    if not _SIMPLE.fullmatch(plain):
        return None
    words = plain.split(" ")
    if quoted:
        return Phrase(tuple(words))
    if not all(len(word) > 1 and not word.isupper() for word in words):
        return None
    nodes = tuple(dict.fromkeys(map(Word, words)))
    return nodes[0] if len(nodes) == 1 else And(nodes)


_parser: Lark | None = None


def _lark() -> Lark:
    global _parser  # noqa: PLW0603 - built on the first query that needs it, start-up is counted
    if _parser is None:
        grammar = files("bot.match").joinpath("query.lark").read_text("utf-8")
        _parser = Lark(grammar, parser="lalr", propagate_positions=True)
    return _parser


def _tree(text: str) -> Tree[Token] | Token:
    try:
        start = _lark().parse(text)
    except UnexpectedEOF:
        raise QueryError(Reason.UNEXPECTED_END, len(text), example=EXAMPLE) from None
    except UnexpectedToken as error:
        raise _unexpected(text, error.token) from None
    except UnexpectedCharacters as error:
        raise QueryError(Reason.OPEN_QUOTE, error.pos_in_stream or 0, example=EXAMPLE) from None
    except UnexpectedInput as error:
        at = error.pos_in_stream or 0
        raise QueryError(Reason.UNEXPECTED, at, detail=text[at : at + 1], example=EXAMPLE) from None
    return start.children[0]


def _unexpected(text: str, token: Token) -> QueryError:
    if token.type == "$END":
        opened = _open_bracket(text)
        if opened is not None:
            return QueryError(Reason.OPEN_BRACKET, opened, example="(ракета OR дрон) Київ")
        return QueryError(Reason.UNEXPECTED_END, len(text), example=EXAMPLE)
    at = token.start_pos or 0
    if token.type == "RPAR" and text.count(")") > text.count("("):
        return QueryError(Reason.OPEN_BRACKET, at, example="(ракета OR дрон) Київ")
    return QueryError(Reason.UNEXPECTED, at, detail=str(token)[:40], example=EXAMPLE)


def _open_bracket(text: str) -> int | None:
    stack: list[int] = []
    for at, char in enumerate(text):
        if char == "(":
            stack.append(at)
        elif char == ")" and stack:
            stack.pop()
    return stack[-1] if stack else None


class _Builder:
    """Lark's tree to ours, with the checks that need a place in the text."""

    def __init__(self, limits: Limits, *, is_checked: bool) -> None:
        self.limits = limits
        self.is_checked = is_checked
        self.positions: list[tuple[Node, int]] = []

    def node(self, item: Tree[Token] | Token, depth: int) -> Node:
        if depth > _RAW_DEPTH_MOST:
            raise _too_deep(self.limits)
        if isinstance(item, Token):
            node = leaf(item.type, str(item), item.start_pos or 0, is_checked=self.is_checked)
            self.positions.append((node, item.start_pos or 0))
            return node
        parts = [p for p in item.children if isinstance(p, Tree) or p.type not in _NOISE]
        match item.data:
            case "group":
                return self.node(parts[0], depth + 1)
            case "negated":
                inner = self.node(parts[0], depth + 1)
                node = inner.item if isinstance(inner, Not) else Not(inner)
                self.positions.append((node, item.meta.start_pos))
                return node
            case "near":
                return self._near(item, depth)
            case "disjunction":
                return _flat(Or, [self.node(part, depth + 1) for part in parts])
            case _:
                return _flat(And, [self.node(part, depth + 1) for part in parts])

    def _near(self, item: Tree[Token], depth: int) -> Node:
        left: Node | None = None
        distance, at = _NEAR_DEFAULT, 0
        for part in item.children:
            if isinstance(part, Token) and part.type == "NEAR":
                at = part.start_pos or 0
                distance = int(part.partition("/")[2] or _NEAR_DEFAULT)
                if not 1 <= distance <= self.limits.near:
                    raise QueryError(
                        Reason.NEAR_DISTANCE,
                        at,
                        detail=str(self.limits.near),
                        example="ракета NEAR/5 Київ",
                    )
                continue
            node = self.node(part, depth + 1)
            if not _has_positions(node):
                raise QueryError(Reason.NEAR_OPERAND, at, example="(ракета OR дрон) NEAR/5 Київ")
            left = node if left is None else Near(left, node, distance)
        if left is None:
            raise AssertionError("the grammar gives NEAR two sides")
        return left


def _too_deep(limits: Limits) -> QueryError:
    detail = str(limits.depth)
    return QueryError(Reason.TOO_DEEP, 0, detail=detail, example="(ракета OR дрон) Київ")


def _depth(root: Node) -> int:
    deepest, waiting = 0, [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in children(node)]
    return deepest


def _flat(kind: type[And | Or], nodes: list[Node]) -> Node:
    items: list[Node] = []
    for node in nodes:
        items.extend(node.items if isinstance(node, kind) else (node,))
    unique = tuple(dict.fromkeys(items))
    return unique[0] if len(unique) == 1 else kind(unique)


def _has_positions(node: Node) -> bool:
    match node:
        case Word() | Prefix() | Phrase():
            return True
        case Or(items):
            return all(_has_positions(item) for item in items)
        case Near(left, right, _):
            return _has_positions(left) and _has_positions(right)
        case _:
            return False


def _refuse_scan(query: Query) -> None:
    refusal = _scan_reason(query.root)
    if refusal is None:
        return
    reason, node = refusal
    detail = printed(node) if isinstance(node, FieldIs) else ""
    example = {
        Reason.MATCHES_ALL: EXAMPLE,
        Reason.ONLY_NOT: "ракета -навчання",
        Reason.OR_NOT: "(ракета OR дрон) -навчання",
        Reason.REGEX_NO_LITERAL: r"/ракет[аиу]\s+\d+/",
        Reason.FIELD_TOO_WIDE: f"ракета {detail}",
    }[reason]
    raise QueryError(reason, query.position(node), detail=detail, example=example)


def _scan_reason(node: Node) -> tuple[Reason, Node] | None:  # noqa: PLR0911 - one a kind
    """Return why no index can find the node, and the part to blame; None if one can."""
    match node:
        case Everything():
            return Reason.MATCHES_ALL, node
        case Not(_):
            return Reason.ONLY_NOT, node
        case And(items):
            reasons = [_scan_reason(item) for item in items]
            return None if None in reasons else reasons[0]
        case Or(items):
            for item in items:
                reason = _scan_reason(item)
                if reason is not None:
                    return (Reason.OR_NOT, item) if reason[0] is Reason.ONLY_NOT else reason
            return None
        case FieldIs(name, _) if name not in _ANCHORS:
            return Reason.FIELD_TOO_WIDE, node
        case Regex(source) if not pattern(source).literals:
            return Reason.REGEX_NO_LITERAL, node
        case _:
            return None
