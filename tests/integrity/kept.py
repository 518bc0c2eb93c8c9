"""A small archive with everything the log binds: TL bytes, an album, edits, deletions, acts."""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from telethon import types

from bot.collect import intake
from bot.collect.intake import Sight
from bot.collect.media.keeping import put
from bot.collect.normalise import seen_message
from bot.publish import log
from bot.publish.signing import signing_key
from bot.sandbox.media import png
from storage import accounts, audit, channels, media
from storage.database import Database, open_database
from storage.folder import DataFolder
from storage.records import (
    Access,
    AccountId,
    Attachment,
    AuditEntry,
    ChannelId,
    FetchedBy,
    FollowMode,
    Has,
    IdRange,
    MediaState,
    NewMedia,
    RevisionId,
    SeenDeletion,
    SignedHead,
    Source,
)
from storage.schema import post_id

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
WORDS = ["пожежа", "міст", "ракета", "дорога", "тихо", "fire", "bridge", "🔥", "ранок", "стіл"]


def message(telegram_id: int, number: int, text: str, **fields):
    """Make a message of Telegram's own kind, as it would have come."""
    made = types.Message(
        id=number,
        peer_id=types.PeerChannel(telegram_id),
        date=NOW + timedelta(minutes=number),
        message=text,
        **fields,
    )
    return seen_message(made, {})


async def add_channel(database: Database, name: str, telegram_id: int) -> ChannelId:
    async with database.transaction() as connection:
        account = await accounts.know_account(connection, "main", 5)
        number = await channels.add(connection, f"@{name}", FollowMode.JOIN, 10, NOW)
        await channels.followed(
            connection,
            number,
            telegram_id=telegram_id,
            username=name,
            title=name.title(),
            access=Access(account.id, number, telegram_id, 1, is_member=True),
            at=NOW,
        )
        await audit.add(connection, AuditEntry(NOW, "operator", "channel added", f"@{name}"))
    return number


async def see(database: Database, channel: ChannelId, *seen, source=Source.LIVE, at=NOW):
    async with database.transaction() as connection:
        await intake.write(
            connection, [(channel, item) for item in seen], Sight(source, AccountId(1), at)
        )
        numbers = [item.message_id for item in seen]
        stretch = IdRange(min(numbers), max(numbers))
        await intake.account_for(connection, {channel: [stretch]})


async def fill(database: Database, *, seed: int = 1, each: int = 12) -> list[ChannelId]:
    """Fill an archive the same way each time."""
    chance = random.Random(seed)
    made = []
    for index in range(2):
        telegram_id = 1000 + index
        channel = await add_channel(database, f"channel_{index}", telegram_id)
        made.append(channel)
        for number in range(1, each + 1):
            text = " ".join(chance.choices(WORDS, k=4))
            bold = [types.MessageEntityBold(0, 3)] if number % 3 == 0 else None
            album = 55 if number in {4, 5} else None
            seen = message(telegram_id, number, text, entities=bold, grouped_id=album)
            await see(database, channel, seen, at=NOW + timedelta(seconds=number))
        edited = NOW + timedelta(hours=1)
        again = message(telegram_id, 2, "уточнено: міст цілий", edit_date=edited)
        await see(database, channel, again, source=Source.REREAD, at=edited)
        sight = Sight(Source.LIVE, AccountId(1), NOW + timedelta(hours=2))
        async with database.transaction() as connection:
            gone = SeenDeletion(telegram_id, (3,))
            await intake.write_deletions(connection, [(channel, gone)], sight)
    return made


async def hold(
    database: Database, channel: ChannelId, number: int, content: bytes | None = None
) -> None:
    """Hold a picture of a message, as if it had been fetched."""
    folder = DataFolder(database.path.parent)
    part = database.path.with_suffix(".part")
    part.write_bytes(content or png(40, 30))
    file = replace(put(folder, part, "application/octet-stream"), stored_at=NOW)
    shown = Attachment(
        *(900 + number, 5, b"", 2, Has.PHOTO, "image/png", "../x.png", file.length, "x")
    )
    home = post_id(channel, number)
    new = NewMedia(home, channel, number, RevisionId(1), shown, MediaState.WANTED, None)
    async with database.transaction() as connection:
        await media.add(connection, [new], NOW)
        (noted,) = await media.of_messages(connection, channel, [number])
        await media.held(connection, noted, file, FetchedBy(AccountId(1), NOW))


_MADE: dict[tuple[int, int, str], tuple[Path, list[SignedHead]]] = {}


async def make(
    folder: Path, *, heads: int = 2, each: int = 12, whose: str = "ours"
) -> list[SignedHead]:
    """Make a data folder with a filled archive and as many signed heads.

    The same is made once in a process, and copied, key and all: filling takes a second. Archives
    that are not of the same house (`whose`) have keys of their own.
    """
    if (heads, each, whose) not in _MADE:
        home = tempfile.TemporaryDirectory(prefix="earshot-kept-")
        atexit.register(home.cleanup)
        _MADE[heads, each, whose] = Path(home.name), await _make(Path(home.name), heads, each)
    made, signed = _MADE[heads, each, whose]
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return list(signed)


async def _make(folder: Path, heads: int, each: int) -> list[SignedHead]:
    signed = []
    async with open_database(folder / "earshot.db") as database:
        channels_made = await fill(database, each=each)
        await hold(database, channels_made[0], 1)
        key = signing_key(folder)
        for number in range(heads):
            if number:
                late = message(1000, 100 + number, f"пізніше {number}")
                await see(database, channels_made[0], late, at=NOW + timedelta(days=number))
            signed.append(await log.sign(database, key))
    return signed
