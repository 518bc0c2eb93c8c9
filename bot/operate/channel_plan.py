"""From one channel list to another: what would change, the change itself, and the way back.

Every state of the list is kept after each act, so that any of them can be restored. Applying is
one transaction; what is the same already is left alone, so repeating it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from bot.operate.channel_file import Entry, entries_of, entry_of
from bot.operate.channel_list import keep_list, wish
from bot.operate.people import ACTOR
from storage import audit, channel_lists, channels
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.records import AuditEntry, Channel, ChannelId, FollowMode, ListState


class Step(StrEnum):
    """What is done to one channel; its value is the sign before its line."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"


class NoSuchStateError(BadInput, LookupError):
    """The list never was in a state of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no state {number}: see `earshot channels history`")


@dataclass(frozen=True, slots=True)
class Change:
    """One channel's part of a plan; `before` is None for a new one, `after` for one that goes."""

    step: Step
    reference: str
    before: Entry | None
    after: Entry | None

    @property
    def line(self) -> str:
        """The change in a line, as `plan` shows it."""
        if self.before and self.after:
            parts = zip(_parts(self.before), _parts(self.after), strict=True)
            changed = [f"{old} → {new}" for old, new in parts if old != new]
            return f"{self.step} {self.reference}: {', '.join(changed)}"
        shown = self.after or self.before
        return f"{self.step} {self.reference}: {', '.join(_parts(shown))}" if shown else ""


def _parts(entry: Entry) -> tuple[str, str, str]:
    return (
        entry.mode.value,
        f"depth {entry.depth}",
        f"groups {', '.join(sorted(entry.groups)) or '-'}",
    )


def plan(listed: Iterable[Channel], wanted: Sequence[Entry]) -> list[Change]:
    """Say what must change for the list to be as wanted; nothing when it is.

    Raises BadReference and BadListError for what cannot be followed so.
    """
    before = {channel.reference: entry_of(channel) for channel in listed}
    after = {named.reference: named for named in map(_checked, wanted)}
    added = [Change(Step.ADD, name, None, after[name]) for name in after if name not in before]
    changed = [
        Change(Step.CHANGE, name, before[name], entry)
        for name, entry in after.items()
        if name in before and before[name] != entry
    ]
    gone = [
        Change(Step.REMOVE, name, old, None) for name, old in before.items() if name not in after
    ]
    return [*added, *changed, *gone]


def _checked(entry: Entry) -> Entry:
    """Read the reference as the list writes it."""
    is_polled = entry.mode is FollowMode.POLL
    wanted = wish(entry.reference, poll=is_polled, depth=entry.depth, groups=entry.groups)
    return replace(entry, reference=str(wanted.reference))


async def planned(database: Database, text: str, depth: int) -> list[Change]:
    """Say what applying a file would change. Raises BadFileError, BadReference, BadListError."""
    async with database.reading() as connection:
        return plan(await channels.listed(connection), entries_of(text, depth))


async def apply(
    database: Database, text: str, depth: int, *, actor: str = ACTOR, act: str = "list applied"
) -> list[Change]:
    """Make the list as the file says, whole or not at all; give what was changed."""
    wanted = entries_of(text, depth)
    async with database.transaction() as connection:
        await keep_list(connection, actor, "as it was")
        listed = await channels.listed(connection)
        changes = plan(listed, wanted)
        numbers = {channel.reference: channel.id for channel in listed}
        for change in changes:
            await _make(connection, change, numbers, actor)
        if changes:
            await keep_list(connection, actor, act)
            detail = {"changes": str(len(changes))}
            entry = AuditEntry(datetime.now(UTC), actor, act, "channels", detail)
            await audit.add(connection, entry)
    database.bell.ring("channels")
    return changes


async def _make(
    connection: Connection, change: Change, numbers: dict[str, ChannelId], actor: str
) -> None:
    now = datetime.now(UTC)
    if change.after is None:
        await channels.remove(connection, numbers[change.reference])
        act, detail = "channel removed", {}
    else:
        before, after = change.before, change.after
        if before and (before.mode, before.depth) == (after.mode, after.depth):
            number = numbers[change.reference]  # its groups alone: it need not be resolved again
        else:
            number = await channels.add(connection, change.reference, after.mode, after.depth, now)
        await channels.set_groups(connection, number, after.groups)
        act = "channel added" if before is None else "channel changed"
        detail = {"mode": after.mode.value}
    await audit.add(connection, AuditEntry(now, actor, act, change.reference, detail))


async def history(database: Database, limit: int) -> list[ListState]:
    """Give the latest states of the list, newest first."""
    async with database.reading() as connection:
        return await channel_lists.newest(connection, limit)


async def state(database: Database, number: int) -> ListState:
    """Give one state. Raises NoSuchStateError."""
    async with database.reading() as connection:
        found = await channel_lists.by_id(connection, number)
    if found is None:
        raise NoSuchStateError(number)
    return found


async def roll_back(database: Database, number: int, *, actor: str = ACTOR) -> list[Change]:
    """Make the list what it was in that state. Raises NoSuchStateError."""
    found = await state(database, number)
    act = f"list rolled back to {number}"
    return await apply(database, found.content, 0, actor=actor, act=act)
