"""The posts of the last 48 hours, by their sketches: in memory, rebuilt from rows at a start.

It holds so many of the newest at most, some 1.1 kB each, so that no flood of posts can use the
memory up.

In comes a sketch, out come the posts most likely to tell the same. It holds no text and decides
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from storage.records import PostId, StoryId
from storage.stories import Placed

_KEPT = 24  # newest posts remembered for one pair of words: what everybody writes finds nothing
CANDIDATES = 8  # posts looked at closely
MOST = 200_000  # posts held: 48 hours of 100,000 a day


@dataclass(frozen=True, slots=True)
class _Held:
    story_id: StoryId
    posted_at: datetime
    sketch: tuple[int, ...]


class StoryIndex:
    """Finds likely copies among the posts of a window."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: dict[PostId, _Held] = {}
        # A hash that only one post has, as nearly all do, is kept without a list.
        self._posts: dict[int, PostId | list[PostId]] = {}
        self._oldest: list[tuple[datetime, PostId]] = []

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, post_id: PostId) -> bool:
        return post_id in self._held

    def add(self, placed: Placed) -> None:
        """Remember a post, or what it has become."""
        self.remove(placed.post_id)
        self._held[placed.post_id] = _Held(placed.story_id, placed.posted_at, placed.sketch)
        heappush(self._oldest, (placed.posted_at, placed.post_id))
        for value in placed.sketch:
            there = self._posts.get(value)
            if there is None:
                self._posts[value] = placed.post_id
            elif isinstance(there, list):
                there.append(placed.post_id)
                del there[:-_KEPT]
            else:
                self._posts[value] = [there, placed.post_id]
        while len(self._held) > self._most:
            self._forget_oldest()

    def remove(self, post_id: PostId) -> None:
        """Forget a post, if it is there."""
        held = self._held.pop(post_id, None)
        for value in held.sketch if held else ():
            there = self._posts.get(value)
            if isinstance(there, list):
                if post_id in there:
                    there.remove(post_id)
                if not there:
                    del self._posts[value]
            elif there == post_id:
                del self._posts[value]

    def expire(self, before: datetime) -> int:
        """Forget what was posted before then; say how many posts that were."""
        count = len(self._held)
        while self._oldest and self._oldest[0][0] < before:
            self._forget_oldest()
        return count - len(self._held)

    def _forget_oldest(self) -> None:
        posted_at, post_id = heappop(self._oldest)
        held = self._held.get(post_id)
        if held is not None and held.posted_at == posted_at:  # else it has moved on since
            self.remove(post_id)

    def story_of(self, post_id: PostId) -> StoryId:
        """Give the story of a post that is held."""
        return self._held[post_id].story_id

    def posted_at(self, post_id: PostId) -> datetime:
        """Give when a post that is held was posted."""
        return self._held[post_id].posted_at

    def candidates(self, sketch: Sequence[int]) -> list[PostId]:
        """Give the posts that share most of a sketch, the likeliest first, few of them."""
        shared: Counter[PostId] = Counter()
        for value in sketch:
            there = self._posts.get(value)
            if isinstance(there, list):
                shared.update(there)
            elif there is not None:
                shared[there] += 1
        return [post_id for post_id, _ in shared.most_common(CANDIDATES)]
