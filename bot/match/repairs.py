"""What a person probably meant by a field that was refused: whole queries to choose from. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from bot.match.errors import QueryError, Reason
from bot.match.leaf import field_name, field_names, field_values
from bot.match.nodes import FieldIs, FieldName, PlaceIs, printed

_PIECE: Final = re.compile(
    r"([^\W\d_]+):(?:[\"“”„‟«»＂]([^\"“”„‟«»＂]*)[\"“”„‟«»＂]?\S*|([^\s()]*))"
)
_MOST: Final = 8  # to choose from
_LIKE: Final = 60.0  # of 100: less is no likeness
_REPAIRED: Final = frozenset(
    {
        Reason.BAD_SHAPE,
        Reason.BAD_VALUE,
        Reason.NO_VALUE,
        Reason.UNKNOWN_CHANNEL,
        Reason.UNKNOWN_FIELD,
        Reason.UNKNOWN_GROUP,
        Reason.UNKNOWN_PLACE,
    }
)


@dataclass(frozen=True, slots=True)
class Repair:
    """A way to put a refused query right: the piece put in, a name people know it by, the whole."""

    piece: str
    title: str
    query: str


def repairs(
    text: str, fault: QueryError, channels: Mapping[str, str], groups: Collection[str]
) -> tuple[Repair, ...]:
    """Give the likeliest ways to put right the field that was refused, the best first.

    `channels` are their usernames without the @ (or our numbers) with their titles.
    """
    match = _PIECE.match(text, fault.position)
    if match is None or fault.reason not in _REPAIRED:
        return ()
    before, after = text[: match.start()], text[match.end() :]
    name, value = field_name(match[1]), (match[2] or match[3] or "").strip()
    if fault.reason is Reason.UNKNOWN_FIELD:
        rest = match[0].partition(":")[2]
        pieces = [(f"{field}:{rest}", "") for field in _nearest(name, dict.fromkeys(field_names()))]
    else:
        pieces = list(_values(name, value, fault, channels, groups))
    return tuple(Repair(piece, title, f"{before}{piece}{after}") for piece, title in pieces[:_MOST])


def _values(
    name: str, value: str, fault: QueryError, channels: Mapping[str, str], groups: Collection[str]
) -> Iterator[tuple[str, str]]:
    match name:
        case "channel" | "from":
            plain = re.sub(r"^(?:https?://)?t\.me/", "", value.lower()).removeprefix("@")
            has_name = name == "from"  # a forward is known by its username alone
            known = {n: t for n, t in channels.items() if not (has_name and n.isdigit())}
            for found in _nearest(plain, known):
                yield printed(FieldIs(FieldName(name), found)), channels[found]
        case "group":
            for found in _nearest(value.lower().removeprefix("#"), dict.fromkeys(groups, "")):
                yield printed(FieldIs(FieldName.GROUP, found)), ""
        case "place" | "near":
            if name == "place" and fault.reason is Reason.UNKNOWN_PLACE and fault.hint:
                for found in fault.hint.split(", "):
                    yield printed(PlaceIs(found)), ""
        case _:
            values = dict.fromkeys(field_values(name), "")
            for found in sorted(values, key=lambda fixed: -fuzz.ratio(value.lower(), fixed)):
                yield f"{name}:{found}", ""


def _nearest(value: str, known: Mapping[str, str | None]) -> list[str]:
    """Return the known names most like a value; all of a few, where none is like it."""
    scored = {name: _likeness(value, name, title or "") for name, title in known.items()}
    if max(scored.values(), default=0.0) < _LIKE and len(known) > _MOST and value:
        return []
    best = sorted(scored, key=lambda name: (-scored[name], name))
    like = [name for name in best if scored[name] >= _LIKE]
    return like or best


def _likeness(value: str, name: str, title: str) -> float:
    if name.startswith(value):
        return 100.0
    by_title = fuzz.token_set_ratio(value, title.lower()) if title else 0.0
    return max(fuzz.ratio(value, name), by_title)
