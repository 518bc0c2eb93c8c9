"""What people write to the bot and press, answered: who may do what is decided here, in `_allowed`.

In comes the bot's stream; out go rows, each act with its line in the audit trail, and replies.
Repeating a message or a press does no harm, so one that a crash cut off may come again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from bot.notify import compose
from bot.notify.snippet import shortened
from bot.operate import channels as channel_list
from bot.operate import invitations, pages, reports, texts
from bot.operate.entrance import RANKS, Entrance, Rules
from bot.operate.strangers import Strangers
from bot.telegram.account import BadReference
from bot.telegram.bot import AlreadySent, BotSession
from bot.telegram.client import Later, Never
from bot.telegram.messages import ButtonPress, IncomingMessage, OutgoingText
from storage import alerts, subscribers, subscriptions
from storage.database import Database
from storage.records import (
    AlertId,
    FollowMode,
    Role,
    Subscriber,
    SubscriberState,
    SubscriptionId,
    SubscriptionState,
)

_MOST_NUMBER = 2**31

log = structlog.get_logger(__name__)


class BadQuery(ValueError):
    """A query that cannot be watched; the message says why, to the person who wrote it."""


@dataclass(frozen=True, slots=True)
class _Command:
    """A command: who may give it, what it does in a few words, and what does it."""

    role: Role
    summary: str
    act: Callable[[Subscriber, str], Awaitable[OutgoingText]]


def _allowed(subscriber: Subscriber, needed: Role) -> bool:
    """Say whether a person may do what takes that role."""
    return (
        subscriber.state is not SubscriberState.REMOVED and RANKS[subscriber.role] >= RANKS[needed]
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Commands:
    """Answers people. Start `run` as a task, after the bot's session.

    `normal_form` takes a query and a language (en, uk, ru) and gives the query's normal form, or
    raises BadQuery in that language.
    """

    def __init__(
        self,
        database: Database,
        bot: BotSession,
        *,
        rules: Rules,
        normal_form: Callable[[str, str], str],
        secret: bytes,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
        self._bot = bot
        self._rules = rules
        self._normal_form = normal_form
        self._secret = secret
        self._now = now
        self._strangers = Strangers()
        self._entrance = Entrance(database, rules, now)
        reporter, operator = Role.REPORTER, Role.OPERATOR
        self._commands: dict[str, _Command] = {
            "start": _Command(reporter, "begin", self._start),
            "help": _Command(reporter, "what I can do", self._help),
            "watch": _Command(reporter, "be told when a query appears", self._watch),
            "list": _Command(reporter, "your queries", self._list),
            "unwatch": _Command(reporter, "delete a query by its number", self._unwatch),
            "pause": _Command(reporter, "pause a query by its number", self._pause),
            "resume": _Command(reporter, "resume a query by its number", self._resume),
            "timezone": _Command(reporter, "the zone your times are shown in", self._timezone),
            "channels": _Command(operator, "the channels that are followed", self._channels),
            "add": _Command(operator, "follow channels", self._add),
            "remove": _Command(operator, "stop following a channel", self._remove),
            "invite": _Command(operator, "let somebody in", self._invite),
            "people": _Command(operator, "who is in", self._people),
            "health": _Command(operator, "how things are", self._health),
        }

    async def run(self) -> None:
        """Answer what comes, until cancelled."""
        await self._publish_menu()
        while True:
            incoming = await self._bot.incoming.get()
            try:
                if isinstance(incoming, IncomingMessage):
                    await self.take_message(incoming)
                else:
                    await self.take_press(incoming)
            except (Later, Never) as error:
                log.warning("answer not delivered", reason=error.reason)
            except Exception:  # one message must not silence the bot
                log.exception("message not handled")

    async def _publish_menu(self) -> None:
        menu = {
            name: command.summary
            for name, command in self._commands.items()
            if command.role is Role.REPORTER
        }
        try:
            await self._bot.set_commands(menu)
        except (Later, Never) as error:
            log.warning("menu of commands not set", reason=error.reason)

    async def take_message(self, message: IncomingMessage) -> None:
        """Answer one message."""
        name, _, argument = message.text.strip().partition(" ")
        name = name.partition("@")[0].lower()
        subscriber = await self._entrance.admit(
            message, argument.strip() if name == "/start" else ""
        )
        if subscriber is None:
            if self._strangers.may_answer(message.sender.user_id, time.monotonic()):
                await self._reply(message, OutgoingText(texts.STRANGER))
            return
        command = self._commands.get(name.removeprefix("/")) if name.startswith("/") else None
        if command is None or not _allowed(subscriber, command.role):
            await self._reply(message, OutgoingText(texts.UNKNOWN))
            return
        try:
            answer = await command.act(subscriber, argument.strip())
        except Exception:
            await self._reply(message, OutgoingText(texts.FAILED))
            raise
        await self._reply(message, answer)

    async def _reply(self, message: IncomingMessage, text: OutgoingText) -> None:
        try:
            await self._bot.send(message.sender, text, self._key(message))
        except AlreadySent:
            log.debug("already answered", message=message.message_id)

    def _key(self, message: IncomingMessage) -> int:
        fields = repr((message.sender.user_id, message.message_id)).encode()
        digest = hashlib.sha256(self._secret + b"reply:" + fields).digest()
        return int.from_bytes(digest[:8], "big", signed=True) or 1

    async def _start(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        text = texts.WELCOME.format(name=subscriber.name) if argument else texts.ALREADY_IN
        return OutgoingText(text)

    async def _help(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        del argument
        lines = [
            f"/{name} – {command.summary}"
            for name, command in self._commands.items()
            if _allowed(subscriber, command.role)
        ]
        return OutgoingText("\n".join(lines))

    async def _watch(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        if not argument:
            return OutgoingText(texts.WATCH_USAGE)
        try:
            normal = self._normal_form(argument, subscriber.language)
        except BadQuery as error:
            return OutgoingText(str(error))
        now = self._now()
        async with self._database.transaction() as connection:
            made = await subscriptions.add(
                connection, subscriber.id, query=argument, normal=normal, added_at=now
            )
        self._database.bell.ring("subscriptions")
        return OutgoingText(
            texts.WATCHING.format(number=made.id, query=shortened(made.query, 1000))
        )

    async def _list(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        del argument
        return await pages.queries(self._database, subscriber.id, 0)

    async def _unwatch(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        return await self._change(subscriber, argument, "unwatch", SubscriptionState.REMOVED)

    async def _pause(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        return await self._change(subscriber, argument, "pause", SubscriptionState.PAUSED)

    async def _resume(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        return await self._change(subscriber, argument, "resume", SubscriptionState.ACTIVE)

    async def _change(
        self, subscriber: Subscriber, argument: str, command: str, state: SubscriptionState
    ) -> OutgoingText:
        number = _number(argument.removeprefix("#"))
        if number is None:
            return OutgoingText(texts.NUMBER_USAGE.format(command=command, example=12))
        query = await self._set_state(subscriber, number, state)
        if query is None:
            return OutgoingText(texts.NO_SUCH)
        answers = {
            SubscriptionState.REMOVED: texts.UNWATCHED,
            SubscriptionState.PAUSED: texts.PAUSED,
            SubscriptionState.ACTIVE: texts.RESUMED,
        }
        return OutgoingText(answers[state].format(number=number, query=shortened(query, 1000)))

    async def _set_state(
        self,
        subscriber: Subscriber,
        number: int,
        state: SubscriptionState,
        pressed: AlertId | None = None,
    ) -> str | None:
        """Change a person's own subscription and give its query; None when it is not theirs."""
        subscription_id = SubscriptionId(number)
        async with self._database.transaction() as connection:
            owned = await subscriptions.owned(connection, subscription_id, subscriber.id)
            if owned is None:
                return None
            await subscriptions.set_state(connection, subscription_id, subscriber.id, state)
            if pressed is not None:  # so that the alert's button turns round
                await alerts.owe_own(connection, pressed, subscriber.id, self._now())
        self._database.bell.ring("subscriptions", "outbox")
        return owned.query

    async def _timezone(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        try:
            zone = ZoneInfo(argument)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return OutgoingText(texts.ZONE_USAGE)
        async with self._database.transaction() as connection:
            await subscribers.set_timezone(connection, subscriber.id, zone.key)
        return OutgoingText(texts.ZONE_SET.format(zone=zone.key))

    async def _channels(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        del subscriber, argument
        return await pages.channels_followed(self._database, 0)

    async def _add(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        if not argument:
            return OutgoingText(texts.ADD_USAGE)
        try:
            added = await channel_list.add(
                self._database,
                argument.split(),
                mode=FollowMode.JOIN,
                backfill_depth=self._rules.backfill_depth,
                actor=f"subscriber {subscriber.id}",
                now=self._now(),
            )
        except BadReference as error:
            return OutgoingText(str(error))
        return OutgoingText(texts.ADDED.format(references=", ".join(added)))

    async def _remove(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        if not argument:
            return OutgoingText(texts.REMOVE_USAGE)
        try:
            removed = await channel_list.remove(
                self._database, argument, actor=f"subscriber {subscriber.id}", now=self._now()
            )
        except BadReference as error:
            return OutgoingText(str(error))
        if removed is None:
            return OutgoingText(texts.NOT_LISTED.format(reference=argument))
        return OutgoingText(texts.REMOVED.format(reference=removed.reference))

    async def _invite(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        wanted = invitations.read_wish(argument)
        if wanted is None:
            return OutgoingText(texts.INVITE_USAGE)
        made = await invitations.make(
            self._database, wanted, actor=f"subscriber {subscriber.id}", now=self._now()
        )
        link = invitations.link_of(self._rules.bot_username, made.code)
        return OutgoingText(
            texts.INVITED.format(uses=wanted.uses, role=wanted.role, until=made.until, link=link)
        )

    async def _people(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        del subscriber, argument
        return await pages.everybody(self._database, 0)

    async def _health(self, subscriber: Subscriber, argument: str) -> OutgoingText:
        del subscriber, argument
        return OutgoingText(await reports.health(self._database, self._now()))

    async def take_press(self, press: ButtonPress) -> None:
        """Answer one press: the person's right to it is looked up, never taken from the button."""
        async with self._database.reading() as connection:
            subscriber = await subscribers.by_telegram_id(connection, press.sender.user_id)
        if subscriber is None or subscriber.state is SubscriberState.REMOVED:
            await self._bot.answer(press, "")
            return
        verb, *numbers = press.data.decode(errors="replace").split(":")
        read = [_number(number) for number in numbers]
        match verb, read:
            case ((compose.PAUSE | compose.RESUME), [int(number), int(alert)]):
                await self._press_alert(press, subscriber, verb, number, AlertId(alert))
            case (("lp" | "lr" | "ld"), [int(number), int(page)]):
                await self._press_list(press, subscriber, verb, number, page)
            case (("lg" | "cg" | "pg"), [int(page)]):
                await self._turn_page(press, subscriber, verb, page)
            case _:
                await self._bot.answer(press, texts.GONE)

    async def _press_alert(
        self, press: ButtonPress, subscriber: Subscriber, verb: str, number: int, alert: AlertId
    ) -> None:
        is_pause = verb == compose.PAUSE
        state = SubscriptionState.PAUSED if is_pause else SubscriptionState.ACTIVE
        query = await self._set_state(subscriber, number, state, alert)
        done = texts.DONE_PAUSED if is_pause else texts.DONE_RESUMED
        await self._bot.answer(press, texts.GONE if query is None else done)

    async def _press_list(
        self, press: ButtonPress, subscriber: Subscriber, verb: str, number: int, page: int
    ) -> None:
        state, done = {
            "lp": (SubscriptionState.PAUSED, texts.DONE_PAUSED),
            "lr": (SubscriptionState.ACTIVE, texts.DONE_RESUMED),
            "ld": (SubscriptionState.REMOVED, texts.DONE_DELETED),
        }[verb]
        query = await self._set_state(subscriber, number, state)
        await self._bot.answer(press, texts.GONE if query is None else done)
        await self._redraw(press, await pages.queries(self._database, subscriber.id, page))

    async def _turn_page(
        self, press: ButtonPress, subscriber: Subscriber, verb: str, page: int
    ) -> None:
        if verb != "lg" and not _allowed(subscriber, Role.OPERATOR):
            await self._bot.answer(press, "")
            return
        await self._bot.answer(press, "")
        if verb == "lg":
            text = await pages.queries(self._database, subscriber.id, page)
        elif verb == "cg":
            text = await pages.channels_followed(self._database, page)
        else:
            text = await pages.everybody(self._database, page)
        await self._redraw(press, text)

    async def _redraw(self, press: ButtonPress, text: OutgoingText) -> None:
        try:
            await self._bot.edit(press.sender, press.message_id, text)
        except Never as error:
            if error.code != "MESSAGE_NOT_MODIFIED":
                raise


def _number(text: str) -> int | None:
    if not text.isascii() or not text.isdigit():
        return None
    number = int(text[:12])
    return number if number < _MOST_NUMBER else None
