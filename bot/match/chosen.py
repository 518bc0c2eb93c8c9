"""Which gazetteer the settings choose, for a process; opens nothing and is cheap to load."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the settings say of places: the file (None: the one shipped), countries of interest."""

    file: Path | None = None
    countries: tuple[str, ...] = ("UA", "RU", "BY")


_standing = [Chosen()]


def chosen() -> Chosen:
    """Give what was said last."""
    return _standing[0]


def use_gazetteer(file: Path | None, countries: Iterable[str]) -> None:
    """Say which gazetteer to open and which countries are of interest; before anything asks.

    Raises ArtefactUnusable at once for a file that cannot be used.
    """
    wanted = Chosen(file, tuple(code.strip().upper() for code in countries if code.strip()))
    if file is not None and wanted != chosen():
        from bot.match.places import Gazetteer  # noqa: PLC0415  # seldom; dear to load

        Gazetteer.open(file)
    _standing[0] = wanted
