"""The wall clock is set: noticed, and no delay lasts longer for it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bot.clock import ClockWatch, TelegramClock
from storage import accounts, channels, clock, history, rereads, stepped
from storage.database import open_database
from storage.records import CallKind, FollowMode, HistoryKind

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("step_s", [-43_200.0, -6.0, 6.0, 3600.0])
def test_a_step_of_the_clock_is_told_once(step_s):
    wall, steady = [1000.0], [50.0]
    watch = ClockWatch(lambda: wall[0], lambda: steady[0])
    wall[0] += 1.2
    steady[0] += 1.0
    assert watch.stepped_s() == 0
    wall[0] += 1 + step_s
    steady[0] += 1
    assert watch.stepped_s() == pytest.approx(step_s)
    assert watch.stepped_s() == 0


def test_how_far_the_clock_is_ahead_shows_at_the_moment_it_is_set():
    with time_machine.travel(NOW, tick=False) as traveller:
        steady = [50.0]
        telegrams = TelegramClock(lambda: steady[0])
        telegrams.compare(NOW.timestamp() - 4)  # an answer that was long on its way
        telegrams.compare(NOW.timestamp())
        assert telegrams.ahead() == timedelta(0)
        for step in (timedelta(hours=30), timedelta(hours=-60)):
            before = telegrams.ahead()
            traveller.shift(step)
            assert telegrams.ahead() == before + step


def test_before_the_first_comparison_nothing_is_taken_for_older_than_it_is():
    telegrams = TelegramClock()
    for remembered, ahead in ((30, 30), (-30, 0)):
        telegrams.remembered = timedelta(hours=remembered)
        assert telegrams.ahead() == timedelta(hours=ahead)


async def test_delays_noted_by_a_fast_clock_end_when_it_is_set_back(tmp_path):
    fast = NOW + timedelta(hours=6)
    async with (
        open_database(tmp_path / "earshot.db") as database,
        database.transaction() as connection,
    ):
        account = await accounts.know_account(connection, "main", 1)
        channel = await channels.add(connection, "@front", FollowMode.JOIN, 0, NOW)
        await accounts.heard(connection, account.id, NOW)
        assert not await stepped.is_ahead(connection, NOW)
        await accounts.heard(connection, account.id, fast)
        await accounts.wait_until(connection, account.id, CallKind.HISTORY, fast)
        await channels.postpone(connection, channel, fast)
        await history.ask(connection, channel, HistoryKind.GAP, low=1, high=9, left=-1, due_at=fast)
        assert await stepped.is_ahead(connection, NOW)
        assert await stepped.brought_back(connection, NOW) == 4
        assert await stepped.brought_back(connection, NOW) == 0
        assert not await stepped.is_ahead(connection, NOW)
        (task,) = await history.left(connection)
    assert task.due_at == NOW


@pytest.mark.parametrize("trace", ["a round of looking again", "a comparison of clocks"])
async def test_either_trace_of_a_fast_clock_is_found_at_the_next_start(tmp_path, trace):
    fast = NOW + timedelta(hours=6)
    async with (
        open_database(tmp_path / "earshot.db") as database,
        database.transaction() as connection,
    ):
        account = await accounts.know_account(connection, "main", 1)
        if trace == "a comparison of clocks":
            await clock.note(connection, timedelta(hours=6), fast)
        else:
            await rereads.climbed(connection, account.id, timedelta(hours=1), fast)
        assert await stepped.is_ahead(connection, NOW)
        assert await stepped.brought_back(connection, NOW) == 1
        assert not await stepped.is_ahead(connection, NOW)
