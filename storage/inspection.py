"""Reading an archive that may not be written to, and may be damaged: what `verify` looks at.

One read transaction for all of it, so that a run that goes on meanwhile does not disturb. Nothing
is upgraded, made or mended.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import Connection, Row, create_engine, func, select, text
from sqlalchemy.exc import DatabaseError as BrokenError

from storage.database import DatabaseError, newest_schema
from storage.facts import LoggedRow, id_column, rows_of
from storage.log import head_of
from storage.records import ChannelId, LeafKind, PictureText, PostId, SignedHead
from storage.schema import (
    APPLICATION_ID,
    channels,
    coverage,
    coverage_statements,
    cursors,
    deletions,
    log_heads,
    log_leaves,
    log_nodes,
    media_files,
    picture_texts,
    posts,
    removals,
    revisions,
)

_AT_ONCE = 500
_MAGIC = b"\x28\xb5\x2f\xfd"
_UNUSED_BITS = 0x18  # of a frame's descriptor: a decoder may pass over one of them


class RawBroken(Exception):
    """A revision's raw bytes cannot be unpacked."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it is stored; `row` is what it stands for, None when that is gone."""

    position: int
    kind: str
    row_id: int
    hash: bytes
    row: LoggedRow | None


@dataclass(frozen=True, slots=True)
class PostParts:
    """A post's row beside what it is derived from."""

    id: PostId
    row: Row[Any]
    states: tuple[Row[Any], ...]  # its revisions in the order in which they were stored
    removed: frozenset[int]  # those whose content retention removed
    marks: frozenset[datetime]  # when messages of it were marked as deleted
    is_gone: bool  # whether all of them were
    pictures: tuple[PictureText, ...]  # what pictures of it said; see `picture_texts.shown`


class Inspection:
    """An archive opened to be looked at. Use `inspected`."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    def faults_of_file(self) -> list[str]:
        """Ask SQLite what is wrong with the file itself, foreign keys included."""
        found = [row[0] for row in self._connection.execute(text("PRAGMA integrity_check(20)"))]
        faults = [fault for fault in found if fault != "ok"]
        loose = self._connection.execute(text("PRAGMA foreign_key_check")).fetchmany(20)
        return faults + [
            f"a row of {row[0]} points to a row of {row[2]} that is not there" for row in loose
        ]

    def leaves(self) -> Iterator[Leaf]:
        """Give all leaves in order, each with its row."""
        start = 0
        while True:
            batch = self._connection.execute(
                select(log_leaves)
                .where(log_leaves.c.position >= start)
                .order_by(log_leaves.c.position)
                .limit(_AT_ONCE)
            ).all()
            if not batch:
                return
            rows = self._rows(batch)
            for leaf in batch:
                row = rows.get((leaf.kind, leaf.row_id))
                yield Leaf(leaf.position, leaf.kind, leaf.row_id, leaf.hash, row)
            start = batch[-1].position + 1

    def _rows(self, leaves: Sequence[Row[Any]]) -> dict[tuple[str, int], LoggedRow]:
        found = {}
        for kind in LeafKind:
            ids = [leaf.row_id for leaf in leaves if leaf.kind == kind]
            if ids:
                statement, read = rows_of(kind)
                for row in self._connection.execute(statement.where(id_column(kind).in_(ids))):
                    logged = read(row)
                    found[kind.value, logged.id] = logged
        return found

    def unlogged(self, kind: LeafKind) -> list[int]:
        """Give the ids of rows of a kind that have no leaf, ascending."""
        column = id_column(kind)
        logged = select(log_leaves.c.row_id).where(log_leaves.c.kind == kind)
        return list(
            self._connection.scalars(select(column).where(column.notin_(logged)).order_by(column))
        )

    def cursor(self, name: str) -> int:
        """Give how far a stage has worked."""
        found = self._connection.scalar(select(cursors.c.position).where(cursors.c.name == name))
        return int(found or 0)

    def nodes(self) -> dict[tuple[int, int], bytes]:
        """Give the kept subtrees by level and position."""
        return {
            (row.level, row.position): row.hash
            for row in self._connection.execute(select(log_nodes))
        }

    def heads(self) -> list[tuple[int, SignedHead]]:
        """Give the signed heads with their ids, oldest first."""
        rows = self._connection.execute(select(log_heads).order_by(log_heads.c.id))
        return [(row.id, head_of(row)) for row in rows]

    def last_number(self, table: str) -> int:
        """Give the highest id a table ever had, also when that row is gone."""
        found = self._connection.execute(
            text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table}
        ).scalar()
        return int(found or 0)

    def files(self) -> Iterator[tuple[bytes, int]]:
        """Give hash and length of the media files that should be on the disk."""
        for row in self._connection.execute(
            select(media_files.c.sha256, media_files.c.length)
            .where(media_files.c.dropped_at.is_(None))
            .order_by(media_files.c.sha256)
        ):
            yield row.sha256, row.length

    def channels(self) -> dict[ChannelId, Row[Any]]:
        """Give the channels' rows by id."""
        rows = self._connection.execute(select(channels))
        return {ChannelId(row.id): row for row in rows}

    def covered(self) -> dict[ChannelId, list[tuple[int, int]]]:
        """Give the ranges that are covered, by channel."""
        found: dict[ChannelId, list[tuple[int, int]]] = {}
        for row in self._connection.execute(
            select(coverage).order_by(coverage.c.channel_id, coverage.c.low)
        ):
            found.setdefault(ChannelId(row.channel_id), []).append((row.low, row.high))
        return found

    def statements(self) -> dict[ChannelId, Row[Any]]:
        """Give the newest coverage statement of each channel."""
        table = coverage_statements
        newest = select(func.max(table.c.id)).group_by(table.c.channel_id)
        rows = self._connection.execute(select(table).where(table.c.id.in_(newest)))
        return {ChannelId(row.channel_id): row for row in rows}

    def posts(self) -> Iterator[PostParts]:
        """Give every post with all states of its messages, by id."""
        last = -1
        while True:
            ids = list(
                self._connection.scalars(
                    select(posts.c.id).where(posts.c.id > last).order_by(posts.c.id).limit(_AT_ONCE)
                )
            )
            if not ids:
                return
            yield from self._posts(ids)
            last = ids[-1]

    def _posts(self, ids: Sequence[int]) -> Iterator[PostParts]:
        rows = {
            row.id: row
            for row in self._connection.execute(select(posts).where(posts.c.id.in_(ids)))
        }
        states: dict[int, list[Row[Any]]] = {number: [] for number in ids}
        for row in self._connection.execute(
            select(revisions).where(revisions.c.post_id.in_(ids)).order_by(revisions.c.id)
        ):
            states[row.post_id].append(row)
        marks: dict[int, dict[int, datetime]] = {number: {} for number in ids}
        for row in self._connection.execute(select(deletions).where(deletions.c.post_id.in_(ids))):
            marks[row.post_id][row.message_id] = row.seen_at
        said = self._picture_texts(ids)
        removed = self._removed(ids)
        for number in ids:
            gone = marks[number]
            messages = {row.message_id for row in states[number]}
            yield PostParts(
                PostId(number),
                rows[number],
                tuple(states[number]),
                frozenset(removed.get(number, ())),
                frozenset(gone.values()),
                bool(messages) and messages <= gone.keys(),
                tuple(said.get(number, ())),
            )

    def _removed(self, ids: Sequence[int]) -> dict[int, set[int]]:
        """Give the revisions whose content was removed, by post."""
        found: dict[int, set[int]] = {}
        for row in self._connection.execute(
            select(revisions.c.post_id, revisions.c.id)
            .join(removals, removals.c.revision_id == revisions.c.id)
            .where(revisions.c.post_id.in_(ids))
        ):
            found.setdefault(row.post_id, set()).add(row.id)
        return found

    def _picture_texts(self, ids: Sequence[int]) -> dict[int, list[PictureText]]:
        """Give the newest reading of each picture that says something, by post."""
        newest: dict[tuple[int, int, int], Row[Any]] = {}
        for row in self._connection.execute(
            select(picture_texts)
            .where(picture_texts.c.post_id.in_(ids))
            .order_by(picture_texts.c.id)
        ):
            newest[row.post_id, row.message_id, row.file_id] = row
        found: dict[int, list[PictureText]] = {}
        for row in sorted(newest.values(), key=lambda row: (row.message_id, row.id)):
            if row.text:
                said = PictureText(row.message_id, row.file_id, row.sha256, row.text)
                found.setdefault(row.post_id, []).append(said)
        return found

    def wrong_picture_texts(self) -> tuple[int, list[int]]:
        """Count what was read from pictures, and give those that are not what was logged."""
        count, wrong = 0, []
        for row in self._connection.execute(
            select(picture_texts.c.id, picture_texts.c.text, picture_texts.c.text_sha256)
        ):
            count += 1
            if row.text is not None and hashlib.sha256(row.text.encode()).digest() != (
                row.text_sha256
            ):
                wrong.append(row.id)
        return count, wrong


