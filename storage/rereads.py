"""The rounds of looking at held posts again: when each was made, and what the next is about."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, true
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import AccountId, ChannelId, ChannelState
from storage.schema import (
    channel_readers,
    channels,
    deletions,
    posts,
    reread_rounds,
    revisions,
)

_ALBUM_MOST = 10  # messages, Telegram's
_SECOND = timedelta(seconds=1)


async def rounds(connection: AsyncConnection, account_id: AccountId) -> dict[timedelta, datetime]:
    """Say when an account last looked at the posts of each rung, by the rung's greatest age."""
    rows = await connection.execute(
        select(reread_rounds).where(reread_rounds.c.account_id == account_id)
    )
    return {timedelta(seconds=row.max_age_s): row.asked_at for row in rows}


async def climbed(
    connection: AsyncConnection, account_id: AccountId, max_age: timedelta, at: datetime
) -> None:
    """Note that the posts of a rung were asked for."""
    statement = insert(reread_rounds).values(
        account_id=account_id, max_age_s=max_age // _SECOND, asked_at=at
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "max_age_s"], set_={"asked_at": at}
        )
    )


async def stretches(
    connection: AsyncConnection, account_id: AccountId, since: datetime, until: datetime
) -> dict[ChannelId, tuple[int, int]]:
    """Give the first and last message posted in a time, of each channel an account reads."""
    rows = await connection.execute(
        select(posts.c.channel_id, func.min(posts.c.message_id), func.max(posts.c.message_id))
        .join(channels, channels.c.id == posts.c.channel_id)
        .join(
            channel_readers,
            (channel_readers.c.channel_id == posts.c.channel_id)
            & channel_readers.c.until.is_(None),
        )
        .where(
            posts.c.posted_at > since,
            posts.c.posted_at <= until,
            posts.c.deleted_at.is_(None),
            channels.c.state == ChannelState.FOLLOWED,
            channel_readers.c.account_id == account_id,
        )
        .group_by(posts.c.channel_id)
    )
    return {ChannelId(row[0]): (int(row[1]), int(row[2])) for row in rows}


async def recent_message_ids(
    connection: AsyncConnection, channel_id: ChannelId, limit: int, *, at_most: int | None = None
) -> list[int]:
    """Give the newest message ids that are held and not marked deleted, descending.

    `at_most` starts there instead of at the newest.
    """
    marked = select(deletions.c.message_id).where(deletions.c.channel_id == channel_id)
    newest = revisions.c.message_id <= at_most if at_most is not None else true()
    rows = await connection.scalars(
        select(revisions.c.message_id)
        .where(
            revisions.c.channel_id == channel_id,
            revisions.c.number == 1,
            revisions.c.message_id.notin_(marked),
            newest,
        )
        .order_by(revisions.c.message_id.desc())
        .limit(limit)
    )
    return list(rows)


async def kept_message_ids(
    connection: AsyncConnection, channel_id: ChannelId, low: int, high: int
) -> list[int]:
    """Give the held message ids of a stretch that are not marked deleted, ascending.

    An album's later messages may lie beyond the id its post is named by; so the stretch of posts
    is widened by an album's greatest length.
    """
    marked = select(deletions.c.message_id).where(deletions.c.channel_id == channel_id)
    rows = await connection.scalars(
        select(revisions.c.message_id)
        .where(
            revisions.c.channel_id == channel_id,
            revisions.c.number == 1,
            revisions.c.message_id >= low,
            revisions.c.message_id <= high + _ALBUM_MOST,
            revisions.c.message_id.notin_(marked),
        )
        .order_by(revisions.c.message_id)
    )
    return list(rows)
