"""Times as people type them at a verb: a date, or a date and a time, with or without a zone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from storage.failures import BadInput

_FIRST: Final = 1970
_BEYOND: Final = 3000
_DAY_FIRST: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T](\d{1,2}:\d{2}))?")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T].+)?")


class UnreadableTime(BadInput, ValueError):
    """What was typed is no time; says which forms are understood."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is no date that can be read: write 2026-01-31, 2026-01-31T09:30 or "
            "31.01.2026, such as --since 2026-01-31T09:30 (in DEFAULT_TIMEZONE unless a zone "
            "follows: 2026-01-31T09:30+02:00)"
        )


def time_of(text: str) -> datetime:
    """Read a time; without a zone when none was typed. Raises UnreadableTime."""
    typed = text.strip()
    if found := _DAY_FIRST.fullmatch(typed):
        day, month, year, clock = found.groups()
        typed = f"{year}-{month:0>2}-{day:0>2}T{(clock or '0:00'):0>5}"
    try:
        read = datetime.fromisoformat(typed) if _ISO.fullmatch(typed) else None
    except ValueError:
        read = None
    if read is None or not _FIRST <= read.year < _BEYOND:
        raise UnreadableTime(text)
    return read
