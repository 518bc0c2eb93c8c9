"""Makes the villages of the front oblasts that the default facts lack (data/front.tsv.xz).

    PYTHONPATH=. python bench/places_front.py

A developer's tool. Reads Who's On First and KATOTTG in ../shared/data/places; each fact keeps the
id of its source. A village that only KATOTTG has stands in the middle of its community. The build
reads the table beside facts.tsv.xz.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.match.places import importers
from bot.match.places.codifier import katottg
from bot.match.places.facts import Fact, read_facts, write_facts
from bot.match.places.kinds import Kind
from bot.match.places.latin import russian_of
from bot.match.places.merge import merged
from bot.match.places.tables import with_tables
from bot.match.places.tools import under_oblasts

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "bot/match/places/data"
SHARED = Path("/work/shared/data/places")
SOURCES = SHARED if SHARED.exists() else ROOT.parent / "shared/data/places"
OBLASTS = frozenset(
    {"Донецька", "Луганська", "Харківська", "Запорізька", "Херсонська", "Сумська", "Чернігівська"}
)
NO_VILLAGE = ("мова", "Список", "район")  # rows of Who's On First that are no places


def main() -> int:
    known = with_tables(read_facts(DATA / "facts.tsv.xz"))
    ours = {place_id: fact for fact in known for place_id in (fact.id, *fact.aliases)}
    wof = importers.whos_on_first(SOURCES / "wof-admin-ua.jsonl.xz")
    facts = merged([*known, *under_oblasts(wof, known)])
    facts = merged([*facts, *katottg(SOURCES / "katottg-2025-05-16.csv", facts)])
    every = {place_id: fact for fact in facts for place_id in (fact.id, *fact.aliases)}
    found = []
    for fact in facts:
        if fact.kind is not Kind.SETTLEMENT or fact.country != "UA":
            continue
        if any(place_id in ours for place_id in (fact.id, *fact.aliases)):
            continue
        name = fact.name("uk")
        if not name or any(part in name for part in NO_VILLAGE):
            continue
        if oblast_of(fact, every) not in OBLASTS:
            continue
        names = [(lang, said) for lang, said in fact.names if lang in {"uk", "ru"}]
        if not fact.name("ru"):
            names.append(("ru", russian_of(name)))
        parent = held_by(fact, every, ours)
        found.append(
            Fact(fact.id, fact.kind, fact.lat, fact.lon, "UA", parent, 0, names, [], fact.aliases)
        )
    write_facts(DATA / "front.tsv.xz", found)
    print(len(found), "villages")
    return 0


def oblast_of(fact: Fact, every: dict[str, Fact]) -> str:
    above: Fact | None = fact
    while above is not None and above.kind is not Kind.REGION:
        above = every.get(above.parent)
    return above.name("uk").split(" ")[0] if above else ""


def held_by(fact: Fact, every: dict[str, Fact], ours: dict[str, Fact]) -> str:
    """Return the id of the smallest unit above a village that the default gazetteer has."""
    above = every.get(fact.parent)
    while above is not None:
        place_id = next((one for one in (above.id, *above.aliases) if one in ours), None)
        if place_id:
            return ours[place_id].id
        above = every.get(above.parent)
    return "country:UA"


if __name__ == "__main__":
    sys.exit(main())
