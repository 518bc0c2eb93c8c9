"""Which stretches of a long text to show around its matches, and made harmless: pure.

Offsets are code points. No stretch begins or ends inside a character as its reader sees it (a
letter with its accents, an emoji of several parts), unless somebody piled them up without end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from storage.records import Span

_CONTEXT = 160  # code points shown on each side of a match
_WORD_REACH = 24  # how far a cut may move to fall between words
_CLUSTER_REACH = 32  # how far it may move to keep a character whole
_JOINER = "\u200d"

_HARMLESS = (
    # embeddings, overrides and isolates: they would turn round what follows the quotation
    dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
    | {code: " " for code in [*range(0x20), 0x7F] if code != ord("\n")}
    | {ord("\r"): None, 0x2028: "\n", 0x2029: "\n", 0x85: "\n"}
    | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
)
_EMPTY_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Take out what could disturb the text around: direction overrides, control characters."""
    return _EMPTY_LINES.sub("\n\n", text.translate(_HARMLESS))


def shortened(text: str, limit: int) -> str:
    """Give the text on one line, cut to `limit` code points."""
    line = " ".join(clean(text[: 4 * limit]).split())
    if len(line) <= limit:
        return line
    return line[: whole_before(line, limit - 1)].rstrip() + "…"


def windows(text: str, spans: Sequence[Span], budget: int) -> list[Span]:
    """Give the stretches to show, ascending, never empty, together about `budget` code points.

    `spans` are ascending by start.
    """
    if len(text) <= budget:
        return [Span(0, len(text))]
    chosen: list[Span] = []
    left = budget
    for window in _around(spans or (Span(0, budget),), len(text)):
        cut = Span(window.start, min(window.end, window.start + left))
        chosen.append(_trimmed(text, cut, spans))
        left -= cut.end - cut.start
        if left <= _CONTEXT:
            break
    return chosen


def _around(spans: Sequence[Span], length: int) -> Iterator[Span]:
    """Give the matches with their surroundings, those that touch as one."""
    joined: Span | None = None
    for span in spans:
        wide = Span(max(0, span.start - _CONTEXT), min(length, span.end + _CONTEXT))
        if joined and wide.start <= joined.end:
            joined = Span(joined.start, max(joined.end, wide.end))
            continue
        if joined:
            yield joined
        joined = wide
    if joined:
        yield joined


def _trimmed(text: str, window: Span, spans: Sequence[Span]) -> Span:
    """Move the cuts inwards to the borders of words, but not into a match."""
    start, end = window.start, window.end
    first = min((span.start for span in spans if span.start >= start), default=end)
    last = max((span.end for span in spans if span.end <= end), default=start)
    if start > 0:
        gap = text.find(" ", start, min(start + _WORD_REACH, first))
        start = gap + 1 if gap >= 0 else whole_after(text, start)
    if end < len(text):
        gap = text.rfind(" ", max(end - _WORD_REACH, last, start), end)
        end = gap if gap > start else whole_before(text, end)
    return Span(start, max(end, start + 1))


def pieces(text: str, window: Span, spans: Sequence[Span]) -> Iterator[tuple[str, bool]]:
    """Cut a window into pieces and say of each whether it is a match; `spans` ascend by start."""
    position = window.start
    for span in spans:
        start = max(position, whole_before(text, span.start))
        end = min(window.end, whole_after(text, span.end))
        if end <= start:
            continue
        if start > position:
            yield text[position:start], False
        yield text[start:end], True
        position = end
    if position < window.end:
        yield text[position : window.end], False


def whole_before(text: str, position: int) -> int:
    """Move a cut back to where a character begins."""
    for candidate in range(position, max(0, position - _CLUSTER_REACH) - 1, -1):
        if not _is_inside(text, candidate):
            return candidate
    return position


def whole_after(text: str, position: int) -> int:
    """Move a cut on to where a character ends."""
    for candidate in range(position, min(len(text), position + _CLUSTER_REACH) + 1):
        if not _is_inside(text, candidate):
            return candidate
    return position


def _is_inside(text: str, position: int) -> bool:
    if not 0 < position < len(text):
        return False
    after = text[position]
    return text[position - 1] == _JOINER or after == _JOINER or _continues(after)


def _continues(character: str) -> bool:
    """Say whether it only changes the look of the one before it: accents, variants, skin tones."""
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )
