"""Names no gazetteer has: what in a text makes an unknown capitalised word a place all the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.match.places.cues import NEVER_ALONE, PLACE_LIKE, Cue
from bot.match.places.marks import COMMON_EN, COMMON_RU, COMMON_UK, FIRST_NAME, PERSON
from bot.match.places.tokens import Part, Token

SENTENCE_END = re.compile(r"[.!?…:\n•●▪️➡️❗️‼️⚡️🔴|]|^$")
_SHORTEST = 4
_STEM = 3  # letters an inflected name may differ in at its end
_FIRST_CYRILLIC = "\u0400"
_COMMON = COMMON_EN | COMMON_RU | COMMON_UK

# Bodies of the sky and what flies there: places of a text that lie nowhere on a map.
HEAVENS = frozenset(
    """луна луны луне луну луной луною марс марса марсу марсом марсе юпитер юпитера юпитеру юпитере
сатурн сатурна сатурне венера венеры венере венеру меркурий меркурия меркурии нептун нептуна
плутон плутона земля земли земле землю землей солнце солнца солнцу солнцем мкс iss місяць місяця
місяці місяцю марсі юпітер юпітера юпітері сатурні землі землею сонце сонця сонцю
сонцем меркурія""".split()  # noqa: SIM905 a table
)
_JOINS = frozenset({" ", " «", ' "', "\u00a0", " “", " „"})
# Halves of the world, when written large within a sentence: places that lie nowhere.
COMPASS = frozenset(
    """запад запада западу западе западом восток востока востоку востоке востоком
    север севера северу севере севером юг юга югу юге югом захід заходу заході заходом
    схід сходу сході сходом північ півночі північчю південь півдня півдні
    півднем""".split()  # noqa: SIM905 a table
)
_DOTTED = frozenset({". ", ".", ".\u00a0"})
_SHORTENED = frozenset(
    """г гор пгт с д дер пос п ст м смт сел нп н х хут ул вул просп пр пл пер пров бул р оз о им ім
    мкр обл б""".split()  # noqa: SIM905 a table
)
# Prepositions that hardly ever stand before a person, as "with", "from" and "behind" may.
IN = frozenset(
    """в во на під под поблизу неподалік вблизи близ over in into near
    outside""".split()  # noqa: SIM905 a table
)
_CUES_BEFORE = (
    (Cue.SETTLEMENT, "settlement"),
    (Cue.STREET, "street"),
    (Cue.NATURE, "nature"),
    (Cue.FACILITY, "facility"),
)
_CUES_AFTER = (
    (Cue.DIVISION, "division"),
    (Cue.STREET, "street"),
    (Cue.NATURE, "nature"),
    (Cue.FACILITY, "facility"),
    (Cue.DIRECTION, "direction"),
)
_ADJECTIVE = (
    "ая", "ой", "ом", "ий", "ый", "ую", "кого", "ська", "ої", "ій", "ому", "ка", "ое", "ие", "ые",
    "е", "их", "ых", "ім",
)  # fmt: skip
_ADJECTIVE_ENDS = (
    "ий", "ый", "ая", "ого", "ому", "ым", "им", "ой", "ую", "ое", "ые", "их", "ых", "ої", "ій",
    "ською", "ська", "ську", "ське", "ські", "ний", "на", "ну", "не", "ні", "ною",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Echoes:
    """Beginnings of words that a text somewhere uses as places, and as persons."""

    places: frozenset[str]
    persons: frozenset[str]

    def features(self, token: Token) -> list[Part]:
        """Return what the rest of the text says of a word."""
        if not self.places and not self.persons:
            return []
        stem = stem_of(token.fold)
        found: list[Part] = []
        if stem in self.places:
            found.append(("echo:place",))
        if stem in self.persons:
            found.append(("echo:person",))
        return found


def stem_of(fold: str) -> str:
    """Return the part of a name that stays in every form, roughly."""
    return fold[: max(_SHORTEST, len(fold) - _STEM)]


def echoes(tokens: list[Token], starts: list[int]) -> Echoes:
    """Note which capitalised words a text uses with a place's and with a person's company."""
    places, persons = set(), set()
    for at in starts:
        token = tokens[at]
        if token.shape == "lower" or len(token.fold) < _SHORTEST or not at:
            continue
        before = tokens[at - 1]
        initial = len(before.fold) == 1 and before.shape != "lower" and token.before in _DOTTED
        if not initial and not joined(before, token):
            continue
        if before.shape == "lower" and (before.fold in IN or before.cue & Cue.SETTLEMENT):
            places.add(stem_of(token.fold))
        marks = before.info.marks if before.info else 0
        named = before.shape == "title" and marks & (FIRST_NAME | PERSON)
        titled = before.cue & Cue.ROLE and before.shape == "lower"
        if named or initial or titled:
            persons.add(stem_of(token.fold))
    return Echoes(frozenset(places), frozenset(persons))


def joined(before: Token, token: Token) -> bool:
    """Whether two words belong together: with a space, a quote, or the dot of "с." between them."""
    gap = token.before
    return gap in _JOINS or (gap in _DOTTED and before.fold in _SHORTENED)


def is_adjective(fold: str) -> bool:
    """Whether a word ends like an adjective."""
    return fold.endswith(_ADJECTIVE_ENDS)


def unknown_pattern(tokens: list[Token], at: int, heard: Echoes) -> str:
    """Why an unknown capitalised word may be a place all the same; "" when nothing says so."""
    token = tokens[at]
    if len(token.fold) < _SHORTEST or token.shape not in {"title", "upper"}:
        return ""
    before = tokens[at - 1] if at else None
    if before is not None and joined(before, token):
        for cue, name in _CUES_BEFORE:
            if before.cue & cue:
                return name
    return _by_word_after(tokens, at) or _by_looks(token, before, heard) or _bare(token, before)


def _bare(token: Token, before: Token | None) -> str:
    """Whether a word is written like a name inside a sentence, with nothing else for it."""
    if before is not None and token.shape == "title" and token.fold in COMPASS:
        return "" if SENTENCE_END.search(token.before) else "compass"
    if before is None or token.cue or token.fold in NEVER_ALONE or token.fold[0] < _FIRST_CYRILLIC:
        return ""
    if token.shape == "upper" and before.shape != "lower":
        return ""
    marks = token.info.marks if token.info is not None else 0
    if SENTENCE_END.search(token.before):
        return "" if marks else "bare:start"
    return "bare:marked" if marks else "bare"


def _by_word_after(tokens: list[Token], at: int) -> str:
    token = tokens[at]
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is None or after.before != " ":
        return ""
    is_latin = token.fold[0] < _FIRST_CYRILLIC
    if is_latin and after.shape != "title":
        return ""
    if is_latin or token.fold.endswith(_ADJECTIVE):
        for cue, name in _CUES_AFTER:
            if after.cue & cue:
                return name
    return ""


def _by_looks(token: Token, before: Token | None, heard: Echoes) -> str:
    if token.shape == "upper" or token.cue or token.fold in NEVER_ALONE:
        return ""
    looks = bool(PLACE_LIKE.fullmatch(token.fold))
    marks = token.info.marks if token.info is not None else 0
    if marks & _COMMON and not looks:
        return ""
    marked = bool(marks & ~_COMMON)
    if before is not None and before.cue & Cue.WHERE and joined(before, token):
        kind = "like:where" if looks else "where"
        return f"{kind}:marked" if marked else kind
    if not marks and (looks or stem_of(token.fold) in heard.places):
        return "like" if looks else "echo"
    return ""
