"""Facts → artefact: every name in every form, as sequences of word ids in tries.

A word form leads to the ids of the base words it may be a form of; a name is a sequence of base
word ids, one character each; a sequence leads to places. Same facts, same bytes.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import marisa_trie

from bot.match.places.artefact import (
    ADJECTIVE,
    ALIAS,
    MANY,
    NONE,
    VERSION,
    key_char,
    write_artefact,
)
from bot.match.places.facts import LANGUAGES, Fact
from bot.match.places.kinds import KINDS, Kind
from bot.match.places.latin import latin_variants, ukrainian_of
from bot.match.places.names import adjectives, word_forms
from bot.match.places.spelling import folded, name_words
from bot.match.places.ukrainian import ukrainian_spellings
from bot.match.places.wordmarks import marks_of, person_names
from storage.failures import BadInput

ADJECTIVES_FROM = 3000  # inhabitants: smaller places give no adjective of their own
LANDS_FROM = 8000  # inhabitants: the country around smaller towns has no name of its own
HEARD_FROM = (
    1000  # inhabitants in Russia and Belarus: smaller places that no reporting names keep one
)
SPELLED_FROM = 20_000  # inhabitants abroad: smaller towns keep the Ukrainian spelling of the source
HOME = frozenset({"UA", "RU", "BY"})

Progress = Callable[[str, int, int], None]  # stage, done, of


class FactsContradict(BadInput, ValueError):
    """Facts that cannot stand together: two places with one id, a circle of parents."""


def build(
    facts: Iterable[Fact], path: Path, sources: Sequence[str], progress: Progress | None = None
) -> dict[str, int]:
    """Write the artefact of these facts and return its counts.

    `sources` are named in the file. FactsContradict is raised before anything is written.
    """
    tell = progress or (lambda _stage, _done, _of: None)
    places = checked(facts)
    names = _Names()
    for number, fact in enumerate(places):
        names.add_place(number, fact)
        if number % 2000 == 0:
            tell("names", number, len(places))
    names.add_lexicon()
    sections = names.sections(tell) | _columns(places)
    counts = {
        "places": len(places),
        "names": len(names.postings),
        "words": len(names.base_ids),
        "forms": len(names.forms),
    }
    write_artefact(path, {"counts": counts, "sources": list(sources), "version": VERSION}, sections)
    tell("written", len(places), len(places))
    return counts


def checked(facts: Iterable[Fact]) -> list[Fact]:
    """Facts from north to south, as they are numbered; FactsContradict when they cannot stand."""
    by_id: dict[str, Fact] = {}
    for fact in facts:
        if not (-90 <= fact.lat <= 90 and -180 <= fact.lon <= 180):  # noqa: PLR2004  # the globe
            raise FactsContradict(f"{_said(fact)} lies at {fact.lat}, {fact.lon}: not on the globe")
        for place_id in (fact.id, *fact.aliases):
            if place_id in by_id:
                raise FactsContradict(
                    f"two places have the id {place_id}: {_said(by_id[place_id])} and {_said(fact)}"
                )
            by_id[place_id] = fact
    for fact in by_id.values():
        seen = {fact.id}
        above = by_id.get(fact.parent)
        while above is not None:
            if above.id in seen:
                raise FactsContradict(
                    f"the hierarchy runs in a circle at {_said(above)} ({above.id})"
                )
            seen.add(above.id)
            above = by_id.get(above.parent)
    return sorted(
        {fact.id: fact for fact in by_id.values()}.values(),
        key=lambda fact: (fact.lat, fact.lon, fact.id),
    )


def _said(fact: Fact) -> str:
    return fact.names[0][1] if fact.names else fact.id


class _Names:
    """Collects words, their forms and the sequences that name places."""

    def __init__(self) -> None:
        self.base_ids: dict[str, int] = {}
        self.forms: dict[str, set[int]] = defaultdict(set)
        self.expanded: set[tuple[str, str]] = set()
        self.postings: dict[str, dict[int, int]] = defaultdict(dict)
        self.people: set[str] = set()

    def add_place(self, number: int, fact: Fact) -> None:
        for rank, (language, name) in enumerate(_all_names(fact)):
            words = name_words(name)
            if not words or (len(words) == 1 and len(words[0]) < 2):  # noqa: PLR2004 a threshold used once
                continue
            shape = [shared(word) for word in words] if len(words) > 1 else list(words)
            self._post(
                shape,
                language,
                number,
                ALIAS
                if rank >= len(LANGUAGES) and (language, name) not in fact.names[: fact.prime]
                else 0,
            )
            for land in _lands(fact, words, language):
                self._post([land], language, number, ALIAS)
            for adjective in _own_adjectives(fact, words, language):
                self._post([adjective], language, number, ADJECTIVE)

    def add_lexicon(self) -> None:
        """People's names: no places, but the recogniser must know them as neighbours."""
        for form in person_names():
            self.people.add(form)
            self.forms[form]

    def _post(self, words: Sequence[str], language: str, number: int, flags: int) -> None:
        key = "".join(key_char(self._base(word, language)) for word in words)
        before = self.postings[key].get(number)
        self.postings[key][number] = flags if before is None else min(before, flags)

    def _base(self, word: str, language: str) -> int:
        base_id = self.base_ids.setdefault(word, len(self.base_ids))
        for spoken in ("ru", "uk") if not language else (language,):
            if (word, spoken) not in self.expanded:
                self.expanded.add((word, spoken))
                for form in _forms(word, spoken):
                    self.forms[form].add(base_id)
        return base_id

    def sections(self, tell: Progress) -> dict[str, bytes]:
        forms = marisa_trie.Trie(sorted(self.forms), order=marisa_trie.LABEL_ORDER)
        bases, marks, overflow = (
            array("I", bytes(4 * len(forms))),
            bytearray(len(forms)),
            array("I"),
        )
        for number, (form, ids) in enumerate(sorted(self.forms.items())):
            at = forms[form]
            if len(ids) == 1:
                bases[at] = next(iter(ids))
            elif ids:
                bases[at] = MANY | len(overflow)
                overflow.append(len(ids))
                overflow.extend(sorted(ids))
            else:
                bases[at] = NONE
            marks[at] = marks_of(form, is_person=form in self.people)
            if number % 20000 == 0:
                tell("forms", number, len(forms))
        starts = array("B", bytes(len(self.base_ids)))
        for key in self.postings:
            base = ord(key[0])
            starts[base - (0x21 if base < 0xD800 else 0x821)] |= 2 if len(key) > 1 else 1  # noqa: PLR2004 a threshold used once
        sequences = marisa_trie.Trie(sorted(self.postings), order=marisa_trie.LABEL_ORDER)
        ordered = sorted((sequences[key], key) for key in self.postings)
        offsets, posts = array("I", [0]), array("I")
        for _, key in ordered:
            posts.extend(
                number << 2 | flags for number, flags in sorted(self.postings[key].items())
            )
            offsets.append(len(posts))
        return {
            "forms": forms.tobytes(),
            "form_bases": bases.tobytes(),
            "form_marks": bytes(marks),
            "form_overflow": overflow.tobytes(),
            "base_starts": starts.tobytes(),
            "sequences": sequences.tobytes(),
            "sequence_offsets": offsets.tobytes(),
            "postings": posts.tobytes(),
        }


