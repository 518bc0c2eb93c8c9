"""What the verbs `earshot places find | tag | coverage | map | build | update` do, without a command line."""  # noqa: E501 a table row or pattern in one line

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from bot.match.places import importers
from bot.match.places.build import Progress, build
from bot.match.places.codifier import katottg
from bot.match.places.download import OFFICIAL, fetch, wanted_files
from bot.match.places.facts import Fact, read_facts
from bot.match.places.gazetteer import Gazetteer
from bot.match.places.kinds import Kind, Place
from bot.match.places.merge import merged
from bot.match.places.tables import with_tables


@dataclass(frozen=True, slots=True)
class Sources:
    """The files to build from; without any, the gazetteer is the default one."""

    geonames: Sequence[Path] = field(default_factory=tuple)  # zips and code tables, in any order
    wof: Path | None = None
    katottg: Path | None = None
    postal: Path | None = None
    extra: Path | None = None


def find(gazetteer: Gazetteer, name: str, limit: int = 10) -> list[Place]:
    """Places of a name, the likeliest first."""
    return gazetteer.find(name, limit)


def coverage(gazetteer: Gazetteer, names: Iterable[str]) -> tuple[int, list[str]]:
    """How many names of a list (one a line) there are, and those the gazetteer does not know."""
    wanted = [name.strip() for name in names if name.strip()]
    return len(wanted), [name for name in wanted if not gazetteer.find(name, 1)]


def build_from(sources: Sources, path: Path, progress: Progress | None = None) -> dict[str, int]:
    """Build an artefact from the default facts, the hand-kept tables and these sources.

    Raises a ValueError of one line for bad input; the file at `path` then stays as it was.
    """
    data = Path(str(resources.files("bot.match.places") / "data"))
    packaged = [*read_facts(data / "facts.tsv.xz"), *read_facts(data / "front.tsv.xz")]
    facts = with_tables([*_geonames_of(sources), *packaged])
    if sources.wof:
        facts = merged([*facts, *under_oblasts(importers.whos_on_first(sources.wof), facts)])
    if sources.postal:
        regions = {name.split(" ")[0].casefold(): fact.id for fact in facts
                   if fact.kind is Kind.REGION and fact.country == "RU" for lang, name in fact.names if lang == "ru"}  # fmt: skip  # noqa: E501 a table row or pattern in one line
        facts = merged([*facts, *importers.postal(sources.postal, regions)])
    if sources.katottg:
        facts = merged([*facts, *katottg(sources.katottg, facts)])
    if sources.extra:
        facts = merged([*facts, *importers.extra(sources.extra)])  # noqa: S610 not Django
    used = [
        str(file.name)
        for file in (*sources.geonames, sources.wof, sources.katottg, sources.postal, sources.extra)
        if file
    ]
    return build(facts, path, ["default facts", "hand-kept tables", *used], progress)


def _geonames_of(sources: Sources) -> Iterator[Fact]:
    files = list(sources.geonames)
    alternates = next((file for file in files if file.name.startswith("alternateNames")), None)
    codes = [file for file in files if file.suffix == ".txt"]
    dumps = [file for file in files if file.suffix == ".zip" and file is not alternates]
    return importers.geonames(dumps, alternates, codes)


def under_oblasts(found: Iterable[Fact], facts: Iterable[Fact]) -> Iterator[Fact]:
    """Hang places of Who's On First, which names oblasts by ids of its own, on raions of ours.

    An oblast of theirs is that of ours in which most of its places' neighbours lie.
    """
    places = list(found)
    ours = {fact.id: fact for fact in facts if fact.country == "UA"}
    cells: dict[tuple[int, int], str] = {}
    for fact in ours.values():
        if fact.kind is Kind.SETTLEMENT:
            cells.setdefault((round(fact.lat * 4), round(fact.lon * 4)), fact.parent)
    near = [_nearest(cells, fact) for fact in places]
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for fact, parent in zip(places, near, strict=True):
        votes[fact.parent][_region_of(parent, ours)] += 1
    for fact, parent in zip(places, near, strict=True):
        oblast = votes[fact.parent].most_common(1)[0][0] if fact.parent else ""
        fact.parent = parent if _region_of(parent, ours) == oblast else oblast or parent
        yield fact


def _nearest(cells: dict[tuple[int, int], str], fact: Fact) -> str:
    row, column = round(fact.lat * 4), round(fact.lon * 4)
    near = (cells.get((row + up, column + across)) for up in (0, 1, -1) for across in (0, 1, -1))
    return next((parent for parent in near if parent), "country:UA")


def _region_of(place_id: str, ours: dict[str, Fact]) -> str:
    fact = ours.get(place_id)
    while fact is not None and fact.kind is not Kind.REGION:
        fact = ours.get(fact.parent)
    return fact.id if fact else ""


def update(
    folder: Path,
    countries: Sequence[str],
    path: Path,
    base: str = OFFICIAL,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Fetch GeoNames for some countries and build from it; DownloadFailed leaves the old artefact."""  # noqa: E501 a table row or pattern in one line
    tell = progress or (lambda _stage, _done, _of: None)
    files = [
        fetch(name, folder, base, lambda name, done: tell(f"fetch {name}", done, 0))
        for name in wanted_files(countries)
    ]
    return build_from(Sources(geonames=files), path, progress)


if __name__ == "__main__":
    build_from(Sources(), Path(sys.argv[1]))