def unpacked(packed: bytes) -> bytes:
    """Unpack raw bytes, refusing what a lenient decoder would pass over. Raises RawBroken."""
    if not packed:
        return b""
    if packed[:4] != _MAGIC or len(packed) < 5 or packed[4] & _UNUSED_BITS:  # noqa: PLR2004  # RFC 8878
        raise RawBroken("they do not begin as zstd frames do")
    reader = zstandard.ZstdDecompressor().decompressobj()
    try:
        found = reader.decompress(packed)
    except zstandard.ZstdError as error:
        raise RawBroken(str(error)) from None
    if not reader.eof or reader.unused_data:
        raise RawBroken("they end too early or go on after their end")
    return found


@contextmanager
def inspected(path: Path) -> Iterator[Inspection]:
    """Open the archive at `path` to be looked at.

    Raises DatabaseError for what is no archive of this version of Earshot.
    """
    if not path.is_file():
        raise DatabaseError(f"there is no database {path}")
    try:
        with _connection(path) as connection:
            yield Inspection(connection, path)
    except (BrokenError, sqlite3.DatabaseError) as error:
        cause = getattr(error, "orig", error)
        raise DatabaseError(f"{path} cannot be read as a database: {cause}") from None


@contextmanager
def _connection(path: Path) -> Iterator[Connection]:
    engine = create_engine(
        f"sqlite:///{_uri(path)}", isolation_level="AUTOCOMMIT", hide_parameters=True
    )
    try:
        with engine.connect() as connection:
            connection.execute(text("PRAGMA query_only = ON"))
            connection.execute(text("BEGIN"))
            _refuse_foreign(connection, path)
            yield connection
    finally:
        engine.dispose()


def _uri(path: Path) -> str:
    """Name the file so that SQLite only reads it, also on a medium that cannot be written."""
    has_log = path.with_name(f"{path.name}-wal").exists()
    mode = "ro" if has_log else "ro&immutable=1"
    return f"{path.resolve().as_uri()}?mode={mode}&uri=true"


def _refuse_foreign(connection: Connection, path: Path) -> None:
    if connection.execute(text("PRAGMA application_id")).scalar() != APPLICATION_ID:
        raise DatabaseError(f"{path} is not an Earshot database")
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if version != newest_schema():
        raise DatabaseError(
            f"{path} has schema {version}, this Earshot reads {newest_schema()}: verify it with "
            "the Earshot that wrote it, or open it once with this one, which upgrades it"
        )
