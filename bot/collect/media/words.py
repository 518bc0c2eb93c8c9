"""The words in a picture, read by the system's Tesseract: a guess, and marked as one everywhere.

Needs the extra `ocr` (pytesseract, Pillow) and the program `tesseract` with its languages. One core
is used, and a picture that takes too long is given up.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from bot.pictures import opened
from storage.failures import BadInput
from storage.records import ReadBy

_SURE = 60.0  # of 100, below which Tesseract's words are mostly texture taken for letters
_LONGEST_S = 60
_SIDE = 3000  # pixels; larger ones are scaled down, letters of a screenshot stay legible
_SMALL = 1000  # pixels; smaller ones are doubled, as Tesseract wants letters 20 pixels high
_WORD = re.compile(r"[^\W\d_]{3}")  # what says nothing longer than two letters says nothing


class ReadingMissing(BadInput):
    """Pictures cannot be read here; the message says what to install."""


class NotRead(Exception):
    """A picture has no text that could be read; the message says why."""


def checked(languages: str) -> ReadBy:
    """Say by what pictures will be read in these languages (`ukr+rus+eng`).

    Raises ReadingMissing when the extra, the program or a language is not there.
    """
    try:
        import PIL  # noqa: F401, PLC0415  # an extra
        import pytesseract  # noqa: PLC0415  # the same
    except ImportError:
        raise ReadingMissing(
            "reading the text in pictures needs the extra: pip install 'earshot[ocr]'"
        ) from None
    try:
        known = set(pytesseract.get_languages())
        version = str(pytesseract.get_tesseract_version())
    except (pytesseract.TesseractNotFoundError, OSError):
        raise ReadingMissing(
            "reading the text in pictures needs the program tesseract: on Debian, "
            "apt install tesseract-ocr tesseract-ocr-ukr tesseract-ocr-rus"
        ) from None
    for language in languages.split("+"):
        if language not in known:
            raise ReadingMissing(
                f"tesseract has no language {language!r}: apt install tesseract-ocr-{language}, "
                "or leave it out of OCR_LANGUAGES"
            )
    return ReadBy(languages, f"tesseract {version}")


def words_in(picture: Path, languages: str) -> str:
    """Give the lines of text in a picture, "" for none. Raises NotRead.

    Blocks for about a second; `checked` must have been called.
    """
    import pytesseract  # noqa: PLC0415  # an extra

    os.environ["OMP_THREAD_LIMIT"] = "1"  # Tesseract's; its threads wait for each other mostly
    with tempfile.TemporaryDirectory(prefix="earshot-picture-") as folder:
        prepared = _prepared(picture, Path(folder))
        try:
            found = pytesseract.image_to_data(
                str(prepared),
                lang=languages,
                timeout=_LONGEST_S,
                output_type=pytesseract.Output.DICT,
            )
        except RuntimeError as error:  # pytesseract's for too long, and for what Tesseract refused
            raise NotRead(f"tesseract gave up: {error}") from None
    return _lines(found)


def _prepared(picture: Path, folder: Path) -> Path:
    """Write the picture grey and of a size at which letters can be read."""
    from PIL import Image  # noqa: PLC0415  # an extra

    path = folder / "grey.png"
    with opened(picture, NotRead, "read") as found:
        grey = found.convert("L")
        longest = max(grey.size)
        if longest > _SIDE:
            grey.thumbnail((_SIDE, _SIDE))
        elif longest < _SMALL:
            grey = grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.LANCZOS)
        grey.save(path)
    return path


def _lines(found: dict[str, list[object]]) -> str:
    """Put the words that are sure enough into lines; lines without a word say nothing."""
    lines: dict[tuple[object, ...], list[str]] = {}
    places = zip(found["block_num"], found["par_num"], found["line_num"], strict=True)
    for place, word, sure in zip(places, found["text"], found["conf"], strict=True):
        if str(word).strip() and float(str(sure)) >= _SURE:
            lines.setdefault(place, []).append(str(word).strip())
    written = (" ".join(words) for words in lines.values())
    return "\n".join(line for line in written if _WORD.search(line))
