"""Held photos and files → copies in an export, by hash, each once; and thumbnails of pictures.

A copy has its name from its hash and its ending from its first bytes: nothing that Telegram or a
sender says becomes a path. What is there under its name is whole, so a copying that was broken off
goes on. Thumbnails need the extra `pictures` (Pillow); without it pages show
the picture itself.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

from bot.pictures import PictureRefused, opened
from storage.folder import DataFolder
from storage.records import MediaState
from storage.records.exporting import ExportedMedia

MEDIA: Final = "media"  # the folder in an export
_THUMBS = "thumbs"
_PART = "part"
_CHUNK = 1 << 20
_HEAD = 12  # bytes that tell the endings below
_SIDE = 480  # pixels of a thumbnail, at most
_PICTURES = (".jpg", ".png", ".gif", ".webp")
_ENDINGS = (*_PICTURES, ".mp4", ".pdf", "")


def ending(head: bytes) -> str:
    """Give the ending of a file that begins so, "" when it is none of those we know."""
    if head.startswith(b"RIFF"):
        return ".webp" if head[8:12] == b"WEBP" else ""
    if head[4:8] == b"ftyp":
        return ".mp4"
    begins = {
        b"\xff\xd8\xff": ".jpg",
        b"\x89PNG\r\n\x1a\n": ".png",
        b"GIF8": ".gif",
        b"%PDF-": ".pdf",
    }
    return next((found for start, found in begins.items() if head.startswith(start)), "")


def size_in_words(length: int) -> str:
    """Write a size for people."""
    for unit, size in (("MB", 1_000_000), ("kB", 1_000)):
        if length >= size:
            return f"{length / size:.1f} {unit}"
    return f"{length} bytes"


class Copies:
    """The files of one export, in its folder `media`."""

    def __init__(self, held: DataFolder, export: Path, *, has_thumbs: bool) -> None:
        self._held = held
        self._export = export
        self._has_thumbs = has_thumbs

    def place(self, item: ExportedMedia) -> None:
        """Copy a file that is held, if its copy is not there, and say in the item where it is.

        Raises OSError (disk full). A file that is not what its hash says does not go along.
        """
        if item.sha256 is None or item.path is not None:
            return
        item.path = self._copied_before(item.sha256)
        if item.path is None and item.state == MediaState.HELD:
            item.path = self._copy(item)
        if item.path and self._has_thumbs and item.path.endswith(_PICTURES):
            item.thumb = self._thumb(item.sha256, item.path)

    def finish(self) -> None:
        """Take away what a copying that was broken off left."""
        (self._export / MEDIA / _PART).unlink(missing_ok=True)

    def _copied_before(self, sha256: bytes) -> str | None:
        places = (_place(sha256, suffix) for suffix in _ENDINGS)
        return next((path for path in places if (self._export / path).exists()), None)

    def _copy(self, item: ExportedMedia) -> str | None:
        """Write the copy under another name until it is whole and what its hash says."""
        sha256 = item.sha256 or b""
        try:
            source = self._held.media_file(sha256).open("rb")
        except FileNotFoundError:
            item.reason = "its file is not in the archive's folder"
            return None
        (self._export / MEDIA).mkdir(exist_ok=True)
        part, digest = self._export / MEDIA / _PART, hashlib.sha256()
        with source, part.open("wb") as sink:
            head = b""
            while chunk := source.read(_CHUNK):
                head = head or chunk[:_HEAD]
                digest.update(chunk)
                sink.write(chunk)
            sink.flush()
            os.fsync(sink.fileno())
        if digest.digest() != sha256:
            part.unlink()
            item.reason = "its file in the archive's folder was changed: see `earshot verify`"
            return None
        return self._put(part, _place(sha256, ending(head)))

    def _put(self, part: Path, path: str) -> str:
        target = self._export / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        return path

    def _thumb(self, sha256: bytes, path: str) -> str | None:
        """Make a small picture, or give the picture itself; None when it cannot be shown."""
        try:
            from PIL import ImageOps  # noqa: PLC0415  # an extra
        except ImportError:
            return path
        name = sha256.hex()
        thumb = f"{MEDIA}/{_THUMBS}/{name[:2]}/{name}.jpg"
        if (self._export / thumb).exists():
            return thumb
        part = self._export / MEDIA / _PART
        try:
            with opened(self._export / path) as picture:
                if max(picture.size) <= _SIDE:
                    return path
                picture.draft("RGB", (_SIDE, _SIDE))
                small = ImageOps.exif_transpose(picture).convert("RGB")
                small.thumbnail((_SIDE, _SIDE))
        except PictureRefused:
            return None
        small.save(part, "JPEG", quality=80)
        return self._put(part, thumb)


def _place(sha256: bytes, suffix: str) -> str:
    name = sha256.hex()
    return f"{MEDIA}/{name[:2]}/{name}{suffix}"
