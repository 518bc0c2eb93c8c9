"""The full-text index: which posts have which words, in a file of its own beside the archive.

Everything in it is derived from the archive and follows `revisions` behind a cursor of its own,
so that writing it never keeps an alert waiting and losing it loses nothing. Full text is each
database's own dialect, so this module speaks SQLite's.

A post has a row whose number is its second times sixteen and a place in that second, so that rows
in descending order are posts newest first; posts of a crowded second go to the next free number,
`shift` seconds later than they were posted. A post that changed gets a new row, and the former
one names no post any more. Its words stay until the index is cleaned: SQLite takes back only words
that it is told, and to find them it has to look through all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from storage import hidden_links
from storage.failures import Failure
from storage.reading import has_of, index_path, marks_of
from storage.records import ChannelId, Document

FORMAT: Final = 2  # of the file; another is made anew
_BUSY_TIMEOUT_S = 10
_REMEMBERED = 100_000  # seconds of which the next free row is remembered
_PUNCTUATION = "!#$%&()*+,-./:;<=>?@[\\]^_`{|}~"

SLOTS: Final = 16  # rows a second

Analyse = Callable[[Document], Iterable[str]]
"""What the index keeps of a post; the words have neither spaces nor quotes."""

_SCHEMA = (
    """
CREATE TABLE about (
    analysis TEXT NOT NULL,    -- how posts were cut into words
    position INTEGER NOT NULL, -- the last revision read
    sha256 BLOB NOT NULL,      -- of that revision: another archive has another
    farthest INTEGER NOT NULL  -- the greatest shift of any row
) STRICT
""",
    """
CREATE TABLE other_read (
    removals INTEGER NOT NULL, -- the last removal read: posts without words since
    pictures INTEGER NOT NULL  -- the last text of a picture read: posts with more words since
) STRICT
""",
    "INSERT INTO other_read VALUES (0, 0)",
    """
CREATE TABLE rows (
    row INTEGER PRIMARY KEY,
    post INTEGER UNIQUE,       -- NULL: a former state of a post
    shift INTEGER NOT NULL     -- seconds
) STRICT
""",
    f"""
