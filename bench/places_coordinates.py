"""Compares the coordinates written from memory in settlements.csv with the postal codes of Russia.

    PYTHONPATH=. python bench/places_coordinates.py

Needs ../shared/data. Prints how many agree within 5 km, how many the source puts elsewhere (with
its accuracy: 1 is worthless), how many it does not have.
"""

from __future__ import annotations

import csv
import lzma
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from bot.match.places.coordinates import distance_km

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path("/work/shared/data/places")
POSTAL = SHARED if SHARED.exists() else ROOT.parent / "shared/data/places"
REGIONS = {"iso:RU-KRS": "курск", "iso:RU-BEL": "белгород", "iso:RU-BRY": "брянск"}
AGREE_KM = 5.0


def folded(name: str) -> str:
    return name.lower().replace("ё", "е")


def postal() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = defaultdict(list)
    with lzma.open(POSTAL / "geonames-postal-ru.tsv.xz", "rt") as lines:
        for line in lines:
            row = line.rstrip("\n").split("\t")
            found[folded(re.sub(r"[\s-]+\d+$", "", row[2]))].append(row)
    return found


def main() -> int:
    table = ROOT / "bot/match/places/data/settlements.csv"
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    known, verdicts = postal(), Counter()
    for row in rows:
        if not row["source"].startswith("by hand"):
            continue
        name = row["ru"].split("|")[0]
        here = [
            found
            for found in known.get(folded(name), [])
            if folded(found[3]).startswith(REGIONS[row["parent"]])
        ]
        if not here:
            verdicts["not in the source"] += 1
            continue
        lat, lon = float(row["lat"]), float(row["lon"])
        km, found = min((distance_km(lat, lon, float(r[9]), float(r[10])), r) for r in here)
        agrees = km <= AGREE_KM
        verdicts["agrees" if agrees else f"elsewhere, accuracy {found[11]}"] += 1
        if not agrees:
            print(f"{name} ({row['district']}): ours {lat}, {lon}; {km:.0f} km from theirs")
    for verdict, count in verdicts.most_common():
        print(f"{count:4} {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
