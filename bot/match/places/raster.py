"""A map's SVG → PNG, for digests and chats that show no SVG. Needs the extra `pictures` (Pillow).

Only what `maps` writes is drawn: lines, dots and names. Names are in Latin letters, as no font is
shipped.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from bot.match.places.latin import latin_of
from storage.failures import BadInput

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_FINER = 2  # drawn larger, then made small, so that lines are smooth
_PAPER = "#fbfaf7"


class PngMissing(BadInput, RuntimeError):
    """PNG needs the extra `pictures`: pip install 'earshot[pictures]'; SVG needs nothing."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def png_of(svg: str) -> bytes:
    """Draw a map that `maps.svg_map` wrote. Raises PngMissing without Pillow."""
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415 an extra
    except ImportError:
        raise PngMissing from None
    root = ET.fromstring(svg)  # noqa: S314 our own document
    size = int(root.attrib["width"]), int(root.attrib["height"])
    picture = Image.new("RGB", (size[0] * _FINER, size[1] * _FINER), _PAPER)
    pen = ImageDraw.Draw(picture, "RGBA")
    for element in root:
        _draw(pen, element.tag.rpartition("}")[2], element.attrib, element.text or "")
    out = BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(pen: ImageDraw, tag: str, said: dict[str, str], text: str) -> None:
    match tag:
        case "polyline":
            pairs = (point.split(",") for point in said["points"].split())
            line = [(float(x) * _FINER, float(y) * _FINER) for x, y in pairs]
            pen.line(line, fill=said["stroke"], width=round(float(said["stroke-width"]) * _FINER))
        case "circle":
            x, y, r = (float(said[name]) * _FINER for name in ("cx", "cy", "r"))
            pen.ellipse((x - r, y - r, x + r, y + r), fill=said["fill"] + "8c")
        case "text":
            _write(pen, said, text)


def _write(pen: ImageDraw, said: dict[str, str], text: str) -> None:
    from PIL import ImageFont  # noqa: PLC0415 an extra

    font = ImageFont.load_default(float(said.get("font-size", "14")) * _FINER)
    shown = latin_of(text, "uk").encode("latin-1", "replace").decode("latin-1")
    at = float(said["x"]) * _FINER, float(said["y"]) * _FINER
    pen.text(at, shown, fill="black", font=font, anchor="ls", stroke_width=3, stroke_fill=_PAPER)