CREATE VIRTUAL TABLE words USING fts5 (
    keys, content = '', detail = none, columnsize = 0,
    tokenize = "ascii tokenchars '{_PUNCTUATION}'"
)
""",
    f"PRAGMA user_version = {FORMAT}",
)


class IndexUnwritable(Failure):
    """The index cannot be written now: another process has it, or the disk is full."""

    def __init__(self, error: sqlite3.Error) -> None:
        super().__init__(f"the full-text index cannot be written: {error}")
        self.reason = str(error)


class IndexWriter:
    """Brings the index up to the archive. For one thread at a time; see `open_writer`."""

    def __init__(self, connection: sqlite3.Connection, analysis: str, analyse: Analyse) -> None:
        self._connection = connection
        self._analysis = analysis
        self._analyse = analyse
        self._next_row: dict[int, int] = {}

    def step(self, limit: int) -> int:
        """Read at most `limit` further revisions, removals and texts of pictures, each, at once.

        Gives how many there were of the more numerous: less than `limit` when all is read.

        Raises IndexUnwritable; nothing is lost then, and it may be tried again.
        """
        try:
            return self._step(limit)
        except sqlite3.OperationalError as error:
            raise IndexUnwritable(error) from None

    def has_work(self, stage: str) -> bool:
        """Say whether revisions wait for a stage with a cursor."""
        row = self._connection.execute(
            "SELECT (SELECT max(id) FROM archive.revisions) > coalesce("
            "(SELECT position FROM archive.cursors WHERE name = ?), 0)",
            (stage,),
        ).fetchone()
        return bool(row[0])

    def _step(self, limit: int) -> int:
        connection = self._connection
        with _transaction(connection):
            position = self._position()
            found = connection.execute(
                "SELECT id, post_id, sha256 FROM archive.revisions WHERE id > ?"
                " ORDER BY id LIMIT ?",
                (position, limit),
            ).fetchall()
            removed = connection.execute(
                "SELECT x.id, r.post_id FROM archive.removals AS x"
                " CROSS JOIN archive.revisions AS r ON r.id = x.revision_id"
                " WHERE x.id > (SELECT removals FROM other_read)"
                " ORDER BY x.id LIMIT ?",
                (limit,),
            ).fetchall()
            said = connection.execute(
                "SELECT id, post_id FROM archive.picture_texts"
                " WHERE id > (SELECT pictures FROM other_read) ORDER BY id LIMIT ?",
                (limit,),
            ).fetchall()
            if changed := {row[1] for row in (*found, *removed, *said)}:
                self._write(changed)
            if found:
                connection.execute(
                    "UPDATE about SET position = ?, sha256 = ?", (found[-1][0], found[-1][2])
                )
            if removed:
                connection.execute("UPDATE other_read SET removals = ?", (removed[-1][0],))
            if said:
                connection.execute("UPDATE other_read SET pictures = ?", (said[-1][0],))
        return max(len(found), len(removed), len(said))

    def former(self) -> int:
        """Count the states of posts that are gone from the archive and whose words are here."""
        row = self._connection.execute("SELECT count(*) FROM rows WHERE post IS NULL").fetchone()
        return int(row[0])

    def clean(self) -> None:
        """Take the words of former states out of the file, for good.

        It looks through the whole index and writes it anew. Raises IndexUnwritable.
        """
        try:
            self._clean()
        except sqlite3.OperationalError as error:
            raise IndexUnwritable(error) from None

    def _clean(self) -> None:
        connection = self._connection
        with _transaction(connection):
            connection.execute(
                "INSERT INTO words (words, rowid, keys)"
                " SELECT 'delete', v.doc, group_concat(v.term, ' ') FROM temp.terms AS v"
                " WHERE v.doc IN (SELECT row FROM rows WHERE post IS NULL) GROUP BY v.doc"
            )
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            connection.execute("DELETE FROM rows WHERE post IS NULL")
        self._next_row.clear()
        connection.execute("VACUUM main")  # pages given back keep what was in them
        connection.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")  # and so does SQLite's own log

    def _position(self) -> int:
        """Give the cursor; an index of another archive or another analysis begins anew."""
        about = self._connection.execute("SELECT analysis, position, sha256 FROM about").fetchone()
        if about and about[0] == self._analysis and is_of(self._connection, "archive", *about[1:]):
            return int(about[1])
        self._connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
        self._connection.execute("DELETE FROM rows")
        self._connection.execute("DELETE FROM about")
        self._connection.execute("INSERT INTO about VALUES (?, 0, x'', 0)", (self._analysis,))
        self._connection.execute(  # what was removed by now is read as it is now
            "UPDATE other_read SET"
            " removals = coalesce((SELECT max(id) FROM archive.removals), 0),"
            " pictures = coalesce((SELECT max(id) FROM archive.picture_texts), 0)"
        )
        self._next_row.clear()
        return 0

    def _write(self, post_ids: set[int]) -> None:
        connection = self._connection
        marks = ",".join("?" * len(post_ids))
        posts = connection.execute(
            "SELECT id, channel_id, posted_at, text, lang, has, marks, origin, links"  # noqa: S608  # marks
            f" FROM archive.posts WHERE id IN ({marks})",
            tuple(post_ids),
        ).fetchall()
        connection.execute(
            f"UPDATE rows SET post = NULL WHERE post IN ({marks})",  # noqa: S608  # marks
            tuple(post_ids),
        )
        rows, words = [], []
        farthest = 0
        for post in sorted(posts, key=lambda post: (post[2], post[0])):
            second = post[2] // 1_000_000
            row = self._free_row(second)
            shift = row // SLOTS - second
            farthest = max(farthest, shift)
            rows.append((row, post[0], shift))
            words.append((row, " ".join(self._analyse(_document(post)))))
            connection.execute("INSERT INTO rows VALUES (?, ?, ?)", rows[-1])
        # In ascending order: FTS5 writes a piece of its own whenever a row is less than the last.
        connection.executemany("INSERT INTO words (rowid, keys) VALUES (?, ?)", sorted(words))
        connection.execute("UPDATE about SET farthest = max(farthest, ?)", (farthest,))

    def _free_row(self, second: int) -> int:
        row = self._next_row.get(second, second * SLOTS)
        taken = self._connection.execute("SELECT row FROM rows WHERE row >= ? ORDER BY row", (row,))
        for (other,) in taken:
            if other != row:
                break
            row += 1
        taken.close()
        if len(self._next_row) > _REMEMBERED:
            self._next_row.clear()
        self._next_row[second] = row + 1
        return row


def _document(row: Sequence[Any]) -> Document:
    _, channel_id, _, text, lang, has, marks, origin, links = row
    return Document(
        text=text,
        channel_id=ChannelId(channel_id),
        lang=lang,
        has=has_of(has),
        marks=marks_of(marks),
        origin=origin,
        links=hidden_links.read(links),
    )


@contextmanager
def open_writer(archive: Path, analysis: str, analyse: Analyse) -> Iterator[IndexWriter]:
    """Open the index of an archive, made if it is not there or cannot be used."""
    path = index_path(archive)
    try:
        connection = _made(path)
    except sqlite3.OperationalError as error:
        raise IndexUnwritable(error) from None
    except sqlite3.DatabaseError:  # no database, or a damaged one: all in it can be made again
        _delete(path)
        connection = _made(path)
    try:
        connection.execute("ATTACH ? AS archive", (f"{archive.absolute().as_uri()}?mode=ro",))
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, words, instance)")
        yield IndexWriter(connection, analysis, analyse)
    finally:
        connection.close()


def _made(path: Path) -> sqlite3.Connection:
    connection = _connected(path)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] not in (0, FORMAT):
            connection.close()
            _delete(path)
            connection = _connected(path)
        with _transaction(connection):  # another process may be making it, too
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _SCHEMA:
                    connection.execute(statement)
        path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _delete(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path.absolute().as_uri(),
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut undoes is done again
    connection.execute("PRAGMA cache_size = -4096")
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def is_of(connection: sqlite3.Connection, schema: str, position: int, sha256: bytes) -> bool:
    """Say whether the archive has, or had, the revision that the index read last."""
    if position == 0:
        return True
    found = connection.execute(
        f"SELECT sha256 FROM {schema}.revisions WHERE id = ?",  # noqa: S608  # a schema's name
        (position,),
    ).fetchone()
    if found:
        return bool(found[0] == sha256)
    newest = connection.execute(
        f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = 'revisions'"  # noqa: S608  # as above
    ).fetchone()
    return newest is not None and newest[0] >= position
