"""What a person who is in writes to the bot, and the answer: routing, and everybody's commands.

In comes a person and a text, out comes a message. Every command is safe to repeat. Query texts
are shown to their owner alone and never logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from zoneinfo import available_timezones

from bot.match.errors import QueryError
from bot.match.query import parse
from bot.notify.compose import isolated, link_to
from bot.notify.snippet import clean, pieces, shortened, windows
from bot.operate import pages, texts, watching
from bot.operate.admission import actor
from bot.operate.operating import Operating, Surroundings
from bot.operate.pages import page_at
from bot.operate.rights import commands_of, may
from bot.operate.texts import plain, said
from bot.operate.watching import TooManySubscriptionsError, UnknownSubscriptionError
from bot.publish.search import Found, search
from bot.telegram.messages import OutgoingText, Style, TextBuilder
from bot.translation import LANGUAGES, Voice, voice_of, zone_of
from storage import subscribers, subscriptions
from storage.database import Database
from storage.records import Subscriber, Subscription, SubscriptionState

MOST_QUERIES = 200  # of one person
_QUERY_SHOWN = 400  # code points
_FOUND_SHOWN = 5
_FOUND_SNIPPET = 240  # code points of each
_NAME_SHOWN = 60
_SEARCH_S = 10.0
_NUMBER_DIGITS = 15

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Commands:
    """Answers what people write; see `answer`."""

    def __init__(self, database: Database, surroundings: Surroundings) -> None:
        self._database = database
        self._searching = asyncio.Semaphore(1)  # one at a time: alerts go first
        self.operating = Operating(database, surroundings)
        self._handlers: Mapping[str, Handler] = {
            "help": self._help,
            "watch": self._watch,
            "list": self._list,
            "unwatch": self._unwatch,
            "pause": self._pause,
            "resume": self._resume,
            "language": self._language,
            "timezone": self._timezone,
            "search": self._search,
            "channels": self.operating.channels,
            "add": self.operating.add,
            "remove": self.operating.remove,
            "invite": self.operating.invite,
            "people": self.operating.people,
            "health": self.operating.health,
        }

    async def answer(self, subscriber: Subscriber, name: str, arguments: str) -> OutgoingText:
        """Carry a command out if the person's role may, and give the answer."""
        voice = voice_of(subscriber)
        if not name:
            return said(voice, texts.NOT_A_COMMAND)
        if name == "start":
            return said(voice, texts.ALREADY_IN, role=voice.text(texts.ROLES[subscriber.role]))
        if not may(subscriber.role, name):
            return said(voice, texts.UNKNOWN_COMMAND, name=shortened(name, _NAME_SHOWN))
        return await self._handlers[name](subscriber, arguments)

    async def _help(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        role = voice.text(texts.ROLES[subscriber.role])
        head = voice.text(texts.HELP_HEAD, role=role, timezone=subscriber.timezone)
        lines = [
            f"{item.usage(voice)}: {voice.text(item.does)}" for item in commands_of(subscriber.role)
        ]
        return plain("\n".join([head, "", *lines, "", voice.text(texts.HELP_QUERY)]))

    async def _watch(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        if not arguments:
            return said(voice, texts.WATCH_USAGE)
        try:
            added = await watching.add(
                self._database,
                subscriber.id,
                arguments,
                actor=actor(subscriber),
                limit=MOST_QUERIES,
            )
        except QueryError as error:
            return plain(error.message(subscriber.language))
        except TooManySubscriptionsError as error:
            return said(voice, texts.TOO_MANY, limit=error.limit)
        return said(voice, texts.WATCHING, normal=shown(added.normal), number=added.id)

    async def _list(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        return await self.list_page(subscriber, 0)

    async def list_page(self, subscriber: Subscriber, number: int) -> OutgoingText:
        """Show one page of a person's own queries, the last there is if it has gone."""
        async with self._database.reading() as connection:
            total = await subscriptions.count(connection, subscriber.id)
            page = page_at(number, pages.QUERIES_A_PAGE, total)
            rows = await subscriptions.page(
                connection, subscriber.id, offset=page.offset, limit=page.size
            )
        return pages.queries(rows, page, voice_of(subscriber))

    async def _unwatch(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        return await self._changed(subscriber, "unwatch", arguments, SubscriptionState.REMOVED)

    async def _pause(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        return await self._changed(subscriber, "pause", arguments, SubscriptionState.PAUSED)

    async def _resume(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        return await self._changed(subscriber, "resume", arguments, SubscriptionState.ACTIVE)

    async def _changed(
        self, subscriber: Subscriber, name: str, arguments: str, state: SubscriptionState
    ) -> OutgoingText:
        voice, number = voice_of(subscriber), arguments.removeprefix("#")
        if not is_number(number):
            return said(voice, texts.NUMBER_USAGE, name=name)
        try:
            found = await self.change(subscriber, int(number), state)
        except UnknownSubscriptionError:
            return said(voice, texts.NO_SUCH_QUERY, number=number)
        return said(voice, CHANGED[state], number=found.id, query=shown(found.query))

    async def change(
        self, subscriber: Subscriber, number: int, state: SubscriptionState
    ) -> Subscription:
        """Pause, resume or delete a person's own query. Raises UnknownSubscriptionError."""
        return await watching.change(
            self._database, subscriber.id, number, state, actor=actor(subscriber)
        )

    async def _timezone(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        if not arguments:
            return said(voice, texts.TIMEZONE_USAGE, timezone=subscriber.timezone)
        known = {name.lower(): name for name in available_timezones()}
        wanted = arguments.replace(" ", "_").lower()
        if wanted not in known:
            near = get_close_matches(wanted[:_NAME_SHOWN], known, n=1)
            example = known[near[0]] if near else "Europe/Kyiv"
            given = shortened(arguments, _NAME_SHOWN)
            return said(voice, texts.NO_SUCH_TIMEZONE, given=given, example=example)
        async with self._database.transaction() as connection:
            await subscribers.set_timezone(connection, subscriber.id, known[wanted])
        now = datetime.now(UTC)
        time = Voice(voice.language, zone_of(known[wanted])).clock(now, now)
        return said(voice, texts.TIMEZONE_SET, timezone=known[wanted], time=time)

    async def _language(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        wanted = arguments.lower()
        if wanted not in LANGUAGES:
            return said(voice_of(subscriber), texts.LANGUAGE_USAGE)
        async with self._database.transaction() as connection:
            await subscribers.set_language(connection, subscriber.id, wanted)
        return said(Voice(wanted), texts.LANGUAGE_SET)

    async def _search(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        if not arguments:
            return said(voice, texts.SEARCH_USAGE)
        try:
            normal = parse(arguments).normal
            async with self._searching, asyncio.timeout(_SEARCH_S):
                hits = search(self._database, arguments, limit=_FOUND_SHOWN)
                found = [item async for item in hits]
        except QueryError as error:
            return plain(error.message(subscriber.language))
        except TimeoutError:
            return said(voice, texts.SEARCH_TOO_LONG)
        if not found:
            return said(voice, texts.NOTHING_FOUND, normal=shown(normal))
        return _found_text(found, voice)


CHANGED = {
    SubscriptionState.PAUSED: texts.PAUSED,
    SubscriptionState.ACTIVE: texts.RESUMED,
    SubscriptionState.REMOVED: texts.DELETED,
}


def command_of(text: str, bot_username: str) -> tuple[str, str]:
    """Read a message as (command's name in lower case, what follows); "" is no command."""
    first, _, rest = text.strip().replace("\n", " ", 1).partition(" ")
    name, _, addressed = first.partition("@")
    if not name.startswith("/") or (addressed and addressed.lower() != bot_username.lower()):
        return "", ""
    return name[1:].lower(), rest.strip()


def shown(query: str) -> str:
    """Cut a query to what fits an answer."""
    return isolated(shortened(query, _QUERY_SHOWN))


def is_number(text: str) -> bool:
    """Say whether it is the number of something: plain digits, not too many."""
    return text.isascii() and text.isdecimal() and len(text) <= _NUMBER_DIGITS


def _found_text(found: list[Found], voice: Voice) -> OutgoingText:
    now = datetime.now(UTC)
    builder = TextBuilder()
    for number, item in enumerate(found):
        builder.add("\n\n" if number else "")
        builder.add(isolated(shortened(item.channel.name, _NAME_SHOWN)), Style.BOLD)
        builder.add(f" · {voice.clock(item.post.posted_at, now)}\n")
        spans = sorted(item.spans, key=lambda span: span.start)
        for window in windows(item.post.text, spans, _FOUND_SNIPPET):
            builder.add("… " if window.start else "")
            for piece, is_match in pieces(item.post.text, window, spans):
                builder.add(_on_one_line(piece), *((Style.BOLD,) if is_match else ()))
        link = link_to(item.channel, item.post.message_id)
        if link:
            builder.add(f"\n{link}")
    return builder.build()


def _on_one_line(piece: str) -> str:
    """Make a piece of a post harmless, on one line, without losing the spaces at its ends."""
    return " ".join(clean(piece).split("\n"))
