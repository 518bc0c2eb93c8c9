"""Subscribing in chat: a query is shown with what it would have found, then taken by a button.

Nothing is watched before a button is pressed. What was shown waits as a row, so that it survives a
restart, and expires. `/watchnow` is the short way for who knows what they want.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.match.asides import asides
from bot.match.errors import QueryError
from bot.match.query import needs_scan, parse
from bot.match.strikes import expansions
from bot.operate import draft_pages, texts, watching, weighing
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed, button, is_number
from bot.operate.queries import Queries, shown
from bot.operate.surge_wish import MOST_CHANNELS, MOST_MINUTES, Wish, wished
from bot.operate.texts import plain, said
from bot.operate.watching import TooManySubscriptionsError, UnknownSubscriptionError
from bot.operate.which_place import WhichPlace
from bot.publish.backtest import Backtest, backtest
from bot.telegram.messages import OutgoingText
from bot.translation import voice_of
from storage import drafts, subscriptions
from storage.database import Connection, Database
from storage.records import (
    Draft,
    DraftId,
    Rhythm,
    Role,
    Subscriber,
    Subscription,
    SubscriptionId,
)

MOST_QUERIES = 500  # of one person
_KEPT = timedelta(days=2)  # how long a draft can still be taken
_TEST_S = 8.0
_RHYTHMS = tuple(Rhythm)

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class Subscribing:
    """Takes queries: shown first, then watched."""

    def __init__(self, database: Database, queries: Queries, places: WhichPlace) -> None:
        self._database = database
        self._places = places
        self._queries = queries
        self._testing = asyncio.Semaphore(1)  # one at a time: alerts go first

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {"watch": self._watch, "watchnow": self._watch_now, "edit": self._edit}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            draft_pages.TAKE: Press(self._press_take, 2),
            draft_pages.CHANGE: Press(self._press_change, 1),
            draft_pages.CANCEL: Press(self._press_cancel, 1),
            draft_pages.REPAIR: Press(self._press_repair, 2),
        }

    async def take_text(self, subscriber: Subscriber, text: str) -> OutgoingText:
        """Read what a person wrote without a command: the query they were asked for, or a new one.

        Never watched before a button is pressed, so that a mistaken message does nothing.
        """
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            asked = await drafts.asked(connection, subscriber.id, now)
            await drafts.remove_asked(connection, subscriber.id, now)
        return await self.propose(subscriber, text, asked.replaces_id if asked else None)

    async def propose(
        self, subscriber: Subscriber, query: str, replaces_id: SubscriptionId | None = None
    ) -> OutgoingText:
        """Show what a query would have found, and keep it as a draft."""
        wish = wished(query)
        if wish is None:
            voice = voice_of(subscriber)
            return said(voice, texts.SURGE_WISH, channels=MOST_CHANNELS, minutes=MOST_MINUTES)
        try:
            normal = await self._checked(subscriber, wish.query)
        except QueryError as fault:
            return await self._refusal(subscriber, wish, fault, replaces_id)
        weight = await weighing.of_scan(self._database, wish.query)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            count = await subscriptions.count(connection, subscriber.id)
            if replaces_id is None and count >= MOST_QUERIES:
                return said(voice_of(subscriber), texts.TOO_MANY, limit=MOST_QUERIES)
            number = await _kept(connection, subscriber, wish.text, replaces_id, now)
        draft = Draft(number, subscriber.id, wish.text, replaces_id, is_asked=False, expires_at=now)
        tested = await self._tested(subscriber, wish.query, now)
        parsed = parse(wish.query, allow_scan=True)
        return draft_pages.proposal(
            *(draft, normal, tested, voice_of(subscriber), now),
            words=expansions(parsed),
            said_aside=asides(parsed),
            weight=weight,
            surge=wish.surge,
        )

    async def _checked(self, subscriber: Subscriber, query: str) -> str:
        return await watching.check(self._database, query, allow_scan=_may_scan(subscriber))

    async def _refusal(
        self,
        subscriber: Subscriber,
        wish: Wish,
        fault: QueryError,
        replaces_id: SubscriptionId | None = None,
    ) -> OutgoingText:
        """Say why a query is refused, with a button for each value that was probably meant."""
        found = await watching.repaired(self._database, wish.query, fault)
        if not found:
            return plain(fault.message(subscriber.language))
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            number = await _kept(connection, subscriber, wish.text, replaces_id, now)
        meant = [
            button(draft_pages.named(repair), draft_pages.REPAIR, number, at)
            for at, repair in enumerate(found)
        ]
        return draft_pages.refusal(fault, meant, voice_of(subscriber))

    async def _press_repair(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        """Propose a refused query again with the value that was pressed."""
        number, at = numbers
        async with self._database.reading() as connection:
            draft = await drafts.owned(
                connection, DraftId(number), subscriber.id, datetime.now(UTC)
            )
        if draft is None:
            return Pressed(voice_of(subscriber).text(texts.DRAFT_GONE))
        wish = wished(draft.query) or Wish(draft.query)
        try:
            await self._checked(subscriber, wish.query)
        except QueryError as fault:
            found = await watching.repaired(self._database, wish.query, fault)
            if at >= len(found):
                return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
            wish = replace(wish, query=found[at].query)
        proposed = await self.propose(subscriber, wish.text, draft.replaces_id)
        async with self._database.transaction() as connection:
            await drafts.remove(connection, draft.id, subscriber.id)
        return Pressed("✓", proposed)

    async def _tested(self, subscriber: Subscriber, query: str, now: datetime) -> Backtest | None:
        try:
            async with asyncio.timeout(_TEST_S), self._testing:
                zone = voice_of(subscriber).zone
                return await backtest(
                    self._database, query, now=now, zone=zone, allow_scan=_may_scan(subscriber)
                )
        except TimeoutError:
            return None

    async def _watch(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        if not arguments:
            return said(voice_of(subscriber), texts.WATCH_USAGE)
        return await self.propose(subscriber, arguments)

    async def _watch_now(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        if not arguments:
            return said(voice, texts.WATCH_USAGE)
        wish = wished(arguments)
        if wish is None or wish.surge:
            return await self.propose(subscriber, arguments)  # how seldom it tells is to be seen
        try:
            parsed = parse(arguments, allow_scan=_may_scan(subscriber))
            if needs_scan(parsed) or asides(parsed):
                return await self.propose(subscriber, arguments)  # there is something to be seen
            added = await self._add(subscriber, arguments)
        except QueryError as fault:
            return await self._refusal(subscriber, wish, fault)
        except TooManySubscriptionsError as error:
            return said(voice, texts.TOO_MANY, limit=error.limit)
        return await self._places.confirmed(subscriber, added)

    async def _add(self, subscriber: Subscriber, query: str) -> Subscription:
        return await watching.add(
            self._database,
            subscriber.id,
            query,
            actor=actor(subscriber),
            limit=MOST_QUERIES,
            allow_scan=_may_scan(subscriber),
        )

    async def _edit(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        word, _, query = arguments.partition(" ")
        number = word.removeprefix("#")
        if not is_number(number):
            return said(voice, texts.EDIT_USAGE)
        async with self._database.reading() as connection:
            found = await subscriptions.owned(
                connection, SubscriptionId(int(number)), subscriber.id
            )
        if found is None:
            return said(voice, texts.NO_SUCH_QUERY, number=number)
        if not query.strip():
            return await self.ask(subscriber, found)
        return await self.propose(subscriber, query.strip(), found.id)

    async def ask(self, subscriber: Subscriber, found: Subscription) -> OutgoingText:
        """Ask for the new text of a query: what the person writes next is it."""
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            number = await _kept(connection, subscriber, found.query, found.id, now)
            await drafts.ask(connection, number, subscriber.id)
        return said(voice_of(subscriber), texts.SEND_CHANGED, query=shown(found.query))

    async def _press_take(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, at = numbers
        async with self._database.reading() as connection:
            draft = await drafts.owned(
                connection, DraftId(number), subscriber.id, datetime.now(UTC)
            )
        if draft is None or at >= len(_RHYTHMS):
            return Pressed(voice_of(subscriber).text(texts.DRAFT_GONE))
        try:
            found = await self._keep(subscriber, draft, _RHYTHMS[at])
        except QueryError as error:
            return Pressed(
                voice_of(subscriber).text(texts.DRAFT_GONE),
                plain(error.message(subscriber.language)),
            )
        except UnknownSubscriptionError:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        except TooManySubscriptionsError as error:
            text = said(voice_of(subscriber), texts.TOO_MANY, limit=error.limit)
            return Pressed("", text)
        async with self._database.transaction() as connection:
            await drafts.remove(connection, draft.id, subscriber.id)
        card = await self._places.question(subscriber, found)
        card = card or await self._queries.card(subscriber, found.id)
        return Pressed(voice_of(subscriber).text(texts.WATCHED, number=found.id), card)

    async def _keep(self, subscriber: Subscriber, draft: Draft, rhythm: Rhythm) -> Subscription:
        wish = wished(draft.query) or Wish(draft.query)
        if draft.replaces_id is not None:
            kept = await watching.edit(
                self._database,
                subscriber.id,
                draft.replaces_id,
                wish.query,
                actor=actor(subscriber),
                allow_scan=_may_scan(subscriber),
            )
        else:
            kept = await self._add(subscriber, wish.query)
        async with self._database.transaction() as connection:
            if draft.replaces_id is None:
                await subscriptions.set_rhythm(connection, kept.id, subscriber.id, rhythm)
            if wish.surge:
                await subscriptions.set_surge(connection, kept.id, subscriber.id, wish.surge)
        return kept

    async def _press_change(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice = voice_of(subscriber)
        async with self._database.transaction() as connection:
            draft = await drafts.owned(
                connection, DraftId(numbers[0]), subscriber.id, datetime.now(UTC)
            )
            if draft is None:
                return Pressed(voice.text(texts.DRAFT_GONE))
            await drafts.ask(connection, draft.id, subscriber.id)
        return Pressed("", more=(said(voice, texts.SEND_CHANGED, query=shown(draft.query)),))

    async def _press_cancel(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        async with self._database.transaction() as connection:
            await drafts.remove(connection, DraftId(numbers[0]), subscriber.id)
        voice = voice_of(subscriber)
        return Pressed("", said(voice, texts.NOT_WATCHED))


async def _kept(
    connection: Connection,
    subscriber: Subscriber,
    text: str,
    replaces_id: SubscriptionId | None,
    now: datetime,
) -> DraftId:
    """Keep a query as a draft for as long as one can be taken."""
    return await drafts.add(
        connection,
        subscriber.id,
        text,
        replaces_id=replaces_id,
        made_at=now,
        expires_at=now + _KEPT,
    )


def _may_scan(subscriber: Subscriber) -> bool:
    """Say whether a person may have a query that every post must be checked against."""
    return subscriber.role is Role.OPERATOR
