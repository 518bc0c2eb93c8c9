"""Files of public sources → facts. Each importer refuses a foreign file in one clear line.

GeoNames country dumps, alternate names and administrative codes (CC BY 4.0); Who's On First as
JSON Lines; Ukraine's codifier KATOTTG as CSV; GeoNames postal codes as TSV; a CSV of one's own.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from bot.match.places.facts import Fact
from bot.match.places.kinds import Kind
from storage.failures import BadInput

GEONAMES_COLUMNS = 19
_KINDS = {
    "A": Kind.COMMUNITY,
    "P": Kind.SETTLEMENT,
    "H": Kind.WATER,
    "T": Kind.RELIEF,
    "L": Kind.AREA,
    "S": Kind.FACILITY,
}
_ADMIN = {"ADM1": Kind.REGION, "ADM2": Kind.DISTRICT, "ADM3": Kind.COMMUNITY, "PCLI": Kind.COUNTRY}
_FACILITIES = frozenset({"AIRP", "AIRB", "PS", "PSN", "PSH", "DAM", "BDG", "RSTN", "PRT", "MILB"})
_WATERS = frozenset({"STM", "LK", "RSV", "SEA", "BAY", "LMN", "CNL", "GULF", "STRT"})
_RELIEF = frozenset({"ISL", "PEN", "SPIT", "MT", "MTS", "CAPE"})
_LANGUAGES = frozenset({"en", "ru", "uk"})
_CYRILLIC = re.compile("[А-Яа-яіїєґ]")
_LONGEST_LINE = 1 << 22  # characters; Who's On First's longest has some tens of thousands
_RELIABLE = 3  # postal accuracy from which a coordinate is the settlement's


class SourceRefused(BadInput, ValueError):
    """A source file is not what it should be; the message names file and fault."""


def geonames(dumps: list[Path], alternates: Path | None, admin_codes: list[Path]) -> Iterator[Fact]:
    """Facts of country dumps, with names by language when alternate names are given."""
    codes = dict(_codes(admin_codes))
    kept = {}
    for dump in dumps:
        for row in _geonames_rows(dump):
            try:
                fact = _geoname(row, codes)
            except ValueError as fault:
                raise SourceRefused(f"{dump}: place {row[0]}: {fault}") from fault
            if fact is not None:
                kept[row[0]] = fact
    if alternates is not None:
        for row in _zipped_rows(alternates, "alternateNamesV2.txt", 4):
            if (
                row[1] in kept
                and row[2] in _LANGUAGES
                and len(row) > 3  # noqa: PLR2004 a threshold used once
                and (len(row) < 8 or row[6] != "1")  # noqa: PLR2004 a threshold used once
            ):
                preferred = len(row) > 4 and row[4] == "1"  # noqa: PLR2004 a threshold used once
                names = kept[row[1]].names
                names.insert(0 if preferred else len(names), (row[2], row[3]))
    yield from kept.values()


def _geonames_rows(path: Path) -> Iterator[list[str]]:
    for row in _zipped_rows(path, f"{path.stem}.txt", GEONAMES_COLUMNS):
        if not row[0].isdigit():
            raise SourceRefused(f"{path}: the first column is no GeoNames id: {row[0][:40]!r}")
        yield row


def _zipped_rows(path: Path, member: str, columns: int) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as raw:
            for number, line in enumerate(_lines(io.TextIOWrapper(raw, "utf-8"), path), 1):
                row = line.rstrip("\n").split("\t")
                if len(row) < columns:
                    raise SourceRefused(
                        f"{path}: line {number} has {len(row)} columns, not {columns}"
                    )
                yield row
    except KeyError as fault:
        raise SourceRefused(f"{path} holds no {member}; is it another dump?") from fault
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, UnicodeDecodeError) as fault:
        raise SourceRefused(f"{path} is no zip file or is cut short: {fault}") from fault


def _codes(paths: list[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as fault:
            raise SourceRefused(f"{path} cannot be read: {fault}") from fault
        for number, line in enumerate(lines, 1):
            row = line.split("\t")
            if len(row) != 4 or not row[3].isdigit():  # noqa: PLR2004 a threshold used once
                raise SourceRefused(f"{path}: line {number} is no line of administrative codes")
            yield row[0], f"gn:{row[3]}"


def _geoname(row: list[str], codes: dict[str, str]) -> Fact | None:
    kind = _geoname_kind(row[6], row[7])
    if kind is None:
        return None
    country, place_id = row[8], f"gn:{row[0]}"
    region = codes.get(f"{country}.{row[10]}", f"country:{country}" if country else "")
    parent = codes.get(f"{country}.{row[10]}.{row[11]}", region)
    if kind is Kind.COUNTRY:
        return Fact(f"country:{country}", kind, float(row[4]), float(row[5]), country, "", int(row[14] or 0),  # noqa: E501 a table row or pattern in one line
                    [("en", row[1])], aliases=[place_id])  # fmt: skip
    if parent == place_id:
        parent = region if region != place_id else f"country:{country}"
    names = [("en", row[1])]
    names += [
        ("" if language == "both" else language, name)
        for name in row[3].split(",")
        if (language := _language_of(name))
    ]
    return Fact(
        place_id,
        kind,
        float(row[4]),
        float(row[5]),
        country,
        parent,
        int(row[14] or 0),
        list(dict.fromkeys(names)),
    )


def _geoname_kind(group: str, code: str) -> Kind | None:
    if code in _ADMIN:
        return _ADMIN[code]
    if group == "P":
        return (
            None
            if code in {"PPLQ", "PPLW", "PPLH"}
            else Kind.QUARTER
            if code == "PPLX"
            else Kind.SETTLEMENT
        )
    if (
        (group == "H" and code in _WATERS)
        or (group == "S" and code in _FACILITIES)
        or (group == "T" and code in _RELIEF)
    ):
        return _KINDS[group]
    return None


def _language_of(name: str) -> str:
    if re.fullmatch(r"[А-ЩЬЮЯЄІЇҐа-щьюяєіїґ \-’'ʼ]+", name) and re.search("[іїєґІЇЄҐ]", name):
        return "uk"
    if not re.fullmatch(r"[А-Яа-яЁё \-]+", name):
        return ""
    return "ru" if re.search(r"[ыэъё]|(?:[оеи][вн]о|ое|ая|ск)$", name) else "both"


def whos_on_first(path: Path) -> Iterator[Fact]:
    """Facts of Who's On First records of Ukraine, one JSON object a line (plain or xz)."""
    kinds = {"locality": Kind.SETTLEMENT, "neighbourhood": Kind.QUARTER}
    for number, line in enumerate(lines_of(path), 1):
        try:
            row = json.loads(line)
            kind = kinds.get(row["pt"])
            if kind is None:
                continue
            fact = _of_whos_on_first(row, kind)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
            raise SourceRefused(
                f"{path}: line {number} is no Who's On First record: {fault}"
            ) from fault
        yield fact


