"""A map of mentions: dots over borders and rivers, one SVG document, made offline."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bot.match.places.coordinates import point_in
from bot.match.places.gazetteer import Gazetteer
from storage.records import Mention, PlaceId

_WIDTH = 800  # of the map, px


def svg_map(mentions: Iterable[Mention], gazetteer: Gazetteer) -> str:
    """Mentions as dots sized by how often, without a base map; an SVG document.

    Equirectangular, fitted to what is shown with a margin of half a degree.
    """
    counts: dict[str, int] = {}
    for mention in mentions:
        if mention.place_id is not None and point_in(mention.place_id) is None:
            counts[mention.place_id] = counts.get(mention.place_id, 0) + 1
    places = [gazetteer.place(PlaceId(place_id)) for place_id in sorted(counts)]
    if not places:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="40"><text x="8" y="24">no places</text></svg>'  # noqa: E501 a table row or pattern in one line
    south, north = (
        min(place.lat for place in places) - 0.5,
        max(place.lat for place in places) + 0.5,
    )
    west, east = min(place.lon for place in places) - 0.8, max(place.lon for place in places) + 0.8
    scale = _WIDTH / (east - west)
    stretch = 1.5  # a degree of latitude against one of longitude at 48° north
    drawn = []
    for place in places:
        x, y = (place.lon - west) * scale, (north - place.lat) * scale * stretch
        radius = 3 + 2 * counts[place.id] ** 0.5
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#c33" fill-opacity="0.6"/>'  # noqa: E501 a table row or pattern in one line
                     f'<text x="{x + radius + 2:.1f}" y="{y + 4:.1f}" font-size="12">{escape(place.name)} {counts[place.id]}</text>')  # fmt: skip  # noqa: E501 a table row or pattern in one line
    height = (north - south) * scale * stretch
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:.0f}">'
        + "".join(drawn)
        + "</svg>"
    )
