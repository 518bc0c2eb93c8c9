"""How a query is told, for the command line: when, urgently or not, each story or surges only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.notify.changed import hold_anew
from bot.operate import watching
from bot.operate.people import ACTOR
from bot.operate.surge_wish import MOST_CHANNELS, MOST_MINUTES, surge_of, wished
from storage import audit, subscribers, subscriptions
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.records import AuditEntry, Rhythm, Subscription, Surge

OFF = "off"  # instead of a surge's size: tell every story


class SurgeUnusable(BadInput, ValueError):
    """What was written for a surge is no size of one."""

    def __init__(self, written: str) -> None:
        super().__init__(
            f"“{written}” is no size of a surge: write how many independent channels "
            f"(2 to {MOST_CHANNELS}) within how many minutes (1 to {MOST_MINUTES}), such as 4/10"
        )


@dataclass(frozen=True, slots=True)
class Telling:
    """What to change of how a query is told; None leaves it as it is.

    `is_every` tells every story again, where only surges were told.
    """

    rhythm: Rhythm | None = None
    is_urgent: bool | None = None
    surge: Surge | None = None
    is_every: bool = False


def telling(rhythm: Rhythm | None, surge: str | None, *, urgent: bool | None) -> Telling:
    """Read what options say. Raises SurgeUnusable."""
    if surge is None or surge == OFF:
        return Telling(rhythm, urgent, is_every=surge == OFF)
    size = surge_of(surge.split("/"))
    if size is None:
        raise SurgeUnusable(surge)
    return Telling(rhythm, urgent, size)


def without_surge(written: str) -> tuple[str, str | None]:
    """Take `surge:4/10` off a query; give the query and the size. Raises SurgeUnusable."""
    wish = wished(written)
    if wish is None:
        raise SurgeUnusable(written.split(maxsplit=1)[0])
    return wish.query, f"{wish.surge.channels}/{wish.surge.minutes}" if wish.surge else None


async def tell(database: Database, subscription_id: int, wanted: Telling) -> Subscription:
    """Change how a subscription is told, and what waits for its digest with it.

    Safe to repeat. Raises UnknownSubscriptionError.
    """
    owner_id = await watching.owner_of(database, subscription_id)
    found = await watching.owned(database, owner_id, subscription_id)
    if wanted == Telling():
        return found
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        await _change(connection, found, wanted)
        owner = await subscribers.by_id(connection, owner_id)
        if owner is not None:
            await hold_anew(connection, owner, now)
        detail = {"subscriber": str(owner_id)}
        entry = AuditEntry(now, ACTOR, "subscription told anew", str(found.id), detail)
        await audit.add(connection, entry)
    database.bell.ring("dispatch", "digests", "outbox")
    return await watching.owned(database, owner_id, subscription_id)


async def _change(connection: Connection, found: Subscription, wanted: Telling) -> None:
    whose = (found.id, found.subscriber_id)
    if wanted.rhythm is not None:
        await subscriptions.set_rhythm(connection, *whose, wanted.rhythm)
    if wanted.is_urgent is not None:
        await subscriptions.set_urgent(connection, *whose, is_urgent=wanted.is_urgent)
    if wanted.surge is not None or wanted.is_every:
        await subscriptions.set_surge(connection, *whose, wanted.surge)
