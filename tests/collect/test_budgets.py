"""A flood wait lasts as long as Telegram said, whatever the wall clock shows meanwhile."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bot.collect.allowance import Allowance
from bot.collect.budgets import Budgets
from bot.pacing import TokenBucket
from bot.telemetry import Telemetry
from storage import accounts
from storage.database import open_database
from storage.records import CallKind

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
STEPS = pytest.mark.parametrize("step", [timedelta(hours=-11), timedelta(hours=11)])


@asynccontextmanager
async def loaded(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            await accounts.expect(connection, "main")
            (account,) = await accounts.listed(connection)

        async def budgets(allowances=None):
            buckets = {kind: TokenBucket(100.0, 100) for kind in CallKind}
            made = Budgets(database, account.id, buckets, Telemetry(), allowances)
            await made.load()
            return made

        yield budgets


@STEPS
async def test_a_wait_lasts_as_long_when_the_clock_is_set_at_any_moment(tmp_path, step):
    with time_machine.travel(NOW, tick=False) as clock:
        async with loaded(tmp_path) as budgets:
            at_work = await budgets()
            await at_work.limited(CallKind.HISTORY, 400)
            clock.shift(step)
            assert 300 < at_work.delay_s(CallKind.HISTORY) <= 400
            await at_work.limited(CallKind.JOIN, 500)  # between the step and our taking note of it
            await at_work.clock_set()
            after_a_restart = await budgets()
            for budget in (at_work, after_a_restart):
                assert 300 < budget.delay_s(CallKind.HISTORY) <= 400
                assert 400 < budget.delay_s(CallKind.JOIN) <= 500


async def test_what_keeps_a_share_for_others_waits_while_they_go_on(tmp_path):
    async with loaded(tmp_path) as budgets:
        some = await budgets({CallKind.HISTORY: Allowance(10, 10)})
        for _ in range(8):
            assert not some.delay_s(CallKind.HISTORY, kept=0.2)
            await some.turn(CallKind.HISTORY, kept=0.2)
        assert some.delay_s(CallKind.HISTORY, kept=0.2)
        for _ in range(2):
            assert not some.delay_s(CallKind.HISTORY)
            await some.turn(CallKind.HISTORY)
        assert some.delay_s(CallKind.HISTORY)
