"""Questions to the full-text index, in a thread, on a connection of `reading.reader`.

What the index has not read yet is named by `waiting`, so that whoever asks can look at it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.fulltext import FORMAT, SLOTS, is_of
from storage.reading import INDEX, POST, post_of
from storage.records import Candidate, ChannelId, Post, PostId, Stretch, Tally
from storage.records.searching import AllOf, AnyOf, ButNot, Sought, Words

QUARTER_S: Final = 900
_LAST_SECOND: Final = 1 << 40
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_NOWHERE: Final = '"=nothing"'  # a word no post has


class Index:
    """The index as of the transaction it was opened in."""

    def __init__(self, connection: sqlite3.Connection, position: int, farthest: int) -> None:
        self._connection = connection
        self._farthest = farthest
        self._left_out = ""
        self.position = position

    def leave_out(self, ids: Collection[PostId]) -> None:
        """Find these posts no more: the index knows a former state of them."""
        self._left_out = ",".join(str(int(number)) for number in ids)

    def posts(self, sought: Sought, stretch: Stretch) -> Iterator[tuple[int, Post]]:
        """Give the posts found with a second beyond which neither they nor those to come are.

        They come about newest first; the seconds never grow.
        """
        rows = self._connection.execute(
            f"SELECT w.rowid / {SLOTS}, {POST} FROM {INDEX}.words AS w"  # noqa: S608  # our names
            f" CROSS JOIN {INDEX}.rows AS r ON r.row = w.rowid"
            " CROSS JOIN main.posts AS p ON p.id = r.post"
            " WHERE w.words MATCH :match AND w.rowid >= :low AND w.rowid < :high"
            f" AND r.post NOT IN ({self._left_out}) ORDER BY w.rowid DESC",
            self._bounds(sought, stretch),
        )
        for row in rows:
            yield row[0], post_of(row[1:])

    def candidates(self, sought: Sought, stretch: Stretch) -> list[Candidate]:
        """Give all that is found, without the posts themselves."""
        rows = self._connection.execute(
            f"SELECT r.post, w.rowid / {SLOTS} - r.shift AS second {self._found()}",  # our names
            self._bounds(sought, stretch),
        )
        return rows.fetchall()

    def size(self) -> int:
        """Give about how many posts there are."""
        row = self._connection.execute(f"SELECT count(*) FROM {INDEX}.rows").fetchone()  # noqa: S608  # our name
        return int(row[0])

    def count(self, sought: Sought, stretch: Stretch) -> int:
        """Count what is found."""
        row = self._connection.execute(
            f"SELECT count(*) {self._found()}",  # our names
            self._bounds(sought, stretch),
        ).fetchone()
        return int(row[0])

    def tally(self, sought: Sought, stretch: Stretch) -> list[Tally]:
        """Count what is found by channel and quarter of an hour."""
        rows = self._connection.execute(
            f"SELECT (w.rowid / {SLOTS} - r.shift) / {QUARTER_S}, r.post >> 32,"
            f" count(*) {self._found()} GROUP BY 1, 2",
            self._bounds(sought, stretch),
        )
        return [Tally(quarter, ChannelId(channel), posts) for quarter, channel, posts in rows]

    def _found(self) -> str:
        second = f"(w.rowid / {SLOTS} - r.shift)"
        return (
            f"FROM {INDEX}.words AS w CROSS JOIN {INDEX}.rows AS r ON r.row = w.rowid"
            " WHERE w.words MATCH :match AND w.rowid >= :low AND w.rowid < :high"
            f" AND r.post IS NOT NULL AND r.post NOT IN ({self._left_out})"
            f" AND {second} >= :since AND {second} < :until"
        )

    def _bounds(self, sought: Sought, stretch: Stretch) -> dict[str, object]:
        since, until = _second(stretch.since, 0), _second(stretch.until, _LAST_SECOND)
        return {
            "match": expression(sought),
            "low": since * SLOTS,
            "high": (until + self._farthest + 1) * SLOTS,
            "since": since,
            "until": until,
        }


def _second(time: datetime | None, otherwise: int) -> int:
    """Give the first whole second from a time on: posts are posted at whole seconds."""
    return otherwise if time is None else max(0, -((_EPOCH - time) // _SECOND))


def expression(sought: Sought) -> str:
    """Write what is sought in FTS5's language."""
    match sought:
        case Words(words, prefixes):
            said = [f'"{word}"' for word in sorted(words)]
            said += [f'"{prefix}"*' for prefix in sorted(prefixes)]
            return f"({' OR '.join(said) or _NOWHERE})"
        case AllOf(parts):
            return f"({' AND '.join(map(expression, parts))})"
        case AnyOf(parts):
            return f"({' OR '.join(map(expression, parts))})"
        case ButNot(part, without):
            return f"({expression(part)} NOT {expression(without)})"


