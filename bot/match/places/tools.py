"""What the verbs `earshot places find | tag | coverage | map | build | update` do, without a command line."""  # noqa: E501 a table row or pattern in one line

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path

from bot.match.places import importers
from bot.match.places.build import Progress, build
from bot.match.places.download import OFFICIAL, fetch, wanted_files
from bot.match.places.facts import Fact, read_facts
from bot.match.places.gazetteer import Gazetteer
from bot.match.places.kinds import Kind, Place
from bot.match.places.merge import merged
from bot.match.places.tables import with_tables
from bot.match.places.tagger import POINT_PREFIX, Tagger
from storage.records import Mention, PlaceId


class InputBroken(ValueError):  # noqa: N818 named for what is wrong
    """A line given to a tool cannot be read; the message names its number."""


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


def tag_lines(tagger: Tagger, gazetteer: Gazetteer, lines: Iterable[str]) -> Iterator[str]:
    """JSON Lines {id, text, lang?} → JSON Lines {id, mentions}; InputBroken names a bad line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, key = row["text"], row["id"]
        except (ValueError, KeyError, TypeError) as fault:
            raise InputBroken(
                f'line {number} is not like {{"id": 1, "text": "…"}}: {fault}'
            ) from fault
        if not isinstance(text, str):
            raise InputBroken(f'line {number}: "text" must be a string')
        mentions = [
            mention_fields(mention, gazetteer) for mention in tagger.tag(text, row.get("lang"))
        ]
        yield json.dumps({"id": key, "mentions": mentions}, ensure_ascii=False)


def mention_fields(mention: Mention, gazetteer: Gazetteer) -> dict[str, object]:
    """Return a mention as the flat fields of exports; coordinates are null for a place unknown to us."""  # noqa: E501 a table row or pattern in one line
    found: dict[str, object] = {"start": mention.start, "end": mention.end, "surface": mention.surface, "place_id": mention.place_id,  # noqa: E501 a table row or pattern in one line
                                "name": None, "kind": None, "lat": None, "lon": None, "country": None, "admin1": None,  # noqa: E501 a table row or pattern in one line
                                "confidence": mention.confidence,
                                "alternatives": [{"place_id": place_id, "confidence": share} for place_id, share in mention.alternatives]}  # fmt: skip  # noqa: E501 a table row or pattern in one line
    if mention.place_id is None:
        return found
    if mention.place_id.startswith(POINT_PREFIX):
        lat, lon = map(float, mention.place_id.removeprefix(POINT_PREFIX).split(","))
        return found | {"name": mention.surface, "kind": Kind.POINT.value, "lat": lat, "lon": lon}
    place = gazetteer.place(mention.place_id)
    return found | {"name": place.name, "kind": place.kind.value, "lat": place.lat, "lon": place.lon,  # noqa: E501 a table row or pattern in one line
                    "country": place.country, "admin1": place.admin1}  # fmt: skip


def coverage(gazetteer: Gazetteer, names: Iterable[str]) -> tuple[int, list[str]]:
    """How many names of a list (one a line) there are, and those the gazetteer does not know."""
    wanted = [name.strip() for name in names if name.strip()]
    return len(wanted), [name for name in wanted if not gazetteer.find(name, 1)]


def build_from(sources: Sources, path: Path, progress: Progress | None = None) -> dict[str, int]:
    """Build an artefact from the default facts, the hand-kept tables and these sources.

    Raises a ValueError of one line for bad input; the file at `path` then stays as it was.
    """
    data = Path(str(resources.files("bot.match.places") / "data"))
    facts = with_tables([*_geonames_of(sources), *read_facts(data / "facts.tsv.xz")])
    if sources.wof:
        facts = merged([*facts, *_under_oblasts(importers.whos_on_first(sources.wof), facts)])
    if sources.postal:
        regions = {name.split(" ")[0].casefold(): fact.id for fact in facts
                   if fact.kind is Kind.REGION and fact.country == "RU" for lang, name in fact.names if lang == "ru"}  # fmt: skip  # noqa: E501 a table row or pattern in one line
        facts = merged([*facts, *importers.postal(sources.postal, regions)])
    if sources.katottg:
        facts = merged([*facts, *importers.katottg(sources.katottg, _positions(facts))])
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


def _under_oblasts(found: Iterable[Fact], facts: Iterable[Fact]) -> Iterator[Fact]:
    """Who's On First names an oblast by its own id; hang its places on ours by the nearest settlement."""  # noqa: E501 a table row or pattern in one line
    cells: dict[tuple[int, int], str] = {}
    for fact in facts:
        if fact.country == "UA" and fact.kind is Kind.SETTLEMENT:
            cells.setdefault((round(fact.lat * 4), round(fact.lon * 4)), fact.parent)
    for fact in found:
        row, column = round(fact.lat * 4), round(fact.lon * 4)
        near = (
            cells.get((row + up, column + across)) for up in (0, 1, -1) for across in (0, 1, -1)
        )
        fact.parent = next((parent for parent in near if parent), "country:UA")
        yield fact


