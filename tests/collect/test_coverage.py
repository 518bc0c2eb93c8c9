from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.collect.coverage import (
    Question,
    absent,
    covered_by_page_down,
    covered_by_page_up,
    high_water,
    holes,
    questions,
    standing,
    with_ids,
    with_range,
)
from storage.records import ChannelFacts, HistoryKind, IdRange

ids = st.integers(0, 60)
stretches = st.builds(
    lambda low, length: IdRange(low, low + length), st.integers(0, 60), st.integers(0, 15)
)


def members(ranges):
    return {number for held in ranges for number in range(held.low, held.high + 1)}


@given(st.lists(stretches))
def test_ranges_hold_exactly_what_was_added_and_never_touch(added):
    ranges = ()
    for stretch in added:
        ranges = with_range(ranges, stretch)
    assert members(ranges) == members(added)
    assert all(left.high + 1 < right.low for left, right in pairwise(ranges))


@given(st.lists(ids))
def test_holes_are_all_that_is_missing_between_the_first_and_the_last_id(numbers):
    ranges = with_ids((), numbers)
    everything = set(range(min(numbers), max(numbers) + 1)) if numbers else set()
    assert members(holes(ranges)) == everything - set(numbers)
    assert high_water(ranges) == max(numbers, default=0)


def channel_pages_up(existing, after, size, high):
    """Read as Telegram serves it: the `size` oldest messages above `after`."""
    page = [number for number in sorted(existing) if number > after][:size]
    return page, len(page) == size


@given(st.sets(st.integers(1, 60)), ids, st.integers(1, 7), st.booleans())
def test_reading_upwards_accounts_for_every_existing_id_and_for_none_unasked(
    existing, after, size, bounded
):
    high = 40 if bounded and after < 39 else 0
    ranges, position = (), after
    while True:
        page, is_full = channel_pages_up(existing, position, size, high)
        covered = covered_by_page_up(position, page, is_full=is_full, high=high)
        if covered:
            ranges = with_range(ranges, covered)
        position = max(page, default=position)
        if not is_full or (high and position >= high - 1):
            break
    end = (high or 61) - 1
    wanted = {number for number in existing if after < number <= end}
    assert wanted <= members(ranges)
    newest = max(existing, default=0)
    allowed_end = end if high else max(newest, after)
    assert all(after < number <= allowed_end for number in members(ranges))


@given(st.sets(st.integers(1, 60)), st.integers(1, 7))
def test_reading_downwards_to_the_first_message_leaves_no_hole(existing, size):
    ranges, position = (), 0
    while True:
        below = [n for n in sorted(existing, reverse=True) if not position or n < position][:size]
        is_full = len(below) == size
        covered = covered_by_page_down(position, below, is_full=is_full)
        if covered:
            ranges = with_range(ranges, covered)
        if not is_full:
            break
        position = min(below)
    assert members(ranges) == set(range(max(existing, default=0) + 1))


@given(st.lists(stretches), st.sets(st.integers(1, 80)))
def test_the_absent_ids_are_the_covered_ones_that_nobody_has(added, present):
    ranges = ()
    for stretch in added:
        ranges = with_range(ranges, stretch)
    assert members(absent(ranges, present)) == members(ranges) - present - {0}


@given(st.lists(stretches, min_size=1), st.data())
def test_every_id_up_to_the_newest_is_in_exactly_one_count(added, data):
    ranges = ()
    for stretch in added:
        ranges = with_range(ranges, stretch)
    taken = sorted(members(ranges) - {0})
    held = data.draw(st.integers(0, len(taken)))
    service = data.draw(st.integers(0, len(taken) - held))
    facts = ChannelFacts(ranges, held, 0, service, 0, 0, 0, None, None)
    now = standing(facts)
    assert now.held + now.service + now.gone + now.unknown + now.older == now.newest
    assert now.is_whole == (len(ranges) == 1)


@given(st.lists(stretches), st.integers(0, 500))
def test_what_is_asked_next_is_every_hole_and_all_that_is_newer(added, depth):
    ranges = ()
    for stretch in added:
        ranges = with_range(ranges, stretch)
    asked = questions(ranges, depth)
    if not ranges:
        assert asked == (Question(HistoryKind.BACKFILL, 0, 0, max(depth, 1)),)
        return
    *about_holes, newest = asked
    wanted = {n for item in about_holes for n in range(item.low + 1, item.high)}
    assert wanted == members(holes(ranges))
    assert (newest.low, newest.high) == (high_water(ranges), 0)
