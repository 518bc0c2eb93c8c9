from datetime import UTC, datetime, timedelta

import pytest

from bot.operate.invitations import hash_of, link_of, new_code
from storage import invites
from storage.database import open_database
from storage.records import Role

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "uses", "after", "is_usable"),
    [
        ("right", 1, timedelta(0), True),
        ("wrong", 1, timedelta(0), False),
        ("right", 0, timedelta(0), False),
        ("right", 1, timedelta(days=1), False),
        ("right", 1, timedelta(days=1) - timedelta(microseconds=1), True),
    ],
)
async def test_a_code_is_good_while_it_lasts(tmp_path, code, uses, after, is_usable):
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            await invites.add(
                connection,
                hash_of("right"),
                Role.REPORTER,
                uses=uses,
                added_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )
        async with database.reading() as connection:
            found = await invites.usable(connection, hash_of(code), NOW + after)
    assert (found is not None) == is_usable


def test_codes_fit_a_telegram_link_and_differ():
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(
        len(code) <= 64 and code.replace("-", "").replace("_", "").isalnum() for code in codes
    )
    assert link_of("earshot_bot", "x") == "https://t.me/earshot_bot?start=x"
