"""People, for the command line and the bot: invites, the list, roles, removal.

Every act leaves an entry in the audit trail in the same transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from storage import audit, invites, subscribers
from storage.database import Connection, Database
from storage.records import AuditEntry, Role, Subscriber, SubscriberId, SubscriberState

ACTOR = "command line"
REMOVED = "person removed"  # in the audit trail; `admission` asks when it was
_CODE_BYTES = 16  # 128 bits: not to be guessed within the life of a code


class UnknownPersonError(LookupError):
    """No subscriber has this id."""

    def __init__(self, person_id: int) -> None:
        super().__init__(f"there is no person {person_id}: see `earshot people list`")
        self.person_id = person_id


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


async def change_role(database: Database, person_id: int, role: Role) -> Person:
    """Change what a person may do. Raises UnknownPersonError."""
    found = await person(database, person_id)
    async with database.transaction() as connection:
        await subscribers.set_role(connection, found.id, role)
        await _record(connection, "role changed", str(found.id), role=role.value)
    return await person(database, person_id)


async def remove(database: Database, person_id: int) -> Person:
    """Put a person out; their subscriptions stay, unmatched. Raises UnknownPersonError."""
    found = await person(database, person_id)
    async with database.transaction() as connection:
        await subscribers.set_state(connection, found.id, SubscriberState.REMOVED)
        await _record(connection, REMOVED, str(found.id))
    return await person(database, person_id)


async def _record(connection: Connection, act: str, subject: str, **detail: str) -> None:
    await audit.add(connection, AuditEntry(datetime.now(UTC), ACTOR, act, subject, detail))
