"""Places at GeoNames' scale: 400,000 of them, built, opened and used.

    PYTHONPATH=. python bench/places_scale.py [FOLDER]

GeoNames' dumps are not at hand, so dumps in their format are made of ../shared/data/places: every
settlement of Who's On First and of the postal codes with its real name and position, then, up to
the size of the real thing, villages whose real names are put elsewhere in Russia (one in three
with New, Old, Upper, Lower, Great or Little before it). The same rows every time. Printed: time
and memory of the build, size of the file, start, memory and speed beside the default gazetteer.
"""

from __future__ import annotations

import gc
import lzma
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from bench.places import SHARED as TEXTS
from bench.places import _rows, speed
from bot.match.places import Gazetteer, Tagger, Watch
from bot.match.places.tools import Sources, build_from, coverage

PLACES = 400_000
DEFAULT = 110_000  # places the build adds to the dumps'
LANGUAGES = {"ukr": "uk", "rus": "ru", "eng": "en"}
BEFORE = ("Новая", "Старая", "Верхняя", "Нижняя", "Большая", "Малая")


def row(number: int, name: str, names: list[str], at: tuple[float, float], country: str) -> str:
    lat, lon = at
    columns = [str(number), name, name, ",".join(names), f"{lat:.5f}", f"{lon:.5f}", "P", "PPL",
               country, "", "00", "", "", "", "0", "", "", "", "2026-01-01"]  # fmt: skip
    return "\t".join(columns)


def ukraine(folder: Path) -> tuple[list[str], list[str]]:
    """Return rows of UA.txt and of alternateNamesV2.txt."""
    rows, alternates = [], []
    for one in _rows(folder / "wof-admin-ua.jsonl.xz"):
        if one["pt"] != "locality":
            continue
        number = int(one["gn"] or 20_000_000 + one["wof"] % 9_999_999)
        rows.append(row(number, one["name"], [], (one["lat"], one["lon"]), "UA"))
        for key, said in one["names"].items():
            language = LANGUAGES.get(key[:3], "")
            for name in said if language else ():
                alternates.append(f"{len(alternates)}\t{number}\t{language}\t{name}\t\t\t\t")
    return rows, alternates


def russia(folder: Path, wanted: int) -> Iterator[str]:
    with lzma.open(folder / "geonames-postal-ru.tsv.xz", "rt") as lines:
        real = [line.rstrip("\n").split("\t") for line in lines]
    real = [one for one in real if one[2] and not one[2][-1].isdigit()]
    draw = random.Random(1)
    for number in range(wanted):
        one = real[number % len(real)]
        name, lat, lon = one[2], float(one[9]), float(one[10])
        if number >= len(real):
            other = draw.choice(real)
            lat = float(other[9]) + draw.uniform(-0.4, 0.4)
            lon = float(other[10]) + draw.uniform(-0.6, 0.6)
            if draw.random() < 1 / 3:
                name = f"{draw.choice(BEFORE)} {name}"
        yield row(30_000_000 + number, name, [name], (max(41.2, min(81.0, lat)), lon), "RU")


def dumps(folder: Path) -> list[Path]:
    source = TEXTS.parent / "places"
    of_ukraine, alternates = ukraine(source)
    of_russia = russia(source, PLACES - DEFAULT)
    made = []
    for stem, rows in (("UA", of_ukraine), ("RU", of_russia), ("alternateNamesV2", alternates)):
        path = folder / f"{stem}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{stem}.txt", "\n".join(rows) + "\n")
        made.append(path)
    return made


def used(path: Path | None) -> None:
    """Print start, memory and speed of one gazetteer; run in a process of its own."""
    before = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    gazetteer = Gazetteer.open(path)
    tagger = Tagger(gazetteer)
    tagger.tag("Взрывы в Судже и Сумах.")
    started = time.perf_counter() - begun
    posts = _rows(TEXTS / "telegram-posts-unlp2025.jsonl.xz")[:1500]
    settlements = sorted(gazetteer.place_ids("Україна"), key=lambda place_id: place_id[::-1])
    watch = Watch(gazetteer, {*settlements[:980], *gazetteer.place_ids("Курская область")})
    gc.collect()
    for one in posts:
        tagger.tag(one["text"], one["lang"])
    rate, p99 = speed(posts, lambda one: tagger.tag(one["text"], one["lang"]))
    seen, seen99 = speed(
        posts,
        lambda one: (
            watch.could_touch(one["text"])
            and tagger.tag(one["text"], one["lang"], waited_for=watch)
        ),
    )
    memory = (psutil.Process().memory_info().rss - before) / 1e6
    print(
        f"{len(gazetteer):7} places: start {started:.3f} s, resident {memory:.0f} MB more,"
        f" tag all {rate:.0f} posts/s p99 {p99:.1f} ms,"
        f" watched {seen:.0f} posts/s p99 {seen99:.1f} ms"
    )


def main(args: list[str]) -> int:
    if args[:1] == ["--use"]:
        used(Path(args[1]) if len(args) > 1 else None)
        return 0
    folder = Path(args[0]) if args else Path(tempfile.mkdtemp())
    files, path = dumps(folder), folder / "scale.places"
    begun, cpu = time.perf_counter(), time.process_time()
    counts = build_from(Sources(geonames=files), path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"built {counts} in {time.perf_counter() - begun:.0f} s ({time.process_time() - cpu:.0f} s of CPU), "  # noqa: E501
          f"{path.stat().st_size / 1e6:.1f} MB, peak {peak:.0f} MB")  # fmt: skip
    names = folder / "names.txt"
    if names.exists():
        wanted, unknown = coverage(Gazetteer.open(path), names.read_text("utf-8").splitlines())
        print(f"coverage: {100 * (1 - len(unknown) / wanted):.1f} % of {wanted} names")
    for which in ([], [str(path)]):
        subprocess.run([sys.executable, __file__, "--use", *which], check=True)  # noqa: S603 our own script
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
