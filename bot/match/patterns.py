r"""Regular expressions of queries: checked, compiled and run by RE2, never by `re`.

`\w` and the `\b` at a pattern's two ends are made to know Cyrillic, which RE2's do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

from bot.match.required import leading_literals, needs_digit, required_literals

_MEMORY: Final = 1 << 20  # bytes RE2 may use for one pattern
_SET_MEMORY: Final = 8 << 20  # and for those without literals together
_TRIES_MOST: Final = 3  # places to begin at that are looked at one by one
_DIGIT: Final = re.compile("[0-9]").search
_WORD_CLASS: Final = r"\p{L}\p{N}_"
_WIDE_CLASS: Final = r"0-9A-Za-z_\x{80}-\x{10ffff}"  # all that is a letter, and more
_CLASSES: Final = {"w": f"[{_WORD_CLASS}]", "W": f"[^{_WORD_CLASS}]"}


class PatternError(ValueError):
    r"""RE2 refuses the pattern; the argument is its reason. `boundary`: \b in the middle."""

    def __init__(self, why: str, *, boundary: bool = False) -> None:
        super().__init__(why)
        self.boundary = boundary


@dataclass(frozen=True, slots=True)
class Pattern:
    r"""A pattern; one of `literals` occurs, in lower case, in whatever it matches.

    It is compiled when a text first has a literal. RE2 takes twenty times the memory for `\w` of
    all scripts as for the wide one of `wide`, which matches all that the pattern matches and a
    little more: so that one is kept, and the exact one only while it is in use.
    """

    source: str
    translated: str  # as RE2 reads it
    wide: str
    literals: frozenset[str]
    leads: frozenset[str]  # every match begins with one of them, if there are any
    has_edge: bool  # a \b before
    needs_digit: bool

    def could_match(self, lower: str, *, has_digit: bool | None = None) -> bool:
        """Whether a text in lower case has one of the literals, and a digit if it must.

        `has_digit` says whether it has one, None if that is not known yet.
        """
        if self.needs_digit and not (_DIGIT(lower) if has_digit is None else has_digit):
            return False
        for literal in self.literals:
            if literal in lower:
                return True
        return not self.literals

    def spans(
        self, text: str, encoded: bytes | None = None, lower: str | None = None
    ) -> list[tuple[int, int]]:
        """Where it matches, in order, at most 100; empty matches are none.

        `encoded` is the text as UTF-8, `lower` the text in lower case, if they are at hand.
        """
        if encoded is None:
            encoded = text.encode("utf-8", "surrogatepass")
        try:
            if self.leads and not self._may_begin(text, encoded, lower or text.lower()):
                return []
            if not _wide(self.wide).search(encoded):
                return []
            compiled = _exact(self.translated)
        except re2.error:  # kept by another version of RE2, which took it
            return []
        found: list[tuple[int, int]] = []
        at = chars = 0
        while len(found) < 100 and (match := compiled.search(encoded, at)):  # noqa: PLR2004 - enough to highlight
            start, end = match.span(1)
            first = chars + _length(encoded[at:start])
            chars = first + _length(encoded[start:end])
            if start < end:
                found.append((first, chars))
                at = end
            else:
                step = _character(encoded, end)
                at, chars = end + step, chars + bool(step)
                if not step:
                    break
        return found

    def _may_begin(self, text: str, encoded: bytes, lower: str) -> bool:
        """Whether it matches at one of the places where it can begin, or nobody knows.

        To look at a place takes a quarter of the time that the whole text takes.
        """
        if len(lower) != len(text):  # a letter became two: places are not the same
            return True
        tries = 0
        match = _wide(self.wide).match
        for literal in self.leads:
            at = lower.find(literal)
            while at >= 0:
                first = max(0, at - 1) if self.has_edge else at
                before = len(text[:first].encode("utf-8", "surrogatepass"))
                tries += 1
                if tries > _TRIES_MOST or match(encoded, before):
                    return True
                at = lower.find(literal, at + 1)
        return False

    def occurs(self, text: str) -> bool:
        """Whether it matches anything at all, the empty stretch too."""
        return _exact(self.translated).search(text) is not None


def _length(encoded: bytes) -> int:
    """Count the code points of whole characters."""
    return len(encoded.decode("utf-8", "surrogatepass"))


def _character(encoded: bytes, at: int) -> int:
    """Return how many bytes the character at a place has; 0 at the end."""
    end = at + 1
    while end < len(encoded) and encoded[end] & 0xC0 == 0x80:  # noqa: PLR2004 - what follows a first byte
        end += 1
    return end - at if at < len(encoded) else 0


class PatternSet:
    """Many patterns tried in one pass over a text."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._count = len(patterns)
        self._set = re2.Set.SearchSet(_options(_SET_MEMORY))
        for held in patterns:
            self._set.Add(held.translated)
        self._set.Add("")  # is always found, so that finding nothing means that memory ran out
        self._set.Compile()

    def likely(self, text: str) -> Iterable[int]:
        """Return the numbers of the patterns that match the text, or of all: then nobody knows."""
        try:
            found = self._set.Match(text)
        except UnicodeEncodeError:
            found = None
        return [at for at in found if at < self._count] if found else range(self._count)


