from datetime import UTC, datetime, timedelta

import pytest

from bot.operate.people import code_hash, invite
from storage import audit, invites
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
                code_hash("right"),
                Role.REPORTER,
                uses=uses,
                added_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )
        async with database.reading() as connection:
            found = await invites.usable(connection, code_hash(code), NOW + after)
    assert (found is not None) == is_usable


async def test_a_code_fits_a_link_and_is_kept_nowhere(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        made = [await invite(database, Role.OPERATOR, uses=1, days=1) for _ in range(20)]
        async with database.reading() as connection:
            entries = await audit.newest(connection, 100)
    codes = {item.code for item in made}
    assert len(codes) == 20
    assert all(22 <= len(code) <= 64 and code.isascii() for code in codes)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not any(code.encode() in kept for code in codes)
    assert [entry.act for entry in entries] == ["invite made"] * 20
