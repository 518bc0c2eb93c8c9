"""One client connection: handshake, MTProto messages in and out, requests handed to the server.

The layer between the socket's bytes (`wire`) and the methods. It keeps message ids, sequence
numbers, salts, containers and acknowledgements right, answers service messages itself, and
remembers recent answers so that a message sent twice is answered once more, not done twice.
"""

import asyncio
import struct
from collections import OrderedDict
from typing import Any, Protocol

from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from bot.sandbox import tl, wire
from bot.sandbox.handshake import Handshake, HandshakeError
from bot.sandbox.keys import ServerKey

_CONTAINER = 0x73F1F8DC
_GZIP = 0x3072CFA1
_UNKNOWN_KEY = struct.pack("<i", -404)
_WRONG_SALT = 48
_REMEMBERED_ANSWERS = 256
_REMEMBERED_BYTES = 64 * 1024
_CONTAINER_MESSAGES = 100
_CONTAINER_BYTES = 512 * 1024
_SALT_SECONDS = 1800
_ID_TOO_LOW = 16
_ID_TOO_HIGH = 17
_OLDEST_MESSAGE_S = 300  # a message's id holds the client's time, which must be about ours
_NEWEST_MESSAGE_S = 30


class Switchboard(Protocol):
    """What a connection asks of the server that owns it."""

    key: ServerKey

    def time(self) -> float:
        """Give the server's time in Unix seconds."""

    def auth_key(self, key_id: int) -> Any | None:
        """Give the authorization key with this id, or None when it is not known."""

    def keep_auth_key(self, auth_key: Any) -> None:
        """Remember an authorization key that a handshake produced."""

    def call(self, connection: "Connection", request: Any) -> Any:
        """Carry one request out: a result, or a future of one; raises RpcError."""

    def opened(self, connection: "Connection") -> None:
        """Count a connection, or hear that it can take more."""

    def closed(self, connection: "Connection") -> None:
        """Forget a connection."""


