"""How many calls an account may make in an hour and in a day: pure, `now` is a value.

Telegram publishes no limits; these are an operator's guess at what is safe. Calls are counted by
the hour they were made in, so an hour's allowance is that of the clock's hour, and a day's that
of this hour and the 23 before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
_DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most calls of one kind."""

    per_hour: int
    per_day: int

    def without(self, share: float) -> Allowance:
        """Give what is left of it when this share is kept for others."""
        return Allowance(int(self.per_hour * (1 - share)), int(self.per_day * (1 - share)))


UNLIMITED = Allowance(10**9, 10**9)


def hour_of(moment: datetime) -> datetime:
    """Give the beginning of the clock's hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def counted_since(now: datetime) -> datetime:
    """Say from which hour on calls count."""
    return hour_of(now) - (_DAY_HOURS - 1) * HOUR


def left(allowance: Allowance, spent: Mapping[datetime, int], now: datetime) -> int:
    """Say how many calls may still be made in this hour."""
    this_hour = spent.get(hour_of(now), 0)
    day = sum(calls for hour, calls in spent.items() if hour >= counted_since(now))
    return max(0, min(allowance.per_hour - this_hour, allowance.per_day - day))


def free_at(allowance: Allowance, spent: Mapping[datetime, int], now: datetime) -> datetime:
    """Say when the next call may be made: now, or at the hour at which enough is forgotten."""
    moment = now
    for _ in range(_DAY_HOURS + 1):
        if left(allowance, spent, moment) > 0:
            return moment
        moment = hour_of(moment) + HOUR
    return moment
