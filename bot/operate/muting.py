"""Muting in chat: channels and groups that one's alerts leave out, for one query or for all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from bot.notify.compose import isolated
from bot.notify.snippet import shortened
from bot.operate import texts
from bot.operate.buttons import Press, Pressed, button, is_number
from bot.operate.channel_list import named
from bot.operate.pages import page_at, turning, write_head
from bot.operate.texts import said
from bot.publish.unknown import UnknownChannelError
from bot.telegram.messages import OutgoingText, TextBuilder
from bot.translation import Voice, phrase, voice_of
from storage import channels, mutes, subscriptions
from storage.database import Connection, Database
from storage.records import (
    Channel,
    ChannelId,
    Mute,
    MuteId,
    Subscriber,
    SubscriptionId,
)

UNMUTE = "un"
PAGE = "mp"
_A_PAGE = 10  # mutes; each has a button
_NAME_SHOWN = 40

MUTE_USAGE = phrase(
    "Write what to leave out, for all queries or for one: /mute @front_news, /mute @front_news 3, "
    "/mute group:capital"
)
NO_SUCH = phrase("There is no channel or group {given} here.")
MUTED = phrase("{what} is left out now.")
NOTHING_MUTED = phrase("You leave nothing out. For example: /mute @front_news")
TITLE = phrase("What you leave out")
FOR_ALL = phrase("{what}, for all queries")
FOR_ONE = phrase("{what}, for query {number}")
LET_IN = phrase("Let {what} in again")

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Muting:
    """Shows and changes what a person leaves out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {"mute": self._mute, "mutes": self._mutes}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {UNMUTE: Press(self._press_unmute, 2), PAGE: Press(self._press_page, 1)}

    async def _mute(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice, words = voice_of(subscriber), arguments.split()
        number = words.pop().removeprefix("#") if len(words) == len(("name", "query")) else ""
        if len(words) != 1 or (number and not is_number(number)):
            return said(voice, MUTE_USAGE)
        async with self._database.transaction() as connection:
            key = SubscriptionId(int(number)) if number else None
            if key and await subscriptions.owned(connection, key, subscriber.id) is None:
                return said(voice, texts.NO_SUCH_QUERY, number=number)
            listed = await channels.listed(connection)
            channel_id, group = _wanted(words[0], listed)
            if channel_id is None and group is None:
                return said(voice, NO_SUCH, given=shortened(words[0], _NAME_SHOWN))
            added = await mutes.add(
                connection,
                subscriber.id,
                channel_id=channel_id,
                group=group,
                subscription_id=key,
                now=datetime.now(UTC),
            )
            names = await _names(connection, [added])
        return said(voice, MUTED, what=_said(added, names, voice))

    async def _mutes(self, subscriber: Subscriber, _arguments: str) -> OutgoingText:
        return await self._page(subscriber, 0)

    async def _press_page(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", await self._page(subscriber, numbers[0]))

    async def _page(self, subscriber: Subscriber, number: int) -> OutgoingText:
        voice = voice_of(subscriber)
        async with self._database.reading() as connection:
            found = await mutes.of(connection, subscriber.id)
            names = await _names(connection, found)
        if not found:
            return said(voice, NOTHING_MUTED)
        page = page_at(number, _A_PAGE, len(found))
        builder, rows = TextBuilder(), []
        write_head(builder, TITLE, page, voice)
        for item in found[page.offset : page.offset + page.size]:
            builder.add(f"\n• {_said(item, names, voice)}")
            let_in = voice.text(LET_IN, what=_what(item, names))
            rows.append([button(let_in, UNMUTE, item.id, page.number)])
        return builder.build([*rows, *turning(PAGE, page, voice)])

    async def _press_unmute(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        async with self._database.transaction() as connection:
            is_gone = await mutes.remove(connection, MuteId(numbers[0]), subscriber.id)
        old = "" if is_gone else voice_of(subscriber).text(texts.OLD_BUTTON)
        return Pressed(old or "✓", await self._page(subscriber, numbers[1]))


def _wanted(word: str, listed: Sequence[Channel]) -> tuple[ChannelId | None, str | None]:
    """Read a channel or `group:name`; (None, None) for what is not on the list."""
    if word.lower().startswith("group:"):
        group = word.partition(":")[2].lower()
        is_known = any(group in channel.groups for channel in listed)
        return None, group if is_known else None
    try:
        return named(word, listed).id, None
    except UnknownChannelError:
        return None, None


async def _names(connection: Connection, found: Sequence[Mute]) -> dict[ChannelId, str]:
    ids = {item.channel_id for item in found if item.channel_id is not None}
    known = await channels.by_ids(connection, ids)
    return {key: channel.name for key, channel in known.items()}


def _what(item: Mute, names: Mapping[ChannelId, str]) -> str:
    name = f"group:{item.group}" if item.channel_id is None else names.get(item.channel_id, "?")
    return isolated(shortened(name, _NAME_SHOWN))


def _said(item: Mute, names: Mapping[ChannelId, str], voice: Voice) -> str:
    if item.subscription_id is None:
        return voice.text(FOR_ALL, what=_what(item, names))
    return voice.text(FOR_ONE, what=_what(item, names), number=item.subscription_id)
