"""Presses of buttons: which verb goes where, and who may press it.

Data come from a person's client; whose a subscription or an alert is, is looked up in the
database at every press, and the right to a page is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.operate import texts
from bot.operate.buttons import Press, Pressed, wish_of
from bot.operate.rights import may
from bot.translation import voice_of
from storage.records import Subscriber


class Presses:
    """Answers presses by people who are in; see `answer`."""

    def __init__(self, *rooms: Mapping[str, Press]) -> None:
        self._presses: dict[str, Press] = {}
        for room in rooms:
            if twice := self._presses.keys() & room.keys():
                raise ValueError(f"buttons of two kinds send {sorted(twice)}")
            self._presses |= room

    async def answer(self, subscriber: Subscriber, data: bytes) -> Pressed:
        """Do what the button says, if it is this person's to do."""
        wish = wish_of(data)
        press = self._presses.get(wish.verb) if wish else None
        if wish is None or press is None or len(wish.numbers) != press.numbers:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        if press.right and not may(subscriber.role, press.right):
            return Pressed(voice_of(subscriber).text(texts.NOT_YOURS))
        return await press.act(subscriber, wish.numbers)