def _of_whos_on_first(row: dict[str, Any], kind: Kind) -> Fact:
    lat, lon, names = float(row["lat"]), float(row["lon"]), dict(row["names"])
    found = _named(names, str(row["name"]))
    wof = f"wof:{row['wof']}"
    region = row["hier"].get("region_id")
    parent = f"wof:{region}" if region else "country:UA"
    place_id, aliases = (f"gn:{row['gn']}", [wof]) if row.get("gn") else (wof, [])
    population = int(row.get("pop") or 0)
    return Fact(place_id, kind, lat, lon, "UA", parent, population, found, aliases=aliases)


def _named(names: dict[str, list[str]], shown: str) -> list[tuple[str, str]]:
    """Return names by language; what is in Latin letters is English, whatever its key says."""
    found = [
        (lang if _CYRILLIC.search(name) else "en", name)
        for lang, key in (("uk", "ukr"), ("ru", "rus"), ("en", "eng"))
        for sort in ("preferred", "variant")
        for name in names.get(f"{key}_x_{sort}", ())
        if lang != "en" or not _CYRILLIC.search(name)
    ]
    if _CYRILLIC.search(shown) and not any(lang == "uk" for lang, _ in found):
        found.insert(0, ("uk", shown))
    elif not _CYRILLIC.search(shown):
        found.append(("en", shown))
    return list(dict.fromkeys(found))


