"""Held alerts → digests, when their time has come.

A digest is written out and its alerts noted as told in it in one transaction, so that a crash
neither loses nor repeats one; the outbox sends it. What may still not be told, for the person
snoozed or paused meanwhile, is held on or withheld, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.clock import utc_now
from bot.notify.digest import digest
from bot.notify.notices import kept
from bot.notify.policy import Hold, of_held
from bot.translation import voice_of, zone_of
from storage import alert_cases, held, notices, routing, subscribers
from storage.alert_cases import AlertCase
from storage.database import Connection, Database
from storage.notices import NewNotice
from storage.records import AlertId, NoticeKind, Subscriber, SubscriberId, Withheld

BELL = "digests"
_POLL_S = 5.0
_BATCH = 20  # people a turn
_PAGE = 200  # alerts read at once
_AFTER_A_BUG = timedelta(minutes=10)

log = structlog.get_logger(__name__)


class Digests:
    """Writes digests out. Start `run` as a task."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    async def run(self) -> None:
        """Write what is due, until cancelled."""
        await self._database.bell.serve(BELL, self.step, _POLL_S)

    async def step(self) -> bool:
        """Deal with some of those whose time has come; say whether there was anybody."""
        now = self._now()
        async with self._database.reading() as connection:
            waiting = await held.due(connection, now, _BATCH)
        for subscriber_id in waiting:
            try:
                async with self._database.redoable() as connection:
                    await self._tell(connection, subscriber_id, now)
            except Exception:  # one bad row must not keep the others waiting
                log.exception("digest failed", subscriber=subscriber_id)
                await self._later(subscriber_id, now)
        if waiting:
            self._database.bell.ring("outbox")
        return bool(waiting)

    async def _later(self, subscriber_id: SubscriberId, now: datetime) -> None:
        async with self._database.redoable() as connection:
            ids = await held.due_of(connection, subscriber_id, now)
            await held.postpone(connection, ids, None, now + _AFTER_A_BUG)

    async def _tell(
        self, connection: Connection, subscriber_id: SubscriberId, now: datetime
    ) -> None:
        person = await subscribers.by_id(connection, subscriber_id)
        ids = await held.due_of(connection, subscriber_id, now)
        if person is None or not ids:
            return
        rules = await routing.of(connection, subscriber_id)
        match of_held(rules, person.state, now, zone_of(person.timezone)):
            case Hold() as hold:
                await held.postpone(connection, ids, hold.reason, hold.until)
            case Withheld() as reason:
                await held.withhold(connection, ids, reason)
            case None if len(ids) == 1:
                await held.owe(connection, ids, now)
            case None:
                await self._write(connection, person, ids, now)

    async def _write(
        self, connection: Connection, person: Subscriber, ids: Sequence[AlertId], now: datetime
    ) -> None:
        found: list[AlertCase] = []
        for start in range(0, len(ids), _PAGE):
            found += await alert_cases.cases(connection, ids[start : start + _PAGE])
        made = digest(found, now, voice_of(person))
        first = None
        for number, part in enumerate(made.parts, start=1):
            written = await notices.add(
                connection,
                NewNotice(
                    key=f"digest:{ids[0]}:{number}",  # an alert is told in one digest at most
                    subscriber_id=person.id,
                    kind=NoticeKind.DIGEST,
                    body=kept(part),
                    due_at=now,
                    file_name=f"digest-{now:%Y%m%d-%H%M}.txt" if made.file else None,
                    file=made.file.encode() if made.file else None,
                ),
                now,
            )
            first = first or written
        if first is None:
            raise RuntimeError("a digest of these alerts was written before")
        await held.told(connection, ids, first, now)
        log.info("digest written", subscriber=person.id, alerts=len(ids), parts=len(made.parts))
