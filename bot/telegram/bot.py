"""The bot's session: hears private messages and button presses, sends, edits, answers.

In comes what people write, as records on `incoming`, from groups only its own commands and that
somebody put the bot there; every failure of a call comes out as
`Later`, `FloodWait`, `SignedOut` or `Never`. A send carries a key, so that its repetition is
refused by Telegram as `AlreadySent`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from telethon import errors, events, functions, types

from bot.telegram.chats import Chats, topic_of
from bot.telegram.client import FAILURES, Client, Never, SignedOut, call, sorted_failure
from bot.telegram.login import log_in_bot
from bot.telegram.messages import (
    BotAdded,
    Button,
    ButtonPress,
    IncomingMessage,
    KnownMessage,
    Mark,
    OutgoingFile,
    OutgoingText,
    Recipient,
    Style,
    Venue,
)
from bot.telegram.seal import Seal

_ENTITIES: Mapping[Style, Any] = {
    Style.BOLD: types.MessageEntityBold,
    Style.ITALIC: types.MessageEntityItalic,
    Style.STRIKE: types.MessageEntityStrike,
    Style.CODE: types.MessageEntityCode,
}
_MESSAGES_A_CALL = 100
_ANSWER_LIMIT = 200  # characters of an answer to a press, Telegram's
_INCOMING_KEPT = 10_000  # what people wrote and nobody has read yet; more is not heard


log = structlog.get_logger(__name__)


Heard = IncomingMessage | ButtonPress | BotAdded


class AlreadySent(Exception):
    """Telegram has a message with this key already."""


class _Sender:
    """Telethon's sender, but a repeated send is refused at once.

    Telethon takes that refusal for trouble of the server's and tries three times, two seconds
    apart: after a crash every alert that is not recorded as sent would keep its reader waiting.
    """

    def __init__(self, sender: Any) -> None:
        self._sender = sender

    async def send(self, request: Any, *, ordered: bool = False) -> Any:
        try:
            return await self._sender.send(request, ordered=ordered)
        except errors.RandomIdDuplicateError as error:
            raise AlreadySent from error


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is; people reach it at https://t.me/<username>."""

    user_id: int
    username: str


