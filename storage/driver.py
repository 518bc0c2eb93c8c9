"""aiosqlite, asked once a statement: SQLAlchemy asks it four times.

aiosqlite runs each call in the connection's thread, and going there and back is most of what a
small statement costs. SQLAlchemy makes a cursor, executes, fetches all rows and closes the cursor:
four trips. Here all of it is one function, so a cursor never outlives its statement either, and a
statement that was cancelled leaves nothing unfinished.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite


class Rows:
    """What SQLAlchemy takes for a cursor of aiosqlite: one statement, with its rows at hand."""

    arraysize = 1

    def __init__(self, connection: OneTrip) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        """Run a statement and hold its rows."""
        await self._connection.run(self._run, sql, parameters, many=False)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Run a statement once for each of the parameters."""
        await self._connection.run(self._run, sql, parameters, many=True)
        return self

    async def fetchall(self) -> Sequence[Any]:
        """Hand over the rows."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Do nothing: the cursor was closed with its statement."""

    def _run(
        self, connection: sqlite3.Connection, sql: str, parameters: Iterable[Any], *, many: bool
    ) -> None:
        cursor = connection.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(sql, parameters)  # type: ignore[arg-type]
            self.description = cursor.description
            if self.description:
                self._rows = cursor.fetchall()
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class OneTrip(aiosqlite.Connection):
    """A connection whose cursors go to its thread once."""

    def cursor(self) -> Rows:  # type: ignore[override]  # not awaited by SQLAlchemy, only entered
        """Give a cursor, which opens nothing yet."""
        return Rows(self)

    async def run(self, function: Callable[..., None], *args: Any, **named: Any) -> None:
        """Call `function` with the connection of sqlite3, in its thread."""
        await self._execute(lambda: function(self._conn, *args, **named))  # type: ignore[no-untyped-call]


def connect(path: Path, timeout_s: float) -> OneTrip:
    """Give a connection to await; its thread ends with the process, as SQLAlchemy has it."""

    def opened() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=timeout_s, check_same_thread=False)

    connection = OneTrip(opened, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does with its own
    return connection
