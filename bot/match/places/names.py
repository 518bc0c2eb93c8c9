"""All forms a name takes in a text: own endings joined with the dictionary's, at build time only.

The rules answer too many forms rather than too few: a form nobody writes costs some bytes, a
missing one costs an alert. pymorphy3 is called here and nowhere else in the package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pymorphy3

_HUSH = "гкхжшщч"
_VOWELS = "аеиоуыэюяіїє"
_RU_ONLY, _UK_ONLY = re.compile("[ыэъ]"), re.compile("[іїє]")

# Endings cut from the dictionary form → endings put in its place; the first fitting row counts,
# rows of one ending are joined. {и} is и after гкхжшщч, else ы.
_RU_RULES: tuple[tuple[str, str], ...] = (
    ("ский", "ского скому ским ском ская ской скую скою ское ские ских скими"),
    ("цкий", "цкого цкому цким цком цкая цкой цкую цкою цкое цкие цких цкими"),
    ("ый", "ого ому ым ом ая ой ую ое ые ых ыми"),
    ("ий", "его ему им ем ого ому ом ия ию ии"),
    ("ой", "ого ому ым им ом ая ую"),
    ("ая", "ой ую ою"),
    ("яя", "ей юю ею"),
    ("ое", "ого ому ым им ом"),
    ("ее", "его ему им ем"),
    ("ые", "ых ым ыми"),
    ("ие", "их им ими ия ию ием ии"),
    ("ия", "ии ию ией"),
    ("ея", "еи ее ею еей"),
    ("ья", "ьи ье ью ьей ий"),
    ("ье", "ья ью ьем ьи"),
    ("ца", "цы це цу цей цам цами цах ц"),
    ("а", "{и} е у ой ою ам ами ах ей"),
    ("я", "и е ю ей ею ям ями ях ь"),
    ("ово", "ова ову овом ове овым"),
    ("ево", "ева еву евом еве евым"),
    ("ино", "ина ину ином ине иным"),
    ("ыно", "ына ыну ыном ыне"),
    ("о", "а у ом е"),
    ("ки", "ок кам ками ках ков к"),
    ("цы", "цев цам цами цах ец цов"),
    ("ы", "ам ами ах ов  "),
    ("и", "ам ами ах ов ей ям ями ях ев ь ек ок  "),
    ("е", "я ю ем и а у"),
    ("ец", "ца цу цом це цем ецом ецу"),
    ("ок", "ка ку ком ке ока оку оке"),
    ("ек", "ка ку ком ке ька ьку ьком ьке ека еку еке"),
    ("ей", "ея ею еем ее ья ью ьем ье"),
    ("ай", "ая аю аем ае"),
    ("й", "я ю ем е"),
    ("ь", "я ю ем е и ью ём"),
    ("ов", "ова ову овом ове овым"),
    ("ев", "ева еву евом еве евым"),
    ("ин", "ина ину ином ине иным"),
    ("", "а у ом е ем ы и"),
)
_UK_RULES: tuple[tuple[str, str], ...] = (
    ("ський", "ського ському ським ськім ська ської ській ську ською ське ські ських ськими"),
    ("цький", "цького цькому цьким цькім цька цької цькій цьку цькою цьке цькі цьких цькими"),
    ("зький", "зького зькому зьким зькім зька зької зькій зьку зькою зьке зькі зьких зькими"),
    ("ий", "ого ому им ім а ої ій у ою е і их ими"),
    ("ій", "ього ьому ім єго єму єм ія ію ії я ю єм ї"),
    ("ька", "ьки ьці ьку ькою ької ькій ьок ькам ьками ьках"),
    ("ка", "ки ці ку кою ок кам ками ках ко кої кій"),
    ("ха", "хи сі ху хою х хам"),
    ("га", "ги зі гу гою г гам"),
    ("ія", "ії ію ією"),
    ("я", "і ю ею єю ї ь ям ями ях"),
    ("ова", "ови ові ову овою ової овій"),
    ("ева", "еви еві еву евою евої евій"),
    ("на", "ни ні ну ною ної ній н"),
    ("а", "и і у ою ої ій ам ами ах ею ів"),
    ("ськ", "ська ську ськом ську ськові ському"),
    ("цьк", "цька цьку цьком цькові цькому"),
    ("ове", "ового овому овим овім ова ову овом ові"),
    ("еве", "евого евому евим евім ева еву евом еві"),
    ("єве", "євого євому євим євім єва єву євом єві"),
    ("ине", "иного иному иним инім ина ину ином ині"),
    ("їне", "їного їному їним їнім їна їну їном"),
    ("е", "ого ому им ім а у ем і я ю ям"),
    ("є", "я ю єм ї ього ьому"),
    ("о", "а у ом і ові"),
    ("ки", "ок ків кам ками ках ек"),
    ("ці", "ців цям цями цях ець"),
    ("и", "ів ам ами ах ей   ок"),
    ("і", "ів ам ами ах ь ей ям ями ях їв их им ими"),
    ("ї", "їв ям ями ях й"),
    ("ець", "ця цю цем ці цеві"),
    ("єць", "йця йцю йцем йці"),
    ("ень", "ня ню нем ні еня еню"),
    ("ок", "ка ку ком кові"),
    ("ів", "ового овому овим ова ову овом ові овом єва єву євом єві ева еву евом еві ева ів'я"),
    ("їв", "єва єву євом єві"),
    ("іль", "оля олю олем олі еля елю елем елі"),
    ("іг", "ога огу огом озі огові"),
    ("ід", "оду оді одом ода"),
    ("ай", "аю аєм аї ая"),
    ("й", "я ю єм ї"),
    ("ь", "я ю ем і у і"),
    ("", "а у ом і ові ем"),
)


@dataclass(slots=True)
class Words:
    """The dictionaries, opened once; `lexemes` maps a word to every form of every reading."""

    ru: Any = field(default_factory=lambda: pymorphy3.MorphAnalyzer(lang="ru"))
    uk: Any = field(default_factory=lambda: pymorphy3.MorphAnalyzer(lang="uk"))

    def of(self, language: str) -> Any:
        """Return the analyser of a language."""
        return self.uk if language == "uk" else self.ru


@lru_cache(maxsize=1)
def words() -> Words:
    """Return the analysers; opening them takes a second."""
    return Words()


def word_forms(word: str, language: str) -> frozenset[str]:
    """Return the forms of one folded word, itself included; Latin words have one."""
    if not re.match("[а-яіїє]", word):
        return frozenset({word})
    found = {word, *_by_rules(word, language)}
    if known(word, language):
        found |= _by_dictionary(word, language)
    return frozenset(form for form in found if len(form) > 1 or form == word)


def known(word: str, language: str) -> bool:
    """Whether the dictionary has the word (pymorphy3 otherwise guesses)."""
    return bool(words().of(language).word_is_known(word))


@lru_cache(maxsize=1 << 15)
def tags(word: str, language: str) -> tuple[tuple[str, str, float], ...]:
    """Return readings of a known word as (tag, dictionary form, score); empty when unknown."""
    if not known(word, language):
        return ()
    return tuple((str(p.tag), p.normal_form, p.score) for p in words().of(language).parse(word))


def _by_rules(word: str, language: str) -> set[str]:
    rules = _UK_RULES if language == "uk" else _RU_RULES
    for ending, others in rules:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: len(word) - len(ending)] if ending else word
            if not ending and word[-1] in _VOWELS:
                return set()
            yery = "и" if stem[-1] in _HUSH else "ы"
            return {stem + other.replace("{и}", yery) for other in others.split(" ")}
    return set()


def _by_dictionary(word: str, language: str) -> set[str]:
    found = set()
    for parse in words().of(language).parse(word):
        if not parse.is_known or parse.tag.POS not in {"NOUN", "ADJF", "ADJS"}:
            continue
        if "nomn" not in parse.tag and "Fixd" not in parse.tag:
            continue
        for form in parse.lexeme:
            if form.tag.POS in {"NOUN", "ADJF"}:
                found.add(
                    re.sub("[ёґ]", lambda m: {"ё": "е", "ґ": "г"}[m[0]], form.word.replace("'", ""))
                )
    return found


def adjectives(word: str, language: str) -> frozenset[str]:
    """Adjectives in -ский made of a settlement's folded name, in the dictionary form."""
    if not re.match("[а-яіїє]", word) or len(word) < 4:  # noqa: PLR2004 a threshold used once
        return frozenset()
    made = _uk_adjectives(word) if language == "uk" else _ru_adjectives(word)
    return frozenset(made)


