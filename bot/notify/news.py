"""Blind periods made good, and what became of channels → notices to those concerned, once each.

What is owed and the note that it was told are one transaction, so a crash neither loses nor
repeats a notice; the outbox sends them, outside of quiet hours. Whom a channel concerns is said in
`storage/concerned`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from bot.clock import utc_now
from bot.notify.compose import isolated
from bot.notify.notices import kept
from bot.notify.snippet import shortened
from bot.notify.timing import free_from
from bot.telegram.messages import OutgoingText, clipped
from bot.translation import Voice, counted, phrase, voice_of, zone_of
from storage import channels, concerned, life, notices, routing, subscribers
from storage.concerned import Missed, Untold
from storage.database import Connection, Database
from storage.notices import NewNotice
from storage.records import (
    Blindness,
    BlindPeriod,
    Channel,
    ChannelEvent,
    ChannelEventKind,
    ChannelId,
    NoticeKind,
    Priority,
    SubscriberId,
)

_POLL_S = 10.0
_BATCH = 50
_NAMES_SHOWN = 8
_NAME = 60  # code points
_DETAIL = 90
_GATHERED_FOR = timedelta(seconds=20)  # what happens together is told together
_WAIT_FOR_GOOD = timedelta(hours=1)  # then it is told that it is not made good yet

BLIND = phrase("I was blind from {since} to {until}: {why}.")
IN_CHANNELS = counted(
    "It concerns one channel: {names}.", "It concerns {n} channels, such as {names}."
)
MADE_GOOD = phrase("Made good at {time}: everything posted meanwhile was read.")
NOT_MADE_GOOD = phrase("Not everything posted meanwhile has been read yet.")
NOTHING_MISSED = phrase("Nothing was posted there meanwhile.")
FOUND = counted("One post was found afterwards.", "{n} posts were found afterwards.")
YOURS = counted(
    "One of them was for you; its alert says how late it is.",
    "{n} of them were for you; their alerts say how late they are.",
)
HAPPENED = phrase("{channel} {what} ({time}).")
HAPPENED_TO = phrase("{channel} {what} ({time}): {details}.")


class News:
    """Tells people what concerns their channels. Start `run` as a task."""

    def __init__(
        self,
        database: Database,
        *,
        blind_from: timedelta,
        whys: Mapping[Blindness, str],
        events: Mapping[ChannelEventKind, str],
        gathered_for: timedelta = _GATHERED_FOR,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._blind_from = blind_from
        self._whys = whys
        self._events = events
        self._gathered_for = gathered_for
        self._now = now

    async def run(self) -> None:
        """Tell what there is, until cancelled."""
        while True:
            await self.step()
            await self._database.bell.wait("news", _POLL_S)

    async def step(self) -> int:
        """Owe notices of what nobody was told of yet; give how many."""
        now = self._now()
        owed = 0
        async with self._database.reading() as connection:
            periods = await concerned.untold_periods(connection, _BATCH)
            events = await life.untold(connection, _BATCH)
        for untold in periods:
            owed += await self._tell_blindness(untold, now)
        if events and abs(now - events[-1].at) >= self._gathered_for:  # or the clock was set back
            owed += await self._tell_events(events, now)
        if owed:
            self._database.bell.ring("outbox")
        return owed

    async def _tell_blindness(self, untold: Untold, now: datetime) -> int:
        period = untold.period
        ended_at = period.ended_at
        if ended_at is None:
            return 0
        is_worth_it = ended_at - period.began_at >= self._blind_from
        async with self._database.reading() as connection:
            good_at = await concerned.made_good_at(connection, untold.channels, ended_at)
        if is_worth_it and good_at is None and now - ended_at < _WAIT_FOR_GOOD:
            return 0
        if good_at is not None and now - good_at < self._gathered_for and is_worth_it:
            return 0  # what was found is still on its way through the matching
        owed = 0
        async with self._database.redoable() as connection:
            if is_worth_it and untold.channels:
                about = await channels.by_ids(connection, untold.channels)
                whom = await concerned.of_channels(connection, about, now)
                for key, ids in whom.items():
                    missed = await concerned.missed(connection, key, ids, period)

                    def text(
                        voice: Voice,
                        ids: Collection[ChannelId] = ids,
                        missed: Missed = missed,
                    ) -> str:
                        names = [about[each].name for each in sorted(ids)]
                        return blind_text(
                            period,
                            names,
                            good_at=good_at,
                            missed=missed,
                            now=now,
                            voice=voice,
                            why=self._whys[period.why],
                        )

                    owed += await _owe(
                        connection,
                        f"blind:{period.id}:{key}",
                        key,
                        kind=NoticeKind.COVERAGE,
                        text=text,
                        now=now,
                    )
            await concerned.told(connection, period.id, now)
        return owed

    async def _tell_events(self, events: Sequence[ChannelEvent], now: datetime) -> int:
        owed = 0
        async with self._database.redoable() as connection:
            about = await channels.by_ids(connection, {event.channel_id for event in events})
            whom = await concerned.of_channels(connection, about, now)
            for key, ids in whom.items():
                theirs = [event for event in events if event.channel_id in ids]

                def text(voice: Voice, theirs: Sequence[ChannelEvent] = theirs) -> str:
                    return events_text(theirs, about, now, voice, self._events)

                name = f"channels:{events[-1].id}:{key}"
                owed += await _owe(
                    connection, name, key, kind=NoticeKind.CHANNELS, text=text, now=now
                )
            await life.told(connection, [event.id for event in events], now)
        return owed


async def _owe(
    connection: Connection,
    key: str,
    subscriber_id: SubscriberId,
    *,
    kind: NoticeKind,
    text: Callable[[Voice], str],
    now: datetime,
) -> int:
    """Owe one person a notice, when they may next be told; 0 when it is owed already."""
    person = await subscribers.by_id(connection, subscriber_id)
    if person is None:
        return 0
    rules = await routing.of(connection, subscriber_id)
    due_at = free_from(rules, now, zone_of(person.timezone))
    body = kept(OutgoingText(clipped(text(voice_of(person)))))
    new = NewNotice(key, subscriber_id, kind, body, due_at, Priority.UPDATE)
    return int(await notices.add(connection, new, now) is not None)


def blind_text(
    period: BlindPeriod,
    names: Sequence[str],
    *,
    good_at: datetime | None,
    missed: Missed,
    now: datetime,
    voice: Voice,
    why: str,
) -> str:
    """Say when nobody heard, where, why, and what came of it."""
    since = voice.clock(period.began_at, now)
    until = voice.clock(period.ended_at or now, now)
    shown = ", ".join(isolated(shortened(name, _NAME)) for name in names[:_NAMES_SHOWN])
    parts = [
        voice.text(BLIND, since=since, until=until, why=voice.text(why)),
        voice.count(IN_CHANNELS, len(names), names=shown),
        voice.text(MADE_GOOD, time=voice.clock(good_at, now))
        if good_at
        else voice.text(NOT_MADE_GOOD),
        voice.count(FOUND, missed.posts) if missed.posts else voice.text(NOTHING_MISSED),
    ]
    if missed.hits:
        parts.append(voice.count(YOURS, missed.hits))
    return "\n".join(parts)


def events_text(
    events: Sequence[ChannelEvent],
    about: Mapping[ChannelId, Channel],
    now: datetime,
    voice: Voice,
    whats: Mapping[ChannelEventKind, str],
) -> str:
    """Say what became of channels, a line each."""
    lines = []
    for event in events:
        facts = {
            "channel": isolated(shortened(about[event.channel_id].name, _NAME)),
            "what": voice.text(whats[event.kind]),
            "time": voice.clock(event.at, now),
        }
        sides = [isolated(shortened(side, _DETAIL)) for side in (event.before, event.after) if side]
        details = " → ".join(sides)
        is_time = event.kind in (ChannelEventKind.SILENT, ChannelEventKind.SPEAKS)
        if details and not is_time:
            lines.append(voice.text(HAPPENED_TO, details=details, **facts))
        else:
            lines.append(voice.text(HAPPENED, **facts))
    return "\n".join(lines)