def _options(memory: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options


@lru_cache(maxsize=256)
def _exact(translated: str) -> Any:
    return re2.compile(translated, options=_options(_MEMORY))


@lru_cache(maxsize=4096)
def _wide(wide: str) -> Any:
    return re2.compile(wide, options=_options(_MEMORY))


@lru_cache(maxsize=20_000)
def pattern(source: str) -> Pattern:
    """Read a pattern; raises PatternError, but `check` finds more that is wrong."""
    starts, body, ends = _parts(source)
    before = f"(?:^|[^{_WORD_CLASS}])" if starts else ""
    after = f"(?:[^{_WORD_CLASS}]|$)" if ends else ""
    translated = f"{before}({body}){after}"
    return Pattern(
        source,
        translated,
        _widened(translated),
        required_literals(source),
        leading_literals(source[2:] if starts else source),
        starts,
        needs_digit(source),
    )


def check(source: str) -> None:
    """Let RE2 compile a pattern; raises PatternError."""
    _, body, _ = _parts(source)
    try:
        re2.compile(body, options=_options(_MEMORY))  # so that "a)(b" is not made valid by brackets
        re2.compile(pattern(source).translated, options=_options(_MEMORY))
    except re2.error as error:
        reason = error.args[0]
        raise PatternError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None


def _parts(source: str) -> tuple[bool, str, bool]:
    r"""Return whether a \b stands before, what RE2 reads for the pattern, whether one is after."""
    starts = source.startswith(r"\b")
    ends = source.endswith(r"\b") and not source.endswith(r"\\b") and len(source) > 2  # noqa: PLR2004 - the sign itself
    return starts, "".join(_translated(source[2 * starts : len(source) - 2 * ends])), ends


def _widened(translated: str) -> str:
    """Return a pattern of far less memory that matches wherever this one does."""
    inner = f"[{_WORD_CLASS}]"
    wide = translated.replace(inner, f"[{_WIDE_CLASS}]")
    return wide.replace(f"[^{_WORD_CLASS}]", "[^0-9A-Za-z_]")


def _translated(source: str) -> Iterator[str]:
    in_class = False
    at = 0
    while at < len(source):
        char = source[at]
        if char == "\\" and at + 1 < len(source):
            after = source[at + 1]
            if after in "bB" and not in_class:
                raise PatternError(r"\b", boundary=True)
            if after == "w":
                yield _WORD_CLASS if in_class else _CLASSES["w"]
            elif after == "W" and not in_class:
                yield _CLASSES["W"]
            else:
                yield char + after
            at += 2
            continue
        if char == "[" and not in_class:
            in_class = True
            if source[at + 1 : at + 2] == "]" or source[at + 1 : at + 3] == "^]":
                end = source.index("]", at) + 1
                yield source[at:end]
                at = end
                continue
        elif char == "]":
            in_class = False
        yield char
        at += 1