def _ru_adjectives(word: str) -> set[str]:  # noqa: C901 one table of cases
    if word.endswith(("ский", "цкий", "ская", "ское", "ской", "ские")):
        return {word[:-2] + "ий"}
    if word.endswith(("ная", "ное")):
        return {word[:-3] + "ский"}  # Кременная: Кременское направление
    if re.search("[ыио]й$|[ая]я$|[оеы]е$", word):
        return set()
    made = set()
    stem = re.sub("[аоеияыьй]$", "", word)
    if word.endswith(("ск", "цк")):
        return {word + "ий"}
    if word.endswith("ка"):
        made |= {word[:-2] + "ский", word[:-2] + "кский"}
        if word.endswith(("вка", "нка")):
            made.add(word[:-1] + "овский")
    if word.endswith("ки"):
        made |= {word[:-2] + "ский", word[:-2] + "ковский"}
    if word.endswith("ец"):
        made |= {word[:-2] + "ецкий"}
    if word.endswith("ь"):
        made.add(word + "ский")
    if word.endswith("я"):
        made |= {stem + "йский", stem + "ьский", stem + "инский"}
    soft = "ь" if stem.endswith("л") else ""
    made |= {stem + soft + "ский", stem + "овский", stem + "инский", stem + "анский"}
    if word.endswith(("ово", "ево", "ино")):
        made = {word[:-1] + "ский"}
    return made


