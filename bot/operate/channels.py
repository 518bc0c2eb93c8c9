"""The channel list as an operator changes it, each change with its line in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.telegram.account import parse_reference
from storage import audit, channels
from storage.database import Database
from storage.records import AuditEntry, Channel, ChannelState, FollowMode


async def add(
    database: Database,
    references: Iterable[str],
    *,
    mode: FollowMode,
    backfill_depth: int,
    actor: str,
    now: datetime,
) -> list[str]:
    """Put channels on the list and give their references; those on it already stay as they are.

    Raises BadReference before anything is written.
    """
    wanted = {str(reference): reference for reference in map(parse_reference, references)}
    async with database.transaction() as connection:
        there = {channel.reference for channel in await channels.listed(connection)}
        for text in wanted.keys() - there:
            # An invite can only be joined.
            possible = FollowMode.JOIN if wanted[text].invite else mode
            await channels.add(connection, text, possible, backfill_depth, now)
            await audit.add(connection, AuditEntry(now, actor, "add channel", text))
    database.bell.ring("channels")
    return list(wanted)


async def remove(
    database: Database, reference: str, *, actor: str, now: datetime
) -> Channel | None:
    """Take a channel off the list; None when it is not on it. Raises BadReference."""
    wanted = parse_reference(reference)
    async with database.transaction() as connection:
        for channel in await channels.listed(connection):
            is_meant = (
                channel.reference == str(wanted)
                or (wanted.username is not None and channel.username == wanted.username)
                or (wanted.telegram_id is not None and channel.telegram_id == wanted.telegram_id)
            )
            if is_meant and channel.state is not ChannelState.REMOVED:
                await channels.remove(connection, channel.id)
                entry = AuditEntry(now, actor, "remove channel", channel.reference)
                await audit.add(connection, entry)
                database.bell.ring("channels")
                return channel
    return None
