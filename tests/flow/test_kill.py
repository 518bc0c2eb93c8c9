"""Kill -9 of the whole process, again and again, while posts arrive: nothing lost, nothing twice.

The Telegram is a process of its own and Earshot is the real command. What readers got is counted
on the server's side, from what the bot really sent. `KILLS=50 pytest tests/flow/test_kill.py` is
for a longer look.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from earshot_command import API_HASH, PHONE, TOKEN, Earshot
from newsroom import until, until_settled

from bot.config import Settings
from bot.operate.login import LoginWishes, sign_in_all
from bot.sandbox.control import SandboxControl
from bot.sandbox.journal import BotMessage
from storage import alerts, channels, history, posts, subscribers, subscriptions
from storage.database import Database, open_database
from storage.records import AlertState, FollowMode, Role

KILLS = int(os.environ.get("KILLS", "6"))
POSTS = 50 * KILLS
CHANNELS = [f"channel_{number:02}" for number in range(20)]
PEOPLE = {  # phone → (query, what the text of a post that it matches contains)
    "+380500000001": ("ракета", "ракет"),
    "+380500000002": ("drone OR танк", "drone"),
    "+380500000003": ("колона -учення", "колон"),
}
THINGS = ("Пуск ракети", "A drone over the bridge", "Колона на дорозі", "Тихо", "Nothing new")
LINK = re.compile(r"https://t\.me/(\w+)/(\d+)")

Key = tuple[str, int]  # channel's username, message id


@dataclass
class Story:
    """What was posted, and what the bot sent of it; the server's side of the truth."""

    control: SandboxControl
    chance: random.Random
    people: dict[int, str] = field(default_factory=dict)  # user id → needle
    texts: dict[Key, str] = field(default_factory=dict)
    edited: set[Key] = field(default_factory=set)
    deleted: set[Key] = field(default_factory=set)
    sent: list[BotMessage] = field(default_factory=list)

    async def post(self, number: int) -> None:
        channel = self.chance.choice(CHANNELS)
        text = f"{self.chance.choice(THINGS)}, №{number}"
        self.texts[channel, await self.control.post(channel, text)] = text

    async def change(self) -> None:
        """Edit or delete a post that was alerted already, so that its reader must be told."""
        await self.look()
        told = sorted({told for _, told in self.tellings()} - self.deleted - self.edited)
        if not told:
            return
        key = self.chance.choice(told)
        if self.chance.random() < 0.5:
            self.texts[key] += ", уточнено"
            self.edited.add(key)
            await self.control.edit(*key, self.texts[key])
        else:
            self.deleted.add(key)
            await self.control.delete(key[0], [key[1]])

    async def look(self) -> None:
        self.sent += await self.control.truth(len(self.sent))

    def owed(self) -> Counter[tuple[int, Key]]:
        return Counter(
            (user, key)
            for user, needle in self.people.items()
            for key, text in self.texts.items()
            if needle in text.lower()
        )

    def tellings(self) -> list[tuple[int, Key]]:
        """Give who was sent a new message about which post, once for each message."""
        return [
            (entry.user_id, (found[1], int(found[2])))
            for entry in self.sent
            if entry.act == "sent" and (found := LINK.search(entry.text))
        ]

    def untold_changes(self) -> list[Key]:
        """Give edited and deleted posts of which some reader's message does not say so."""
        messages: dict[tuple[int, int], tuple[Key, str]] = {}
        for entry in self.sent:
            if found := LINK.search(entry.text):
                key = found[1], int(found[2])
                messages[entry.user_id, entry.message_id] = key, entry.text
        return sorted(
            key
            for key, text in messages.values()
            if (key in self.edited and self.texts[key] not in text)
            or (key in self.deleted and "🗑" not in text)
        )

    def missing(self) -> Counter[tuple[int, Key]]:
        return self.owed() - Counter(self.tellings())

    def repeated(self) -> Counter[tuple[int, Key]]:
        return Counter(self.tellings()) - self.owed()


async def prepare(control: SandboxControl, folder: Path) -> tuple[Settings, Story]:
    """Make channels and people, sign in, and put the list and the watchers into rows."""
    ready = control.ready
    (folder / "code").write_text(await _account(control))
    settings = Settings(
        data_dir=folder / "data",
        telegram_api_id=12345,
        telegram_api_hash=API_HASH,
        telegram_bot_token=TOKEN,
        telegram_dc_id=ready["dc_id"],
        telegram_dc_address=ready["address"],
        telegram_public_key_file=Path(ready["public_key"]),
    )
    await sign_in_all(settings, LoginWishes(PHONE, folder / "code"))
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201  # shown when the test fails
    story = Story(control, random.Random(seed))
    async with open_database(settings.data_dir / "earshot.db") as database:
        await _fill_rows(database, story)
    return settings, story


async def _account(control: SandboxControl) -> str:
    await control.add_user(PHONE, "Olena")
    await control.add_bot(TOKEN, "earshot_bot")
    for name in CHANNELS:
        await control.add_channel(name.title(), name)
    return await control.login_code(PHONE)


async def _fill_rows(database: Database, story: Story) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        for name in CHANNELS:
            await channels.add(connection, f"@{name}", FollowMode.JOIN, 100, now)
        for phone, (query, needle) in PEOPLE.items():
            number = await story.control.add_user(phone, "Reader")
            await story.control.write(phone, "earshot_bot", "/start")
            story.people[number] = needle
            reader = await subscribers.add(
                connection,
                telegram_user_id=number,
                access_hash=0,
                name="Reader",
                role=Role.REPORTER,
                timezone="UTC",
                language="uk",
                added_at=now,
            )
            await subscriptions.add(connection, reader, query=query, normal=query, added_at=now)


