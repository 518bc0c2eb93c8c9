"""Letting people in: who writes, whether they are in, and what an invite's code changes.

Codes are never stored and never logged. A person who blocked the bot and writes again is owed
what was withheld from them in the last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.operate.people import REMOVED, admission_cursor, code_hash
from bot.telegram.messages import IncomingMessage
from storage import alerts, audit, cursors, invites, subscribers
from storage.database import Connection, Database
from storage.records import (
    AuditEntry,
    Invite,
    Role,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Withheld,
)

_TOLD_LATE = timedelta(days=1)
_NAME_LIMIT = 128  # code points kept of a person's name
_CODE_LIMIT = 64  # of a code; Telegram's links carry no longer ones
_ID_BITS = 31
_ID_MASK = (1 << _ID_BITS) - 1
_RANK = (Role.REPORTER, Role.ARCHIVIST, Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A person who is in; `is_new` says that the code was needed and spent."""

    subscriber: Subscriber
    is_new: bool


def actor(subscriber: Subscriber) -> str:
    """Name a person in the audit trail."""
    return f"subscriber {subscriber.id}"


async def known(database: Database, telegram_user_id: int) -> Subscriber | None:
    """Find a person who is in; strangers and those put out are None."""
    async with database.reading() as connection:
        found = await subscribers.by_telegram_id(connection, telegram_user_id)
    return None if found is None or found.state is SubscriberState.REMOVED else found


async def was_answered(
    database: Database, subscriber_id: SubscriberId, message: IncomingMessage
) -> bool:
    """Say whether a message came before: after a crash Telegram tells the last minute again."""
    async with database.reading() as connection:
        position = await cursors.position(connection, admission_cursor(subscriber_id))
    return _place(message) <= position


async def answered(
    database: Database, subscriber_id: SubscriberId, message: IncomingMessage
) -> None:
    """Note that a person's messages up to this one were answered."""
    async with database.transaction() as connection:
        await cursors.advance(connection, admission_cursor(subscriber_id), _place(message))


def _place(message: IncomingMessage) -> int:
    """Order a person's messages: by time, so that another server's ids matter only within it."""
    return (int(message.sent_at.timestamp()) << _ID_BITS) | (message.message_id & _ID_MASK)


async def met(database: Database, found: Subscriber, message: IncomingMessage) -> None:
    """Keep what a person's message says of them; if they had blocked the bot, owe them again."""
    now = datetime.now(UTC)
    access_hash = message.sender.access_hash or found.access_hash
    name = message.name[:_NAME_LIMIT]
    is_back = found.state is SubscriberState.BLOCKED_BOT
    if not is_back and (access_hash, name) == (found.access_hash, found.name):
        return
    async with database.transaction() as connection:
        await subscribers.met(connection, found.id, access_hash=access_hash, name=name)
        if is_back:
            await subscribers.set_state(connection, found.id, SubscriberState.ACTIVE)
            await alerts.owe_withheld(
                connection, found.id, Withheld.BLOCKED_BOT, since=now - _TOLD_LATE, now=now
            )
    if is_back:
        database.bell.ring("outbox")


async def admit(
    database: Database, message: IncomingMessage, code: str, *, timezone: str, language: str
) -> Admitted | None:
    """Let a person in by a code, or raise the role of one who is in; None if the code is no good.

    Safe to repeat: whoever is in already spends nothing.
    """
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        found = await subscribers.by_telegram_id(connection, message.sender.user_id)
        invite = await _usable(connection, code, now)
        is_in = found is not None and found.state is not SubscriberState.REMOVED
        if invite is None or (is_in and found and _rank(found.role) >= _rank(invite.role)):
            return Admitted(found, is_new=False) if found and is_in else None
        if found and not is_in and await _was_removed_after(connection, found, invite):
            return None
        number = await _let_in(
            connection, found, message, invite, timezone=timezone, language=language, now=now
        )
        subscriber = await subscribers.by_id(connection, number)
    database.bell.ring("subscriptions", "match")
    return Admitted(subscriber, is_new=True) if subscriber else None


async def _usable(connection: Connection, code: str, now: datetime) -> Invite | None:
    if not 0 < len(code) <= _CODE_LIMIT or not code.isascii():
        return None
    return await invites.usable(connection, code_hash(code), now)


def _rank(role: Role) -> int:
    return _RANK.index(role)


async def _was_removed_after(connection: Connection, found: Subscriber, invite: Invite) -> bool:
    """Say whether the invite is older than the removal: what was put out stays out."""
    removal = await audit.latest_id(connection, REMOVED, str(found.id))
    return removal is None or removal > invite.after_act


async def _let_in(
    connection: Connection,
    found: Subscriber | None,
    message: IncomingMessage,
    invite: Invite,
    *,
    timezone: str,
    language: str,
    now: datetime,
) -> SubscriberId:
    if found is None:
        number = await subscribers.add(
            connection,
            telegram_user_id=message.sender.user_id,
            access_hash=message.sender.access_hash,
            name=message.name[:_NAME_LIMIT],
            role=invite.role,
            timezone=timezone,
            language=language,
            added_at=now,
        )
    else:
        number = found.id
        await subscribers.set_role(connection, number, invite.role)
        await subscribers.set_state(connection, number, SubscriberState.ACTIVE)
    await invites.spend(connection, invite.id)
    detail = {"role": invite.role.value, "invite": str(invite.id)}
    entry = AuditEntry(now, f"subscriber {number}", "person let in", str(number), detail)
    await audit.add(connection, entry)
    return number
