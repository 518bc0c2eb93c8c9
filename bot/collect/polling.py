"""Channels read without joining → asked for what is new, each in its own rhythm.

Nobody tells a non-member of new posts, so every look costs a call. `interval` is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from bot.collect.missing import check_these
from storage import accounts, rhythm
from storage.database import Database
from storage.records import AccountId

_ENOUGH = 5  # posts; with fewer nobody knows the rhythm yet
_OF_PAUSE = 2  # looks within a usual pause
_OF_SILENCE = 8  # looks within a silence as long as the present one


def interval(
    posted: Sequence[datetime], now: datetime, *, shortest: timedelta, longest: timedelta
) -> timedelta:
    """Say how long to wait between looks; `posted` are the newest posts' times, ascending."""
    if len(posted) < _ENOUGH:
        return shortest
    pause = timedelta(
        seconds=median((later - sooner).total_seconds() for sooner, later in pairwise(posted))
    )
    silence = now - posted[-1]
    return min(longest, max(shortest, min(pause / _OF_PAUSE, silence / _OF_SILENCE)))


async def poll_channels(
    database: Database,
    account_id: AccountId,
    now: datetime,
    *,
    shortest: timedelta,
    longest: timedelta,
) -> int:
    """Ask for what is new of the account's polled channels that are due; give how many."""
    async with database.reading() as connection:
        access = await accounts.access_of(connection, account_id)
        polled = [item.channel_id for item in access.values() if not item.is_member]
        due = []
        for channel_id in polled:
            facts = await rhythm.of(connection, channel_id)
            wait = interval(facts.posted, now, shortest=shortest, longest=longest)
            # The timetable's own ticks are not to the millisecond: half the shortest is leeway.
            if facts.checked_at is None or now - facts.checked_at >= wait - shortest / 2:
                due.append(channel_id)
    await check_these(database, due)
    return len(due)
