"""`/search` in the bot: pages of what was found, with buttons to turn them.

A button's data is too short for a query, so the pages shown last are remembered here; after a
restart the buttons of former answers are old, which the presser is told.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.match.errors import QueryError
from bot.notify.compose import isolated, link_to
from bot.notify.snippet import clean, pieces, shortened, windows
from bot.operate import pages, texts
from bot.operate.buttons import Press, Pressed, button
from bot.operate.texts import plain, said
from bot.publish.search import Found, PageKey, Results, Wanted, search
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from bot.translation import Voice, voice_of
from storage.database import Database
from storage.records import Subscriber, SubscriberId

MORE = "s"  # the verb of this module's buttons
_SHOWN = 5
_SNIPPET = 240  # code points of each
_NAME_SHOWN = 60
_QUERY_SHOWN = 400
_WITHIN_S = 10.0
_REMEMBERED = 500  # pages

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose page it is, what they asked, and where the pages up to this one begin."""

    subscriber_id: SubscriberId
    query: str
    begins: tuple[PageKey, ...] = ()


class Searching:
    """Answers searches, one at a time: alerts go first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Semaphore(1)
        self._places: OrderedDict[int, _Place] = OrderedDict()
        self._last = 0

    def commands(self) -> Mapping[str, Handler]:
        """Give the command answered here."""
        return {"search": self._search}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {MORE: Press(self._turn_to, 1, right="search")}

    async def _search(self, subscriber: Subscriber, query: str) -> OutgoingText:
        if not query:
            return said(voice_of(subscriber), texts.SEARCH_USAGE)
        return await self._page(subscriber, _Place(subscriber.id, query))

    async def _turn_to(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        place = self._places.get(numbers[0])
        if place is None or place.subscriber_id != subscriber.id:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        return Pressed("", await self._page(subscriber, place))

    async def _page(self, subscriber: Subscriber, place: _Place) -> OutgoingText:
        voice = voice_of(subscriber)
        before = place.begins[-1] if place.begins else None
        wanted = Wanted(place.query, limit=_SHOWN, before=before, within_s=_WITHIN_S)
        try:
            async with self._one_at_a_time:
                results = await search(self._database, wanted)
        except QueryError as error:
            return plain(error.message(subscriber.language))
        if not results.found and results.looked_back_to:
            return said(voice, texts.SEARCH_TOO_LONG)
        if not results.found:
            normal = isolated(shortened(results.normal, _QUERY_SHOWN))
            return said(voice, texts.NOTHING_FOUND, normal=normal)
        return _written(results.found, voice, self._buttons(place, results, voice))

    def _buttons(self, place: _Place, results: Results, voice: Voice) -> list[list[Button]]:
        row = []
        if place.begins:
            row.append(
                self._button(voice.text(pages.BACK), replace(place, begins=place.begins[:-1]))
            )
        if results.next:
            further = replace(place, begins=(*place.begins, results.next))
            row.append(self._button(voice.text(pages.MORE), further))
        return [row] if row else []

    def _button(self, label: str, place: _Place) -> Button:
        self._last += 1
        self._places[self._last] = place
        if len(self._places) > _REMEMBERED:
            self._places.popitem(last=False)
        return button(label, MORE, self._last)


def _written(found: tuple[Found, ...], voice: Voice, buttons: list[list[Button]]) -> OutgoingText:
    now = datetime.now(UTC)
    builder = TextBuilder()
    for number, item in enumerate(found):
        builder.add("\n\n" if number else "")
        builder.add(isolated(shortened(item.channel.name, _NAME_SHOWN)), Style.BOLD)
        builder.add(f" · {voice.clock(item.post.posted_at, now)}\n")
        spans = sorted(item.spans, key=lambda span: span.start)
        for window in windows(item.post.text, spans, _SNIPPET):
            builder.add("… " if window.start else "")
            for piece, is_match in pieces(item.post.text, window, spans):
                builder.add(_on_one_line(piece), *((Style.BOLD,) if is_match else ()))
        link = link_to(item.channel, item.post.message_id)
        if link:
            builder.add(f"\n{link}")
    return builder.build(buttons)


def _on_one_line(piece: str) -> str:
    """Make a piece of a post harmless, on one line, without losing the spaces at its ends."""
    return " ".join(clean(piece).split("\n"))
