"""Photos and files that lie beside an export of Telegram Desktop → held media.

What the export says is a path is only followed within its own folder. The content is copied to its
place by hash, so doing it again changes nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from mimetypes import guess_type
from pathlib import Path

import structlog

from bot.collect.media.keeping import put
from storage import media
from storage.database import Connection
from storage.folder import DataFolder
from storage.records import (
    Attachment,
    ChannelId,
    FetchedBy,
    Has,
    MediaState,
    NewMedia,
    SeenMessage,
    StoredFile,
)

_ANY = "application/octet-stream"
_FILE_ID_BYTES = 7  # of the hash: an import knows no number of Telegram's

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copied:
    """A file that was beside an export and is held now."""

    message: SeenMessage
    file: StoredFile
    name: str
    mime: str


class Beside:
    """The files beside one export."""

    def __init__(self, root: Path, folder: DataFolder) -> None:
        self._root = root.resolve()
        self._folder = folder

    def copied(self, wanted: Sequence[tuple[SeenMessage, str]]) -> list[Copied]:
        """Hold what is there of messages' files, given as (message, path in the export)."""
        found = []
        for message, path in wanted:
            source = (self._root / path).resolve()
            if not source.is_relative_to(self._root):
                log.warning("attached file passed over", reason="it is outside the export")
                continue
            if not source.is_file():
                continue  # exports name files that were not exported, too
            mime = guess_type(source.name)[0] or _ANY
            parts = self._folder.media / "parts"
            parts.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = parts / "import.part"
            shutil.copyfile(source, part)
            found.append(Copied(message, put(self._folder, part, mime), source.name, mime))
        return found

    async def note(
        self,
        connection: Connection,
        copied: Sequence[Copied],
        channels: Mapping[int, ChannelId],
        at: datetime,
    ) -> None:
        """Note them in the transaction that stores their messages."""
        for item in copied:
            channel = channels[item.message.telegram_channel_id]
            home = await media.shown_by(connection, channel, item.message.message_id)
            if home is None:
                continue
            kind = Has.DOCUMENT
            if item.mime.startswith(("image/", "video/")):
                kind = Has.PHOTO if item.mime.startswith("image/") else Has.VIDEO
            file_id = int.from_bytes(item.file.sha256[:_FILE_ID_BYTES])
            shown = Attachment(
                file_id=file_id,
                access_hash=0,
                reference=b"",
                dc_id=0,
                kind=kind,
                mime=item.mime,
                name=item.name,
                length=item.file.length,
                thumb="",
            )
            number = item.message.message_id
            post_id, revision_id = home
            new = NewMedia(post_id, channel, number, revision_id, shown, MediaState.WAITING, None)
            await media.add(connection, [new], at)
            for noted in await media.of_messages(connection, channel, [number]):
                if noted.file_id == file_id and noted.state is MediaState.WAITING:
                    await media.held(connection, noted, item.file, FetchedBy(None, at))
