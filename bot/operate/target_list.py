"""People's targets besides the bot, for the command line and the bot: add, list, remove, test.

An address is a secret: it is read from a file, from stdin or asked for, and never shown again.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.notify import apprise_target, chats, feed
from bot.notify.targets import Message, Postponed, Refused, Sent
from bot.notify.ways import Ways
from bot.operate.people import ACTOR, UnknownPersonError
from bot.telegram.messages import OutgoingText, Venue
from bot.translation import Voice, phrase, voice_of
from storage import audit, subscribers, target_items, targets
from storage.database import Database
from storage.failures import BadInput
from storage.records import (
    AuditEntry,
    DeliveryTarget,
    Subscriber,
    SubscriberId,
    TargetId,
    TargetKind,
)

TEST = phrase("This is a test from Earshot. Your alerts will come here, too.")
UNUSABLE = phrase("this address cannot be used: {fault}")
NO_URL = phrase("give a URL such as https://example.org/hook")
BY_THE_BOT = phrase("a group or channel is added in the bot, with /targets and its name")
NO_TARGET = "there is no target {target}: see `earshot people targets list PERSON`"
TOO_MANY = phrase("there are {most} targets already: remove one first")
_SECRET_BYTES = 32
_NAME_BYTES = 24
_MOST = 10  # targets a person


class BadTargetError(BadInput, ValueError):
    """A target cannot be made, or is not there; the message says why, and shows no address."""

    def __init__(self, template: str, **facts: object) -> None:
        super().__init__(template.format(**facts))
        self._template = template
        self._facts = facts

    def said(self, voice: Voice) -> str:
        """Say it to a person."""
        known = {name: voice.known(str(fact)) for name, fact in self._facts.items()}
        return voice.text(self._template, **known)


@dataclass(frozen=True, slots=True)
class Shown:
    """A target as it may be shown."""

    id: TargetId
    person: SubscriberId
    kind: TargetKind
    label: str
    works: bool
    reason: str | None
    added_at: datetime
    not_taken: int = 0  # dead letters, which `retry` owes again


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A dead letter: an alert or a notice that a target did not take in the end."""

    target: TargetId
    label: str
    what: str
    attempts: int
    owed_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A target just made, with what is shown once: a webhook's secret, or a feed's file."""

    target: Shown
    secret: str | None = field(default=None, repr=False)
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test: "sent", "later" or "never", and why."""

    outcome: str
    reason: str | None


async def add(
    database: Database,
    folder: Path,
    person: int,
    kind: TargetKind,
    *,
    address: str,
    label: str,
    actor: str = ACTOR,
) -> NewTarget:
    """Make a target other than a chat. Raises BadTargetError, UnknownPersonError."""
    found = address.strip()
    if kind is TargetKind.FEED:
        found = secrets.token_urlsafe(_NAME_BYTES)
    fault = _fault(kind, found)
    if fault:
        raise BadTargetError(UNUSABLE, fault=fault)
    secret = secrets.token_urlsafe(_SECRET_BYTES) if kind is TargetKind.WEBHOOK else ""
    wanted = _Wanted(kind, label.strip() or kind.value, found, secret)
    made = await _made(database, person, wanted, actor)
    is_feed = kind is TargetKind.FEED
    return NewTarget(_shown(made), secret or None, feed.path_of(folder, found) if is_feed else None)


def _fault(kind: TargetKind, address: str) -> str | None:
    match kind:
        case TargetKind.WEBHOOK:
            try:
                parsed = urlsplit(address)
                is_url = parsed.scheme in ("http", "https") and parsed.hostname and parsed.port != 0
            except ValueError:  # brackets that hold no address, a port that is no number
                is_url = False
            return None if is_url else NO_URL
        case TargetKind.APPRISE:
            return apprise_target.fault_of(address)
        case TargetKind.FEED:
            return None
        case TargetKind.CHAT:
            return BY_THE_BOT


async def add_chat(
    database: Database, person: Subscriber, venue: Venue, title: str, *, actor: str
) -> NewTarget:
    """Make a chat a person's target; whoever calls has checked the rights there.

    Safe to repeat. Raises BadTargetError.
    """
    address = chats.address_of(venue)
    async with database.reading() as connection:
        for known in await targets.of(connection, person.id):
            if (known.kind, known.address) == (TargetKind.CHAT, address):
                return NewTarget(_shown(known))
    made = await _made(database, person.id, _Wanted(TargetKind.CHAT, title, address, ""), actor)
    return NewTarget(_shown(made))


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: TargetKind
    label: str
    address: str = field(repr=False)
    secret: str = field(repr=False)


