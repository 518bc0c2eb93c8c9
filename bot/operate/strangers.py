"""Which strangers still get an answer: few answers each, then silence; few a second in all.

Takes `now` (a monotonic clock's seconds) and remembers a bounded number of people.
"""

from __future__ import annotations

from collections import OrderedDict

from bot.pacing import TokenBucket

_ANSWERS = 3  # to one stranger in a row
_ANSWER_EVERY_S = 60.0
_SILENCE_S = 600.0
_ALL_PER_S = 2.0  # so that a crowd of strangers does not take the alerts' turns
_ALL_BURST = 20.0
_KEPT = 4096


class Strangers:
    """Decides whom to answer. Those heard of longest ago are forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, TokenBucket] = OrderedDict()
        self._all = TokenBucket(_ALL_PER_S, _ALL_BURST)

    def may_answer(self, user_id: int, now: float) -> bool:
        """Say whether this message of a stranger is answered, and count it."""
        bucket = self._known.pop(user_id, None) or TokenBucket(1 / _ANSWER_EVERY_S, _ANSWERS)
        self._known[user_id] = bucket
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        if bucket.delay_s(now) > 0:
            bucket.pause(now + _SILENCE_S)
            return False
        bucket.take(now)
        if self._all.delay_s(now) > 0:
            return False
        self._all.take(now)
        return True

    def __len__(self) -> int:
        return len(self._known)
