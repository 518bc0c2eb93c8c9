"""How many posts match a query, by day, channel and language.

Where the index alone can answer, it does, exactly. Where every candidate must be looked at and
they are too many for the time there is, some are drawn at random and the rest is estimated.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from bot.match.lookup import analysis, in_language
from bot.publish.questions import Question, late_posts
from storage import searching
from storage.reading import Connection
from storage.records import AllOf, Candidate, ChannelId, Post, Stretch
from storage.searching import QUARTER_S, Index

_DRAWN_AT_ONCE = 200  # posts
_DRAWN_MOST = 100_000  # posts
_SEED = 20260301  # so that the same question gives the same estimate
_LANGUAGES = ("uk", "ru", "en")


@dataclass(frozen=True, slots=True)
class Counted:
    """Matching posts of a stretch. Unless `is_exact`, the numbers are estimates.

    `quarters` counts by (Unix time divided by 900, channel); `languages` by what a post's language
    was taken for, "" when it cannot be told. `looked_at` of `candidates` posts were looked at.
    """

    quarters: dict[tuple[int, ChannelId], float]
    languages: dict[str, float]
    is_exact: bool
    looked_at: int
    candidates: int

    @property
    def total(self) -> int:
        """All of them."""
        return round(sum(self.quarters.values()))

    def since(self, moment: datetime) -> int:
        """Those from a time on, to the quarter of an hour."""
        first = int(moment.timestamp()) // QUARTER_S
        return round(sum(n for (quarter, _), n in self.quarters.items() if quarter >= first))

    def days(self, zone: tzinfo) -> dict[date, int]:
        """Those of each day of a time zone, in order of days; days without any are left out."""
        found: Counter[date] = Counter()
        for (quarter, _), posts in self.quarters.items():
            found[datetime.fromtimestamp(quarter * QUARTER_S, zone).date()] += posts  # type: ignore[assignment]  # a Counter of estimates holds floats
        return {day: round(found[day]) for day in sorted(found)}

    def channels(self) -> dict[ChannelId, int]:
        """Those of each channel, most first."""
        found: Counter[ChannelId] = Counter()
        for (_, channel_id), posts in self.quarters.items():
            found[channel_id] += posts  # type: ignore[assignment]  # as above
        return {channel: round(posts) for channel, posts in found.most_common()}


def counted(
    connection: Connection, question: Question, stretch: Stretch, within_s: float
) -> Counted:
    """Count the matching posts, exactly if that can be done in so many seconds."""
    deadline = time.monotonic() + within_s
    question.learn(connection)
    with searching.opened(connection, analysis()) as index:
        late = _late(connection, index, question, stretch)
        if index is not None and late is not None and question.is_helped and question.is_exact:
            return _looked_up(index, question, stretch, late)
        among = _among(connection, index, question, stretch, late)
        return _drawn(connection, question, among, late or [], deadline)


def candidates(
    connection: Connection, question: Question, stretch: Stretch
) -> tuple[list[Candidate], list[Post]]:
    """Give the posts that may match: by their ids, and those that the index does not know yet."""
    with searching.opened(connection, analysis()) as index:
        late = _late(connection, index, question, stretch)
        return _among(connection, index, question, stretch, late), late or []


def _late(
    connection: Connection, index: Index | None, question: Question, stretch: Stretch
) -> list[Post] | None:
    """Give the posts that the index does not know yet, None when it is of no use."""
    late = late_posts(connection, index)
    if late is None:
        return None
    return [p for p in late if stretch.holds(p.posted_at) and question.is_here(p)]


def _among(
    connection: Connection,
    index: Index | None,
    question: Question,
    stretch: Stretch,
    late: list[Post] | None,
) -> list[Candidate]:
    if index is None or late is None:
        return searching.all_candidates(connection, stretch, question.channel_ids)
    if question.sought is not None:
        return index.candidates(question.sought, stretch)
    new = {post.id for post in late}
    every = searching.all_candidates(connection, stretch)
    return [candidate for candidate in every if candidate[0] not in new]


def _looked_up(index: Index, question: Question, stretch: Stretch, late: Sequence[Post]) -> Counted:
    assert question.sought is not None  # noqa: S101  # it is helped
    quarters: Counter[tuple[int, ChannelId]] = Counter()
    for tally in index.tally(question.sought, stretch):
        quarters[tally.quarter, tally.channel_id] = tally.posts
    candidates = quarters.total()
    languages: Counter[str] = Counter()
    for language in _LANGUAGES:
        asked = AllOf((question.sought, in_language(language)))
        languages[language] = index.count(asked, stretch)
    languages[""] = candidates - languages.total()
    fresh = [post for post in late if question.match(post)]
    quarters.update(_quarter(post) for post in fresh)
    languages.update(post.lang or "" for post in fresh)
    return Counted(
        dict(quarters),
        {name: count for name, count in languages.items() if count},
        is_exact=True,
        looked_at=len(late),
        candidates=candidates + len(late),
    )


def _drawn(
    connection: Connection,
    question: Question,
    among: list[Candidate],
    late: Iterable[Post],
    deadline: float,
) -> Counted:
    """Look at candidates in random order while there is time; what is left is estimated."""
    quarters: Counter[tuple[int, ChannelId]] = Counter()
    languages: Counter[str] = Counter()
    fresh = [post for post in late if question.match(post)]
    chance = random.Random(_SEED)  # noqa: S311  # a sample, no secret
    drawn = chance.sample(among, min(len(among), _DRAWN_MOST))
    done = 0
    while done < len(drawn) and (done == 0 or time.monotonic() < deadline):
        chunk = [number for number, _ in drawn[done : done + _DRAWN_AT_ONCE]]
        done += len(chunk)
        hits = [post for post in searching.by_ids(connection, chunk) if question.match(post)]
        quarters.update(_quarter(post) for post in hits)
        languages.update(post.lang or "" for post in hits)
    found: dict[tuple[int, ChannelId], float] = dict(quarters)
    share = len(among) / done if done else 1.0
    spoken: dict[str, float] = {name: count * share for name, count in languages.items()}
    if done < len(among):
        rate = quarters.total() / done
        left = Counter((second // QUARTER_S, number >> 32) for number, second in among)
        left.subtract((second // QUARTER_S, number >> 32) for number, second in drawn[:done])
        for (quarter, channel), posts in left.items():
            key = (quarter, ChannelId(channel))
            found[key] = found.get(key, 0.0) + rate * posts
    for post in fresh:
        found[_quarter(post)] = found.get(_quarter(post), 0.0) + 1
        spoken[post.lang or ""] = spoken.get(post.lang or "", 0.0) + 1
    return Counted(
        found,
        spoken,
        is_exact=done == len(among),
        looked_at=done + len(fresh),
        candidates=len(among) + len(fresh),
    )


def _quarter(post: Post) -> tuple[int, ChannelId]:
    return int(post.posted_at.timestamp()) // QUARTER_S, post.channel_id
