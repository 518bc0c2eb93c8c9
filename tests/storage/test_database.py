import asyncio
import gc
import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert
from sqlalchemy.exc import IntegrityError

from storage import cursors, invites, migrations
from storage.database import DatabaseError, Doorbell, _migrations, open_database
from storage.records import Role
from storage.schema import APPLICATION_ID, metadata, subscriptions

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "earshot.db") as opened:
        yield opened


async def position(database, name):
    async with database.reading() as connection:
        return await cursors.position(connection, name)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_cancelled_statement_keeps_no_lock_though_its_cursor_lives_on(database, seed):
    """Rows that are given back leave a cursor open; only the collector would close it."""
    chance = random.Random(seed)

    async def work(value):
        writers = (database.transaction, database.redoable)
        async with chance.choice(writers)() as connection:
            for part in (b"a", b"b"):
                await invites.add(
                    connection,
                    part + str(value).encode(),
                    Role.REPORTER,
                    uses=1,
                    added_at=NOW,
                    expires_at=NOW,
                )

    gc.disable()
    try:
        for value in range(150):
            task = asyncio.create_task(work(value))
            for _ in range(chance.randrange(14)):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(60), database.transaction() as connection:
                await cursors.advance(connection, "next", value)
    finally:
        gc.enable()


async def test_what_was_committed_is_read_by_others(database):
    async with database.transaction() as connection:
        await cursors.advance(connection, "a", 7)
    assert await position(database, "a") == 7


async def test_a_failing_statement_does_not_say_what_was_written(database):
    with pytest.raises(IntegrityError) as caught:
        async with database.transaction() as connection:
            await connection.execute(
                insert(subscriptions).values(subscriber_id=404, query="вантажівка", normal="x")
            )
    assert "subscriptions" in str(caught.value)
    assert "вантажівка" not in str(caught.value)


async def test_an_error_rolls_back(database):
    async def fail():
        async with database.transaction() as connection:
            await cursors.advance(connection, "a", 7)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await position(database, "a") == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_cancellation_anywhere_leaves_no_open_transaction(database, seed):
    """Two cursors move together; a cancelled transaction moves both or neither."""
    chance = random.Random(seed)

    async def work(value):
        async with database.transaction() as connection:
            await cursors.advance(connection, "a", value)
            await cursors.advance(connection, "b", value)

    for value in range(1, 120):
        task = asyncio.create_task(work(value))
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        if chance.random() < 0.5:
            await asyncio.sleep(chance.random() * 0.004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with database.transaction() as connection:
            assert await cursors.position(connection, "a") == await cursors.position(
                connection, "b"
            )
    await work(1000)
    assert await position(database, "a") == 1000


async def test_a_reader_cannot_write(database):
    async with database.reading() as connection:
        with pytest.raises(Exception, match="readonly"):
            await cursors.advance(connection, "a", 1)


async def test_a_backup_opens_as_an_archive(database, tmp_path):
    async with database.transaction() as connection:
        await cursors.advance(connection, "a", 5)
    await database.backup(tmp_path / "copy.db")
    async with open_database(tmp_path / "copy.db") as copy:
        assert await position(copy, "a") == 5


async def refused(path, words):
    with pytest.raises(DatabaseError, match=words):
        async with open_database(path):
            pass


async def test_a_foreign_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    await refused(path, "another program")
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "text.db"
    path.write_text("not a database at all, but long enough to be looked at\n" * 50)
    await refused(path, "not a readable database")


async def test_a_newer_database_is_refused(tmp_path):
    path = tmp_path / "newer.db"
    async with open_database(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    await refused(path, "newer Earshot")


async def test_a_database_without_a_version_is_brought_up_to_date_after_a_copy(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("CREATE TABLE keepsake (x)")
    connection.close()
    async with open_database(path) as opened, opened.transaction() as connection:
        await cursors.advance(connection, "a", 1)
    assert len(list((tmp_path / "backups").iterdir())) == 1


async def test_the_migrations_make_exactly_the_schema(tmp_path):
    """What Alembic built and what schema.py says must be one and the same."""
    path = tmp_path / "earshot.db"
    async with open_database(path):
        pass
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


async def test_a_ring_before_the_wait_is_not_lost():
    bell = Doorbell()
    bell.ring("a")
    async with asyncio.timeout(60):
        await bell.wait("a", 3600)


async def test_a_wait_ends_without_a_ring():
    async with asyncio.timeout(60):
        await Doorbell().wait("a", 0.01)


def test_migrations_are_known_by_their_files_as_alembic_knows_them():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert _migrations() == known[::-1]
