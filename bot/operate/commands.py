"""What a person who is in writes to the bot, and the answer: routing, and everybody's commands.

In comes a person and a text, out comes a message. Every command is safe to repeat. Query texts
are shown to their owner alone and never logged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.match.errors import QueryError
from bot.notify.snippet import shortened
from bot.operate import texts, watching
from bot.operate.admission import actor
from bot.operate.operating import Operating, Surroundings
from bot.operate.presses import Presses
from bot.operate.queries import Queries
from bot.operate.rights import commands_of, may, nearest
from bot.operate.searching import Searching
from bot.operate.settings import Settings
from bot.operate.texts import plain, said
from bot.operate.watching import TooManySubscriptionsError
from bot.operate.which_place import WhichPlace
from bot.telegram.messages import OutgoingText
from bot.translation import voice_of
from storage.database import Database
from storage.records import Subscriber

MOST_QUERIES = 200  # of one person
_NAME_SHOWN = 60

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Commands:
    """Answers what people write; see `answer`."""

    def __init__(self, database: Database, surroundings: Surroundings) -> None:
        self._database = database
        settings = Settings(database)
        queries = Queries(database, settings)
        searching = Searching(database)
        operating = Operating(database, surroundings)
        self._handlers: Mapping[str, Handler] = {
            "help": self._help,
            "watch": self._watch,
            **settings.commands(),
            **queries.commands(),
            **searching.commands(),
            **operating.commands(),
        }
        self._places = WhichPlace(database)
        self.presses = Presses(
            settings.presses(),
            queries.presses(),
            searching.presses(),
            operating.presses(),
            self._places.presses(),
        )

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
        return await self._places.confirmed(subscriber, added)


def command_of(text: str, bot_username: str) -> tuple[str, str]:
    """Read a message as (command's name in lower case, what follows); "" is no command."""
    first, _, rest = text.strip().replace("\n", " ", 1).partition(" ")
    name, _, addressed = first.partition("@")
    if not name.startswith("/") or (addressed and addressed.lower() != bot_username.lower()):
        return "", ""
    return name[1:].lower(), rest.strip()
