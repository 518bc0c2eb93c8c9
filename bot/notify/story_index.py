"""The posts of the last 48 hours, by their sketches: in memory, rebuilt from rows at a start.

In comes a sketch, out come the posts most likely to tell the same. It holds no text and decides
nothing.

All of it is a ring of slots and some arrays of whole numbers, made at once and never larger, so
that no flood of posts can use the memory up: 120 bytes a post, a tenth of what objects and
dictionaries take. What shares a bucket is chained from the newest to the oldest as in deflate
(RFC 1951 §4): a link that leads to a newer slot than the one before leads to one written over
since, and ends the chain.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.notify.likeness import SKETCH
from storage.records import PostId, StoryId
from storage.stories import Placed

_KEPT = 24  # newest posts looked at for one pair of words: what everybody writes finds nothing
_WALKED = 8 * _KEPT  # links of one chain, those of other pairs in the same bucket with them
CANDIDATES = 8  # posts looked at closely
MOST = 200_000  # posts held: 48 hours of 100,000 a day
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_NONE = -1
_GONE = 0  # no post has this number


class StoryIndex:
    """Finds likely copies among the newest `most` posts of a window."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._written = 0  # slots, those written over counted again
        self._since = 0  # microseconds since 1970, as all times here
        # Slot → of the post in it.
        self._posts = array("q", bytes(8 * most))
        self._stories = array("q", bytes(8 * most))
        self._times = array("q", bytes(8 * most))
        self._older_posts = array("i", [_NONE]) * most
        # Entry (slot by slot, as many as a sketch has hashes) → its hash, the entry before it.
        self._hashes = array("I", bytes(4 * SKETCH * most))
        self._older = array("i", [_NONE]) * (SKETCH * most)
        # Bucket → the newest slot, the newest entry.
        self._post_mask = _power_of_two(most) - 1
        self._newest_posts = array("i", [_NONE]) * (self._post_mask + 1)
        self._mask = _power_of_two(most * SKETCH // 2) - 1
        self._newest = array("i", [_NONE]) * (self._mask + 1)

    def add(self, placed: Placed) -> None:
        """Remember a post, or what it has become; the one that came first of all may go."""
        self.remove(placed.post_id)
        slot = self._written % self._most
        self._written += 1
        self._posts[slot] = placed.post_id
        self._stories[slot] = placed.story_id
        self._times[slot] = _ticks(placed.posted_at)
        bucket = _mixed(placed.post_id) & self._post_mask
        self._older_posts[slot] = self._newest_posts[bucket]
        self._newest_posts[bucket] = slot
        hashes, older, newest = self._hashes, self._older, self._newest
        for entry, value in enumerate(placed.sketch, start=slot * SKETCH):
            bucket = value & self._mask
            hashes[entry] = value
            older[entry] = newest[bucket]
            newest[bucket] = entry
        for entry in range(slot * SKETCH + len(placed.sketch), (slot + 1) * SKETCH):
            hashes[entry] ^= 0xFFFFFFFF  # what leads here found the post that was here before

    def remove(self, post_id: PostId) -> None:
        """Forget a post, if it is there."""
        slot = self._slot(post_id)
        if slot is not None:
            self._posts[slot] = _GONE

    def expire(self, before: datetime) -> None:
        """Find no more what was posted before then."""
        self._since = _ticks(before)

    def story_of(self, post_id: PostId) -> StoryId:
        """Give the story of a post that is held. Raises KeyError for one that is not."""
        return StoryId(self._stories[self._held(post_id)])

    def posted_at(self, post_id: PostId) -> datetime:
        """Give when a post that is held was posted. Raises KeyError for one that is not."""
        return _EPOCH + self._times[self._held(post_id)] * _TICK

    def candidates(self, sketch: Sequence[int]) -> list[PostId]:
        """Give the posts that share most of a sketch, the likeliest first, few of them."""
        shared: Counter[int] = Counter()
        for value in sketch:
            shared.update(self._having(value))
        return [PostId(self._posts[slot]) for slot, _ in shared.most_common(CANDIDATES)]

    def _having(self, value: int) -> list[int]:
        """Give the slots of the newest posts with a hash, the oldest of them first."""
        found: list[int] = []
        hashes, older, end, entries = (
            self._hashes, self._older, self._written * SKETCH - 1, len(self._hashes)
        )  # fmt: skip
        entry, age = self._newest[value & self._mask], _NONE
        for _ in range(_WALKED):
            before, age = age, (end - entry) % entries
            if entry == _NONE or age <= before:
                break
            if hashes[entry] == value:
                slot = entry // SKETCH
                if self._posts[slot] != _GONE and self._times[slot] >= self._since:
                    found.append(slot)
                    if len(found) == _KEPT:
                        break
            entry = older[entry]
        found.reverse()
        return found

    def _held(self, post_id: PostId) -> int:
        slot = self._slot(post_id)
        if slot is None:
            raise KeyError(post_id)
        return slot

    def _slot(self, post_id: PostId) -> int | None:
        slot, age = self._newest_posts[_mixed(post_id) & self._post_mask], _NONE
        while slot != _NONE:
            before, age = age, (self._written - 1 - slot) % self._most
            if age <= before:
                return None
            if self._posts[slot] == post_id:
                return slot
            slot = self._older_posts[slot]
        return None


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


def _mixed(number: int) -> int:
    """Spread a post's number, whose upper half is its channel's, over the lower bits."""
    return number ^ number >> 32


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK
