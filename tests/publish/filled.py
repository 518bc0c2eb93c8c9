"""An archive of generated posts in a real SQLite file, written the way intake writes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from bot.collect import intake
from bot.collect.intake import Sight
from storage import channels, schema
from storage.database import Database
from storage.records import ChannelId, FollowMode, Has, Is, SeenDeletion, SeenMessage, Source

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def message(number: int, text: str, **facts) -> SeenMessage:
    """A message as it is seen; `facts` replace what is usual."""
    usual = {
        "telegram_channel_id": 7,
        "message_id": number,
        "posted_at": NOW + timedelta(seconds=number),
        "edited_at": None,
        "grouped_id": None,
        "text": text,
        "body_length": len(text),
        "entities": "[]",
        "has": frozenset[Has](),
        "marks": frozenset[Is](),
        "origin": None,
        "origin_name": None,
        "reply_to": None,
        "author": None,
        "raw": f"{number} {text}".encode(errors="replace"),
        "content_hash": hashlib.sha256(
            f"{text}{facts.get('entities')}".encode(errors="replace")
        ).digest()[:16],
    }
    return SeenMessage(**(usual | facts))


async def until(claim, _what: str, deadline_s: float = 60.0) -> None:
    """Return as soon as the claim holds; fail if it does not in time."""
    async with asyncio.timeout(deadline_s):
        while not await claim():  # noqa: ASYNC110  # another process or thread makes it hold
            await asyncio.sleep(0.01)


@dataclass
class Archive:
    """A database with channels by name, and what writes to it."""

    database: Database
    channels: dict[str, ChannelId] = field(default_factory=dict)

    async def add_channel(self, name: str, *groups: str) -> ChannelId:
        async with self.database.transaction() as connection:
            number = await channels.add(connection, f"@{name}", FollowMode.JOIN, 10, NOW)
            await connection.execute(
                update(schema.channels)
                .where(schema.channels.c.id == number)
                .values(telegram_id=1000 + number, username=name, title=name.title())
            )
            await channels.set_groups(connection, number, frozenset(groups))
        self.channels[name] = number
        return number

    async def see(
        self, name: str, *messages: SeenMessage, source: Source = Source.LIVE, at: datetime = NOW
    ) -> None:
        sight = Sight(source, None, at)
        async with self.database.transaction() as connection:
            await intake.write(connection, [(self.channels[name], m) for m in messages], sight)

    async def post(self, name: str, texts: Iterable[str], first: int = 1, **facts) -> None:
        await self.see(name, *(message(n, t, **facts) for n, t in enumerate(texts, first)))

    async def gone(self, name: str, *numbers: int) -> None:
        async with self.database.transaction() as connection:
            await intake.write_deletions(
                connection,
                [(self.channels[name], SeenDeletion(7, numbers))],
                Sight(Source.LIVE, None, NOW),
            )
