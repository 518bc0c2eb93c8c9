"""One place from several sources: by a shared id, else by name, nearness and hierarchy."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from bot.match.places.facts import Fact
from bot.match.places.kinds import Kind
from bot.match.places.latin import latin_of
from bot.match.places.spelling import folded

SAME_KM = 6.0  # settlements of one name nearer than this are one place


def merged(facts: Iterable[Fact]) -> list[Fact]:
    """Facts with duplicates joined; the first source of a place gives its id and position.

    A parent written "iso:RU-KRS/Суджанский район" is looked up by name below the region.
    """
    by_id: dict[str, Fact] = {}
    near: dict[tuple[int, int, str], list[Fact]] = defaultdict(list)
    kept: list[Fact] = []
    for fact in facts:
        twin = next((by_id[i] for i in (fact.id, *fact.aliases) if i in by_id), None) or _twin(
            fact, near
        )
        if twin is None:
            kept.append(fact)
            twin = fact
        else:
            _join(twin, fact)
        for place_id in (twin.id, *twin.aliases):
            by_id[place_id] = twin
        for skeleton in _skeletons(fact):
            near[round(fact.lat * 10), round(fact.lon * 10), skeleton].append(twin)
    _hang(kept, by_id)
    return kept


def _twin(fact: Fact, near: dict[tuple[int, int, str], list[Fact]]) -> Fact | None:
    if fact.kind is not Kind.SETTLEMENT:
        return None
    row, column = round(fact.lat * 10), round(fact.lon * 10)
    for skeleton in _skeletons(fact):
        for up in (row - 1, row, row + 1):
            for across in (column - 1, column, column + 1):
                for other in near.get((up, across, skeleton), ()):
                    if (
                        other.kind is Kind.SETTLEMENT
                        and other.country == fact.country
                        and _km(fact, other) <= SAME_KM
                    ):
                        return other
    return None


def _km(one: Fact, other: Fact) -> float:
    return kilometres((one.lat, one.lon), (other.lat, other.lon))


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two points near one another, of latitude and longitude."""
    north = (one[0] - other[0]) * 111.2
    east = (one[1] - other[1]) * 111.2 * math.cos(math.radians(one[0]))
    return math.hypot(north, east)


def _skeletons(fact: Fact) -> set[str]:
    return {skeleton(language, name) for language, name in fact.names}


def skeleton(language: str, name: str) -> str:
    """Return a name without what transliterations differ in: shades of vowels, soft signs."""
    latin = folded(latin_of(name, language).replace(" ", "").replace("-", ""))
    for longer, shorter in _SHADES:
        latin = latin.replace(longer, shorter)
    return "".join(char for at, char in enumerate(latin) if at == 0 or latin[at - 1] != char)


_SHADES = (("'", ""), ("iy", "i"), ("yi", "i"), ("yy", "i"), ("y", "i"), ("ie", "e"), ("ye", "e"), ("ii", "i"),  # noqa: E501 a table row or pattern in one line
           ("kh", "h"), ("g", "h"), ("ya", "a"), ("ia", "a"), ("iu", "u"), ("io", "o"), ("ivka", "ovka"))  # fmt: skip  # noqa: E501 a table row or pattern in one line


def _join(first: Fact, other: Fact) -> None:
    for place_id in (other.id, *other.aliases):
        if place_id != first.id and place_id not in first.aliases:
            first.aliases.append(place_id)
    first.names = list(dict.fromkeys(other.names + first.names)) if other.country in {"UA", "RU"} else list(  # noqa: E501 a table row or pattern in one line
        dict.fromkeys(first.names + other.names))  # fmt: skip
    first.noted = first.noted or other.noted
    first.population = max(first.population, other.population)
    first.members = list(dict.fromkeys(first.members + other.members))
    if not first.parent or (
        first.parent.startswith(("iso:", "country:")) and other.parent and "/" in other.parent
    ):
        first.parent = other.parent


def _hang(facts: list[Fact], by_id: dict[str, Fact]) -> None:
    """Replace parents given by name or by another of its ids."""
    districts = {(by_id[fact.parent].id if fact.parent in by_id else fact.parent, folded(name)): fact.id  # noqa: E501 a table row or pattern in one line
                 for fact in facts if fact.kind is Kind.DISTRICT for _, name in fact.names}  # fmt: skip  # noqa: E501 a table row or pattern in one line
    for fact in facts:
        region, _, district = fact.parent.partition("/")
        if region in by_id:
            region = by_id[region].id
        fact.parent = districts.get((region, folded(district)), region) if district else region
        if fact.parent == fact.id:
            fact.parent = ""
