"""A query → what a full-text index is asked: words that any matching post has.

The index keeps of each post the keys of `post_keys`, made by the same code that matching uses, so
what it finds can only be too much, never too little. Where nothing is too much either, `is_exact`
says so, and counting needs no second look.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from bot.match.expand import Compiler
from bot.match.name_keys import NAME, is_cased, is_common, name_key
from bot.match.plan import All, Close, Either, Kind, Plan, Sequence, Term, Terms, Without, leaves
from bot.match.query import PlaceResolver, Query
from bot.match.seen import fact_keys
from bot.text import Cut, skeleton
from storage.records import Channel, ChannelId, Document
from storage.records.searching import AllOf, AnyOf, ButNot, Sought, Words

_FACT: Final = "="  # no word begins with it
_OF_HOMES: Final = ("channel:", "group:")
_KEPT: Final = re.compile(r"(?:@|url:|lang:|has:|is:|from:)[^\x00-\x20\"\x7f\ud800-\udfff]+")
_OURS: Final = ("lookup.py", "name_keys.py", "seen.py", "data/english_words.txt")
_NOTHING: Final = Words(frozenset())


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to look up; None when the index cannot help and every post must be looked at.

    `is_exact`: a post is found just when the query matches it.
    """

    sought: Sought | None
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Homes:
    """The channels as queries name them: by username, by our number, by group."""

    names: Mapping[str, frozenset[ChannelId]] = field(default_factory=dict)
    groups: Mapping[str, frozenset[ChannelId]] = field(default_factory=dict)

    @classmethod
    def of(cls, channels: Iterable[Channel]) -> Homes:
        """Gather them."""
        names: dict[str, frozenset[ChannelId]] = {}
        groups: dict[str, frozenset[ChannelId]] = {}
        for channel in channels:
            mine = frozenset({channel.id})
            for name in {str(channel.id), channel.username or str(channel.id)}:
                names[name] = names.get(name, frozenset()) | mine
            for group in channel.groups:
                groups[group] = groups.get(group, frozenset()) | mine
        return cls(names, groups)


def post_keys(document: Document) -> set[str]:
    """Return what the index keeps of a post: its forms, their skeletons, its facts."""
    cut = Cut(document.text)
    forms = cut.forms
    keys = set(forms)
    for form in forms:
        bones, key, serves = _name(form)
        if not (serves and bones in forms):  # else the form itself serves
            keys.add(key)
    keys.update(_FACT + fact for fact in fact_keys(document, cut) if _KEPT.fullmatch(fact))
    if document.channel_id is not None:
        keys.add(channel_key(document.channel_id))
    return keys


@lru_cache(maxsize=1 << 15)
def _name(form: str) -> tuple[str, str, bool]:
    """Return a form's key without its sign, the key, and whether a form that is the key serves."""
    key = name_key(form)
    bones = key.removeprefix(NAME)
    return bones, key, skeleton(bones) == bones and not is_common(form)


def channel_key(channel_id: ChannelId) -> str:
    """Return the key that every post of a channel has."""
    return f"{_FACT}in:{channel_id}"


def in_channels(channel_ids: Collection[ChannelId]) -> Words:
    """Ask for posts of any of these channels."""
    return Words(frozenset(map(channel_key, channel_ids)))


def in_language(language: str) -> Words:
    """Ask for posts taken to be in a language."""
    return Words(frozenset({f"{_FACT}lang:{language}"}))


@cache
def analysis() -> str:
    """Name the way posts are cut into keys: an index made in another way is of no use."""
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    ours = (files("bot.match").joinpath(name) for name in _OURS)
    sources = [*files("bot.text").iterdir(), *ours]
    for source in sorted(sources, key=lambda found: found.name):
        if source.name.endswith((".py", ".txt")):
            digest.update(source.read_bytes())
    return digest.hexdigest()


def lookup(
    query: Query,
    homes: Homes,
    resolver: PlaceResolver | None = None,
) -> Lookup:
    """Say what to look up for a query. Raises QueryError for a place that is not known."""
    return lookup_of(Compiler(Terms(), resolver).plan(query), homes)


