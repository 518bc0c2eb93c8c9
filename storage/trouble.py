"""What the machine does to an archive, told from bugs: a full disk, a read-only one, a bad page.

In goes an exception of any layer below, out comes what it means for whoever runs Earshot, or None
for everything that is not the machine's doing. Nothing half-written stays in any of these cases:
the transaction in hand is undone by SQLite, at the next start at the latest.
"""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

_FULL = "the disk is full: make room; what was stored is safe, what was not is read again"
_READ_ONLY = (
    "the data folder cannot be written to: look whether its disk has become read-only and whom it "
    "belongs to; what was stored is safe"
)
_MEMORY = "the memory was not enough: give Earshot more; what was stored is safe"
_FAULTY = "the disk does not do as it is told ({name}): look into the system's log, check the disk"
_DAMAGED = (
    "the database is damaged ({name}): run `earshot repair`, or `earshot restore` with a backup"
)
_LOCKED = (
    "another program has held the database's lock for too long ({name}): end it, a backup tool or "
    "an open `sqlite3` perhaps; what was stored is safe"
)
_BUSY = "the machine is too busy to read the database in time; what was stored is safe"
DATABASE_TROUBLE = (DBAPIError, sqlite3.Error, MemoryError)  # what may be it, beside OSError
_NO_THREAD = "can't start new thread"  # Python's RuntimeError when its stack finds no memory
_BY_CODE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_NOMEM: _MEMORY,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_IOERR: _FAULTY,
    sqlite3.SQLITE_CANTOPEN: _FAULTY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EIO: _FAULTY,
    errno.ENOMEM: _MEMORY,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the machine, in a line; `is_lasting` if only a person can mend it."""

    line: str
    is_lasting: bool


def trouble_of(error: BaseException) -> Trouble | None:
    """Say what the machine did, None if the error is not its doing."""
    found: str | None = None
    name = ""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, MemoryError) or _NO_THREAD in str(error):
        found = _MEMORY
    elif isinstance(error, NoConnection):
        found = _BUSY
    elif isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        name = str(getattr(error, "sqlite_errorname", error))
        found = None if code is None else _BY_CODE.get(code & 0xFF)
    elif isinstance(error, OSError):
        name = error.strerror or ""
        found = _BY_ERRNO.get(error.errno or 0)
    if found is None:
        return None
    return Trouble(found.format(name=name), is_lasting=found is _DAMAGED)
