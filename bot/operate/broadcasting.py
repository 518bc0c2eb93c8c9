"""A message to everybody: drafted, shown to its author, confirmed by a button.

Confirming owes everybody a notice, all in one transaction; the outbox sends them after the alerts
at its own pace, and a restart goes on where it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from bot.notify.notices import kept
from bot.notify.snippet import clean
from bot.operate import texts
from bot.operate.admission import actor
from bot.operate.buttons import Press, Pressed, button
from bot.operate.people import ACTOR
from bot.operate.texts import said
from bot.telegram.messages import OutgoingText, Style, TextBuilder, utf16_length
from bot.translation import phrase, voice_of
from storage import audit, broadcasts, notices
from storage.database import Connection, Database
from storage.failures import BadInput
from storage.notices import NewNotice
from storage.records import (
    AuditEntry,
    BroadcastId,
    BroadcastState,
    NoticeKind,
    Priority,
    Subscriber,
)

SEND = "bs"
DROP = "bx"
LONGEST = 3000  # UTF-16 units; the heading and Telegram's limit leave so much

USAGE = phrase(
    "Write what everybody shall read: /broadcast Maintenance tonight from 22:00 to 23:00"
)
TOO_LONG = phrase("That is too long for one message: at most {limit} characters.")
HEADING = phrase("From the operators of Earshot")
CONFIRM = phrase("This would go to {people}. Nothing is sent yet:")
SEND_IT = phrase("Send it")
DROP_IT = phrase("Do not send")
BEING_SENT = phrase("It is being sent to {people}.")
NOT_SENT = phrase("Not sent.")

Handler = Callable[[Subscriber, str], Awaitable[OutgoingText]]


class TextTooLong(BadInput, ValueError):
    """A broadcast does not fit a message."""

    def __init__(self) -> None:
        super().__init__(f"that is too long for one message: at most {LONGEST} characters")


async def audience(database: Database) -> int:
    """Count whom a broadcast would reach."""
    async with database.reading() as connection:
        return len(await broadcasts.audience(connection))


async def send(database: Database, text: str) -> int:
    """Owe a text to everybody, from the command line; a run sends it. Raises TextTooLong."""
    if utf16_length(text) > LONGEST:
        raise TextTooLong
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        number = await broadcasts.add(
            connection, actor=ACTOR, text=text, state=BroadcastState.DRAFTED, made_at=now
        )
        people = await _owe(connection, number, ACTOR) or 0
    database.bell.ring("outbox")
    return people


async def _owe(connection: Connection, number: BroadcastId, who: str) -> int | None:
    """Owe a draft to everybody, once, for its author alone; None if it is not theirs to send."""
    draft = await broadcasts.confirm(connection, number, who)
    if draft is None:
        return None
    now = datetime.now(UTC)
    people = await broadcasts.audience(connection)
    for person in people:
        text = TextBuilder().add("📢 ").add(voice_of(person).text(HEADING), Style.BOLD)
        text.add("\n" + clean(draft.text))
        notice = NewNotice(
            key=f"broadcast:{number}:{person.id}",
            subscriber_id=person.id,
            kind=NoticeKind.BROADCAST,
            body=kept(text.build()),
            due_at=now,
            priority=Priority.UPDATE,
        )
        await notices.add(connection, notice, now)
    detail = {"people": str(len(people))}  # not the text: the trail holds no content
    await audit.add(connection, AuditEntry(now, who, "broadcast sent", str(number), detail))
    return len(people)


class Broadcasting:
    """Takes broadcasts from operators in the chat."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commands(self) -> Mapping[str, Handler]:
        """Give the commands answered here."""
        return {"broadcast": self._draft}

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            SEND: Press(self._press_send, 1, right="broadcast"),
            DROP: Press(self._press_drop, 0, right="broadcast"),
        }

    async def _draft(self, subscriber: Subscriber, arguments: str) -> OutgoingText:
        voice = voice_of(subscriber)
        if not arguments:
            return said(voice, USAGE)
        if utf16_length(arguments) > LONGEST:
            return said(voice, TOO_LONG, limit=LONGEST)
        now = datetime.now(UTC)
        async with self._database.transaction() as connection:
            number = await broadcasts.add(
                connection,
                actor=actor(subscriber),
                text=arguments,
                state=BroadcastState.DRAFTED,
                made_at=now,
            )
            people = await broadcasts.audience(connection)
        who = voice.count(texts.FOR_PEOPLE, len(people))
        builder = TextBuilder().add(voice.text(CONFIRM, people=who), Style.ITALIC)
        builder.add("\n\n" + clean(arguments))
        send_it = button(voice.text(SEND_IT), SEND, number)
        return builder.build([[send_it, button(voice.text(DROP_IT), DROP)]])

    async def _press_send(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        """Send what its author confirms, once; another's draft is nobody else's to send."""
        voice, number = voice_of(subscriber), BroadcastId(numbers[0])
        async with self._database.transaction() as connection:
            people = await _owe(connection, number, actor(subscriber))
        if people is None:
            return Pressed(voice.text(texts.OLD_BUTTON))
        self._database.bell.ring("outbox")
        who = voice.count(texts.FOR_PEOPLE, people)
        return Pressed("✓", said(voice, BEING_SENT, people=who))

    async def _press_drop(self, subscriber: Subscriber, _numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", said(voice_of(subscriber), NOT_SENT))
