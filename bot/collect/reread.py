"""Held posts looked at again, the younger the oftener: a falling timetable, in rows.

Edits and deletions made while nobody heard give no event, and deletion events are unreliable even
then. Each rung of the timetable looks again at the posts of one stretch of ages: the first at the
youngest, the next at those too old for the first, and so on. What is older than the last rung is
left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from storage import history, rereads
from storage.database import Connection, Database
from storage.records import AccountId, ChannelId, HistoryKind

_IDS_A_CALL = 100  # Telegram's limit of messages asked for by id
_RIGHT = timedelta(0)


@dataclass(frozen=True, slots=True)
class Rung:
    """Posts that are at most `max_age` old and older than `min_age`, every `every`."""

    min_age: timedelta
    max_age: timedelta
    every: timedelta


def rungs(steps: Sequence[tuple[float, float]]) -> tuple[Rung, ...]:
    """Make the rungs of (greatest age, interval) in seconds, ascending in age."""
    ages = [0.0, *(age for age, _ in steps)]
    return tuple(
        Rung(timedelta(seconds=young), timedelta(seconds=old), timedelta(seconds=every))
        for (young, old), (_, every) in zip(pairwise(ages), steps, strict=True)
    )


def due(
    all_rungs: Sequence[Rung], asked_at: Mapping[timedelta, datetime], now: datetime
) -> tuple[Rung, ...]:
    """Say which rungs are to be climbed now; `asked_at` is when each was last, by greatest age."""
    return tuple(
        rung
        for rung in all_rungs
        if rung.max_age not in asked_at or now - asked_at[rung.max_age] >= rung.every
    )


async def ask_what_is_due(
    database: Database,
    account_id: AccountId,
    all_rungs: Sequence[Rung],
    now: datetime,
    ahead: timedelta = _RIGHT,
) -> int:
    """Ask for the posts of the rungs that are due; give how many calls that will take.

    `ahead` is how far the clock here is ahead of Telegram's, which dates the posts.
    """
    async with database.reading() as connection:
        climbed = due(all_rungs, await rereads.rounds(connection, account_id), now)
    if not climbed:
        return 0
    calls = 0
    async with database.redoable() as connection:
        for rung in climbed:
            stretches = await rereads.stretches(
                connection, account_id, now - ahead - rung.max_age, now - ahead - rung.min_age
            )
            for channel_id, (low, high) in stretches.items():
                calls += await ask_about(connection, channel_id, low, high, now)
            await rereads.climbed(connection, account_id, rung.max_age, now)
    database.bell.ring("history")
    return calls


async def ask_about(
    connection: Connection, channel_id: ChannelId, low: int, high: int, now: datetime
) -> int:
    """Ask for the held messages of a stretch to be looked at again; give how many calls."""
    ids = await rereads.kept_message_ids(connection, channel_id, low, high)
    calls = range(0, len(ids), _IDS_A_CALL)
    for start in calls:
        part = ids[start : start + _IDS_A_CALL]
        await history.ask(
            connection,
            channel_id,
            HistoryKind.REREAD,
            low=part[0],
            high=part[-1],
            left=-1,
            due_at=now,
        )
    return len(calls)
