"""The files on the disk: each content once, under its hash; room is made for new ones."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.collect.media.pictures import NotLookedAt, PicturesMissing, picture_hash
from bot.telemetry import Telemetry
from storage import audit, media
from storage.database import Connection, Database
from storage.folder import DataFolder
from storage.records import AuditEntry, StoredFile

_CHUNK = 1 << 20
_DROPPED_AT_ONCE = 100
_MADE_ROOM = "dropped to make room"

log = structlog.get_logger(__name__)


def put(folder: DataFolder, part: Path, mime: str) -> StoredFile:
    """Move a whole file to its place by content, or away if it is there already."""
    sha256, length = _digest(part)
    target = folder.media_file(sha256)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.exists():
        part.unlink()
    else:
        part.replace(target)
        _sync_folder(target.parent)
    phash, note = None, None
    if mime.startswith("image/"):
        try:
            phash = picture_hash(target)
        except (NotLookedAt, PicturesMissing) as error:
            note = str(error)
    return StoredFile(sha256, length, datetime.now(UTC), phash, note)


def _digest(file: Path) -> tuple[bytes, int]:
    digest, length = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
    return digest.digest(), length


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Room:
    """The budget of the disk: what is over it goes, the oldest that no hit refers to first."""

    def __init__(
        self, database: Database, folder: DataFolder, budget_bytes: int, telemetry: Telemetry
    ) -> None:
        self._database = database
        self._folder = folder
        self._budget = budget_bytes
        self._telemetry = telemetry

    async def make(self, length: int) -> bool:
        """Make room for so many bytes; False when what is left is all referred to by hits."""
        while True:
            async with self._database.reading() as connection:
                over = await media.used_bytes(connection) + length - self._budget
                if over <= 0:
                    return True
                oldest = await media.droppable(connection, _DROPPED_AT_ONCE)
            going, freed = [], 0
            for file in oldest:
                if freed >= over:
                    break
                going.append(file)
                freed += file.length
            if not going or (freed < over and len(oldest) < _DROPPED_AT_ONCE):
                return False
            await self._drop(going, freed)

    async def _drop(self, going: list[StoredFile], freed: int) -> None:
        """Drop files, and say so: the rows first, so that no row promises what is not there."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            for file in going:
                await media.drop(connection, file.sha256, now, _MADE_ROOM)
            await self._tell(connection, now, len(going), freed)
        for file in going:
            self._folder.media_file(file.sha256).unlink(missing_ok=True)
        self._telemetry.media_dropped(len(going))
        log.warning("media dropped to make room", files=len(going), bytes=freed)

    async def _tell(self, connection: Connection, now: datetime, files: int, freed: int) -> None:
        detail = {"files": str(files), "bytes": str(freed), "budget": str(self._budget)}
        await audit.add(
            connection, AuditEntry(now, "earshot", "media dropped", "disk budget", detail)
        )
