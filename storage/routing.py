"""Routing: each person's own rules for being told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import held
from storage.records import FollowUps, Held, QuietHours, Routing, SubscriberId
from storage.schema import routing


async def of(connection: AsyncConnection, subscriber_id: SubscriberId) -> Routing:
    """Give a person's rules; those of a new person when they never changed one."""
    return (await of_many(connection, [subscriber_id]))[subscriber_id]


async def of_many(
    connection: AsyncConnection, ids: Collection[SubscriberId]
) -> dict[SubscriberId, Routing]:
    """Give the rules of each of these people."""
    rows = await connection.execute(select(routing).where(routing.c.subscriber_id.in_(list(ids))))
    found = {SubscriberId(row.subscriber_id): _of_row(row) for row in rows}
    return {number: found.get(number) or Routing(number) for number in ids}


async def set_paused(
    connection: AsyncConnection, subscriber_id: SubscriberId, *, is_paused: bool
) -> None:
    """Tell a person nothing at all, or tell them again; what is not on its way yet stops too."""
    await _change(connection, subscriber_id, is_paused=int(is_paused))
    if is_paused:
        await held.hold_unsent(connection, subscriber_id)
        await held.decide_again(connection, subscriber_id, tuple(Held))


async def set_snoozed(
    connection: AsyncConnection, subscriber_id: SubscriberId, until: datetime | None
) -> None:
    """Hold what a person is owed until then, what is not on its way yet too; None ends it."""
    await _change(connection, subscriber_id, snoozed_until=until)
    if until is None:
        await held.decide_again(connection, subscriber_id, [Held.SNOOZED])
    else:
        await held.hold_unsent(connection, subscriber_id)


async def set_quiet(
    connection: AsyncConnection, subscriber_id: SubscriberId, quiet: QuietHours | None
) -> None:
    """Set a person's quiet hours; None takes them away."""
    await _change(
        connection,
        subscriber_id,
        quiet_since=_stored(quiet.since) if quiet else None,
        quiet_until=_stored(quiet.until) if quiet else None,
    )
    await held.decide_again(connection, subscriber_id, [Held.QUIET])


async def set_digest_times(
    connection: AsyncConnection, subscriber_id: SubscriberId, times: Collection[time]
) -> None:
    """Set the times of day, at least one, at which a person's daily digests come."""
    if not times:
        raise ValueError("a daily digest needs a time of day")
    stored = " ".join(sorted({_stored(moment) for moment in times}))
    await _change(connection, subscriber_id, digest_times=stored)


async def set_cap(
    connection: AsyncConnection, subscriber_id: SubscriberId, per_hour: int | None
) -> None:
    """Set how many alerts an hour a person takes before the rest becomes a digest; None: any."""
    if per_hour is not None and per_hour < 1:
        raise ValueError("a cap is at least 1 alert an hour")
    await _change(connection, subscriber_id, cap_per_hour=per_hour)


async def set_follow_ups(
    connection: AsyncConnection, subscriber_id: SubscriberId, wanted: FollowUps
) -> None:
    """Set of which changes of an alerted post a person gets a message."""
    await _change(connection, subscriber_id, follow_ups=wanted)


async def _change(
    connection: AsyncConnection, subscriber_id: SubscriberId, **values: object
) -> None:
    new = _row_of(Routing(subscriber_id)) | values
    await connection.execute(insert(routing).values(new).on_conflict_do_nothing())
    await connection.execute(
        update(routing).where(routing.c.subscriber_id == subscriber_id).values(**values)
    )


def _row_of(rules: Routing) -> dict[str, object]:
    return {
        "subscriber_id": rules.subscriber_id,
        "is_paused": int(rules.is_paused),
        "snoozed_until": rules.snoozed_until,
        "quiet_since": _stored(rules.quiet.since) if rules.quiet else None,
        "quiet_until": _stored(rules.quiet.until) if rules.quiet else None,
        "digest_times": " ".join(_stored(moment) for moment in rules.digest_times),
        "cap_per_hour": rules.cap_per_hour,
        "follow_ups": rules.follow_ups,
    }


def _stored(moment: time) -> str:
    return f"{moment:%H:%M}"


def _of_row(row: Row[Any]) -> Routing:
    is_quiet = row.quiet_since is not None and row.quiet_until is not None
    return Routing(
        subscriber_id=SubscriberId(row.subscriber_id),
        is_paused=bool(row.is_paused),
        snoozed_until=row.snoozed_until,
        quiet=QuietHours(time.fromisoformat(row.quiet_since), time.fromisoformat(row.quiet_until))
        if is_quiet
        else None,
        digest_times=tuple(time.fromisoformat(word) for word in row.digest_times.split()),
        cap_per_hour=row.cap_per_hour,
        follow_ups=FollowUps(row.follow_ups),
    )
