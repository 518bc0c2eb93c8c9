"""Which message ids of a channel are accounted for: pure, values in, values out.

An id is covered when its message is held or Telegram, asked for that stretch, did not have it.
Ranges are ascending, inclusive, and never touch: touching ones are one range. Id 0 stands for
"before the first message", so that a channel known from its start has a range that begins at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from storage.records import IdRange

Ranges = tuple[IdRange, ...]


def with_range(ranges: Ranges, new: IdRange) -> Ranges:
    """Add a covered stretch."""
    if ranges and new.low == ranges[-1].high + 1:  # the usual case: the next post
        return (*ranges[:-1], IdRange(ranges[-1].low, max(new.high, new.low)))
    before = [held for held in ranges if held.high + 1 < new.low]
    after = [held for held in ranges if held.low > new.high + 1]
    touching = [held for held in ranges if held.high + 1 >= new.low and held.low <= new.high + 1]
    low = min([new.low, *(held.low for held in touching)])
    high = max([new.high, *(held.high for held in touching)])
    return (*before, IdRange(low, high), *after)


def with_ids(ranges: Ranges, ids: Iterable[int]) -> Ranges:
    """Add single covered ids."""
    for number in sorted(ids):
        ranges = with_range(ranges, IdRange(number, number))
    return ranges


def holes(ranges: Ranges) -> tuple[IdRange, ...]:
    """Give the stretches between ranges: ids nobody has accounted for."""
    return tuple(IdRange(lower.high + 1, upper.low - 1) for lower, upper in pairwise(ranges))


def high_water(ranges: Ranges) -> int:
    """Give the greatest covered id, 0 when nothing is covered."""
    return ranges[-1].high if ranges else 0


def covered_by_page_up(
    after_id: int, ids: Sequence[int], *, is_full: bool, high: int
) -> IdRange | None:
    """Say what a page read upwards from `after_id` accounts for; `high` 0 means unbounded.

    A page that is not full reached the newest message; nothing is known beyond its last id.
    """
    last = max(ids, default=after_id)
    if high and (not is_full or last >= high):
        last = high - 1
    return IdRange(after_id + 1, last) if last > after_id else None


def covered_by_page_down(before_id: int, ids: Sequence[int], *, is_full: bool) -> IdRange | None:
    """Say what a page read downwards from `before_id` (0: the newest) accounts for.

    A page that is not full reached the first message.
    """
    newest = before_id - 1 if before_id else max(ids, default=0)
    oldest = min(ids, default=0) if is_full else 0
    return IdRange(oldest, newest) if newest >= oldest else None