def _forms(word: str, language: str) -> set[str]:
    forms = {folded(form) for form in word_forms(word, language if language != "en" else "ru")}
    if word in _SHORT:
        forms |= _SHORT[word]
    return forms


_SHORT = {
    "область": {"обл"},
    "район": {"р"},
    "oblast": {"oblasts", "oblast"},
    "county": {"co", "counties"},
    "street": {"st"},
    "saint": {"st"},
    "st": {"saint"},
    "fort": {"ft"},
    "mount": {"mt"},
}


def shared(word: str) -> str:
    """Adjectives before a type word in one form, so that all places share their paradigm."""
    word = re.sub("(с|ц)(кая|кое|кой|кие)$", r"\1кий", word)
    return re.sub("(с|ц|з)ь(ка|ке|кі)$", r"\1ький", word)


def _own_adjectives(fact: Fact, words: tuple[str, ...], language: str) -> Iterable[str]:
    if language not in {"ru", "uk"} or fact.country not in HOME:
        return ()
    if len(words) == 2 and fact.kind in {Kind.REGION, Kind.DISTRICT}:  # noqa: PLR2004 a threshold used once
        return (
            (shared(words[0]),) if words[0] != shared(words[0]) or words[0].endswith("ий") else ()
        )
    if (
        len(words) == 1
        and fact.kind is Kind.SETTLEMENT
        and (fact.population >= ADJECTIVES_FROM or fact.noted)
    ):
        return sorted(adjectives(words[0], language))
    return ()


def _lands(fact: Fact, words: tuple[str, ...], language: str) -> Iterable[str]:
    """Return what the country around a town is called: Нікопольщина, Куп'янщина, Бахмутщина."""
    if language not in {"ru", "uk"} or fact.country not in HOME or len(words) != 1:
        return ()
    if fact.kind is not Kind.SETTLEMENT or not (fact.population >= LANDS_FROM or fact.noted):
        return ()
    word = words[0]
    if not re.fullmatch("[а-яіїє]{4,}", word):
        return ()
    stem = re.sub("(?:[сцз]ь?к|[аоеєияьйіїю])$", "", word)
    soft = "ь" if stem.endswith("л") else ""
    return (f"{stem}{soft}щина",) if len(stem) > 2 else ()  # noqa: PLR2004 a threshold used once


