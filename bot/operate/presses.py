"""Presses of buttons: whatever their data say, only one's own is changed.

Data come from a person's client and may be forged; whose a subscription or an alert is, is looked
up in the database at every press.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.notify import compose
from bot.notify.snippet import clean
from bot.operate import pages, texts
from bot.operate.commands import CHANGED, Commands, is_number, shown
from bot.operate.rights import may
from bot.operate.watching import UnknownSubscriptionError
from bot.telegram.messages import OutgoingText
from bot.translation import voice_of
from storage import alerts
from storage.database import Database
from storage.records import AlertId, Subscriber, SubscriptionState

_STATES = {
    pages.PAUSE: SubscriptionState.PAUSED,
    pages.RESUME: SubscriptionState.ACTIVE,
    pages.DELETE: SubscriptionState.REMOVED,
    compose.PAUSE: SubscriptionState.PAUSED,
    compose.RESUME: SubscriptionState.ACTIVE,
}
_MOST_NUMBERS = 2  # after the verb


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press comes to: a short text for the presser, and what its message becomes."""

    text: str
    message: OutgoingText | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a button's data say: a verb and up to two numbers."""

    verb: str
    first: int
    second: int | None


def wish_of(data: bytes) -> Wish | None:
    """Read a button's data; None for what no button of ours sends."""
    verb, *numbers = data.decode("ascii", errors="replace").split(":")
    if not 1 <= len(numbers) <= _MOST_NUMBERS or not all(map(is_number, numbers)):
        return None
    first, *rest = map(int, numbers)
    if (verb in _STATES) is not bool(rest):
        return None
    return Wish(verb, first, rest[0] if rest else None)


class Presses:
    """Answers presses by people who are in; see `answer`."""

    def __init__(self, database: Database, commands: Commands) -> None:
        self._database = database
        self._commands = commands

    async def answer(self, subscriber: Subscriber, data: bytes) -> Pressed:
        """Do what the button says, if it is this person's to do."""
        wish = wish_of(data)
        if wish is None:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        if wish.second is not None:
            return await self._change(subscriber, wish, wish.second)
        return await self._turn(subscriber, wish)

    async def _turn(self, subscriber: Subscriber, wish: Wish) -> Pressed:
        operating, voice = self._commands.operating, voice_of(subscriber)
        match wish.verb:
            case pages.QUERIES:
                return Pressed("", await self._commands.list_page(subscriber, wish.first))
            case pages.CHANNELS if may(subscriber.role, "channels"):
                return Pressed("", await operating.channels_page(voice, wish.first))
            case pages.PEOPLE if may(subscriber.role, "people"):
                return Pressed("", await operating.people_page(voice, wish.first))
        return Pressed(voice.text(texts.NOT_YOURS))

    async def _change(self, subscriber: Subscriber, wish: Wish, second: int) -> Pressed:
        is_of_list = wish.verb in (pages.PAUSE, pages.RESUME, pages.DELETE)
        number = second if is_of_list else wish.first
        state = _STATES[wish.verb]
        try:
            found = await self._commands.change(subscriber, number, state)
        except UnknownSubscriptionError:
            page = await self._commands.list_page(subscriber, wish.first) if is_of_list else None
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON), page)
        voice = voice_of(subscriber)
        text = clean(voice.text(CHANGED[state], number=found.id, query=shown(found.query)))
        if is_of_list:
            return Pressed(text, await self._commands.list_page(subscriber, wish.first))
        await self._redraw(subscriber, AlertId(second))
        return Pressed(text)

    async def _redraw(self, subscriber: Subscriber, alert_id: AlertId) -> None:
        """Let the outbox change the button under the alert."""
        async with self._database.transaction() as connection:
            await alerts.redraw(connection, alert_id, subscriber.id, datetime.now(UTC))
        self._database.bell.ring("outbox")
