"""The operators' commands: channels, people, health. Every act is in the audit trail.

Whoever calls has checked the role (`rights`); nothing here looks at it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.notify.snippet import shortened
from bot.notify.ways import Ways
from bot.operate import channel_list, pages, texts
from bot.operate import people as people_list
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed
from bot.operate.pages import page_at
from bot.operate.reports import read_state, report
from bot.operate.texts import plain, said
from bot.publish.unknown import UnknownChannelError
from bot.telegram.chats import Chats
from bot.telegram.messages import OutgoingText
from bot.telegram.reference import BadReference
from bot.telemetry import Part
from bot.translation import Voice, voice_of
from storage import activity
from storage.database import Database
from storage.records import Role, Subscriber

_CHANNELS_AT_ONCE = 50
_DAYS = 7
_MOST_DAYS = 30
_USES = 1
_NAME_SHOWN = 80
_MOST_USES = 100


Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the commands must know of the installation."""

    bot_username: str
    account_label: str
    default_timezone: str
    default_language: str
    backfill_depth: int
    parts: Callable[[], Sequence[Part]]
    ways: Ways
    chats: Chats


class Operating:
    """Carries the operators' commands out; each method answers one command."""

    def __init__(self, database: Database, surroundings: Surroundings) -> None:
        self._database = database
        self._here = surroundings

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {
            "channels": self.channels,
            "add": self.add,
            "remove": self.remove,
            "invite": self.invite,
            "health": self.health,
        }

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            pages.CHANNELS: Press(self._press_channels, 1, right="channels"),
        }

    async def _press_channels(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", await self.channels_page(voice_of(subscriber), numbers[0]))

    async def channels(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        """Show the channel list."""
        return await self.channels_page(voice_of(subscriber), 0)

    async def channels_page(self, voice: Voice, number: int) -> OutgoingText:
        """Show one page of it."""
        found = await channel_list.listed(self._database)
        page = page_at(number, pages.ROWS_A_PAGE, len(found))
        rows = found[page.offset : page.offset + page.size]
        now = datetime.now(UTC)
        async with self._database.reading() as connection:
            lively = await activity.of_channels(connection, [row.id for row in rows], now)
        return pages.channels(rows, page, voice, lively, now)

    async def add(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        """Put channels on the list."""
        voice, names = voice_of(subscriber), arguments.split()
        if not names:
            return said(voice, texts.ADD_USAGE)
        if len(names) > _CHANNELS_AT_ONCE:
            return said(voice, texts.TOO_MANY_AT_ONCE, limit=_CHANNELS_AT_ONCE)
        depth = self._here.backfill_depth
        try:
            wishes = [channel_list.wish(name, poll=False, depth=depth, groups=()) for name in names]
        except BadReference as error:
            return said(voice, texts.NO_REFERENCE, given=shortened(error.given, _NAME_SHOWN))
        added = await channel_list.add(self._database, wishes, actor=actor(subscriber))
        self._database.bell.ring("channels")
        return said(voice, texts.ADDED, names=", ".join(channel.reference for channel in added))

    async def remove(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        """Take channels off the list."""
        voice, names = voice_of(subscriber), arguments.split()
        if not names:
            return said(voice, texts.REMOVE_USAGE)
        try:
            gone = await channel_list.remove(self._database, names, actor=actor(subscriber))
        except UnknownChannelError:
            return said(voice, texts.NO_SUCH_CHANNEL, given=arguments)
        self._database.bell.ring("channels")
        return said(voice, texts.REMOVED, names=", ".join(channel.name for channel in gone))

    async def invite(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        """Make a way in. Repeating it makes another, which expires like the first."""
        voice, wanted = voice_of(subscriber), _wanted_invite(arguments)
        if wanted is None:
            return said(voice, texts.INVITE_USAGE, days=_MOST_DAYS, uses=_MOST_USES)
        role, days, uses = wanted
        made = await people_list.invite(
            self._database, role, uses=uses, days=days, actor=actor(subscriber)
        )
        until = voice.clock(made.expires_at, datetime.now(UTC))
        who = voice.count(texts.FOR_PEOPLE, uses)
        way = f"https://t.me/{self._here.bot_username}?start={made.code}"
        return said(
            voice,
            texts.INVITED,
            role=voice.text(texts.ROLES[role]),
            until=until,
            uses=who,
            way=way,
        )

    async def health(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        """Say how things are, worst first."""
        now = datetime.now(UTC)
        parts = self._here.parts()
        state = await read_state(self._database, parts, now)
        return plain(report(state, now, voice_of(subscriber)))


def _wanted_invite(arguments: str) -> tuple[Role, int, int] | None:
    """Read `[role] [days] [uses]`; None when it cannot be read."""
    words = arguments.lower().split()
    role = Role.REPORTER
    if words and words[0] in list(Role):
        role = Role(words.pop(0))
    limits = (_MOST_DAYS, _MOST_USES)
    if len(words) > len(limits):
        return None
    numbers = [_DAYS, _USES]
    for at, word in enumerate(words):
        if not (word.isascii() and word.isdecimal() and 1 <= int(word[:6]) <= limits[at]):
            return None
        numbers[at] = int(word)
    return role, numbers[0], numbers[1]
