"""Counts over time as bars: for a terminal, and as an SVG file that needs nothing else to be seen.

Pure. A stretch is cut into hours, days, weeks or months so that some dozens of bars show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from html import escape

from storage.records import ChannelId
from storage.searching import QUARTER_S

_MOST_BARS = 62
_BLOCKS = " ▏▎▍▌▋▊▉█"
_HOURS_MOST_DAYS = 2
_WEEKS_MOST_DAYS = 7 * _MOST_BARS


class Unit(StrEnum):
    """What one bar stands for."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is called, when it begins, how many posts."""

    label: str
    begins: datetime
    posts: int


def bars(quarters: Mapping[tuple[int, ChannelId], float], zone: tzinfo) -> tuple[Unit, list[Bar]]:
    """Cut counts (by quarter of an hour and channel) into bars, oldest first, without gaps."""
    if not quarters:
        return Unit.DAY, []
    moments = {q: datetime.fromtimestamp(q * QUARTER_S, zone) for q, _ in quarters}
    first, last = min(moments.values()), max(moments.values())
    unit = _unit((last.date() - first.date()).days + 1)
    counts: Counter[datetime] = Counter()
    for (quarter, _), posts in quarters.items():
        counts[_begin(moments[quarter], unit)] += posts  # type: ignore[assignment]  # estimates are floats
    found = []
    begins, end = _begin(first, unit), _begin(last, unit)
    while begins <= end:
        found.append(Bar(_label(begins, unit), begins, round(counts[begins])))
        begins = _next(begins, unit)
    return unit, found


def _unit(days: int) -> Unit:
    if days <= _HOURS_MOST_DAYS:
        return Unit.HOUR
    if days <= _MOST_BARS:
        return Unit.DAY
    return Unit.WEEK if days <= _WEEKS_MOST_DAYS else Unit.MONTH


def _begin(moment: datetime, unit: Unit) -> datetime:
    if unit is Unit.HOUR:
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit is Unit.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit is Unit.MONTH else day


def _next(begins: datetime, unit: Unit) -> datetime:
    if unit is Unit.HOUR:
        return begins + timedelta(hours=1)
    if unit is Unit.MONTH:
        return (begins + timedelta(days=32)).replace(day=1)
    return begins + timedelta(days=7 if unit is Unit.WEEK else 1)


def _label(begins: datetime, unit: Unit) -> str:
    if unit is Unit.HOUR:
        return f"{begins:%m-%d %H:00}"
    return f"{begins:%Y-%m}" if unit is Unit.MONTH else f"{begins:%Y-%m-%d}"


def drawn(shown: Sequence[Bar], width: int) -> list[str]:
    """Draw bars as lines of text, at most `width` characters long."""
    most = max((bar.posts for bar in shown), default=0)
    digits = len(str(most))
    room = max(4, width - digits - max((len(bar.label) for bar in shown), default=0) - 4)
    return [
        f"{bar.label}  {bar.posts:>{digits}}  {_bar(bar.posts, most, room)}".rstrip()
        for bar in shown
    ]


def _bar(posts: int, most: int, room: int) -> str:
    eighths = round(8 * room * posts / most) if most else 0
    if posts and not eighths:
        eighths = 1
    return _BLOCKS[-1] * (eighths // 8) + (_BLOCKS[eighths % 8] if eighths % 8 else "")


def svg(title: str, shown: Sequence[Bar], unit: Unit, made: date) -> str:
    """Draw bars as an SVG document for people who see it and for those who hear it."""
    step, height, left, top = 14, 200, 48, 40
    width = left + step * max(len(shown), 20) + 16
    most = max((bar.posts for bar in shown), default=0) or 1
    parts = []
    for at, bar in enumerate(shown):
        tall = height * bar.posts / most
        parts.append(
            f'<rect x="{left + at * step}" y="{top + height - tall:.1f}" width="{step - 3}"'
            f' height="{tall:.1f}"><title>{escape(bar.label)}: {bar.posts}</title></rect>'
        )
        if at % max(1, len(shown) // 8) == 0:
            x = left + at * step + step / 2
            parts.append(
                f'<text x="{x:.1f}" y="{top + height + 16}" text-anchor="middle">'
                f"{escape(bar.label)}</text>"
            )
    total = sum(bar.posts for bar in shown)
    said = f"{total} posts by {unit.value}, most {most}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + height + 48}"'
        f' role="img" aria-label="{escape(title)}: {said}">'
        "<style>text{font:11px sans-serif;fill:#333}rect{fill:#2b6cb0}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}rect{fill:#63b3ed}}</style>"
        f'<text x="{left}" y="16" style="font-size:14px">{escape(title)}</text>'
        f'<text x="{left}" y="32">{said} · {made:%Y-%m-%d}</text>'
        f'<text x="{left - 6}" y="{top + 10}" text-anchor="end">{most}</text>'
        f'<text x="{left - 6}" y="{top + height}" text-anchor="end">0</text>'
        f"{''.join(parts)}</svg>\n"
    )
