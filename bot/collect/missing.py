"""What coverage lacks → history tasks: rows that ask for stretches to be read.

Asking is safe to repeat: a stretch that is being read is not asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bot.collect.coverage import Question, about_hole, questions
from storage import accounts, coverage, history, rereads
from storage.database import Connection, Database
from storage.records import (
    AccountId,
    ChannelId,
    HistoryKind,
    IdRange,
    Statement,
    StatementKind,
)

_IDS_A_CALL = 100  # Telegram's limit of messages asked for by id


async def ask_for_missing(
    connection: Connection, channel_id: ChannelId, backfill_depth: int
) -> None:
    """Ask for all that is not accounted for: the first back-fill, or the holes and what is newer.

    Safe to repeat: a stretch that is being read is not asked for again.
    """
    ranges = (await history.ranges(connection, [channel_id]))[channel_id]
    await _ask(connection, channel_id, questions(ranges, backfill_depth), datetime.now(UTC))


async def _ask(
    connection: Connection, channel_id: ChannelId, asked: Iterable[Question], due_at: datetime
) -> None:
    for item in asked:
        await history.ask(
            connection,
            channel_id,
            item.kind,
            low=item.low,
            high=item.high,
            left=item.left,
            due_at=due_at,
        )


async def ask_again_about_recent(connection: Connection, channel_id: ChannelId, depth: int) -> None:
    """Ask for the `depth` newest known messages to be looked at again.

    Edits and deletions made while nobody listened give no event.
    """
    recent = await rereads.recent_message_ids(connection, channel_id, depth)
    for start in range(0, len(recent), _IDS_A_CALL):
        ids = recent[start : start + _IDS_A_CALL]
        await history.ask(
            connection,
            channel_id,
            HistoryKind.REREAD,
            low=ids[-1],
            high=ids[0],
            left=-1,
            due_at=datetime.now(UTC),
        )


async def check_all(database: Database, account_id: AccountId, *, reread_depth: int) -> None:
    """Ask for what is missing of every channel an account reads, at start and after a reconnection.

    `reread_depth` recent messages of each are looked at again.
    """
    async with database.reading() as connection:
        access = await accounts.access_of(connection, account_id)
    await check_these(database, access, reread_depth=reread_depth)


async def check_these(
    database: Database, chosen: Iterable[ChannelId], *, reread_depth: int = 0
) -> None:
    """Ask for what is missing of these channels."""
    async with database.redoable() as connection:
        for channel_id in chosen:
            if reread_depth:
                await ask_again_about_recent(connection, channel_id, reread_depth)
            ranges = (await history.ranges(connection, [channel_id]))[channel_id]
            if ranges:  # without any, the first back-fill has been asked for already
                await ask_for_missing(connection, channel_id, 0)
    database.bell.ring("history")


async def plan_gaps(
    database: Database,
    account_id: AccountId,
    jumped: Mapping[ChannelId, tuple[IdRange, ...]],
    delay_s: float,
) -> None:
    """Ask for holes that live updates left, a little later: late ones may come by themselves."""
    now = datetime.now(UTC)
    async with database.redoable() as connection:
        for channel_id, missing in jumped.items():
            await _ask(
                connection, channel_id, map(about_hole, missing), now + timedelta(seconds=delay_s)
            )
            await coverage.state(
                connection,
                [
                    Statement(
                        channel_id, account_id, now, StatementKind.HOLE_FOUND, hole.low, hole.high
                    )
                    for hole in missing
                ],
            )
