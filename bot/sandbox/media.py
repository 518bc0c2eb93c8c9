"""What a script attaches to a post, as plain records; and the TL media made of it.

A `MediaSpec` says what a person would say ("a photo of these bytes"); `FileStore` keeps the
bytes and gives the TL object that stands for them.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from telethon.tl import types


@dataclass(frozen=True, slots=True)
class PhotoSpec:
    """A photo; the bytes are served as they are (JPEG or PNG by convention)."""

    data: bytes
    width: int = 640
    height: int = 480


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """A file of any kind."""

    data: bytes
    name: str
    mime: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class PollSpec:
    """A poll with nobody's votes yet."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebPageSpec:
    """The preview of a link that the text contains."""

    url: str
    title: str
    description: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: with `url` it opens a link, else it sends `data` to the bot."""

    text: str
    data: bytes = b""
    url: str = ""


MediaSpec = PhotoSpec | DocumentSpec | PollSpec | WebPageSpec


@dataclass(slots=True)
class StoredFile:
    """A file the server holds: its bytes and the TL photo or document that names it."""

    data: bytes
    tl: Any
    access_hash: int


@dataclass(slots=True)
class FileStore:
    """All files by id, and the parts of uploads that are not complete."""

    dc_id: int = 2
    files: dict[int, StoredFile] = field(default_factory=dict)
    uploads: dict[tuple[int, int], dict[int, bytes]] = field(default_factory=dict)
    reference: bytes = b"sandbox-0"  # what lets in now; older ones have expired
    _last_id: int = 1000
    _expired: int = 0

    def add_photo(self, spec: PhotoSpec, now: int) -> Any:
        """Keep a photo; gives types.Photo."""
        number, access_hash = self._new_id()
        sizes = [types.PhotoSize("x", spec.width, spec.height, len(spec.data))]
        photo = types.Photo(number, access_hash, self.reference, now, sizes, self.dc_id)
        self.files[number] = StoredFile(spec.data, photo, access_hash)
        return photo

    def add_document(self, spec: DocumentSpec, now: int, attributes: Any = None) -> Any:
        """Keep a document; gives types.Document."""
        number, access_hash = self._new_id()
        named = attributes or [types.DocumentAttributeFilename(spec.name)]
        document = types.Document(
            number,
            access_hash,
            self.reference,
            now,
            spec.mime,
            len(spec.data),
            self.dc_id,
            named,
        )
        self.files[number] = StoredFile(spec.data, document, access_hash)
        return document

    def media(self, spec: MediaSpec, now: int) -> Any:
        """Give the TL media of a spec, keeping its bytes if it has any."""
        match spec:
            case PhotoSpec():
                return types.MessageMediaPhoto(photo=self.add_photo(spec, now))
            case DocumentSpec():
                return types.MessageMediaDocument(document=self.add_document(spec, now))
            case PollSpec():
                return self._poll(spec)
            case WebPageSpec():
                return types.MessageMediaWebPage(webpage=self._web_page(spec))

    def _poll(self, spec: PollSpec) -> Any:
        answers = [
            types.PollAnswer(types.TextWithEntities(text, []), bytes([48 + number]))
            for number, text in enumerate(spec.answers)
        ]
        number, _ = self._new_id()
        question = types.TextWithEntities(spec.question, [])
        poll = types.Poll(id=number, question=question, answers=answers, hash=0)
        return types.MessageMediaPoll(poll, types.PollResults(total_voters=0))

    def _web_page(self, spec: WebPageSpec) -> Any:
        number, _ = self._new_id()
        return types.WebPage(
            id=number,
            url=spec.url,
            display_url=spec.url.removeprefix("https://"),
            hash=0,
            type="article",
            site_name=spec.site or spec.url.split("/")[2],
            title=spec.title,
            description=spec.description or None,
        )

    def expire_references(self) -> None:
        """Let every reference handed out so far expire; messages asked for anew bring new ones."""
        self._expired += 1
        self.reference = f"sandbox-{self._expired}".encode()
        for stored in self.files.values():
            stored.tl.file_reference = self.reference

    def _new_id(self) -> tuple[int, int]:
        self._last_id += 1
        digest = hashlib.blake2b(struct.pack("<q", self._last_id), digest_size=8).digest()
        return self._last_id, struct.unpack("<q", digest)[0]


def inline_markup(buttons: list[list[Button]] | None) -> Any:
    """Give the TL markup of rows of buttons, or None without any."""
    if not buttons:
        return None
    rows = []
    for row in buttons:
        made = [
            types.KeyboardInlineButton(
                button.text,
                types.InlineButtonTypeUrl(button.url)
                if button.url
                else types.InlineButtonTypeCallback(button.data),
            )
            for button in row
        ]
        rows.append(types.KeyboardInlineButtonRow(made))
    return types.ReplyInlineMarkup(rows)


def png(width: int = 8, height: int = 8, grey: int = 128) -> bytes:
    """Make a small grey PNG, so that scripts have a photo without carrying one."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([grey]) * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
