"""The tables kept by hand in `data`, joined with packaged or imported facts.

names.csv: further names of known places (id, language, names). areas.csv: seas, rivers,
macro-regions, power stations; world.csv: the same farther off, past states too.
points.csv: where wide regions and continents are put. settlements.csv: the settlements of the
border and front oblasts, each with the source of its coordinates.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib import resources
from statistics import median

from bot.match.places.facts import Fact
from bot.match.places.kinds import Kind
from bot.match.places.latin import russian_of
from bot.match.places.merge import merged
from storage.failures import BadInput

_DATA = resources.files("bot.match.places") / "data"


_WITH_RAIONS = frozenset({"UA", "RU", "BY"})


class TableBroken(BadInput, ValueError):
    """A row of a hand-kept table refers to something that is not there."""


def with_tables(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts joined with the hand-kept tables; a name of the tables comes before all others."""  # noqa: E501 a table row or pattern in one line
    known = merged([*facts, *_settlements(), *_areas()])
    _add_names(known)
    _centre_districts(known)
    _put_points(known)
    _name_commonly(known)
    return known


def _name_commonly(facts: list[Fact]) -> None:
    """Show English names without soft signs: Rylsk."""
    for fact in facts:
        if fact.country not in _WITH_RAIONS:
            continue
        fact.names = list(
            dict.fromkeys(
                (lang, name.replace("’", "") if lang == "en" else name) for lang, name in fact.names
            )
        )


def _put_points(facts: list[Fact]) -> None:
    """Put wide regions and continents where maps name them, not where most of their towns are."""
    by_id = {place_id: fact for fact in facts for place_id in (fact.id, *fact.aliases)}
    for row in _rows("points.csv"):
        fact = by_id.get(row["id"])
        if fact is not None:
            fact.lat, fact.lon = float(row["lat"]), float(row["lon"])


def _centre_districts(facts: list[Fact]) -> None:
    """Put a raion where most of its settlements are, now that the tables' are among them."""
    placed: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.kind is Kind.SETTLEMENT and fact.country in _WITH_RAIONS:
            placed.setdefault(fact.parent, []).append(fact)
    for fact in facts:
        if fact.kind is not Kind.DISTRICT or fact.country not in _WITH_RAIONS:
            continue
        inside = placed.get(fact.id)
        if inside:
            fact.lat = median(one.lat for one in inside)
            fact.lon = median(one.lon for one in inside)


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((_DATA / name).read_text("utf-8").splitlines()))


def _areas() -> list[Fact]:
    found = []
    for row in (*_rows("areas.csv"), *_rows("world.csv")):
        names = [
            (lang, name) for lang in ("en", "ru", "uk") for name in row[lang].split("|") if name
        ]
        parent = f"country:{row['country']}" if row["country"] else ""
        found.append(Fact(f"earshot:{row['id']}", Kind(row["kind"]), float(row["lat"]), float(row["lon"]), row["country"],  # noqa: E501 a table row or pattern in one line
                          parent, 0, names, row["members"].split()))  # fmt: skip
    return found


def _settlements() -> list[Fact]:
    found = []
    for row in _rows("settlements.csv"):
        names = [(lang, name) for lang in ("uk", "ru") for name in row[lang].split("|") if name]
        if not row["ru"] and row["uk"]:
            names.append(("ru", russian_of(row["uk"])))
        names += [("uk", name) for name in row["aliases"].split("|") if name]
        parent = f"{row['parent']}/{row['district']}" if row["district"] else row["parent"]
        found.append(Fact(row["id"], Kind.SETTLEMENT, float(row["lat"]), float(row["lon"]), row["country"],  # noqa: E501 a table row or pattern in one line
                          parent, int(row["population"]), names, noted=True))  # fmt: skip
    return found


def _add_names(facts: list[Fact]) -> None:
    by_id = {place_id: fact for fact in facts for place_id in (fact.id, *fact.aliases)}
    cities: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind is Kind.SETTLEMENT:
            key = f"city:{fact.country}:{fact.name('en')}"
            if key not in cities or cities[key].population < fact.population:
                cities[key] = fact
    first: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in _rows("names.csv"):
        found = by_id.get(row["id"]) or cities.get(row["id"])
        if found is None:
            continue  # a table of facts may be smaller than the world
        first.setdefault((found.id, ""), []).extend(
            (row["lang"], name) for name in row["names"].split("|") if name
        )
    for (place_id, _), names in first.items():
        fact = by_id[place_id]
        shown = [entry for entry in names if entry[0] != "abbr"]
        fact.prime = len(shown)
        short = [("", name) for lang, name in names if lang == "abbr"]
        fact.names = list(dict.fromkeys(shown + fact.names + short))
