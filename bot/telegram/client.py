"""One connection to Telegram: opened, called and closed here, and its failures sorted.

Every failure of a call becomes `Later` (with a delay) or `Never` (with a reason); whatever else
comes out is a bug. Flood waits are never slept silently: Telethon's own sleeping is off.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telethon import TelegramClient, errors
from telethon.crypto import rsa
from telethon.errors import rpcerrorlist

from bot.cancellation import is_asked
from bot.telegram.proxy import Proxy, connection_of
from bot.telegram.sealed import Session
from storage.failures import BadInput, Failure

# What ends a call: the network, Telegram's refusal, or bytes that are no answer of Telegram's.
FAILURES = (
    *(OSError, EOFError, BufferError),
    *(errors.RPCError, errors.AuthKeyNotFound, errors.SecurityError),
)
_CODES = {kind: code for code, kind in rpcerrorlist.rpc_errors_dict.items()}
_RECONNECT_DELAY_S = 1
_CONNECT_TIMEOUT_S = 15
_CONNECTED_WITHIN_S = 90  # all attempts, and the first answer
_ANSWER_TIMEOUT_S = 60
_SERVER_TROUBLE_DELAY_S = 5.0


class Later(Failure):
    """Telegram asks to try again; `delay_s` says when."""

    def __init__(self, delay_s: float, reason: str) -> None:
        super().__init__(f"{reason}; to be tried again in {delay_s:g} s")
        self.delay_s = delay_s
        self.reason = reason


class FloodWait(Later):
    """Telegram limits this kind of call for this account."""


class Never(Failure):
    """Telegram refuses for good; `code` is its name for the reason, such as CHANNEL_PRIVATE."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SessionInUse(BadInput, Never):
    """Another process has this session open; two at once would make Telegram end it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "SESSION_IN_USE",
            f"another earshot uses the session {name!r}: stop it first; two at once would make "
            "Telegram sign the account out",
        )


class SignedOut(BadInput, Never):
    """The session is not, or no longer, signed in."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person is told, with what to do."""
        return (f"{self}: run `earshot login`",)


@dataclass(frozen=True, slots=True)
class Server:
    """A Telegram other than the public one: its data centre's id, address and public key file."""

    dc_id: int
    host: str
    port: int
    public_key_file: Path


@dataclass(frozen=True, slots=True)
class Application:
    """What Telegram knows this program by, and which Telegram to talk to (None: the public one).

    `passphrase` seals the session files (None: they stay plain).
    """

    api_id: int
    api_hash: str
    server: Server | None = None
    passphrase: str | None = None

    def __repr__(self) -> str:
        return f"Application(api_id={self.api_id}, server={self.server})"


class Client(TelegramClient):  # type: ignore[misc]  # telethon publishes no types
    """Telethon's client, which also tells when it is back after a lost connection."""

    on_reconnect: Callable[[], None] | None = None

    async def _handle_auto_reconnect(self) -> None:
        # Telethon calls this after every reconnection it made by itself. Its own version makes a
        # call, without which Telegram sends no updates to the new connection.
        await super()._handle_auto_reconnect()
        if self.on_reconnect:
            self.on_reconnect()

    async def _call(self, *args: Any, **named: Any) -> Any:
        # Telethon's own calls, too, come through here. It waits for an answer for ever, though one
        # may be lost while the connection stands. TimeoutError is an OSError, which it takes for a
        # network that is down.
        # It also refuses calls by flood waits it remembers by the wall clock, which may be set; who
        # calls keeps to them.
        self._flood_waited_requests.clear()
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            return await super()._call(*args, **named)

    def connect_anew(self) -> None:
        """Connect again and ask again what waits for an answer, because the clock was set.

        Telethon passes over what seems too old or too new to it, as answers do that were under way.
        """
        self._sender._start_reconnect(None)  # noqa: SLF001  # as its own keep-alive does


