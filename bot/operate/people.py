"""People, for the command line and the bot: invites, the list, roles, removal.

Every act leaves an entry in the audit trail in the same transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from storage import audit, cursors, erasure, invites, subscribers
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.records import (
    AuditEntry,
    Invite,
    InviteId,
    Role,
    Subscriber,
    SubscriberId,
    SubscriberState,
)

ACTOR = "command line"
REMOVED = "person removed"  # in the audit trail; `admission` asks when it was
_CODE_BYTES = 16  # 128 bits: not to be guessed within the life of a code


class UnknownPersonError(BadInput, LookupError):
    """No subscriber has this id."""

    def __init__(self, person_id: int) -> None:
        super().__init__(f"there is no person {person_id}: see `earshot people list`")
        self.person_id = person_id


class UnknownInviteError(BadInput, LookupError):
    """No invite that lets anybody in has this number."""

    def __init__(self, invite_id: int) -> None:
        super().__init__(f"there is no open invite {invite_id}: see `earshot people invites`")
        self.invite_id = invite_id


@dataclass(frozen=True, slots=True)
class NewInvite:
    """A way in, told once: only the code's hash is kept. `uses` is for how many people."""

    code: str = field(repr=False)
    role: Role
    uses: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A subscriber as operators may see them, without the bot's key to them."""

    id: SubscriberId
    telegram_user_id: int
    name: str
    role: Role
    state: SubscriberState
    timezone: str
    language: str
    added_at: datetime


def code_hash(code: str) -> bytes:
    """Give what is stored of a code."""
    return hashlib.sha256(code.encode()).digest()


async def invite(
    database: Database, role: Role, *, uses: int, days: int, actor: str = ACTOR
) -> NewInvite:
    """Make an invite that lets `uses` people in during the next `days` days."""
    now = datetime.now(UTC)
    made = NewInvite(secrets.token_urlsafe(_CODE_BYTES), role, uses, now + timedelta(days=days))
    async with database.transaction() as connection:
        number = await invites.add(
            connection,
            code_hash(made.code),
            role,
            uses=uses,
            added_at=now,
            expires_at=made.expires_at,
        )
        entry = AuditEntry(
            now, actor, "invite made", str(number), {"role": role.value, "uses": str(uses)}
        )
        await audit.add(connection, entry)
    return made


async def everybody(database: Database) -> list[Person]:
    """Give people in the order they came, removed ones too."""
    async with database.reading() as connection:
        found = await subscribers.page(connection, limit=await subscribers.count(connection))
    return [_person(subscriber) for subscriber in found]


def _person(subscriber: Subscriber) -> Person:
    return Person(
        id=subscriber.id,
        telegram_user_id=subscriber.telegram_user_id,
        name=subscriber.name,
        role=subscriber.role,
        state=subscriber.state,
        timezone=subscriber.timezone,
        language=subscriber.language,
        added_at=subscriber.added_at,
    )


async def person(database: Database, person_id: int) -> Person:
    """Find a person by our id. Raises UnknownPersonError."""
    async with database.reading() as connection:
        found = await subscribers.by_id(connection, SubscriberId(person_id))
    if found is None:
        raise UnknownPersonError(person_id)
    return _person(found)


async def change_role(
    database: Database, person_id: int, role: Role, *, actor: str = ACTOR
) -> Person:
    """Change what a person may do. Raises UnknownPersonError."""
    found = await person(database, person_id)
    async with database.transaction() as connection:
        await subscribers.set_role(connection, found.id, role)
        await _record(connection, actor, "role changed", str(found.id), role=role.value)
    return await person(database, person_id)


async def remove(database: Database, person_id: int, *, actor: str = ACTOR) -> Person:
    """Put a person out; their subscriptions stay, unmatched. Raises UnknownPersonError."""
    found = await person(database, person_id)
    async with database.transaction() as connection:
        await subscribers.set_state(connection, found.id, SubscriberState.REMOVED)
        await _record(connection, actor, REMOVED, str(found.id))
    return await person(database, person_id)


async def erase(database: Database, person_id: int, *, actor: str = ACTOR) -> Mapping[str, int]:
    """Put a person out and delete all that is theirs; give rows deleted by table.

    The audit trail keeps that it was done and to which number, without their name. Raises
    UnknownPersonError.
    """
    found = await person(database, person_id)
    async with database.transaction() as connection:
        gone = await erasure.erase(connection, found.id)
        await cursors.forget(connection, admission_cursor(found.id))
        detail = {"rows": str(sum(gone.values()))}
        entry = AuditEntry(datetime.now(UTC), actor, "person erased", str(found.id), detail)
        await audit.add(connection, entry)
    database.bell.ring("subscriptions", "match", "outbox")
    return gone


def admission_cursor(subscriber_id: SubscriberId) -> str:
    """Name the cursor up to which a person's messages were answered."""
    return f"answered.{subscriber_id}"


async def open_invites(database: Database) -> list[Invite]:
    """Give the invites that still let somebody in, newest first; their codes nobody knows."""
    async with database.reading() as connection:
        return await invites.usable_ones(connection, datetime.now(UTC))


async def revoke(database: Database, invite_id: int, *, actor: str = ACTOR) -> None:
    """Let nobody in by an invite any more. Raises UnknownInviteError if it would not have."""
    async with database.transaction() as connection:
        if not await invites.revoke(connection, InviteId(invite_id)):
            raise UnknownInviteError(invite_id)
        entry = AuditEntry(datetime.now(UTC), actor, "invite revoked", str(invite_id))
        await audit.add(connection, entry)


async def _record(
    connection: Connection, actor: str, act: str, subject: str, **detail: str
) -> None:
    await audit.add(connection, AuditEntry(datetime.now(UTC), actor, act, subject, detail))
