"""What each character becomes when text is folded, and which letters look alike across scripts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

APOSTROPHES: Final = "'’ʼ`´‘ʹ′＇‛ꞌʻ՚"
HYPHENS: Final = "-‐‑‒–−"  # between two letters; the dash — always parts words
_KEPT_COMPOSED: Final = frozenset("йїў")  # letters of their own, not a base with an accent
_OWN: Final = {
    "ё": "е",
    "ґ": "г",
    "ѐ": "е",
    "ѝ": "и",
    "ѕ": "s",  # the rare Cyrillic letters below exist in hostile text to look like Latin ones
    "ј": "j",
    "ԁ": "d",
    "ԛ": "q",
    "ԝ": "w",
    "һ": "h",
    "ӏ": "l",
    "ı": "i",
    "ł": "l",
    "ø": "o",
    "đ": "d",
}
_LATIN_TO_CYRILLIC: Final = str.maketrans("abcehikmoptxyu0346", "авсенікмортхуиозчб")
_CYRILLIC_TO_LATIN: Final = str.maketrans("авсенікмортхуьгз03", "abcehikmoptxybr3oe")
LOOKS_CYRILLIC: Final = frozenset("abcehikmoptxy")
LOOKS_LATIN: Final = frozenset("авсенікмортху")
_GREEK_TO_LATIN: Final = str.maketrans("αβεζηικμνορτυχγωϲ", "abeznikmvoptuxywc")


_LATIN_AND_ENDING: Final = re.compile(r"([a-z]{3,})[а-яіїє]{1,4}").fullmatch


def _letter_in_a_box(char: str) -> str:
    """Return a letter in a circle or square (Ⓐ 🅰 🄰 🅐) as the letter, else nothing."""
    code = ord(char)
    for first in (0x1F130, 0x1F150, 0x1F170):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    plain = unicodedata.normalize("NFKC", char)
    return plain.lower() if len(plain) == 1 and plain.isalpha() else char


def _bare(char: str) -> str:
    """One lower-case letter without its accent, unless the accent makes another letter."""
    if char in _OWN:
        return _OWN[char]
    if char in _KEPT_COMPOSED:
        return char
    base = unicodedata.normalize("NFD", char)[0]
    return _OWN.get(base, base)


def folded_char(char: str) -> str:
    """Return what one composed character becomes: nothing, itself, or its plain letters."""
    if char in APOSTROPHES:
        return ""
    category = unicodedata.category(char)
    if category in {"Cf", "Mn", "Me"}:
        return ""
    if category in {"So", "No"}:
        char = _letter_in_a_box(char)
    if category[0] in "LN":
        plain = unicodedata.normalize("NFKC", char)
        char = plain if plain.isalnum() else char
    return "".join(_bare(small) for small in char.lower() if unicodedata.category(small) != "Mn")


class FoldTable(dict[str, str]):
    """Remembers `folded_char`; bounded because Unicode is."""

    def __missing__(self, char: str) -> str:
        folded = folded_char(char)
        self[char] = folded
        return folded


def script(char: str) -> str:
    """`c` for Cyrillic, `l` for Latin, `g` for Greek, `` for anything else."""
    if "\u0400" <= char <= "\u052f":
        return "c"
    if "a" <= char <= "z" or "\u00df" <= char <= "\u024f":
        return "l"
    if "\u0370" <= char <= "\u03ff":
        return "g"
    return ""


@lru_cache(maxsize=1 << 15)
def resolved(word: str) -> str:
    """Return a folded word, look-alikes put into its majority script (Cyrillic on a tie).

    Words of one script, and words whose minority letters look like nothing in the other
    (FPVшник), come back as they are.
    """
    if word.isascii():
        return word
    scripts = [script(char) for char in word]
    cyrillic, latin, greek = scripts.count("c"), scripts.count("l"), scripts.count("g")
    if greek and (cyrillic or latin):
        word = word.translate(_GREEK_TO_LATIN)
        latin += greek
    if cyrillic and cyrillic >= latin:
        word = _replaced(word, "l", LOOKS_CYRILLIC, _LATIN_TO_CYRILLIC) if latin else word
        return _with_letters_for_digits(word)
    return _replaced(word, "c", LOOKS_LATIN, _CYRILLIC_TO_LATIN) if cyrillic and latin else word


@lru_cache(maxsize=1 << 15)
def resolved_otherwise(word: str) -> str:
    """Return what else a mixed word may be: in its minority script, or without its ending.

    Xapкiв is Харків although four of its six letters are Latin; HIMARSом is HIMARS with a Cyrillic
    ending. Nothing when it is neither.
    """
    scripts = {script(char) for char in word} - {""}
    if scripts != {"c", "l"}:
        return ""
    first = resolved(word)
    for other in (
        _replaced(word, "l", LOOKS_CYRILLIC, _LATIN_TO_CYRILLIC),
        _replaced(word, "c", LOOKS_LATIN, _CYRILLIC_TO_LATIN),
    ):
        if len({script(char) for char in other} - {""}) == 1 and other != first:
            return other
    ending = _LATIN_AND_ENDING(word)
    return ending[1] if ending else ""


def _replaced(word: str, minority: str, known: frozenset[str], table: dict[int, int]) -> str:
    strangers = {char for char in word if script(char) == minority}
    if not strangers <= known:
        return word
    return "".join(char.translate(table) if char in strangers else char for char in word)


def _with_letters_for_digits(word: str) -> str:
    """р0сія as росія: a 0 or 3 between Cyrillic letters is the letter it looks like."""
    if "0" not in word and "3" not in word:
        return word
    chars = list(word)
    for at in range(1, len(word) - 1):
        if word[at] in "03" and script(word[at - 1]) == script(word[at + 1]) == "c":
            chars[at] = "о" if word[at] == "0" else "з"
    return "".join(chars)
