"""A person's own queries in chat: the list, a card for each, and what can be done to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from bot.notify import alert_buttons
from bot.notify.changed import hold_anew
from bot.notify.compose import isolated
from bot.notify.snippet import clean, shortened
from bot.operate import pages, query_pages, texts, watching
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed, is_number
from bot.operate.pages import page_at
from bot.operate.settings import OFF, Settings
from bot.operate.surge_wish import MOST_CHANNELS, MOST_MINUTES, surge_of
from bot.operate.texts import said
from bot.operate.watching import UnknownSubscriptionError
from bot.telegram.messages import OutgoingText
from bot.translation import voice_of
from storage import alerts, feedback, query_history, subscriptions
from storage.database import Connection, Database
from storage.records import (
    AlertId,
    Rhythm,
    Subscriber,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

_QUERY_SHOWN = 400  # code points

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]

CHANGED = {
    SubscriptionState.PAUSED: texts.PAUSED,
    SubscriptionState.ACTIVE: texts.RESUMED,
    SubscriptionState.REMOVED: texts.DELETED,
}
_RHYTHMS = tuple(Rhythm)


class Queries:
    """Shows and changes a person's own queries."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {
            "list": self._list,
            "unwatch": self._unwatch,
            "pause": self._pause,
            "resume": self._resume,
            "surge": self._surge,
        }

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        of_list = {
            pages.PAUSE: SubscriptionState.PAUSED,
            pages.RESUME: SubscriptionState.ACTIVE,
            pages.DELETE: SubscriptionState.REMOVED,
        }
        of_alert = {
            alert_buttons.PAUSE: SubscriptionState.PAUSED,
            alert_buttons.RESUME: SubscriptionState.ACTIVE,
        }
        return {
            query_pages.QUERIES: Press(self._press_list, 1),
            **{verb: Press(self._on_list(state), 2) for verb, state in of_list.items()},
            **{verb: Press(self._on_alert(state), 2) for verb, state in of_alert.items()},
            query_pages.CARD: Press(self._press_card, 1),
            query_pages.RHYTHM: Press(self._press_rhythm, 2),
            query_pages.URGENT: Press(self._press_urgent, 2),
            query_pages.SURGE: Press(self._press_surge, 2),
            query_pages.STATE: Press(self._press_state, 2),
        }

    async def page(self, subscriber: Subscriber, number: int) -> OutgoingText:
        """Show one page of a person's own queries, the last there is if it has gone."""
        async with self._database.reading() as connection:
            total = await subscriptions.count(connection, subscriber.id)
            page = page_at(number, pages.QUERIES_A_PAGE, total)
            rows = await subscriptions.page(
                connection, subscriber.id, offset=page.offset, limit=page.size
            )
            precisions = await feedback.precisions(connection, [row.id for row in rows])
        return pages.queries(rows, page, voice_of(subscriber), precisions)

    async def card(self, subscriber: Subscriber, number: int) -> OutgoingText | None:
        """Show one query; None when it is not theirs or has gone."""
        async with self._database.reading() as connection:
            key = SubscriptionId(number)
            found = await subscriptions.owned(connection, key, subscriber.id)
            if found is None:
                return None
            precision = (await feedback.precisions(connection, [key]))[key]
            former = await query_history.of(connection, key)
        now = datetime.now(UTC)
        return query_pages.card(found, voice_of(subscriber), precision, former, now)

    async def change(
        self, subscriber: Subscriber, number: int, state: SubscriptionState
    ) -> Subscription:
        """Pause, resume or delete a person's own query. Raises UnknownSubscriptionError."""
        return await watching.change(
            self._database, subscriber.id, number, state, actor=actor(subscriber)
        )

    async def _list(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        number = arguments.removeprefix("#")
        if is_number(number):
            card = await self.card(subscriber, int(number))
            return card or said(voice_of(subscriber), texts.NO_SUCH_QUERY, number=number)
        return await self.page(subscriber, 0)

    async def _unwatch(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        return await self._changed(subscriber, "unwatch", arguments, SubscriptionState.REMOVED)

    async def _pause(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        if not arguments:
            await self._settings.set_paused(subscriber, is_paused=True)
            return await self._settings.page(subscriber)
        return await self._changed(subscriber, "pause", arguments, SubscriptionState.PAUSED)

    async def _resume(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        if not arguments:
            await self._settings.set_paused(subscriber, is_paused=False)
            return await self._settings.page(subscriber)
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

    async def _surge(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        """Tell a query's surges only, of a size of the person's own, or every story again."""
        voice = voice_of(subscriber)
        number, *rest = arguments.removeprefix("#").split() or [""]
        is_off = len(rest) == 1 and rest[0].lower() in OFF
        surge = None if is_off else surge_of(rest)
        if not is_number(number) or (surge is None and not is_off):
            return said(voice, texts.SURGE_USAGE, channels=MOST_CHANNELS, minutes=MOST_MINUTES)

        async def change(connection: Connection, key: SubscriptionId) -> None:
            await subscriptions.set_surge(connection, key, subscriber.id, surge)

        await self._told_anew(subscriber, int(number), change)
        card = await self.card(subscriber, int(number))
        return card or said(voice, texts.NO_SUCH_QUERY, number=number)

    async def _press_list(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", await self.page(subscriber, numbers[0]))

    async def _press_card(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return await self._card_again(subscriber, numbers[0], "")

    async def _card_again(self, subscriber: Subscriber, number: int, text: str) -> Pressed:
        card = await self.card(subscriber, number)
        if card is None:
            old = voice_of(subscriber).text(texts.OLD_BUTTON)
            return Pressed(old, await self.page(subscriber, 0))
        return Pressed(text, card)

    async def _press_rhythm(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, at = numbers
        if at >= len(_RHYTHMS):
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))

        async def change(connection: Connection, key: SubscriptionId) -> None:
            await subscriptions.set_rhythm(connection, key, subscriber.id, _RHYTHMS[at])

        return await self._told_anew(subscriber, number, change)

    async def _press_urgent(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, wanted = numbers

        async def change(connection: Connection, key: SubscriptionId) -> None:
            await subscriptions.set_urgent(connection, key, subscriber.id, is_urgent=bool(wanted))

        return await self._told_anew(subscriber, number, change)

    async def _press_surge(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, at = numbers
        if at >= len(query_pages.SURGES):
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))

        async def change(connection: Connection, key: SubscriptionId) -> None:
            wanted = query_pages.SURGES[at]
            await subscriptions.set_surge(connection, key, subscriber.id, wanted)

        return await self._told_anew(subscriber, number, change)

    async def _told_anew(
        self,
        subscriber: Subscriber,
        number: int,
        change: Callable[[Connection, SubscriptionId], Awaitable[None]],
    ) -> Pressed:
        """Change how a person's own query is told; another's is left as it is."""
        async with self._database.transaction() as connection:
            await change(connection, SubscriptionId(number))
            await hold_anew(connection, subscriber, datetime.now(UTC))
        self._database.bell.ring("dispatch", "digests", "outbox")
        return await self._card_again(subscriber, number, "✓")

    async def _press_state(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        number, at = numbers
        states = tuple(CHANGED)
        if at >= len(states):
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        pressed = await self._changed_by_press(subscriber, number, states[at])
        return await self._card_again(subscriber, number, pressed)

    async def _changed_by_press(
        self, subscriber: Subscriber, number: int, state: SubscriptionState
    ) -> str:
        voice = voice_of(subscriber)
        try:
            found = await self.change(subscriber, number, state)
        except UnknownSubscriptionError:
            return voice.text(texts.OLD_BUTTON)
        return clean(voice.text(CHANGED[state], number=found.id, query=shown(found.query)))

    def _on_list(self, state: SubscriptionState) -> Callable[..., Awaitable[Pressed]]:
        async def act(subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
            page, number = numbers
            text = await self._changed_by_press(subscriber, number, state)
            return Pressed(text, await self.page(subscriber, page))

        return act

    def _on_alert(self, state: SubscriptionState) -> Callable[..., Awaitable[Pressed]]:
        async def act(subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
            number, alert = numbers
            text = await self._changed_by_press(subscriber, number, state)
            async with self._database.transaction() as connection:
                await alerts.redraw(connection, AlertId(alert), subscriber.id, datetime.now(UTC))
            self._database.bell.ring("outbox")  # changes the button under the alert
            return Pressed(text)

        return act


def shown(query: str) -> str:
    """Cut a query to what fits an answer."""
    return isolated(shortened(query, _QUERY_SHOWN))
