"""Coordinates written in a text: decimal, degrees and minutes, MGRS, UTM, plus codes, map links.

Everything is read offline. Links whose coordinates only their server knows (short links) are left.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

import mgrs  # type: ignore[import-untyped]  # no types are published
import utm  # type: ignore[import-untyped]  # no types are published
from openlocationcode import openlocationcode  # type: ignore[import-untyped]  # no types

EARTH_KM = 6371.0088  # mean radius, IUGG


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance (haversine)."""
    up, across = math.radians(other_lat - lat), math.radians(other_lon - lon)
    a = (
        math.sin(up / 2) ** 2
        + math.cos(math.radians(lat))
        * math.cos(math.radians(other_lat))
        * math.sin(across / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, a)))


@dataclass(frozen=True, slots=True)
class Point:
    """Coordinates found in a text: code points of the text, WGS 84 degrees, how they were written."""  # noqa: E501 a table row or pattern in one line

    start: int
    end: int
    lat: float
    lon: float
    form: str


_NUMBER = r"[+-]?\d{1,3}(?:[.,]\d{3,15})"
_DECIMAL = re.compile(
    rf"(?<![\d.,/=@-])(?P<a>{_NUMBER})\s?°?\s?(?P<ha>[NSСЮпПсю]?)(?:\.?\s?[шд]\.?)?\s*[,;\s/]\s*(?P<b>{_NUMBER})\s?°?\s?(?P<hb>[EWВЗСсвз]?)(?![\d°]|[.,]\d|\s?(?:грн|руб|₽|₴|\$|€|USD|UAH|EUR|%|млн|тис|тыс))"
)
_DMS_PART = r"(\d{{1,3}})\s?[°º]\s?(\d{{1,2}}(?:[.,]\d+)?)\s?['’′`](?:\s?(\d{{1,2}}(?:[.,]\d+)?)\s?(?:[\"”″“]|''|’’|′′))?\s?({0})?"  # noqa: E501 a table row or pattern in one line
_DMS = re.compile(
    _DMS_PART.format(r"N|S|с\.?\s?ш\.?|ю\.?\s?ш\.?|пн\.?\s?ш\.?|пд\.?\s?ш\.?|пн\.?|пд\.?|С|Ю")
    + r"[\s,;/]*"
    + _DMS_PART.format(r"E|W|в\.?\s?д\.?|з\.?\s?д\.?|сх\.?\s?д\.?|зх\.?\s?д\.?|сх\.?|зх\.?|В|З|O"),
    re.IGNORECASE,
)
_MGRS = re.compile(r"\b(\d{1,2}[C-HJ-NP-X])\s?([A-HJ-NP-Z]{2})\s?(\d{2,5})\s?(\d{2,5})\b")
_UTM = re.compile(
    r"\b(\d{1,2})\s?([C-HJ-NP-X])\s+(\d{6}(?:\.\d+)?)\s*(?:m?E)?[\s,]+(\d{7}(?:\.\d+)?)(?:\s*m?N)?\b"
)
_PLUS = re.compile(
    r"(?<![A-Z0-9+])([23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,3})(?![A-Z0-9+])"
)
_URL = re.compile(
    r"(?:https?://|www\.|geo:|(?<![\w.@])(?:maps\.|goo\.gl|yandex\.|osm\.org|openstreetmap\.org))[^\s<>\"»)]+",
    re.IGNORECASE,
)
_MAPS = re.compile(r"google\.[a-z.]+/maps|maps\.google|goo\.gl/maps|maps\.app|maps\.apple|yandex\.[a-z]+|openstreetmap|osm\.org|"  # noqa: E501 a table row or pattern in one line
                   r"geo:|bing\.com/maps|2gis|wikimapia|deepstatemap|liveuamap|waze|here\.com", re.IGNORECASE)  # fmt: skip  # noqa: E501 a table row or pattern in one line
_FLOAT = r"(-?\d{1,3}(?:\.\d+)?)"
_LAT_LON = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"!3d{_FLOAT}!4d{_FLOAT}",
        rf"[?&](?:mlat)={_FLOAT}&mlon={_FLOAT}",
        rf"[?&](?:q|query|ll|sll|daddr|destination|center|cp|coordinate|latlng)=(?:loc:)?{_FLOAT}[,~ +]+{_FLOAT}",  # noqa: E501 a table row or pattern in one line
        rf"@{_FLOAT},{_FLOAT}",
        rf"#map=\d+(?:\.\d+)?/{_FLOAT}/{_FLOAT}",
        rf"#\d+(?:\.\d+)?/{_FLOAT}/{_FLOAT}",
        rf"/(?:place|search|dir)/{_FLOAT},[+ ]?{_FLOAT}",
        rf"^geo:{_FLOAT},{_FLOAT}",
        rf"[?&]lat={_FLOAT}&(?:lon|lng)={_FLOAT}",
    )
)
_YANDEX = re.compile(
    rf"[?&](?:pt|whatshere\[point\]|ll)={_FLOAT},{_FLOAT}", re.IGNORECASE
)  # longitude first
_TWOGIS = re.compile(rf"[?&/]m=?{_FLOAT},{_FLOAT}|/geo/{_FLOAT},{_FLOAT}", re.IGNORECASE)
_SIGNS = ("//", "°", "º", "+", "geo:", "www.")
_SOME = re.compile(r"\d(?:[.,]\d{3}| ?[C-X])")
_LINK_SIGN = re.compile(r"//|www\.|geo:|maps\.|goo\.gl|yandex\.|osm\.org|openstreetmap")
_PLAIN = re.compile(r"\s*([+-]?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*$")
_WEST_SOUTH = re.compile(r"(?i)^(s|w|ю|пд|з)")


