"""The time, and steps of the wall clock: seen by the clock that nobody can set, and by Telegram's.

A clock that is set, by an operator or by NTP, moves the wall clock and not the monotonic one. What
waits until a moment of the wall clock must then be told. How old a post is goes by Telegram's
clock, which dated it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_LEAST_S = 5.0  # less is told from rounding and a busy machine by nobody, and delays nothing
_NEWEST = 12  # comparisons, some two minutes
_TOLERATED = timedelta(seconds=30)  # a busy machine notes Telegram's time late


def utc_now() -> datetime:
    """Give the moment, as the stages note it."""
    return datetime.now(UTC)


def steady_s() -> float:
    """Give the seconds of a clock nobody sets, which goes on while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class ClockWatch:
    """Says by how much the wall clock was set since it was last asked."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._lead = wall() - steady()

    def stepped_s(self) -> float:
        """Give the step in seconds, negative for back, 0 for none."""
        lead = self._wall() - self._steady()
        step, self._lead = lead - self._lead, lead
        return step if abs(step) >= _LEAST_S else 0.0


class TelegramClock:
    """Says how far the wall clock is ahead of Telegram's, at any moment after it was compared.

    It goes on by the steady clock, so that a step of the wall clock shows at once. What Telegram
    says can only be late, so of the newest comparisons the one that gives the latest time counts.
    Before the first an earlier run's word is taken, but only for a clock that is fast: nothing may
    be taken for older than it is.
    """

    def __init__(self, steady: Callable[[], float] = steady_s) -> None:
        self._steady = steady
        self._leads_s: deque[float] = deque(maxlen=_NEWEST)  # of Telegram's clock over the steady
        self.remembered = timedelta(0)

    def compare(self, telegrams_s: float) -> None:
        """Note Telegram's time, in Unix seconds, as an answer that has just come shows it."""
        self._leads_s.append(telegrams_s - self._steady())

    @property
    def is_compared(self) -> bool:
        """Whether this run has heard Telegram's time."""
        return bool(self._leads_s)

    def ahead(self) -> timedelta:
        """Say how far the wall clock is ahead, negative if behind, nothing within half a minute."""
        if not self._leads_s:
            return max(self.remembered, timedelta(0))
        ahead = timedelta(seconds=time.time() - max(self._leads_s) - self._steady())
        return ahead if abs(ahead) > _TOLERATED else timedelta(0)