def _all_names(fact: Fact) -> list[tuple[str, str]]:
    """Return the fact's names, then Latin spellings of the Cyrillic ones and short forms of regions."""  # noqa: E501 a table row or pattern in one line
    first = [(language, fact.name(language)) for language in LANGUAGES if fact.name(language)]
    found = dict.fromkeys(first + fact.names)
    found.update(dict.fromkeys(("uk", spelling) for spelling in _heard(fact)))
    if fact.country in HOME:
        for language, name in list(found):
            if language in {"ru", "uk"} and fact.kind is Kind.SETTLEMENT:
                found.update(
                    dict.fromkeys(("en", latin) for latin in sorted(latin_variants(name, language)))
                )
    elif fact.kind is not Kind.SETTLEMENT or fact.population >= SPELLED_FROM:
        for name in [name for language, name in found if language == "ru"]:
            found.update(dict.fromkeys(("uk", other) for other in sorted(ukrainian_of(name))))
    for language, name in list(found):
        found.update(dict.fromkeys((language, other) for other in _variants(name, fact)))
    if fact.kind is Kind.DISTRICT:
        return [entry for entry in found if len(name_words(entry[1])) > 1]
    return list(found)


def _heard(fact: Fact) -> list[str]:
    """Return how Ukrainian posts spell the settlements of Russia and Belarus that are spoken of."""
    if fact.kind is not Kind.SETTLEMENT or fact.country not in {"RU", "BY"}:
        return []
    if not fact.noted and fact.population < HEARD_FROM:
        return []
    russian = [name for language, name in fact.names if language == "ru"]
    return sorted({other for name in russian for other in ukrainian_spellings(name)})


_TYPES_EN = re.compile(
    r"(?i)^(.+?)(?:s?k?a?ya|ska)?\s+(oblast['’ʹ]?|raion|rayon|region|krai|kray|district|voblasc['’]?|voblasts)$"
)
_REPUBLIC = re.compile(
    r"^(?:Автономна |Автономная )?[Рр]есп[уу]блик[аи]\s+(\S+)$|^Republic of (\S+)$|^Respublika (\S+)$",  # noqa: E501 a table row or pattern in one line
    re.IGNORECASE,
)


def _variants(name: str, fact: Fact) -> list[str]:
    if fact.kind is Kind.SETTLEMENT or fact.kind is Kind.AREA:
        return []
    found = []
    if match := _REPUBLIC.match(name):
        found.append(next(part for part in match.groups() if part))
    if fact.country in HOME and (match := _TYPES_EN.match(name)):
        kinds = ("oblast", "region") if fact.kind is Kind.REGION else ("raion", "district", "rayon")
        found += [f"{match[1]} {kind}" for kind in kinds]
    return found


def _columns(places: list[Fact]) -> dict[str, bytes]:
    number_of = {
        place_id: number
        for number, fact in enumerate(places)
        for place_id in (fact.id, *fact.aliases)
    }
    shown = sorted({name for fact in places for _, name in fact.names} | {""})
    strings = marisa_trie.Trie(shown)
    ids = marisa_trie.Trie(sorted(number_of))
    id_places = array("I", bytes(4 * len(ids)))
    for place_id, number in number_of.items():
        id_places[ids[place_id]] = number
    countries = sorted({fact.country for fact in places})
    country_code = {code: number for number, code in enumerate(countries)}
    members = array("I")
    for number, fact in enumerate(places):
        known = [number_of[member] for member in fact.members if member in number_of]
        if known:
            members.extend([number, len(known), *known])
    columns = {
        "lat": array("i", (round(fact.lat * 1e5) for fact in places)),
        "lon": array("i", (round(fact.lon * 1e5) for fact in places)),
        "population": array("I", (min(fact.population, NONE) for fact in places)),
        "parent": array("I", (number_of.get(fact.parent, NONE) for fact in places)),
        "kind": array("B", (KINDS.index(fact.kind) for fact in places)),
        "noted": array("B", (fact.noted for fact in places)),
        "country": array("H", (country_code[fact.country] for fact in places)),
        "place_ids": array("I", (ids[fact.id] for fact in places)),
        "id_places": id_places,
        "members": members,
    }
    for language in LANGUAGES:
        columns[f"name_{language}"] = array("I", (strings[fact.name(language)] for fact in places))
    return {name: column.tobytes() for name, column in columns.items()} | {
        "strings": strings.tobytes(),
        "ids": ids.tobytes(),
        "countries": "\n".join(countries).encode(),
    }
