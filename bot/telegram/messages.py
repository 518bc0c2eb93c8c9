"""What the bot writes and what people write to it, as records without a trace of the vendor.

Offsets and lengths in a `Text` are UTF-16 code units, as Telegram counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TEXT_LIMIT = 4096  # UTF-16 code units, Telegram's
CALLBACK_LIMIT = 64  # bytes of a button's data, Telegram's


class Style(StrEnum):
    """How a stretch of text looks."""

    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strike"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Mark:
    """A styled stretch of a text."""

    offset: int
    length: int
    style: Style


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it opens `url`, or sends `data` to the bot."""

    label: str
    url: str | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """A message of the bot's; `buttons` are rows from top to bottom."""

    text: str
    marks: tuple[Mark, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file of the bot's, with a short text under it."""

    name: str
    content: bytes
    caption: str = ""
    mime_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom the bot can write to."""

    user_id: int
    access_hash: int


@dataclass(frozen=True, slots=True)
class Venue:
    """Where others read, too: a channel or a group, by its number, or a topic of a group (0: none).

    Number 0 is a group of Telegram's old small kind, which cannot be written to by number.
    Buttons that send something to the bot are left out of what is written there.
    """

    channel_id: int
    topic: int = 0


@dataclass(frozen=True, slots=True)
class Chat:
    """What the bot sees of a channel or a group."""

    channel_id: int
    title: str
    is_broadcast: bool
    is_forum: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person and the bot may do in a chat."""

    is_administrator: bool
    bot_may_write: bool


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message to the bot; `text` is empty for a photo, a sticker and the like.

    It is private unless `venue` says where it was written: in a group only commands are heard.
    """

    sender: Recipient
    name: str
    language: str
    message_id: int
    sent_at: datetime
    text: str
    venue: Venue | None = None


@dataclass(frozen=True, slots=True)
class BotAdded:
    """Somebody put the bot into a channel or a group; `event_id` names when."""

    sender: Recipient
    venue: Venue
    event_id: int


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A press of a button under a message of the bot's."""

    sender: Recipient
    query_id: int
    message_id: int
    data: bytes


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message in a chat with the bot, as Telegram has it; `urls` are what its buttons open."""

    id: int
    recipient_id: int
    text: str
    is_own: bool
    urls: frozenset[str]


def utf16_length(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def clipped(text: str, limit: int = TEXT_LIMIT) -> str:
    """Cut a text to `limit` UTF-16 code units, marking the cut."""
    if utf16_length(text) <= limit:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return kept.decode("utf-16-le", "ignore") + "…"


class TextBuilder:
    """Puts a text together from plain and styled pieces."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._marks: list[Mark] = []
        self._length = 0

    @property
    def length(self) -> int:
        """UTF-16 code units so far."""
        return self._length

    def add(self, piece: str, *styles: Style) -> TextBuilder:
        """Append a piece, in these styles."""
        length = utf16_length(piece)
        if length:
            self._marks.extend(Mark(self._length, length, style) for style in styles)
            self._pieces.append(piece)
            self._length += length
        return self

    def build(self, buttons: Sequence[Sequence[Button]] = ()) -> OutgoingText:
        """Give the message."""
        return OutgoingText(
            "".join(self._pieces), tuple(self._marks), tuple(tuple(row) for row in buttons)
        )
