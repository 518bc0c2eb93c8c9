"""Pictures of anybody's making, opened with Pillow (an extra) only if they are safe to decode."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an extra
    from PIL import Image

_MOST_PIXELS = 64_000_000  # more is a bomb or a map: decoding it would take a gigabyte


class PictureRefused(Exception):
    """A file is no picture, or one that is broken or too large; the message says which."""


@contextmanager
def opened(
    path: Path, refusal: type[Exception] = PictureRefused, purpose: str = "show"
) -> Iterator[Image.Image]:
    """Open a picture; raise `refusal` for one that cannot be worked with.

    Also if it turns out so only inside, where it is decoded.
    """
    from PIL import Image  # noqa: PLC0415  # an extra

    try:
        with warnings.catch_warnings(), Image.open(path) as picture:
            warnings.simplefilter("ignore")  # the size is judged here
            if picture.width * picture.height > _MOST_PIXELS:
                size = f"{picture.width} × {picture.height}"
                raise refusal(f"{size} pixels are too many to {purpose}")
            yield picture
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise refusal(f"it cannot be read as a picture: {error}") from None
