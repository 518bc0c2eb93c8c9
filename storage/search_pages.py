"""Pages of searches in the bot: what the buttons that turn them lead to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import PostId, SubscriberId
from storage.schema import search_pages

_KEPT = 200  # of one person; older buttons are out of date
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What somebody asked, and where the pages up to this one begin."""

    query: str
    begins: tuple[tuple[datetime, PostId], ...] = ()


async def add(
    connection: AsyncConnection, subscriber_id: SubscriberId, page: SearchPage, now: datetime
) -> int:
    """Keep a page for a button; the oldest of this person go."""
    begins = [[(at - _EPOCH) // _MICROSECOND, post] for at, post in page.begins]
    made = await connection.execute(
        insert(search_pages)
        .values(
            subscriber_id=subscriber_id,
            query=page.query,
            begins=json.dumps(begins),
            made_at=now,
        )
        .returning(search_pages.c.id)
    )
    number = int(made.scalar_one())
    mine = search_pages.c.subscriber_id == subscriber_id
    kept = select(search_pages.c.id).where(mine).order_by(search_pages.c.id.desc()).limit(_KEPT)
    await connection.execute(delete(search_pages).where(mine, search_pages.c.id.notin_(kept)))
    return number


async def owned(
    connection: AsyncConnection, number: int, subscriber_id: SubscriberId
) -> SearchPage | None:
    """Find a person's own page; another's is None."""
    row = (
        await connection.execute(
            select(search_pages).where(
                search_pages.c.id == number, search_pages.c.subscriber_id == subscriber_id
            )
        )
    ).first()
    if row is None:
        return None
    begins = [(_EPOCH + at * _MICROSECOND, PostId(post)) for at, post in json.loads(row.begins)]
    return SearchPage(row.query, tuple(begins))
