"""Given names that go by another name across the border: Володимир, Владимир; Сергій, Сергей.

Papers translate them where they only spell surnames, so no table of letters leads from one to the
other. Each line is one name: Ukrainian, Russian, and a Latin writing that no table gives.
"""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
андрій андрей
антін антон
василь василий
володимир владимир
ганна анна
гліб глеб
данило даниил
дарина дарья
дмитро дмитрий
євген евгений
катерина екатерина
кирило кирилл
костянтин константин
матвій матвей
микита никита
микола николай
михайло михаил
надія надежда
наталія наталья
олександр александр alexander
олександра александра alexandra
олексій алексей
олена елена
павло павел
петро петр
пилип филипп
світлана светлана
сергій сергей
софія софья sofia
тетяна татьяна
тимофій тимофей
федір федор
"""
_OTHERS: Final = {
    name: frozenset(names) - {name}
    for names in map(str.split, _NAMES.strip().splitlines())
    for name in names
}


def counterparts(name: str) -> frozenset[str]:
    """Return the names, in lower case, that a given name goes by in other languages."""
    return _OTHERS.get(name, frozenset())
