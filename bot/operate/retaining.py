"""`earshot retention` and legal holds: rules, what they would remove, and what they did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.operate.media import scope_of
from bot.operate.people import ACTOR
from bot.publish import indexer
from bot.publish.retention import Removed, apply
from storage import audit, channels, retention
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.folder import DataFolder
from storage.records import AuditEntry
from storage.retention import Hold


class RetentionError(BadInput):
    """A wish about retention cannot be followed; the message says why."""


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """What holds for a channel or group; no `days` means that everything is kept."""

    scope: str
    days: int | None
    on_hold_since: datetime | None
    reason: str | None


async def listed(database: Database) -> list[RetentionRow]:
    """Give all rules and holds."""
    async with database.reading() as connection:
        rules = await retention.rules(connection)
        holds = {hold.scope: hold for hold in await retention.held(connection)}
        known = await channels.listed(connection, removed=True)
    names = {f"channel {item.id}": item.name for item in known}
    return [
        RetentionRow(
            scope=names.get(scope, scope),
            days=rules.get(scope),
            on_hold_since=holds[scope].since if scope in holds else None,
            reason=holds[scope].reason if scope in holds else None,
        )
        for scope in sorted(rules.keys() | holds.keys())
    ]


async def set_rule(database: Database, wanted: str, days: int | None) -> str:
    """Keep so many days of a channel or group (`group:north`), None for everything. Names it.

    Raises UnknownChannelError and MediaError.
    """
    async with database.transaction() as connection:
        scope, name = await scope_of(connection, wanted)
        await retention.set_rule(connection, scope, days)
        kept = "everything" if days is None else str(days)
        await _record(connection, "retention set", name, days=kept)
    return name


async def hold(database: Database, wanted: str, reason: str) -> str:
    """Put a channel or group on legal hold: nothing of it is removed until it is released."""
    async with database.transaction() as connection:
        scope, name = await scope_of(connection, wanted)
        await retention.hold(connection, Hold(scope, datetime.now(UTC), reason))
        await _record(connection, "put on legal hold", name, reason=reason)
    return name


async def release(database: Database, wanted: str) -> str:
    """End a legal hold. Raises RetentionError when there is none."""
    async with database.transaction() as connection:
        scope, name = await scope_of(connection, wanted)
        if not await retention.release(connection, scope):
            raise RetentionError(f"{name} is not on hold: see `earshot retention list`")
        await _record(connection, "released from legal hold", name)
    return name


async def run(database: Database, folder: DataFolder, *, dry_run: bool) -> list[Removed]:
    """Remove now what the rules say, from the full-text index too, or only count it.

    Raises IndexUnwritable when the index could not follow; a running Earshot cleans it in a day.
    """
    removed = await apply(database, folder, actor=ACTOR, dry_run=dry_run)
    if any(item.revisions for item in removed) and not dry_run:
        await asyncio.to_thread(indexer.clean, database.path)
    return removed


async def _record(connection: Connection, act: str, subject: str, **detail: str) -> None:
    await audit.add(connection, AuditEntry(datetime.now(UTC), ACTOR, act, subject, detail))
