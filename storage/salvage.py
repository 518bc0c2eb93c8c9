"""What can still be read of a damaged archive, copied row by row into a new one.

SQLite stops at the first unreadable page; here every table is read in its keys' order and a
stretch that cannot be read is stepped over, so that one bad page costs its own rows only. All
functions block: call them in a thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from storage.database import upgrade
from storage.schema import APPLICATION_ID, metadata

_BATCH = 500
_LONGEST_STEP = 1 << 20  # row ids stepped over at once while looking for the next readable row
_NEWEST = 1 << 62
Progress = Callable[[str, int], None]
Row = tuple[object, ...]


@dataclass(slots=True)
class Salvaged:
    """What a salvage came to: rows by table; `torn` are the tables with unreadable stretches."""

    rows: dict[str, int] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)


class BeyondRepairError(Exception):
    """Not even the list of tables can be read."""


def salvage(damaged: Path, fresh: Path, progress: Progress) -> Salvaged:
    """Copy what is readable of `damaged` into `fresh`, which must not exist.

    `progress` is told each table and how many of its rows were saved. Raises BeyondRepairError.
    """
    done = Salvaged()
    with closing(sqlite3.connect(damaged, isolation_level=None)) as source:
        try:
            source.execute("SELECT name FROM sqlite_master").fetchall()
        except sqlite3.DatabaseError as error:
            raise BeyondRepairError(str(error)) from None
        with closing(sqlite3.connect(fresh, isolation_level=None)) as target:
            target.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            fresh.chmod(0o600)
            upgrade(fresh)
            target.execute("PRAGMA foreign_keys = OFF")
            for table in metadata.sorted_tables:
                _copy_table(source, target, table.name, done, progress)
            _keep_counting(source, target)
    return done


def drop_orphans(path: Path) -> dict[str, int]:
    """Remove rows that name a row which could not be read; give how many, by table."""
    dropped: dict[str, int] = {}
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        target.execute("BEGIN")
        while orphans := target.execute("PRAGMA foreign_key_check").fetchall():
            for table, row_id, *_ in orphans:
                target.execute(f"DELETE FROM {table} WHERE rowid = ?", (row_id,))  # noqa: S608  # ours
                dropped[table] = dropped.get(table, 0) + 1
        target.execute("COMMIT")
    return dropped


def _copy_table(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: str,
    done: Salvaged,
    progress: Progress,
) -> None:
    theirs = [row[1] for row in source.execute(f"PRAGMA table_info({table})")]
    ours = {row[1] for row in target.execute(f"PRAGMA table_info({table})")}
    columns = [name for name in theirs if name in ours]
    if not columns:
        return
    marks = ", ".join("?" * len(columns))
    names = ", ".join(f'"{name}"' for name in columns)
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  # our names
    count = 0
    target.execute("BEGIN")
    for rows in _readable(source, table, names, done):
        before = target.total_changes
        target.executemany(insert, rows)
        count += target.total_changes - before
        progress(table, count)
    target.execute("COMMIT")
    done.rows[table] = count


def _readable(
    source: sqlite3.Connection, table: str, names: str, done: Salvaged
) -> Iterator[list[Row]]:
    """Yield the rows that can be read, in the order of their row ids."""
    select = (
        f"SELECT rowid, {names} FROM {table} NOT INDEXED "  # noqa: S608  # our own names
        "WHERE rowid > ? ORDER BY rowid LIMIT ?"
    )
    last, limit, step = -_NEWEST, _BATCH, 1
    while True:
        try:
            rows = source.execute(select, (last, limit)).fetchall()
        except sqlite3.DatabaseError:
            if table not in done.torn:
                done.torn.append(table)
            if limit > 1:
                limit = max(limit // 8, 1)
                continue
            # The next row itself cannot be read: look further on, in growing steps.
            if step > _LONGEST_STEP:
                following = _first_after(source, table, last)
                if following is None:
                    return
                last, step = following - 1, 1
                continue
            last, step = max(last, -1) + step, step * 2
            continue
        if not rows:
            return
        yield [row[1:] for row in rows]
        last, limit, step = rows[-1][0], min(limit * 2, _BATCH), 1


def _first_after(source: sqlite3.Connection, table: str, last: int) -> int | None:
    """Find a readable row beyond a wide unreadable stretch by bisection from the newest row."""
    probe = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 1"  # noqa: S608  # our own names
    low, high, found = last + 1, _NEWEST, None
    while low < high:
        middle = (low + high) // 2
        try:
            row = source.execute(probe, (middle,)).fetchone()
        except sqlite3.DatabaseError:
            low = middle + 1
            continue
        if row is not None:
            found = row[0]
        high = middle
    return found


def _keep_counting(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Give no number out again: a stage's cursor would have passed it already."""
    positions = target.execute("SELECT max(position) FROM cursors").fetchone()[0] or 0
    try:
        theirs = dict(source.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    except sqlite3.DatabaseError:
        theirs = {}
    for table in metadata.sorted_tables:
        if table.dialect_options["sqlite"]["autoincrement"]:
            newest = target.execute(f"SELECT max(rowid) FROM {table.name}").fetchone()[0] or 0  # noqa: S608  # ours
            last = max(newest, positions, theirs.get(table.name, 0))
            target.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
            target.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table.name, last))
