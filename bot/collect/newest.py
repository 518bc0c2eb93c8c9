"""The newest ids of the channels an account is a member of, many a call → checked, or asked about.

A look at each channel by itself would be a call a channel every few minutes; most have nothing new
that live updates did not bring.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.collect import life, proof
from bot.collect.budgets import Budgets
from bot.collect.coverage import Ranges, high_water, holes
from bot.collect.missing import ask_for_missing, check_these
from bot.collect.normalise import seen_channel
from bot.telegram.account import AccountSession, Newest
from bot.telegram.client import FloodWait, Later, Never, SignedOut
from storage import accounts, history
from storage.database import Connection, Database
from storage.records import Access, AccountId, CallKind

_A_CALL = 50  # channels
_A_TRANSACTION = 10  # channels: alerts wait while one is written


async def check_members(
    database: Database, session: AccountSession, account_id: AccountId, budgets: Budgets
) -> None:
    """Look for what no update told of in the channels an account is a member of.

    Returns early when Telegram does not answer, or it or the budget asks for patience: the next
    look comes soon enough. An account that was signed out is noticed by its collector.
    """
    async with database.reading() as connection:
        access = await accounts.access_of(connection, account_id)
    members = [item for item in access.values() if item.is_member]
    for start in range(0, len(members), _A_CALL):
        some = members[start : start + _A_CALL]
        if budgets.delay_s(CallKind.HISTORY):
            return
        try:
            await budgets.turn(CallKind.HISTORY)
            asked_at = datetime.now(UTC)
            found = await session.newest(some)
        except FloodWait as wait:
            await budgets.flooded(CallKind.HISTORY, wait.delay_s)
            return
        except (Later, SignedOut):
            return
        except Never:  # one of them cannot be read any more: questions about each tell which
            await check_these(database, [item.channel_id for item in some])
            continue
        for first in range(0, len(some), _A_TRANSACTION):
            few = some[first : first + _A_TRANSACTION]
            async with database.redoable() as connection:
                ranges = await history.ranges(connection, [item.channel_id for item in few])
                for item in few:
                    await _note(connection, item, ranges[item.channel_id], found, asked_at)
    database.bell.ring("history")


async def _note(
    connection: Connection, asked: Access, ranges: Ranges, found: Newest, asked_at: datetime
) -> None:
    """Note that a channel was checked, or ask for what it lacks."""
    if not ranges:
        return  # the first back-fill has been asked for already
    newest = found.ids.get(asked.telegram_id)
    if newest is None or newest > high_water(ranges) or holes(ranges):
        await ask_for_missing(connection, asked.channel_id, 0)
        return
    seen = seen_channel(found.channels.get(asked.telegram_id))
    if seen is not None:
        await life.look_at(connection, asked.channel_id, seen, asked_at)
    await proof.note_check(connection, asked.channel_id, asked.account_id, asked_at)
