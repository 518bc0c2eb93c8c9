"""Which account reads which channel: pure, so that it can be seen in advance.

A channel stays with its reader as long as that can read it: moving costs a look-up and a join. One
without a reader goes to an account that knows it already, else to the one with the most room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.records import AccountId, ChannelId

NO_ROOM = "no account has room for it"


@dataclass(slots=True)
class Load:
    """An account as the spread sees it; `channels` is how many it reads, which the spread changes.

    `can_read` is whether it may be used at all; `can_add` whether it may look up and join at
    present; `can_poll` whether Telegram lets it read histories at present.
    """

    id: AccountId
    label: str
    most: int
    can_read: bool = True
    can_add: bool = True
    can_poll: bool = True
    channels: int = 0

    @property
    def room(self) -> int:
        """How many more channels it may read."""
        return self.most - self.channels


@dataclass(frozen=True, slots=True)
class Placed:
    """A channel as the spread sees it.

    `is_read` is whether its reader has joined or resolved it; `is_polled` whether it is read
    without joining; `known_to` are the accounts that hold an access hash of it.
    """

    id: ChannelId
    name: str
    reader: AccountId | None
    is_read: bool
    is_polled: bool
    known_to: frozenset[AccountId] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """A channel that changes its reader; `to` is None when nobody can take it."""

    channel_id: ChannelId
    channel: str
    from_label: str | None
    to: AccountId | None
    to_label: str | None
    why: str


def spread(loads: Sequence[Load], placed: Iterable[Placed]) -> tuple[Move, ...]:
    """Say which channels change their reader, and why; counts in `loads` follow."""
    by_id = {load.id: load for load in loads}
    channels = list(placed)
    for load in loads:
        load.channels = sum(channel.reader == load.id for channel in channels)
    moves = []
    for channel in channels:
        reader = by_id.get(channel.reader) if channel.reader is not None else None
        why = _why_move(channel, reader)
        if why is None:
            continue
        taker = _taker(channel, loads, reader)
        if reader is not None and taker is not None:
            reader.channels -= 1
        if taker is not None:
            taker.channels += 1
        if taker is not None or reader is None or not reader.can_read:
            moves.append(
                Move(
                    channel.id,
                    channel.name,
                    reader.label if reader else None,
                    taker.id if taker else None,
                    taker.label if taker else None,
                    why if taker else NO_ROOM,
                )
            )
    return tuple(moves)


def _why_move(channel: Placed, reader: Load | None) -> str | None:
    """Say why a channel should have another reader, None when it should not."""
    if reader is None:
        return "nobody reads it yet"
    if not reader.can_read:
        return f"{reader.label} cannot be used"
    if reader.room < 0:
        return f"{reader.label} has more than it may"
    if channel.is_polled and channel.is_read and not reader.can_poll:
        return f"Telegram makes {reader.label} wait"
    if not channel.is_read and not reader.can_add:
        return f"{reader.label} may not look up or join at present"
    return None


def _taker(channel: Placed, loads: Sequence[Load], reader: Load | None) -> Load | None:
    able = [
        load
        for load in loads
        if load is not reader
        and load.can_read
        and load.room > 0
        and (load.can_poll or not channel.is_polled)
    ]
    if reader is not None and reader.can_read:  # it can wait: only one that is better will do
        able = [load for load in able if load.can_add or load.id in channel.known_to]
    return min(
        able,
        key=lambda load: (
            load.id not in channel.known_to,
            not load.can_add,
            load.channels / load.most,
            load.id,
        ),
        default=None,
    )
