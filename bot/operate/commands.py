"""What a person who is in writes to the bot, and the answer: routing, and everybody's commands.

In comes a person and a text, out comes a message. Every command is safe to repeat. Query texts
are shown to their owner alone and never logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from bot.match.errors import QueryError
from bot.match.query import parse
from bot.notify.compose import isolated, link_to
from bot.notify.snippet import clean, pieces, shortened, windows
from bot.operate import texts, watching
from bot.operate.admission import actor
from bot.operate.operating import Operating, Surroundings
from bot.operate.presses import Presses
from bot.operate.queries import Queries, shown
from bot.operate.rights import commands_of, may, nearest
from bot.operate.settings import Settings
from bot.operate.texts import plain, said
from bot.operate.watching import TooManySubscriptionsError
from bot.publish.search import Found, search
from bot.telegram.messages import OutgoingText, Style, TextBuilder
from bot.translation import Voice, voice_of
from storage.database import Database
from storage.records import Subscriber

MOST_QUERIES = 200  # of one person
_FOUND_SHOWN = 5
_FOUND_SNIPPET = 240  # code points of each
_NAME_SHOWN = 60
_SEARCH_S = 10.0

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Commands:
    """Answers what people write; see `answer`."""

    def __init__(self, database: Database, surroundings: Surroundings) -> None:
        self._database = database
        self._searching = asyncio.Semaphore(1)  # one at a time: alerts go first
        settings = Settings(database)
        queries = Queries(database, settings)
        operating = Operating(database, surroundings)
        self._handlers: Mapping[str, Handler] = {
            "help": self._help,
            "watch": self._watch,
            "search": self._search,
            **settings.commands(),
            **queries.commands(),
            **operating.commands(),
        }
        self.presses = Presses(settings.presses(), queries.presses(), operating.presses())

    async def answer(self, subscriber: Subscriber, name: str, arguments: str) -> OutgoingText:
        """Carry a command out if the person's role may, and give the answer."""
        voice = voice_of(subscriber)
        if not name:
            return said(voice, texts.NOT_A_COMMAND)
        if name == "start":
            return said(voice, texts.ALREADY_IN, role=voice.text(texts.ROLES[subscriber.role]))
        if not may(subscriber.role, name):
            given, near = shortened(name, _NAME_SHOWN), nearest(subscriber.role, name)
            if near:
                return said(voice, texts.MEANT_COMMAND, name=given, near=near)
            return said(voice, texts.UNKNOWN_COMMAND, name=given)
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


def command_of(text: str, bot_username: str) -> tuple[str, str]:
    """Read a message as (command's name in lower case, what follows); "" is no command."""
    first, _, rest = text.strip().replace("\n", " ", 1).partition(" ")
    name, _, addressed = first.partition("@")
    if not name.startswith("/") or (addressed and addressed.lower() != bot_username.lower()):
        return "", ""
    return name[1:].lower(), rest.strip()


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
