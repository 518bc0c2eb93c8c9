"""Ukraine's codifier (KATOTTG) → facts: the whole tree, placed by what other sources know.

The codifier has no coordinates. A settlement takes those of a settlement of its name and oblast
in other sources; of several the one nearest to the rest of its community. One that no source has
stands in the middle of its community; communities and raions in the middle of their settlements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bot.match.places.facts import Fact
from bot.match.places.importers import SourceRefused, cells_of
from bot.match.places.kinds import Kind
from bot.match.places.latin import latin_of
from bot.match.places.merge import kilometres, skeleton
from bot.match.places.spelling import folded

_COLUMNS = 7
_KINDS = {
    "O": Kind.REGION, "K": Kind.REGION, "P": Kind.DISTRICT, "H": Kind.COMMUNITY,
    "M": Kind.SETTLEMENT, "T": Kind.SETTLEMENT, "C": Kind.SETTLEMENT, "X": Kind.SETTLEMENT,
    "B": Kind.QUARTER,
}  # fmt: skip
_ENDINGS = {Kind.REGION: " область", Kind.DISTRICT: " район", Kind.COMMUNITY: " громада"}
_FEW = 3  # placed settlements below which a unit's middle is no witness
_FAR_KM = 50.0  # from the rest of its community, or raion, a namesake is another place

Degrees = tuple[float, float]


@dataclass(slots=True)
class _Row:
    """A line of the codifier: its codes from oblast to itself, and where it turned out to be."""

    codes: list[str]
    kind: Kind
    name: str
    oblast: str
    at: Degrees | None = None


def katottg(path: Path, known: Iterable[Fact]) -> Iterator[Fact]:
    """Facts of the codifier, placed by the facts known so far. Raises SourceRefused."""
    rows = list(_rows(path))
    where = _Known(known)
    found = {row.codes[-1]: where.of(row) for row in rows if row.kind is Kind.SETTLEMENT}
    for row in rows:
        if len(found.get(row.codes[-1], ())) == 1:
            row.at = found[row.codes[-1]][0]
    centres = _centres(rows)
    for row in rows:
        namesakes = found.get(row.codes[-1])
        near = _centre_of(row, centres, _FEW) or _centre_of(row, centres)
        if namesakes and near:
            best = min(namesakes, key=lambda at: kilometres(at, near))
            row.at = best if kilometres(best, near) <= _FAR_KM else None
    centres = _centres(rows)
    for row in rows:
        own = centres.get(row.codes[-1])
        at = row.at or (own[1] if own else _centre_of(row, centres))
        if at is not None:
            yield _fact(row, at)


def _rows(path: Path) -> Iterator[_Row]:
    table = list(cells_of(path, ";"))
    if not table or len(table[0]) != _COLUMNS or not table[0][0].startswith("Перший"):
        raise SourceRefused(f"{path} is no KATOTTG table: its columns are not the codifier's seven")
    oblasts: dict[str, str] = {}
    for number, row in enumerate(table[1:], 2):
        codes = [code for code in row[:5] if code]
        if len(row) != _COLUMNS or not codes:
            raise SourceRefused(f"{path}: line {number} is no line of the codifier")
        kind, name = _KINDS.get(row[5]), row[6].strip()
        oblasts.setdefault(codes[0], _oblast_key(name))
        if kind is not None:
            yield _Row(codes, kind, name, oblasts[codes[0]])


class _Known:
    """Settlements of Ukraine by oblast and name, however it is spelt."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        kept = {fact.id: fact for fact in facts if fact.country == "UA"}
        self._found: defaultdict[tuple[str, str], list[Degrees]] = defaultdict(list)
        for fact in kept.values():
            oblast = _oblast(fact, kept) if fact.kind is Kind.SETTLEMENT else None
            if oblast is None:
                continue
            keys = {skeleton(lang, name) for lang, name in fact.names if lang in {"uk", "en"}}
            for key in keys:
                self._found[oblast, key].append((fact.lat, fact.lon))

    def of(self, row: _Row) -> list[Degrees]:
        """Return where places of a row's name in its oblast are."""
        return self._found.get((row.oblast, skeleton("uk", row.name)), [])


def _oblast(fact: Fact, kept: dict[str, Fact]) -> str | None:
    region: Fact | None = fact
    while region is not None and region.kind is not Kind.REGION:
        region = kept.get(region.parent)
    return _oblast_key(region.name("uk")) if region else None


def _oblast_key(name: str) -> str:
    """Return what both the codifier and other sources call an oblast."""
    key = folded(name).removesuffix("область").strip()
    return "крим" if key.endswith("крим") else key


def _centres(rows: Iterable[_Row]) -> dict[str, tuple[int, Degrees]]:
    """Return how much is placed of each community, raion and oblast, and its median, by code."""
    placed: defaultdict[str, list[Degrees]] = defaultdict(list)
    for row in rows:
        if row.at is not None:
            for code in row.codes[:-1]:
                placed[code].append(row.at)
    return {
        code: (len(found), (median(lat for lat, _ in found), median(lon for _, lon in found)))
        for code, found in placed.items()
    }


def _centre_of(
    row: _Row, centres: dict[str, tuple[int, Degrees]], least: int = 1
) -> Degrees | None:
    """Return the middle of the smallest unit above a row of which so many are placed."""
    above = (centres[code] for code in reversed(row.codes[:-1]) if code in centres)
    return next((at for count, at in above if count >= least), None)


def _fact(row: _Row, at: Degrees) -> Fact:
    name = row.name + _ENDINGS.get(row.kind, "")
    if row.kind is Kind.REGION and not row.name.endswith("а"):
        name = row.name  # Крим, Київ, Севастополь
    parent = f"katottg:{row.codes[-2]}" if len(row.codes) > 1 else "country:UA"
    english = latin_of(row.name, "uk")
    names = [("uk", name), *([("en", english)] if row.kind is Kind.SETTLEMENT else [])]
    return Fact(f"katottg:{row.codes[-1]}", row.kind, *at, "UA", parent, 0, names)
