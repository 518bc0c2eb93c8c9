"""A file's messages → posts, in batches, each one transaction with how far the file was read.

A file is known by its SHA-256: importing it again goes on where it was left, with the same time
of seeing, so that a kill at any point changes nothing of what is stored in the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import BinaryIO

import structlog

from bot.collect import intake
from bot.collect.imports.beside import Beside
from bot.collect.imports.desktop import RecordError, attached_path, channel_number, seen_record
from bot.collect.imports.lines import is_ours, seen_line
from bot.collect.imports.scan import Broken, Chat, Record, scan
from bot.collect.intake import Sight
from storage import audit, imports, posts
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.folder import DataFolder
from storage.records import AuditEntry, ChannelId, ImportedFile, SeenDeletion, SeenMessage, Source

_BATCH = 500
_CHUNK = 1 << 20
_LONGEST_LINE = 16 << 20
_MOST_FAULTS = 1000  # told in words; all are counted

logger = structlog.get_logger(__name__)


class NotImportableError(BadInput):
    """A file cannot be imported at all; the message says why and what can."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that was passed over, and where in the file it is; lines from 1."""

    line: int
    offset: int
    reason: str


@dataclass(slots=True)
class Import:
    """What came of a file. `passed` counts chats that are no channels."""

    file: ImportedFile
    faults: list[Fault] = field(default_factory=list)
    channels: set[ChannelId] = field(default_factory=set)
    passed: int = 0
    is_known: bool = False  # all of it was imported before


@dataclass(frozen=True, slots=True)
class Item:
    """What a reader of a format gives: a message of a channel, or why there is none.

    `end` is the offset behind it, where a later import goes on.
    """

    end: int
    line: int
    message: SeenMessage | None = None
    title: str | None = None
    fault: str | None = None
    is_deleted: bool = False
    attached: str | None = None  # path of a photo or file, as the file names it


def read_desktop(file: BinaryIO, zone: tzinfo, done: Import) -> Iterator[Item]:
    """Read Telegram Desktop's `result.json`; chats that are no channels are counted in `done`."""
    channel, title = None, None
    for found in scan(file):
        match found:
            case Chat():
                title = found.header.get("name")
                title = title if isinstance(title, str) else None
                try:
                    channel = channel_number(found.header)
                except RecordError as error:
                    channel = None
                    yield Item(0, found.line, fault=str(error))
                    continue
                done.passed += channel is None
            case Record() if channel is not None:
                yield _item(found, channel, title, zone)
            case Broken():
                yield Item(found.offset, found.line, fault=found.reason)


def _item(found: Record, channel: int, title: str | None, zone: tzinfo) -> Item:
    end = found.offset + len(found.raw)
    try:
        message = seen_record(found.content, found.raw, channel, zone)
    except RecordError as error:
        return Item(end, found.line, fault=str(error))
    except (TypeError, ValueError, AttributeError) as error:  # a field of another kind than known
        return Item(end, found.line, fault=f"it is not as Telegram Desktop writes them ({error})")
    return Item(end, found.line, message, title, attached=attached_path(found.content))


def read_lines(file: BinaryIO) -> Iterator[Item]:
    """Read a JSON Lines export of ours."""
    end = 0
    for number, line in enumerate(file, start=1):
        end += len(line)
        if not line.strip():
            continue
        try:
            content = json.loads(line)
            message = seen_line(content, line.rstrip(b"\r\n"))
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            yield Item(end, number, fault=f"it is no line of an export ({error})")
            continue
        title = content.get("channel_title")
        yield Item(
            end,
            number,
            message,
            title if isinstance(title, str) else None,
            is_deleted=content.get("deleted_at") is not None,
        )


def _read(file: BinaryIO, zone: tzinfo, done: Import) -> Iterator[Item]:
    """Read a file in whichever of the forms it has."""
    first = file.readline(_LONGEST_LINE)
    file.seek(0)
    return read_lines(file) if is_ours(first) else read_desktop(file, zone, done)


