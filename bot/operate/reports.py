"""How a running Earshot is, for operators: from rows and the parts' health, worst first.

Each line that is not well says what to do. The same report serves `/health` in the bot and
`earshot doctor --live`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from bot.telemetry import Part
from bot.translation import Voice, counted, phrase
from storage import (
    accounts,
    alerts,
    blindness,
    channels,
    clock,
    condition,
    cursors,
    life,
    posts,
)
from storage.condition import Holes
from storage.database import Connection, Database
from storage.records import (
    Account,
    AccountState,
    AlertState,
    Blindness,
    BlindPeriod,
    Channel,
    ChannelEvent,
    ChannelEventKind,
    ChannelId,
    ChannelState,
    Waiting,
)

_MATCH = "match"  # the worker's cursor
_LATE_S = 60.0  # a queue whose oldest row is older deserves a look
_SHOWN = 5
_RECENT = timedelta(days=1)
_CHECK_LATE = timedelta(hours=1)


class Severity(IntEnum):
    """How much a line of the report matters; the worst is the lowest."""

    BROKEN = 0
    LATE = 1
    WELL = 2


UNMATCHED = phrase("posts to be matched")
UNSENT = phrase("alerts to be sent")
DETAILS = (phrase("ok"), phrase("starting"), phrase("connecting again"))  # of parts, as they say it
WAIT = phrase("Telegram asks {account} to wait with {kind} until {until}")
DEAD = phrase("alerts refused for good: {n}")
UNREACHABLE = phrase("channels unreachable: {n}")
NOT_READ = phrase("channels not yet read: {n}")
FOLLOWED = phrase("channels followed: {n}")
OLDEST = counted("the oldest for {n} second", "the oldest for {n} seconds")
NOT_USED = phrase("account {label} is not used: {reason}")
BLIND_NOW = phrase("blind since {time}: {why} ({what})")
BLIND_TODAY = counted(
    "one blind period in a day, {length} in all", "{n} blind periods in a day, {length} in all"
)
HOLES = counted("one message id unknown in {channels}", "{n} message ids unknown in {channels}")
NOT_CHECKED = phrase("a channel was last looked at {time}")
CLOCK_AHEAD = phrase("the clock here is {length} ahead of Telegram's")
CLOCK_BEHIND = phrase("the clock here is {length} behind Telegram's")
DO_CLOCK = phrase("switch time synchronisation (NTP) on; quiet hours and digests follow this clock")
HAPPENED = phrase("{channel} {what}")
RUN_IT = phrase("nothing runs: start `earshot run`")
DO_WAIT = phrase("nothing: it goes on by itself; more accounts would share the load")
DO_CHANNELS = phrase("see /channels; remove what is gone for good")
DO_SIGN_IN = phrase("`earshot accounts add {label}` signs it in anew, or `resume` it")
DO_CONNECT = phrase("see the log; check the network, or `earshot doctor`")
DO_HOLES = phrase("nothing yet: they are being read; look again in some minutes")
DO_QUEUE = phrase("look at the machine's load and the log")
DO_DEAD = phrase("the reasons are in the log: `alert not delivered`")
BLINDNESS = {
    Blindness.PROCESS_DOWN: phrase("Earshot was not running"),
    Blindness.CONNECTION_LOST: phrase("the connection to Telegram was lost"),
    Blindness.FLOOD_WAIT: phrase("Telegram made the account wait"),
    Blindness.ACCOUNT_LIMITED: phrase("the account was signed out, limited or paused"),
    Blindness.CHANNEL_UNREACHABLE: phrase("the channel could not be reached"),
}
EVENTS = {
    ChannelEventKind.RENAMED: phrase("was renamed"),
    ChannelEventKind.NAME_CHANGED: phrase("changed its @name"),
    ChannelEventKind.NAME_TAKEN: phrase("its @name belongs to another channel by now"),
    ChannelEventKind.UNREACHABLE: phrase("cannot be reached any more"),
    ChannelEventKind.BACK: phrase("can be reached again"),
    ChannelEventKind.RESTRICTED: phrase("was restricted by Telegram"),
    ChannelEventKind.RESTRICTED_BY_COUNTRY: phrase(
        "was restricted in the country of the account that reads it"
    ),
    ChannelEventKind.UNRESTRICTED: phrase("is no longer restricted"),
    ChannelEventKind.LINKED: phrase("got a group for comments"),
    ChannelEventKind.UNLINKED: phrase("has no group for comments any more"),
    ChannelEventKind.MIGRATED: phrase("was moved by Telegram from a group"),
    ChannelEventKind.SILENT: phrase("has been silent for longer than is its habit"),
    ChannelEventKind.SPEAKS: phrase("posts again"),
    ChannelEventKind.FLOOD: phrase("posts far more than is its habit"),
}
_SIGNS = {Severity.BROKEN: "✗", Severity.LATE: "!", Severity.WELL: "✓"}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding; `todo` says what to do about it, empty when nothing."""

    severity: Severity
    text: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What the report is made of; `waits` are limits of Telegram's still in force, by account.

    `names` are what to call the channels that other fields speak of.
    """

    parts: tuple[Part, ...]
    channel_states: Counter[ChannelState]
    reasons: tuple[str, ...]
    waits: Mapping[str, Mapping[str, datetime]]
    queues: Mapping[str, Waiting]
    dead: int
    unused: tuple[Account, ...] = ()
    lasting: tuple[BlindPeriod, ...] = ()
    blind_today: tuple[int, float] = (0, 0.0)
    holes: Holes = field(default_factory=lambda: Holes((), 0))
    oldest_check: datetime | None = None
    events: tuple[ChannelEvent, ...] = ()
    names: Mapping[ChannelId, str] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)
    clock_ahead: timedelta = timedelta(0)


async def read_state(database: Database, parts: Sequence[Part], now: datetime) -> State:
    """Read how things are at this moment."""
    async with database.reading() as connection:
        listed = await channels.listed(connection)
        known = await accounts.listed(connection)
        counts = await alerts.counts(connection)
        return State(
            parts=tuple(parts),
            channel_states=Counter(channel.state for channel in listed),
            reasons=_reasons(listed),
            waits={item.label: await _waits(connection, item, now) for item in known},
            queues=await _queues(connection, counts),
            dead=counts[AlertState.DEAD],
            unused=tuple(item for item in known if item.state is not AccountState.ACTIVE),
            lasting=tuple(await blindness.lasting(connection)),
            blind_today=await condition.blind_since(connection, now - _RECENT),
            holes=await condition.holes(connection),
            oldest_check=await condition.oldest_check(connection),
            events=tuple(await life.newest(connection, now - _RECENT, _SHOWN)),
            names={channel.id: channel.name for channel in listed},
            labels={item.id: item.label for item in known},
            clock_ahead=await clock.ahead(connection),
        )


def _reasons(listed: Sequence[Channel]) -> tuple[str, ...]:
    return tuple(f"{item.name}: {item.reason}" for item in listed if item.reason)


async def _queues(connection: Connection, counts: Mapping[AlertState, int]) -> dict[str, Waiting]:
    after = await cursors.position(connection, _MATCH)
    owed = counts[AlertState.OWED] + counts[AlertState.LEASED]
    return {
        UNMATCHED: await posts.revisions_waiting(connection, after),
        UNSENT: Waiting(owed, await alerts.oldest_owed(connection)),
    }


async def _waits(connection: Connection, account: Account, now: datetime) -> dict[str, datetime]:
    found = await accounts.waits(connection, account.id)
    return {kind: until for kind, until in found.items() if until > now}


def report(state: State, now: datetime, voice: Voice) -> str:
    """Write the state out, worst first, each line that is not well with what to do."""
    return "\n".join(written(line) for line in lines(state, now, voice))


def written(line: Line) -> str:
    """Write a finding out."""
    todo = f"\n   → {line.todo}" if line.todo else ""
    return f"{_SIGNS[line.severity]} {line.text}{todo}"


def lines(state: State, now: datetime, voice: Voice) -> list[Line]:
    """Give the findings, worst first."""
    found = [
        *_part_lines(state, voice),
        *_clock_lines(state, voice),
        *_account_lines(state, now, voice),
        *_blind_lines(state, now, voice),
        *_channel_lines(state, voice),
        *_coverage_lines(state, now, voice),
        *(_queue_line(name, waiting, now, voice) for name, waiting in state.queues.items()),
    ]
    if state.dead:
        found.append(Line(Severity.LATE, voice.text(DEAD, n=state.dead), voice.text(DO_DEAD)))
    return sorted(found, key=lambda line: line.severity)  # stable: the order above within one


def _part_lines(state: State, voice: Voice) -> Iterator[Line]:
    for part in state.parts:
        text = f"{part.name}: {voice.known(part.detail)}"
        if part.is_ready:
            yield Line(Severity.WELL, text)
        else:
            yield Line(Severity.BROKEN, text, voice.text(DO_CONNECT))


def _clock_lines(state: State, voice: Voice) -> Iterator[Line]:
    if state.clock_ahead:
        said = CLOCK_AHEAD if state.clock_ahead > timedelta(0) else CLOCK_BEHIND
        text = voice.text(said, length=voice.span(abs(state.clock_ahead)))
        yield Line(Severity.BROKEN, text, voice.text(DO_CLOCK))


def _account_lines(state: State, now: datetime, voice: Voice) -> Iterator[Line]:
    for account in state.unused:
        reason = account.reason or account.state.value
        yield Line(
            Severity.BROKEN if account.state is AccountState.SIGNED_OUT else Severity.LATE,
            voice.text(NOT_USED, label=account.label, reason=reason),
            voice.text(DO_SIGN_IN, label=account.label),
        )
    for label, waits in state.waits.items():
        for kind, end in waits.items():
            text = voice.text(WAIT, account=label, kind=kind, until=voice.clock(end, now))
            yield Line(Severity.LATE, text, voice.text(DO_WAIT))


def _blind_lines(state: State, now: datetime, voice: Voice) -> Iterator[Line]:
    for period in state.lasting[:_SHOWN]:
        what = (
            state.names.get(period.channel_id, "")
            if period.channel_id is not None
            else state.labels.get(period.account_id or 0, "")
        )
        since = voice.clock(period.began_at, now)
        text = voice.text(BLIND_NOW, time=since, why=voice.text(BLINDNESS[period.why]), what=what)
        yield Line(Severity.BROKEN, text, voice.text(DO_CONNECT))
    count, seconds = state.blind_today
    if count:
        length = voice.span(timedelta(seconds=seconds))
        yield Line(Severity.WELL, voice.count(BLIND_TODAY, count, length=length))


def _channel_lines(state: State, voice: Voice) -> Iterator[Line]:
    counts = state.channel_states
    if counts[ChannelState.UNREACHABLE]:
        reasons = "".join(f"\n   {reason[:120]}" for reason in state.reasons[:_SHOWN])
        text = voice.text(UNREACHABLE, n=counts[ChannelState.UNREACHABLE]) + reasons
        yield Line(Severity.BROKEN, text, voice.text(DO_CHANNELS))
    if counts[ChannelState.WANTED]:
        text = voice.text(NOT_READ, n=counts[ChannelState.WANTED])
        yield Line(Severity.LATE, text, voice.text(DO_WAIT))
    yield Line(Severity.WELL, voice.text(FOLLOWED, n=counts[ChannelState.FOLLOWED]))


def _coverage_lines(state: State, now: datetime, voice: Voice) -> Iterator[Line]:
    if state.holes.ids:
        names = [state.names.get(key, "") for key in state.holes.channels[:_SHOWN]]
        text = voice.count(HOLES, state.holes.ids, channels=", ".join(names))
        yield Line(Severity.LATE, text, voice.text(DO_HOLES))
    if state.oldest_check is not None and now - state.oldest_check > _CHECK_LATE:
        text = voice.text(NOT_CHECKED, time=voice.clock(state.oldest_check, now))
        yield Line(Severity.LATE, text, voice.text(DO_CONNECT))
    for event in state.events:
        what = voice.text(EVENTS[event.kind])
        text = voice.text(HAPPENED, channel=state.names.get(event.channel_id, ""), what=what)
        details = " → ".join(filter(None, (event.before, event.after)))
        is_fine = event.kind in (ChannelEventKind.BACK, ChannelEventKind.SPEAKS)
        said = f"{text} ({voice.clock(event.at, now)})" + (f": {details[:120]}" if details else "")
        yield Line(Severity.WELL if is_fine else Severity.LATE, said)


def _queue_line(name: str, waiting: Waiting, now: datetime, voice: Voice) -> Line:
    age_s = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
    oldest = f", {voice.count(OLDEST, round(age_s))}" if waiting.rows else ""
    text = f"{voice.text(name)}: {waiting.rows}{oldest}"
    if age_s > _LATE_S:
        return Line(Severity.LATE, text, voice.text(DO_QUEUE))
    return Line(Severity.WELL, text)
