"""What can go wrong while Earshot runs, each fault drawn and timed by the seed.

Here is what Telegram and the line do; what the machine does is in `machine`.

A fault is one coroutine: it begins, lasts a drawn while, and ends by itself, so that several
overlap. What never ends would prove nothing: Telegram's side keeps every promise in the end.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from machine import (
    alone,
    fill_disk,
    forbid_writing,
    ruin_page,
    ruin_session,
    set_clock,
    starve,
)

from bot.sandbox.faults import Garble

if TYPE_CHECKING:
    from harness import Chaos

Fault = Callable[["Chaos"], Awaitable[None]]

METHODS = (
    "messages.getHistory",
    "updates.getChannelDifference",
    "updates.getDifference",
    "channels.getMessages",
    "channels.getChannels",
    "messages.sendMessage",
    "messages.editMessage",
    "*",
)
ENDS = (
    (401, "AUTH_KEY_UNREGISTERED"),
    (401, "SESSION_REVOKED"),
    (401, "USER_DEACTIVATED_BAN"),
    (406, "AUTH_KEY_DUPLICATED"),
)
ANSWERED = ("messages.sendMessage", "messages.editMessage", "messages.getHistory")


async def kill(chaos: Chaos) -> None:
    """Kill -9 at any moment, then start again."""
    chaos.signal(signal.SIGKILL)
    await chaos.restarted()


async def stop(chaos: Chaos) -> None:
    """Stop in order, then start again."""
    chaos.signal(signal.SIGTERM)
    await chaos.restarted()


async def freeze(chaos: Chaos) -> None:
    """Stop the whole process for a while, as a suspended machine does."""
    process = chaos.process
    chaos.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(chaos.chance.uniform(0.2, 4))
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)


async def flood(chaos: Chaos) -> None:
    """Ask for patience with one kind of call, or with all."""
    seconds = chaos.chance.randrange(1, 5)
    chaos.server.faults.flood(chaos.chance.choice(METHODS), seconds, lasting=True)
    await asyncio.sleep(seconds)


async def trouble(chaos: Chaos) -> None:
    """Answer some calls with an error of the server's own."""
    method = chaos.chance.choice(METHODS)
    count = chaos.chance.randrange(1, 6)
    chaos.server.faults.fail(method, "RPC_CALL_FAIL", code=500, count=count)
    await asyncio.sleep(0)


async def deafen(chaos: Chaos) -> None:
    """Lose all live updates of a channel for a while."""
    channel = chaos.any_channel()
    chaos.server.faults.suppress(channel.id)
    try:
        await asyncio.sleep(chaos.chance.uniform(0.5, 5))
    finally:
        chaos.server.faults.suppress(channel.id, suppressed=False)


async def delay(chaos: Chaos) -> None:
    """Hold live updates back."""
    chaos.server.faults.push_delay_s = chaos.chance.uniform(0.1, 2)
    try:
        await asyncio.sleep(chaos.chance.uniform(0.5, 4))
    finally:
        chaos.server.faults.push_delay_s = 0.0


async def garble(chaos: Chaos) -> None:
    """Drop, repeat, reorder live updates and let some claim a wrong pts."""
    odds = [chaos.chance.choice((0.0, 0.1, 0.4)) for _ in range(4)]
    seed = chaos.chance.randrange(10**6)
    chaos.server.faults.garble = Garble(
        seed, drop=odds[0], repeat=odds[1], reorder=odds[2], wrong_pts=odds[3]
    )
    try:
        await asyncio.sleep(chaos.chance.uniform(1, 6))
    finally:
        chaos.server.faults.garble = None


async def difference(chaos: Chaos) -> None:
    """Answer differences of channels as too long, or with empty slices."""
    if chaos.chance.random() < 0.5:
        chaos.server.faults.too_long = chaos.chance.randrange(1, 4)
    else:
        chaos.server.faults.empty_slices = chaos.chance.randrange(1, 4)
    await asyncio.sleep(0)


async def shut_out(chaos: Chaos) -> None:
    """Say that a channel is private in the middle of reading it, for a few calls."""
    method = chaos.chance.choice(("messages.getHistory", "channels.getMessages"))
    chaos.server.faults.fail(method, "CHANNEL_PRIVATE", count=chaos.chance.randrange(1, 3))
    await asyncio.sleep(0)


async def lose_answers(chaos: Chaos) -> None:
    """Carry calls out and cut the connection instead of answering."""
    method = chaos.chance.choice(ANSWERED)
    chaos.server.faults.lose_answers(method, chaos.chance.randrange(1, 3))
    await asyncio.sleep(0)


async def cut(chaos: Chaos) -> None:
    """Cut every connection, perhaps within a frame."""
    chaos.server.cut(mid_frame=chaos.chance.random() < 0.5)
    await asyncio.sleep(0)


async def refuse(chaos: Chaos) -> None:
    """Let nobody connect for a while, and cut who is connected."""
    seconds = chaos.chance.uniform(0.2, 3)
    chaos.server.refuse_connections(seconds)
    chaos.server.cut()
    await asyncio.sleep(seconds)


@alone
async def lock_database(chaos: Chaos) -> None:
    """Hold the database's write lock from another process for a while, as a backup tool may."""
    seconds = chaos.chance.uniform(0.1, 3)
    with closing(_connected(chaos)) as other:
        try:
            await asyncio.to_thread(_begin, other)
        except sqlite3.OperationalError:
            return  # Earshot was quicker for five seconds on end: nothing to hold
        await asyncio.sleep(seconds)
        other.rollback()


def _connected(chaos: Chaos) -> sqlite3.Connection:
    return sqlite3.connect(chaos.database, timeout=5, isolation_level=None, check_same_thread=False)


def _begin(other: sqlite3.Connection) -> None:
    """Take the lock; in a thread, as it may have to wait."""
    other.execute("BEGIN IMMEDIATE")


async def sign_out(chaos: Chaos) -> None:
    """Let Telegram end the second account's session for good: logged out, banned, or stolen."""
    if not chaos.done["sign_out"] > 1:
        code, name = chaos.chance.choice(ENDS)
        second = chaos.second
        chaos.server.faults.fail("*", name, code=code, count=0, user_id=second.id)
        chaos.server.cut(second)
    await asyncio.sleep(0)


async def burst(chaos: Chaos) -> None:
    """Post more at once than Telethon's difference holds."""
    channel = chaos.any_channel()
    for _ in range(chaos.chance.randrange(110, 160)):
        chaos.post(channel)
    await asyncio.sleep(0)


ALL: tuple[tuple[Fault, int], ...] = (  # fault, weight
    (kill, 3),
    (stop, 1),
    (freeze, 2),
    (flood, 4),
    (trouble, 3),
    (deafen, 4),
    (delay, 3),
    (garble, 4),
    (difference, 2),
    (shut_out, 1),
    (lose_answers, 4),
    (cut, 3),
    (refuse, 2),
    (lock_database, 2),
    (burst, 1),
    (sign_out, 1),
    (fill_disk, 2),
    (forbid_writing, 1),
    (starve, 2),
    (ruin_page, 1),
    (ruin_session, 1),
    (set_clock, 2),
)
# These end the process, or need it down: never two at once.
ENDING = frozenset({kill, stop, freeze, forbid_writing, starve, ruin_page, ruin_session})
