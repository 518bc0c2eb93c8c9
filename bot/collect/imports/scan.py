"""The messages in a Telegram Desktop export, found byte by byte, however large or damaged it is.

A JSON parser stops at the first fault and does not tell where a record began. This reads a window
of the file at a time, cuts each message out by its braces, and after a damaged one goes on at the
next that looks like the beginning of a message. Quotes within a JSON text are always escaped, so
what looks like `"messages": [` or `{"id": 1, "type":` is never part of a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

_CHUNK = 1 << 20
_LONGEST = 16 << 20  # of a record; a message has 4,096 characters and some formatting
_HEADER = 64 << 10  # of what comes before a chat's messages
_STRING = rb'"(?:[^"\\]|\\.)*"'
_STRUCTURE = re.compile(_STRING + rb"|[{}\[\]]", re.DOTALL)
_CHAT = re.compile(
    rb"\{((?:\s*" + _STRING + rb"\s*:\s*(?:" + _STRING + rb'|[\w.+-]+)\s*,)*)\s*"messages"\s*:\s*\['
)
_RECORD = re.compile(rb'\{\s*"id"\s*:\s*-?\d+\s*,\s*"type"\s*:')
_BETWEEN = re.compile(rb"[\s,]*")
_BEGIN_OF_OBJECT, _END_OF_ARRAY = b"{]"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat whose messages follow; `header` is what the file says of it: id, name, type."""

    header: dict[str, Any]
    line: int


@dataclass(frozen=True, slots=True)
class Record:
    """One message: its exact bytes, what they say, and where they are in the file."""

    raw: bytes
    content: dict[str, Any]
    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that is no message; the next one is looked for after it."""

    offset: int
    line: int
    reason: str


Found = Chat | Record | Broken


class _Window:
    """A part of a file that moves forward over it; `at` is how far in it everything is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.data = b""
        self.at = 0
        self._start = 0  # of the part in the file
        self._line = 1  # in which `at` is
        self._is_end = False

    def more(self) -> bool:
        """Let go of what is read and add to the end; False at the end of the file.

        Positions other than `at` are void afterwards.
        """
        chunk = b"" if self._is_end else self._file.read(_CHUNK)
        self._is_end = not chunk
        self._start += self.at
        self.data = self.data[self.at :] + chunk
        self.at = 0
        return bool(chunk)

    def move(self, to: int) -> None:
        """Read on, up to a position."""
        self._line += self.data.count(b"\n", self.at, to)
        self.at = to

    def place(self) -> tuple[int, int]:
        """Give offset in the file and line (from 1) of where it is read to."""
        return self._start + self.at, self._line

    @property
    def waiting(self) -> int:
        """How many bytes are here and not read yet."""
        return len(self.data) - self.at


def scan(file: BinaryIO) -> Iterator[Found]:
    """Give chats, their messages and what is damaged, in the order of the file."""
    window = _Window(file)
    while (header := _next_chat(window)) is not None:
        yield header
        yield from _messages(window)


def _next_chat(window: _Window) -> Chat | None:
    """Move behind the next `"messages": [`."""
    while True:
        found = _CHAT.search(window.data, window.at)
        if found:
            window.move(found.start())
            header = Chat(_pairs(found[1]), window.place()[1])
            window.move(found.end())
            return header
        window.move(max(window.at, len(window.data) - _HEADER))
        if not window.more():
            return None


def _pairs(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(b"{" + text.strip().removesuffix(b",") + b"}")
    except ValueError:
        return {}
    return dict(found)


def _messages(window: _Window) -> Iterator[Record | Broken]:
    """Give the elements of the array in which the window is; ends behind it or at a chat."""
    while True:
        if not _skip_between(window):
            yield Broken(*window.place(), "the file ends among the messages")
            return
        if window.data[window.at] == _END_OF_ARRAY:
            window.move(window.at + 1)
            return
        found = _element(window)
        yield found
        if isinstance(found, Broken) and not _go_on(window):
            return


def _skip_between(window: _Window) -> bool:
    """Move to where the next element begins; False at the end of the file."""
    while True:
        match = _BETWEEN.match(window.data, window.at)
        window.move(match.end() if match else window.at)
        if window.waiting:
            return True
        if not window.more():
            return False


def _element(window: _Window) -> Record | Broken:
    """Cut out what begins at the window, and move behind it if it is a message."""
    offset, line = window.place()
    if window.data[window.at] != _BEGIN_OF_OBJECT:
        return Broken(offset, line, "this is not the beginning of a message")
    end = _end_of_value(window)
    if end is None:
        return Broken(offset, line, "a message begins here and does not end")
    raw = window.data[window.at : end]
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Broken(offset, line, f"this is not JSON ({error})")
    window.move(end)
    return Record(raw, content, offset, line)


def _end_of_value(window: _Window) -> int | None:
    """Give where the object that begins at the window ends, by its braces."""
    depth, read = 0, 0
    while True:
        for token in _STRUCTURE.finditer(window.data, window.at + read):
            sign = token[0]
            if sign in b"{[":
                depth += 1
            elif sign in b"}]":
                depth -= 1
                if depth == 0:
                    return token.end()
            read = token.end() - window.at
        if window.waiting > _LONGEST or not window.more():
            return None


def _go_on(window: _Window) -> bool:
    """Move to the next message after a damaged one; False when another chat or the end is next."""
    window.move(window.at + 1)
    while True:
        record = _RECORD.search(window.data, window.at)
        end = record.start() if record else len(window.data)
        chat = _CHAT.search(window.data, window.at, end)
        if chat:
            window.move(chat.start())
            return False
        if record:
            window.move(record.start())
            return True
        window.move(max(window.at, len(window.data) - _HEADER))
        if not window.more():
            return False
