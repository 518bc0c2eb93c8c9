"""`earshot channels coverage`: what of each channel is held, gone, unknown, and when it was blind.

In comes the archive, out come records whose counts add up to the newest id; nothing is asked of
Telegram. It works while a run goes on and on a copy of the data folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.collect.coverage import Ranges, Standing, absent, standing
from bot.operate.channel_list import named
from storage import blindness, channels, coverage
from storage.database import Connection, Database
from storage.records import (
    BlindPeriod,
    Channel,
    ChannelFacts,
    ChannelId,
    ChannelState,
    IdRange,
    Statement,
)

_PERIODS_SHOWN = 100
_STATEMENTS_SHOWN = 100
_LINES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ChannelCoverage:
    """The proof for one channel; counts are message ids.

    `held` + `service` + `gone` + `unknown` + `older` = `newest`. `gone_ids`, `service_ids`,
    `deleted_ids` and `statements` are empty unless one channel was asked for.
    """

    id: ChannelId
    channel: str
    state: ChannelState
    verdict: str
    newest: int
    held: int
    deleted: int
    service: int
    gone: int
    unknown: int
    older: int
    ranges: Ranges
    holes: Ranges
    checked_at: datetime | None
    lag_median_s: float | None
    lag_worst_s: float | None
    not_live: int
    missed_edits: int
    missed_deletions: int
    blind: tuple[BlindPeriod, ...]
    gone_ids: Ranges = ()
    service_ids: tuple[int, ...] = ()
    deleted_ids: tuple[int, ...] = ()
    statements: tuple[Statement, ...] = ()


async def prove(database: Database, name: str | None = None) -> list[ChannelCoverage]:
    """Account for every channel that is or was on the list, or for one, in full.

    Raises UnknownChannelError.
    """
    async with database.reading() as connection:
        known = await channels.listed(connection, removed=True)
        if name is not None:
            return [await _in_full(connection, named(name, known))]
        return [await _of(connection, channel) for channel in known]


async def _of(connection: Connection, channel: Channel) -> ChannelCoverage:
    facts = await coverage.facts(connection, channel.id)
    blind = await blindness.of_channel(connection, channel.id, limit=_PERIODS_SHOWN)
    return _record(channel, facts, tuple(blind))


async def _in_full(connection: Connection, channel: Channel) -> ChannelCoverage:
    facts = await coverage.facts(connection, channel.id)
    blind = await blindness.of_channel(connection, channel.id, limit=_PERIODS_SHOWN)
    held = await coverage.held_ids(connection, channel.id)
    service = await coverage.service_ids(connection, channel.id)
    return _record(
        channel,
        facts,
        tuple(blind),
        gone_ids=absent(facts.ranges, [*held, *service]),
        service_ids=tuple(service),
        deleted_ids=tuple(await coverage.deleted_ids(connection, channel.id)),
        statements=tuple(await coverage.statements_of(connection, channel.id, _STATEMENTS_SHOWN)),
    )


def _record(
    channel: Channel,
    facts: ChannelFacts,
    blind: tuple[BlindPeriod, ...],
    *,
    gone_ids: Ranges = (),
    service_ids: tuple[int, ...] = (),
    deleted_ids: tuple[int, ...] = (),
    statements: tuple[Statement, ...] = (),
) -> ChannelCoverage:
    now = standing(facts)
    return ChannelCoverage(
        id=channel.id,
        channel=channel.name,
        state=channel.state,
        verdict=_verdict(channel, now, facts, blind),
        newest=now.newest,
        held=now.held,
        deleted=now.deleted,
        service=now.service,
        gone=now.gone,
        unknown=now.unknown,
        older=now.older,
        ranges=facts.ranges,
        holes=now.holes,
        checked_at=facts.checked_at,
        lag_median_s=round(facts.lag.median_s, 3) if facts.lag else None,
        lag_worst_s=round(facts.lag.worst_s, 3) if facts.lag else None,
        not_live=facts.not_live,
        missed_edits=facts.missed_edits,
        missed_deletions=facts.missed_deletions,
        blind=blind,
        gone_ids=gone_ids,
        service_ids=service_ids,
        deleted_ids=deleted_ids,
        statements=statements,
    )


def _verdict(
    channel: Channel, now: Standing, facts: ChannelFacts, blind: tuple[BlindPeriod, ...]
) -> str:
    """Say in words how good the proof is, the worst first."""
    if not facts.ranges:
        return "not read yet"
    if not now.is_whole:
        return f"{now.unknown} ids unknown"
    if channel.state is ChannelState.UNREACHABLE or any(p.ended_at is None for p in blind):
        return "blind now"
    checked = facts.checked_at
    if checked is None or any(p.ended_at and p.ended_at > checked for p in blind):
        return "not checked since it was blind"
    return "whole"


def as_text(item: ChannelCoverage, now: datetime | None = None) -> str:
    """Write one channel's proof for a person."""
    return "\n".join(_lines(item, now or datetime.now(UTC)))


def _lines(item: ChannelCoverage, now: datetime) -> Iterator[str]:
    yield f"{item.channel} ({item.state.value}): {item.verdict}"
    yield f"  ids 1 to {item.newest} are accounted for:" if item.newest else "  nothing read yet"
    yield f"    {item.held} held, of them {item.deleted} deleted since at Telegram"
    yield f"    {item.service} used by Telegram for service messages"
    yield f"    {item.gone} asked for and not there{_some(item.gone_ids)}"
    yield f"    {item.unknown} unknown{_some(item.holes)}"
    yield f"    {item.older} older than the back-fill was to reach"
    yield f"  last check: {item.checked_at.isoformat() if item.checked_at else 'never'}"
    if item.lag_median_s is None:
        yield "  no live posts yet, so no lag"
    else:
        yield f"  lag of live posts: median {item.lag_median_s} s, worst {item.lag_worst_s} s"
    yield f"  missed live and read later: {item.not_live} messages"
    yield f"  found by looking again: {item.missed_edits} edits, {item.missed_deletions} deletions"
    for period in item.blind[:_LINES_SHOWN]:
        end = period.ended_at.isoformat() if period.ended_at else "now"
        length = ((period.ended_at or now) - period.began_at).total_seconds()
        yield f"  blind {period.began_at.isoformat()} to {end} ({length:.0f} s): {period.why.value}"
    if len(item.blind) > _LINES_SHOWN:
        yield f"  and {len(item.blind) - _LINES_SHOWN} earlier blind periods (see --json)"


def _some(ranges: Ranges) -> str:
    if not ranges:
        return ""
    shown = ", ".join(_span(each) for each in ranges[:_LINES_SHOWN])
    return f" ({shown}{', …' if len(ranges) > _LINES_SHOWN else ''})"


def _span(each: IdRange) -> str:
    return str(each.low) if each.low == each.high else f"{each.low}–{each.high}"
