"""Which places the posts that a query finds name, and how many posts name each.

Reading a post for places takes half a millisecond, so of many posts some are drawn at random while
there is time, and the rest is estimated.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.match.documents import PLACES
from bot.publish.counting import candidates
from bot.publish.questions import Question
from storage import searching
from storage.place_priors import priors_read
from storage.reading import Connection
from storage.records import PlaceId, Post, Stretch

_DRAWN_AT_ONCE = 100  # posts
_DRAWN_MOST = 100_000  # posts
_KEPT = 100  # places, most first
_SEED = 20260301  # so that the same question gives the same estimate


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """A place, as a person reads it, and how many posts name it."""

    place_id: PlaceId
    name: str
    posts: int


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """Places and the regions they lie in, most named first, a hundred of each at most.

    A post counts once for each place that `place:` would find in it, and once for each region.
    Unless `is_exact` the numbers are estimates, from `looked_at` of `of` posts that may match.
    """

    places: tuple[PlaceCount, ...]
    regions: tuple[PlaceCount, ...]
    is_exact: bool
    looked_at: int
    of: int


def places_counted(
    connection: Connection, question: Question, stretch: Stretch, within_s: float
) -> PlaceCounts:
    """Count the places of the posts that match, exactly if that can be done in so many seconds."""
    deadline = time.monotonic() + within_s
    question.learn(connection)
    priors = priors_read(connection)
    among, late = candidates(connection, question, stretch)
    chance = random.Random(_SEED)  # noqa: S311  # a sample, no secret
    drawn = chance.sample(among, min(len(among), _DRAWN_MOST))
    fresh, sampled = Counter[PlaceId](), Counter[PlaceId]()

    def read(posts: Iterable[Post], into: Counter[PlaceId]) -> None:
        for post in posts:
            if question.match(post):
                prior = priors.get(post.channel_id)
                into.update(PLACES.named_in(post.text, post.lang, prior))

    read(late, fresh)
    done = 0
    while done < len(drawn) and (done == 0 or time.monotonic() < deadline):
        chunk = [number for number, _ in drawn[done : done + _DRAWN_AT_ONCE]]
        done += len(chunk)
        read(searching.by_ids(connection, chunk), sampled)
    share = len(among) / done if done else 1.0
    counts = {place: fresh[place] + sampled[place] * share for place in fresh | sampled}
    return PlaceCounts(
        places=_most(counts, is_region=False),
        regions=_most(counts, is_region=True),
        is_exact=done == len(among),
        looked_at=done + len(late),
        of=len(among) + len(late),
    )


def _most(counts: Mapping[PlaceId, float], *, is_region: bool) -> tuple[PlaceCount, ...]:
    chosen = [place for place in counts if PLACES.is_region(place) is is_region]
    chosen.sort(key=lambda place: (-counts[place], place))
    found = [
        PlaceCount(place, PLACES.label_of(place), round(counts[place])) for place in chosen[:_KEPT]
    ]
    return tuple(sorted(found, key=lambda one: (-one.posts, one.name)))
