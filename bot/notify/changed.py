"""What is held for a person → held anew, at once, when they change how they are told.

Called in the transaction of the change, so that what a digest told by the old rules and what by
the new ones is never a matter of luck. And for everybody when the clock was set back: what waits
for an hour of the day waits for the next one that comes.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from bot.notify.policy import Hold, Telling, of_changed
from bot.notify.timing import free_from
from bot.translation import zone_of
from storage import held, routing, subscribers
from storage.database import Connection
from storage.records import AlertId, Subscriber


async def hold_anew(connection: Connection, person: Subscriber, now: datetime) -> None:
    """Decide again about all that is held for a person, by their rules as they are now."""
    rules = await routing.of(connection, person.id)
    if rules.is_paused:
        return  # what is due is withheld by the digests
    anew: defaultdict[Hold | None, list[AlertId]] = defaultdict(list)
    for item in await held.of(connection, person.id):
        tellings = [Telling(rhythm, is_urgent) for rhythm, is_urgent in item.tellings]
        before = Hold(item.reason, item.due_at)
        found = of_changed(before, tellings, rules, now, zone_of(person.timezone))
        if found != before:
            anew[found].append(item.id)
    for hold, ids in anew.items():
        until = hold.until if hold else now  # digests tell what is due
        await held.postpone(connection, ids, hold.reason if hold else None, until)


async def hold_all_anew(connection: Connection, now: datetime) -> None:
    """Decide again about all that is held for anybody, by a clock that shows less than before."""
    for key in await held.people(connection):
        person = await subscribers.by_id(connection, key)
        if person is not None:
            await hold_anew(connection, person, now)
            free = free_from(await routing.of(connection, key), now, zone_of(person.timezone))
            await held.bring_forward(connection, key, free)
