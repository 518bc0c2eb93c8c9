"""Which strangers get an answer: one, then silence until they have been quiet; few in all.

Takes `now` (a monotonic clock's seconds) and remembers a bounded number of people.
"""

from __future__ import annotations

from collections import OrderedDict

from bot.pacing import TokenBucket

_QUIET_S = 60.0  # how long a stranger must be quiet to be answered again
_ALL_PER_S = 2.0  # so that a crowd of strangers does not take the alerts' turns
_ALL_BURST = 20.0
_KEPT = 4096


class Strangers:
    """Decides whom to answer. Those heard of longest ago are forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, float] = OrderedDict()
        self._all = TokenBucket(_ALL_PER_S, _ALL_BURST)

    def may_answer(self, user_id: int, now: float) -> bool:
        """Say whether this message of a stranger is answered, and count it."""
        heard_at = self._known.pop(user_id, None)
        self._known[user_id] = now
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        if heard_at is not None and now - heard_at < _QUIET_S:
            return False
        if self._all.delay_s(now) > 0:
            return False
        self._all.take(now)
        return True

    def __len__(self) -> int:
        return len(self._known)
