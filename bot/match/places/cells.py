"""Squares of the globe, so that written coordinates are found by distance with a look-up.

A `near:` query is covered by squares of many sizes; a point is in one square of each size. Small
ones have 1/25 of the radius (2 km at least): at the rim a point counts when the middle of its
square is within the radius.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from bot.match.places.coordinates import distance_km, point_in
from storage.records import Mention, PlaceId

SMALLEST = 0.02  # degrees
SIZES = 11  # each twice the one before: the largest have 20.48 degrees
STEPS = 25  # smallest squares along a radius
DEGREE_KM = 111.195
_HALF_TURN, _QUARTER = 180.0, 90.0


def cells_of(lat: float, lon: float) -> list[PlaceId]:
    """Return the squares a point lies in, one of each size."""
    return [_cell(size, *_row_and_column(lat, lon, size)) for size in range(SIZES)]


def cells_around(lat: float, lon: float, radius_km: float) -> frozenset[PlaceId]:
    """Return squares, none in another, that together make the circle."""
    rim = math.log2(max(1.0, radius_km / STEPS / (SMALLEST * DEGREE_KM)))
    least = min(SIZES - 1, math.floor(rim))
    found: set[PlaceId] = set()
    width = SMALLEST * 2 ** (SIZES - 1)
    pending = [
        (SIZES - 1, row, column)
        for row in range(math.ceil(2 * _QUARTER / width))
        for column in range(math.ceil(2 * _HALF_TURN / width))
    ]
    while pending:
        size, row, column = pending.pop()
        middle, half = _middle_and_half(lat, lon, size, row, column)
        if middle - half > radius_km:
            continue
        if middle + half <= radius_km or (size == least and middle <= radius_km):
            found.add(_cell(size, row, column))
        elif size > least:
            pending += [
                (size - 1, 2 * row + up, 2 * column + right) for up in (0, 1) for right in (0, 1)
            ]
    return frozenset(found)


def claims_of(mention: Mention) -> Iterator[tuple[PlaceId, float]]:
    """Yield what a mention may be, how surely: its place, others, the squares of coordinates."""
    if mention.place_id is not None:
        yield mention.place_id, mention.confidence
        point = point_in(mention.place_id)
        if point is not None:
            for cell in cells_of(*point):
                yield cell, mention.confidence
    yield from mention.alternatives


def _cell(size: int, row: int, column: int) -> PlaceId:
    return PlaceId(f"cell:{size}:{row}:{column}")


def _row_and_column(lat: float, lon: float, size: int) -> tuple[int, int]:
    width = SMALLEST * 2**size
    return math.floor((lat + _QUARTER) / width), math.floor((lon + _HALF_TURN) / width)


def _middle_and_half(
    lat: float, lon: float, size: int, row: int, column: int
) -> tuple[float, float]:
    """Return how far the middle of a square is and how far its corners are from it at most, km."""
    width = SMALLEST * 2**size
    south, west = row * width - _QUARTER, column * width - _HALF_TURN
    widest = 0.0 if south < 0 < south + width else min(abs(south), abs(south + width))
    wide = math.cos(math.radians(min(widest, _QUARTER)))
    half = width / 2 * DEGREE_KM * math.hypot(1.0, wide)
    return distance_km(lat, lon, south + width / 2, west + width / 2), half
