"""The archive → one file or folder: streamed, killed anywhere and gone on with to the same bytes.

What an export shows is what the archive held when it began, however long it takes and whatever
comes in meanwhile. It has another name until it is whole; beside it lies a journal, by which the
same command goes on. Everything here runs in a thread.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Final

from bot.publish.dating import time_of_making
from bot.publish.exports.copies import MEDIA, Copies
from bot.publish.exports.desktop import TelegramDesktop
from bot.publish.exports.formats import Format, Writer
from bot.publish.exports.jsonl import JsonLines
from bot.publish.exports.mentions import Mentions
from bot.publish.exports.parquet import Parquet
from bot.publish.exports.site import Site
from bot.publish.exports.tables import Csv
from bot.publish.questions import Progress, Question, chosen_channels
from storage import exporting
from storage.failures import BadInput
from storage.folder import DataFolder
from storage.reading import Connection
from storage.records import ALWAYS, Channel, ChannelId, PostId, Stretch
from storage.records.exporting import NOTHING, Exported, ExportedAs, Mark

FORMATS: Final[Mapping[str, Format]] = {
    "jsonl": Format(JsonLines, ".jsonl", "posts.jsonl"),
    "csv": Format(Csv, ".csv", "posts.csv"),
    "parquet": Format(Parquet, ".parquet", "posts.parquet", goes_on=False),
    "html": Format(Site, "", is_folder=True, goes_on=False, has_places=False),
    "telegram": Format(TelegramDesktop, ".json", "result.json"),
}
_SAVED_EVERY_S = 2.0
_TOLD_EVERY = 1000  # posts

Told = Callable[[int, int], None]  # posts written, of how many (0: not known)


class Revisions(StrEnum):
    """Which states of a message to write."""

    ALL = "all"
    LAST = "last"


class ExportRefused(BadInput):
    """The export cannot be made so; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What is wanted, and where. `since_mark` leaves out what an earlier export had.

    `media` is the folder whose photos and files go along: the export is a folder then, whatever
    its format. None: they do not. `with_places` has the places found that each text names.
    """

    target: Path
    format: str
    channels: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    stretch: Stretch = ALWAYS
    query: str | None = None
    revisions: Revisions = Revisions.ALL
    since_mark: Mark = NOTHING
    media: DataFolder | None = field(default=None, repr=False)
    with_places: bool = field(default=False, repr=False)

    @property
    def choice(self) -> str:
        """Name the choice of posts and the form, but not how far and where to."""
        said = replace(self, target=Path(), since_mark=NOTHING)
        more = " with media" * (self.media is not None) + " with places" * self.with_places
        return hashlib.sha256(f"{said}{more}".encode()).hexdigest()[:16]

    def in_words(self) -> str:
        """Say what was chosen."""
        since, until = self.stretch.since, self.stretch.until
        parts = [
            *(f"channel {name}" for name in self.channels),
            *(f"group {name}" for name in self.groups),
            *([f"since {since.isoformat()}"] if since else []),
            *([f"until {until.isoformat()}"] if until else []),
            *([f"query {self.query}"] if self.query else []),
            f"{self.revisions.value} revisions",
            *(["only what is new"] if self.since_mark != NOTHING else []),
            *(["with media"] if self.media else []),
            *(["with places"] if self.with_places else []),
        ]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of an export: where it is, what it holds, up to where the archive was read."""

    target: Path
    posts: int
    revisions: int
    bytes: int
    until: Mark
    went_on: bool


@dataclass(slots=True)
class _Journal:
    """How far an export is: rows up to `after` are in the first `good` bytes."""

    wish: str
    exported_at: str
    until: Mark
    after: int = 0
    good: int = 0
    channel: int = 0  # the last that anything was written of
    posts: int = 0
    revisions: int = 0


