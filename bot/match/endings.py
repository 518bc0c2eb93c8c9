"""Declension by the last letters, for words no dictionary has: каб, ЗРК, Красногорівка, мавік.

Ukrainian and Russian endings together, and what becomes of a stem before them. Some of the forms
do not exist: nobody writes them. Facts of the languages, measured by bench/forms.py.
"""

from __future__ import annotations

import re
from typing import Final

# Surnames decline half like adjectives, those of women after another pattern again.
_POSSESSIVE: Final = "ым ым ою ої ій их им ими ой ою ых ыми"
_SURNAMES: Final = dict.fromkeys(
    ("ов", "ев", "єв", "їв", "ёв", "ин", "ін", "їн", "ын"), _POSSESSIVE
)
_SURNAMES.update(dict.fromkeys(("ова", "ева", "єва", "ина", "іна", "їна", "ына"), "ої ій ою ых их"))
_HARD: Final = "а у ом ові еві і е и ы ів ов ей ам ами ах"
_SOFT: Final = "я ю ем ём єм еві і и е ів ей ям ями ях"
_ADJECTIVE: Final = "ого ому ом ая ую ою ое"
_SUPERLATIVE: Final = "ий ая ее ие его ему им ем ей ую ею их ими"
_ENDINGS: Final = {
    "а": "а и ы і у ю ою ой е о ам ами ах",
    "я": "я і и ю ею ей ою є ї е ям ями ях ій",
    "ь": f"ь {_SOFT}",
    "й": "й я ю єм ем єві ї и є е їв ев ям ями ях",
    "о": "о а у ом ові е і и ів ов ам ами ах",
    "е": "е я а ю у ем єм і и ям ями ях ам ами ах",
}
# Names in the plural: Броварки, Іванківці.
_PLURALS: Final = {
    "и": "и ам ами ах ям ями ях ів ов ей",
    "ы": "ы ам ами ах ов ей",
    "і": "і ам ами ах ям ями ях ів ей",
    "ї": "ї ям ями ях їв",
}
# What the last syllable becomes before an ending: боєць бійця, шматок шматка, жостір жостеру.
_ALTERNATIONS: Final = tuple(
    (re.compile(pattern), stems, endings)
    for pattern, stems, endings in (
        (r"([оеєиії][вн]|[сц]ьк)е$", (r"\1",), "ого ому им ім"),
        (r"ец$", (r"ц",), "а у ом ем е ы ов ев ам ами ах"),
        (r"ець$", (r"ц",), f"{_SOFT} еві"),
        (r"ець$", (r"ч",), "е"),
        (r"([бвгґджзлмнпрстфхцчшщ])к[иіы]$", (r"\1ок", r"\1ек"), "_"),
        (r"(?:ый|ий|ой)$", (r"",), "_ а о ы и ее ей"),
        (r"(.+)(?:ый|ий|ой)$", (r"по\1",), "ее ей"),
        # Adjectives: трюковой трюкового, нужный нужен нужнейший, крепкий крепок.
        (r"([^гкхжчшщ])ой$", (r"\1",), f"{_ADJECTIVE} ым ые ых ыми"),
        (r"([гкхжчшщ])ой$", (r"\1",), f"{_ADJECTIVE} им ие их ими"),
        (r"([^гкхжчшщ])(?:ый|ий|ой)$", (r"\1ейш",), _SUPERLATIVE),
        (r"([бвгджзклмпрстфхчшщ])н(?:ый|ий|ой)$", (r"\1ен",), "_"),
        (r"[йь]н(?:ый|ий|ой)$", (r"ен",), "_"),
        (r"([бвгдзлмнпрст])к(?:ий|ой)$", (r"\1ок",), "_"),
        (r"нн(?:ый|ий)$", (r"н",), "_ а о ы"),
        (r"єць$", (r"йц",), f"{_SOFT} еві"),
        (r"([аеоиуюя])ец$", (r"\1йц",), "а у ом ем е ы ев ам ами ах"),
        (r"ок$", (r"к",), _HARD),
        (r"[её]к$", (r"ьк", r"к"), _HARD),
        (r"ень$", (r"н",), _SOFT),
        (r"([бвгґджзклмнпрстфхцчшщ])(?:ер|ор)$", (r"\1р",), _HARD),
        (r"([бвгґджзклмнпрстфхцчшщ])і([бвгґджзклмнпрстфхчшщ])$", (r"\1о\2", r"\1е\2"), _HARD),
        (r"([бвгґджзклмнпрстфхцчшщ])і([днлст])ь$", (r"\1о\2", r"\1е\2"), f"{_SOFT}"),
        (r"їв$", (r"єв",), _HARD),
        (r"к[ао]$", (r"ц",), "і"),
        (r"г[ао]$", (r"з",), "і"),
        (r"х[ао]$", (r"с",), "і"),
    )
)


def declined(word: str) -> tuple[str, ...]:
    """Return the forms a Cyrillic word in lower case may have by its ending, itself first."""
    stem, endings = word, _HARD
    if word[-1] in _ENDINGS:
        stem, endings = word[:-1], _ENDINGS[word[-1]]
    elif word[-1] == "р":
        endings = f"{_HARD} {_SOFT}"  # книгар, книгаря
    elif word[-1] in _PLURALS:
        stem, endings = word[:-1], _PLURALS[word[-1]]
    elif word[-1] in "уюєэё":
        endings = ""
    for end, more in _SURNAMES.items():
        if word.endswith(end):
            endings = f"{endings} {more}"
    bare = () if word[-1] in "йь" else (stem,)
    found = [word, *bare, *(stem + end for end in endings.split())]
    for ending, stems, more in _ALTERNATIONS:
        if ending.search(word, 1):
            found += [ending.sub(s, word) + end.strip("_") for s in stems for end in more.split()]
    return tuple(dict.fromkeys(found))
