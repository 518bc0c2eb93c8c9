"""Erasing a person: every row that is theirs goes, whichever table it is in.

Which tables those are is read from the schema: the ones that refer to subscribers, the ones that
refer to those, and so on. So a table added later is erased too. Posts, channels and the audit
trail refer to nobody and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import SubscriberId, SubscriberState
from storage.schema import metadata, subscribers


async def erase(connection: AsyncConnection, subscriber_id: SubscriberId) -> Mapping[str, int]:
    """Delete what is theirs and make their own row say nothing; give rows deleted by table.

    The row itself stays, nameless, so that the audit trail's numbers still mean one person each.
    """
    gone: dict[str, int] = {}
    for table in reversed(metadata.sorted_tables):
        theirs = _is_theirs(table, subscriber_id, ())
        if table is not subscribers and theirs is not None:
            deleted = await connection.execute(delete(table).where(theirs))
            if deleted.rowcount:
                gone[table.name] = deleted.rowcount
    await connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(
            telegram_user_id=-subscriber_id,  # whoever comes back comes as somebody new
            access_hash=0,
            name="",
            timezone="UTC",
            language="en",
            state=SubscriberState.REMOVED,
        )
    )
    return gone


def personal_tables() -> set[str]:
    """Name the tables that hold rows of people."""
    nobody = SubscriberId(0)
    return {
        table.name for table in metadata.sorted_tables if _is_theirs(table, nobody, ()) is not None
    }


def _is_theirs(table: Table, subscriber_id: SubscriberId, on_the_way: tuple[Table, ...]) -> Any:
    """Give the condition under which a row is this person's, None if it never is."""
    if table is subscribers:
        return subscribers.c.id == subscriber_id
    claims = []
    for key in table.foreign_keys:
        above = key.column.table
        if above is table or above in on_the_way:
            continue
        theirs = _is_theirs(above, subscriber_id, (*on_the_way, table))
        if theirs is not None:
            claims.append(key.parent.in_(select(key.column).where(theirs)))
    return or_(*claims) if claims else None
