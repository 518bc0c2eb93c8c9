"""Trees to plans: every word of a query expanded to the forms a post may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from bot.match.errors import QueryError, Reason
from bot.match.morphology import folded_word, form_codes, forms
from bot.match.nodes import (
    And,
    Everything,
    FieldIs,
    Mention,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    PlaceIs,
    PlaceNear,
    Prefix,
    Regex,
    Sureness,
    Word,
    printed,
    unstruck,
)
from bot.match.patterns import pattern
from bot.match.plan import All, Close, Either, Kind, Plan, Sequence, Term, Terms, Without
from bot.match.query import PlaceResolver, Query
from bot.match.translit import (
    designation_leads,
    designation_spellings,
    designation_tails,
    keys_of_name,
)
from bot.text import words_of

SURENESS: Final = {Sureness.WIDE: 0.2, Sureness.NORMAL: 0.5, Sureness.STRICT: 0.8}
# Letters and a number, folded and joined: ка52, т90м, f16, шахед136, искандерм would be a word.
_DESIGNATION: Final = re.compile(r"([^\W\d_]{1,20}?)(\d{1,4}[^\W\d_]{0,3}\d{0,2})")
# Leads of designations that are words or units: «ми 8 днів чекали» names no helicopter.
_SMALL_WORDS_TEXT: Final = """
ми мы ви вы ти ты ту та то те на до по за не ні ни це но же бо від от при про для під над без як у
в кв км см мм кг кб мб тис грн год рік вул буд стр ст ул ім им no of to in on at by it
"""
_SMALL_WORDS: Final = frozenset(_SMALL_WORDS_TEXT.split())
# 47-ма and 47-ї are 47; so a phrase with a number finds the ordinal too.
_ORDINAL_ENDINGS_TEXT: Final = """
а я у ю й ї е є і о х м ма ша та тя ту му шу тю ой ою ої ий ый ій их ых им ым ими ыми го ого его
ього ому ему ьому ми те ме ше ья ье ьи ьей ьего ьему ьих ая ое ые ти st nd rd th
"""
_ORDINAL_ENDINGS: Final = frozenset({"", *_ORDINAL_ENDINGS_TEXT.split()})
_NUMBER: Final = re.compile(r"(\d{1,4})([^\W\d]{0,4})").fullmatch
_MEASURE: Final = re.compile(r"(\d+)([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Compiler:
    """Makes plans of trees; `struck` are folded forms not wanted of any word."""

    terms: Terms
    resolver: PlaceResolver | None = None
    struck: frozenset[str] = frozenset()

    def plan(self, query: Query) -> Plan:
        """Return the plan of a query; raises QueryError for places that cannot be resolved."""
        return self.terms.united(self._plan(query.root, query))

    def _plan(self, node: Node, query: Query) -> Plan:  # noqa: C901, PLR0911 - one line a kind
        match node:
            case Word(text, mode):
                return self.word(text, mode)
            case Prefix(text):
                folded = "".join(words_of(text).words)
                return self.terms.term(Kind.PREFIX, frozenset({folded}))
            case Everything():
                return All(())
            case Mention(name):
                return self._fact(f"@{name}")
            case Phrase(words, mode):
                return self._phrase(words, mode)
            case Regex(source):
                keys = pattern(source).literals
                return self.terms.term(Kind.REGEX, keys, source=source)
            case FieldIs(name, value):
                return self._fact(f"{name}:{value}")
            case PlaceIs() | PlaceNear():
                return self._place(node, query)
            case Near(left, right, distance):
                return Close(self._plan(left, query), self._plan(right, query), distance)
            case Not(item):
                return Without(self._plan(item, query))
            case And(items):
                return All(tuple(self._plan(item, query) for item in items))
            case Or(items):
                return Either(tuple(self._plan(item, query) for item in items))

    def _fact(self, key: str) -> Term:
        return self.terms.term(Kind.FACT, frozenset({key}))

    def word(self, text: str, mode: Mode = Mode.FORMS) -> Plan:
        """Return a word as typed: one term, or one of the ways a joined writing may be written."""
        if mode is Mode.FORMS and not self.struck and text.isalpha():
            return self.terms.expanded(form_codes(text))  # neither a number nor joined
        text, struck = unstruck(text)
        if struck:
            return replace(self, struck=self.struck | struck).word(text, mode)
        if mode is Mode.NAME:
            return self.terms.term(Kind.NAME, keys_of_name(text))
        parts = words_of(text).words if not text.isalpha() else [folded_word(text)]
        whole = "".join(parts)
        is_exact = mode is Mode.EXACT
        if is_exact:
            found = frozenset({whole})
        elif len(parts) == 1:
            found = forms(text)
        else:
            lead, last = "".join(parts[:-1]), parts[-1]
            is_word = last.isalpha() and min(map(len, parts)) > 1
            ends = forms(last) if is_word else {last}
            found = frozenset(lead + end for end in ends)
        if not is_exact:
            found |= _ordinals(whole)
        if not is_exact and (designation := _designation(parts)):
            found |= designation_spellings(*designation)
        ways: list[Plan] = [self._words(frozenset(found), whole)]
        ways += self._sequences(text, parts, is_exact=is_exact)
        return ways[0] if len(ways) == 1 else Either(tuple(ways))

    def _sequences(self, text: str, parts: list[str], *, is_exact: bool) -> Iterator[Sequence]:
        """FPV-дрон may be two words, 100км may be 100 км, т.зв. т. зв.; Т 90М is not Т-90М."""
        whole = "".join(parts)
        if len(parts) == 1 and (measure := _MEASURE.fullmatch(whole)):
            yield Sequence(tuple(self._words(frozenset({p}), p) for p in measure.groups()))
        elif len(parts) > 1 and all(part.isalpha() for part in parts):
            if min(map(len, parts)) > 1 or "." in text:
                found = [frozenset({p}) if is_exact or "." in text else forms(p) for p in parts]
                yield Sequence(
                    tuple(self._words(keys, p) for keys, p in zip(found, parts, strict=True))
                )
        elif not is_exact and (designation := _designation(parts)):
            lead, number = designation
            if len(lead) > 1 and lead not in _SMALL_WORDS:
                both = (designation_leads(lead) - _SMALL_WORDS, designation_tails(number))
                yield Sequence(
                    tuple(self._words(k, p) for k, p in zip(both, (lead, number), strict=True))
                )

    def _words(self, keys: frozenset[str], typed: str) -> Term:
        return self.terms.term(Kind.WORD, (keys - self.struck) or frozenset({typed}))

    def _phrase(self, words: tuple[str, ...], mode: Mode) -> Plan:
        parts = tuple(self.word(word, mode) for word in words)
        if len(parts) == 1:
            return parts[0]
        whole = Sequence(parts)
        if mode is not Mode.NAME and len(words) == 2 and words[0].isdigit() and words[1].isalpha():  # noqa: PLR2004 - number, unit
            unit = unstruck(words[1])[0]
            keys = {unit} if mode is Mode.EXACT else forms(unit)
            joined = frozenset(words[0] + "".join(words_of(key).words) for key in keys)
            return Either((whole, self.terms.term(Kind.WORD, joined)))
        return whole

    def _place(self, node: PlaceIs | PlaceNear, query: Query) -> Term:
        at = query.position(node)
        if self.resolver is None:
            raise QueryError(Reason.NO_PLACES, at, example="Суджа")
        try:
            if isinstance(node, PlaceIs):
                ids = self.resolver.place_ids(node.name)
            else:
                ids = self.resolver.near_ids(node.centre, node.radius_km)
        except LookupError as error:
            meant = [str(name) for name in error.args[:3]]
            name = node.name if isinstance(node, PlaceIs) else node.centre
            raise QueryError(
                Reason.UNKNOWN_PLACE,
                at,
                detail=name,
                hint=", ".join(meant),
                example=printed(PlaceIs(meant[0] if meant else "Суджа")),
            ) from None
        keys = frozenset(f"place:{place}" for place in ids)
        return self.terms.term(Kind.PLACE, keys, least=SURENESS[node.sureness])


def _designation(parts: list[str]) -> tuple[str, str] | None:
    """Return the letters and the number of a name of arms: Т-90М, с300, Герань-2, Іскандер-М."""
    if match := _DESIGNATION.fullmatch("".join(parts)):
        return match[1], match[2]
    is_lettered = len(parts) == 2 and len(parts[0]) > 3 and len(parts[1]) == 1  # noqa: PLR2004 - a word and a letter
    return (parts[0], parts[1]) if is_lettered else None


def _ordinals(whole: str) -> frozenset[str]:
    """Return a number as an ordinal in all its endings; nothing for 100км."""
    match = _NUMBER(whole)
    if match is None or match[2] not in _ORDINAL_ENDINGS:
        return frozenset()
    return frozenset(match[1] + ending for ending in _ORDINAL_ENDINGS)
