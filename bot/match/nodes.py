"""The tree of a parsed query, and its one normal form in print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

STRIKE = "!"  # stands before each form that is struck out


class FieldName(StrEnum):
    """The fields a query can ask about, besides places."""

    CHANNEL = "channel"
    GROUP = "group"
    LANG = "lang"
    HAS = "has"
    IS = "is"
    FROM = "from"
    URL = "url"


class Sureness(StrEnum):
    """How sure a mention of a place must be; the default has no name in a query."""

    WIDE = "wide"
    NORMAL = ""
    STRICT = "strict"


class Mode(StrEnum):
    """How a word is taken; the value is what stands before it in a query."""

    FORMS = ""
    EXACT = "="
    NAME = "~"


@dataclass(frozen=True, slots=True)
class Word:
    """A word in any form, exactly as written, or as a name in any spelling.

    `text` may carry forms that were struck out, folded and sorted: сталь!стали (see `unstruck`).
    """

    text: str
    mode: Mode = Mode.FORMS


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any word that begins so; `text` is without the star."""

    text: str


@dataclass(frozen=True, slots=True)
class Everything:
    """Any post at all: `*`."""


@dataclass(frozen=True, slots=True)
class Mention:
    """@name written in a post; `name` is in lower case without the @."""

    name: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one after another, all taken in one way."""

    words: tuple[str, ...]
    mode: Mode = Mode.FORMS


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 pattern, sought in the text as written, whatever the case."""

    pattern: str


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A fact about the post; `value` is in lower case, without @ for channels."""

    name: FieldName
    value: str


@dataclass(frozen=True, slots=True)
class PlaceIs:
    """The post mentions this place or one inside it."""

    name: str
    sureness: Sureness = Sureness.NORMAL


@dataclass(frozen=True, slots=True)
class PlaceNear:
    """The post mentions a place at most `radius_km` from this name or these coordinates."""

    centre: str
    radius_km: float
    sureness: Sureness = Sureness.NORMAL


@dataclass(frozen=True, slots=True)
class Near:
    """Both within `distance` words of one another, in any order."""

    left: Node
    right: Node
    distance: int


@dataclass(frozen=True, slots=True)
class Not:
    """The item does not match."""

    item: Node


@dataclass(frozen=True, slots=True)
class And:
    """All items match; never nested directly, at least two."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any item matches; never nested directly, at least two."""

    items: tuple[Node, ...]


Node = (
    Word
    | Prefix
    | Everything
    | Mention
    | Phrase
    | Regex
    | FieldIs
    | PlaceIs
    | PlaceNear
    | Near
    | Not
    | And
    | Or
)


def unstruck(text: str) -> tuple[str, frozenset[str]]:
    """Return a word of a query without the forms struck out of it, and those."""
    word, *struck = text.split(STRIKE)
    return word, frozenset(struck)


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly under this one."""
    match node:
        case And(items) | Or(items):
            return items
        case Near(left, right, _):
            return (left, right)
        case Not(item):
            return (item,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Return the node and all below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def printed(node: Node) -> str:  # noqa: C901, PLR0911, PLR0912 - a line a kind
    """Return the node in the query language; `query.parse` reads it back as the same tree."""
    match node:
        case Word(text, mode):
            return f"{mode}{text}"
        case Prefix(text):
            return f"{text}*"
        case Everything():
            return "*"
        case Mention(name):
            return f"@{name}"
        case Phrase(words, mode):
            return f'{mode}"{" ".join(words)}"'
        case Regex(pattern):
            return f"/{pattern}/"
        case FieldIs(name, value):
            at = "@" if name is FieldName.FROM or _is_username(name, value) else ""
            return f"{name}:{at}{_quoted(value)}"
        case PlaceIs(name, sureness):
            return f"place:{_quoted(name)}{_suffix(sureness)}"
        case PlaceNear(centre, radius_km, sureness):
            return f"near:{_always_quoted(f'{centre}, {radius_km:g} km')}{_suffix(sureness)}"
        case Near(left, right, distance):
            return f"{_operand(left)} NEAR/{distance} {_operand(right)}"
        case Not(item):
            return f"-{_operand(item)}"
        case And(items):
            return " ".join(_under_and(item) for item in items)
        case Or(items):
            return " OR ".join(
                f"({printed(i)})" if isinstance(i, And) else printed(i) for i in items
            )


def _under_and(node: Node) -> str:
    return f"({printed(node)})" if isinstance(node, Or) else printed(node)


def _operand(node: Node) -> str:
    return f"({printed(node)})" if isinstance(node, And | Or | Near | Not) else printed(node)


def _is_username(name: FieldName, value: str) -> bool:
    return name is FieldName.CHANNEL and not value.isdigit()


def _suffix(sureness: Sureness) -> str:
    return f"~{sureness}" if sureness else ""


def _quoted(value: str) -> str:
    plain = value and not any(char.isspace() or char in '()"~\\' for char in value)
    return value if plain else _always_quoted(value)


def _always_quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
