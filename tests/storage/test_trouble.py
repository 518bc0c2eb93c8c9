"""What the machine does is told from bugs, and says whether somebody must act."""

import errno
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

import storage.database
from bot.operate.outcome import BAD_INPUT, FAILED, explain
from storage.database import open_database
from storage.trouble import trouble_of


def sqlite_error(code, name, kind=sqlite3.OperationalError):
    error = kind(name)
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


@pytest.mark.parametrize(
    ("error", "said", "code"),
    [
        (sqlite_error(sqlite3.SQLITE_FULL, "SQLITE_FULL"), "disk is full", FAILED),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full", FAILED),
        (OSError(errno.EROFS, "Read-only file system"), "read-only", FAILED),
        (sqlite_error(sqlite3.SQLITE_READONLY | 8 << 8, "READONLY"), "read-only", FAILED),
        (sqlite_error(sqlite3.SQLITE_IOERR | 3 << 8, "IOERR_WRITE"), "IOERR_WRITE", FAILED),
        (MemoryError(), "memory", FAILED),
        (sqlite_error(sqlite3.SQLITE_BUSY, "SQLITE_BUSY"), "held the database's lock", FAILED),
        (sqlite_error(sqlite3.SQLITE_PROTOCOL, "SQLITE_PROTOCOL"), "database's lock", FAILED),
        (NoConnection("QueuePool limit"), "too busy", FAILED),
        (RuntimeError("can't start new thread"), "memory", FAILED),
        (
            sqlite_error(sqlite3.SQLITE_CORRUPT, "CORRUPT", sqlite3.DatabaseError),
            "earshot repair",
            BAD_INPUT,
        ),
    ],
)
def test_what_the_machine_does_is_one_line_and_no_bug(error, said, code, capsys):
    wrapped = OperationalError("INSERT", {}, error)
    for each in (error, ExceptionGroup("tasks", [error]), ExceptionGroup("tasks", [wrapped])):
        assert explain(each, ["run"]) == code
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line


def test_what_comes_of_the_machines_trouble_is_no_bug(capsys):
    full = sqlite_error(sqlite3.SQLITE_FULL, "SQLITE_FULL")
    both = ExceptionGroup("tasks", [RuntimeError("broken off"), ExceptionGroup("inner", [full])])
    assert explain(both, ["run"]) == FAILED
    assert "disk is full" in capsys.readouterr().err


async def test_a_database_that_another_program_keeps_locked_is_told_in_a_line(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(storage.database, "_BUSY_TIMEOUT_S", 0.1)
    async with open_database(tmp_path / "earshot.db") as database:
        with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(OperationalError) as raised:
                async with database.transaction():
                    pass
            other.rollback()
        assert explain(raised.value, ["run"]) == FAILED
        assert "held the database's lock" in capsys.readouterr().err
        async with database.transaction() as connection:
            await connection.exec_driver_sql("CREATE TABLE one (a)")


@pytest.mark.parametrize("error", [ValueError("x"), OSError(errno.ENOENT, "none"), KeyError(1)])
def test_a_bug_stays_a_bug(error):
    assert trouble_of(error) is None


async def test_a_real_full_database_is_known_and_takes_more_when_there_is_room(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            await connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite rounds up to it
            with pytest.raises(OperationalError) as raised:
                await connection.exec_driver_sql("CREATE TABLE much AS SELECT randomblob(1000000)")
            await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert "full" in trouble_of(raised.value).line
        async with database.transaction() as connection:
            await connection.exec_driver_sql("CREATE TABLE much AS SELECT randomblob(1000000)")
