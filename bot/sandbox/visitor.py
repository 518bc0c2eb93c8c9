"""A person on the far side: a stock Telethon client that writes to a bot and keeps what it gets.

Nothing of the product is used here: what arrives, arrives as in anybody's Telegram app.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from telethon import TelegramClient, events
from telethon.crypto import rsa
from telethon.sessions import StringSession


class NoAnswerError(Exception):
    """The bot did not answer in time."""

    def __init__(self, said: str, deadline_s: float) -> None:
        super().__init__(f"no answer to {said!r} within {deadline_s:g} s")


@dataclass(frozen=True, slots=True)
class Door:
    """Where a sandbox listens, and the key (PEM) by which it is known."""

    host: str
    port: int
    dc_id: int
    public_key: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message, or its new text, as it came in; `at` by the monotonic clock, in seconds."""

    message_id: int
    text: str
    at: float
    is_edit: bool


class Visitor:
    """A signed-in person; use `visiting`. `arrivals` grow in the order of coming in."""

    def __init__(self, client: Any, on_arrival: Callable[[Arrival], None] | None) -> None:
        self._client = client
        self._on_arrival = on_arrival
        self._more = asyncio.Event()
        self.arrivals: list[Arrival] = []
        client.add_event_handler(self._take_new, events.NewMessage(incoming=True))
        client.add_event_handler(self._take_edit, events.MessageEdited(incoming=True))

    async def write(self, bot: str, text: str) -> None:
        """Write to a bot by its username."""
        await self._client.send_message(bot, text)

    async def press(self, bot: str, message_id: int, data: bytes) -> str:
        """Press a button under a message of the bot's; gives the notice it answers with."""
        message = await self._client.get_messages(bot, ids=message_id)
        answer = await message.click(data=data)
        return str(answer.message or "")

    async def ask(
        self, bot: str, text: str, is_answer: Callable[[str], bool], deadline_s: float
    ) -> Arrival:
        """Write, and give the next new message that is an answer. Raises NoAnswerError."""
        seen = len(self.arrivals)
        await self.write(bot, text)
        try:
            async with asyncio.timeout(deadline_s):
                while True:
                    for arrival in self.arrivals[seen:]:
                        if not arrival.is_edit and is_answer(arrival.text):
                            return arrival
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise NoAnswerError(text, deadline_s) from None

    async def _take_new(self, event: Any) -> None:
        self._take(event, is_edit=False)

    async def _take_edit(self, event: Any) -> None:
        self._take(event, is_edit=True)

    def _take(self, event: Any, *, is_edit: bool) -> None:
        arrival = Arrival(event.message.id, event.message.message, time.monotonic(), is_edit)
        self.arrivals.append(arrival)
        self._more.set()
        if self._on_arrival is not None:
            self._on_arrival(arrival)


@asynccontextmanager
async def visiting(
    door: Door, phone: str, code: str, on_arrival: Callable[[Arrival], None] | None = None
) -> AsyncIterator[Visitor]:
    """Sign a person in with phone and code; signs nothing out at the end, only disconnects."""
    rsa.add_key(door.public_key, old=False)
    session = StringSession()
    session.set_dc(door.dc_id, door.host, door.port)
    client = TelegramClient(session, 1, "visitor", retry_delay=0.2)
    try:
        await client.connect()
        await client.send_code_request(phone)
        await client.sign_in(phone, code)
        yield Visitor(client, on_arrival)
    finally:
        await client.disconnect()
