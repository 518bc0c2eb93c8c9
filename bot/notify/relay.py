"""What the bot told → each person's other targets: sent, later or never, a delivery row each time.

Behind a cursor over the bot's own deliveries, so whatever the bot told, or could not tell, goes to
the others, too. One message a target is on its way; a slow one keeps no other waiting. What did
not get through in three days is dead and stays in its row.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot.notify import apprise_target, feed, webhook
from bot.notify.compose import Highlight, compose
from bot.notify.notices import kept
from bot.notify.targets import (
    Answer,
    Message,
    Postponed,
    Refused,
    Sent,
    of_alert,
    of_notice,
)
from bot.pacing import backoff_s
from bot.telegram.messages import TextBuilder
from bot.translation import phrase, voice_of
from storage import alert_cases, cursors, notices, subscribers, targets
from storage.database import Database
from storage.notices import NewNotice
from storage.records import DeliveryTarget, NoticeKind, Outcome, Subscriber, TargetKind
from storage.targets import TargetItem

BELL = "relay"
CURSOR = "relay"
NOT_WORKING = phrase(
    "Your target “{label}” has not worked for a day: {reason}. What is for it waits three days."
)
_POLL_S = 2.0
_BATCH = 500
_AT_ONCE = 8
_DEAD_AFTER = timedelta(days=3)
_TOLD_AFTER = timedelta(days=1)
_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 3600.0

log = structlog.get_logger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Relay:
    """Brings messages to targets besides the bot's chat. Start `run` as a task."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        may_be_private: bool = False,
        highlight: Highlight | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
        self._folder = folder
        self._may_be_private = may_be_private
        self._highlight = highlight
        self._now = now

    async def run(self) -> None:
        """Relay what comes, until cancelled."""
        while True:
            while await self.step():
                pass
            await self._database.bell.wait(BELL, _POLL_S)

    async def step(self) -> int:
        """Owe what the bot told, send some of what is due; give how much there was to do."""
        now = self._now()
        owed = await self._owe(now)
        async with self._database.reading() as connection:
            due = await targets.due(connection, now, (), _AT_ONCE)
        if due:
            answers = await asyncio.gather(*(self._deliver(item) for item in due))
            for item, answer in zip(due, answers, strict=True):
                await self._record(item, answer)
        await self._tell_of_trouble(now)
        return owed + len(due)

    async def _owe(self, now: datetime) -> int:
        async with self._database.reading() as connection:
            after = await cursors.position(connection, CURSOR)
            newest = await targets.newest_delivery(connection)
        if newest <= after:
            return 0
        async with self._database.redoable() as connection:
            last = await targets.owe(connection, after, _BATCH, now)
            if last is not None:
                await cursors.advance(connection, CURSOR, last)
        return 1

    async def _deliver(self, item: TargetItem) -> Answer:
        try:
            message = await self._message(item)
            name = f"alert-{item.alert_id}" if item.alert_id else f"notice-{item.notice_id}"
            return await deliver(
                item.target,
                message,
                name,
                folder=self._folder,
                now=self._now(),
                may_be_private=self._may_be_private,
            )
        except Exception as error:  # one bad row must not stop the others
            log.exception("relay failed", target=item.target.id, item=item.id)
            return Postponed(_FIRST_RETRY_S, f"a fault in Earshot: {type(error).__name__}")

    async def _message(self, item: TargetItem) -> Message:
        async with self._database.reading() as connection:
            if item.alert_id is not None:
                (case,) = await alert_cases.cases(connection, [item.alert_id])
                return of_alert(case, compose(case, self._now(), self._highlight))
            if item.notice_id is not None:
                return of_notice((await notices.cases(connection, [item.notice_id]))[0])
        raise LookupError("what is due is neither an alert nor a notice")

    async def _record(self, item: TargetItem, answer: Answer) -> None:
        now = self._now()
        outcome, reason, due_at = _outcome(item, answer, now)
        async with self._database.transaction() as connection:
            await targets.record(connection, item, outcome, reason, now=now, due_at=due_at)
        log.info("relayed", target=item.target.id, outcome=outcome.value, reason=reason)

    async def _tell_of_trouble(self, now: datetime) -> None:
        """Tell owners, by the others, of targets that have not worked for a day; once each time."""
        async with self._database.reading() as connection:
            failing = await targets.failing_since(connection, now - _TOLD_AFTER)
        for target in failing:
            async with self._database.redoable() as connection:
                owner = await subscribers.by_id(connection, target.subscriber_id)
                if owner is None:
                    continue
                written = await notices.add(connection, _trouble(target, owner, now), now)
            if written is not None:
                self._database.bell.ring("outbox")


def _outcome(
    item: TargetItem, answer: Answer, now: datetime
) -> tuple[Outcome, str | None, datetime]:
    match answer:
        case Sent():
            return Outcome.SENT, answer.detail, now
        case Refused():
            return Outcome.NEVER, answer.reason, now
        case Postponed() if now - item.owed_at >= _DEAD_AFTER:
            return Outcome.NEVER, f"given up after three days: {answer.reason}", now
        case Postponed():
            chance = random.random()  # noqa: S311  # spreads retries, guards nothing
            wait_s = backoff_s(
                item.attempts + 1, chance, first_s=_FIRST_RETRY_S, ceiling_s=_LONGEST_RETRY_S
            )
            wait_s = max(answer.delay_s, wait_s)
            return Outcome.LATER, answer.reason, now + timedelta(seconds=wait_s)


def _trouble(target: DeliveryTarget, owner: Subscriber, now: datetime) -> NewNotice:
    since = target.failing_since or now
    text = voice_of(owner).text(NOT_WORKING, label=target.label, reason=target.reason or "?")
    return NewNotice(
        key=f"target:{target.id}:{int(since.timestamp())}",
        subscriber_id=owner.id,
        kind=NoticeKind.TARGET,
        body=kept(TextBuilder().add(f"⚠️ {text}").build()),
        due_at=now,
    )


async def deliver(
    target: DeliveryTarget,
    message: Message,
    name: str,
    *,
    folder: Path,
    now: datetime,
    may_be_private: bool,
) -> Answer:
    """Bring one message to one target; `name` is the same whenever it is tried again."""
    match target.kind:
        case TargetKind.WEBHOOK:
            delivery = f"{target.id}-{name}"
            stamp = int(now.timestamp())
            return await webhook.post(
                target, message, delivery, timestamp=stamp, may_be_private=may_be_private
            )
        case TargetKind.APPRISE:
            return await apprise_target.send(target, message, may_be_private=may_be_private)
        case TargetKind.FEED:
            return await asyncio.to_thread(_add_to_feed, target, message, name, folder, now)


def _add_to_feed(
    target: DeliveryTarget, message: Message, name: str, folder: Path, now: datetime
) -> Answer:
    path = feed.path_of(folder, target.address)
    links = tuple(b.url for row in message.text.buttons for b in row if b.url)
    try:
        before = path.read_bytes() if path.is_file() else None
        entry = feed.Entry(name, message.text.text, links, now)
        feed.put(path, feed.with_entry(before, str(target.id), entry))
    except OSError as error:
        return Postponed(_FIRST_RETRY_S, f"the feed could not be written: {error.strerror}")
    return Sent(None)
