"""What people are owed → their other targets: sent, later or never, a delivery row each time.

Behind cursors over alerts and notices themselves, so what the bot cannot tell goes to the others
all the same. One message a target is on its way, several targets at once; a slow one keeps no
other waiting. What did not get through in three days is dead and stays in its row.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.clock import utc_now
from bot.notify.compose import Highlight, compose, isolated
from bot.notify.notices import kept
from bot.notify.snippet import shortened
from bot.notify.targets import (
    Answer,
    Message,
    Postponed,
    Refused,
    Sent,
    of_alert,
    of_notice,
)
from bot.notify.ways import Ways
from bot.pacing import backoff_s
from bot.telegram.messages import TextBuilder
from bot.translation import phrase, voice_of
from storage import alert_cases, cursors, notices, subscribers, target_items, targets
from storage.database import Connection, Database
from storage.notices import NewNotice, NoticeCase
from storage.records import (
    Alert,
    AlertState,
    DeliveryTarget,
    NoticeKind,
    Outcome,
    Subscriber,
    SubscriberId,
    SubscriberState,
    TargetId,
    TargetKind,
    Withheld,
)
from storage.target_items import TargetItem

BELL = "relay"
ALERTS = "relay.alerts"
NOTICES = "relay.notices"
NOT_WORKING = phrase(
    "Your target “{label}” has not worked for a day: {reason}. What is for it waits three days."
)
CHAT_NOT_WORKING = phrase(
    "Your target “{label}” has not worked for a day: {reason}. What was for it is not told there "
    "later; here you have all of it."
)
BOT_BLOCKED = phrase(
    "You have blocked the bot, so for a day your alerts have come here alone. Unblock it and write "
    "to it, and it tells you in Telegram again."
)
_POLL_S = 2.0
_BATCH = 500
_LEFT_ALONE = 5_000  # rows behind which the cursors may be while nobody has a target: the writer
# has better to do, and none of them is for a target that is made later
_AT_ONCE = 32
_STOP_GRACE_S = 5.0
_DEAD_AFTER = timedelta(days=3)
_LEAST_ATTEMPTS = 10  # an hour and a half of them
_TOLD_AFTER = timedelta(days=1)
_WAKE_EVERY = timedelta(seconds=2)
_LOOK_EVERY = timedelta(minutes=1)  # for what has not worked for a day
_FIRST_RETRY_S = 5.0
_LONGEST_RETRY_S = 3600.0
_LABEL = 60  # code points
_REASON = 200
_CURSORS = ((ALERTS, target_items.owe_alerts), (NOTICES, target_items.owe_notices))

log = structlog.get_logger(__name__)


class Relay:
    """Brings messages to targets besides the bot's chat. Start `run` as a task."""

    def __init__(
        self,
        database: Database,
        ways: Ways,
        *,
        highlight: Highlight | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._ways = ways
        self._highlight = highlight
        self._now = now
        self._tasks: dict[TargetId, asyncio.Task[None]] = {}
        self._resting: dict[TargetId, float] = {}  # until when, on the monotonic clock
        self._is_used = True
        self._woken_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._told: set[str] = set()  # keys of notices that were written, now or before

    async def run(self) -> None:
        """Relay what comes, until cancelled; then let what is under way end."""
        try:
            while True:
                while await self._turn():
                    pass
                await self._database.bell.wait(BELL, self._quiet_s())
        finally:
            if self._tasks:
                _, late = await asyncio.wait(self._tasks.values(), timeout=_STOP_GRACE_S)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def step(self) -> int:
        """Owe what is new, send what is due first to each target; give how much there was to do."""
        done = await self._turn()
        if self._tasks:
            await asyncio.gather(*self._tasks.values())
        return done

    async def _turn(self) -> int:
        """Owe what is new and start what is due; give how much it was."""
        now = self._now()
        owed = await self._owe(now)
        if not self._is_used:
            return owed
        self._tasks = {key: task for key, task in self._tasks.items() if not task.done()}
        moment = time.monotonic()
        self._resting = {key: until for key, until in self._resting.items() if until > moment}
        busy = self._tasks.keys() | self._resting.keys()
        async with self._database.reading() as connection:
            due = await target_items.due(connection, now, busy, _AT_ONCE - len(self._tasks))
        for item in due:
            target = item.target.id
            rest_s = self._ways.rest_s(item.target)
            if rest_s > 0:
                self._resting[target] = moment + rest_s
                continue
            work = self._attempt(item)
            self._tasks[target] = asyncio.create_task(work, name=f"target {target}")
        if self._looked_at is None or abs(now - self._looked_at) >= _LOOK_EVERY:
            self._looked_at = now
            await self._tell_of_trouble(now)
        return owed + len(due)

    def _quiet_s(self) -> float:
        """Say how long to wait for the bell: until a target has rested at most."""
        moment = time.monotonic()
        waits = [until - moment for until in self._resting.values()]
        return max(0.0, min([_POLL_S, *waits]))

    async def _owe(self, now: datetime) -> int:
        is_time = self._woken_at is None or abs(now - self._woken_at) >= _WAKE_EVERY
        async with self._database.reading() as connection:
            is_used = await targets.is_used(connection)
            newest = await target_items.newest(connection)
            after = [await cursors.position(connection, name) for name, _ in _CURSORS]
            wakes = is_used and is_time and await target_items.is_waiting(connection, now)
        self._is_used = is_used
        behind = [new - position for new, position in zip(newest, after, strict=True)]
        if not is_used and max(behind) < _LEFT_ALONE:
            return 0
        count = sum(number > 0 for number in behind)
        if is_time:
            self._woken_at = now
        if not count and not wakes:
            return 0
        async with self._database.redoable() as connection:
            for (name, owe), position in zip(_CURSORS, after, strict=True):
                last = await owe(connection, position, _BATCH, now)
                if last is not None:
                    await cursors.advance(connection, name, last)
            if wakes:
                await target_items.wake(connection, now)
        return count

    async def _attempt(self, item: TargetItem) -> None:
        """Make one attempt and write down what came of it."""
        message: Message | None = None
        try:
            message = await self._message(item)
            if message is None:
                return
            name = _name_of(message)
            answer = await self._ways.deliver(item.target, message, name, self._now())
        except Exception as error:  # one bad row must not stop the others
            log.exception("relay failed", target=item.target.id, item=item.id)
            answer = Postponed(_FIRST_RETRY_S, f"a fault in Earshot: {type(error).__name__}")
        await self._record(item, answer, message)
        self._database.bell.ring(BELL)

    async def _message(self, item: TargetItem) -> Message | None:
        """Read what is to be brought; None when it must not be, or not yet, which is noted."""
        message: Message | None = None
        async with self._database.reading() as connection:
            if item.alert_id is not None:
                for case in await alert_cases.cases(connection, [item.alert_id]):
                    if _is_told(case.alert):
                        text = compose(case, self._now(), self._highlight)
                        made = of_alert(case, text)
                        # One name, whatever the bot's own chat has by now: a send that is
                        # repeated after a crash must be refused.
                        name = (*made.name[:-1], "target")
                        message = replace(made, name=name, remote_id=item.remote_id)
            elif item.notice_id is not None:
                for notice in await notices.cases(connection, [item.notice_id]):
                    if notice.subscriber.state is not SubscriberState.REMOVED:
                        message = await self._notice(connection, item, notice)
        if message is None:
            async with self._database.redoable() as connection:
                await target_items.hold(connection, item)
        return message

    async def _notice(self, connection: Connection, item: TargetItem, case: NoticeCase) -> Message:
        """Give a notice; where it answers an alert, it answers what the chat has of that."""
        answered = case.notice.reply_to
        number = (
            await target_items.remote_id_of(connection, item.target.id, answered)
            if answered
            else None
        )
        return replace(of_notice(case), reply_to=number)

    async def _record(self, item: TargetItem, answer: Answer, message: Message | None) -> None:
        now = self._now()
        outcome, reason, due_at = _outcome(item, answer, now)
        version = message.alert.wanted_version if message and message.alert else 1
        async with self._database.transaction() as connection:
            await target_items.record(
                connection,
                item,
                outcome,
                reason,
                now=now,
                due_at=due_at,
                version=version,
                remote_id=answer.remote_id if isinstance(answer, Sent) else None,
                is_limit=isinstance(answer, Postponed) and answer.is_limit,
            )
        log.info("relayed", target=item.target.id, outcome=outcome.value, reason=reason)

    async def _tell_of_trouble(self, now: datetime) -> None:
        """Tell owners, by the others, of what has not worked for a day; once each time.

        The chat with the bot is one of them: who has blocked it is told elsewhere.
        """
        day_ago = now - _TOLD_AFTER
        async with self._database.reading() as connection:
            failing = await targets.failing_since(connection, day_ago)
            cut_off = await targets.owners_cut_off(connection, now - _DEAD_AFTER, day_ago)
        found: list[tuple[SubscriberId, Callable[[Subscriber, datetime], NewNotice]]] = [
            *((target.subscriber_id, partial(_trouble, target)) for target in failing),
            *((key, _blocked) for key in cut_off),
        ]
        for key, written in found:
            async with self._database.reading() as connection:
                owner = await subscribers.by_id(connection, key)
            new = written(owner, now) if owner else None
            if new is None or new.key in self._told:
                continue
            async with self._database.redoable() as connection:
                await notices.add(connection, new, now)
            self._told.add(new.key)
            self._database.bell.ring("outbox")


def _name_of(message: Message) -> str:
    """Name a message to a far side that takes a name it knows for a repetition."""
    kind, *rest = message.name
    return f"{kind}-{hashlib.sha256(repr(rest).encode()).hexdigest()[:20]}"


def _is_told(alert: Alert) -> bool:
    """Say whether nothing but the bot's own trouble speaks against telling an alert."""
    if alert.told_in is not None or alert.state is AlertState.HELD:
        return False
    return alert.state is not AlertState.WITHHELD or alert.reason == Withheld.BLOCKED_BOT


def _outcome(
    item: TargetItem, answer: Answer, now: datetime
) -> tuple[Outcome, str | None, datetime]:
    match answer:
        case Sent():
            return Outcome.SENT, answer.detail, now
        case Refused():
            return Outcome.NEVER, answer.reason, now
        case Postponed() if _is_given_up(item, now):
            return Outcome.NEVER, f"given up after three days: {answer.reason}", now
        case Postponed():
            chance = random.random()  # noqa: S311  # spreads retries, guards nothing
            wait_s = backoff_s(
                item.attempts + 1, chance, first_s=_FIRST_RETRY_S, ceiling_s=_LONGEST_RETRY_S
            )
            wait_s = answer.delay_s if answer.is_limit else max(answer.delay_s, wait_s)
            return Outcome.LATER, answer.reason, now + timedelta(seconds=wait_s)


def _is_given_up(item: TargetItem, now: datetime) -> bool:
    """Say whether an item was owed long enough, and tried often: the clock may have been set."""
    return now - item.owed_at >= _DEAD_AFTER and item.attempts + 1 >= _LEAST_ATTEMPTS


def _trouble(target: DeliveryTarget, owner: Subscriber, now: datetime) -> NewNotice:
    since = target.failing_since or now
    voice = voice_of(owner)
    said = CHAT_NOT_WORKING if target.kind is TargetKind.CHAT else NOT_WORKING
    reason = isolated(shortened(voice.known(target.reason or "?"), _REASON))
    label = isolated(shortened(target.label, _LABEL))
    text = voice.text(said, label=label, reason=reason)
    return NewNotice(
        key=f"target:{target.id}:{int(since.timestamp())}",
        subscriber_id=owner.id,
        kind=NoticeKind.TARGET,
        body=kept(TextBuilder().add(f"⚠️ {text}").build()),
        due_at=now,
    )


def _blocked(owner: Subscriber, now: datetime) -> NewNotice:
    text = voice_of(owner).text(BOT_BLOCKED)
    return NewNotice(
        key=f"target:bot:{owner.id}:{now:%G-%V}",  # once a week while it lasts
        subscriber_id=owner.id,
        kind=NoticeKind.TARGET,
        body=kept(TextBuilder().add(f"⚠️ {text}").build()),
        due_at=now,
    )
