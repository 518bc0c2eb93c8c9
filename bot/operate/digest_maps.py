"""The button under a digest: where its alerts are, as a picture over borders and rivers.

It is drawn when it is asked for, from the places for which the alerts' queries matched; offline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.match.documents import are_on_map, picture, picture_as_png
from bot.notify import alert_buttons
from bot.operate import texts
from bot.operate.buttons import Press, Pressed
from bot.telegram.messages import OutgoingFile
from bot.translation import counted, phrase, voice_of
from storage import own_alerts, places
from storage.database import Database
from storage.failures import BadInput
from storage.records import AlertId, HitPlace, Mention, Subscriber

_IDS_AT_ONCE = 500

NOTHING_TO_DRAW = phrase("Only regions, rivers and the like are named: nothing for a map.")
MAP_OF = counted("The place of {n} story", "The places of {n} stories")


class DigestMaps:
    """Draws the map of a digest; only of one's own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Semaphore(1)  # a picture takes a core for a second

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {alert_buttons.MAP: Press(self._press, 1)}

    async def _press(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice = voice_of(subscriber)
        found: dict[int, list[HitPlace]] = {}
        async with self._database.reading() as connection:
            ids = await own_alerts.told_together(connection, AlertId(numbers[0]), subscriber.id)
            for start in range(0, len(ids), _IDS_AT_ONCE):
                some = await places.of_alerts(connection, ids[start : start + _IDS_AT_ONCE])
                for (alert, _), named in some.items():
                    found.setdefault(alert, []).extend(named)
        if not found:
            return Pressed(voice.text(texts.OLD_BUTTON))
        caption = voice.count(MAP_OF, len(found))
        async with self._one_at_a_time:
            drawn = await asyncio.to_thread(_drawn, list(found.values()), caption)
        if drawn is None:
            return Pressed(voice.text(NOTHING_TO_DRAW))
        return Pressed("", more=(drawn,))


def _drawn(stories: Sequence[Sequence[HitPlace]], caption: str) -> OutgoingFile | None:
    """Draw each story's places once; as SVG where the extra for PNG is not installed."""
    mentions = [
        Mention(0, 0, place.surface, place.place_id, place.confidence)
        for story in stories
        for place in {place.place_id: place for place in story}.values()
    ]
    if not are_on_map(mentions):
        return None
    name, svg = f"map-{datetime.now(UTC):%Y%m%d-%H%M}", picture(mentions, "")
    try:
        png = picture_as_png(svg)
    except BadInput:
        return OutgoingFile(f"{name}.svg", svg.encode(), caption, "image/svg+xml")
    return OutgoingFile(f"{name}.png", png, caption, "image/png")