def names_channels(plan: Plan) -> bool:
    """Say whether a plan asks for channels or groups by name: else `lookup_of` needs no homes."""
    facts = (term for term in leaves(plan) if term.kind is Kind.FACT)
    return any(key.startswith(_OF_HOMES) for term in facts for key in term.keys)


def lookup_of(plan: Plan, homes: Homes) -> Lookup:  # noqa: PLR0911 - one a kind of plan
    """Say what to look up for a plan."""
    match plan:
        case Term():
            sought = _term(plan, homes)
            return Lookup(sought, sought is not None and not _is_doubtful(plan))
        case Sequence(parts):
            return _together([lookup_of(part, homes) for part in parts], is_exact=False)
        case Close(left, right, _):
            return _together([lookup_of(left, homes), lookup_of(right, homes)], is_exact=False)
        case All(parts):
            return _every(parts, homes)
        case Either(parts):
            found = [lookup_of(part, homes) for part in parts]
            any_of = [item.sought for item in found if item.sought is not None]
            if len(any_of) < len(found):
                return Lookup(None, is_exact=False)
            return Lookup(_any(any_of), all(item.is_exact for item in found))
        case Without():
            return Lookup(None, is_exact=False)


def _every(parts: tuple[Plan, ...], homes: Homes) -> Lookup:
    wanted = [lookup_of(part, homes) for part in parts if not isinstance(part, Without)]
    refused = [lookup_of(part.part, homes) for part in parts if isinstance(part, Without)]
    found = _together(wanted, is_exact=all(item.is_exact for item in refused))
    sure = [item.sought for item in refused if item.is_exact and item.sought is not None]
    if found.sought is None or not sure:
        return found
    return Lookup(ButNot(found.sought, _any(sure)), found.is_exact)


def _together(parts: list[Lookup], *, is_exact: bool) -> Lookup:
    every = [part.sought for part in parts if part.sought is not None]
    if not every:
        return Lookup(None, is_exact=False)
    sought = every[0] if len(every) == 1 else AllOf(tuple(every))
    return Lookup(sought, is_exact and all(part.is_exact for part in parts))


def _any(parts: list[Sought]) -> Sought:
    plain = [part for part in parts if isinstance(part, Words)]
    rest = [part for part in parts if not isinstance(part, Words)]
    words = Words(
        frozenset().union(*(part.words for part in plain)),
        frozenset().union(*(part.prefixes for part in plain)),
    )
    if not rest:
        return words
    return AnyOf((words, *rest) if plain else tuple(rest)) if plain or len(rest) > 1 else rest[0]


def _term(term: Term, homes: Homes) -> Sought | None:
    match term.kind:
        case Kind.WORD:
            return Words(term.keys)
        case Kind.PREFIX:
            return Words(frozenset(), term.keys) if all(term.keys) else None
        case Kind.NAME:
            return Words(term.keys | _plain_bones(term))
        case Kind.FACT:
            return _facts(term.keys, homes)
        case Kind.PLACE | Kind.REGEX:
            return None


def _plain_bones(term: Term) -> set[str]:
    """Return the skeletons of a name that a word which is its own skeleton serves for."""
    bones = {key.removeprefix(NAME) for key in term.keys if not is_cased(key)}
    return {bone for bone in bones if skeleton(bone) == bone}


def _is_doubtful(term: Term) -> bool:
    """Whether the words of a name may be common ones, of which the index knows no capitals."""
    if term.kind is not Kind.NAME:
        return False
    return any(map(is_cased, term.keys)) or any(map(is_common, _plain_bones(term)))


def _facts(keys: Iterable[str], homes: Homes) -> Sought | None:
    words: set[str] = set()
    for key in keys:
        name, _, value = key.partition(":")
        if name == "channel":
            words.update(in_channels(homes.names.get(value, frozenset())).words)
        elif name == "group":
            words.update(in_channels(homes.groups.get(value, frozenset())).words)
        elif _KEPT.fullmatch(key):
            words.add(_FACT + key)
        else:
            return None
    return Words(frozenset(words)) if words else _NOTHING
