"""What a query would have found: counts of the last day, week and month, and the newest examples.

For a person who is about to watch for it: too many, too few, or the wrong posts show at once.
Answers in at most about two seconds over a million posts; what cannot be counted in that time is
estimated, and `is_exact` says so, for which a person reads "about".
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice

from bot.publish.counting import counted
from bot.publish.questions import Found, Progress, Question
from storage import channels
from storage.database import Database
from storage.reading import Connection, reader
from storage.records import Stretch

DAYS = 30
EXAMPLES = 3
_COUNTING_S = 1.2
_EXAMPLES_S = 0.4


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the asker's time zone and how many posts matched."""

    day: date
    posts: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a query would have found.

    `per_day` has every day of the last thirty, oldest first, so that it can be drawn as bars.
    `newest` are up to three examples with the spans to highlight, newest first. Unless `is_exact`
    the counts are estimates from `looked_at` of `candidates` posts. `is_scan`: no word of the query
    can be looked up, so every post must be looked at; such a query is dear.
    """

    normal: str
    last_24_h: int
    last_7_days: int
    last_30_days: int
    per_day: tuple[Day, ...]
    newest: tuple[Found, ...]
    is_exact: bool
    is_scan: bool
    looked_at: int
    candidates: int


async def backtest(
    database: Database,
    query: str,
    *,
    now: datetime | None = None,
    zone: tzinfo = UTC,
    channels_asked: tuple[str, ...] = (),
    allow_scan: bool = False,
) -> Backtest:
    """Say what a query would have found; `zone` is the asker's, by which days are counted.

    `allow_scan` takes a query that every post must be checked against, too. Raises QueryError for
    a query that an alert would refuse too, UnknownChannelError for a channel.
    Safe to call while a run goes on; the work is done in a thread.
    """
    async with database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    moment = now or datetime.now(UTC)

    def work() -> Backtest:
        question = Question(query, known, channels=channels_asked, is_standing=not allow_scan)
        with reader(database.path) as connection:
            return _tested(connection, question, moment, zone)

    return await asyncio.to_thread(work)


def _tested(connection: Connection, question: Question, now: datetime, zone: tzinfo) -> Backtest:
    until = now + timedelta(seconds=1)
    stretch = Stretch(now - timedelta(days=DAYS), until)
    progress = Progress(time.monotonic() + _EXAMPLES_S)
    hits = question.found(connection, Stretch(None, until), progress)
    newest = tuple(islice(hits, EXAMPLES))
    hits.close()
    found = counted(connection, question, stretch, _COUNTING_S)
    by_day = found.days(zone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(DAYS, -1, -1)][1:]
    return Backtest(
        normal=question.normal,
        last_24_h=found.since(now - timedelta(days=1)),
        last_7_days=found.since(now - timedelta(days=7)),
        last_30_days=found.total,
        per_day=tuple(Day(day, by_day.get(day, 0)) for day in days),
        newest=newest,
        is_exact=found.is_exact,
        is_scan=not question.is_helped,
        looked_at=found.looked_at,
        candidates=found.candidates,
    )