def _uk_adjectives(word: str) -> set[str]:
    if word.endswith(("ський", "цький", "зький", "ська", "ське", "ські")):
        return {re.sub("(ий|а|е|і)$", "ий", word)}
    made = {word[:-2] + "ський"} if word.endswith("нна") else set()  # Кремінна: Кремінський
    stem = re.sub("[аоеєияьйіїю]$", "", word)
    if word.endswith(("ськ", "цьк")):
        return {word + "ий"}
    if word.endswith("ка"):
        made |= {word[:-2] + "ський", word[:-2] + "цький", word[:-1] + "івський"}
    if word.endswith("ів"):
        made |= {word + "ський", word[:-2] + "овський"}
    if word.endswith(("ець", "єць")):
        made.add(word[:-1] + "цький")
    if word.endswith(("ха", "х")):
        made.add(stem[:-1] + "ський")
    if word.endswith(("га", "ж", "жжя", "зьк", "г")):
        made |= {re.sub("(г|жж|ж)$", "", stem) + "зький", re.sub("(г|жж|ж)$", "", stem) + "ізький"}
    if re.search("ч[ея]?$|чі$|к$|ки$", word):
        made.add(stem[:-1] + "цький")
    soft = "ь" if stem.endswith("л") else ""
    if word.endswith(("ове", "еве", "єве")):
        return {word[:-3] + "івський", word[:-1] + "ський", word[:-3] + "ївський"}
    made |= {
        stem + soft + "ський",
        stem + "івський",
        stem + "инський",
        stem + "анський",
        stem + "янський",
    }
    return made
