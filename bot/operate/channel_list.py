"""The list of channels, for command line and bot: add, remove, as a text file, deeper back-fill.

A line of the file is a channel and what is wished of it, for example
`@kyiv_news poll depth=500 group=capital`; `#` begins a comment. Every act leaves an entry in the
audit trail in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.operate.channel_file import entries_of, exported, is_channel_file
from bot.operate.people import ACTOR
from bot.publish.unknown import UnknownChannelError
from bot.telegram.reference import BadReference, Reference, parse_reference
from storage import audit, channel_lists, channels, comments, history, life
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.records import (
    AuditEntry,
    Channel,
    ChannelEvent,
    ChannelEventKind,
    FollowMode,
    HistoryKind,
)


class BadListError(BadInput, ValueError):
    """A line of a channel list cannot be read, or a wish cannot be granted."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A channel to follow, how, how far back to read at first, and its groups."""

    reference: Reference
    mode: FollowMode
    depth: int
    groups: frozenset[str]


def wish(text: str, *, poll: bool, depth: int, groups: Iterable[str]) -> Wish:
    """Read what an operator wants. Raises BadReference and BadListError."""
    reference = parse_reference(text)
    mode = FollowMode.POLL if poll else FollowMode.JOIN
    if poll and reference.invite:
        raise BadListError(f"{reference} is an invite, which must be joined: leave poll out")
    if depth < 0:
        raise BadListError(f"depth {depth} is less than 0: write how many messages, as depth=500")
    return Wish(reference, mode, depth, frozenset(group.lower() for group in groups))


def parse_list(text: str, depth: int) -> list[Wish]:
    """Read a channel list, one a line or TOML; `depth` is for channels without one.

    Raises BadListError with the line, and BadFileError.
    """
    if is_channel_file(text):
        return [
            wish(
                entry.reference,
                poll=entry.mode is FollowMode.POLL,
                depth=entry.depth,
                groups=entry.groups,
            )
            for entry in entries_of(text, depth)
        ]
    wishes = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            wishes.append(_parse_line(words, depth))
        except (BadReference, BadListError) as error:
            raise BadListError(f"line {number}: {error}") from None
    return wishes


def _parse_line(words: Sequence[str], depth: int) -> Wish:
    poll, groups = False, set()
    for word in words[1:]:
        name, _, value = word.partition("=")
        if word == "poll":
            poll = True
        elif name == "group" and value:
            groups.add(value)
        elif name == "depth" and value.isdecimal():
            depth = int(value)
        else:
            raise BadListError(
                f"cannot read {word!r}: write for example @name poll depth=500 group=north"
            )
    return wish(words[0], poll=poll, depth=depth, groups=groups)


def list_line(channel: Channel) -> str:
    """Write a channel as a line of a list, which `parse_list` reads back."""
    words = [channel.reference]
    if channel.mode is FollowMode.POLL:
        words.append("poll")
    words.append(f"depth={channel.backfill_depth}")
    words += [f"group={name}" for name in sorted(channel.groups)]
    return " ".join(words)


async def add(database: Database, wishes: Sequence[Wish], *, actor: str = ACTOR) -> list[Channel]:
    """Put channels on the list, or change what is wished of them; all or none. Safe to repeat."""
    now = datetime.now(UTC)
    ids = []
    async with database.transaction() as connection:
        await keep_list(connection, actor, "as it was")
        for wanted in wishes:
            reference = str(wanted.reference)
            channel_id = await channels.add(connection, reference, wanted.mode, wanted.depth, now)
            if wanted.groups:
                await channels.set_groups(connection, channel_id, wanted.groups)
            await _record(connection, actor, "channel added", reference, mode=wanted.mode.value)
            ids.append(channel_id)
        await keep_list(connection, actor, "channels added")
        found = await channels.by_ids(connection, ids)
    return [found[channel_id] for channel_id in dict.fromkeys(ids)]


async def remove(database: Database, names: Sequence[str], *, actor: str = ACTOR) -> list[Channel]:
    """Take channels off the list, all or none; what was stored stays.

    Raises UnknownChannelError.
    """
    async with database.transaction() as connection:
        await keep_list(connection, actor, "as it was")
        listed = await channels.listed(connection)
        found = [named(name, listed) for name in names]
        for channel in found:
            await channels.remove(connection, channel.id)
            await _record(connection, actor, "channel removed", channel.reference)
        await keep_list(connection, actor, "channels removed")
    return found


async def keep_list(connection: Connection, actor: str, act: str) -> None:
    """Keep the list as it is at this moment, in the transaction of the act, to go back to."""
    content = exported(await channels.listed(connection))
    await channel_lists.keep(connection, content, at=datetime.now(UTC), actor=actor, act=act)


async def listed(database: Database) -> list[Channel]:
    """Give the channels on the list, in the order they were added, with what became of them."""
    async with database.reading() as connection:
        events = await life.latest(connection, tuple(ChannelEventKind))
        return [
            replace(channel, lately=_lately(events.get(channel.id)))
            for channel in await channels.listed(connection)
        ]


def _lately(event: ChannelEvent | None) -> str | None:
    if event is None:
        return None
    details = " → ".join(filter(None, (event.before, event.after)))
    return f"{event.at:%Y-%m-%d %H:%M} {event.kind.value}" + (f": {details}" if details else "")


def named(name: str, known: Iterable[Channel]) -> Channel:
    """Find a channel by reference, username, link, Telegram's number or ours.

    Raises UnknownChannelError.
    """
    try:
        reference = parse_reference(name)
    except BadReference:
        reference = Reference()
    for channel in known:
        if (
            name in (channel.reference, str(channel.id))
            or str(reference) == channel.reference
            or (reference.username and reference.username == channel.username)
            or (reference.telegram_id and reference.telegram_id == channel.telegram_id)
        ):
            return channel
    raise UnknownChannelError(f"no channel {name!r} on the list: see `earshot channels list`")


async def with_comments(
    database: Database, name: str, *, wanted: bool, actor: str = ACTOR
) -> Channel:
    """Follow a channel's group for comments with it, or stop to. Raises UnknownChannelError."""
    async with database.transaction() as connection:
        channel = named(name, await channels.listed(connection))
        await comments.want(connection, channel.id, wanted=wanted)
        await _record(
            connection, actor, "comments wanted" if wanted else "comments left", channel.reference
        )
    return channel


async def read_back(database: Database, name: str, depth: int) -> Channel:
    """Ask for `depth` older messages of a channel than are held; a run reads them.

    Raises UnknownChannelError. Asking again while it is being read changes nothing.
    """
    async with database.transaction() as connection:
        channel = named(name, await channels.listed(connection))
        held = (await history.ranges(connection, [channel.id]))[channel.id]
        await history.ask(
            connection,
            channel.id,
            HistoryKind.BACKFILL,
            low=0,
            high=held[0].low if held else 0,
            left=depth,
            due_at=datetime.now(UTC),
        )
        await _record(connection, ACTOR, "back-fill asked for", channel.reference, depth=str(depth))
    return channel


async def _record(
    connection: Connection, actor: str, act: str, subject: str, **detail: str
) -> None:
    await audit.add(connection, AuditEntry(datetime.now(UTC), actor, act, subject, detail))
