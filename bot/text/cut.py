"""The fast way to a post's words: one RE2 pass says what the text needs, most texts need little.

Gives exactly what `tokens.words_of` gives (a property test holds them together), as coded words;
spans, and the positions of joined writings, are built only when they are asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import starmap
from typing import Any, Final

import re2

from bot.text.coding import coded, decoded, line_of
from bot.text.fold import LONGEST, Folded, Shortened, fold, lowered
from bot.text.letters import APOSTROPHES, HYPHENS, resolved, resolved_otherwise
from bot.text.tokens import (
    CYRILLIC_ENDINGS,
    ONE_SCRIPT,
    Fact,
    Words,
    assembled,
    joined,
    whole,
    without_addresses,
)

_CYRILLIC: Final = "а-яА-ЯёЁіІїЇєЄґҐ"
_EMOJI: Final = (
    r"\x{2190}-\x{245F}\x{2500}-\x{2775}\x{2794}-\x{2BFF}"
    r"\x{1F000}-\x{1F0FF}\x{1F10D}-\x{1F12F}\x{1F18A}-\x{1FAFF}"
)
_UNSEEN: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u0300\u0301"
_PLAIN: Final = rf"\x00-\x7F{_CYRILLIC}\x{{A0}}«»–—…“”„‟•·‼⁉№{_EMOJI}{_UNSEEN}{APOSTROPHES}"
_ALNUM: Final = r"[\pL\pN]"
_PARTED: Final = r"[^\pL\pN]"
_JOINTS: Final = HYPHENS + "_"
# To be left out before anything else. Signs that cannot be seen do no harm after an emoji.
_HARMFUL: Final = (
    rf"[{APOSTROPHES}]|(?:^|[^\pS{_UNSEEN}])[{_UNSEEN}]|[{_UNSEEN}][{_UNSEEN}#@/.\pL\pN]"
    rf"|[{_UNSEEN}][{_JOINTS}]|{_ALNUM}\pS+[{_UNSEEN}][\pS{_UNSEEN}]*{_ALNUM}"
)
_CYRILLIC_SITE: Final = rf"\.(?:{CYRILLIC_ENDINGS})(?:{_PARTED}|$)"
_FEATURES: Final = (
    _HARMFUL,
    rf"{_ALNUM}[{_JOINTS}]{_ALNUM}",
    r"\d\pL",
    rf"@|//|[wW][wW][wW]\.|[tT]\.[mM][eE]/|[A-Za-z0-9]\.[A-Za-z]{{2}}|{_CYRILLIC_SITE}",
    # Letters of two scripts in a word, or a digit that stands for a letter.
    rf"[A-Za-z]\d*[{_CYRILLIC}]|[{_CYRILLIC}]\d*[A-Za-z]|[{_CYRILLIC}][03][{_CYRILLIC}]",
    # The text is folded character by character.
    rf"[^{_PLAIN}]",
    # The words are cut one by one: emoji inside, spelled out, hashtags of several words.
    rf"{_ALNUM}[\p{{So}}\p{{Sk}}]+{_ALNUM}",
    rf"(?:^|{_PARTED})\pL(?:{_PARTED}{{1,6}}\pL){{3}}(?:{_PARTED}|$)",
    rf"(?:^|{_PARTED})\pL\.\pL(?:{_PARTED}|$)",
    r"#[\pL\pN_]*(?:\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}|\pL\d|\d\pL)",
)
_REMOVED, _JOINED, _MEASURE, _ADDRESS, _MIXED, _ODD, _HIDDEN = range(7)

_WORDS: Final = re.compile(r"[^\W_]+").findall
_HYPHENATED: Final = re.compile(rf"[^\W_]+(?:[{HYPHENS}][^\W_]+)+")
_UNDERSCORED: Final = re.compile(r"[^\W_]+(?:_[^\W_]+)+")
_NUMBER_AND_UNIT: Final = re.compile(r"(\d+)([^\W\d_]+)").fullmatch
_LEFT_OUT: Final = re.compile(f"[{APOSTROPHES}{_UNSEEN}]")
_NOTHING: Final[frozenset[bytes]] = frozenset()


def _features() -> Any:
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    found = re2.Set.SearchSet(options)
    for source in _FEATURES:
        found.Add(source)
    found.Compile()
    return found.Match


_match: Final = _features()


def _features_of(text: str) -> list[int]:
    """Return what a text needs, the gravest last."""
    try:
        found: list[int] | None = _match(text)
    except UnicodeEncodeError:  # half a surrogate pair: no UTF-8, so not for RE2
        return [_ODD, _HIDDEN]
    return sorted(found) if found else []


class Cut:
    """A text cut into coded words: `order` and `extra` at once, positions and spans when asked.

    `order` are the words by position, `extra` the further forms. `line` is the text as coded words
    between spaces, None when it had to be cut word by word.
    """

    __slots__ = (
        "__dict__", "_is_literal", "_is_mixed", "extra", "facts", "folded", "line", "order", "text"
    )  # fmt: skip

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            text = text[:LONGEST]
        self.text = text
        self.facts: Sequence[Fact] = ()
        self.extra: AbstractSet[bytes] = _NOTHING
        self._is_literal = True
        self._is_mixed = False  # words of `order` are not as `line` has them
        self.folded: Folded | Shortened | None = None  # None: each character became one
        self.line: bytes | None
        found = _features_of(text)
        if found:
            self._read(found)
        else:
            self.line = line = line_of(text)
            self.order: list[bytes] = line.split()

    def _read(self, found: list[int]) -> None:
        clean = self.text
        if found[-1] >= _ODD:
            self._is_literal = False
            self.folded = fold(clean)
            clean = self.folded.text
            # The way hashtags are written went with the case.
            found = [_HIDDEN] if "#" in clean else _features_of(clean)
        elif found[0] == _REMOVED or (_ADDRESS in found and _LEFT_OUT.search(clean)):
            clean, gaps = _shortened(clean)
            self.folded = Shortened(lowered(clean), gaps, self.text)
            found = _features_of(clean)
        is_mixed = _MIXED in found
        if found and (found[-1] >= _ODD or (is_mixed and (_JOINED in found or _MEASURE in found))):
            self._read_wholly()
            return
        if _ADDRESS in found:
            clean, self.facts = without_addresses(
                self.folded or Shortened(lowered(clean), []), self.text
            )
        self.line = line_of(clean)
        self.order = self.line.split()
        if is_mixed:
            self._is_literal, self._is_mixed = False, True
            words = _WORDS(lowered(clean))
            self.order = [coded(w if ONE_SCRIPT(w) else resolved(w)) for w in words]
            others = {resolved_otherwise(word) for word in words if not ONE_SCRIPT(word)}
            self.extra = set(map(coded, others - {""}))
        elif _JOINED in found or _MEASURE in found:
            self.extra = set(map(coded, _extra(lowered(clean), found)))

    def _read_wholly(self) -> None:
        self.line = None
        self._is_literal = False
        words = self.words
        self.order = list(map(coded, words.words))
        self.facts = words.facts
        self.extra = {coded(form.text) for form in words.extras}

    @property
    def forms(self) -> set[str]:
        """Every form of the text."""
        return set(map(decoded, {*self.order, *self.extra}))

    @property
    def literals(self) -> list[bytes]:
        """Words beside `order`: every run of plain letters and digits of the text is in some."""
        text = self.text
        if not self._is_literal:
            return line_of(lowered(text)).split()
        found: dict[tuple[int, int], None] = {}
        for fact in self.facts:
            start, end = fact.start, fact.end
            while start and text[start - 1].isalnum():
                start -= 1
            while end < len(text) and text[end].isalnum():
                end += 1
            found[start, end] = None
        pieces = (line_of(lowered(text[start:end])) for start, end in found)
        return [word for piece in pieces for word in piece.split()]

    @cached_property
    def words(self) -> Words:
        """The words in order, with further forms, positions and spans."""
        return assembled(self.text, self.folded or Shortened(lowered(self.text), []))

    @cached_property
    def extra_places(self) -> dict[bytes, list[tuple[int, int]]]:
        """Form of `extra` → its first and last positions."""
        found: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        for form in self.words.extras:
            found[coded(form.text)].append((form.first, form.last))
        return found

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Where the words of `order` stand in the original."""
        if self.line is None:
            return self.words.spans
        found: list[tuple[int, int]] = []
        start = 0
        for piece in self.line.split(b" ")[1:]:  # half the time of a search for words
            end = start + len(piece)
            if piece:
                found.append((start, end))
            start = end + 1
        return found if self.folded is None else list(starmap(self.folded.span, found))

    def spans_of(self, words: AbstractSet[bytes]) -> list[tuple[int, int]]:
        """Where any of these words stands in the original, in order."""
        line = self.line
        if line is None or self._is_mixed:
            pairs = zip(self.order, self.spans, strict=True)
            return [span for word, span in pairs if word in words]
        found = []
        for word in words:
            sought, length = b" %b " % word, len(word)
            at = line.find(sought)
            while at >= 0:
                found.append((at, at + length))
                at = line.find(sought, at + length + 1)
        found.sort()
        folded = self.folded
        return found if folded is None else [folded.span(start, end) for start, end in found]

    def only_span(self, at: int) -> tuple[int, int]:
        """Where the word at a position stands, if no other is the same."""
        word = self.order[at]
        start = self.line.find(b" %b " % word) if self.line is not None else -1
        if start < 0:
            return self.spans[at]
        if self.folded is None:
            return start, start + len(word)
        return self.folded.span(start, start + len(word))


def _shortened(text: str) -> tuple[str, list[int]]:
    gaps = [match.start() - k for k, match in enumerate(_LEFT_OUT.finditer(text))]
    return _LEFT_OUT.sub("", text), gaps


def _extra(plain: str, found: list[int]) -> set[str]:
    extra: set[str] = set()
    if _MEASURE in found:
        for word in _WORDS(plain):
            if word[0] <= "9" and (match := _NUMBER_AND_UNIT(word)):
                extra.update(match.groups())
    if _JOINED in found:
        for sign in _JOINTS:
            if sign in plain:
                extra.update(_joined_by(sign, plain))
    return extra


def _joined_by(sign: str, plain: str) -> Iterator[str]:
    search = _HYPHENATED if sign != "_" else _UNDERSCORED
    for chunk in plain.split():
        if sign not in chunk:
            continue
        for match in search.finditer(chunk):
            parts = _WORDS(match[0])
            if len(parts) == 2:  # noqa: PLR2004 - by far the commonest
                yield whole(parts)
            else:
                yield from (form.text for form in joined(parts, 0, len(parts)))
