"""How a running Earshot is, for operators: read from rows and the parts' health, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from bot.telemetry import Part
from bot.translation import Voice, counted, phrase
from storage import accounts, alerts, channels, cursors, posts
from storage.database import Connection, Database
from storage.records import AlertState, ChannelState, Waiting

_MATCH = "match"  # the worker's cursor
_LATE_S = 60.0  # a queue whose oldest row is older deserves a look
_REASONS_SHOWN = 5


class Severity(IntEnum):
    """How much a line of the report matters; the worst is the lowest."""

    BROKEN = 0
    LATE = 1
    WELL = 2


UNMATCHED = phrase("posts to be matched")
UNSENT = phrase("alerts to be sent")
DETAILS = (phrase("ok"), phrase("starting"), phrase("connecting again"))  # of parts, as they say it
WAIT = phrase("Telegram asks to wait with {kind} until {until}")
DEAD = phrase("alerts refused for good: {n}")
UNREACHABLE = phrase("channels unreachable: {n}")
NOT_READ = phrase("channels not yet read: {n}")
FOLLOWED = phrase("channels followed: {n}")
OLDEST = counted("the oldest for {n} second", "the oldest for {n} seconds")
_SIGNS = {Severity.BROKEN: "✗", Severity.LATE: "!", Severity.WELL: "✓"}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """What the report is made of; `waits` are limits of Telegram's still in force, by kind."""

    parts: tuple[Part, ...]
    channel_states: Counter[ChannelState]
    reasons: tuple[str, ...]
    waits: dict[str, datetime]
    queues: dict[str, Waiting]
    dead: int


async def read_state(
    database: Database, parts: Sequence[Part], account_label: str, now: datetime
) -> State:
    """Read how things are at this moment."""
    async with database.reading() as connection:
        listed = await channels.listed(connection)
        unmatched = await posts.revisions_waiting(
            connection, await cursors.position(connection, _MATCH)
        )
        counts = await alerts.counts(connection)
        owed = Waiting(
            counts[AlertState.OWED] + counts[AlertState.LEASED],
            await alerts.oldest_owed(connection),
        )
        waits = await _waits(connection, account_label)
    return State(
        parts=tuple(parts),
        channel_states=Counter(channel.state for channel in listed),
        reasons=tuple(f"{item.name}: {item.reason}" for item in listed if item.reason),
        waits={kind: until for kind, until in waits.items() if until > now},
        queues={UNMATCHED: unmatched, UNSENT: owed},
        dead=counts[AlertState.DEAD],
    )


async def _waits(connection: Connection, account_label: str) -> dict[str, datetime]:
    found = await accounts.account(connection, account_label)
    return await accounts.waits(connection, found.id) if found else {}


def report(state: State, now: datetime, voice: Voice) -> str:
    """Write the state out, worst first."""
    lines = [
        *_part_lines(state, voice),
        *_wait_lines(state, now, voice),
        *_channel_lines(state, voice),
        *(_queue_line(name, waiting, now, voice) for name, waiting in state.queues.items()),
    ]
    if state.dead:
        lines.append(Line(Severity.LATE, voice.text(DEAD, n=state.dead)))
    lines.sort(key=lambda line: line.severity)  # stable: the order above within a severity
    return "\n".join(f"{_SIGNS[line.severity]} {line.text}" for line in lines)


def _part_lines(state: State, voice: Voice) -> list[Line]:
    return [
        Line(
            Severity.WELL if part.is_ready else Severity.BROKEN,
            f"{part.name}: {voice.known(part.detail)}",
        )
        for part in state.parts
    ]


def _wait_lines(state: State, now: datetime, voice: Voice) -> list[Line]:
    return [
        Line(Severity.LATE, voice.text(WAIT, kind=kind, until=voice.clock(end, now)))
        for kind, end in state.waits.items()
    ]


def _channel_lines(state: State, voice: Voice) -> list[Line]:
    counts = state.channel_states
    lines = []
    if counts[ChannelState.UNREACHABLE]:
        reasons = "".join(f"\n   {reason[:120]}" for reason in state.reasons[:_REASONS_SHOWN])
        text = voice.text(UNREACHABLE, n=counts[ChannelState.UNREACHABLE]) + reasons
        lines.append(Line(Severity.BROKEN, text))
    if counts[ChannelState.WANTED]:
        lines.append(Line(Severity.LATE, voice.text(NOT_READ, n=counts[ChannelState.WANTED])))
    lines.append(Line(Severity.WELL, voice.text(FOLLOWED, n=counts[ChannelState.FOLLOWED])))
    return lines


def _queue_line(name: str, waiting: Waiting, now: datetime, voice: Voice) -> Line:
    age_s = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
    oldest = f", {voice.count(OLDEST, round(age_s))}" if waiting.rows else ""
    severity = Severity.LATE if age_s > _LATE_S else Severity.WELL
    return Line(severity, f"{voice.text(name)}: {waiting.rows}{oldest}")
