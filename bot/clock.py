"""The time, and steps of the wall clock: seen by the clock that nobody can set.

A clock that is set, by an operator or by NTP, moves the wall clock and not the monotonic one. What
waits until a moment of the wall clock must then be told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

_LEAST_S = 5.0  # less is told from rounding and a busy machine by nobody, and delays nothing


def utc_now() -> datetime:
    """Give the moment, as the stages note it."""
    return datetime.now(UTC)


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
