"""Cyrillic names in Latin letters, and Ukrainian ones in Russian, as newspapers and maps write them."""  # noqa: E501 a table row or pattern in one line

from __future__ import annotations

import re

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
    """Return the name by Ukraine's rule of 2010 ("uk") or the usual English one for Russian ("ru")."""  # noqa: E501 a table row or pattern in one line
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
    """Return the Latin spellings in use: endings of adjectives shortened, soft sign kept or dropped."""  # noqa: E501 a table row or pattern in one line
    plain = latin_of(name, language)
    found = {plain}
    for long, short in (("iy", "y"), ("yi", "y"), ("yy", "y"), ("iie", "ie"), ("yye", "y"), ("oye", "oe"),  # noqa: E501 a table row or pattern in one line
                        ("ye", "e"), ("yo", "e"), ("ivka", "yivka"), ("ia", "ya"), ("iu", "yu"), ("yi", "i")):  # fmt: skip  # noqa: E501 a table row or pattern in one line
        if long in plain:
            found.add(plain.replace(long, short))
    return found


_RUSSIAN_WORDS = {"Нова": "Новая", "Нове": "Новое", "Новий": "Новый", "Нові": "Новые", "Стара": "Старая", "Старе": "Старое", "Старий": "Старый",  # noqa: E501 a table row or pattern in one line
                  "Мала": "Малая", "Мале": "Малое", "Малий": "Малый", "Малі": "Малые", "Велика": "Большая", "Велике": "Большое", "Великий": "Большой",  # noqa: E501 a table row or pattern in one line
                  "Великі": "Большие", "Верхня": "Верхняя", "Нижня": "Нижняя", "Перша": "Первая", "Перше": "Первое", "Червоний": "Красный",  # noqa: E501 a table row or pattern in one line
                  "Красна": "Красная", "Червона": "Красная", "Червоне": "Красное", "Зелене": "Зелёное", "Поле": "Поле", "Чиста": "Чистая",  # noqa: E501 a table row or pattern in one line
                  "Біла": "Белая", "Білий": "Белый", "Біле": "Белое", "Вільне": "Вольное", "Зелений": "Зелёный", "Яр": "Яр"}  # fmt: skip  # noqa: E501 a table row or pattern in one line
_RUSSIAN_ENDINGS = (
    ("івка", "овка"), ("ївка", "евка"), ("івці", "овцы"), ("ське", "ское"), ("цьке", "цкое"), ("ська", "ская"), ("ський", "ский"),  # noqa: E501 a table row or pattern in one line
    ("ськ", "ск"), ("цьк", "цк"), ("ове", "ово"), ("еве", "ево"), ("єве", "ево"), ("ине", "ино"), ("їне", "ино"), ("ів", "ов"), ("їв", "ев"),  # noqa: E501 a table row or pattern in one line
    ("ець", "ец"), ("не", "ное"), ("ий", "ый"), ("ки", "ки"), ("ші", "ши"), ("і", "ы"), ("ння", "нье"), ("лля", "лье"), ("ття", "тье"), ("іль", "оль"),  # noqa: E501 a table row or pattern in one line
)  # fmt: skip
_RUSSIAN_LETTERS = str.maketrans(
    {
        "и": "ы",
        "і": "и",
        "ї": "и",
        "є": "е",
        "И": "И",
        "І": "И",
        "Є": "Е",
        "Ї": "И",
        "ґ": "г",
        "'": "ъ",
        "’": "ъ",
        "ʼ": "ъ",
    }
)


def russian_of(name: str) -> str:
    """Return a Ukrainian settlement's usual Russian name, by rule; wrong where the two names differ in the stem."""  # noqa: E501 a table row or pattern in one line
    return " ".join(
        "-".join(_russian_word(part) for part in word.split("-")) for word in name.split(" ")
    )


def _russian_word(word: str) -> str:
    if word in _RUSSIAN_WORDS:
        return _RUSSIAN_WORDS[word]
    for ending, other in _RUSSIAN_ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return _russian_letters(word[: -len(ending)]) + other
    return _russian_letters(word)


def _russian_letters(stem: str) -> str:
    stem = re.sub("^Роз(?=[дтсл])", "Раз", stem)
    stem = re.sub("^(Ново|Старо|Верхньо|Нижньо)", lambda m: m[0].replace("ньо", "не"), stem)
    stem = stem.translate(_RUSSIAN_LETTERS)
    return re.sub("([гкхжшчщ])ы", r"\1и", stem).replace(
        "ъя", "ья" if re.search("[лн]ъя", stem) else "ъя"
    )


_UKRAINIAN_LETTERS = str.maketrans({"ы": "и", "э": "е", "Э": "Е", "ъ": "'", "И": "І"})


def ukrainian_of(name: str) -> set[str]:
    """Return how Ukrainian spells a foreign name that Russian spells so: и is і, or и by the rule of nine."""  # noqa: E501 a sentence
    text = re.sub("(?<=[аеёиоуыэюя])и", "ї", name).replace("ё", "ьо")
    loose = text.replace("и", "і").translate(_UKRAINIAN_LETTERS)
    ruled = re.sub("(?<=[дтзсцжшчрДТЗСЦЖШЧР])и(?=[бвгджзклмнпрстфхцчшщ])", "ы", text)
    return {loose, ruled.replace("и", "і").translate(_UKRAINIAN_LETTERS)} - {name}
