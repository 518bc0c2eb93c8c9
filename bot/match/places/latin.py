"""Cyrillic names in Latin letters, the way newspapers and maps write them."""

from __future__ import annotations

_SHARED = {"а": "a", "б": "b", "в": "v", "д": "d", "ж": "zh", "з": "z", "к": "k", "л": "l",
           "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
           "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ъ": "",
           "'": "", "’": "", "ʼ": "", "ё": "yo", "э": "e", "ы": "y", "ґ": "g", "і": "i",
           "ї": "yi", "є": "ye", "й": "y", "ю": "yu", "я": "ya"}  # fmt: skip
_RU = _SHARED | {"г": "g", "и": "i", "е": "e"}
_UK = _SHARED | {"г": "h", "и": "y", "е": "e"}
_LATER_UK = {"ї": "i", "є": "ie", "й": "i", "ю": "iu", "я": "ia"}  # inside a word, by the 2010 rule
_VOWELS = "аеёиоуыэюяіїєьъ'’ʼ"


def latin_of(name: str, language: str) -> str:
    """The name by Ukraine's rule of 2010 ("uk") or the usual English one for Russian ("ru")."""
    table = _UK if language == "uk" else _RU
    out: list[str] = []
    before = ""
    for char in name:
        low = char.lower()
        letter = table.get(low, char)
        inside = before.isalpha() or before in "'’ʼ"
        if language == "uk" and before and inside and low in _LATER_UK:
            letter = _LATER_UK[low]
        elif language == "uk" and low == "г" and before.lower() == "з":
            letter = "gh"
        elif (
            language != "uk"
            and low == "е"
            and (not inside or not before or before.lower() in _VOWELS)
        ):
            letter = "ye"
        out.append(letter.capitalize() if char != low else letter)
        before = char
    return "".join(out)


def latin_variants(name: str, language: str) -> set[str]:
    """The Latin spellings in use: endings of adjectives shortened, soft sign kept or dropped."""
    plain = latin_of(name, language)
    found = {plain}
    for long, short in (("iy", "y"), ("yi", "y"), ("yy", "y"), ("iie", "ie"), ("yye", "y"), ("oye", "oe"),
                        ("ye", "e"), ("yo", "e"), ("ivka", "yivka"), ("ia", "ya"), ("iu", "yu"), ("yi", "i")):  # fmt: skip
        if long in plain:
            found.add(plain.replace(long, short))
    return found
