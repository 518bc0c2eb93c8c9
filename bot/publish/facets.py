"""What was found, all of it, by channel, day, language and place: counts, exact or estimated."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, tzinfo

from bot.publish.counting import counted
from bot.publish.place_counts import PlaceCounts, places_counted
from bot.publish.questions import Question
from bot.publish.search import Wanted
from bot.publish.timeline import Bar, Unit, bars
from storage import channels
from storage.database import Database
from storage.reading import reader

_COUNTING_S = 20.0
_PLACES_S = 4.0


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts of everything a search would find; unless `is_exact`, read "about".

    Channels and languages come most first, days in order. `bars` are the same over time, cut into
    `unit`s.
    """

    total: int
    channels: dict[str, int]
    languages: dict[str, int]
    days: dict[date, int]
    unit: Unit
    bars: tuple[Bar, ...]
    is_exact: bool
    looked_at: int
    candidates: int
    places: PlaceCounts


async def facets(
    database: Database,
    wanted: Wanted,
    zone: tzinfo,
    within_s: float = _COUNTING_S,
    places_within_s: float = _PLACES_S,
) -> Facets:
    """Count what a search would find. Raises QueryError and UnknownChannelError."""
    async with database.reading() as connection:
        known = await channels.listed(connection, removed=True)

    def work() -> Facets:
        question = Question(
            wanted.query,
            known,
            channels=wanted.channels,
            groups=wanted.groups,
        )
        with reader(database.path) as connection:
            found = counted(connection, question, wanted.stretch, within_s)
            places = places_counted(connection, question, wanted.stretch, places_within_s)
        unit, shown = bars(found.quarters, zone)
        spoken = sorted(found.languages.items(), key=lambda item: -item[1])
        return Facets(
            total=found.total,
            channels={question.known[key].name: n for key, n in found.channels().items()},
            languages={name or "unknown": round(count) for name, count in spoken},
            days=found.days(zone),
            unit=unit,
            bars=tuple(shown),
            is_exact=found.is_exact,
            looked_at=found.looked_at,
            candidates=found.candidates,
            places=places,
        )

    return await asyncio.to_thread(work)
