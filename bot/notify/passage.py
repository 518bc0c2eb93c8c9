"""Cursors of a stage over rows of which few concern it.

Rows that concern nobody are passed in memory: writing the cursor past each would be a turn at the
one writer for every post. A start looks at those again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from storage import cursors
from storage.database import Connection

_UNKEPT = 5_000  # rows passed without anything to write before the cursors are kept all the same


def reach(after: int, newest: int, most: int) -> int:
    """Give the last row of a cursor's next batch; `newest` is less when rows were taken away."""
    return min(max(newest, after), after + most)


class Passage:
    """How far the cursors of these names have come, in rows and beyond them in memory."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = tuple(names)
        self._kept: Mapping[str, int] = {}
        self._passed: Mapping[str, int] | None = None

    async def position(self, connection: Connection) -> Mapping[str, int]:
        """Give the id of the last row that each cursor has passed."""
        if self._passed is None:
            self._kept = self._passed = await cursors.positions(connection, self._names)
        return self._passed

    def is_overdue(self, to: Mapping[str, int]) -> bool:
        """Say whether cursors that come so far must be kept though there is nothing to write."""
        return any(to[name] >= self._kept[name] + _UNKEPT for name in to)

    def passed(self, to: Mapping[str, int], *, is_kept: bool) -> None:
        """Note how far they have come, once what was written there, if anything, is committed."""
        self._passed = to
        if is_kept:
            self._kept = to
