"""Times of day, spans and moments as people type them: pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from storage.records import QuietHours

MORNING = time(7)
_DIGEST_TIMES = 6  # a day, at most
_CLOCK = re.compile(r"([01]?\d|2[0-3])(?:[:.]([0-5]\d))?")
_LENGTH = re.compile(r"(\d{1,3})\s*(m|min|хв|мин|h|год|ч|d|д|w|тиж|н|нед)\w*\.?", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("m", "min", "хв", "мин"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "год", "ч"), timedelta(hours=1)),
    **dict.fromkeys(("d", "д"), timedelta(days=1)),
    **dict.fromkeys(("w", "тиж", "н", "нед"), timedelta(weeks=1)),
}
_LONGEST = timedelta(days=90)


def clock_of(text: str) -> time | None:
    """Read a time of day: 9, 09:00, 9.30."""
    found = _CLOCK.fullmatch(text.strip())
    return time(int(found[1]), int(found[2] or 0)) if found else None


def digest_times_of(text: str) -> tuple[time, ...] | None:
    """Read times of day such as `09:00 18:30`; None when one cannot be read, or too many."""
    words = text.replace(",", " ").replace(";", " ").split()
    times = [clock_of(word) for word in words]
    if not 0 < len(words) <= _DIGEST_TIMES or None in times:
        return None
    return tuple(sorted({moment for moment in times if moment is not None}))


def quiet_of(text: str) -> QuietHours | None:
    """Read a stretch of the day such as `23:00-07:00`; None when it cannot be read."""
    words = re.split(r"\s*[-–—\s]\s*", text.strip())
    ends = [clock_of(word) for word in words]
    if len(ends) != len(("since", "until")):
        return None
    since, until = ends
    return None if since is None or until is None or since == until else QuietHours(since, until)


def length_of(text: str) -> timedelta | None:
    """Read a length such as 30m, 2h, 1 week; None when it cannot be read or is too long."""
    found = _LENGTH.fullmatch(text.strip())
    if not found:
        return None
    length = int(found[1]) * _UNITS[found[2].lower()]
    return length if timedelta(0) < length <= _LONGEST else None


def next_time(moment: time, now: datetime, zone: tzinfo) -> datetime:
    """Give the next moment, in UTC, at which clocks in the zone show that time of day."""
    local = now.astimezone(zone)
    for days in range(3):
        day = local.date() + timedelta(days=days)
        found = datetime.combine(day, moment, zone).astimezone(UTC)
        if found > now:
            return found
    raise ValueError(f"{moment} comes in no three days")  # no zone leaves a day out twice
