"""Which message ids of a channel are accounted for: pure, values in, values out.

An id is covered when its message is held or Telegram, asked for that stretch, did not have it.
Ranges are ascending, inclusive, and never touch: touching ones are one range. Id 0 stands for
"before the first message", so that a channel known from its start has a range that begins at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from storage.records import ChannelFacts, HistoryKind, IdRange

Ranges = tuple[IdRange, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A stretch to ask Telegram for; the fields are those of a history task."""

    kind: HistoryKind
    low: int
    high: int
    left: int = -1


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel stands, id by id: every id up to the newest is in exactly one of these counts.

    `held` are posts' messages, `deleted` of them are known to be gone since; `service` are ids
    Telegram used for something else; `gone` were asked for and Telegram had none; `unknown` are in
    holes; `older` were never asked for, as the back-fill was not to reach so far.
    """

    newest: int
    held: int
    deleted: int
    service: int
    gone: int
    unknown: int
    older: int
    holes: Ranges

    @property
    def is_whole(self) -> bool:
        """Whether nothing between the oldest and the newest id asked for is unknown."""
        return not self.holes


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


def questions(ranges: Ranges, backfill_depth: int) -> tuple[Question, ...]:
    """Say what to ask next: the first back-fill, or every hole, and what is newer than all."""
    if not ranges:
        # Even a back-fill of nothing must learn from the newest one where the channel stands.
        return (Question(HistoryKind.BACKFILL, 0, 0, max(backfill_depth, 1)),)
    return (
        *(about_hole(hole) for hole in holes(ranges)),
        Question(HistoryKind.GAP, high_water(ranges), 0),
    )


def about_hole(hole: IdRange) -> Question:
    """Say how to ask for a hole."""
    return Question(HistoryKind.GAP, hole.low - 1, hole.high + 1)


def absent(ranges: Ranges, present: Iterable[int]) -> Ranges:
    """Give the covered ids that are not among `present`: asked for, and Telegram had none."""
    left: list[IdRange] = []
    known = sorted(set(present))
    at = 0
    for covered in ranges:
        low = max(covered.low, 1)
        while at < len(known) and known[at] < low:
            at += 1
        while at < len(known) and known[at] <= covered.high:
            if known[at] > low:
                left.append(IdRange(low, known[at] - 1))
            low = known[at] + 1
            at += 1
        if low <= covered.high:
            left.append(IdRange(low, covered.high))
    return tuple(left)


def standing(facts: ChannelFacts) -> Standing:
    """Account for every id of a channel up to its newest one."""
    missing = holes(facts.ranges)
    covered = _size(IdRange(max(each.low, 1), each.high) for each in facts.ranges)
    first = facts.ranges[0].low if facts.ranges else 1
    return Standing(
        newest=high_water(facts.ranges),
        held=facts.held,
        deleted=facts.deleted,
        service=facts.service,
        gone=max(covered - facts.held - facts.service, 0),
        unknown=_size(missing),
        older=max(first - 1, 0),
        holes=missing,
    )


def _size(ranges: Iterable[IdRange]) -> int:
    return sum(each.high - each.low + 1 for each in ranges)


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
