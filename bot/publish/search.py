"""Search of the archive with the query language of the alerts, newest first or best first.

The matcher of the alerts has the last word on every post, so an alert and a search never
disagree; the full-text index only spares it the posts that cannot match.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from bot.publish.questions import Found, PageKey, Progress, Question
from bot.publish.relevance import best_first
from storage import channels
from storage.database import Database
from storage.reading import Connection, reader
from storage.records import ALWAYS, Channel, Stretch

__all__ = ["Found", "Order", "PageKey", "Results", "Wanted", "search"]

_RANKED_MOST = 2000  # newest matches among which the best are chosen


class Order(StrEnum):
    """In which order to give what was found."""

    NEWEST = "newest"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search for. `before` goes on after a page, in the order newest first.

    `within_s` ends the search after so many seconds with what it has by then.
    """

    query: str
    limit: int = 20
    stretch: Stretch = ALWAYS
    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    before: PageKey | None = None
    order: Order = Order.NEWEST
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """What was found. `next` is the key to go on with; None when that is all.

    `is_scan`: the index could not help, so posts were looked at one by one. `looked_back_to`: time
    ran out there, and older posts were not looked at; then `next` goes on from it.
    """

    normal: str
    found: tuple[Found, ...]
    next: PageKey | None
    is_scan: bool
    looked_at: int
    looked_back_to: datetime | None


async def search(database: Database, wanted: Wanted) -> Results:
    """Give a page of matching posts.

    Raises QueryError for a query that cannot be read, UnknownChannelError for a channel or group.
    """
    async with database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    question = _question(wanted, known)

    def work() -> Results:
        with reader(database.path) as connection:
            return results_of(connection, question, wanted)

    return await asyncio.to_thread(work)


def _question(wanted: Wanted, known: list[Channel]) -> Question:
    return Question(
        wanted.query,
        known,
        channels=wanted.channels,
        groups=wanted.groups,
    )


def results_of(connection: Connection, question: Question, wanted: Wanted) -> Results:
    """Give a page of matching posts, in a thread of one's own."""
    deadline = None if wanted.within_s is None else time.monotonic() + wanted.within_s
    progress = Progress(deadline)
    hits = question.found(connection, wanted.stretch, progress, wanted.before)
    if wanted.order is Order.RELEVANCE:
        page = best_first(connection, question, list(islice(hits, _RANKED_MOST)))[: wanted.limit]
        following = None
    else:
        page = list(islice(hits, wanted.limit + 1))
        following = page[wanted.limit - 1].key if len(page) > wanted.limit else progress.stopped_at
        page = page[: wanted.limit]
    hits.close()
    stopped = progress.stopped_at
    return Results(
        normal=question.normal,
        found=tuple(page),
        next=following,
        is_scan=not question.is_helped,
        looked_at=progress.looked_at,
        looked_back_to=stopped[0] if stopped and len(page) < wanted.limit else None,
    )
