"""What a word of a post can be under `~`: its skeleton; a common English word only nearly itself.

Skeletons are wide: jury, юрий and iouri share one. So a common English word counts as a name only
if a table spells the name that way (mark and Mark of Марк, not jury of Юрій), and only where it is
written with a capital letter. Pure.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from bot.text import skeleton
from bot.text.skeleton import narrow

NAME: Final = "~"  # what keys of names begin with
_WORD: Final = "="  # and then those that lead from common words
CASED: Final = b" " + (NAME + _WORD).encode()  # what a cased key looks like among coded ones


def name_key(word: str) -> str:
    """Return the one key of names that a folded word leads to."""
    if is_common(word):
        return f"{NAME}{_WORD}{narrow(word)}"
    return NAME + skeleton(word)


def is_common(word: str) -> bool:
    """Whether a folded word is a common English one, which is a name with a capital at most."""
    return word.isascii() and word in _words()


def is_cased(key: str) -> bool:
    """Whether a key leads from common words, so that capitals decide."""
    return key.startswith(_WORD, len(NAME))


def spelled_key(spelling: str) -> str | None:
    """Return the key of the common words that spell a name so; None if there are none."""
    kept = narrow(spelling)
    return f"{NAME}{_WORD}{kept}" if kept in _narrow_words() else None


@cache
def _words() -> frozenset[str]:
    source = files("bot.match").joinpath("data/english_words.txt").read_text("utf-8")
    return frozenset(line for line in source.split("\n") if line and line[0] != "#")


@cache
def _narrow_words() -> frozenset[str]:
    return frozenset(map(narrow, _words()))
