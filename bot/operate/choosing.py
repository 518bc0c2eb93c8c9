"""Which of the places of one name a query means: the doubt, and the query once it is settled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.match.documents import PLACES
from bot.match.nodes import And, Near, Node, Not, Or, PlaceIs, PlaceNear, printed, walk
from bot.match.places import Place
from bot.match.query import parse
from storage.failures import BadInput


class PlaceAmbiguous(BadInput, ValueError):
    """A query's place may be several; the message lists them with what to write for each."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A name of a query that several places bear, the likeliest first."""

    name: str
    places: tuple[Place, ...]


def doubt_in(query: str) -> Doubt | None:
    """Find the first name of a query that leaves a doubt; None when there is none."""
    for node in walk(parse(query, allow_scan=True).root):
        if isinstance(node, PlaceIs | PlaceNear):
            rivals = PLACES.rivals(_name(node))
            if rivals:
                return Doubt(_name(node), tuple(rivals))
    return None


def labels(doubt: Doubt, language: str) -> list[str]:
    """Give what tells the places of a doubt apart: raion and oblast, else their coordinates."""
    found = [PLACES.label(place, language) for place in doubt.places]
    return [
        f"{label} ({place.lat:.2f}, {place.lon:.2f})" if found.count(label) > 1 else label
        for label, place in zip(found, doubt.places, strict=True)
    ]


def settled(query: str, doubt: Doubt, place: Place, language: str) -> str:
    """Give the query with the place put in for its name."""
    written = f"{PLACES.label(place, language)} ({place.id})".replace('"', "")
    return printed(_put(parse(query, allow_scan=True).root, doubt.name, written))


def refuse_doubt(query: str) -> None:
    """Raise PlaceAmbiguous, with the candidates and their ids, for a name that leaves a doubt."""
    doubt = doubt_in(query)
    if doubt is not None:
        listed = "; ".join(f"{place.label} is place:{place.id}" for place in doubt.places)
        raise PlaceAmbiguous(f"several places are called {doubt.name}: {listed}")


def _name(node: PlaceIs | PlaceNear) -> str:
    return node.name if isinstance(node, PlaceIs) else node.centre


def _put(node: Node, name: str, written: str) -> Node:
    match node:
        case PlaceIs() if node.name == name:
            return replace(node, name=written)
        case PlaceNear() if node.centre == name:
            return replace(node, centre=written)
        case And(items) | Or(items):
            return replace(node, items=tuple(_put(item, name, written) for item in items))
        case Not(item):
            return Not(_put(item, name, written))
        case Near(left, right, distance):
            return Near(_put(left, name, written), _put(right, name, written), distance)
        case _:
            return node
