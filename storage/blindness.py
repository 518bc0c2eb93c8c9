"""Blind periods: when posts could be made without our being told, and why."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, insert, or_, outerjoin, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import AccountId, Blindness, BlindPeriod, ChannelId
from storage.schema import Utc, blind_periods, channel_access, channel_readers


async def begin(
    connection: AsyncConnection,
    why: Blindness,
    began_at: datetime,
    *,
    account_id: AccountId | None = None,
    channel_id: ChannelId | None = None,
    detail: str | None = None,
    ended_at: datetime | None = None,
) -> int:
    """Note a blind period; one that is still open for the same account or channel is kept.

    Of one whose end is known beforehand the end is what was said last: several calls hear of one
    flood wait, and Telegram may shorten it. Gives its id. Safe to repeat while it lasts.
    """
    same = (
        blind_periods.c.account_id.is_not_distinct_from(account_id),
        blind_periods.c.channel_id.is_not_distinct_from(channel_id),
        blind_periods.c.why == why,
    )
    if ended_at is None:
        found = await connection.scalar(
            select(blind_periods.c.id).where(*same, blind_periods.c.ended_at.is_(None))
        )
    else:
        found = await connection.scalar(
            update(blind_periods)
            .where(*same, blind_periods.c.ended_at > began_at)
            .values(ended_at=ended_at)
            .returning(blind_periods.c.id)
        )
    if found is not None:
        return int(found)
    written = await connection.execute(
        insert(blind_periods)
        .values(
            account_id=account_id,
            channel_id=channel_id,
            why=why,
            began_at=began_at,
            ended_at=ended_at,
            detail=detail,
        )
        .returning(blind_periods.c.id)
    )
    return int(written.scalar_one())


async def end(
    connection: AsyncConnection,
    ended_at: datetime,
    *,
    account_id: AccountId | None = None,
    channel_id: ChannelId | None = None,
    why: Collection[Blindness] = tuple(Blindness),
) -> list[BlindPeriod]:
    """End what is open for an account or a channel, for these reasons; give what was ended."""
    rows = await connection.execute(
        update(blind_periods)
        .where(
            blind_periods.c.account_id.is_not_distinct_from(account_id),
            blind_periods.c.channel_id.is_not_distinct_from(channel_id),
            blind_periods.c.why.in_(list(why)),
            blind_periods.c.ended_at.is_(None),
        )
        .values(ended_at=ended_at)
        .returning(*blind_periods.c)
    )
    return [_period(row) for row in rows]


async def of_channel(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    ended_after: datetime | None = None,
    limit: int = 100,
) -> list[BlindPeriod]:
    """Give the newest times a channel was not heard: its own, and its readers' while they read it.

    `ended_after` leaves out what ended before, and what is still open.
    """
    is_member = select(channel_access.c.is_member).where(
        channel_access.c.channel_id == channel_id,
        channel_access.c.account_id == blind_periods.c.account_id,
    )
    of_reader = and_(
        blind_periods.c.channel_id.is_(None),
        or_(  # a flood wait takes no updates from members
            blind_periods.c.why != Blindness.FLOOD_WAIT,
            func.coalesce(is_member.scalar_subquery(), 0) == 0,
        ),
        blind_periods.c.account_id == channel_readers.c.account_id,
        or_(channel_readers.c.until.is_(None), channel_readers.c.until > blind_periods.c.began_at),
        or_(
            blind_periods.c.ended_at.is_(None),
            blind_periods.c.ended_at > channel_readers.c.since,
        ),
    )
    ends = case(  # a reader's blindness ends for a channel when another takes it over
        (
            and_(
                channel_readers.c.until.is_not(None),
                or_(
                    blind_periods.c.ended_at.is_(None),
                    blind_periods.c.ended_at > channel_readers.c.until,
                ),
            ),
            channel_readers.c.until,
        ),
        else_=blind_periods.c.ended_at,
    )
    columns = [column for column in blind_periods.c if column.name != "ended_at"]
    statement = (
        select(*columns, type_coerce(ends, Utc).label("ended_at"))
        .select_from(
            outerjoin(
                blind_periods,
                channel_readers,
                and_(channel_readers.c.channel_id == channel_id, of_reader),
            )
        )
        .where(
            or_(
                blind_periods.c.channel_id == channel_id,
                channel_readers.c.channel_id.is_not(None),
            )
        )
        .distinct()
        .order_by(blind_periods.c.began_at.desc(), blind_periods.c.id.desc())
        .limit(limit)
    )
    if ended_after is not None:
        statement = statement.where(ends > ended_after)
    return [_period(row) for row in await connection.execute(statement)]


async def lasts(connection: AsyncConnection, channel_id: ChannelId) -> bool:
    """Say whether a blind period of the channel's own lasts at this moment."""
    found = await connection.scalar(
        select(blind_periods.c.id)
        .where(blind_periods.c.channel_id == channel_id, blind_periods.c.ended_at.is_(None))
        .limit(1)
    )
    return found is not None


async def lasting(connection: AsyncConnection) -> list[BlindPeriod]:
    """Give the blind periods that last at this moment."""
    rows = await connection.execute(
        select(blind_periods)
        .where(blind_periods.c.ended_at.is_(None))
        .order_by(blind_periods.c.began_at)
    )
    return [_period(row) for row in rows]


def _period(row: Any) -> BlindPeriod:
    return BlindPeriod(
        id=row.id,
        account_id=None if row.account_id is None else AccountId(row.account_id),
        channel_id=None if row.channel_id is None else ChannelId(row.channel_id),
        why=Blindness(row.why),
        began_at=row.began_at,
        ended_at=row.ended_at,
        detail=row.detail,
    )
