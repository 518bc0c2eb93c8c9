"""The plan of the spread is made from rows that change meanwhile."""

import asyncio
from datetime import UTC, datetime

from bot.collect import roster
from bot.collect.allowance import UNLIMITED
from storage import accounts, channels, readers
from storage.database import open_database
from storage.records import CallKind, FollowMode

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FREELY = dict.fromkeys(CallKind, UNLIMITED)


async def test_a_spread_planned_while_channels_are_added_misses_none_in_the_end(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            await accounts.expect(connection, "main")

        async def add():
            for number in range(60):
                async with database.redoable() as connection:
                    await channels.add(connection, f"@c{number:03}", FollowMode.JOIN, 1, NOW)

        async def plan():
            while True:
                async with database.reading() as connection:
                    moves = await roster.planned(connection, FREELY, NOW)
                async with database.redoable() as connection:
                    await roster.apply(connection, moves, datetime.now(UTC))
                    if len(await readers.current(connection)) == 60:
                        return

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(add())
            group.create_task(plan())
