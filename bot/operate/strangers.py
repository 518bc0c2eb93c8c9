"""People without an invite: each gets one polite line an hour, and then silence."""

from __future__ import annotations

from collections import OrderedDict

_SILENCE_S = 3600.0
_KEPT = 1000


class Strangers:
    """Remembers whom we answered, the latest thousand of them, in memory alone."""

    def __init__(self) -> None:
        self._answered: OrderedDict[int, float] = OrderedDict()

    def may_answer(self, user_id: int, now: float) -> bool:
        """Say whether a stranger gets the line now (`now`: monotonic seconds), and note it."""
        last = self._answered.get(user_id)
        if last is not None and now - last < _SILENCE_S:
            return False
        self._answered[user_id] = now
        self._answered.move_to_end(user_id)
        if len(self._answered) > _KEPT:
            self._answered.popitem(last=False)
        return True
