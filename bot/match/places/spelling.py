"""Words of a text with their offsets, and the folding under which spellings are one name.

Folded: lower case, no stress or other combining marks, no apostrophes, no soft hyphens or
zero-width characters, ё as е, ґ as г, Latin look-alikes in a Cyrillic word as Cyrillic and
the other way round. Offsets are always those of the original text, in code points.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

APOSTROPHES = "'’ʼ`´‘ʹ′"
_GLUE = f"{APOSTROPHES}\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufe0f"
WORD = re.compile(rf"[^\W\d_]+(?:[{_GLUE}]+[^\W\d_]+|[\u0300-\u036f]+)*")

_DROPPED = re.compile(rf"[{_GLUE}\ufeff]")
_PLAIN = re.compile(r"[a-z]+|[а-яіїє]+")
_SAME = str.maketrans("ёґў", "ег" + "у")
# Letters that look alike in the two scripts, as pairs Latin, Cyrillic (lower case).
_ALIKE = (("a", "а"), ("c", "с"), ("e", "е"), ("i", "і"), ("o", "о"), ("p", "р"), ("x", "х"),
          ("y", "у"), ("k", "к"), ("m", "м"), ("t", "т"), ("h", "н"), ("b", "в"), ("ï", "ї"))  # fmt: skip  # noqa: E501 a table row or pattern in one line
_TO_CYRILLIC = str.maketrans(dict(_ALIKE))
_TO_LATIN = str.maketrans({cyrillic: latin for latin, cyrillic in _ALIKE})
_LATIN = re.compile(r"[a-zà-ɏ]")
_CYRILLIC = re.compile(r"[а-яёієїґўј]")
_SPECIAL = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe",
                          "ð": "d", "þ": "th", "ə": "a"})  # fmt: skip


@lru_cache(maxsize=1 << 15)
def folded(word: str) -> str:
    """Return the form under which a word is looked up; "" when nothing of it is a letter."""
    text = word.lower()
    if _PLAIN.fullmatch(text):
        return text
    return _folded_slowly(text)


def _folded_slowly(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    if _LATIN.match(text) and len(text) > 3 and text[-1] == "s" and text[-2] in APOSTROPHES:  # noqa: PLR2004 a threshold used once
        text = text[:-2]
    text = text.translate(_SAME).translate(_SPECIAL)
    text = _DROPPED.sub("", _unmarked(text))
    latin, cyrillic = len(_LATIN.findall(text)), len(_CYRILLIC.findall(text))
    if latin and cyrillic:
        text = text.translate(_TO_CYRILLIC if cyrillic >= latin else _TO_LATIN)
    return text


def _unmarked(text: str) -> str:
    """Without combining marks, but й and ї stay the letters they are."""
    kept = []
    for char in text:
        if char in "йї":
            kept.append(char)
            continue
        kept.append(
            "".join(c for c in unicodedata.normalize("NFD", char) if not unicodedata.combining(c))
        )
    return "".join(kept)


def name_words(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, in order: "Ростов-на-Дону" gives three."""
    return tuple(word for word in map(folded, WORD.findall(name)) if word)


def spoken_in(name: str) -> str:
    """Return the language a name looks to be in."""
    if re.search("[іїєґІЇЄҐ]", name):
        return "uk"
    return "ru" if re.search("[А-Яа-я]", name) else "en"