class Connection(asyncio.Protocol):
    """One TCP connection of one client, from the server's side."""

    def __init__(self, server: Switchboard) -> None:
        self._server = server
        self._framer = wire.Framer()
        self._handshake = Handshake(server.key)
        self._transport: asyncio.Transport | None = None
        self._session_id = 0
        self._is_greeted = False  # whether that session was told that it is new here
        self._last_message_id = 0
        self._content_sent = 0
        self._answers: OrderedDict[int, bytes | None] = OrderedDict()
        self._outgoing: list[tuple[bytes, bool, bool]] = []
        self._flush_due = False
        self.auth_key: Any = None  # telethon.crypto.AuthKey, untyped
        self.wants_updates = False
        self.paused = False
        self.device: Any = None  # the client's initConnection
        self._idle_timer: asyncio.TimerHandle | None = None

    # The socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start: the server counts this connection."""
        self._transport = transport  # type: ignore[assignment] # create_server gives a Transport
        self._server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        """End: nothing more is written, the server forgets this connection."""
        self._transport = None
        if self._idle_timer:
            self._idle_timer.cancel()
        self._server.closed(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a client that breaks the protocol is disconnected."""
        try:
            for payload in self._framer.packets(data):
                self._take(payload)
        except (wire.WireError, HandshakeError, struct.error, BufferError):
            self.cut()

    def pause_writing(self) -> None:
        """Hold pushes back: the client reads slower than the server writes."""
        self.paused = True

    def resume_writing(self) -> None:
        """Let pushes flow again."""
        self.paused = False
        self._server.opened(self)

    def cut(self, *, mid_frame: bool = False) -> None:
        """Drop the TCP connection at once; with `mid_frame`, after half of a packet."""
        if self._transport is None:
            return
        if mid_frame:
            self._transport.write(self._framer.framed(bytes(256))[:100])
            self._transport.close()
        else:
            self._transport.abort()

    # Messages in

    def _take(self, payload: bytes) -> None:
        (key_id,) = struct.unpack_from("<Q", payload)
        if key_id == 0:
            self._shake_hands(payload)
            return
        if self.auth_key is None or self.auth_key.key_id != key_id:
            self.auth_key = self._server.auth_key(key_id)
            if self.auth_key is None:
                self._write(_UNKNOWN_KEY)
                return
        self._take_message(wire.opened(self.auth_key.key, payload))

    def _shake_hands(self, payload: bytes) -> None:
        (length,) = struct.unpack_from("<i", payload, 16)
        with BinaryReader(payload[20 : 20 + length]) as reader:
            request = reader.tgread_object()
        answer = self._handshake.answer(request)
        self._write(struct.pack("<qqi", 0, self._message_id(1), len(answer)) + answer)
        if self._handshake.auth_key is not None:
            self.auth_key = self._handshake.auth_key
            self._server.keep_auth_key(self.auth_key)
            self._handshake = Handshake(self._server.key)

    def _take_message(self, message: wire.Opened) -> None:
        if message.session_id != self._session_id:
            self._session_id = message.session_id
            self._is_greeted = False
            self._answers.clear()
            self._content_sent = 0
        ahead_s = (message.message_id >> 32) - self._server.time()
        if not -_OLDEST_MESSAGE_S <= ahead_s <= _NEWEST_MESSAGE_S:
            code = _ID_TOO_LOW if ahead_s < 0 else _ID_TOO_HIGH
            refusal = types.BadMsgNotification(message.message_id, message.sequence, code)
            self._flush()
            self._send(bytes(refusal), content=False)
            self._flush()  # by itself: in a container it would be taken for too old or too new
            return
        if not self._is_greeted:
            self._is_greeted = True
            self._send(
                bytes(types.NewSessionCreated(message.message_id, self._session_id, self.salt)),
                content=True,
            )
        if message.salt != self.salt:
            self._send(
                bytes(
                    types.BadServerSalt(
                        message.message_id, message.sequence, _WRONG_SALT, self.salt
                    )
                ),
                content=False,
            )
            return
        self._take_body(message.message_id, message.body)

    def _take_body(self, message_id: int, body: bytes) -> None:
        (constructor,) = struct.unpack_from("<I", body)
        if constructor == _CONTAINER:
            (count,) = struct.unpack_from("<i", body, 4)
            at = 8
            for _ in range(count):
                inner_id, _sequence, length = struct.unpack_from("<qii", body, at)
                self._take_body(inner_id, body[at + 16 : at + 16 + length])
                at += 16 + length
            return
        if message_id in self._answers:
            self._answer_again(message_id)
            return
        try:
            with BinaryReader(body) as reader:
                request = reader.tgread_object()
                if constructor == _GZIP:
                    self._take_body(message_id, request.data)
                    return
        except TypeNotFoundError as error:
            name = f"INPUT_METHOD_INVALID_{error.invalid_constructor_id}_0"
            self._answer(message_id, tl.RpcError(name))
            return
        self._serve(message_id, request)

    def _answer_again(self, message_id: int) -> None:
        answer = self._answers[message_id]
        if answer is not None:
            self._send(answer, content=True, response=True)

    # Requests

    def _serve(self, message_id: int, request: Any) -> None:
        service = self._service_answer(message_id, request)
        if service is not None:
            if service:
                self._send(service, content=False, response=True)
            return
        self._remember(message_id, None)
        try:
            result = self._server.call(self, self._unwrapped(request))
        except tl.RpcError as error:
            result = error
        if isinstance(result, asyncio.Future):
            self._send(bytes(types.MsgsAck([message_id])), content=False)
            result.add_done_callback(lambda done: self._answer(message_id, _outcome(done)))
        else:
            self._answer(message_id, result)

    def _service_answer(  # noqa: PLR0911 one return per service message
        self, message_id: int, request: Any
    ) -> bytes | None:
        """Answer what is not a method: bytes to send (none if empty), None for a method."""
        match request:
            case types.MsgsAck() | types.HttpWait() | types.MsgsStateInfo() | types.MsgsAllInfo():
                return b""
            case functions.PingRequest():
                return bytes(types.Pong(message_id, request.ping_id))
            case functions.PingDelayDisconnectRequest():
                self._disconnect_after(request.disconnect_delay)
                return bytes(types.Pong(message_id, request.ping_id))
            case functions.GetFutureSaltsRequest():
                return self._future_salts(message_id)
            case functions.DestroySessionRequest():
                return bytes(types.DestroySessionNone(request.session_id))
            case types.MsgsStateReq() | types.MsgResendReq():
                seen = bytes(4 if known in self._answers else 1 for known in request.msg_ids)
                return bytes(types.MsgsStateInfo(message_id, seen))
            case functions.RpcDropAnswerRequest():
                return tl.rpc_result(message_id, types.RpcAnswerUnknown())
        return None

    def _future_salts(self, message_id: int) -> bytes:
        now = int(self._server.time())
        salt = types.FutureSalt(now, now + _SALT_SECONDS, self.salt)
        return bytes(types.FutureSalts(message_id, now, [salt]))

    def _disconnect_after(self, seconds: int) -> None:
        if self._idle_timer:
            self._idle_timer.cancel()
        self._idle_timer = asyncio.get_running_loop().call_later(seconds, self.cut)

    def _unwrapped(self, request: Any) -> Any:
        quiet = False
        while isinstance(request, tl.WRAPPERS):
            if isinstance(request, functions.InitConnectionRequest):
                self.device = request
            quiet = quiet or isinstance(request, functions.InvokeWithoutUpdatesRequest)
            request = request.query
        self.wants_updates = not quiet
        return request

    def _answer(self, message_id: int, result: Any) -> None:
        body = tl.rpc_result(message_id, result)
        self._remember(message_id, body if len(body) <= _REMEMBERED_BYTES else None)
        self._send(body, content=True, response=True)

    def _remember(self, message_id: int, answer: bytes | None) -> None:
        self._answers[message_id] = answer
        while len(self._answers) > _REMEMBERED_ANSWERS:
            self._answers.popitem(last=False)

    # Messages out

    @property
    def salt(self) -> int:
        """The server salt of this authorization key: any fixed number serves on loopback."""
        return int.from_bytes(self.auth_key.key[:8], "little", signed=True)

    @property
    def ready(self) -> bool:
        """Whether updates can be pushed: a session is open and asked for them."""
        return bool(self._session_id and self.wants_updates and self._transport)

    def push(self, updates: bytes) -> None:
        """Send serialised updates to the client."""
        self._send(updates, content=True)

    def _send(self, body: bytes, *, content: bool, response: bool = False) -> None:
        self._outgoing.append((body, content, response))
        if not self._flush_due:
            self._flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        waiting, self._outgoing = self._outgoing, []
        while waiting and self._transport is not None:
            batch: list[bytes] = []
            size = 0
            while waiting and len(batch) < _CONTAINER_MESSAGES and size < _CONTAINER_BYTES:
                batch.append(self._message(*waiting.pop(0)))
                size += len(batch[-1])
            message = batch[0] if len(batch) == 1 else self._container(batch)
            self._write(wire.sealed(self.auth_key, self.salt, self._session_id, message))

    def _container(self, messages: list[bytes]) -> bytes:
        body = struct.pack("<Ii", _CONTAINER, len(messages)) + b"".join(messages)
        head = struct.pack("<qii", self._message_id(1), self._content_sent * 2, len(body))
        return head + body

    def _message(self, body: bytes, content: bool, response: bool) -> bytes:  # noqa: FBT001 a queued triple
        sequence = self._content_sent * 2 + content
        self._content_sent += content
        return (
            struct.pack("<qii", self._message_id(1 if response else 3), sequence, len(body)) + body
        )

    def _message_id(self, kind: int) -> int:
        """Give the next message id: Unix time × 2³², 1 mod 4 for answers, 3 for the rest."""
        fresh = int(self._server.time() * (1 << 32)) & ~3
        self._last_message_id = max(fresh, (self._last_message_id & ~3) + 4)
        return self._last_message_id | kind

    def _write(self, payload: bytes) -> None:
        if self._transport is not None:
            self._transport.write(self._framer.framed(payload))


def _outcome(done: "asyncio.Future[Any]") -> Any:
    if done.cancelled():
        return tl.RpcError("BOT_RESPONSE_TIMEOUT")
    error = done.exception()
    if error is None:
        return done.result()
    if isinstance(error, tl.RpcError):
        return error
    raise error
