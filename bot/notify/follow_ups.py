"""Deletions and edits of posts that people were alerted to → a short message, once.

The alert itself is brought up to date in silence (dispatch does); this tells those who want to be
told. It answers the alert, waits for the end of quiet hours, and is not sent to who has paused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from bot.clock import utc_now
from bot.notify.difference import is_material, word_difference, write_difference
from bot.notify.notices import kept
from bot.notify.passage import Passage, reach
from bot.notify.timing import free_from
from bot.telegram.messages import OutgoingText, TextBuilder
from bot.translation import Voice, phrase, voice_of, zone_of
from storage import alert_cases, alert_changes, cursors, notices, routing
from storage.alert_cases import AlertCase
from storage.alert_changes import Change
from storage.database import Connection, Database
from storage.notices import NewNotice
from storage.records import AlertId, FollowUps, Held, NoticeKind, Routing

BELL = "follow-ups"
DELETIONS = "follow-ups.deletions"
EDITS = "follow-ups.edits"
GONE = phrase(
    "The post you were alerted to was deleted {span} after it was posted. The copy is kept."
)
CHANGED = phrase("The post you were alerted to was edited:")
_POLL_S = 2.0
_REST_S = 0.3  # a follow-up need not be as fast as an alert
_BATCH = 200
_CURSORS = {Change.DELETIONS: DELETIONS, Change.EDITS: EDITS}
_ROOM = 600  # code points of a difference


class FollowUpStage:
    """Writes follow-ups. Start `run` as a task."""

    def __init__(self, database: Database, *, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._passage = Passage(_CURSORS.values())

    async def run(self) -> None:
        """Work off what comes, until cancelled."""
        await self._database.bell.serve(BELL, self.step, _POLL_S, rest_s=_REST_S)

    async def step(self) -> bool:
        """Work off one batch of deletions and edits; say whether there was anything."""
        now = self._now()
        async with self._database.reading() as connection:
            at = await self._passage.position(connection)
            newest = await alert_changes.newest(connection, _CURSORS.keys())
            to = {name: reach(at[name], newest[kind], _BATCH) for kind, name in _CURSORS.items()}
            if to == at:
                return False
            told = [
                await alert_changes.told(connection, kind, at[name], to[name])
                for kind, name in _CURSORS.items()
            ]
        if is_kept := any(told) or self._passage.is_overdue(to):
            async with self._database.redoable() as connection:
                for ids in told:
                    await self._follow(connection, ids, now)
                await cursors.advance_all(connection, to)
            self._database.bell.ring("outbox")
        self._passage.passed(to, is_kept=is_kept)
        return True

    async def _follow(
        self, connection: Connection, ids: Collection[AlertId], now: datetime
    ) -> None:
        cases = await alert_cases.cases(connection, ids) if ids else []
        rules = await routing.of_many(connection, {case.subscriber.id for case in cases})
        for case in cases:
            new = follow_up(case, rules[case.subscriber.id], now)
            if new is not None:
                await notices.add(connection, new, now)


def follow_up(case: AlertCase, rules: Routing, now: datetime) -> NewNotice | None:
    """Write what a person is told of a change of what they were alerted to, None for nothing."""
    if rules.is_paused or rules.follow_ups is FollowUps.NONE:
        return None
    voice = voice_of(case.subscriber)
    if case.post.deleted_at is not None:
        what, text = "deleted", _gone(case, voice)
    elif rules.follow_ups is FollowUps.CHANGES and is_material(case.first_text, case.latest_text):
        what, text = "edited", _changed(case, voice)
    else:
        return None
    due_at = free_from(rules, now, zone_of(case.subscriber.timezone))
    return NewNotice(
        key=f"{what}:{case.alert.id}",
        subscriber_id=case.subscriber.id,
        kind=NoticeKind.FOLLOW_UP,
        body=kept(text),
        due_at=due_at,
        reason=Held.QUIET if due_at > now else None,
        reply_to=case.alert.id,
    )


def _gone(case: AlertCase, voice: Voice) -> OutgoingText:
    after = (case.post.deleted_at or case.post.posted_at) - case.post.posted_at
    builder = TextBuilder().add("🗑 " + voice.text(GONE, span=voice.span(after)))
    return builder.build()


def _changed(case: AlertCase, voice: Voice) -> OutgoingText:
    builder = TextBuilder().add("✏️ " + voice.text(CHANGED) + "\n")
    write_difference(builder, word_difference(case.first_text, case.latest_text), _ROOM)
    return builder.build()
