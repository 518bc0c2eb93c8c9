"""Who comes in: strangers stay out, invites are used up, those who had blocked us come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.operate import invitations
from bot.telegram.messages import IncomingMessage, Recipient
from storage import alerts, audit, invites, subscribers
from storage.database import Database
from storage.records import AuditEntry, Role, Subscriber, SubscriberState, Withheld

RANKS = {Role.REPORTER: 0, Role.ARCHIVIST: 1, Role.OPERATOR: 2}
_LANGUAGES = frozenset({"en", "uk", "ru"})


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that commands need; `bot_username` is for the links of invites."""

    bot_username: str
    default_timezone: str
    backfill_depth: int
    alert_max_age: timedelta


class Entrance:
    """Decides who is in. Nothing about a code is logged."""

    def __init__(self, database: Database, rules: Rules, now: Callable[[], datetime]) -> None:
        self._database = database
        self._rules = rules
        self._now = now

    async def admit(self, message: IncomingMessage, code: str) -> Subscriber | None:
        """Give the person, let in or raised by a valid code; None for a stranger."""
        now = self._now()
        user_id = message.sender.user_id
        async with self._database.reading() as connection:
            known = await subscribers.by_telegram_id(connection, user_id)
        if code:
            await self._use_code(message, invitations.hash_of(code))
        elif known and known.state is SubscriberState.ACTIVE and _is_same(known, message):
            return known
        if known and known.state is not SubscriberState.REMOVED:
            await self._welcome_back(known, message, now)
        async with self._database.reading() as connection:
            found = await subscribers.by_telegram_id(connection, user_id)
        return None if found is None or found.state is SubscriberState.REMOVED else found

    async def _use_code(self, message: IncomingMessage, code_hash: bytes) -> None:
        """Let a person in, or raise their role; a use is spent only if that changes something."""
        now = self._now()
        async with self._database.transaction() as connection:
            invite = await invites.usable(connection, code_hash, now)
            known = await subscribers.by_telegram_id(connection, message.sender.user_id)
            if invite is None:
                return
            if known is None:
                await subscribers.add(
                    connection,
                    telegram_user_id=message.sender.user_id,
                    access_hash=message.sender.access_hash,
                    name=message.name,
                    role=invite.role,
                    timezone=self._rules.default_timezone,
                    language=_language(message.language),
                    added_at=now,
                )
            elif known.state is SubscriberState.REMOVED:
                await subscribers.set_state(connection, known.id, SubscriberState.ACTIVE)
                await subscribers.set_role(connection, known.id, invite.role)
            elif RANKS[invite.role] > RANKS[known.role]:
                await subscribers.set_role(connection, known.id, invite.role)
            else:
                return
            await invites.spend(connection, invite.id)
            entry = AuditEntry(
                now, _actor(message.sender), "join", f"invite {invite.id}", {"role": invite.role}
            )
            await audit.add(connection, entry)
        self._database.bell.ring("subscriptions")

    async def _welcome_back(
        self, known: Subscriber, message: IncomingMessage, now: datetime
    ) -> None:
        """Keep the person's latest name; tell what was withheld while they had blocked us."""
        async with self._database.transaction() as connection:
            await subscribers.met(
                connection, known.id, access_hash=message.sender.access_hash, name=message.name
            )
            if known.state is not SubscriberState.BLOCKED_BOT:
                return
            await subscribers.set_state(connection, known.id, SubscriberState.ACTIVE)
            await alerts.owe_withheld(
                connection,
                known.id,
                Withheld.BLOCKED_BOT,
                since=now - self._rules.alert_max_age,
                now=now,
            )
        self._database.bell.ring("outbox")


def _is_same(known: Subscriber, message: IncomingMessage) -> bool:
    return known.access_hash == message.sender.access_hash and known.name == message.name


def _language(code: str) -> str:
    language = code.partition("-")[0].lower()
    return language if language in _LANGUAGES else "en"


def _actor(sender: Recipient) -> str:
    return f"telegram {sender.user_id}"
