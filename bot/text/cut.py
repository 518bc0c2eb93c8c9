"""The fast way to a post's forms: one RE2 pass says what the text needs, most texts need little.

Gives exactly what `tokens.words_of` gives (a property test holds them together) and builds
positions and spans only when they are asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

import re2

from bot.text.fold import LONGEST, Folded, Shortened, fold, lowered
from bot.text.letters import APOSTROPHES, HYPHENS
from bot.text.tokens import Fact, Words, assembled, joined, whole, without_addresses

_CYRILLIC: Final = "а-яА-ЯёЁіІїЇєЄґҐ"
_EMOJI: Final = r"\x{2190}-\x{245F}\x{2500}-\x{2BFF}\x{1F000}-\x{1F12F}\x{1F18A}-\x{1FAFF}"
_PLAIN: Final = rf"\x00-\x7F{_CYRILLIC}\x{{A0}}«»–—…“”„‟•·№{_EMOJI}\x{{FE0F}}\x{{200D}}"
_APOSTROPHE: Final = f"[{APOSTROPHES}]"
_ALNUM: Final = r"[\pL\pN]"
_PARTED: Final = r"[^\pL\pN]"
_LOWER: Final = r"\p{Ll}"
_UPPER: Final = r"\p{Lu}"
_JOINTS: Final = HYPHENS + "_"
_EMOJI_SIGNS: Final = rf"[\pS\x{{FE0E}}\x{{FE0F}}\x{{200D}}\x{{20E3}}{APOSTROPHES}]"
_SIGN: Final = rf"[-_‐‑‒−.#@/\pL\pN]{_APOSTROPHE}*"
# Any of these and the text is folded character by character.
_ODD: Final = (
    rf"[^{_PLAIN}{APOSTROPHES}]",
    rf"[\x{{FE0F}}\x{{200D}}][{APOSTROPHES}\x{{FE0F}}\x{{200D}}]*[-_‐‑‒−.#@/\pL\pN]",
    rf"{_SIGN}[\x{{FE0F}}\x{{200D}}]",
)
# Any of these and the words are cut one by one, with their positions.
_HIDDEN: Final = (
    rf"[A-Za-z][\d{APOSTROPHES}]*[{_CYRILLIC}]",
    rf"[{_CYRILLIC}][\d{APOSTROPHES}]*[A-Za-z]",
    rf"[{_CYRILLIC}]{_APOSTROPHE}*[03]{_APOSTROPHE}*[{_CYRILLIC}]",
    rf"{_ALNUM}{_APOSTROPHE}*[\pS{APOSTROPHES}]*\pS{_APOSTROPHE}*{_ALNUM}",
    rf"(?:^|{_PARTED})\pL(?:{_PARTED}{{1,6}}\pL){{3}}(?:{_PARTED}|$)",
    rf"(?:^|{_PARTED})\pL{_APOSTROPHE}*\.{_APOSTROPHE}*\pL(?:{_PARTED}|$)",
    rf"#[\pL\pN_{APOSTROPHES}]*(?:{_LOWER}{_UPPER}|{_UPPER}{_UPPER}{_LOWER}|\pL\d|\d\pL)",
    rf"#[\pL\pN_{APOSTROPHES}]*{_APOSTROPHE}",
)
_JOINED: Final = rf"{_ALNUM}{_APOSTROPHE}*[{_JOINTS}]{_APOSTROPHE}*{_ALNUM}"
_MEASURE: Final = rf"\d{_APOSTROPHE}*\pL"
_ADDRESS: Final = "@|//|[wW][wW][wW]\\.|[tT]\\.[mM][eE]/"

Features = list[int] | tuple[int, ...]

_WORDS: Final = re.compile(r"\w+").findall
_WORDS_BETWEEN: Final = re.compile(r"[^\W_]+").findall
_WORDS_AT: Final = re.compile(r"[^\W_]+").finditer
_HYPHENATED: Final = re.compile(rf"[^\W_]+(?:[{HYPHENS}][^\W_]+)+")
_UNDERSCORED: Final = re.compile(r"[^\W_]+(?:_[^\W_]+)+")
_NUMBER_AND_UNIT: Final = re.compile(r"(\d+)([^\W\d_]+)").fullmatch
_APOSTROPHE_AT: Final = re.compile(f"[{APOSTROPHES}]")


def _features() -> Any:
    """Return the set; the order of its patterns is what `Cut` reads."""
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    found = re2.Set.SearchSet(options)
    for source in (_APOSTROPHE, _JOINED, _MEASURE, _ADDRESS, *_ODD, *_HIDDEN):
        found.Add(source)
    found.Compile()
    return found


_FEATURES: Final = _features()
_HAS_APOSTROPHE, _HAS_JOINED, _HAS_MEASURE, _HAS_ADDRESS = range(4)
_FIRST_ODD: Final = 4
_FIRST_HIDDEN: Final = _FIRST_ODD + len(_ODD)


class Cut:
    """A text cut into forms: `forms` at once, `words` (with positions and spans) when asked."""

    __slots__ = ("__dict__", "_extra", "_order", "_plain", "facts", "folded", "forms", "text")

    def __init__(self, text: str) -> None:
        self.text = text = text[:LONGEST]
        try:
            found = _FEATURES.Match(text) or ()
        except UnicodeEncodeError:  # half a surrogate pair: no UTF-8, so not for RE2
            found = (_FIRST_ODD,)
        self.facts: list[Fact] = []
        self._plain = ""
        self._order: list[str] | None = None  # the words, when cutting them was easy
        self._extra: set[str] = set()  # forms that are not, or not only, such words
        self.folded: Folded | Shortened
        self.forms: set[str]
        if found and max(found) >= _FIRST_ODD:
            is_odd = any(_FIRST_ODD <= feature < _FIRST_HIDDEN for feature in found)
            self.folded = fold(text) if is_odd else self._shortened(found)
            words = self.words
            self.facts = words.facts
            self.forms = {*words.words, *(form.text for form in words.extras)}
            return
        self.folded = self._shortened(found)
        self.forms = self._read(self.folded.text, found)

    def _shortened(self, features: Features) -> Shortened:
        plain = lowered(self.text)
        if _HAS_APOSTROPHE not in features:
            return Shortened(plain, [])
        gaps = [match.start() - k for k, match in enumerate(_APOSTROPHE_AT.finditer(plain))]
        return Shortened(_APOSTROPHE_AT.sub("", plain), gaps)

    def _read(self, plain: str, features: Features) -> set[str]:
        if _HAS_ADDRESS in features:
            plain, self.facts = without_addresses(self.folded)
        self._plain = plain
        order = (_WORDS_BETWEEN if "_" in plain else _WORDS)(plain)
        self._order = order
        forms = set(order)
        if _HAS_MEASURE not in features and _HAS_JOINED not in features:
            return forms
        extra = self._extra
        if _HAS_MEASURE in features:
            for word in [word for word in forms if word[0].isdigit() and not word.isdigit()]:
                if match := _NUMBER_AND_UNIT(word):
                    extra.update(match.groups())
        if _HAS_JOINED in features:
            for sign in _JOINTS:
                if sign in plain:
                    extra.update(_joined_by(sign, plain))
        return forms | extra

    @cached_property
    def words(self) -> Words:
        """The words in order, with positions and spans."""
        return assembled(self.text, self.folded)

    def places(self, form: str) -> list[tuple[int, int]]:
        """Return the positions (first, last) one of `forms` covers, in order."""
        order = self._order
        if order is None or form in self._extra:
            return self._positions[form]
        found, at = [], -1
        for _ in range(order.count(form)):
            at = order.index(form, at + 1)
            found.append((at, at))
        return found

    @cached_property
    def _positions(self) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        words = self.words
        for at, word in enumerate(words.words):
            found[word].append((at, at))
        for form in words.extras:
            found[form.text].append((form.first, form.last))
        return found

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the words from position `first` to `last` stand in the original."""
        spans = self._spans
        return spans[first][0], spans[last][1]

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        if self._order is None:
            return self.words.spans
        span = self.folded.span
        return [span(*match.span()) for match in _WORDS_AT(self._plain)]

    def find(self, form: str) -> list[tuple[int, int]]:
        """Every span of one of `forms`, in order."""
        if self._order is None or form in self._extra:
            return [self.span(first, last) for first, last in self._positions[form]]
        plain, size = self._plain, len(form)
        found: list[tuple[int, int]] = []
        at = plain.find(form)
        while at >= 0:
            end = at + size
            if not (plain[at - 1 : at].isalnum() or plain[end : end + 1].isalnum()):
                found.append(self.folded.span(at, end))
            at = plain.find(form, end)
        return found


def _joined_by(sign: str, plain: str) -> Iterator[str]:
    search = _HYPHENATED if sign != "_" else _UNDERSCORED
    for chunk in plain.split():
        if sign not in chunk:
            continue
        for match in search.finditer(chunk):
            parts = _WORDS_BETWEEN(match[0])
            if len(parts) == 2:  # noqa: PLR2004 - by far the commonest
                yield whole(parts)
            else:
                yield from (form.text for form in joined(parts, 0, len(parts)))
