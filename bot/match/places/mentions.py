"""Mentions as other programs read them: flat fields, GeoJSON, KML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bot.match.places.coordinates import point_in
from bot.match.places.gazetteer import Gazetteer
from bot.match.places.kinds import Kind
from storage.records import Mention


def mention_fields(mention: Mention, gazetteer: Gazetteer) -> dict[str, object]:
    """Return a mention as the flat fields of exports; coordinates are null for a place unknown to us."""  # noqa: E501 a table row or pattern in one line
    found: dict[str, object] = {"start": mention.start, "end": mention.end, "surface": mention.surface, "place_id": mention.place_id,  # noqa: E501 a table row or pattern in one line
                                "name": None, "kind": None, "lat": None, "lon": None, "country": None, "admin1": None,  # noqa: E501 a table row or pattern in one line
                                "confidence": mention.confidence,
                                "alternatives": [{"place_id": place_id, "confidence": share} for place_id, share in mention.alternatives]}  # fmt: skip  # noqa: E501 a table row or pattern in one line
    if mention.place_id is None:
        return found
    if point := point_in(mention.place_id):
        lat, lon = point
        return found | {"name": mention.surface, "kind": Kind.POINT.value, "lat": lat, "lon": lon}
    place = gazetteer.place(mention.place_id)
    return found | {"name": place.name, "kind": place.kind.value, "lat": place.lat, "lon": place.lon,  # noqa: E501 a table row or pattern in one line
                    "country": place.country, "admin1": place.admin1}  # fmt: skip


def geojson(mentions: Iterable[Mention], gazetteer: Gazetteer) -> dict[str, object]:
    """Return the mentions that are somewhere as a GeoJSON FeatureCollection (RFC 7946: longitude first)."""  # noqa: E501 a table row or pattern in one line
    features = []
    for mention in mentions:
        fields = mention_fields(mention, gazetteer)
        if fields["lat"] is not None:
            point = {"type": "Point", "coordinates": [fields.pop("lon"), fields.pop("lat")][:2]}
            features.append({"type": "Feature", "geometry": point, "properties": fields})
    return {"type": "FeatureCollection", "features": features}


def kml(mentions: Iterable[Mention], gazetteer: Gazetteer) -> str:
    """Return the mentions that are somewhere as a KML document."""
    marks = []
    for mention in mentions:
        fields = mention_fields(mention, gazetteer)
        if fields["lat"] is not None:
            marks.append(f"<Placemark><name>{escape(str(fields['name']))}</name><description>{escape(mention.surface)}, "  # noqa: E501 a table row or pattern in one line
                         f"{mention.confidence:.2f}</description><Point><coordinates>{fields['lon']},{fields['lat']}</coordinates></Point></Placemark>")  # fmt: skip  # noqa: E501 a table row or pattern in one line
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        + "".join(marks)
        + "</Document></kml>"
    )
