"""Holes first: neither places nor calls are all taken by what can wait."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.collect.order import kept, startable
from storage import accounts, channels, history, readers
from storage.database import open_database
from storage.records import FollowMode, HistoryKind, HistoryTask

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@given(st.lists(st.sampled_from([HistoryKind.BACKFILL, HistoryKind.REREAD]), max_size=40))
def test_a_hole_finds_a_place_whatever_else_waits_to_be_read(wanted):
    running = []
    for kind in wanted:
        if kind in startable(running):
            running.append(kind)
    assert startable(running)[0] is HistoryKind.GAP


def test_old_posts_leave_calls_to_new_ones_and_these_to_holes():
    hole, new, old, again = (
        kept(HistoryTask(1, 1, kind, low=1, high=high, next=1, left=-1, attempts=0, due_at=NOW))
        for kind, high in (
            (HistoryKind.GAP, 9),
            (HistoryKind.GAP, 0),
            (HistoryKind.BACKFILL, 0),
            (HistoryKind.REREAD, 9),
        )
    )
    assert 0 == hole < new < old == again < 1


async def test_what_is_due_comes_in_the_order_that_is_stated(tmp_path):
    asked = (
        (HistoryKind.REREAD, 1, 9),
        (HistoryKind.BACKFILL, 0, 0),
        (HistoryKind.GAP, 20, 0),
        (HistoryKind.GAP, 10, 15),
    )
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            await accounts.expect(connection, "main")
            (account,) = await accounts.listed(connection)
            await channels.add(connection, "@one", FollowMode.JOIN, 10, NOW)
            (channel,) = await channels.listed(connection)
            await readers.assign(connection, {channel.id: account.id}, why="test", at=NOW)
            for age, (kind, low, high) in enumerate(asked):
                due_at = NOW - timedelta(minutes=10 - age)
                await history.ask(
                    connection, channel.id, kind, low=low, high=high, left=-1, due_at=due_at
                )
        found, done = [], []
        async with database.reading() as connection:
            while task := await history.first_due(
                connection, account.id, NOW, startable(()), but=done
            ):
                found.append((task.kind, task.low, task.high))
                done.append(task.id)
    assert found == [asked[3], asked[2], asked[1], asked[0]]