def write_export(
    connection: Connection,
    known: Sequence[Channel],
    wish: ExportWish,
    told: Told = lambda _done, _of: None,
) -> Ended:
    """Write an export, or go on with the same one that was broken off.

    Raises ExportRefused, QueryError, UnknownChannelError; OSError for a full disk, say, and may be
    repeated when that is mended.
    """
    export = _Export(connection, known, wish)
    try:
        return export.run(told)
    finally:
        export.close()


class _Export:
    def __init__(self, connection: Connection, known: Sequence[Channel], wish: ExportWish) -> None:
        self._connection = connection
        self._wish = wish
        self._known = {channel.id: channel for channel in known}
        self._channel_ids = chosen_channels(known, wish.channels, wish.groups)
        if self._channel_ids is not None and not self._channel_ids:
            raise ExportRefused("no channel is in all that was asked for: leave out one of them")
        self._question = (
            Question(wish.query, known, channels=wish.channels, groups=wish.groups)
            if wish.query is not None
            else None
        )
        target = wish.target
        self._format = FORMATS[wish.format]
        self._begun = target.with_name(f".{target.name}.part")
        self._journal_path = target.with_name(f".{target.name}.journal")
        self._ids_path = target.with_name(f".{target.name}.posts")
        self._priors_path = target.with_name(f".{target.name}.priors")
        self._file = self._begun
        self._copies: Copies | None = None
        if wish.media is not None:
            self._file = self._begun / self._format.inside  # a site is the folder itself
            self._copies = Copies(wish.media, self._begun, has_thumbs=self._format.is_folder)
        self._mentions: Mentions | None = None
        self._writer: Writer | None = None

    def run(self, told: Told) -> Ended:
        self._refuse()
        journal, went_on = self._journal()
        ids = self._ids(journal)
        about = ExportedAs(
            datetime.fromisoformat(journal.exported_at),
            f"Earshot {metadata.version('earshot')}",
            self._wish.in_words(),
            is_one_channel=len(self._channel_ids or self._known) == 1,
            with_places=self._wish.with_places,
        )
        if self._wish.with_places:
            self._mentions = Mentions(self._connection, self._priors_path)
        if self._copies is not None:
            self._begun.mkdir(exist_ok=True)
        self._writer = writer = self._format.begin(self._file, about, journal.good, journal.channel)
        self._write(writer, journal, ids, told)
        writer.finish()
        self._writer = None
        if self._copies is not None:
            self._copies.finish()
        size = _size(self._begun)
        self._begun.rename(self._wish.target)
        for path in (self._journal_path, self._ids_path, self._priors_path):
            path.unlink(missing_ok=True)
        return Ended(
            self._wish.target, journal.posts, journal.revisions, size, journal.until, went_on
        )

    def close(self) -> None:
        if self._writer is not None:
            self._writer.abandon()

    def _refuse(self) -> None:
        target = self._wish.target
        if self._wish.with_places and not self._format.has_places:
            raise ExportRefused(
                f"{self._wish.format} has no room for places: leave out --with-places, or use "
                f"--format {', '.join(name for name, form in FORMATS.items() if form.has_places)}"
            )
        if target.exists():
            raise ExportRefused(f"{target} is there already: choose another name with -o")
        if not target.parent.is_dir():
            raise ExportRefused(
                f"there is no folder {target.parent}: make it, or choose another with -o"
            )

    def _journal(self) -> tuple[_Journal, bool]:
        wish = f"{self._wish.choice} {self._wish.since_mark}"
        try:
            found = json.loads(self._journal_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            now = time_of_making().isoformat()
            until = exporting.newest_mark(self._connection)
            journal = _Journal(wish, now, until)
            self._remove_begun()
            for path in (self._ids_path, self._priors_path):  # of one whose journal was deleted
                path.unlink(missing_ok=True)
            self._save(journal)
            return journal, False
        if found["wish"] != wish:
            raise ExportRefused(
                f"another export to {self._wish.target} is half done: repeat that one to finish "
                f"it, or delete {self._journal_path}"
            )
        journal = _Journal(**(found | {"until": Mark(**found["until"])}))
        if not self._format.goes_on or not self._file.exists():
            self._remove_begun(but=MEDIA if self._copies is not None else "")
            return _Journal(journal.wish, journal.exported_at, journal.until), True
        return journal, True

    def _remove_begun(self, but: str = "") -> None:
        """Take away what was begun, but for the files already copied there."""
        if not self._begun.is_dir():
            self._begun.unlink(missing_ok=True)
        elif not but:
            shutil.rmtree(self._begun)
        else:
            for path in self._begun.iterdir():
                if path.is_dir() and path.name != but:
                    shutil.rmtree(path)
                elif not path.is_dir():
                    path.unlink()

    def _save(self, journal: _Journal) -> None:
        new = self._journal_path.with_suffix(".journal-new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(journal), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._journal_path)

    def _ids(self, journal: _Journal) -> array[int] | None:
        """Give the posts chosen, ascending; None: all, or all of some channels.

        What a query finds may be different tomorrow, so it is kept beside the journal.
        """
        wish = self._wish
        if self._question is None and wish.stretch == ALWAYS and wish.since_mark == NOTHING:
            return None
        ids = array("q")
        if self._ids_path.exists():
            ids.frombytes(self._ids_path.read_bytes())
            return ids
        new = exporting.post_ids(
            self._connection, wish.stretch, self._channel_ids, wish.since_mark, journal.until
        )
        if self._question is None:
            ids.extend(new)
        else:
            chosen = None if wish.since_mark == NOTHING else set(new)
            hits = self._question.found(self._connection, wish.stretch, Progress())
            found = (hit.post.id for hit in hits)
            ids.extend(sorted(i for i in found if chosen is None or i in chosen))
        part = self._ids_path.with_suffix(".posts-new")
        part.write_bytes(ids.tobytes())
        part.replace(self._ids_path)
        return ids

    def _write(self, writer: Writer, journal: _Journal, ids: array[int] | None, told: Told) -> None:
        saved_at = time.monotonic()
        for count, found in enumerate(self._posts(journal, ids)):
            if chosen := self._chosen(found):
                self._complete(chosen)
                writer.add(chosen)
                journal.posts += 1
                journal.revisions += len(chosen)
                journal.channel = chosen[0].channel.id
            journal.after = found[0].post_id
            if count % _TOLD_EVERY == 0:
                told(journal.posts, len(ids) if ids is not None else 0)
                if time.monotonic() - saved_at > _SAVED_EVERY_S:
                    journal.good = writer.saved()
                    self._save(journal)
                    saved_at = time.monotonic()

    def _complete(self, chosen: list[Exported]) -> None:
        for revision in chosen if self._mentions is not None or self._copies is not None else ():
            if self._mentions is not None:
                self._mentions.add_to(revision)
            if self._copies is not None:
                for item in revision.media:
                    self._copies.place(item)

    def _posts(self, journal: _Journal, ids: array[int] | None) -> Iterator[list[Exported]]:
        until = journal.until
        if ids is None:
            after = PostId(journal.after)
            return exporting.every_post(
                self._connection, self._known, until, after, self._channel_ids
            )
        left = [number for number in ids if number > journal.after] if journal.after else ids
        return exporting.these_posts(self._connection, self._known, until, left)

    def _chosen(self, found: list[Exported]) -> list[Exported]:
        if self._wish.revisions is Revisions.LAST:
            found = [revision for revision in found if revision.is_last]
        since = self._wish.since_mark
        if since == NOTHING:
            return found
        return [
            revision
            for revision in found
            if revision.id > since.revision
            or (revision.is_last and (revision.deletion_id or 0) > since.deletion)
        ]


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def channel_ids(known: Sequence[Channel], wish: ExportWish) -> frozenset[ChannelId] | None:
    """Give the channels a wish is about, None for all. Raises UnknownChannelError."""
    return chosen_channels(known, wish.channels, wish.groups)