class BotSession:
    """A bot's session. `start` it, then read `incoming`, in order."""

    def __init__(self, client: Client, seal: Seal) -> None:
        self._client = client
        self._seal = seal
        self._own_id = 0
        self.chats = Chats(client)
        self.incoming: asyncio.Queue[Heard] = asyncio.Queue(_INCOMING_KEPT)

    async def start(self, token: str) -> Identity:
        """Sign in and begin to listen. Raises LoginRefused for a token Telegram refuses."""
        self._client.add_event_handler(self._take_message, events.NewMessage(incoming=True))
        self._client.add_event_handler(self._take_press, events.CallbackQuery())
        self._client.on_reconnect = self.catch_up
        joined = events.Raw(types.UpdateChannelParticipant)
        self._client.add_event_handler(self._take_joined, joined)
        try:
            await log_in_bot(self._client, token)
            me = await self._client.get_me()
        except FAILURES as error:
            raise sorted_failure(error) from error
        if me is None:
            raise SignedOut("AUTH_KEY_UNREGISTERED", "the bot is not signed in")
        self._own_id = int(me.id)
        return Identity(int(me.id), str(me.username or ""))

    def catch_up(self) -> None:
        """Ask Telegram for what was written and its pushes did not bring.

        Telethon itself asks only when a later update shows a gap, or after 15 quiet minutes: what a
        person wrote while the connection was away would wait so long. Safe to repeat.
        """
        # What TelegramClient.catch_up does, but from a callback; the queue has no limit.
        self._client._updates_queue.put_nowait(  # noqa: SLF001  # no other way in
            types.UpdatesTooLong()
        )

    async def _take_message(self, event: Any) -> None:
        venue = None
        if not event.is_private:
            if not (event.is_group and event.raw_text.startswith("/")):
                return
            number = int(getattr(event.message.peer_id, "channel_id", 0))
            venue = Venue(number, topic_of(event.message))
        sender = await event.get_sender()
        if not isinstance(sender, types.User) or sender.bot:
            return
        name = " ".join(part for part in (sender.first_name, sender.last_name) if part)
        self._heard(
            IncomingMessage(
                sender=Recipient(int(sender.id), int(sender.access_hash or 0)),
                name=name or str(sender.username or sender.id),
                language=str(sender.lang_code or ""),
                message_id=int(event.message.id),
                sent_at=event.message.date,
                text=str(event.message.message or ""),
                venue=venue,
            )
        )

    async def _take_joined(self, update: Any) -> None:
        added = self.chats.added(update, self._own_id)
        if added:
            self._heard(added)

    async def _take_press(self, event: Any) -> None:
        if not isinstance(event.query, types.UpdateBotCallbackQuery) or not event.is_private:
            return  # under a message that was shared elsewhere
        sender = await event.get_input_sender()
        access_hash = int(getattr(sender, "access_hash", 0) or 0)
        self._heard(
            ButtonPress(
                sender=Recipient(int(event.sender_id), access_hash),
                query_id=int(event.query.query_id),
                message_id=int(event.query.msg_id),
                data=self._seal.opened(bytes(event.query.data or b""), int(event.sender_id)),
            )
        )

    def _heard(self, item: Heard) -> None:
        try:
            self.incoming.put_nowait(item)
        except asyncio.QueueFull:
            log.warning("too much is written to the bot: a message was not heard")

    def connect_anew(self) -> None:
        """Connect again, because the clock was set: see `Client.connect_anew`."""
        self._client.connect_anew()

    async def until_lost(self) -> None:
        """Return when the connection is given up; raise SignedOut if that was the cause."""
        try:
            await self._client.run_until_disconnected()
        except Exception as error:
            raise sorted_failure(error) from error

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands at this moment."""
        return bool(self._client.is_connected()) and bool(
            self._client._sender._transport_connected()  # noqa: SLF001  # is_connected() means "wanted"
        )

    async def send(
        self, to: Recipient | Venue, text: OutgoingText, key: int, *, reply_to: int | None = None
    ) -> int:
        """Send a message and give its id. `key` (64 bits, signed) names it among all of the bot's.

        Raises AlreadySent when it was sent before.
        """
        request = functions.messages.SendMessageRequest(
            peer=await self._peer(to),
            message=text.text,
            random_id=key,
            entities=_entities(text.marks),
            reply_markup=self._markup(text, to),
            reply_to=_reply_to(to, reply_to),
            no_webpage=True,
        )
        return await self._send(request, key)

    async def edit(self, to: Recipient | Venue, message_id: int, text: OutgoingText) -> None:
        """Replace a message of the bot's. Raises Never MESSAGE_NOT_MODIFIED, MESSAGE_ID_INVALID."""
        request = functions.messages.EditMessageRequest(
            peer=await self._peer(to),
            id=message_id,
            message=text.text,
            entities=_entities(text.marks),
            reply_markup=self._markup(text, to),
            no_webpage=True,
        )
        self._forget_wait(request)
        await call(self._client, request)

    async def send_file(self, to: Recipient | Venue, file: OutgoingFile, key: int) -> int:
        """Send a file and give its message's id; `key` as for `send`. Raises AlreadySent."""
        try:
            uploaded = await self._client.upload_file(file.content, file_name=file.name)
        except (*FAILURES, ValueError) as error:
            raise sorted_failure(error) from error
        request = functions.messages.SendMediaRequest(
            peer=await self._peer(to),
            media=types.InputMediaUploadedDocument(
                file=uploaded,
                mime_type=file.mime_type,
                attributes=[types.DocumentAttributeFilename(file.name)],
                force_file=True,
            ),
            message=file.caption,
            random_id=key,
            reply_to=_reply_to(to, None),
        )
        return await self._send(request, key)

    async def _send(self, request: Any, key: int) -> int:
        self._forget_wait(request)
        try:
            updates = await self._client._call(  # noqa: SLF001  # see _Sender
                _Sender(self._client._sender),  # noqa: SLF001  # the same
                request,
            )
        except (*FAILURES, ValueError) as error:
            raise sorted_failure(error) from error
        return _sent_id(updates, key)

    async def _peer(self, to: Recipient | Venue) -> Any:
        return await self.chats.peer(to) if isinstance(to, Venue) else _person(to)

    def _markup(self, text: OutgoingText, to: Recipient | Venue) -> Any:
        """Give the buttons; where others read, too, those that open something alone."""
        user_id = to.user_id if isinstance(to, Recipient) else None
        rows = [
            [self._button(button, user_id or 0) for button in row if button.url or user_id]
            for row in text.buttons
        ]
        shown = [types.KeyboardInlineButtonRow(row) for row in rows if row]
        return types.ReplyInlineMarkup(shown) if shown else None

    def _button(self, button: Button, user_id: int) -> Any:
        if button.url:
            return types.KeyboardInlineButton(button.label, types.InlineButtonTypeUrl(button.url))
        data = self._seal.sealed(button.data or b"", user_id)
        return types.KeyboardInlineButton(button.label, types.InlineButtonTypeCallback(data))

    def _forget_wait(self, request: Any) -> None:
        """Keep Telethon from refusing calls about anybody until one reader's flood wait is over.

        Whom to keep waiting is for the outbox to say.
        """
        waits = self._client._flood_waited_requests  # noqa: SLF001  # no public way
        waits.pop(request.CONSTRUCTOR_ID, None)

    async def answer(self, press: ButtonPress, text: str, *, alert: bool = False) -> None:
        """Tell the presser's client that the press was taken, with a short text."""
        await call(
            self._client,
            functions.messages.SetBotCallbackAnswerRequest(
                query_id=press.query_id,
                cache_time=0,
                alert=alert,
                message=text[:_ANSWER_LIMIT] or None,
            ),
        )

    async def messages(self, ids: Sequence[int]) -> list[KnownMessage]:
        """Read the messages with these ids that there are, ascending, whoever wrote them."""
        found: list[KnownMessage] = []
        for start in range(0, len(ids), _MESSAGES_A_CALL):
            asked = [types.InputMessageID(n) for n in ids[start : start + _MESSAGES_A_CALL]]
            page = await call(self._client, functions.messages.GetMessagesRequest(id=asked))
            found.extend(_read(message) for message in page.messages if _is_there(message))
        return sorted(found, key=lambda message: message.id)

    async def typing(self, person: Recipient) -> None:
        """Show a person for a few seconds that an answer is being written."""
        action = types.SendMessageTypingAction()
        await call(
            self._client, functions.messages.SetTypingRequest(peer=_person(person), action=action)
        )

    async def set_commands(self, person: Recipient, commands: Mapping[str, str]) -> None:
        """Fill one person's menu of commands (name without the slash → what it does)."""
        await call(
            self._client,
            functions.bots.SetBotCommandsRequest(
                scope=types.BotCommandScopePeer(_person(person)),
                lang_code="",
                commands=[types.BotCommand(name, text) for name, text in commands.items()],
            ),
        )


