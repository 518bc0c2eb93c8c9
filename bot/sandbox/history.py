"""Messages of one channel or one account, with the numbered log of what changed.

Ids count from 1 and are never given twice. `pts` is Telegram's persistent timestamp: it grows by
one for each message made or edited, by n for n messages deleted, and names a place in the log.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class ChangeKind(Enum):
    """What one entry of the log says happened to its messages."""

    NEW = "new"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log: `pts` is the value after it, `pts_count` its length in ids."""

    kind: ChangeKind
    ids: tuple[int, ...]
    pts: int

    @property
    def pts_count(self) -> int:
        """How far this change moved pts."""
        return len(self.ids)


@dataclass(slots=True)
class Details:
    """What most messages do not have; TL objects where Telegram defines the shape."""

    entities: Any = None
    media: Any = None
    markup: Any = None
    forward: Any = None
    reply_to: int = 0
    topic: int = 0  # of a forum
    grouped_id: int = 0
    edit_date: int = 0
    pinned: bool = False
    silent: bool = False
    action: Any = None
    mentions: tuple[int, ...] = ()
    chat: int = 0
    out: bool = False
    twin: int = 0


@dataclass(slots=True)
class StoredMessage:
    """One message; `date` in Unix seconds, `sender` 0 where the channel itself speaks."""

    id: int
    date: int
    text: str
    sender: int = 0
    views: int = 0
    details: Details | None = None

    def detailed(self) -> Details:
        """Give the details, making room for them if there were none."""
        if self.details is None:
            self.details = Details()
        return self.details


@dataclass(frozen=True, slots=True)
class Window:
    """Which messages a client asks for, with the meaning of messages.getHistory."""

    limit: int
    offset_id: int = 0
    offset_date: int = 0
    add_offset: int = 0
    max_id: int = 0
    min_id: int = 0


@dataclass(slots=True)
class History:
    """All messages by id, and the log of changes since `floor` (older ones are forgotten)."""

    pts: int = 1
    floor: int = 1
    count: int = 0
    changed_at: int = 0
    _slots: list[StoredMessage | None] = field(default_factory=list)
    _dates: "array[int]" = field(default_factory=lambda: array("q"))
    _log: list[Change] = field(default_factory=list)
    _log_pts: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def next_id(self) -> int:
        """The id the next message must have."""
        return len(self._slots) + 1

    @property
    def top(self) -> StoredMessage | None:
        """The newest message that is still there."""
        return next(self._downwards(len(self._slots)), None)

    def add(self, message: StoredMessage, now: int) -> Change:
        """Append a message whose id is `next_id`."""
        self._append(message)
        return self._change(ChangeKind.NEW, (message.id,), now)

    def add_many(self, messages: list[StoredMessage], now: int) -> None:
        """Append messages without log entries: clients that knew less are told "too long"."""
        for message in messages:
            self._append(message)
        self.pts += len(messages)
        self.floor = self.pts
        self._log.clear()
        del self._log_pts[:]
        self.changed_at = now

    def mark_edited(self, message_id: int, now: int) -> Change:
        """Log that a message was edited in place."""
        return self._change(ChangeKind.EDITED, (message_id,), now)

    def delete(self, ids: list[int], now: int) -> Change | None:
        """Remove those of the messages that exist; None when none did."""
        gone = tuple(number for number in dict.fromkeys(ids) if self.get(number) is not None)
        if not gone:
            return None
        for number in gone:
            self._slots[number - 1] = None
        self.count -= len(gone)
        return self._change(ChangeKind.DELETED, gone, now)

    def get(self, message_id: int) -> StoredMessage | None:
        """Give the message with this id, or None when there is none (any more)."""
        in_range = 0 < message_id <= len(self._slots)
        return self._slots[message_id - 1] if in_range else None

    def since(self, pts: int, limit: int) -> list[Change] | None:
        """Give up to `limit` changes after `pts`, oldest first; None when they are forgotten."""
        if pts < self.floor:
            return None
        start = bisect_right(self._log_pts, pts)
        return self._log[start : start + limit]

    def window(
        self, asked: Window, wanted: Callable[[StoredMessage], bool] | None = None
    ) -> list[StoredMessage]:
        """Give the messages of a window, newest first; only those `wanted` count."""
        start = self._start(asked)
        found: list[StoredMessage] = []
        older = asked.limit
        if asked.add_offset < 0:
            newer = self._taken(self._upwards(start), wanted, -asked.add_offset)
            beyond = max(0, -asked.add_offset - asked.limit)
            found = newer[beyond:][::-1]
            older = max(0, asked.limit + asked.add_offset)
        skipped = max(0, asked.add_offset)
        found += self._taken(self._downwards(start), wanted, skipped + older)[skipped:]
        return [
            message
            for message in found
            if message.id > asked.min_id and (not asked.max_id or message.id < asked.max_id)
        ]

    def _append(self, message: StoredMessage) -> None:
        self._slots.append(message)
        self._dates.append(message.date)
        self.count += 1

    def _change(self, kind: ChangeKind, ids: tuple[int, ...], now: int) -> Change:
        self.pts += len(ids)
        change = Change(kind, ids, self.pts)
        self._log.append(change)
        self._log_pts.append(self.pts)
        self.changed_at = now
        return change

    def _start(self, asked: Window) -> int:
        """Give the number of slots that are older than the offset."""
        if asked.offset_id > 0:
            return min(asked.offset_id - 1, len(self._slots))
        if asked.offset_date:
            return bisect_left(self._dates, asked.offset_date)
        return len(self._slots)

    @staticmethod
    def _taken(
        messages: Iterator[StoredMessage],
        wanted: Callable[[StoredMessage], bool] | None,
        limit: int,
    ) -> list[StoredMessage]:
        found: list[StoredMessage] = []
        if limit <= 0:
            return found
        for message in messages:
            if wanted is None or wanted(message):
                found.append(message)
                if len(found) == limit:
                    break
        return found

    def _downwards(self, start: int) -> Iterator[StoredMessage]:
        for slot in range(start - 1, -1, -1):
            message = self._slots[slot]
            if message is not None:
                yield message

    def _upwards(self, start: int) -> Iterator[StoredMessage]:
        for slot in range(start, len(self._slots)):
            message = self._slots[slot]
            if message is not None:
                yield message