def _positions(facts: Iterable[Fact]) -> dict[tuple[str, str], tuple[float, float]]:
    """Where settlements of Ukraine lie, by (oblast, name), and the middle of each oblast."""
    kept = {fact.id: fact for fact in facts if fact.country == "UA"}
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for fact in kept.values():
        region: Fact | None = fact
        while region is not None and region.kind is not Kind.REGION:
            region = kept.get(region.parent)
        if region is None:
            continue
        oblast = region.name("uk").removesuffix(" область").casefold()
        for lang, name in fact.names:
            if lang == "uk":
                found.setdefault((oblast, name.casefold()), (fact.lat, fact.lon))
        found.setdefault((oblast, ""), (region.lat, region.lon))
    return found


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


def geojson(mentions: Iterable[Mention], gazetteer: Gazetteer) -> dict[str, object]:
    """Return the mentions that are somewhere as a GeoJSON FeatureCollection (RFC 7946: longitude first)."""  # noqa: E501 a table row or pattern in one line
    features = []
    for mention in mentions:
        fields = mention_fields(mention, gazetteer)
        if fields["lat"] is not None:
            point = {"type": "Point", "coordinates": [fields.pop("lon"), fields.pop("lat")][:2]}
            features.append({"type": "Feature", "geometry": point, "properties": fields})
    return {"type": "FeatureCollection", "features": features}


def kml(mentions: Iterable[Mention], gazetteer: Gazetteer) -> str:
    """Return the mentions that are somewhere as a KML document."""
    marks = []
    for mention in mentions:
        fields = mention_fields(mention, gazetteer)
        if fields["lat"] is not None:
            marks.append(f"<Placemark><name>{escape(str(fields['name']))}</name><description>{escape(mention.surface)}, "  # noqa: E501 a table row or pattern in one line
                         f"{mention.confidence:.2f}</description><Point><coordinates>{fields['lon']},{fields['lat']}</coordinates></Point></Placemark>")  # fmt: skip  # noqa: E501 a table row or pattern in one line
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        + "".join(marks)
        + "</Document></kml>"
    )


_WIDTH = 800  # of the map, px


def svg_map(mentions: Iterable[Mention], gazetteer: Gazetteer) -> str:
    """Mentions as dots sized by how often, without a base map; an SVG document.

    Equirectangular, fitted to what is shown with a margin of half a degree.
    """
    counts: dict[str, int] = {}
    for mention in mentions:
        if mention.place_id is not None and not mention.place_id.startswith(POINT_PREFIX):
            counts[mention.place_id] = counts.get(mention.place_id, 0) + 1
    places = [gazetteer.place(PlaceId(place_id)) for place_id in sorted(counts)]
    if not places:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="40"><text x="8" y="24">no places</text></svg>'  # noqa: E501 a table row or pattern in one line
    south, north = (
        min(place.lat for place in places) - 0.5,
        max(place.lat for place in places) + 0.5,
    )
    west, east = min(place.lon for place in places) - 0.8, max(place.lon for place in places) + 0.8
    scale = _WIDTH / (east - west)
    stretch = 1.5  # a degree of latitude against one of longitude at 48° north
    drawn = []
    for place in places:
        x, y = (place.lon - west) * scale, (north - place.lat) * scale * stretch
        radius = 3 + 2 * counts[place.id] ** 0.5
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#c33" fill-opacity="0.6"/>'  # noqa: E501 a table row or pattern in one line
                     f'<text x="{x + radius + 2:.1f}" y="{y + 4:.1f}" font-size="12">{escape(place.name)} {counts[place.id]}</text>')  # fmt: skip  # noqa: E501 a table row or pattern in one line
    height = (north - south) * scale * stretch
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:.0f}">'
        + "".join(drawn)
        + "</svg>"
    )


if __name__ == "__main__":
    build_from(Sources(), Path(sys.argv[1]))
