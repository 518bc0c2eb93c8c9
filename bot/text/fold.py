"""Folding: text in, the same text in plain lower-case letters out, with the way back.

Case, accents, stress marks, invisible characters, apostrophes, full-width, mathematical and boxed
letters go; ё and ґ become е and г. Every folded character knows the stretch of the original
it came from, so that spans always point into what was written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from bot.text.letters import FoldTable

_TABLE: Final = FoldTable()
_USUAL: Final = {  # ASCII, Cyrillic and common signs, as far as each becomes one character
    char: _TABLE[char]
    for char in map(chr, (*range(0x80), *range(0x400, 0x500), *map(ord, "«»–—’„“”…№•")))
    if len(_TABLE[char]) == 1 and not unicodedata.combining(char)
}
_USUAL_MAP: Final = str.maketrans(_USUAL)
_is_usual: Final = re.compile(f"[{re.escape(''.join(_USUAL))}]*").fullmatch


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; character i came from the original's code points starts[i] to ends[i].

    `starts` and `ends` are None when nothing moved: character i came from code point i.
    """

    text: str
    starts: list[int] | None
    ends: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded stretch, at least one character, lies in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Fold any text, character by character; never fails."""
    if _is_usual(text):  # most posts: the same, ten times as fast
        return Folded(text.translate(_USUAL_MAP), None, None)
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    size = len(text)
    at = 0
    while at < size:
        end = at + 1
        while end < size and unicodedata.combining(text[end]):
            end += 1
        # Only the first character of the composed cluster counts; stress marks fall away with
        # the rest. A long run of marks is cut: composing it could take quadratic time.
        char = text[at] if end == at + 1 else unicodedata.normalize("NFC", text[at : at + 4])[0]
        for folded in _TABLE[char]:
            out.append(folded)
            starts.append(at)
            ends.append(end)
        at = end
    return Folded("".join(out), starts, ends)