@contextmanager
def opened(connection: sqlite3.Connection, analysis: str) -> Iterator[Index | None]:
    """Hold archive and index still; None when there is no index, or none that can be used."""
    connection.execute("BEGIN")
    try:
        yield _usable(connection, analysis)
    finally:
        connection.execute("COMMIT")


def _usable(connection: sqlite3.Connection, analysis: str) -> Index | None:
    if not any(name == INDEX for _, name, _ in connection.execute("PRAGMA database_list")):
        return None
    if connection.execute(f"PRAGMA {INDEX}.user_version").fetchone()[0] != FORMAT:
        return None
    # First the index, then the archive: so the archive holds at least what the index has read.
    about = connection.execute(
        f"SELECT analysis, position, sha256, farthest FROM {INDEX}.about"  # noqa: S608  # our name
    ).fetchone()
    if not about or about[0] != analysis or not is_of(connection, "main", about[1], about[2]):
        return None
    return Index(connection, about[1], about[3])


def waiting(connection: sqlite3.Connection, index: Index, most: int) -> list[Post] | None:
    """Give the posts that changed since the index read; None if they did more than `most` times."""
    # Not DISTINCT: for that SQLite walks the index of all posts.
    rows = connection.execute(
        "SELECT post_id FROM revisions WHERE id > ? ORDER BY id LIMIT ?", (index.position, most + 1)
    ).fetchall()
    rows += connection.execute(
        f"SELECT r.post_id FROM {INDEX}.other_read AS y CROSS JOIN removals AS x"  # noqa: S608  # ours
        " CROSS JOIN revisions AS r ON r.id = x.revision_id WHERE x.id > y.removals LIMIT ?",
        (most + 1,),
    ).fetchall()
    rows += connection.execute(
        f"SELECT t.post_id FROM {INDEX}.other_read AS y CROSS JOIN picture_texts AS t"  # noqa: S608  # ours
        " WHERE t.id > y.pictures LIMIT ?",
        (most + 1,),
    ).fetchall()
    if len(rows) > most:
        return None
    return by_ids(connection, {PostId(number) for (number,) in rows}) if rows else []


def by_ids(connection: sqlite3.Connection, ids: Collection[PostId]) -> list[Post]:
    """Give posts by id, in no order."""
    marks = ",".join("?" * len(ids))
    rows = connection.execute(
        f"SELECT {POST} FROM posts AS p WHERE p.id IN ({marks})",  # noqa: S608  # marks
        tuple(ids),
    )
    return [post_of(row) for row in rows]


def all_candidates(
    connection: sqlite3.Connection,
    stretch: Stretch,
    channel_ids: Collection[ChannelId] | None = None,
) -> list[Candidate]:
    """Give every post of a stretch as what could be found, without the posts themselves."""
    where, values = _where(stretch, channel_ids)
    rows = connection.execute(
        f"SELECT p.id, p.posted_at / 1000000 FROM posts AS p WHERE {where}",  # noqa: S608  # ours
        values,
    )
    return rows.fetchall()


def newest_first(
    connection: sqlite3.Connection,
    stretch: Stretch,
    channel_ids: Collection[ChannelId] | None = None,
) -> Iterator[Post]:
    """Give every post of a stretch, newest first."""
    where, values = _where(stretch, channel_ids)
    rows = connection.execute(
        f"SELECT {POST} FROM posts AS p WHERE {where}"  # noqa: S608  # ours
        " ORDER BY p.posted_at DESC, p.id DESC",
        values,
    )
    for row in rows:
        yield post_of(row)


def _where(
    stretch: Stretch, channel_ids: Collection[ChannelId] | None
) -> tuple[str, dict[str, int]]:
    where, values = ["1"], dict[str, int]()
    if stretch.since:
        where.append("p.posted_at >= :since")
        values["since"] = (stretch.since - _EPOCH) // timedelta(microseconds=1)
    if stretch.until:
        where.append("p.posted_at < :until")
        values["until"] = (stretch.until - _EPOCH) // timedelta(microseconds=1)
    if channel_ids is not None:
        where.append(f"p.channel_id IN ({','.join(str(int(number)) for number in channel_ids)})")
    return " AND ".join(where), values
