"""The outbox: leases what is owed, writes it out, sends it at Telegram's pace, records the answer.

One alert a reader is on its way at a time, several readers at once, so that a slow one keeps
nobody waiting. What was sent is recorded after the send, answers of the same moment in one
transaction: a crash in between repeats the send, and the target refuses the repetition.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.cancellation import is_asked
from bot.clock import utc_now
from bot.notify.compose import Highlight, compose
from bot.notify.owed import Owed
from bot.notify.targets import (
    NOT_FOUND,
    Answer,
    Postponed,
    Refused,
    Sent,
    Target,
    of_alert,
    of_notice,
)
from bot.pacing import LastSecond, TokenBucket, backoff_s
from bot.telegram.messages import OutgoingText
from storage import alert_cases, alerts, deliveries, notices, subscribers
from storage.alert_cases import AlertCase
from storage.database import Database
from storage.deliveries import Attempt, Due
from storage.notices import NoticeCase
from storage.records import (
    AlertState,
    Outcome,
    Subscriber,
    SubscriberId,
    SubscriberState,
    Withheld,
)

BELL = "outbox"
_POLL_S = 2.0
_LEASE = timedelta(seconds=60)
_STOP_GRACE_S = 5.0
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 300.0
_BUG_ATTEMPTS = 5  # then the alert is dead, and says what went wrong
_BUCKETS_KEPT = 10_000
_PAUSED_S = 1.0  # with a longer wait ahead nothing is leased: the lease would run out unused

_Case = AlertCase | NoticeCase | None

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the target takes messages, in messages a second, and how many are under way.

    In the second after a pause `burst` come on top of `per_s`; Telegram takes about 30 in all.
    """

    per_s: float = 25.0
    burst: float = 3.0
    per_reader_per_s: float = 1.0
    reader_burst: float = 3.0
    in_flight: int = 16


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the outbox tells those who count: one attempt, its end, how long the alert was owed.

    `flood_s` is how long Telegram asks to wait, 0 if it does not.
    """

    outcome: Outcome
    state: AlertState
    is_edit: bool
    owed_s: float
    flood_s: float = 0.0


class Outbox:
    """Brings alerts to their readers. Start `run` as a task; cancelling it stops it in order."""

    def __init__(
        self,
        database: Database,
        target: Target,
        *,
        pace: Pace | None = None,
        highlight: Highlight | None = None,
        on_delivered: Callable[[Delivered], None] = lambda _: None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._target = target
        self._pace = pace or Pace()
        self._highlight = highlight
        self._on_delivered = on_delivered
        self._now = now
        self._bucket = TokenBucket(self._pace.per_s, self._pace.burst)
        self._last_second = LastSecond(self._pace.per_s + self._pace.burst)
        self._reader_buckets: dict[SubscriberId, TokenBucket] = {}
        self._tasks: dict[SubscriberId, asyncio.Task[None]] = {}
        self._leased: dict[SubscriberId, Due] = {}
        self._limits: dict[SubscriberId, float] = {}  # until when, on the monotonic clock
        self._attempts: list[Attempt] = []
        self._blocked: set[SubscriberId] = set()
        self._released_at = 0.0  # on the monotonic clock

    async def run(self) -> None:
        """Send what is owed, until cancelled; then let what is under way end, and record it."""
        async with self._database.redoable() as connection:
            await deliveries.release(connection)  # the folder's lock: nobody else holds any
        try:
            while True:
                wait_s = await self._turn()
                await self._database.bell.wait(BELL, wait_s)
        finally:
            await self._stop()

    async def _turn(self) -> float:
        """Record what came back and start what is due; say how long nothing will change (s)."""
        await self._record()
        now = self._now()
        room = self._pace.in_flight - len(self._tasks)
        if room <= 0:
            return _POLL_S  # the next answer rings
        paused_s = self._bucket.delay_s(time.monotonic())
        if paused_s > _PAUSED_S:
            return min(_POLL_S, paused_s)
        async with self._database.reading() as connection:
            found = await deliveries.due(connection, now, self._busy(), room)
            next_due = None if found else await deliveries.next_due(connection, now)
        if not found:
            return self._quiet_s(now, next_due)
        async with self._database.redoable() as connection:
            await deliveries.lease(connection, found, now + _LEASE)
        for item in found:
            self._start(item)
        return 0.0  # others may be due behind what was looked at

    def _busy(self) -> set[SubscriberId]:
        """Give the readers who can take nothing at this moment."""
        now = time.monotonic()
        paced = {key for key, bucket in self._reader_buckets.items() if bucket.delay_s(now) > 0}
        return paced | self._tasks.keys()

    def _quiet_s(self, now: datetime, next_due: datetime | None) -> float:
        """Say how long to wait for the bell: until a reader's turn or a delayed alert at most."""
        moment = time.monotonic()
        waits = [bucket.delay_s(moment) for bucket in self._reader_buckets.values()]
        waits = [wait_s for wait_s in waits if wait_s > 0]
        if next_due:
            waits.append((next_due - now).total_seconds())
        return max(0.0, min([_POLL_S, *waits]))

    def _start(self, item: Due) -> None:
        moment = time.monotonic()
        self._reader_bucket(item.subscriber_id).take(moment)
        wait_s = self._bucket.take(moment)
        self._leased[item.subscriber_id] = item
        self._tasks[item.subscriber_id] = asyncio.create_task(
            self._deliver(item, wait_s), name=f"alert {item.alert_id} notice {item.notice_id}"
        )

    def _reader_bucket(self, subscriber_id: SubscriberId) -> TokenBucket:
        if len(self._reader_buckets) >= _BUCKETS_KEPT:
            now = time.monotonic()
            self._reader_buckets = {
                key: bucket
                for key, bucket in self._reader_buckets.items()
                if not bucket.is_full(now)
            }
        return self._reader_buckets.setdefault(
            subscriber_id, TokenBucket(self._pace.per_reader_per_s, self._pace.reader_burst)
        )

    async def _deliver(self, item: Due, wait_s: float) -> None:
        """Make one attempt; what came of it waits in `_attempts` to be recorded."""
        case: _Case = None
        try:
            await asyncio.sleep(wait_s)
            async with self._database.reading() as connection:
                if item.alert_id is not None:
                    case = (await alert_cases.cases(connection, [item.alert_id]))[0]
                elif item.notice_id is not None:
                    case = (await notices.cases(connection, [item.notice_id]))[0]
            while (late_s := self._last_second.delay_s(time.monotonic())) > 0:  # noqa: ASYNC110  # time itself is waited for
                await asyncio.sleep(late_s)
            self._last_second.take(time.monotonic())
            attempt = await self._attempt(case)
        except (Exception, asyncio.CancelledError) as error:  # one bad row must not stop the others
            if isinstance(error, asyncio.CancelledError) and is_asked():
                raise
            log.exception("alert failed", alert=item.alert_id, notice=item.notice_id)
            attempt = self._bug(item, case, error)
        finally:
            self._database.bell.ring(BELL)
        self._attempts.append(attempt)

    async def _attempt(self, case: _Case) -> Attempt:
        match case:
            case AlertCase():
                return await self._attempt_alert(case)
            case NoticeCase():
                return await self._attempt_notice(case)
            case None:
                raise LookupError("what was due is neither an alert nor a notice")

    async def _attempt_alert(self, case: AlertCase) -> Attempt:
        what = Owed.of(case)
        if case.subscriber.state is not SubscriberState.ACTIVE:
            return self._withheld(what, case.subscriber)
        text = compose(case, self._now(), self._highlight)
        digest = _digest(text)
        if case.alert.sent_version and digest == case.sent_hash:
            return self._sent(what, Sent(case.alert.remote_id), digest)
        if case.alert.sent_version and case.alert.remote_id is None:
            return self._sent(what, Sent(None, NOT_FOUND), digest)  # they have it: never anew
        return self._noted(what, await self._target.deliver(of_alert(case, text)), digest)

    async def _attempt_notice(self, case: NoticeCase) -> Attempt:
        what = Owed.of(case)
        if case.subscriber.state is not SubscriberState.ACTIVE:
            return self._withheld(what, case.subscriber)
        return self._noted(what, await self._target.deliver(of_notice(case)), None)

    def _noted(self, what: Owed, answer: Answer, digest: bytes | None) -> Attempt:
        log.info(
            "alert delivered" if isinstance(answer, Sent) else "alert not delivered",
            alert=what.alert_id,
            notice=what.notice_id,
            subscriber=what.subscriber_id,
            version=what.version,
            reason=answer.detail if isinstance(answer, Sent) else answer.reason,
        )
        match answer:
            case Sent():
                return self._sent(what, answer, digest)
            case Postponed():
                return self._postponed(what, answer)
            case Refused():
                return self._refused(what, answer)

    def _sent(self, what: Owed, answer: Sent, digest: bytes | None) -> Attempt:
        return replace(
            self._outcome(what, Outcome.SENT, AlertState.SENT, answer.detail),
            remote_id=answer.remote_id,
            sent_hash=digest,
        )

    def _postponed(self, what: Owed, answer: Postponed) -> Attempt:
        attempts = what.attempts + 1
        delay_s = answer.delay_s
        flood_s = delay_s if answer.is_limit else 0.0
        if answer.is_limit:
            self._slow_down(what.subscriber_id, delay_s)
        else:
            delay_s = max(delay_s, _retry_s(attempts))
        return replace(
            self._outcome(what, Outcome.LATER, AlertState.OWED, answer.reason, flood_s),
            due_at=self._now() + timedelta(seconds=delay_s),
        )

    def _slow_down(self, subscriber_id: SubscriberId, delay_s: float) -> None:
        """Let a reader wait; all of them when the limit turns out not to be one reader's."""
        moment = time.monotonic()
        others = [until for key, until in self._limits.items() if key != subscriber_id]
        self._reader_bucket(subscriber_id).pause(moment + delay_s)
        if any(until > moment for until in others):
            self._bucket.pause(moment + delay_s)
        self._limits = {key: until for key, until in self._limits.items() if until > moment}
        self._limits[subscriber_id] = moment + delay_s

    def _refused(self, what: Owed, answer: Refused) -> Attempt:
        if answer.is_blocked:
            self._blocked.add(what.subscriber_id)
            state = AlertState.SENT if what.is_known else AlertState.WITHHELD
            return self._outcome(what, Outcome.NEVER, state, Withheld.BLOCKED_BOT)
        # A refused edit takes nothing away: the reader still has what was sent.
        state = AlertState.SENT if what.is_known else AlertState.DEAD
        return self._outcome(what, Outcome.NEVER, state, answer.reason)

    def _withheld(self, what: Owed, subscriber: Subscriber) -> Attempt:
        is_removed = subscriber.state is SubscriberState.REMOVED
        reason = Withheld.SUBSCRIBER_REMOVED if is_removed else Withheld.BLOCKED_BOT
        state = AlertState.SENT if what.is_known else AlertState.WITHHELD
        return self._outcome(what, Outcome.NEVER, state, reason)

    def _outcome(
        self,
        what: Owed,
        outcome: Outcome,
        state: AlertState,
        detail: str | None,
        flood_s: float = 0.0,
    ) -> Attempt:
        now = self._now()
        owed_s = (now - what.owed_at).total_seconds()
        self._on_delivered(Delivered(outcome, state, what.is_known, owed_s, flood_s))
        return Attempt(
            alert_id=what.alert_id,
            notice_id=what.notice_id,
            subscriber_id=what.subscriber_id,
            target=self._target.name,
            version=what.version,
            at=now,
            outcome=outcome,
            state=state,
            detail=detail,
            due_at=now,
            remote_id=what.remote_id,
            sent_hash=None,
        )

    def _bug(self, item: Due, case: _Case, error: BaseException) -> Attempt:
        now = self._now()
        is_dead = item.attempts + 1 >= _BUG_ATTEMPTS
        what = Owed.of(case) if case else None
        end = AlertState.SENT if what and what.is_known else AlertState.DEAD
        return Attempt(
            alert_id=item.alert_id,
            notice_id=item.notice_id,
            subscriber_id=item.subscriber_id,
            target=self._target.name,
            version=what.version if what else 0,
            at=now,
            outcome=Outcome.NEVER if is_dead else Outcome.LATER,
            state=end if is_dead else AlertState.OWED,
            detail=f"a fault in Earshot: {type(error).__name__}",
            due_at=now + timedelta(seconds=_retry_s(item.attempts + 1)),
            remote_id=None,
            sent_hash=None,
        )

    async def _record(self) -> None:
        """Write what came back, all of it in one transaction."""
        attempts, self._attempts = self._attempts, []
        blocked, self._blocked = self._blocked, set()
        is_late = time.monotonic() - self._released_at > _LEASE.total_seconds()
        if attempts:
            try:
                async with self._database.transaction() as connection:
                    await deliveries.record(connection, attempts)
                    for subscriber_id in blocked:
                        await alerts.withhold_rest(connection, subscriber_id, Withheld.BLOCKED_BOT)
                        await subscribers.set_state(
                            connection, subscriber_id, SubscriberState.BLOCKED_BOT
                        )
                    if is_late:
                        await deliveries.release_expired(connection, self._now())
            except BaseException:  # stopped in the middle: `_stop` writes it
                self._attempts = attempts + self._attempts
                self._blocked |= blocked
                raise
            self._released_at = time.monotonic() if is_late else self._released_at
            self._database.bell.ring("relay")
            for attempt in attempts:
                self._leased.pop(attempt.subscriber_id, None)
        # Only now may the next alert of the same reader go: it could be the same alert, edited.
        for key in [key for key, task in self._tasks.items() if task.done()]:
            if key not in self._leased:
                del self._tasks[key]

    async def _stop(self) -> None:
        """Let what is under way end, within a limit; record it; give the rest back."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=_STOP_GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._record()
        if self._leased:
            async with self._database.transaction() as connection:
                await deliveries.release(connection, list(self._leased.values()))


def _retry_s(attempts: int) -> float:
    return backoff_s(
        attempts,
        random.random(),  # noqa: S311  # spreads retries, guards nothing
        first_s=_FIRST_RETRY_S,
        ceiling_s=_LONGEST_RETRY_S,
    )


def _digest(text: OutgoingText) -> bytes:
    return hashlib.sha256(repr(text).encode(errors="surrogatepass")).digest()
