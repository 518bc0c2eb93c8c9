"""Skeletons: a folded name reduced to what its spellings in one script have in common."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_CYRILLIC: Final = str.maketrans(
    {"і": "и", "ї": "и", "ы": "и", "й": "и", "э": "е", "є": "е", "ь": "", "ъ": "", "ў": "в"}
)
_LATIN: Final = str.maketrans({"y": "i", "j": "i", "w": "v", "q": "k"})
_LATIN_PAIRS: Final = (("x", "ks"), ("ph", "f"), ("ck", "k"), ("kh", "h"), ("ou", "u"))
_NARROW_PAIRS: Final = (("x", "ks"), ("ph", "f"), ("ck", "k"), ("c", "k"), ("w", "v"))
_SOFT: Final = re.compile(r"i+(?=[aeou])")
_REPEATED: Final = re.compile(r"(.)\1+")
_IO: Final = re.compile(r"ио")


def narrow(word: str) -> str:
    """Return a Latin word with what tables never tell apart made one: max, maks; will, vil."""
    for pair, single in _NARROW_PAIRS:
        word = word.replace(pair, single)
    return _REPEATED.sub(r"\1", word)


@lru_cache(maxsize=1 << 15)
def skeleton(word: str) -> str:
    """Return the skeleton of one folded word: zelenskiy, zelenskyj and zelensky share one."""
    if word.isascii():
        for pair, single in _LATIN_PAIRS:
            word = word.replace(pair, single)
        word = _SOFT.sub("", word.translate(_LATIN))
    else:
        word = _IO.sub("е", word.translate(_CYRILLIC))
    return _REPEATED.sub(r"\1", word)
