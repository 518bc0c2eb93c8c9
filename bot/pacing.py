"""How long to wait: token buckets and backoff, as plain arithmetic.

Time and chance come in as values: `now` is a monotonic clock's seconds, `chance` is from 0 to 1.
Nothing here sleeps.
"""

from __future__ import annotations

from collections import deque

_MAX_DOUBLINGS = 30  # beyond it the ceiling holds anyway, and floats stay small


class TokenBucket:
    """Lets `rate_per_s` things a second through, up to `burst` of them at once after a pause.

    It keeps one number, the time at which the bucket would be full again (the generic cell rate
    algorithm), so thousands of them cost nothing.
    """

    __slots__ = ("_burst_s", "_full_at", "_interval_s")

    def __init__(self, rate_per_s: float, burst: float) -> None:
        self._interval_s = 1.0 / rate_per_s
        self._burst_s = self._interval_s * (burst - 1)
        self._full_at = float("-inf")

    def delay_s(self, now: float) -> float:
        """Say how long something would have to wait, without taking its turn."""
        return max(0.0, self._full_at - self._burst_s - now)

    def take(self, now: float) -> float:
        """Take the next turn and say how many seconds from now it is."""
        delay_s = self.delay_s(now)
        self._full_at = max(self._full_at, now) + self._interval_s
        return delay_s

    def pause(self, until: float) -> None:
        """Let nothing through before `until`."""
        self._full_at = max(self._full_at, until + self._burst_s)

    def is_full(self, now: float) -> bool:
        """Say whether it remembers nothing that still matters."""
        return self._full_at <= now


class LastSecond:
    """Lets at most so many things through in any second, wherever it begins.

    What a bucket let through a little apart can come together on a machine that was busy.
    """

    __slots__ = ("_most", "_times")

    def __init__(self, most: float) -> None:
        self._most = max(1.0, most)
        self._times: deque[float] = deque()

    def delay_s(self, now: float) -> float:
        """Say how long something would have to wait."""
        while self._times and now - self._times[0] >= 1.0:
            self._times.popleft()
        if len(self._times) < self._most:
            return 0.0
        return self._times[0] + 1.0 - now

    def take(self, now: float) -> None:
        """Note that something goes through; it must not have to wait."""
        self._times.append(now)


def backoff_s(attempt: int, chance: float, *, first_s: float, ceiling_s: float) -> float:
    """Say how long to wait after the `attempt`-th failure (from 1): doubling, half of it chance.

    The chance spreads those who failed together, so that they do not come back together.
    """
    whole = min(ceiling_s, first_s * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS))
    return whole * (0.5 + chance / 2)
