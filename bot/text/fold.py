"""Folding: text in, the same text in plain lower-case letters out, with the way back.

Case, accents, stress marks, invisible characters, apostrophes, full-width, mathematical and boxed
letters go; ё and ґ become е and г. Every folded character knows the stretch of the original
it came from, so that spans always point into what was written.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from bot.text.letters import FoldTable

_TABLE: Final = FoldTable()
# Characters that fold to one character by `lowered`; everything else is odd.
SAFE: Final = (
    r"\x00-&(-_a-~а-яА-ЯёЁіІїЇєЄґҐ\u00a0«»–—…“”„‟•·"
    r"\u2190-\u245f\u2500-\u2bff\U0001f000-\U0001f0ff\U0001f200-\U0001faff"
)
_ODD: Final = re.compile(f"[^{SAFE}]+")
STRESS: Final = frozenset("\u0300\u0301")  # marks that fall away and make no other letter

LONGEST: Final = 20_000  # code points of a text that are read; a Telegram message has 4,096


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; character i came from the original's code points starts[i] to ends[i]."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded stretch, at least one character, lies in the original."""
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class Shortened:
    """Folded text from which single characters were left out and none moved otherwise.

    `gaps[k]` is where in the folded text the k-th left-out character of `original` stood.
    """

    text: str
    gaps: list[int]
    original: str = ""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded stretch, at least one character, lies in the original."""
        gaps = self.gaps
        if not gaps:
            return start, end
        last = end + bisect_right(gaps, end - 1)
        while self.original[last : last + 1] in STRESS:
            last += 1  # a mark belongs to the letter it stands on
        return start + bisect_right(gaps, start), last


def fold(text: str) -> Folded:
    """Fold any text; never fails. Reads `LONGEST` code points."""
    text = text[:LONGEST]
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in _ODD.finditer(text):
        start, end = match.span()
        if start > done and unicodedata.combining(text[start]):
            start -= 1  # the letter that carries the mark
        out.append(lowered(text[done:start]))
        starts += range(done, start)
        ends += range(done + 1, start + 1)
        _fold_odd(text, start, end, (out, starts, ends))
        done = end
    out.append(lowered(text[done:]))
    starts += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return Folded("".join(out), starts, ends)


def lowered(text: str) -> str:
    """Fold a text of nothing but plain characters: as many come out as go in."""
    return text.lower().replace("ё", "е").replace("ґ", "г")


def _fold_odd(text: str, at: int, end: int, into: tuple[list[str], list[int], list[int]]) -> None:
    """Fold a stretch character by character, each with the marks that follow it."""
    out, starts, ends = into
    while at < end:
        after = at + 1
        while after < end and unicodedata.combining(text[after]):
            after += 1
        # Only the first character of the composed cluster counts; stress marks fall away with
        # the rest. A long run of marks is cut: composing it could take quadratic time.
        char = text[at] if after == at + 1 else unicodedata.normalize("NFC", text[at : at + 4])[0]
        for folded in _TABLE[char]:
            out.append(folded)
            starts.append(at)
            ends.append(after)
        at = after
