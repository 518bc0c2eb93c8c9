"""Which language a text is in: uk, ru, en, or not known. Cheap, by letters and small words."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r"\w+")
_SAMPLE: Final = 2_000  # code points looked at
_UK_WORDS: Final = "та що це як але від про вже або під час було ще його її які щодо й є"
_RU_WORDS: Final = "и что это как но от уже или под был было еще его ее которые с же"
_EN_WORDS: Final = "the of and to in is on for that with was are has by at from"
_UK: Final = frozenset(_UK_WORDS.split())
_RU: Final = frozenset(_RU_WORDS.split())
_EN: Final = frozenset(_EN_WORDS.split())


def language(text: str) -> str | None:
    """`uk`, `ru`, `en`, or None when the text does not say."""
    sample = text[:_SAMPLE].lower()
    cyrillic = sum(map(sample.count, "оаеинтврслк"))
    latin = sum(map(sample.count, "etaoinshrdl"))
    if latin > 2 * cyrillic:
        # Other languages in Latin letters are not ours: ask for an English small word.
        words = _WORDS.findall(sample)
        return "en" if any(word in _EN for word in words) else None
    ukrainian = sum(map(sample.count, "іїєґ"))
    russian = sum(map(sample.count, "ыэъё"))
    if ukrainian == russian:
        words = _WORDS.findall(sample)
        ukrainian = sum(word in _UK for word in words)
        russian = sum(word in _RU for word in words)
    if ukrainian == russian:
        return None
    return "uk" if ukrainian > russian else "ru"
