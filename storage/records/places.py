"""What rows say of places: why a query about places matched, and what a channel writes about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.records.ids import PlaceId


@dataclass(frozen=True, slots=True)
class HitPlace:
    """A place for which a query matched; `labels` are its name, raion and oblast by language.

    `distance_km` is from the `centre` of a near: query and None for place:. The runner-up is the
    best other bearer of the name, whatever its confidence; None when there is no other.
    """

    surface: str
    place_id: PlaceId
    labels: Mapping[str, str]
    lat: float
    lon: float
    confidence: float
    centre: str | None = None
    distance_km: float | None = None
    runner_up: Mapping[str, str] | None = None
    runner_up_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class PlacePrior:
    """What is known of a channel's places.

    `regions` counts its mentions beyond doubt; `right` and `wrong` count readers' verdicts of
    (surface in lower case, place).
    """

    regions: Mapping[PlaceId, float] = field(default_factory=dict)
    right: Mapping[tuple[str, PlaceId], int] = field(default_factory=dict)
    wrong: Mapping[tuple[str, PlaceId], int] = field(default_factory=dict)
