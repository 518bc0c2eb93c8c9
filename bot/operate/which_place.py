"""Places in chat: which one a query means, and whether an alert took the right one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.notify import alert_buttons
from bot.notify.compose import isolated
from bot.notify.snippet import clean, shortened
from bot.operate import choosing, texts, watching
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed
from bot.operate.choosing import Doubt, labels
from bot.operate.queries import shown
from bot.operate.texts import said
from bot.operate.watching import UnknownSubscriptionError
from bot.telegram.messages import Button, OutgoingText, TextBuilder
from bot.translation import Voice, voice_of
from storage import places
from storage.database import Database
from storage.records import AlertId, Subscriber, Subscription, SubscriptionId

CHOOSE = "pc"
_LABEL = 100


class WhichPlace:
    """Asks which place is meant and takes verdicts; only on what is the presser's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            CHOOSE: Press(self._press_choice, 2),
            alert_buttons.RIGHT: Press(self._press_right, 2),
            alert_buttons.WRONG: Press(self._press_wrong, 2),
        }

    async def confirmed(self, subscriber: Subscriber, added: Subscription) -> OutgoingText:
        """Confirm a new query; ask which place is meant where its name leaves a doubt."""
        voice = voice_of(subscriber)
        text = said(voice, texts.WATCHING, normal=shown(added.normal), number=added.id)
        return await self.question(subscriber, added) or text

    async def question(self, subscriber: Subscriber, added: Subscription) -> OutgoingText | None:
        """Ask which place a new query means; None where its names leave no doubt."""
        voice = voice_of(subscriber)
        text = said(voice, texts.WATCHING, normal=shown(added.normal), number=added.id)
        doubt = await asyncio.to_thread(choosing.doubt_in, added.query)
        return None if doubt is None else _question(text.text, added, doubt, voice)

    async def _press_choice(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        """Put the place that was meant into a query."""
        number, choice = numbers
        old = Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        try:
            found = await watching.owned(self._database, subscriber.id, number)
        except UnknownSubscriptionError:
            return old
        doubt = await asyncio.to_thread(choosing.doubt_in, found.query)
        if doubt is None or choice >= len(doubt.places):
            return old
        place = doubt.places[choice]
        query = choosing.settled(found.query, doubt, place, subscriber.language)
        changed = await watching.put(self._database, found, query, actor=actor(subscriber))
        return Pressed("", await self.confirmed(subscriber, changed))

    async def _press_right(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return await self._judge(subscriber, *numbers, is_right=True)

    async def _press_wrong(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return await self._judge(subscriber, *numbers, is_right=False)

    async def _judge(
        self, subscriber: Subscriber, subscription: int, alert: int, *, is_right: bool
    ) -> Pressed:
        """Note whether an alert's place was the right one: its channel is read so from now on."""
        voice = voice_of(subscriber)
        async with self._database.transaction() as connection:
            place = await places.judge(
                connection,
                subscriber.id,
                SubscriptionId(subscription),
                AlertId(alert),
                is_right=is_right,
                judged_at=datetime.now(UTC),
            )
        if place is None:
            return Pressed(voice.text(texts.OLD_BUTTON))
        label = place.labels.get(voice.language, place.place_id)
        told = texts.PLACE_IS_RIGHT if is_right else texts.PLACE_IS_WRONG
        return Pressed(clean(voice.text(told, surface=place.surface, place=label)))


def _question(before: str, subscription: Subscription, doubt: Doubt, voice: Voice) -> OutgoingText:
    """Ask which of the places of a name a query means: one button each, with raion and oblast."""
    told = [shortened(label, _LABEL) for label in labels(doubt, voice.language)]
    name = isolated(shortened(doubt.name, _LABEL))
    builder = TextBuilder().add(before).add("\n")
    builder.add(voice.text(texts.WHICH_PLACE, name=name, place=isolated(told[0])))
    return builder.build(
        [
            [Button(label, data=f"{CHOOSE}:{subscription.id}:{choice}".encode())]
            for choice, label in enumerate(told)
        ]
    )
