"""Blind periods whose end Telegram says beforehand: one row, with what it said last."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage import accounts, blindness
from storage.database import open_database
from storage.records import Blindness
from storage.schema import blind_periods

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("second_s", [90, 600])
async def test_calls_that_hear_of_one_flood_make_one_period_with_the_last_end(tmp_path, second_s):
    async with (
        open_database(tmp_path / "earshot.db") as database,
        database.transaction() as connection,
    ):
        account = await accounts.know_account(connection, "main", 1)
        for at_s, length_s in ((0, 300), (1, 299), (2, second_s), (4000, 100)):
            at = NOW + timedelta(seconds=at_s)
            await blindness.begin(
                connection,
                Blindness.FLOOD_WAIT,
                at,
                account_id=account.id,
                ended_at=at + timedelta(seconds=length_s),
            )
        rows = (await connection.execute(select(blind_periods).order_by("id"))).all()
    spans = [((row.began_at - NOW).seconds, (row.ended_at - NOW).seconds) for row in rows]
    assert spans == [(0, 2 + second_s), (4000, 4100)]
