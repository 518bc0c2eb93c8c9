"""Why a query about places matched: which name of the post, which place, how sure, what else.

In: the places a query asks for and a post's mentions. Out: rows for the alert to tell; nothing
here decides whether the query matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.match.expand import SURENESS
from bot.match.nodes import Node, Not, PlaceIs, PlaceNear, children
from bot.match.places import Gazetteer, claims_of, point_in
from bot.match.places.coordinates import distance_km
from bot.match.query import Query
from bot.translation import LANGUAGES
from storage.records import Document, HitPlace, Mention, PlaceId

MOST_PLACES = 3  # told of one hit


@dataclass(frozen=True, slots=True)
class Asked:
    """One `place:` or `near:` of a query: the ids that satisfy it, and from which certainty.

    `centre` is what the query says and `point` where that is, for `near:` alone.
    """

    ids: frozenset[PlaceId]
    least: float
    centre: str | None = None
    point: tuple[float, float] | None = None


def asked_for(query: Query, gazetteer: Gazetteer) -> tuple[Asked, ...]:
    """Return what a query asks about places, but for what it excludes. Raises LookupError."""
    return tuple(_asked(node, gazetteer) for node in _wanted(query.root))


def _wanted(node: Node) -> Iterable[PlaceIs | PlaceNear]:
    if isinstance(node, PlaceIs | PlaceNear):
        yield node
    elif not isinstance(node, Not):
        for child in children(node):
            yield from _wanted(child)


def _asked(node: PlaceIs | PlaceNear, gazetteer: Gazetteer) -> Asked:
    least = SURENESS[node.sureness]
    if isinstance(node, PlaceIs):
        return Asked(gazetteer.place_ids(node.name), least)
    ids = gazetteer.near_ids(node.centre, node.radius_km)
    return Asked(ids, least, node.centre, gazetteer.centre(node.centre))


def places_of(
    asked: Iterable[Asked], document: Document, gazetteer: Gazetteer
) -> tuple[HitPlace, ...]:
    """Return the places of a post that satisfy what was asked, the surest first, each once."""
    found: dict[PlaceId, HitPlace] = {}
    for wish in asked:
        for mention in document.mentions:
            place = _placed(wish, mention, gazetteer)
            if place and (
                place.place_id not in found or found[place.place_id].confidence < place.confidence
            ):
                found[place.place_id] = place
    ordered = sorted(found.values(), key=lambda place: -place.confidence)
    return tuple(ordered[:MOST_PLACES])


def _placed(wish: Asked, mention: Mention, gazetteer: Gazetteer) -> HitPlace | None:
    inside = [one for one in claims_of(mention) if one[0] in wish.ids]
    if not inside or sum(share for _, share in inside) < wish.least - 1e-9:
        return None
    written = point_in(mention.place_id) if mention.place_id else None
    named = [one for one in inside if gazetteer.number(one[0]) is not None]
    if not named and mention.place_id:
        named = [(mention.place_id, mention.confidence)]  # coordinates far from any settlement
    chosen, share = max(named, key=lambda one: one[1])
    others = [
        one
        for one in claims_of(mention)
        if one[0] != chosen and gazetteer.number(one[0]) is not None
    ]
    other, other_share = max(others, key=lambda one: one[1], default=(None, None))
    lat, lon = written or gazetteer.degrees(_number(gazetteer, chosen))
    return HitPlace(
        surface=mention.surface,
        place_id=chosen,
        labels=labels(gazetteer, chosen),
        lat=lat,
        lon=lon,
        confidence=share,
        centre=wish.centre,
        distance_km=distance_km(*wish.point, lat, lon) if wish.point else None,
        runner_up=labels(gazetteer, other) if other else None,
        runner_up_confidence=other_share,
    )


def labels(gazetteer: Gazetteer, place_id: PlaceId) -> Mapping[str, str]:
    """Return a place's name with its raion and oblast in every language the bot speaks."""
    written = point_in(place_id)
    if written is not None:
        return dict.fromkeys(LANGUAGES, "{:.4f}, {:.4f}".format(*written))
    number = _number(gazetteer, place_id)
    return {language: gazetteer.record(number, language).label for language in LANGUAGES}


def _number(gazetteer: Gazetteer, place_id: PlaceId) -> int:
    number = gazetteer.number(place_id)
    if number is None:
        raise LookupError(place_id)
    return number
