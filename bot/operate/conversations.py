"""Conversations: what people write and press, answered in order for each, at once for all.

One person's messages wait for one another, nobody else's do. Answers carry a key made of the
message they answer, so that an answer repeated after a lost connection is refused by Telegram.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import traceback
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from bot.operate import setting_pages, texts
from bot.operate.admission import admit, answered, known, met, was_answered
from bot.operate.commands import Commands, command_of
from bot.operate.operating import Surroundings
from bot.operate.rights import commands_of, may
from bot.operate.strangers import Strangers
from bot.operate.texts import said
from bot.telegram.bot import AlreadySent, BotSession, Heard
from bot.telegram.client import FloodWait, Later, Never, SignedOut
from bot.telegram.messages import (
    BotAdded,
    ButtonPress,
    IncomingMessage,
    OutgoingFile,
    OutgoingText,
    Recipient,
    Venue,
)
from bot.telemetry import Telemetry
from bot.translation import Voice, language_of, voice_of
from storage.database import Database
from storage.records import Subscriber

_BACKLOG = 20  # messages of one person that wait; more at once are not answered
_PEOPLE_AT_ONCE = 256
_UNCHANGED = "MESSAGE_NOT_MODIFIED"
_TRIES = 5
_TYPING_AFTER_S = 0.7
_LONGEST_WAIT_S = 120.0  # an answer that comes later is of no use

log = structlog.get_logger(__name__)


class Conversations:
    """Answers people until cancelled; see `run`."""

    def __init__(
        self,
        bot: BotSession,
        database: Database,
        surroundings: Surroundings,
        *,
        secret: bytes,
        telemetry: Telemetry,
    ) -> None:
        self._bot = bot
        self._database = database
        self._here = surroundings
        self._secret = secret
        self._telemetry = telemetry
        self._commands = Commands(database, surroundings)
        self._strangers = Strangers()
        self._waiting: dict[int, deque[Heard]] = {}
        self._room = asyncio.Semaphore(_PEOPLE_AT_ONCE)

    async def run(self) -> None:
        """Answer what comes. Raises SignedOut when the bot's session ends."""
        async with asyncio.TaskGroup() as group:
            while True:
                heard = await self._bot.incoming.get()
                person = heard.sender.user_id
                waiting = self._waiting.get(person)
                if waiting is None:
                    await self._room.acquire()
                    self._waiting[person] = deque([heard])
                    group.create_task(self._talk_with(person), name="conversation")
                elif len(waiting) < _BACKLOG:
                    waiting.append(heard)

    async def _talk_with(self, person: int) -> None:
        waiting = self._waiting[person]
        try:
            while waiting:
                await self._answer(waiting[0])
                waiting.popleft()
        finally:
            del self._waiting[person]
            self._room.release()

    async def _answer(self, heard: Heard) -> None:
        try:
            match heard:
                case ButtonPress():
                    await self._answer_press(heard)
                case BotAdded():
                    await self._answer_added(heard)
                case IncomingMessage(venue=Venue() as venue):
                    await self._answer_in_chat(heard, venue)
                case IncomingMessage():
                    await self._answer_message(heard)
        except SignedOut:
            raise
        except (Later, Never) as error:
            log.info("answer not delivered", reason=error.reason)
        except Exception as error:  # noqa: BLE001  # root: one person's fault must not stop others'
            # Not the message: what a person wrote can be in it.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error(  # noqa: TRY400  # see above
                "command failed", error=type(error).__name__, where=where
            )
            self._telemetry.failed("commands")
            await self._apologise(heard)

    async def _apologise(self, heard: Heard) -> None:
        voice = Voice(self._here.default_language)
        try:
            person = await known(self._database, heard.sender.user_id)
            voice = voice_of(person) if person else voice
            if isinstance(heard, ButtonPress):
                await self._bot.answer(heard, voice.text(texts.FAULT))
            elif isinstance(heard, IncomingMessage) and heard.venue is None:
                await self._reply(heard, said(voice, texts.FAULT))
        except SignedOut:
            raise
        except (Later, Never) as error:
            log.info("answer not delivered", reason=error.reason)

    async def _answer_message(self, message: IncomingMessage) -> None:
        name, arguments = command_of(message.text, self._here.bot_username)
        subscriber = await known(self._database, message.sender.user_id)
        if subscriber:
            if await was_answered(self._database, subscriber.id, message):
                return
            await met(self._database, subscriber, message)
        if name == "start" and arguments and await self._admitted(message, arguments):
            return
        if subscriber is None:
            await self._turn_away(message)
            return
        async with self._typing(message.sender):
            if name:
                answer = await self._commands.answer(subscriber, name, arguments)
            else:
                answer = await self._commands.take_text(subscriber, message.text)
        await self._reply(message, answer)
        await answered(self._database, subscriber.id, message)
        await self._menu_again(message.sender, subscriber)
        is_known = may(subscriber.role, name)  # else it is what somebody typed
        log.info("command answered", command=name if is_known else "", by=subscriber.id)

    async def _answer_in_chat(self, message: IncomingMessage, venue: Venue) -> None:
        """Answer the one command for groups, in private; nothing to strangers."""
        name, _ = command_of(message.text, self._here.bot_username)
        subscriber = await known(self._database, message.sender.user_id)
        if name != "targets" or subscriber is None:
            return
        answer = await self._commands.targeting.take_venue(subscriber, venue)
        cause = f"{venue.channel_id}:{message.message_id}"
        await self._send(_reader(subscriber), answer, self._key(message.sender, cause))

    async def _answer_added(self, added: BotAdded) -> None:
        """Ask whoever put the bot into a chat, if they are in, what for."""
        subscriber = await known(self._database, added.sender.user_id)
        if subscriber is None:
            return
        answer = await self._commands.targeting.offer(subscriber, added.venue)
        cause = f"{added.venue.channel_id}:added:{added.event_id}"
        await self._send(_reader(subscriber), answer, self._key(added.sender, cause))

    async def _admitted(self, message: IncomingMessage, code: str) -> bool:
        here = self._here
        language = language_of(message.language, here.default_language)
        found = await admit(
            self._database, message, code, timezone=here.default_timezone, language=language
        )
        if found is None or not found.is_new:
            return False
        log.info("person let in", subscriber=found.subscriber.id, role=found.subscriber.role.value)
        voice = voice_of(found.subscriber)
        role = voice.text(texts.ROLES[found.subscriber.role])
        zones = setting_pages.choices(setting_pages.Section.ZONE, voice, message.sent_at)
        welcome = said(voice, texts.WELCOME, zones.buttons, name=found.subscriber.name, role=role)
        await self._reply(message, welcome)
        await self._fill_menu(message.sender, found.subscriber)
        return True

    @asynccontextmanager
    async def _typing(self, person: Recipient) -> AsyncIterator[None]:
        """Show that an answer is being written, if it takes long."""

        async def show() -> None:
            await asyncio.sleep(_TYPING_AFTER_S)
            with suppress(Later, Never):
                await self._bot.typing(person)

        showing = asyncio.create_task(show(), name="typing")
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _menu_again(self, person: Recipient, before: Subscriber) -> None:
        """Fill a person's menu anew when what it says, or in which language, has changed."""
        now = await known(self._database, before.telegram_user_id)
        if now and (now.language, now.role) != (before.language, before.role):
            await self._fill_menu(person, now)

    async def _fill_menu(self, person: Recipient, subscriber: Subscriber) -> None:
        voice = voice_of(subscriber)
        menu = {command.name: voice.text(command.does) for command in commands_of(subscriber.role)}
        try:
            await self._bot.set_commands(person, menu)
        except SignedOut:
            raise
        except (Later, Never) as error:
            log.info("menu not filled", reason=error.reason)  # /help says the same

    async def _turn_away(self, message: IncomingMessage) -> None:
        if self._strangers.may_answer(message.sender.user_id, time.monotonic()):
            language = language_of(message.language, self._here.default_language)
            await self._reply(message, said(Voice(language), texts.STRANGER))

    async def _answer_press(self, press: ButtonPress) -> None:
        subscriber = await known(self._database, press.sender.user_id)
        if subscriber is None:
            if self._strangers.may_answer(press.sender.user_id, time.monotonic()):
                voice = Voice(self._here.default_language)
                await self._bot.answer(press, voice.text(texts.NOT_YOURS))
            return
        pressed = await self._commands.presses.answer(subscriber, press.data)
        await self._answer_in_time(press, pressed.text)
        if pressed.message:
            await self._redraw(_reader(subscriber), press.message_id, pressed.message)
        await self._menu_again(press.sender, subscriber)
        for number, more in enumerate(pressed.more):
            await self._send(press.sender, more, self._key(press.sender, press.query_id, number))
        log.info("press answered", by=subscriber.id)

    async def _answer_in_time(self, press: ButtonPress, text: str) -> None:
        try:
            await self._bot.answer(press, text)
        except SignedOut:
            raise
        except (Later, Never) as error:
            log.info("press answered too late", reason=error.reason)  # what it asked for is done

    async def _redraw(self, person: Recipient, message_id: int, text: OutgoingText) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                await self._bot.edit(person, message_id, text)
            except Later as error:
                await self._wait(error, attempt)
            except Never as error:
                if error.code != _UNCHANGED:
                    raise
                return
            else:
                return

    async def _reply(self, message: IncomingMessage, text: OutgoingText) -> None:
        """Send an answer, again if Telegram asks to wait. Raises Later and Never in the end."""
        await self._send(message.sender, text, self._key(message.sender, message.message_id))

    async def _send(self, person: Recipient, what: OutgoingText | OutgoingFile, key: int) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                if isinstance(what, OutgoingFile):
                    await self._bot.send_file(person, what, key)
                else:
                    await self._bot.send(person, what, key)
            except AlreadySent:
                return
            except Later as error:
                await self._wait(error, attempt)
            else:
                return

    async def _wait(self, error: Later, attempt: int) -> None:
        if isinstance(error, FloodWait):
            self._telemetry.flood_waited("send", error.delay_s)
        if attempt == _TRIES or error.delay_s > _LONGEST_WAIT_S:
            raise error
        await asyncio.sleep(error.delay_s)

    def _key(self, person: Recipient, cause: int | str, number: int = 0) -> int:
        """Name an answer by what it answers, a message or a press, and its number among several."""
        fields = (person.user_id, cause, number)
        digest = hashlib.sha256(self._secret + b"answer:" + repr(fields).encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True) or 1


def _reader(subscriber: Subscriber) -> Recipient:
    return Recipient(subscriber.telegram_user_id, subscriber.access_hash)
