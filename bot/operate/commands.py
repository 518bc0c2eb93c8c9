"""What a person who is in writes to the bot, and the answer: routing, and the list of commands.

In comes a person and a text, out comes a message. Every command is safe to repeat. Query texts
are shown to their owner alone and never logged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.notify.snippet import shortened
from bot.operate import texts
from bot.operate.broadcasting import Broadcasting
from bot.operate.digest_maps import DigestMaps
from bot.operate.house import House
from bot.operate.muting import Muting
from bot.operate.operating import Operating, Surroundings
from bot.operate.presses import Presses
from bot.operate.queries import Queries
from bot.operate.rights import commands_of, may, nearest
from bot.operate.searching import Searching
from bot.operate.settings import Settings
from bot.operate.striking import Striking
from bot.operate.subscribing import Subscribing
from bot.operate.targeting import Targeting
from bot.operate.texts import plain, said
from bot.operate.under_alerts import UnderAlerts
from bot.operate.which_place import WhichPlace
from bot.operate.why import Why
from bot.telegram.messages import OutgoingText
from bot.translation import voice_of
from storage.database import Database
from storage.records import Subscriber

_NAME_SHOWN = 60

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Commands:
    """Answers what people write; see `answer`."""

    def __init__(self, database: Database, surroundings: Surroundings) -> None:
        settings = Settings(database)
        queries = Queries(database, settings)
        places = WhichPlace(database)
        self._subscribing = Subscribing(database, queries, places)
        striking = Striking(database, self._subscribing)
        under_alerts = UnderAlerts(database, self._subscribing)
        muting = Muting(database)
        searching = Searching(database)
        self.targeting = Targeting(database, surroundings.ways, surroundings.chats)
        operating = Operating(database, surroundings)
        house, broadcasting = House(database), Broadcasting(database)
        self._handlers: Mapping[str, Handler] = {
            "help": self._help,
            **settings.commands(),
            **queries.commands(),
            **self._subscribing.commands(),
            **striking.commands(),
            **muting.commands(),
            **self.targeting.commands(),
            **Why(database).commands(),
            **searching.commands(),
            **operating.commands(),
            **house.commands(),
            **broadcasting.commands(),
        }
        self.presses = Presses(
            settings.presses(),
            queries.presses(),
            self._subscribing.presses(),
            striking.presses(),
            under_alerts.presses(),
            muting.presses(),
            self.targeting.presses(),
            searching.presses(),
            operating.presses(),
            house.presses(),
            broadcasting.presses(),
            places.presses(),
            DigestMaps(database).presses(),
        )

    async def take_text(self, subscriber: Subscriber, text: str) -> OutgoingText:
        """Answer what is no command: a query, shown and not yet watched."""
        if not text.strip() or text.lstrip().startswith("/"):
            return said(voice_of(subscriber), texts.NOT_A_COMMAND)
        return await self._subscribing.take_text(subscriber, text.strip())

    async def answer(self, subscriber: Subscriber, name: str, arguments: str) -> OutgoingText:
        """Carry a command out if the person's role may, and give the answer."""
        voice = voice_of(subscriber)
        if name == "start":
            return said(voice, texts.ALREADY_IN, role=voice.text(texts.ROLES[subscriber.role]))
        if not may(subscriber.role, name):
            given, near = shortened(name, _NAME_SHOWN), nearest(subscriber.role, name)
            if near:
                return said(voice, texts.MEANT_COMMAND, name=given, near=near)
            return said(voice, texts.UNKNOWN_COMMAND, name=given)
        return await self._handlers[name](subscriber, arguments)

    async def _help(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        if not arguments:
            short = voice.text(texts.HELP_SHORT)
            is_operator = may(subscriber.role, "people")
            return plain(f"{short}\n\n{voice.text(texts.HELP_OPERATOR)}" if is_operator else short)
        role = voice.text(texts.ROLES[subscriber.role])
        head = voice.text(texts.HELP_HEAD, role=role, timezone=subscriber.timezone)
        lines = [
            f"{item.usage(voice)}: {voice.text(item.does)}" for item in commands_of(subscriber.role)
        ]
        return plain("\n".join([head, "", *lines, "", voice.text(texts.HELP_QUERY)]))


def command_of(text: str, bot_username: str) -> tuple[str, str]:
    """Read a message as (command's name in lower case, what follows); "" is no command."""
    first, _, rest = text.strip().replace("\n", " ", 1).partition(" ")
    name, _, addressed = first.partition("@")
    if (
        not name.startswith("/")
        or name == "/"
        or (addressed and addressed.lower() != bot_username.lower())
    ):
        return "", ""
    return name[1:].lower(), rest.strip()
