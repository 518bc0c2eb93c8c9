"""What an edit changed, word by word, and whether it changed what was said. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from rapidfuzz.distance import Levenshtein

from bot.notify.likeness import fingerprint
from bot.notify.snippet import clean, shortened
from bot.telegram.messages import Style, TextBuilder

_PIECE = re.compile(r"\S+|\s+")
_AROUND = 8  # pieces of what stayed that are shown beside a change: four words
_MATERIAL = 0.2  # of the words
_ALIKE = 0.5  # of the words
_READ = 2_000  # pieces


class Kind(Enum):
    """What became of a stretch."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"
    LEFT_OUT = "left out"  # kept, too, and not shown


_STYLES = {Kind.REMOVED: Style.STRIKE, Kind.ADDED: Style.BOLD}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the older or the newer text."""

    kind: Kind
    text: str


def word_difference(old: str, new: str) -> list[Stretch]:
    """Give what was taken out and put in, with a few words around, in the order of the texts."""
    before, after = _PIECE.findall(old)[:_READ], _PIECE.findall(new)[:_READ]
    steps = Levenshtein.opcodes(before, after)
    found: list[Stretch] = []
    for number, step in enumerate(steps):
        if step.tag == "equal":
            kept = after[step.dest_start : step.dest_end]
            found += _shortened(kept, is_first=number == 0, is_last=number == len(steps) - 1)
            continue
        found += _stretch(Kind.REMOVED, before[step.src_start : step.src_end])
        found += _stretch(Kind.ADDED, after[step.dest_start : step.dest_end])
    return list(_joined(found))


def _shortened(kept: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[Stretch]:
    if len(kept) <= 2 * _AROUND:
        yield from _stretch(Kind.KEPT, kept)
        return
    if not is_first:
        yield from _stretch(Kind.KEPT, kept[:_AROUND])
    yield Stretch(Kind.LEFT_OUT, "")
    if not is_last:
        yield from _stretch(Kind.KEPT, kept[-_AROUND:])


def _stretch(kind: Kind, pieces: Sequence[str]) -> Iterator[Stretch]:
    if pieces:
        yield Stretch(kind, "".join(pieces))


def _joined(found: Sequence[Stretch]) -> Iterator[Stretch]:
    """Put words replaced one after another together: what went first, then what came."""
    removed, added = "", ""
    for stretch in found:
        match stretch.kind:
            case Kind.REMOVED:
                removed += stretch.text
            case Kind.ADDED:
                added += stretch.text
            case Kind.KEPT if not stretch.text.strip() and (removed or added):
                removed, added = removed + stretch.text, added + stretch.text
            case _:
                yield from _both(removed, added)
                removed, added = "", ""
                yield stretch
    yield from _both(removed, added)


def _both(removed: str, added: str) -> Iterator[Stretch]:
    if removed.strip():
        yield Stretch(Kind.REMOVED, removed.rstrip() if added.strip() else removed)
        if added.strip():
            yield Stretch(Kind.KEPT, " ")
    if added:
        yield Stretch(Kind.ADDED, added)


def is_material(old: str, new: str) -> bool:
    """Say whether an edit changed what was said: numbers, or a fifth of the words."""
    before, after = fingerprint(old).words, fingerprint(new).words
    if {w for w in before if w.isdigit()} != {w for w in after if w.isdigit()}:
        return True
    changed = Levenshtein.distance(before, after)
    return changed > 0 and changed >= _MATERIAL * max(len(before), len(after))


def is_much_alike(old: str, new: str) -> bool:
    """Say whether a difference word by word is easier to read than both texts."""
    before, after = old.split()[:_READ], new.split()[:_READ]
    return bool(before) and Levenshtein.normalized_similarity(before, after) >= _ALIKE


def write_difference(builder: TextBuilder, stretches: Sequence[Stretch], room: int) -> None:
    """Write what went struck out and what came bold, up to `room` code points."""
    left = room
    for stretch in stretches:
        if stretch.kind is Kind.LEFT_OUT:
            builder.add(" … ")
            continue
        text = clean(stretch.text)
        if len(text) > left:
            text = shortened(text, max(1, left))
        style = _STYLES.get(stretch.kind)
        builder.add(text, *((style,) if style else ()))
        left -= len(text)
        if left <= 0:
            builder.add(" …")
            return
