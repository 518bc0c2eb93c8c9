"""A person's settings in chat: one message, a button for each, and commands that do the same.

Everything here is of the person who writes or presses; nothing names another's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from functools import partial
from zoneinfo import available_timezones

from bot.notify.changed import hold_anew
from bot.notify.snippet import shortened
from bot.operate import setting_pages, texts
from bot.operate.buttons import Press, Pressed
from bot.operate.hours import MORNING, digest_times_of, length_of, next_time, quiet_of
from bot.operate.setting_pages import CAPS, FOLLOW_UPS, QUIETS, SNOOZES, TIMES, ZONES, Section
from bot.operate.texts import said
from bot.telegram.messages import OutgoingText
from bot.translation import LANGUAGES, Voice, voice_of, zone_of
from storage import mutes, routing, subscribers
from storage.database import Connection, Database
from storage.records import Routing, Subscriber, SubscriberId

_NAME_SHOWN = 60
_MOST_PER_HOUR = 1000
OFF = frozenset({"off", "no", "none", "ні", "вимк", "нет", "выкл", "-"})

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]
Change = Callable[[Connection, SubscriberId], Awaitable[None]]


class Settings:
    """Shows and changes how a person is told and spoken to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {
            "settings": self._settings,
            "language": self._language,
            "timezone": self._timezone,
            "quiet": self._quiet,
            "digest": self._digest,
            "cap": self._cap,
            "snooze": self._snooze,
        }

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            setting_pages.ALL: Press(self._press_all, 0),
            setting_pages.SECTION: Press(self._press_section, 1),
            setting_pages.SET: Press(self._press_set, 2),
            setting_pages.PAUSE_ALL: Press(self._press_pause, 1),
        }

    async def page(self, subscriber: Subscriber) -> OutgoingText:
        """Show all settings of a person, as they are now."""
        async with self._database.reading() as connection:
            person = await subscribers.by_id(connection, subscriber.id) or subscriber
            rules = await routing.of(connection, subscriber.id)
            muted = len(await mutes.of(connection, subscriber.id))
        return setting_pages.overview(person, rules, muted, datetime.now(UTC))

    async def _settings(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        return await self.page(subscriber)

    async def _press_all(self, subscriber: Subscriber, _numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", await self.page(subscriber))

    async def _press_section(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        section = setting_pages.section_at(numbers[0])
        if section is None:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        return Pressed("", setting_pages.choices(section, voice_of(subscriber), datetime.now(UTC)))

    async def _press_set(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        section = setting_pages.section_at(numbers[0])
        change = None if section is None else self._change(subscriber, section, numbers[1])
        if change is None:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        await self._do(subscriber, change)
        return Pressed("✓", await self.page(subscriber))

    async def _press_pause(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        await self.set_paused(subscriber, is_paused=bool(numbers[0]))
        return Pressed("✓", await self.page(subscriber))

    async def set_paused(self, subscriber: Subscriber, *, is_paused: bool) -> None:
        """Tell a person nothing at all, or tell them again."""
        await self._do(subscriber, partial(routing.set_paused, is_paused=is_paused))

    async def snooze(self, subscriber: Subscriber, wanted: int) -> datetime | None:
        """Hold everything for the choice with that number; give until when, None: it is over."""
        async with self._database.reading() as connection:
            rules = await routing.of(connection, subscriber.id)
        until = snoozed_until(SNOOZES[wanted], subscriber, rules, datetime.now(UTC))
        await self._do(subscriber, partial(routing.set_snoozed, until=until))
        return until

    def _change(self, subscriber: Subscriber, section: Section, at: int) -> Change | None:
        """Find what a choice changes; None for one there is not."""

        async def change(connection: Connection, key: SubscriberId) -> None:
            match section:
                case Section.LANGUAGE:
                    await subscribers.set_language(connection, key, LANGUAGES[at])
                case Section.ZONE:
                    await subscribers.set_timezone(connection, key, ZONES[at])
                case Section.DIGEST:
                    await routing.set_digest_times(connection, key, TIMES[at])
                case Section.QUIET:
                    await routing.set_quiet(connection, key, QUIETS[at])
                case Section.CAP:
                    await routing.set_cap(connection, key, CAPS[at])
                case Section.FOLLOW_UPS:
                    await routing.set_follow_ups(connection, key, FOLLOW_UPS[at])
                case Section.SNOOZE:
                    rules = await routing.of(connection, key)
                    until = snoozed_until(SNOOZES[at], subscriber, rules, datetime.now(UTC))
                    await routing.set_snoozed(connection, key, until)

        return change if at < setting_pages.choices_in(section) else None

    async def _do(self, subscriber: Subscriber, change: Change) -> None:
        """Change how a person is told, and with it what is held for them."""
        async with self._database.transaction() as connection:
            await change(connection, subscriber.id)
            person = await subscribers.by_id(connection, subscriber.id) or subscriber
            await hold_anew(connection, person, datetime.now(UTC))
        self._database.bell.ring("dispatch", "digests", "outbox")

    async def _language(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        wanted = arguments.lower()
        if wanted not in LANGUAGES:
            return _choices(subscriber, Section.LANGUAGE)
        await self._do(subscriber, partial(subscribers.set_language, language=wanted))
        return said(Voice(wanted), texts.LANGUAGE_SET)

    async def _timezone(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        if not arguments:
            return _choices(subscriber, Section.ZONE)
        voice, now = voice_of(subscriber), datetime.now(UTC)
        known = {name.lower(): name for name in available_timezones()}
        wanted = arguments.replace(" ", "_").lower()
        if wanted not in known:
            near = get_close_matches(wanted[:_NAME_SHOWN], known, n=1)
            example = known[near[0]] if near else "Europe/Kyiv"
            given = shortened(arguments, _NAME_SHOWN)
            return said(voice, texts.NO_SUCH_TIMEZONE, given=given, example=example)
        await self._do(subscriber, partial(subscribers.set_timezone, timezone=known[wanted]))
        time_there = Voice(voice.language, zone_of(known[wanted])).clock(now, now)
        return said(voice, texts.TIMEZONE_SET, timezone=known[wanted], time=time_there)

    async def _quiet(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        wanted = quiet_of(arguments)
        if wanted is None and arguments.lower() not in OFF:
            return _choices(subscriber, Section.QUIET)
        return await self._changed(subscriber, partial(routing.set_quiet, quiet=wanted))

    async def _digest(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        wanted = digest_times_of(arguments)
        if wanted is None:
            return _choices(subscriber, Section.DIGEST)
        return await self._changed(subscriber, partial(routing.set_digest_times, times=wanted))

    async def _cap(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        is_number = arguments.isascii() and arguments.isdecimal()
        wanted = int(arguments[:6]) if is_number else 0
        if not 1 <= wanted <= _MOST_PER_HOUR and arguments.lower() not in OFF:
            return _choices(subscriber, Section.CAP)
        return await self._changed(subscriber, partial(routing.set_cap, per_hour=wanted or None))

    async def _snooze(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        length = length_of(arguments)
        if length is None and arguments.lower() not in OFF:
            return _choices(subscriber, Section.SNOOZE)
        until = datetime.now(UTC) + length if length else None
        return await self._changed(subscriber, partial(routing.set_snoozed, until=until))

    async def _changed(self, subscriber: Subscriber, change: Change) -> OutgoingText:
        await self._do(subscriber, change)
        return await self.page(subscriber)


def _choices(subscriber: Subscriber, section: Section) -> OutgoingText:
    return setting_pages.choices(section, voice_of(subscriber), datetime.now(UTC))


def snoozed_until(
    wanted: timedelta | time | None, person: Subscriber, rules: Routing, now: datetime
) -> datetime | None:
    """Say until when a snooze lasts; until morning is until the quiet hours end, or until seven."""
    if wanted is None:
        return None
    if isinstance(wanted, timedelta):
        return now + wanted
    morning = rules.quiet.until if rules.quiet else MORNING
    return next_time(morning, now, zone_of(person.timezone))
