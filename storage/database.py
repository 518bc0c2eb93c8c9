"""The engine: one writer and many readers on SQLite, transactions, the doorbell, upgrades.

Everything a stage writes goes through `Database.transaction`, one at a time; readers never wait.
Nothing here knows a table: the SQL lives with its noun.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from storage.driver import OneTrip, connect
from storage.failures import BadInput
from storage.schema import APPLICATION_ID
from storage.trouble import trouble_of

Connection = AsyncConnection  # what the stages call it: they never import SQLAlchemy

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT_S = 30  # that another program may hold the lock
_POOL_TIMEOUT_S = 120  # that a reader may wait for its turn on a machine with no time for us
_READERS = 4
_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8192",  # KiB, as below; what is not here is in the system's cache
)
_READER_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA cache_size = -2048")


class DatabaseError(BadInput):
    """The database file cannot be used; the message says why and what to do."""


class Doorbell:
    """Wakes waiting stages when rows were written; a lost ring costs one poll, never a row."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}

    def ring(self, *names: str) -> None:
        """Say that there may be new rows for each of these stages."""
        for name in names:
            self._waiting.setdefault(name, asyncio.Event()).set()

    def rung(self, name: str) -> bool:
        """Say whether it rang since this was last asked or waited for, without waiting."""
        bell = self._waiting.setdefault(name, asyncio.Event())
        is_set = bell.is_set()
        bell.clear()
        return is_set

    async def wait(self, name: str, poll_s: float) -> None:
        """Return at the next ring (or one since the last call), after `poll_s` at the latest."""
        bell = self._waiting.setdefault(name, asyncio.Event())
        try:
            async with asyncio.timeout(poll_s):
                await bell.wait()
        except TimeoutError:
            pass
        bell.clear()

    async def serve(
        self, name: str, step: Callable[[], Awaitable[int]], poll_s: float, *, rest_s: float = 0.0
    ) -> NoReturn:
        """Step for ever: on while `step` says that there may be more, then at each ring or poll.

        After a ring `rest_s` lets more come, so that a stage nobody waits for takes them together.
        """
        while True:
            while await step():
                pass
            await self.wait(name, poll_s)
            await asyncio.sleep(rest_s)