def postal(path: Path, regions: dict[str, str]) -> Iterator[Fact]:
    """Settlements of Russia's postal codes whose coordinates are reliable, one a settlement.

    `regions` maps a region's first word, folded ("курская"), to its id.
    """
    seen: set[tuple[str, str, float, float]] = set()
    for number, line in enumerate(lines_of(path), 1):
        row = line.rstrip("\n").split("\t")
        if len(row) < 12:  # noqa: PLR2004 a threshold used once
            raise SourceRefused(f"{path}: line {number} has {len(row)} columns, not 12")
        name = re.sub(r"[\s-]+\d+$", "", row[2])
        parent = regions.get(row[3].split(" ")[0].casefold())
        if not row[9] or not row[11].isdecimal() or int(row[11]) < _RELIABLE or parent is None:
            continue
        try:
            lat, lon = float(row[9]), float(row[10])
        except ValueError as fault:
            raise SourceRefused(f"{path}: line {number}: {fault}") from fault
        key = (parent, name, round(lat, 1), round(lon, 1))
        if key not in seen and re.fullmatch("[А-ЯЁ][А-Яа-яЁё -]+", name):
            seen.add(key)
            district = f"{parent}/{row[5].capitalize()}" if row[5] else parent
            yield Fact(
                f"earshot:ru-{row[1]}-{number}",
                Kind.SETTLEMENT,
                lat,
                lon,
                row[0],
                district,
                0,
                [("ru", name)],
            )


def extra(path: Path) -> Iterator[Fact]:
    """Return a table of one's own: id, kind, lat, lon, country, parent, en, ru, uk (names split by "|")."""  # noqa: E501 a table row or pattern in one line
    wanted = {"id", "kind", "lat", "lon", "country", "parent", "en", "ru", "uk"}
    table = cells_of(path, ",")
    columns = next(table, [])
    if not wanted <= set(columns):
        raise SourceRefused(f"{path}: the columns must be {', '.join(sorted(wanted))}")
    for number, cells in enumerate(filter(None, table), 2):
        row = dict(zip(columns, cells, strict=False))
        try:
            names = [
                (lang, name) for lang in ("en", "ru", "uk") for name in row[lang].split("|") if name
            ]
            yield Fact(
                row["id"],
                Kind(row["kind"]),
                float(row["lat"]),
                float(row["lon"]),
                row["country"],
                row["parent"],
                0,
                names,
            )
        except (ValueError, KeyError) as fault:
            raise SourceRefused(f"{path}: line {number}: {fault}") from fault


def cells_of(path: Path, delimiter: str) -> Iterator[list[str]]:
    """Read a table of separated values, row by row. Raises SourceRefused."""
    try:
        yield from csv.reader(lines_of(path, "utf-8-sig"), delimiter=delimiter)
    except csv.Error as fault:
        raise SourceRefused(f"{path} is no table: {fault}") from fault


def lines_of(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    """Read a text, plain or xz. Raises SourceRefused."""
    try:
        opener = (
            lzma.open(path, "rt", encoding=encoding)  # noqa: SIM115 closed by the with below
            if path.suffix == ".xz"
            else path.open(encoding=encoding)
        )
        with opener as lines:
            yield from _lines(lines, path)
    except (OSError, UnicodeDecodeError, lzma.LZMAError, EOFError) as fault:
        raise SourceRefused(f"{path} cannot be read: {fault}") from fault


def _lines(text: TextIO | io.TextIOWrapper, path: Path) -> Iterator[str]:
    """Give the lines; a packed file may hold one that fills the memory."""
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise SourceRefused(f"{path} has a line longer than any of a source of places")
        yield line