def _person(recipient: Recipient) -> Any:
    return types.InputPeerUser(recipient.user_id, recipient.access_hash)


def _reply_to(to: Recipient | Venue, message_id: int | None) -> Any:
    """Answer a message; in a group's topic, else begin there."""
    topic = to.topic if isinstance(to, Venue) else 0
    if not message_id and not topic:
        return None
    return types.InputReplyToMessage(message_id or topic, top_msg_id=topic or None)


def _entities(marks: Sequence[Mark]) -> list[Any] | None:
    return [_ENTITIES[mark.style](mark.offset, mark.length) for mark in marks] or None


def _sent_id(updates: Any, key: int) -> int:
    if isinstance(updates, types.UpdateShortSentMessage):
        return int(updates.id)
    for update in updates.updates:
        if isinstance(update, types.UpdateMessageID) and update.random_id == key:
            return int(update.id)
    for update in updates.updates:
        if isinstance(update, types.UpdateNewMessage):
            return int(update.message.id)
    raise Never("NO_MESSAGE_ID", "Telegram did not say which message it made")


def _read(message: Any) -> KnownMessage:
    reader = int(getattr(message.peer_id, "user_id", 0))
    rows = getattr(getattr(message, "reply_markup", None), "rows", ())
    kinds = [button.type for row in rows for button in row.buttons]
    urls = {str(kind.url) for kind in kinds if isinstance(kind, types.InlineButtonTypeUrl)}
    text = getattr(message, "message", None) or ""  # a service message has none
    return KnownMessage(int(message.id), reader, text, bool(message.out), frozenset(urls))


def _is_there(message: Any) -> bool:
    return isinstance(message, types.Message | types.MessageService)
