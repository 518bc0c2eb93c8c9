"""The index of stories finds what an obvious list of the same posts finds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.notify.story_index import CANDIDATES, StoryIndex
from storage.records import PostId, StoryId
from storage.stories import Placed

START = datetime(2026, 1, 1, tzinfo=UTC)
SKETCHES = st.sets(st.integers(0, 60), max_size=8).map(lambda found: tuple(sorted(found)))
ADDED = st.tuples(st.integers(1, 6), st.integers(0, 9), SKETCHES)  # post, minute, sketch
REMOVED = st.integers(1, 6)
EXPIRED = st.tuples(st.integers(0, 9))


@given(st.integers(1, 5), st.lists(ADDED | REMOVED | EXPIRED, max_size=30), SKETCHES)
def test_it_finds_what_a_plain_list_finds(most, steps, wanted):
    index = StoryIndex(most)
    written, since = [], START
    for step in steps:
        if isinstance(step, int):
            index.remove(PostId(step))
            written = [None if item and item.post_id == step else item for item in written]
        elif len(step) == 1:
            since = START + timedelta(minutes=step[0])
            index.expire(since)
        else:
            number, minute, sketch = step
            posted_at = START + timedelta(minutes=minute, microseconds=number)
            placed = Placed(PostId(number), StoryId(number * 10), posted_at, sketch)
            index.add(placed)
            written = [None if item and item.post_id == number else item for item in written]
            written.append(placed)
    held = {item.post_id: item for item in written[-most:] if item}
    shared = {
        number: len({*item.sketch} & {*wanted})
        for number, item in held.items()
        if item.posted_at >= since
    }
    found = index.candidates(wanted)
    assert sorted(found) == sorted(number for number, count in shared.items() if count)
    assert [shared[number] for number in found] == sorted(map(shared.get, found), reverse=True)
    for number, item in held.items():
        assert index.story_of(number) == item.story_id
        assert index.posted_at(number) == item.posted_at


def test_what_everybody_writes_finds_few_and_only_new_posts():
    index = StoryIndex(1000)
    for number in range(1, 501):
        index.add(Placed(PostId(number), StoryId(number), START, (7, number + 1000)))
    found = index.candidates((7,))
    assert len(found) == CANDIDATES
    assert min(found) > 400


def test_numbers_of_real_posts_are_kept_whole():
    index = StoryIndex(3)
    number = (2**31 - 1) << 32 | 2**31 - 1
    index.add(Placed(PostId(number), StoryId(number), START, (0xFFFFFFFF,)))
    assert index.candidates((0xFFFFFFFF,)) == [number]
    assert index.story_of(PostId(number)) == number
