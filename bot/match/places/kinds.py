"""What sort of place a place is, and the record that crosses the package's border."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from storage.records import PlaceId


class Kind(StrEnum):
    """The sorts of place the gazetteer tells apart; the order is the code stored in artefacts."""

    COUNTRY = "country"
    REGION = "region"  # first level: oblast, state, land
    DISTRICT = "district"  # second level: raion, county
    COMMUNITY = "community"  # third level: hromada
    SETTLEMENT = "settlement"
    QUARTER = "quarter"  # part of a settlement
    AREA = "area"  # what is on no administrative tree: Donbas, the Balkans, a continent
    WATER = "water"
    RELIEF = "relief"
    FACILITY = "facility"  # airport, power station, border crossing
    POINT = "point"  # coordinates written in a text


KINDS: tuple[Kind, ...] = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the gazetteer.

    `names` maps a language ("en", "ru", "uk") to the name to show; `parents` runs from the
    nearest (raion) to the farthest (country). `lat` and `lon` are WGS 84 degrees.
    `country` is the ISO 3166 code in upper case, "" for what lies in none or in several.
    """

    id: PlaceId
    name: str
    names: dict[str, str]
    kind: Kind
    lat: float
    lon: float
    country: str
    admin1: str | None
    admin2: str | None
    population: int
    parents: tuple[PlaceId, ...]

    @property
    def label(self) -> str:
        """The name with its raion and oblast, as a person tells homonyms apart."""
        return ", ".join(part for part in (self.name, self.admin2, self.admin1) if part)
