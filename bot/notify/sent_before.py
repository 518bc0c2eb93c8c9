"""Where a message is that was sent before: a crash, or a restored backup, kept us from noting it.

A bot cannot search a chat, but it can read messages by number, and the numbers of all its chats
are one sequence. So what was sent since the last message we know of is read once, in order, to its
end, and remembered by reader and post.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.telegram.bot import BotSession
from bot.telegram.messages import Recipient
from storage import deliveries
from storage.database import Database

_LOOK_BACK = 500  # numbers before the newest we know of: what is sent at once comes back unordered
_A_CALL = 100
_END = 3  # calls without any message, beyond what we know of: nothing comes after
_MOST = 50_000  # numbers read for one message at the most
_REST = timedelta(milliseconds=50)  # between two calls


class SentBefore:
    """Finds the bot's own messages by the post they show."""

    def __init__(self, bot: BotSession, database: Database) -> None:
        self._bot = bot
        self._database = database
        self._turn = asyncio.Lock()
        self._known: dict[tuple[int, str], tuple[bool, int]] = {}
        self._read_to: int | None = None

    async def find(self, reader: Recipient, link: str) -> int | None:
        """Give the number of the alert of that post, None if it is not there any more.

        By the link that it ends with and that its button opens, as other buttons hold numbers that
        a restored backup gives to another alert. Raises as BotSession.messages does.
        """
        async with self._turn:
            await self._read_on()
        found = self._known.get((reader.user_id, link))
        return found[1] if found else None

    async def _read_on(self) -> None:
        """Read what was sent since the last time, or since the last message we know of."""
        async with self._database.reading() as connection:
            newest = await deliveries.highest_remote_id(connection)
            since = await deliveries.known_until(connection)
        if self._read_to is not None:
            at = max(self._read_to, newest - _LOOK_BACK)
        elif since and newest - since < _MOST:
            at = since - _LOOK_BACK
        else:
            at = newest - _LOOK_BACK
        at, end, empty = max(1, at), at + _MOST, 0
        while at < end and empty < _END:
            page = await self._bot.messages(range(at, at + _A_CALL))
            for message in page:
                if message.is_own:
                    link = message.text.rpartition("\n")[2]
                    key, place = (message.recipient_id, link), (link in message.urls, message.id)
                    if link and place > self._known.get(key, (False, 0)):
                        self._known[key] = place
            at += _A_CALL
            empty = 0 if page or at <= newest else empty + 1
            if page:
                self._read_to = page[-1].id + 1
            await asyncio.sleep(_REST.total_seconds())
