"""A map of mentions: dots over borders, coasts, lakes and rivers; one SVG document, made offline.

The lines come from Natural Earth (`basemap.tsv.xz`, made by tools/basemap.py) and `rivers.csv`.
"""

from __future__ import annotations

import lzma
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

from bot.match.places.coordinates import point_in
from bot.match.places.gazetteer import Gazetteer
from storage.records import Mention, PlaceId

WIDTH = 1000  # px
_TALLEST = 1400
_MARGIN = 0.6  # degrees around what is shown
_LEAST_DEGREES = 1.5  # a map of one village shows its surroundings
_NAMED = 40  # places with their names; the others are dots alone
_FAR = 0.08  # of the mentions: so few at either end do not widen the frame
_NEAR_PART = (19.0, 41.0, 62.0, 61.0)  # west, south, east, north of the fine lines
_STYLES = {
    "coast": "#7aa0c4",
    "border": "#555",
    "region": "#c8c8c8",
    "lake": "#7aa0c4",
    "river": "#a9c6e2",
}

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    west: float
    south: float
    east: float
    north: float

    @property
    def stretch(self) -> float:
        """Return a degree of latitude against one of longitude in the middle."""
        return 1 / math.cos(math.radians((self.south + self.north) / 2))

    @property
    def scale(self) -> float:
        """Return pixels for a degree of longitude."""
        tall = (self.north - self.south) * self.stretch
        return min(WIDTH / (self.east - self.west), _TALLEST / tall)

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        """Return where a point is drawn."""
        return (lon - self.west) * self.scale, (self.north - lat) * self.scale * self.stretch

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a point is in the frame."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east

    def meets(self, line: Line) -> bool:
        """Whether the box around a line meets the frame."""
        lons, lats = [x for x, _ in line], [y for _, y in line]
        return (
            min(lons) <= self.east
            and max(lons) >= self.west
            and min(lats) <= self.north
            and max(lats) >= self.south
        )


def svg_map(mentions: Iterable[Mention], gazetteer: Gazetteer, *, title: str = "") -> str:
    """Mentions as dots sized by how often, the most named with their names; an SVG document.

    Regions and countries are not drawn: their point says little. Coordinates written in a post
    are dots of their own.
    """
    named = (mention.place_id for mention in mentions if mention.place_id is not None)
    counts = Counter(place_id for place_id in named if is_dot(place_id, gazetteer))
    dots = [(*_degrees(place_id, gazetteer), place_id, n) for place_id, n in counts.most_common()]
    if not dots:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="60">'
            f'<text x="12" y="34" font-family="sans-serif">{escape(title)} no places</text></svg>'
        )
    frame = _frame([(lat, lon) for lat, lon, _, n in dots for _ in range(n)])
    width, height = frame.at(frame.south, frame.east)
    beyond = sum(n for lat, lon, _, n in dots if not frame.holds(lat, lon))
    dots = [dot for dot in dots if frame.holds(dot[0], dot[1])]
    if beyond:
        title = f"{title} (mentions beyond the map: {beyond})".strip()
    drawn = [*_ground(frame), *_dots(dots, frame, gazetteer)]
    if title:
        drawn.append(f'<text x="10" y="22" font-size="16">{escape(title)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif">'
        f'<rect width="100%" height="100%" fill="#fbfaf7"/>{"".join(drawn)}</svg>'
    )


def is_dot(place_id: PlaceId, gazetteer: Gazetteer) -> bool:
    """Whether a place is drawn: coordinates or a settlement, not an oblast or a river."""
    if point_in(place_id):
        return True
    number = gazetteer.number(place_id)
    return number is not None and gazetteer.is_pointlike(number)


def _degrees(place_id: PlaceId, gazetteer: Gazetteer) -> tuple[float, float]:
    number = gazetteer.number(place_id)
    return point_in(place_id) or gazetteer.degrees(number or 0)


def _frame(points: list[tuple[float, float]]) -> _Frame:
    lats, lons = sorted(lat for lat, _ in points), sorted(lon for _, lon in points)
    cut = int(len(points) * _FAR)
    ends = [(values[cut], values[-1 - cut]) for values in (lats, lons)]
    (south, north), (west, east) = (_widened(low, high) for low, high in ends)
    return _Frame(west, max(south, -85.0), east, min(north, 85.0))


def _widened(low: float, high: float) -> tuple[float, float]:
    lacking = max(0.0, _LEAST_DEGREES - (high - low)) / 2
    return low - lacking - _MARGIN, high + lacking + _MARGIN


def _ground(frame: _Frame) -> Iterator[str]:
    west, south, east, north = _NEAR_PART
    fine = frame.west > west and frame.east < east and frame.south > south and frame.north < north
    for kind, line in _lines():
        base, _, part = kind.partition(":")
        if base != "river" and bool(part) is not fine:
            continue
        if frame.meets(line):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (frame.at(b, a) for a, b in line))
            wide = 1.6 if base == "river" else 1.0
            yield (
                f'<polyline points="{points}" fill="none" stroke="{_STYLES[base]}" '
                f'stroke-width="{wide}"/>'
            )


@cache
def _lines() -> tuple[tuple[str, Line], ...]:
    """Return every line as (kind, points of longitude and latitude)."""
    data = resources.files("bot.match.places") / "data"
    found: list[tuple[str, Line]] = []
    for row in lzma.decompress((data / "basemap.tsv.xz").read_bytes()).decode().splitlines():
        kind, *points = row.split("\t")
        pairs = (point.split(" ") for point in points)
        found.append((kind, tuple((int(x) / 100, int(y) / 100) for x, y in pairs)))
    for row in (data / "rivers.csv").read_text("utf-8").splitlines()[1:]:
        pairs = (point.split(" ") for point in row.partition(",")[2].split(";"))
        found.append(("river", tuple((float(lon), float(lat)) for lat, lon in pairs)))
    return tuple(found)


def _dots(
    dots: list[tuple[float, float, PlaceId, int]], frame: _Frame, gazetteer: Gazetteer
) -> Iterator[str]:
    for rank, (lat, lon, place_id, count) in enumerate(dots):
        x, y = frame.at(lat, lon)
        radius = 2.5 + 2 * math.sqrt(count)
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#c0392b" '
            f'fill-opacity="0.55"/>'
        )
        if rank < _NAMED:
            number = gazetteer.number(place_id)
            name = gazetteer.name(number) if number is not None else f"{lat:.3f}, {lon:.3f}"
            yield (
                f'<text x="{x + radius + 2:.1f}" y="{y + 4:.1f}" font-size="12" '
                f'stroke="#fbfaf7" stroke-width="3" paint-order="stroke">'
                f"{escape(name)} {count}</text>"
            )
