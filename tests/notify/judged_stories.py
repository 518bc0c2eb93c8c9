"""Reads the judged stories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "judged_stories.txt"
_HELD_OUT = "\n## held out\n"


@dataclass(frozen=True, slots=True)
class Judged:
    """A post as judged: `is_same` says whether it tells the story of its block's base."""

    is_same: bool
    after: timedelta
    channel: str
    text: str


def blocks(*, held_out: bool) -> list[list[Judged]]:
    chosen, _, held = FILE.read_text().partition(_HELD_OUT)
    found: list[list[Judged]] = []
    for line in (held if held_out else chosen).splitlines():
        if not line or line.startswith("#"):
            continue
        sign, minutes, channel, text = line.split(" ", 3)
        if sign == "=":
            found.append([])
        after = timedelta(minutes=int(minutes))
        found[-1].append(Judged(sign != "-", after, channel, text.replace("⏎", "\n")))
    return found


def pairs(*, held_out: bool) -> Iterator[tuple[Judged, Judged, bool]]:
    """Give each two posts of a block, and whether they tell one story."""
    for block in blocks(held_out=held_out):
        for one, other in combinations(block, 2):
            yield one, other, one.is_same and other.is_same