def environment(settings: Settings) -> dict[str, str]:
    return {
        "DATA_DIR": str(settings.data_dir),
        "TELEGRAM_API_ID": str(settings.telegram_api_id),
        "TELEGRAM_API_HASH": API_HASH,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_DC_ID": str(settings.telegram_dc_id),
        "TELEGRAM_DC_ADDRESS": str(settings.telegram_dc_address),
        "TELEGRAM_PUBLIC_KEY_FILE": str(settings.telegram_public_key_file),
        "METRICS_PORT": "0",
        "SENDS_PER_S": "1000",
        "SENDS_PER_CHAT_PER_S": "1000",
        "LOG_LEVEL": "WARNING",
    }


async def _followed(database: Database) -> bool:
    async with database.reading() as connection:
        listed = await channels.listed(connection)
        left = await history.left(connection)
    return all(channel.state == "followed" for channel in listed) and not left


async def _posts_held(database: Database) -> int:
    async with database.reading() as connection:
        return int((await posts.counts(connection))["posts"])


async def _is_settled(database: Database, story: Story) -> bool:
    """Say whether all posted is held, all owed was told, and nothing more is under way."""
    await story.look()
    if await _posts_held(database) < POSTS or story.missing() or story.untold_changes():
        return False
    async with database.reading() as connection:
        states = await alerts.counts(connection)
        left = await history.left(connection)
    return not left and not states[AlertState.OWED] and not states[AlertState.LEASED]


async def _progress(database: Database, story: Story) -> tuple[object, ...]:
    """Give what changes as long as anything comes of the last start."""
    async with database.reading() as connection:
        stored = await posts.counts(connection)
        states = await alerts.counts(connection)
        left = await history.left(connection)
    return sorted(stored.items()), sorted(states.items()), left, len(story.sent)


async def _keep_posting(story: Story, numbers: Sequence[int], seconds: float) -> None:
    """Post at random moments of a stretch of time, with a change to an older post now and then."""
    start = time.monotonic()
    moments = sorted(story.chance.uniform(0, seconds) for _ in numbers)
    for number, moment in zip(numbers, moments, strict=True):
        # Real time is what is tested: the kill falls wherever it falls.
        await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
        await story.post(number)
        if number % 25 == 0:
            await story.change()


async def _warm_up(earshot: Earshot, story: Story, database: Database) -> float:
    """Let a first process follow the channels; say how long a second takes to be of use (s)."""
    process = await earshot.start("run")
    await until(lambda: _followed(database), "the channels are followed")
    process.kill()
    await process.communicate()
    await story.post(0)
    began = time.monotonic()
    process = await earshot.start("run")
    await until(lambda: _holds(database, 1), "the first post is held")
    taken = time.monotonic() - began
    process.kill()
    await process.communicate()
    return taken


async def _holds(database: Database, count: int) -> bool:
    return await _posts_held(database) == count


async def _holds_more(database: Database, held: list[int]) -> bool:
    return await _posts_held(database) > max(held, default=1)


async def _archived(database: Database) -> dict[Key, tuple[str, bool]]:
    """Read text and end of each post that is held."""
    async with database.reading() as connection:
        names = {channel.id: channel.username for channel in await channels.listed(connection)}
        found = await posts.newest_first(
            connection, before=None, since=None, until=None, channel_ids=None, limit=2 * POSTS
        )
    held = {}
    for post in found:
        key = str(names[post.channel_id]), post.message_id
        assert key not in held
        held[key] = post.text, post.deleted_at is not None
    return held


@pytest.mark.long(35)
@pytest.mark.timeout(120 + 60 * KILLS)
async def test_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    async with SandboxControl.spawned() as control:
        settings, story = await prepare(control, tmp_path)
        earshot = Earshot(tmp_path, environment(settings))
        async with open_database(settings.data_dir / "earshot.db") as database:
            warm_s = await _warm_up(earshot, story, database)
            each = POSTS // KILLS
            held = []
            for life in range(KILLS):
                process = await earshot.start("run")
                seconds = warm_s * 0.7 + story.chance.uniform(0, 1.5)
                numbers = range(max(1, life * each), (life + 1) * each)
                await _keep_posting(story, numbers, seconds)
                if life % 2:  # on a slow machine, too, half the lives get as far as storing
                    await until(partial(_holds_more, database, held), "something is stored")
                    await asyncio.sleep(story.chance.uniform(0, 0.2))
                process.kill()
                await process.communicate()
                held.append(await _posts_held(database))
            print(f"started in {warm_s:.1f} s; held at each kill: {held}")  # noqa: T201
            process = await earshot.start("run")
            try:
                began = time.monotonic()
                await until_settled(
                    partial(_is_settled, database, story),
                    partial(_progress, database, story),
                    "all is held and told",
                )
                print(f"settled after {time.monotonic() - began:.1f} s")  # noqa: T201
            finally:
                process.send_signal(signal.SIGTERM)
                _, errors = await process.communicate()
                await story.look()
                print(  # noqa: T201
                    f"{len(story.texts)} posts, {len(story.tellings())} alerts sent, "
                    f"{len(story.edited)} edited, {len(story.deleted)} deleted\n"
                    f"missing {story.missing()}\nrepeated {story.repeated()}\n"
                    f"changes untold {story.untold_changes()}\n{errors.decode()[-2000:]}"
                )
            archived = await _archived(database)
    assert process.returncode == 0
    assert archived == {key: (text, key in story.deleted) for key, text in story.texts.items()}
    assert not story.missing()
    assert not story.repeated()
    assert not story.untold_changes()
    assert len(set(held)) > KILLS / 4, "the kills fell while posts were being stored"
