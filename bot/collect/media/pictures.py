"""What a picture looks like, in 64 bits: a DCT hash that survives scaling and recompression.

The picture is made 32 by 32 and grey; of its discrete cosine transform the 8 by 8 lowest
frequencies say, each with one bit, whether they are above their median (but the first, which is
only brightness). Needs the extra `pictures` (Pillow); without it no picture gets a hash.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

from bot.pictures import opened
from storage.failures import BadInput

_SIDE = 32
_KEPT = 8
ALIKE = 10  # bits that may differ between two copies of a picture; unrelated ones differ in 32


class PicturesMissing(BadInput):
    """The extra is not installed."""

    def __init__(self) -> None:
        super().__init__("looking at pictures needs the extra: pip install 'earshot[pictures]'")


class NotLookedAt(Exception):
    """A picture has no hash; the message says why."""


def picture_hash(path: Path) -> int:
    """Give the 64 bits of a picture. Raises NotLookedAt and PicturesMissing."""
    try:
        from PIL import Image  # noqa: PLC0415  # an extra
    except ImportError:
        raise PicturesMissing from None
    with opened(path, NotLookedAt, "look at") as picture:
        picture.draft("L", (_SIDE * 4, _SIDE * 4))
        small = picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        pixels = small.tobytes()
    return _hash(pixels)


def _hash(pixels: bytes) -> int:
    waves = _waves()
    rows = [pixels[at : at + _SIDE] for at in range(0, _SIDE * _SIDE, _SIDE)]
    across = [[sum(map(float.__mul__, wave, map(float, row))) for wave in waves] for row in rows]
    strengths = [
        sum(wave[y] * across[y][x] for y in range(_SIDE)) for wave in waves for x in range(_KEPT)
    ]
    ordered = sorted(strengths[1:])
    median = ordered[len(ordered) // 2]
    bits = 0
    for strength in strengths:
        bits = bits << 1 | (strength > median)
    return bits & ~(1 << 63)  # the first is brightness alone


@lru_cache(maxsize=1)
def _waves() -> list[list[float]]:
    return [
        [math.cos(math.pi * wave * (2 * at + 1) / (2 * _SIDE)) for at in range(_SIDE)]
        for wave in range(_KEPT)
    ]


def difference(one: int, other: int) -> int:
    """Count the bits in which two hashes differ."""
    return (one ^ other).bit_count()
