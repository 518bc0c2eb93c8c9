"""`/search` in the bot: pages of what was found, with buttons to turn them.

A button's data is too short for a query, so it names a row that says what was asked and where its
page begins; rows outlive a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.match.errors import QueryError
from bot.notify.compose import isolated, link_to
from bot.notify.snippet import clean, pieces, shortened, windows
from bot.operate import draft_pages, pages, texts, watching
from bot.operate.buttons import Press, Pressed, button
from bot.operate.finding import in_picture
from bot.operate.texts import plain, said
from bot.publish.search import Found, Results, Wanted, search
from bot.telegram.messages import Button, OutgoingText, Style, TextBuilder
from bot.translation import Voice, voice_of
from storage import search_pages
from storage.database import Database
from storage.records import Subscriber
from storage.search_pages import SearchPage

MORE = "s"  # the verb of this module's buttons
_SHOWN = 5
_SNIPPET = 240  # code points of each
_NAME_SHOWN = 60
_QUERY_SHOWN = 400
_WITHIN_S = 10.0

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Searching:
    """Answers searches, one at a time: alerts go first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Semaphore(1)

    def commands(self) -> Mapping[str, Handler]:
        """Give the command answered here."""
        return {"search": self._search}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {MORE: Press(self._turn_to, 1, right="search")}

    async def _search(self, subscriber: Subscriber, query: str) -> OutgoingText:
        if not query:
            return said(voice_of(subscriber), texts.SEARCH_USAGE)
        return await self._page(subscriber, SearchPage(query))

    async def _turn_to(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        async with self._database.reading() as connection:
            place = await search_pages.owned(connection, numbers[0], subscriber.id)
        if place is None:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        return Pressed("", await self._page(subscriber, place))

    async def _page(self, subscriber: Subscriber, place: SearchPage) -> OutgoingText:
        voice = voice_of(subscriber)
        before = place.begins[-1] if place.begins else None
        wanted = Wanted(place.query, limit=_SHOWN, before=before, within_s=_WITHIN_S)
        try:
            async with self._one_at_a_time:
                results = await search(self._database, wanted)
        except QueryError as fault:
            return await self._refusal(subscriber, place.query, fault)
        if not results.found and results.looked_back_to:
            return said(voice, texts.SEARCH_TOO_LONG)
        if not results.found:
            normal = isolated(shortened(results.normal, _QUERY_SHOWN))
            return said(voice, texts.NOTHING_FOUND, normal=normal)
        return _written(results.found, voice, await self._buttons(subscriber, place, results))

    async def _refusal(self, subscriber: Subscriber, query: str, fault: QueryError) -> OutgoingText:
        """Say why a query is refused, with a button for each search that was probably meant."""
        voice, now = voice_of(subscriber), datetime.now(UTC)
        found = await watching.repaired(self._database, query, fault, removed=True)
        if not found:
            return plain(fault.message(subscriber.language))
        async with self._database.transaction() as connection:
            meant = [
                button(
                    draft_pages.named(repair),
                    MORE,
                    await search_pages.add(
                        connection, subscriber.id, SearchPage(repair.query), now
                    ),
                )
                for repair in found
            ]
        return draft_pages.refusal(fault, meant, voice)

    async def _buttons(
        self, subscriber: Subscriber, place: SearchPage, results: Results
    ) -> list[list[Button]]:
        voice, now = voice_of(subscriber), datetime.now(UTC)
        turns: list[tuple[str, SearchPage]] = []
        if place.begins:
            turns.append((voice.text(pages.BACK), replace(place, begins=place.begins[:-1])))
        if results.next:
            further = replace(place, begins=(*place.begins, results.next))
            turns.append((voice.text(pages.MORE), further))
        if not turns:
            return []
        async with self._database.transaction() as connection:
            return [
                [
                    button(label, MORE, await search_pages.add(connection, subscriber.id, to, now))
                    for label, to in turns
                ]
            ]


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
        if in_picture(item):
            builder.add("\n🖼 " + voice.text(pages.IN_PICTURE), Style.ITALIC)
        link = link_to(item.channel, item.post.message_id)
        if link:
            builder.add(f"\n{link}")
    return builder.build(buttons)


def _on_one_line(piece: str) -> str:
    """Make a piece of a post harmless, on one line, without losing the spaces at its ends."""
    return " ".join(clean(piece).split("\n"))
