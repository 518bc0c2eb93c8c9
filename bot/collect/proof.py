"""Coverage's changes → statements and blind periods: what was checked, lost, made good.

Everything here writes in the caller's transaction, beside what it tells of.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.collect.coverage import high_water
from storage import blindness, coverage, history, life
from storage.database import Connection
from storage.records import (
    AccountId,
    Blindness,
    BlindPeriod,
    ChannelEvent,
    ChannelEventKind,
    ChannelId,
    Statement,
    StatementKind,
)

Kind = ChannelEventKind
NAME_TAKEN = "the name belongs to another channel by now"
_LOST = (Kind.UNREACHABLE, Kind.NAME_TAKEN)
_FIRST_LOOK_AGAIN = timedelta(minutes=1)
_LAST_LOOK_AGAIN = timedelta(hours=6)
_CHECKED_STATED_EVERY = timedelta(days=1)  # of a channel with nothing new: its log stays short


async def note_check(
    connection: Connection, channel_id: ChannelId, account_id: AccountId, now: datetime
) -> None:
    """Note that the newest ids were asked for; state which blind periods that makes good."""
    before = (await coverage.last_checks(connection, [channel_id]))[channel_id]
    await coverage.checked(connection, [channel_id], now)
    high = high_water((await history.ranges(connection, [channel_id]))[channel_id])
    made_good = []
    if before is not None:
        made_good = await blindness.of_channel(connection, channel_id, ended_after=before)
    statements = [_made_good(period, channel_id, account_id, now, high) for period in made_good]
    stated = await coverage.last_stated(connection, channel_id, StatementKind.CHECKED)
    if stated is None or now - stated >= _CHECKED_STATED_EVERY:
        statements.append(Statement(channel_id, account_id, now, StatementKind.CHECKED, high=high))
    await coverage.state(connection, statements)


def _made_good(
    period: BlindPeriod, channel_id: ChannelId, account_id: AccountId, now: datetime, high: int
) -> Statement:
    return Statement(
        channel_id,
        account_id,
        now,
        StatementKind.MADE_GOOD,
        high=high,
        detail=_told(period),
    )


def _told(period: BlindPeriod) -> dict[str, str | int]:
    end = period.ended_at.isoformat() if period.ended_at else ""
    return {
        "period": period.id,
        "why": period.why.name.lower(),
        "from": period.began_at.isoformat(),
        "to": end,
    }


async def lost_sight(connection: Connection, channel_id: ChannelId, reason: str) -> datetime:
    """Note that a channel cannot be read; give when to try again.

    It was heard until its last check at least.
    """
    now = datetime.now(UTC)
    since = (await coverage.last_checks(connection, [channel_id]))[channel_id]
    if since is None:
        return now + _LAST_LOOK_AGAIN  # it never was in sight
    lost_at = now
    if await blindness.lasts(connection, channel_id):
        event = (await life.latest(connection, _LOST)).get(channel_id)
        lost_at = event.at if event else since
    else:
        kind = Kind.NAME_TAKEN if reason == NAME_TAKEN else Kind.UNREACHABLE
        await life.add(connection, [ChannelEvent(channel_id, now, kind, None, reason)])
    await blindness.begin(
        connection,
        Blindness.CHANNEL_UNREACHABLE,
        since,
        channel_id=channel_id,
        detail=reason,
    )
    return now + look_again_after(now - lost_at)


def look_again_after(unreachable_for: timedelta) -> timedelta:
    """Say how long to leave a channel alone: as long again as it has been unreachable.

    A refusal of a minute costs minutes of blindness, one of months four calls a day.
    """
    return min(max(unreachable_for, _FIRST_LOOK_AGAIN), _LAST_LOOK_AGAIN)


async def in_sight_again(connection: Connection, channel_id: ChannelId, now: datetime) -> None:
    """End a channel's own blind period."""
    ended = await blindness.end(connection, now, channel_id=channel_id)
    if ended:
        await life.add(connection, [ChannelEvent(channel_id, now, Kind.BACK)])
    await coverage.state(connection, [blind_ended(period, now) for period in ended])


def blind_ended(period: BlindPeriod, now: datetime) -> Statement:
    """State that a blind period is over."""
    return Statement(
        period.channel_id,
        period.account_id,
        now,
        StatementKind.BLIND_ENDED,
        detail=_told(period),
    )
