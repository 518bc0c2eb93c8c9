"""What the spread of channels over accounts is decided from, and its outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import AccountId, ChannelId, ChannelState
from storage.schema import channel_access, channel_readers, channels


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """A channel's present reader, and who holds an access hash of it: account → is a member."""

    reader: AccountId | None
    known_to: Mapping[AccountId, bool]


async def reader_facts(connection: AsyncConnection) -> dict[ChannelId, ReaderFacts]:
    """Give them for every channel on the list."""
    known: defaultdict[int, dict[AccountId, bool]] = defaultdict(dict)
    for row in await connection.execute(select(channel_access)):
        known[row.channel_id][AccountId(row.account_id)] = bool(row.is_member)
    rows = await connection.execute(
        select(channels.c.id, channel_readers.c.account_id)
        .outerjoin(
            channel_readers,
            (channel_readers.c.channel_id == channels.c.id) & channel_readers.c.until.is_(None),
        )
        .where(channels.c.state != ChannelState.REMOVED)
        .order_by(channels.c.id)
    )
    return {
        ChannelId(row.id): ReaderFacts(
            None if row.account_id is None else AccountId(row.account_id), known[row.id]
        )
        for row in rows
    }


async def want_again(connection: AsyncConnection, ids: Iterable[ChannelId]) -> None:
    """Let the new readers of channels begin, as if these had just been added."""
    await connection.execute(
        update(channels)
        .where(channels.c.id.in_(list(ids)), channels.c.state != ChannelState.REMOVED)
        .values(state=ChannelState.WANTED, retry_at=None, reason=None)
    )


async def forget_access(connection: AsyncConnection, account_id: AccountId) -> None:
    """Drop an account's access hashes: they are worth nothing without its session."""
    await connection.execute(
        delete(channel_access).where(channel_access.c.account_id == account_id)
    )