@asynccontextmanager
async def open_client(
    application: Application,
    session: Path,
    *,
    catch_up: bool = True,
    proxy: Proxy | None = None,
) -> AsyncIterator[Client]:
    """Connect with the session file at `session` (made, 0600, if missing), signed in or not.

    Raises Later when the server cannot be reached, Never for a session or key it rejects,
    SessionInUse, and SessionSealed for a file that the passphrase does not open.
    """
    with _held(session):
        client = _build(application, session, catch_up=catch_up, proxy=proxy)
        try:
            await _connect(client)
            yield client
        finally:
            await client.disconnect()


@contextmanager
def _held(session: Path) -> Iterator[None]:
    """Keep a session for this process; the system lets go if we are killed."""
    descriptor = os.open(session.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SessionInUse(session.stem) from None
        yield
    finally:
        os.close(descriptor)


def _build(
    application: Application, session: Path, *, catch_up: bool, proxy: Proxy | None
) -> Client:
    if application.server:
        rsa.add_key(application.server.public_key_file.read_text(), old=False)
    descriptor = os.open(session, os.O_RDWR | os.O_CREAT, 0o600)  # born private
    os.close(descriptor)
    client = Client(
        Session(str(session), application.passphrase),
        application.api_id,
        application.api_hash,
        timeout=_CONNECT_TIMEOUT_S,
        connection_retries=3,
        retry_delay=_RECONNECT_DELAY_S,
        request_retries=2,
        flood_sleep_threshold=0,
        raise_last_call_error=True,
        sequential_updates=True,
        catch_up=catch_up,
        device_model="Earshot",
        **connection_of(proxy),
    )
    if application.server:
        client.session.set_dc(
            application.server.dc_id, application.server.host, application.server.port
        )
    return client


async def _connect(client: Client) -> None:
    try:
        async with asyncio.timeout(_CONNECTED_WITHIN_S):
            await client.connect()
    except FAILURES as error:
        raise sorted_failure(error) from error
    # From here on Telethon reconnects by itself for as long as we want to stay.
    client._sender._retries = -1  # noqa: SLF001  # no public way to bound only the first connect


async def call(client: Client, request: Any) -> Any:
    """Make one call; raise `Later`, `FloodWait`, `SignedOut` or `Never` when it is not done."""
    try:
        return await client(request)
    except asyncio.CancelledError:
        if is_asked():
            raise
        # Telethon cancels what waits for an answer when it gives its connection up.
        raise Later(_SERVER_TROUBLE_DELAY_S, "the connection was given up") from None
    except (*FAILURES, ValueError) as error:
        raise sorted_failure(error) from error


def sorted_failure(error: Exception) -> Exception:  # noqa: PLR0911  # a table of cases
    """Sort what Telethon raised into later, never and bug (which comes back unchanged)."""
    match error:
        case errors.FloodWaitError() | errors.SlowModeWaitError():
            return FloodWait(float(error.seconds), f"flood wait of {error.seconds} s")
        case errors.FloodError():
            return FloodWait(float(getattr(error, "seconds", 60)), "flood wait")
        case errors.AuthKeyNotFound():
            return SignedOut("AUTH_KEY_NOT_FOUND", "Telegram knows this session no more")
        case errors.UnauthorizedError() | errors.AuthKeyError():
            return SignedOut(type(error).__name__, "the session is not signed in")
        case errors.ServerError() | errors.TimedOutError():
            return Later(_SERVER_TROUBLE_DELAY_S, f"Telegram has trouble ({_code(error)})")
        case errors.RPCError():
            return Never(_code(error), f"Telegram refuses: {_code(error)}")
        case BufferError() | errors.SecurityError():
            return Later(_SERVER_TROUBLE_DELAY_S, "what came is no answer of Telegram's")
        case OSError() | EOFError():  # TimeoutError too
            return Later(_SERVER_TROUBLE_DELAY_S, f"no connection ({error or 'timed out'})")
    return error


def _code(error: Exception) -> str:
    """Give Telegram's name for an error.

    Telethon's own classes lose it: their `message` is only the kind, such as BAD_REQUEST.
    """
    known = _CODES.get(type(error)) or getattr(error, "message", None)
    return str(known) if known else type(error).__name__
