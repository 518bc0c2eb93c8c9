"""Who was put out stays out by an older invite, whatever the clock did in between."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bot.operate import admission, people
from bot.telegram.messages import IncomingMessage, Recipient
from storage import subscribers
from storage.database import open_database
from storage.records import Role

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("hours", [-3, 0, 3])
async def test_an_older_invite_lets_nobody_back_and_a_newer_one_does(tmp_path, hours):
    async with open_database(tmp_path / "earshot.db") as database:
        with time_machine.travel(NOW, tick=False) as clock:

            async def comes(invited):
                told = f"/start {invited.code}"
                message = IncomingMessage(Recipient(5, 6), "Olena", "en", 1, NOW, told)
                return await admission.admit(
                    database, message, invited.code, timezone="UTC", language="en"
                )

            older = await people.invite(database, Role.REPORTER, uses=5, days=1)
            assert await comes(older) is not None
            clock.shift(timedelta(hours=hours))
            async with database.reading() as connection:
                reader = await subscribers.by_telegram_id(connection, 5)
            await people.remove(database, reader.id)
            assert await comes(older) is None
            clock.shift(timedelta(hours=hours))
            newer = await people.invite(database, Role.REPORTER, uses=1, days=1)
            assert await comes(newer) is not None