class Database:
    """An open archive. Use `open_database`, which closes it."""

    def __init__(
        self, path: Path, lasting: AsyncEngine, redoable: AsyncEngine, readers: AsyncEngine
    ) -> None:
        self.path = path
        self.bell = Doorbell()
        self._lasting = lasting
        self._redoable = redoable
        self._readers = readers
        self._turn = asyncio.Lock()

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give the writer for one transaction: committed at the end, rolled back on anything else.

        Once committed it survives a power cut. Cancellation rolls back too, unless the commit had
        already begun; so write what is safe to repeat. No network calls inside.
        """
        return self._turn_on(self._lasting)

    def redoable(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a transaction that a power cut may undo, whole and with all that came after it.

        Much faster, as the disk is not waited for. For what nobody outside was told of and what
        its cursor or coverage, undone with it, makes this process do again.
        """
        return self._turn_on(self._redoable)

    @asynccontextmanager
    async def _turn_on(self, writers: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with self._turn, _checked_out(writers) as connection:
            try:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                await connection.exec_driver_sql("COMMIT")
            except BaseException:
                # A connection whose statement was cancelled is rolled back and closed already (see
                # `_engine`); the pool opens another for the next turn.
                if not connection.invalidated:
                    await _see_through(_roll_back(connection))
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a reader; what it reads between two statements may change."""
        async with _checked_out(self._readers) as connection:
            yield connection

    async def backup(self, path: Path) -> None:
        """Copy the archive, while it is in use, to a file that does not exist yet."""
        async with self._readers.connect() as connection:
            await connection.exec_driver_sql("PRAGMA query_only = OFF")
            try:
                await connection.exec_driver_sql("VACUUM INTO ?", (str(path),))
            finally:
                await connection.exec_driver_sql("PRAGMA query_only = ON")
        await asyncio.to_thread(path.chmod, 0o600)


@asynccontextmanager
async def _checked_out(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give a connection of the pool, and give it back whatever happens.

    Opening one is not broken off: aiosqlite would lose what its thread opens meanwhile. One that
    is open already is taken and given back without waiting, so nothing can break that off.
    """
    connection = engine.connect()
    try:
        if engine.pool.checkedin():  # type: ignore[attr-defined]  # every pool of ours is a queue
            await connection.start()
        else:
            await _see_through(_started(connection))
        yield connection
    finally:
        if connection.sync_connection is not None:
            if connection.invalidated:
                await _see_through(connection.close())
            else:
                await connection.close()


async def _started(connection: AsyncConnection) -> None:
    await connection.start()


async def _roll_back(connection: AsyncConnection) -> None:
    try:
        await connection.exec_driver_sql("ROLLBACK")
    except DBAPIError as error:
        if "no transaction is active" not in str(error.orig):
            raise


async def _see_through(work: Coroutine[Any, Any, None]) -> None:
    """Await to its end what must be done, even when cancelled again meanwhile."""
    task = asyncio.create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open the archive at `path`, making or upgrading it first.

    Raises DatabaseError for a file that is not an Earshot database, is damaged, was written by a
    newer version, or cannot be read or written. An upgrade leaves a copy in `backups/` beside it.
    """
    await asyncio.to_thread(_prepare_file, path)
    lasting = _engine(path, 1, (*_WRITER_PRAGMAS, "PRAGMA synchronous = FULL"))
    redoable = _engine(path, 1, (*_WRITER_PRAGMAS, "PRAGMA synchronous = NORMAL"))
    readers = _engine(path, _READERS, _READER_PRAGMAS)
    try:
        yield Database(path, lasting, redoable, readers)
    finally:
        for engine in (readers, redoable, lasting):
            await engine.dispose()


def _connecting(path: Path) -> Callable[..., OneTrip]:
    return lambda *_args, **_named: connect(path, _BUSY_TIMEOUT_S)


def _engine(path: Path, pool_size: int, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        async_creator=_connecting(path),
        hide_parameters=True,  # of a failing statement: people's queries would be in the report
        isolation_level="AUTOCOMMIT",  # we say BEGIN IMMEDIATE and COMMIT ourselves
        skip_autocommit_rollback=True,  # nor has it anything to roll back
        pool_size=pool_size,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_reset_on_return=None,  # nothing to reset: every transaction is ended by us
        max_overflow=0,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _set_pragmas(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    return engine


def _prepare_file(path: Path) -> None:
    """Check that the file is ours and bring its schema up to date."""
    try:
        with _plain_connection(path) as connection:
            state = _state_of(connection, path)
            if state == "new":
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            if state == "old":
                _copy_before_upgrade(connection, path)
        path.chmod(0o600)
        if state != "current":
            upgrade(path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CANTOPEN and trouble_of(error):
            raise  # of the machine, and may be over at the next start
        raise DatabaseError(
            f"cannot open the database {path}: {error}; check that the folder is readable and "
            "writable and the disk is not full"
        ) from None
    except sqlite3.DatabaseError as error:
        raise DatabaseError(
            f"{path} is not a readable database ({error}): run `earshot repair`, or "
            "`earshot restore` with a backup"
        ) from None


@contextmanager
def _plain_connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _state_of(connection: sqlite3.Connection, path: Path) -> str:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return "new"
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise DatabaseError(
            f"{path} is another program's database: choose another folder with --data DIR"
        )
    version = (
        connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if "alembic_version" in tables
        else None
    )
    if version is None:
        return "old"
    migrations = _migrations()
    if version[0] not in migrations:
        raise DatabaseError(
            f"{path} was written by a newer Earshot (schema {version[0]}): upgrade Earshot"
        )
    return "current" if version[0] == migrations[-1] else "old"


def _migrations() -> list[str]:
    """Give the schema's revisions in their order, which is that of their files' numbers.

    Asking Alembic instead would cost every start a sixth of a second.
    """
    return sorted(file.name.partition("_")[0] for file in _MIGRATIONS.glob("versions/[0-9]*.py"))


def newest_schema() -> str:
    """Name the schema that this Earshot reads and writes."""
    return _migrations()[-1]


def _copy_before_upgrade(connection: sqlite3.Connection, path: Path) -> None:
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"before-upgrade-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.db"
    connection.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)


def upgrade(path: Path, revision: str = "head") -> None:
    """Bring the schema of the file at `path` to `revision`, each step in one transaction."""
    from alembic import command  # noqa: PLC0415  # takes long to load, and few starts need it
    from alembic.config import Config  # noqa: PLC0415  # the same

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["path"] = path
    command.upgrade(config, revision)
