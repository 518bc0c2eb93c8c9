"""Plain connections for long reading in a thread: search, backtests and exports.

They only read. A cursor over millions of rows costs nothing here but the row in hand, which the
asynchronous engine cannot do without a turn of the event loop for each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from storage import hidden_links
from storage.database import DatabaseError
from storage.records import ChannelId, Has, Is, Post, PostId, Source

Connection = sqlite3.Connection  # what its users call it: they never import SQLite

_BUSY_TIMEOUT_S = 10
_CACHE_KIB = 65_536
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

INDEX: Final = "full_text"  # what the index's file is called inside a connection
POST: Final = (  # the columns of a post `p`, as `post_of` takes them
    "p.id, p.channel_id, p.message_id, p.grouped_id, p.posted_at, p.first_seen_at, p.edited_at,"
    " p.deleted_at, p.source, p.text, p.lang, p.has, p.marks, p.origin, p.origin_name, p.reply_to,"
    " p.picture_text_at, p.links"
)


def index_path(archive: Path) -> Path:
    """Name the file of an archive's full-text index, which can be made again from the archive."""
    return archive.with_name(f"{archive.stem}.search.db")


@contextmanager
def reader(archive: Path) -> Iterator[sqlite3.Connection]:
    """Open the archive, with its index if there is one, for one thread at a time.

    What it reads does not change between `BEGIN` and `COMMIT`. Raises DatabaseError.
    """
    try:
        connection = _opened(archive)
    except sqlite3.Error as error:
        raise DatabaseError(f"cannot read the database {archive}: {error}") from None
    try:
        yield connection
    finally:
        connection.close()


def _opened(archive: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        _read_only(archive),
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,  # a thread of the pool, whichever it is; one at a time
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        _attach_index(connection, index_path(archive))
    except BaseException:
        connection.close()
        raise
    return connection


def _attach_index(connection: sqlite3.Connection, path: Path) -> None:
    if not path.exists():
        return
    try:
        connection.execute(f"ATTACH ? AS {INDEX}", (_read_only(path),))
        connection.execute(f"PRAGMA {INDEX}.cache_size = -{_CACHE_KIB}")
    except sqlite3.DatabaseError:  # damaged or only being made: everything works without
        return


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"


def moment(microseconds: int) -> datetime:
    """Turn a stored time into a datetime."""
    return _EPOCH + timedelta(microseconds=microseconds)


def maybe_moment(microseconds: int | None) -> datetime | None:
    """Turn a stored time, if there is one, into a datetime."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def post_of(row: Sequence[Any]) -> Post:
    """Turn the columns of `POST` into a post."""
    return Post(
        PostId(row[0]),
        ChannelId(row[1]),
        row[2],
        row[3],
        moment(row[4]),
        moment(row[5]),
        maybe_moment(row[6]),
        maybe_moment(row[7]),
        Source(row[8]),
        row[9],
        row[10],
        has_of(row[11]),
        marks_of(row[12]),
        row[13],
        row[14],
        row[15],
        picture_text_at=row[16],
        links=hidden_links.read(row[17]),
    )


@lru_cache(maxsize=1000)
def has_of(stored: str) -> frozenset[Has]:
    """Read what a post carries."""
    return frozenset(map(Has, stored.split()))


@lru_cache(maxsize=1000)
def marks_of(stored: str) -> frozenset[Is]:
    """Read what a post is."""
    return frozenset(map(Is, stored.split()))