async def _made(database: Database, person: int, wanted: _Wanted, actor: str) -> DeliveryTarget:
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        owner = await subscribers.by_id(connection, SubscriberId(person))
        if owner is None:
            raise UnknownPersonError(person)
        if len(await targets.of(connection, owner.id)) >= _MOST:
            raise BadTargetError(TOO_MANY, most=_MOST)
        made = await targets.add(
            connection,
            owner.id,
            wanted.kind,
            label=wanted.label,
            address=wanted.address,
            secret=wanted.secret,
            now=now,
        )
        detail = {"kind": wanted.kind.value, "person": str(owner.id)}
        await audit.add(connection, AuditEntry(now, actor, "target added", str(made.id), detail))
    return made


async def listed(database: Database, person: int) -> list[Shown]:
    """Give a person's targets."""
    async with database.reading() as connection:
        found = await targets.of(connection, SubscriberId(person))
        dead = await target_items.dead_letters(connection, [item.id for item in found])
    counts = Counter(item.target_id for item in dead)
    return [_shown(item, counts[item.id]) for item in found]


async def not_taken(database: Database, person: int) -> list[NotTaken]:
    """Give what a person's targets did not take in the end, the first owed first."""
    async with database.reading() as connection:
        labels = {
            item.id: item.label for item in await targets.of(connection, SubscriberId(person))
        }
        dead = await target_items.dead_letters(connection, labels.keys())
    return [
        NotTaken(
            item.target_id,
            labels[item.target_id],
            f"alert {item.alert_id}" if item.alert_id else f"notice {item.notice_id}",
            item.attempts,
            item.owed_at,
            item.reason,
        )
        for item in dead
    ]


async def retry(database: Database, target: int, *, actor: str = ACTOR) -> int:
    """Owe a target anew what it did not take; give how much that is. Raises BadTargetError."""
    found = await _found(database, target)
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        count = await target_items.owe_again(connection, found.id, now)
        detail = {"items": str(count)}
        entry = AuditEntry(now, actor, "target tried again", str(found.id), detail)
        await audit.add(connection, entry)
    database.bell.ring("relay")
    return count


def _shown(target: DeliveryTarget, not_taken: int = 0) -> Shown:
    return Shown(
        target.id,
        target.subscriber_id,
        target.kind,
        target.label,
        target.failing_since is None,
        target.reason,
        target.added_at,
        not_taken,
    )


async def remove(database: Database, folder: Path, target: int, *, actor: str = ACTOR) -> Shown:
    """Use a target no more and forget its address. Raises BadTargetError."""
    found = await _found(database, target)
    async with database.transaction() as connection:
        await targets.remove(connection, found.id)
        entry = AuditEntry(datetime.now(UTC), actor, "target removed", str(found.id))
        await audit.add(connection, entry)
    if found.kind is TargetKind.FEED:
        feed.path_of(folder, found.address).unlink(missing_ok=True)
    return _shown(found)


async def try_out(database: Database, ways: Ways, target: int) -> Tested:
    """Send a test to a target at once. Raises BadTargetError."""
    found = await _found(database, target)
    async with database.reading() as connection:
        owner = await subscribers.by_id(connection, found.subscriber_id)
    if owner is None:
        raise BadTargetError("target {target} belongs to nobody", target=target)
    now = datetime.now(UTC)
    name = f"test-{int(now.timestamp())}"
    message = Message(owner, OutgoingText(voice_of(owner).text(TEST)), (name,))
    answer = await ways.deliver(found, message, name, now)
    match answer:
        case Sent():
            return Tested("sent", answer.detail)
        case Postponed():
            return Tested("later", answer.reason)
        case Refused():
            return Tested("never", answer.reason)


async def _found(database: Database, target: int) -> DeliveryTarget:
    async with database.reading() as connection:
        found = await targets.by_id(connection, TargetId(target))
    if found is None:
        raise BadTargetError(NO_TARGET, target=target)
    return found
