"""How channels are, compared with how they were → events: names, restrictions, habits.

`changes`, `is_silent` and `is_flooding` are pure. A channel's own rhythm is the measure of its
silence: what is an outage for one is a quiet Sunday for another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from storage import channels, coverage, life, rhythm
from storage.database import Connection, Database
from storage.records import (
    ChannelEvent,
    ChannelEventKind,
    ChannelId,
    ChannelState,
    SeenChannel,
    SeenService,
)

_MIGRATED = "ChannelMigrateFrom"  # Telegram's name for what the first message then says
_OF_NEWEST = 100  # posts that make a habit
_ENOUGH = 20  # posts; with fewer there is no habit yet
_TIMES_LONGER = 3  # than all but one in twenty of its pauses
_SILENCE_LEAST = timedelta(hours=2)
_FLOOD_SPAN = timedelta(minutes=10)
_FLOOD_LEAST = 30  # posts in it
_BY_COUNTRY = re.compile(  # the words are ours to guess, as Telegram publishes no list
    r"\b(local[-_ ]?laws?|(your|this|some) (country|region)|(certain|some) (countries|regions)"
    r"|jurisdictions?|sanctions?|geo[-_ ]?(block|restrict)\w*|countr(y|ies)\b[^;]{0,20}:)",
    re.IGNORECASE,
)
_FLOOD_TIMES = 10  # the channel's usual number in such a span

Kind = ChannelEventKind


def changes(
    channel_id: ChannelId, before: SeenChannel, now: SeenChannel, at: datetime
) -> tuple[ChannelEvent, ...]:
    """Say what is different about a channel."""
    found = []
    if before.title != now.title:
        found.append(ChannelEvent(channel_id, at, Kind.RENAMED, before.title, now.title))
    if before.username != now.username:
        found.append(
            ChannelEvent(channel_id, at, Kind.NAME_CHANGED, _at(before.username), _at(now.username))
        )
    if before.restriction != now.restriction:
        kind = restricted_as(now.restriction)
        found.append(ChannelEvent(channel_id, at, kind, before.restriction, now.restriction))
    if before.has_comments != now.has_comments:
        kind = Kind.LINKED if now.has_comments else Kind.UNLINKED
        found.append(ChannelEvent(channel_id, at, kind))
    return tuple(found)


def restricted_as(restriction: str | None) -> Kind:
    """Say what a restriction is: by country, otherwise, or none.

    Telegram names no countries; it restricts by the account's own, and says so in the reason's code
    or words. So another account may see the channel as it was.
    """
    if not restriction:
        return Kind.UNRESTRICTED
    return Kind.RESTRICTED_BY_COUNTRY if _BY_COUNTRY.search(restriction) else Kind.RESTRICTED


def _at(username: str | None) -> str | None:
    return f"@{username}" if username else None


def usual_pause(posted: Sequence[datetime]) -> timedelta | None:
    """Give the pause that all but one in twenty of a channel's are shorter than.

    `posted` are the newest posts' times, ascending; None when they are too few to tell.
    """
    if len(posted) < _ENOUGH:
        return None
    pauses = sorted(later - sooner for sooner, later in pairwise(posted))
    return pauses[len(pauses) * 19 // 20]


def is_silent(posted: Sequence[datetime], now: datetime) -> bool:
    """Say whether a channel has been silent for much longer than is its habit."""
    usual = usual_pause(posted)
    return usual is not None and now - posted[-1] > max(_TIMES_LONGER * usual, _SILENCE_LEAST)


def is_flooding(posted: Sequence[datetime], now: datetime) -> bool:
    """Say whether a channel posts many times more than is its habit."""
    recent = sum(moment > now - _FLOOD_SPAN for moment in posted)
    if recent < _FLOOD_LEAST:
        return False
    older = [moment for moment in posted if moment <= now - _FLOOD_SPAN]
    if len(older) < _ENOUGH:
        return False
    spans = max((older[-1] - older[0]) / _FLOOD_SPAN, 1.0)
    return recent >= _FLOOD_TIMES * len(older) / spans


async def look_at(
    connection: Connection, channel_id: ChannelId, now: SeenChannel, at: datetime
) -> tuple[ChannelEvent, ...]:
    """Note what is different about a channel by now, in the caller's transaction."""
    before = await life.known(connection, channel_id)
    if before is None or before.telegram_id != now.telegram_id or before == now:
        return ()
    is_first = (await coverage.last_checks(connection, [channel_id]))[channel_id] is None
    found = () if is_first else changes(channel_id, before, now, at)  # at first nothing is news
    await life.add(connection, found)
    await life.seen(connection, channel_id, now)
    return found


async def note_services(
    connection: Connection, services: Sequence[tuple[ChannelId, SeenService]], at: datetime
) -> None:
    """Note service messages, and what those say of a channel that were not known."""
    new = await coverage.add_service_messages(connection, services, at)
    await life.add(
        connection,
        [
            ChannelEvent(channel_id, at, Kind.MIGRATED, before=item.detail)
            for channel_id, item in new
            if item.action == _MIGRATED
        ],
    )


async def watch_habits(database: Database, now: datetime) -> tuple[ChannelEvent, ...]:
    """Note which channels fell silent, post again, or flood; called on a timetable."""
    found = []
    async with database.reading() as connection:
        listed = await channels.listed(connection)
        quiet = await life.latest(connection, (Kind.SILENT, Kind.SPEAKS))
        loud = await life.latest(connection, (Kind.FLOOD,))
        for channel in listed:
            if channel.state is not ChannelState.FOLLOWED:
                continue
            posted = (await rhythm.of(connection, channel.id, _OF_NEWEST * 2)).posted
            habit = posted[-_OF_NEWEST:]
            was_silent = channel.id in quiet and quiet[channel.id].kind is Kind.SILENT
            if is_silent(habit, now) != was_silent:
                since = habit[-1].isoformat() if habit else None
                kind = Kind.SPEAKS if was_silent else Kind.SILENT
                found.append(ChannelEvent(channel.id, now, kind, None, since))
            last = loud.get(channel.id)
            if is_flooding(posted, now) and (last is None or now - last.at > timedelta(hours=6)):
                found.append(ChannelEvent(channel.id, now, Kind.FLOOD))
    if found:
        async with database.redoable() as connection:
            await life.add(connection, found)
    return tuple(found)
