"""The table of facts between importers and the artefact: one `Fact` a place, one line a fact.

A file of facts is UTF-8 TSV packed with xz; `data/facts.tsv.xz` is the default one.
Columns: id, kind, lat, lon, country, parent id, population, English, Russian and Ukrainian
name, further names (`lang:name|lang:name`), members (ids of a macro-region's parts, `|`).
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.match.places.kinds import Kind
from storage.failures import BadInput

COLUMNS = 12
LANGUAGES = ("en", "ru", "uk")


class FactsBroken(BadInput, ValueError):
    """A table of facts cannot be read; the message names file, line and fault."""


@dataclass(slots=True)
class Fact:
    """What a source says of one place; `names` are (language or "", name), the best first."""

    id: str
    kind: Kind
    lat: float
    lon: float
    country: str = ""
    parent: str = ""
    population: int = 0
    names: list[tuple[str, str]] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)  # other ids of the same place
    prime: int = 0  # so many of the first names are hand-kept, hence no mere aliases
    noted: bool = False  # in the hand-kept table: often named, however small

    def name(self, language: str) -> str:
        """Return the name to show in a language, "" when no source has one."""
        return next((name for lang, name in self.names if lang == language), "")


def line_of(fact: Fact) -> str:
    """Return the fact as one line of the table, without the line break."""
    shown = {language: fact.name(language) for language in LANGUAGES}
    rest = [(lang, name) for lang, name in fact.names if shown.get(lang) != name]
    return "\t".join(
        (
            "=".join((fact.id, *fact.aliases)),
            fact.kind.value,
            f"{fact.lat:.5f}",
            f"{fact.lon:.5f}",
            fact.country,
            fact.parent,
            str(fact.population),
            *shown.values(),
            "|".join(f"{lang}:{name}" for lang, name in rest),
            "|".join(fact.members),
        )
    )


def fact_of(line: str) -> Fact:
    """Return the fact of one line; ValueError when a column is missing or is no number."""
    columns = line.split("\t")
    if len(columns) != COLUMNS:
        raise ValueError(f"{len(columns)} columns instead of {COLUMNS}")
    place_id, *aliases = columns[0].split("=")
    lat, lon = float(columns[2]), float(columns[3])
    if not place_id or not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 a threshold used once
        raise ValueError("no id, or coordinates outside the globe")
    names = [(lang, name) for lang, name in zip(LANGUAGES, columns[7:10], strict=True) if name]
    for entry in filter(None, columns[10].split("|")):
        lang, _, name = entry.partition(":")
        names.append((lang, name))
    return Fact(
        place_id,
        Kind(columns[1]),
        lat,
        lon,
        columns[4],
        columns[5],
        int(columns[6]),
        names,
        [member for member in columns[11].split("|") if member],
        aliases,
    )


def read_facts(path: Path) -> Iterator[Fact]:
    """All facts of a table; FactsBroken names the line."""
    number = 0
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):  # noqa: B007 told in the error
                yield fact_of(line.rstrip("\n"))
    except (ValueError, EOFError, lzma.LZMAError) as fault:
        raise FactsBroken(f"{path}: line {number}: {fault}") from fault


def write_facts(path: Path, facts: Iterable[Fact]) -> None:
    """Write a table whose bytes depend on the facts alone: sorted by id, no time stamp."""
    rows = sorted(facts, key=lambda fact: fact.id)
    text = "".join(f"{line_of(fact)}\n" for fact in rows)
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
