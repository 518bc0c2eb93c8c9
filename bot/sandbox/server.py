"""The sandbox server: a world behind a TCP port of 127.0.0.1, and the API of scripts and tests.

It hands requests to their handlers, fans pushes out to the connections of an account (a burst in
one `updates` container, as Telegram does), applies faults, and keeps the journal. The world
outlives it: start another server with the same world, and every client signs on as before.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from bot.sandbox import posting, private, tl
from bot.sandbox.faults import Faults
from bot.sandbox.keys import ServerKey, fixed_key
from bot.sandbox.media import Button, MediaSpec
from bot.sandbox.methods import buttons as pressing
from bot.sandbox.methods.call import Call, Desk
from bot.sandbox.methods.table import HANDLERS
from bot.sandbox.posting import Draft
from bot.sandbox.session import Connection
from bot.sandbox.tickets import KeyRecord
from bot.sandbox.views import Views
from bot.sandbox.world import Channel, Push, User, World

HOST = "127.0.0.1"
_UPDATES_PER_PUSH = 100

log = logging.getLogger(__name__)


class PostExtras(TypedDict, total=False):
    """What `post` takes beside the text; see posting.Draft."""

    entities: Sequence[Any] | None
    media: MediaSpec | Any
    buttons: list[list[Button]] | None
    reply_to: int
    topic: int
    forward_from: tuple[Channel, int] | None
    silent: bool
    date: datetime | None
    sender: int


class SandboxServer:
    """A Telegram on loopback; use as an async context manager, or `start` and `stop`."""

    def __init__(
        self, world: World, port: int = 0, *, dc_id: int = 2, key: ServerKey | None = None
    ) -> None:
        self.world = world
        self.key = key or fixed_key()
        self.faults = Faults()
        self.dc_id = dc_id
        self._port = port
        self._held: socket.socket | None = None  # bound, never listening: nobody takes the port
        self._server: asyncio.Server | None = None
        self._connections: dict[int, Connection] = {}
        self._numbers: dict[Connection, int] = {}
        self._pending: dict[Connection, list[Push]] = {}
        self._flush_due = False
        self._last_number = 0
        self._signed_on = asyncio.Event()
        self._reopening: asyncio.Task[None] | None = None
        self._desk = Desk(world, Views(world), dc_id, HOST, port, self.faults)

    # Life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
        if self._held is not None:
            self._held.close()
            self._held = None

    async def start(self) -> None:
        """Listen; with port 0 the system picks one, which later starts keep."""
        await self._listen()
        self._desk.port = self._port
        self.world.files.dc_id = self.dc_id
        self.world.sink = self._queue

    async def stop(self) -> None:
        """Stop listening and drop every connection; the world keeps everything."""
        self.world.sink = None
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections.values()):
            connection.cut()
        for answer in self._desk.queries.values():
            answer.cancel()
        self._desk.queries.clear()
        self._pending.clear()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        await asyncio.sleep(0)

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._port

    @property
    def address(self) -> str:
        """Where clients connect: "127.0.0.1:port"."""
        return f"{HOST}:{self._port}"

    @property
    def public_key_pem(self) -> str:
        """The public key clients must register (PKCS#1 PEM)."""
        return self.key.public_pem

    def write_public_key(self, path: Path) -> Path:
        """Write the public key to a file, as TELEGRAM_PUBLIC_KEY_FILE wants it."""
        path.write_text(self.public_key_pem, encoding="ascii")
        return path

    # What scripts and tests do

    def post(self, channel: Channel, text: str = "", **extras: Unpack[PostExtras]) -> int:
        """Post to a channel and give the message's id."""
        return posting.post(self.world, channel, Draft(text, **extras)).ids[0]

    def post_album(
        self, channel: Channel, captions: Sequence[str], media: Sequence[MediaSpec]
    ) -> list[int]:
        """Post an album, one caption (may be empty) for each medium; gives the ids."""
        drafts = [Draft(caption, media=spec) for caption, spec in zip(captions, media, strict=True)]
        changes = posting.post_album(self.world, channel, drafts)
        return [change.ids[0] for change in changes]

    def edit(
        self, channel: Channel, message_id: int, text: str, **extras: Unpack[PostExtras]
    ) -> None:
        """Give a post a new text; raises LookupError if it is not there."""
        posting.edit(self.world, channel, message_id, Draft(text, **extras))

    def delete(self, channel: Channel, ids: Iterable[int]) -> None:
        """Delete posts."""
        posting.delete(self.world, channel, list(ids))

    def pin(self, channel: Channel, message_id: int) -> None:
        """Pin a post."""
        posting.pin(self.world, channel, message_id)

    def fill(self, channel: Channel, texts: Sequence[str], dates: Sequence[datetime]) -> None:
        """Give a channel a history at once, oldest first; nobody is told."""
        posting.fill(self.world, channel, texts, dates)

    def write(self, sender: User, receiver: User, text: str) -> int:
        """Let one account write to another without a client; gives the sender's message id."""
        return private.send(self.world, sender, receiver, Draft(text)).ids[0]

    async def press(self, user: User, bot: User, message_id: int, data: bytes) -> Any:
        """Let a person press an inline button; gives the bot's messages.BotCallbackAnswer."""
        return await pressing.press(self._desk, user, bot, message_id, data)

    def login_code(self, phone: str) -> str:
        """Give the code that signs this phone in."""
        return self.world.login_code(phone)

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called, by its TL name ("messages.sendMessage")."""
        return self.world.journal.calls

    def connected(self, user: User) -> int:
        """Give the number of connections of an account that would get updates now."""
        return len(self._connections_of(user.id))

    def cut(self, user: User | None = None, *, mid_frame: bool = False) -> int:
        """Drop the connections of an account (or all); gives how many."""
        chosen = list(self._connections.values())
        if user is not None:
            chosen = [each for each in chosen if self._user_id(each) == user.id]
        for connection in chosen:
            connection.cut(mid_frame=mid_frame)
        return len(chosen)

    async def wait_connected(self, user: User) -> None:
        """Wait until a client of this account would get updates."""
        while not self.connected(user):
            self._signed_on.clear()
            await self._signed_on.wait()

    def refuse_connections(self, seconds: float) -> None:
        """Do not listen for some seconds: connecting fails; connections that are made stay."""
        if self._server is not None:
            self._server.close()
        if self._reopening is not None:
            self._reopening.cancel()
        self._reopening = asyncio.get_running_loop().create_task(self._reopen(seconds))

    async def accept_connections(self) -> None:
        """End a `refuse_connections` early."""
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
            await self._listen()

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._reopening = None
        await self._listen()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        if self._held is None:
            # While we do not listen, the system would give the port to any client that connects.
            self._held = socket.socket()
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._held.bind((HOST, self._port))
            self._port = self._held.getsockname()[1]
        self._server = await loop.create_server(
            lambda: Connection(self), HOST, self._port, reuse_address=True
        )

    # What connections ask (session.Switchboard)

    def time(self) -> float:
        """Give its time in Unix seconds."""
        return self.world.time()

    def auth_key(self, key_id: int) -> Any | None:
        """Give the authorization key with this id, or None."""
        record = self.world.keys.get(key_id)
        return None if record is None else record.auth_key()

    def keep_auth_key(self, auth_key: Any) -> None:
        """Remember a key that a handshake produced."""
        record = KeyRecord(auth_key.key, created=self.world.now())
        self.world.keys[auth_key.key_id] = record

    def opened(self, connection: Connection) -> None:
        """Count a connection, or hear that it can take more."""
        if connection not in self._numbers:
            self._last_number += 1
            self._numbers[connection] = self._last_number
            self._connections[self._last_number] = connection
        self._schedule()

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.pop(self._numbers.pop(connection, 0), None)
        self._pending.pop(connection, None)

    def call(self, connection: Connection, request: Any) -> Any:
        """Carry one request out; raises RpcError."""
        record = self.world.keys[connection.auth_key.key_id]
        if connection.device is not None:
            record.device = connection.device.device_model
        method = tl.method_name(type(request))
        self.world.journal.count(method, record.user_id)
        try:
            return self._handled(connection, record, method, request)
        except tl.RpcError as error:
            self.world.journal.refusals[f"{method} {error.name}"] += 1
            raise
        except Exception:
            log.exception("handler failed: %s", method)
            raise tl.RpcError("INTERNAL", 500) from None

    def _handled(self, connection: Connection, record: KeyRecord, method: str, request: Any) -> Any:
        self.faults.check(method, record.user_id)
        handler = HANDLERS.get(type(request))
        if handler is None:
            self.world.journal.unknown[method] += 1
            raise tl.RpcError("METHOD_INVALID")
        result = handler(Call(self._desk, record, self._numbers.get(connection, 0)), request)
        if self.faults.loses_answer(method):
            connection.cut()
        self._signed_on.set()
        return result

    # Pushes

    def _queue(self, push: Push) -> None:
        if push.channel_id in self.faults.suppressed:
            return
        origin = self._connections.get(push.origin)
        for connection in self._connections_of(push.user_id):
            if connection is not origin:
                self._pending.setdefault(connection, []).append(push)
        self._schedule()

    def _schedule(self) -> None:
        if self._pending and not self._flush_due:
            self._flush_due = True
            loop = asyncio.get_running_loop()
            if self.faults.push_delay_s:
                loop.call_later(self.faults.push_delay_s, self._flush)
            else:
                loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        for connection in list(self._pending):
            if connection.paused:
                continue
            waiting = self._pending.pop(connection)
            viewer = self.world.users.get(self._user_id(connection))
            if viewer is None:
                continue
            for at in range(0, len(waiting), _UPDATES_PER_PUSH):
                batch = waiting[at : at + _UPDATES_PER_PUSH]
                ids = dict.fromkeys(number for push in batch for number in push.peers)
                users, chats = self._desk.views.peers(viewer, ids)
                items = [push.update for push in batch]
                if self.faults.garble is not None:  # of channels' posts only
                    posts = [push.update for push in batch if push.channel_id]
                    others = [push.update for push in batch if not push.channel_id]
                    items = others + self.faults.garble.garbled(posts)
                connection.push(tl.updates(items, users, chats, self.world.now()))

    def _connections_of(self, user_id: int) -> list[Connection]:
        return [
            connection
            for connection in self._connections.values()
            if connection.ready and self._user_id(connection) == user_id
        ]

    def _user_id(self, connection: Connection) -> int:
        if connection.auth_key is None:
            return 0
        record = self.world.keys.get(connection.auth_key.key_id)
        return record.user_id if record else 0