class Importer:
    """Imports one file. `run` may be called again after anything but success."""

    def __init__(self, database: Database, path: Path, zone: tzinfo, *, actor: str) -> None:
        self._files = Beside(path.parent, DataFolder(database.path.parent))
        self._database = database
        self._path = path
        self._zone = zone
        self._actor = actor
        self._known: dict[int, ChannelId] = {}

    async def run(self) -> Import:
        """Import what is left of the file. Raises NotImportableError, OSError."""
        with self._path.open("rb") as file:
            sha256 = _digest(file)
            async with self._database.reading() as connection:
                before = await imports.begun(connection, sha256)
            now = datetime.now(UTC)
            done = Import(before or ImportedFile(sha256, self._path.name, now))
            if before and before.finished_at:
                done.is_known = True
                return done
            file.seek(0)
            await self._read(file, done)
        return done

    async def _read(self, file: BinaryIO, done: Import) -> None:
        batch: list[Item] = []
        is_empty = True
        start = done.file.position
        for item in _read(file, self._zone, done):
            is_empty = False
            if item.fault and len(done.faults) < _MOST_FAULTS:
                done.faults.append(Fault(item.line, item.end, item.fault))
            if item.end > start or (item.fault and not start):
                batch.append(item)
            if len(batch) == _BATCH:
                await self._store(batch, done, is_last=False)
                batch.clear()
        if is_empty and not done.passed:
            raise NotImportableError(
                f"{self._path} has no messages in the form of Telegram Desktop (export with format "
                "JSON there, and give the file result.json) or of `earshot export --format jsonl`"
            )
        await self._store(batch, done, is_last=True)

    async def _store(self, batch: Sequence[Item], done: Import, *, is_last: bool) -> None:
        """Write a batch, and how far the file is read, in one transaction."""
        wanted = [(item.message, item.attached) for item in batch if item.message and item.attached]
        copied = self._files.copied(wanted)
        transaction = self._database.transaction if is_last else self._database.redoable
        async with transaction() as connection:
            seen = [
                (await self._channel(connection, item, done), item.message)
                for item in batch
                if item.message
            ]
            news = await _news(connection, seen)
            sight = Sight(Source.IMPORT, None, done.file.started_at)
            stored = await intake.write(connection, news, sight)
            await self._files.note(connection, copied, self._known, sight.seen_at)
            await intake.write_deletions(connection, self._gone(batch), sight)
            last = max((item.end for item in batch), default=0)
            file = replace(
                done.file,
                position=max(done.file.position, last),
                posts=done.file.posts + stored.posts,
                revisions=done.file.revisions + stored.revisions,
                merged=done.file.merged + len(seen) - stored.posts - stored.revisions,
                broken=done.file.broken + sum(item.fault is not None for item in batch),
                finished_at=datetime.now(UTC) if is_last else None,
            )
            await imports.note(connection, file)
            if is_last:
                await audit.add(connection, _act(file, self._actor))
        done.file = file
        self._database.bell.ring("match", "log")

    def _gone(self, batch: Sequence[Item]) -> list[tuple[ChannelId, SeenDeletion]]:
        """Give the messages that the file says were deleted."""
        gone: dict[int, list[int]] = {}
        for item in batch:
            if item.message and item.is_deleted:
                gone.setdefault(item.message.telegram_channel_id, []).append(
                    item.message.message_id
                )
        return [
            (self._known[channel], SeenDeletion(channel, tuple(numbers)))
            for channel, numbers in gone.items()
        ]

    async def _channel(self, connection: Connection, item: Item, done: Import) -> ChannelId:
        number = item.message.telegram_channel_id if item.message else 0
        if number not in self._known:
            self._known[number] = await imports.channel(
                connection, number, item.title, done.file.started_at
            )
        done.channels.add(self._known[number])
        return self._known[number]


async def _news(
    connection: Connection, seen: Sequence[tuple[ChannelId, SeenMessage]]
) -> list[tuple[ChannelId, SeenMessage]]:
    """Leave out what is known: the same words, or none that are newer than those held.

    A file says less of formatting and files than Telegram does, so their differences are none.
    """
    keys = {(channel, message.message_id) for channel, message in seen}
    if not keys:
        return []
    known = await posts.known_messages(connection, keys)
    bodies = await imports.latest_bodies(connection, known.keys())
    news = []
    for channel, message in seen:
        held = known.get((channel, message.message_id))
        if held:
            is_same = bodies[channel, message.message_id] == message.text[: message.body_length]
            is_newer = message.edited_at is not None and (
                held.edited_at is None or message.edited_at > held.edited_at
            )
            if is_same or not is_newer:
                continue
        news.append((channel, message))
    return news


def _digest(file: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.digest()


def _act(file: ImportedFile, actor: str) -> AuditEntry:
    detail = {
        "sha256": file.sha256.hex(),
        "posts": str(file.posts),
        "revisions": str(file.revisions),
        "merged": str(file.merged),
        "broken": str(file.broken),
    }
    return AuditEntry(datetime.now(UTC), actor, "file imported", file.name, detail)
