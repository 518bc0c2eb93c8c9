"""The places that are known, opened from an artefact: by id, by name, by region, by distance."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

import marisa_trie

from bot.match.places.artefact import (
    ADJECTIVE,
    ALIAS,
    MANY,
    NONE,
    Artefact,
    ArtefactUnusable,
    key_char,
    open_artefact,
)
from bot.match.places.cells import cells_around
from bot.match.places.coordinates import EARTH_KM, distance_km, point_of
from bot.match.places.facts import LANGUAGES
from bot.match.places.kinds import KINDS, Kind, Place
from bot.match.places.spelling import WORD, folded, spoken_in
from storage.failures import BadInput
from storage.records import PlaceId

DEFAULT_ARTEFACT = "default.places"
NOTED = 1.5  # what being in the hand-kept table of the front adds to importance
RIVALRY = 1.6  # how fast a bearer of a name falls behind with its standing, as in resolving
RIVAL = 0.2  # of the likeliest one's weight: less leaves no doubt
_ID_IN_BRACKETS = re.compile(r"\(([a-z]+:[^\s()]+)\)\s*$")  # "Покровськ (gn:704422)"
_LONGEST_NAME = 7  # words
_KIND_WEIGHT = {Kind.COUNTRY: 3.0, Kind.REGION: 0.6, Kind.DISTRICT: -0.8, Kind.AREA: 5.5, Kind.WATER: 4.5,  # noqa: E501 a table row or pattern in one line
                Kind.COMMUNITY: -1.2, Kind.QUARTER: 2.5, Kind.FACILITY: 3.5, Kind.RELIEF: 4.0}  # fmt: skip  # noqa: E501 a table row or pattern in one line


class PlaceUnknown(BadInput, LookupError):
    """No place of that name is known; `suggestions` are names that look alike."""

    def __init__(self, name: str, suggestions: tuple[str, ...]) -> None:
        self.name = name
        self.suggestions = suggestions
        super().__init__(*suggestions)  # the arguments are what queries show a person

    def __str__(self) -> str:
        hint = f"; did you mean {', '.join(self.suggestions)}?" if self.suggestions else ""
        return f"no place called {self.name!r} is known{hint}"


@dataclass(frozen=True, slots=True)
class WordInfo:
    """What the gazetteer knows of one word form: the base words it may be, and its marks."""

    fold: str
    bases: str  # one character each, as in the trie of sequences
    marks: int
    starts_long: bool  # whether a name of several words may begin here
    sequences: tuple[int, ...]  # names of this one word


class Gazetteer:
    """An opened artefact. Nothing in it changes; it may be shared between threads."""

    def __init__(self, artefact: Artefact) -> None:
        self.info = artefact.info
        self._forms = marisa_trie.Trie().frombytes(artefact.section("forms"))
        self._sequences = marisa_trie.Trie().frombytes(artefact.section("sequences"))
        self._strings = marisa_trie.Trie().frombytes(artefact.section("strings"))
        self._ids = marisa_trie.Trie().frombytes(artefact.section("ids"))
        self._bases = artefact.column("form_bases", "I")
        self._marks = artefact.column("form_marks", "B")
        self._overflow = artefact.column("form_overflow", "I")
        self._starts = artefact.column("base_starts", "B")
        self._offsets = artefact.column("sequence_offsets", "I")
        self._postings = artefact.column("postings", "I")
        self._place_ids, self._id_places = (
            artefact.column("place_ids", "I"),
            artefact.column("id_places", "I"),
        )
        self._names = {lang: artefact.column(f"name_{lang}", "I") for lang in LANGUAGES}
        self._members = artefact.column("members", "I")
        self._countries = artefact.section("countries").decode().split("\n")
        self._country = artefact.column("country", "H")
        self.lats, self.lons = artefact.column("lat", "i"), artefact.column("lon", "i")
        self.population = artefact.column("population", "I")
        self.parent = artefact.column("parent", "I")
        self.kinds = artefact.column("kind", "B")
        self._noted = artefact.column("noted", "B")

    @classmethod
    def open(cls, path: Path | None = None) -> Gazetteer:
        """Open a file, or the one that ships with Earshot; ArtefactUnusable says what is wrong."""
        if path is None:
            path = Path(str(resources.files("bot.match.places") / "data" / DEFAULT_ARTEFACT))
        artefact = open_artefact(path)
        try:
            return cls(artefact)
        except (OSError, ValueError) as fault:
            raise ArtefactUnusable(f"{path} is damaged: {fault}") from fault

    def __len__(self) -> int:
        return len(self.lats)

    # Places by number: the order of the artefact, from south to north.

    def number(self, place_id: PlaceId) -> int | None:
        """Return the number of a place by any of its ids."""
        at = self._ids.get(place_id)
        return None if at is None else self._id_places[at]

    def id(self, number: int) -> PlaceId:
        """Return the id of a place by its number."""
        return PlaceId(self._ids.restore_key(self._place_ids[number]))

    def country(self, number: int) -> str:
        """Return the ISO code of the country a place lies in, "" for none."""
        return self._countries[self._country[number]]

    def name(self, number: int, language: str = "en") -> str:
        """Return the name to show, in the language or else in another."""
        for lang in (language, *LANGUAGES):
            shown: str = self._strings.restore_key(self._names[lang][number])
            if shown:
                return shown
        return self.id(number)

    def above(self, number: int) -> Iterator[int]:
        """Return the numbers of what a place lies in, nearest first."""
        number = self.parent[number]
        while number != NONE:
            yield number
            number = self.parent[number]

    def degrees(self, number: int) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.lats[number] / 1e5, self.lons[number] / 1e5

    def importance(self, number: int) -> float:
        """How likely a place is meant, all else equal; about 1 (hamlet) to 11 (great power)."""
        kind = KINDS[self.kinds[number]]
        return math.log10(self.population[number] + 50) + _KIND_WEIGHT.get(kind, 0.0)

    def standing(self, number: int) -> float:
        """Return the importance among homonyms: what the front's news often names is likelier."""
        return self.importance(number) + NOTED * self._noted[number]

    def place(self, place_id: PlaceId) -> Place:
        """Return the place of an id; PlaceUnknown when there is none."""
        number = self.number(place_id)
        if number is None:
            raise PlaceUnknown(place_id, ())
        return self.record(number)

    @lru_cache(maxsize=4096)  # noqa: B019 a gazetteer lives as long as the process
    def record(self, number: int, language: str = "en") -> Place:
        """Return the place of a number, named in a language."""
        above = tuple(self.above(number))
        named = {KINDS[self.kinds[up]]: self.name(up, language) for up in above}
        lat, lon = self.degrees(number)
        names = {lang: self._strings.restore_key(self._names[lang][number]) for lang in LANGUAGES}
        return Place(
            self.id(number),
            self.name(number, language),
            {lang: name for lang, name in names.items() if name},
            KINDS[self.kinds[number]],
            lat,
            lon,
            self.country(number),
            named.get(Kind.REGION),
            named.get(Kind.DISTRICT),
            self.population[number],
            tuple(self.id(up) for up in above),
        )

    # Names.

    def word(self, surface: str) -> WordInfo | None:
        """Return what is known of a word as it stands in a text; None when it is part of no name."""  # noqa: E501 a table row or pattern in one line
        fold = folded(surface)
        at = self._forms.get(fold)
        if at is None:
            return None
        bases = self._bases[at]
        ids: tuple[int, ...] = ()
        if bases != NONE:
            ids = (bases,) if not bases & MANY else self._listed(bases ^ MANY)
        single = [self._sequences[key_char(base)] for base in ids if self._starts[base] & 1]
        long = any(self._starts[base] & 2 for base in ids)
        return WordInfo(fold, "".join(map(key_char, ids)), self._marks[at], long, tuple(single))

    def _listed(self, at: int) -> tuple[int, ...]:
        count = self._overflow[at]
        return tuple(self._overflow[at + 1 : at + 1 + count])

    def continued(self, keys: list[str], info: WordInfo) -> list[str]:
        """Of the begun names, those that the next word carries on."""
        longer = (key + base for key in keys for base in info.bases)
        return [key for key in longer if next(self._sequences.iterkeys(key), None) is not None]

    def sequence(self, key: str) -> int | None:
        """Return the number of a whole name, None when it is only the beginning of one."""
        found: int | None = self._sequences.get(key)
        return found

    def named(self, sequence: int) -> memoryview:
        """Return the postings of a name: place number << 2 | flags."""
        return self._postings[self._offsets[sequence] : self._offsets[sequence + 1]]

    def sequences_of(self, numbers: set[int]) -> frozenset[int]:
        """Return the names that any of these places bears."""
        hit = [at for at, posting in enumerate(self._postings) if posting >> 2 in numbers]
        return frozenset(bisect_right(self._offsets, at) - 1 for at in hit)

    def first_words(self, sequences: Iterable[int]) -> frozenset[str]:
        """Return the base words (as `WordInfo.bases` has them) with which these names begin."""
        return frozenset(self._sequences.restore_key(sequence)[0] for sequence in sequences)

    def find(self, name: str, limit: int = 10) -> list[Place]:
        """Places of a name in any language and form (or of an id), the likeliest first."""
        number = self._by_id(name)
        if number is not None:
            return [self.record(number)]
        found = self._meant(name)
        return [self.record(number) for number in found[:limit]]

    def _meant(self, name: str) -> list[int]:
        """Numbers of the places a name may mean; after a comma stands what they lie in."""
        first, _, rest = name.partition(",")
        scored: dict[int, float] = {}
        for sequence in self._sequences_of(first):
            for posting in self.named(sequence):
                flags = posting & 3
                penalty = 4.0 * bool(flags & ADJECTIVE) + 1.0 * bool(flags & ALIAS)
                number = posting >> 2
                scored[number] = max(scored.get(number, -99.0), self.standing(number) - penalty)
        if rest.strip():
            inside = set(self._meant(rest))
            scored = {
                number: score
                for number, score in scored.items()
                if inside.intersection(self.above(number))
            }
        return sorted(scored, key=lambda number: (-scored[number], number))

    def _sequences_of(self, name: str) -> list[int]:
        infos = [self.word(word) for word in WORD.findall(name)]
        if not infos or None in infos or len(infos) > _LONGEST_NAME:
            return []
        keys = [""]
        for info in infos:
            assert info is not None  # noqa: S101 mypy cannot see it
            keys = self.continued(keys, info)
        return [found for key in keys if (found := self.sequence(key)) is not None]

    def rivals(self, name: str, limit: int = 6) -> list[Place]:
        """Places among which a bare name leaves a doubt, the likeliest first; empty without one.

        An id, or a name that says which is meant ("Покровськ, Донецька область"), leaves none.
        """
        if "," in name or point_of(name) is not None or self._by_id(name) is not None:
            return []
        found = self._meant(name)[: 4 * limit]
        if len(found) < 2:  # noqa: PLR2004 a rival needs another
            return []
        weights = {number: math.exp(RIVALRY * self.standing(number)) for number in found}
        best = max(weights.values())
        likely = [number for number in found if weights[number] >= RIVAL * best]
        return [self.record(number) for number in likely[:limit]] if len(likely) > 1 else []

    def _by_id(self, name: str) -> int | None:
        """Return the number of a place named by an id, alone or in brackets after its name."""
        match = _ID_IN_BRACKETS.search(name)
        return self.number(PlaceId(match[1] if match else name.strip()))

    def suggestions(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Names that begin like the one that is not known."""
        words = [folded(word) for word in WORD.findall(name)]
        if not words:
            return ()
        for length in range(len(words[0]) - 1, 2, -1):
            found = [
                form
                for _, form in zip(range(30), self._forms.iterkeys(words[0][:length]), strict=False)
            ]
            places = {number: None for form in found for number in self._meant(form)[:1]}
            if places:
                best = sorted(places, key=lambda number: -self.importance(number))[:limit]
                spoken = spoken_in(name)
                return tuple(dict.fromkeys(self.name(number, spoken) for number in best))
        return ()

    # Sets of places for queries (the PlaceResolver protocol of bot/match/query.py).

    def place_ids(self, name: str) -> frozenset[PlaceId]:
        """Return the place and all that lies in it; PlaceUnknown (a LookupError) with suggestions.

        Of several places with the name the likeliest is taken, and every other that is as likely
        (same kind, within a factor of three in importance) is left out: ask `find` first.
        """
        number = self._one(name)
        return frozenset(self.id(inside) for inside in self.inside(number))

    def _one(self, name: str) -> int:
        number = self._by_id(name)
        if number is not None:
            return number
        found = self._meant(name)
        if not found:
            raise PlaceUnknown(name, self.suggestions(name))
        return found[0]

    def inside(self, number: int) -> set[int]:
        """Return the numbers of a place and of everything below it, macro-regions by their members."""  # noqa: E501 a table row or pattern in one line
        found = {number, *self._member_table.get(number, ())}
        pending = list(found)
        while pending:
            for below in self._below.get(pending.pop(), ()):
                if below not in found:
                    found.add(below)
                    pending.append(below)
        return found

    @cached_property
    def _member_table(self) -> dict[int, tuple[int, ...]]:
        table, at = {}, 0
        while at < len(self._members):
            count = self._members[at + 1]
            table[self._members[at]] = tuple(self._members[at + 2 : at + 2 + count])
            at += 2 + count
        return table

    @cached_property
    def _below(self) -> dict[int, list[int]]:
        below: dict[int, list[int]] = {}
        for number, above in enumerate(self.parent):
            if above != NONE:
                below.setdefault(above, []).append(number)
        return below

    def near_ids(self, name_or_coordinates: str, radius_km: float) -> frozenset[PlaceId]:
        """Points within the radius of a place or of written coordinates, and the circle's squares.

        Regions and countries are left out: their point says little about where they are.
        """
        if not 0 < radius_km < EARTH_KM:
            raise PlaceUnknown(f"radius {radius_km} km", ("30 km",))
        centre = self.centre(name_or_coordinates)
        near = {self.id(number) for number, _ in self.around(*centre, radius_km)}
        near |= cells_around(*centre, radius_km)
        if point_of(name_or_coordinates) is None:
            near.add(self.id(self._one(name_or_coordinates)))
        return frozenset(near)

    def centre(self, name_or_coordinates: str) -> tuple[float, float]:
        """Return the degrees of a place's name or of written coordinates; PlaceUnknown."""
        point = point_of(name_or_coordinates)
        return (point.lat, point.lon) if point else self.degrees(self._one(name_or_coordinates))

    def around(self, lat: float, lon: float, radius_km: float) -> Iterator[tuple[int, float]]:
        """Numbers and distances (km) of the point-like places within a radius, south to north."""
        reach = math.degrees(radius_km / EARTH_KM) + 1e-5
        first = bisect_left(self.lats, (lat - reach) * 1e5)
        last = bisect_right(self.lats, (lat + reach) * 1e5)
        for number in range(first, last):
            if self.is_pointlike(number):
                km = distance_km(lat, lon, *self.degrees(number))
                if km <= radius_km:
                    yield number, km

    def is_pointlike(self, number: int) -> bool:
        """Whether a place's coordinates say where it is: a settlement, not an oblast or a river."""
        return KINDS[self.kinds[number]] in _POINTLIKE

    def nearest(self, lat: float, lon: float, radius_km: float = 50.0) -> tuple[int, float] | None:
        """Return the nearest settlement and its distance in km, None when none is within the radius."""  # noqa: E501 a table row or pattern in one line
        for reach in (radius_km / 10, radius_km):
            found = min(((km, number) for number, km in self.around(lat, lon, reach)), default=None)
            if found:
                return found[1], found[0]
        return None


_POINTLIKE = frozenset({Kind.SETTLEMENT, Kind.QUARTER, Kind.FACILITY, Kind.RELIEF, Kind.POINT})