POINT_PREFIX = "point:"  # "point:48.28014,37.17706": coordinates written in a text, as a place's id


def point_id(lat: float, lon: float) -> str:
    """Return the id of a place that is only coordinates."""
    return f"{POINT_PREFIX}{lat:.5f},{lon:.5f}"


def point_in(place_id: str) -> tuple[float, float] | None:
    """Return the degrees that such an id says, None for the id of a place with a name."""
    if not place_id.startswith(POINT_PREFIX):
        return None
    lat, lon = place_id.removeprefix(POINT_PREFIX).split(",")
    return float(lat), float(lon)


def coordinates_in(text: str) -> list[Point]:
    """All coordinates of a text in order, no two overlapping."""
    if not any(sign in text for sign in _SIGNS) and not _SOME.search(text):
        return []
    found: list[Point] = []
    urls = [match.span() for match in _URL.finditer(text)] if _LINK_SIGN.search(text) else []
    for start, end in urls:
        point = _linked(text[start:end])
        if point:
            found.append(Point(start, end, *point, "link"))
    for form, sign, pattern, read in _WRITTEN:
        if sign.search(text):
            for match in pattern.finditer(text):
                _add(found, urls, match, read(match), form)
    return sorted(found, key=lambda point: point.start)


def point_of(query: str) -> Point | None:
    """Return the coordinates a person asks for, written in any way, "51.19,35.27" too."""
    match = _PLAIN.match(query)
    if match:
        lat, lon = float(match[1]), float(match[2])
        return (
            Point(*match.span(), lat, lon, "decimal")
            if abs(lat) <= 90 and abs(lon) <= 180  # noqa: PLR2004 a threshold used once
            else None
        )
    return next(iter(coordinates_in(query)), None)


def _add(found: list[Point], urls: list[tuple[int, int]], match: re.Match[str],
         point: tuple[float, float] | None, form: str) -> None:  # fmt: skip
    start = match.start()
    end = start + len(match[0].rstrip())  # the last sign of a form may be a space
    free = all(end <= s or start >= e for s, e in urls) and all(
        end <= p.start or start >= p.end for p in found
    )
    if free and point and abs(point[0]) <= 90 and abs(point[1]) <= 180 and point != (0.0, 0.0):  # noqa: PLR2004 a threshold used once
        found.append(Point(start, end, round(point[0], 6), round(point[1], 6), form))


def _linked(url: str) -> tuple[float, float] | None:
    if not _MAPS.search(url):
        return None
    url = unquote(url)
    swapped = "yandex." in url.lower() and "/maps" in url.lower()
    if swapped and (match := _YANDEX.search(url)):
        lat, lon = float(match[2]), float(match[1])
    elif "2gis" in url.lower() and (match := _TWOGIS.search(url)):
        numbers = [float(group) for group in match.groups() if group]
        lat, lon = numbers[1], numbers[0]
    else:
        hit = next((match for pattern in _LAT_LON if (match := pattern.search(url))), None)
        if hit is None:
            return None
        lat, lon = float(hit[1]), float(hit[2])
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None  # noqa: PLR2004 a threshold used once


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _decimal(match: re.Match[str]) -> tuple[float, float] | None:
    first, second = match["a"], match["b"]
    if len(re.split("[.,]", first)[1]) < 4 and not (match["ha"] or match["hb"]):  # noqa: PLR2004 a threshold used once
        return None
    lat, lon = _number(first), _number(second)
    if match["ha"] in {"S", "Ю", "ю"}:
        lat = -lat
    if match["hb"] in {"W", "З", "з"}:
        lon = -lon
    return lat, lon


def _dms(match: re.Match[str]) -> tuple[float, float]:
    groups = match.groups()
    lat, lon = (_number(part[0]) + _number(part[1]) / 60 + _number(part[2] or "0") / 3600
                for part in (groups[:3], groups[4:7]))  # fmt: skip
    if groups[3] and _WEST_SOUTH.match(groups[3]) and groups[3].upper() != "С":
        lat = -lat
    if groups[7] and _WEST_SOUTH.match(groups[7]):
        lon = -lon
    return lat, lon


def _mgrs(match: re.Match[str]) -> tuple[float, float] | None:
    zone, square, east, north = match.groups()
    if len(east) != len(north):
        return None
    try:
        lat, lon = mgrs.MGRS().toLatLon(f"{zone}{square}{east}{north}")
    except mgrs.core.MGRSError:
        return None
    return float(lat), float(lon)


def _utm(match: re.Match[str]) -> tuple[float, float] | None:
    try:
        lat, lon = utm.to_latlon(float(match[3]), float(match[4]), int(match[1]), match[2])
    except (utm.OutOfRangeError, ValueError):
        return None
    return float(lat), float(lon)


def _plus(match: re.Match[str]) -> tuple[float, float] | None:
    code = match[1]
    if not openlocationcode.isFull(code):
        return None
    area = openlocationcode.decode(code)
    return area.latitudeCenter, area.longitudeCenter


# How coordinates are written: form, a sign without which none is there, the pattern, its reader.
_WRITTEN: tuple[
    tuple[
        str, re.Pattern[str], re.Pattern[str], Callable[[re.Match[str]], tuple[float, float] | None]
    ],
    ...,
] = (
    ("decimal", re.compile(r"\d[.,]\d{3}"), _DECIMAL, _decimal),
    ("dms", re.compile("[°º]"), _DMS, _dms),
    ("utm", re.compile(r"\d ?[C-X] "), _UTM, _utm),
    ("mgrs", re.compile(r"\d[C-X] ?[A-Z]{2}"), _MGRS, _mgrs),
    ("plus code", re.compile(r"\+"), _PLUS, _plus),
)
