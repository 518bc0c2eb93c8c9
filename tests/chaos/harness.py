"""Random faults from a seed while posts arrive, and the comparison with the server's truth.

The Telegram is in this process, so that its faults and its journal are at hand; Earshot is the
real command in a process of its own, so that it can be killed. Every draw comes from one seed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import faults
import psutil
from earshot_command import Earshot
from newsroom import DEADLINE_S, Newsroom, newsroom, until, until_settled
from small_disk import small_disk

from bot.sandbox import Channel, SandboxServer, User
from bot.sandbox.journal import BotMessage
from storage import alerts, channels, derived, history, posts
from storage.database import Database, open_database
from storage.records import AlertState

STEPPED = Path(__file__).with_name("stepped.py")
SECOND = "+380440000002"
CHANNELS = tuple(f"channel_{number}" for number in range(6))
PEOPLE = {"Olena": ("ракета", "ракет"), "Taras": ("drone -navchannia", "drone")}
_LINK = re.compile(r"https://t\.me/(\w+)/(\d+)")
_POSTS_PER_S = 4.0
_SEED_OF_SUITE = "2026"  # what everybody waits for draws the same each time
# For a machine with next to no time for it; less than the test's own limit, so that the
# differences are printed.
_SETTLED_WITHIN_S = 870.0
_STILL_S = 150.0  # a channel that was closed for a while is tried again after as long again
_FAULTS_PER_S = 0.8
_WORDS = tuple(
    a + b + c
    for a in ("бар", "вел", "гор", "дол", "жив", "зам", "кол", "лим", "мор", "нов")
    for b in ("ан", "ес", "ир", "ом", "ук", "яв")
    for c in ("ець", "ина", "ок", "ара", "ість", "ань")
)

Key = tuple[str, int]  # channel's username, message id


@dataclass
class Chaos:
    """One run: the far side, the process under test, and what was said and done."""

    room: Newsroom
    earshot: Earshot
    chance: random.Random
    second: User  # an account that Telegram may end
    has_disk: bool  # of its own, that can be full and read-only
    people: dict[int, str] = field(default_factory=dict)  # user id → needle
    versions: dict[Key, list[str]] = field(default_factory=dict)
    deleted: set[Key] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    memory_mb: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    process: asyncio.subprocess.Process = field(init=False)
    starved: set[int] = field(default_factory=set)  # processes that were short of memory
    disk: asyncio.Lock = field(default_factory=asyncio.Lock)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _drains: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def server(self) -> SandboxServer:
        return self.room.server

    @property
    def database(self) -> Path:
        return self.room.settings.data_dir / "earshot.db"

    def any_channel(self) -> Channel:
        return self.chance.choice(list(self.room.world.channels.values()))

    @property
    def clock(self) -> Path:
        """The file that says how far off the clock of the process is, in seconds."""
        return Path(self.earshot.environment["CLOCK_FILE"])

    # What happens in the world

    def post(self, channel: Channel | None = None) -> None:
        channel = channel or self.any_channel()
        text = " ".join(self.chance.choices(_WORDS, k=20))  # no two are near-identical
        thing = self.chance.choice(("Пуск ракети", "A drone over the bridge", "Тихо", "Mist"))
        text = f"{thing}: {text}"
        self.versions[channel.username, self.server.post(channel, text)] = [text]
        self.done["post"] += 1

    def edit(self) -> None:
        key = self._any_post()
        if key:
            text = f"{self.versions[key][-1]}, {self.chance.choice(_WORDS)}"
            self.versions[key].append(text)
            self.server.edit(self._channel(key), key[1], text)
            self.done["edit"] += 1

    def delete(self) -> None:
        key = self._any_post()
        if key:
            self.deleted.add(key)
            self.server.delete(self._channel(key), [key[1]])
            self.done["delete"] += 1

    def _any_post(self) -> Key | None:
        recent = list(self.versions)[-150:]  # within what is read again
        left = [key for key in recent if key not in self.deleted]
        return self.chance.choice(left) if left else None

    def _channel(self, key: Key) -> Channel:
        return next(c for c in self.room.world.channels.values() if c.username == key[0])

    # The process

    async def start(self) -> None:
        self.process = await self.earshot.start("run")
        drain = asyncio.create_task(self._drain(self.process))
        self._drains.add(drain)
        drain.add_done_callback(self._drains.discard)

    async def _drain(self, process: asyncio.subprocess.Process) -> None:
        """Keep what a process says, so that it never waits for a reader."""
        _, said = await process.communicate()
        if process.pid not in self.starved:  # without memory anything may break in any way
            self.errors.append(said.decode(errors="replace")[-4_000:])

    def signal(self, number: int) -> None:
        """Signal the process, which may have ended by itself at this very moment."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def restarted(self) -> None:
        """Wait for the end of the process and start the next, after a while of darkness."""
        async with self._starting:
            await self.process.wait()
            await asyncio.sleep(self.chance.uniform(0, 1.5))
            await self.start()

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Kill the process, and start it again afterwards."""
        async with self._starting:
            self.signal(signal.SIGKILL)
            await self.process.wait()
            try:
                yield
            finally:
                await self.start()

    async def ends_by_itself(self, within_s: float = DEADLINE_S) -> str:
        """Start a run that must refuse to go on; give what it says. Raises TimeoutError."""
        process = await self.earshot.start("run")
        try:
            async with asyncio.timeout(within_s):
                _, said = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        assert process.returncode in {1, 2}, said
        return said.decode()

    async def verb(self, *arguments: str) -> Any:
        """Do as an operator does; give the verb's JSON."""
        ended = await self.earshot(*arguments)
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    async def guard(self) -> None:
        """Start again what ended by itself: whoever runs it would; it is counted and shown."""
        while True:
            await asyncio.sleep(0.5)
            if self.process.returncode is not None and not self._starting.locked():
                self.done[f"ended by itself with {self.process.returncode}"] += 1
                await self.restarted()
            elif self.process.returncode is None:
                self._weigh()

    def _weigh(self) -> None:
        try:
            self.memory_mb.append(psutil.Process(self.process.pid).memory_info().rss / 1e6)
        except psutil.Error:
            return

    # What was sent

    def tellings(self) -> Counter[tuple[int, Key]]:
        return Counter(
            (entry.user_id, key)
            for entry in self._bot_messages()
            if entry.act == "sent" and (key := _key(entry))
        )

    def last_texts(self) -> dict[tuple[int, Key], str]:
        """Give what each reader's alert about a post says in the end."""
        last: dict[tuple[int, int], BotMessage] = {}
        for entry in self._bot_messages():
            last[entry.user_id, entry.message_id] = entry
        return {(e.user_id, key): e.text for e in last.values() if (key := _key(e))}

    def _bot_messages(self) -> list[BotMessage]:
        return [e for e in self.room.world.journal.bot_messages if e.user_id in self.people]


def _key(entry: BotMessage) -> Key | None:
    found = _LINK.search(entry.text)
    return (found[1], int(found[2])) if found else None


@asynccontextmanager
async def chaos(folder: Path, seed: int) -> AsyncIterator[Chaos]:
    """Serve channels, let two people in, and start a run that follows everything."""
    async with small_disk(folder / "data") as has_disk, newsroom(folder, CHANNELS) as room:
        async with room.running():
            second = await room.add_account("second", SECOND)
            await until(lambda: room.server.connected(second) > 0, "the second account is at work")
            await room.follow(*(f"@{name}" for name in CHANNELS))
            await room.all_followed(len(CHANNELS))
            people = {
                (await room.join(name, query)).id: needle
                for name, (query, needle) in PEOPLE.items()
            }
        earshot = Earshot(folder, _environment(room), [sys.executable, str(STEPPED)])
        made = Chaos(room, earshot, random.Random(seed), second, has_disk, people=people)
        await made.start()
        try:
            yield made
        finally:
            made.signal(signal.SIGKILL)
            await made.process.wait()


def _clock_file(room: Newsroom) -> Path:
    clock = room.settings.data_dir.with_name("clock")
    clock.write_text("0")
    return clock


def _environment(room: Newsroom) -> dict[str, str]:
    kept = room.settings
    return {
        "DATA_DIR": str(kept.data_dir),
        "TELEGRAM_API_ID": str(kept.telegram_api_id),
        "TELEGRAM_API_HASH": kept.telegram_api_hash.get_secret_value(),
        "TELEGRAM_BOT_TOKEN": kept.telegram_bot_token.get_secret_value(),
        "TELEGRAM_DC_ID": str(kept.telegram_dc_id),
        "TELEGRAM_DC_ADDRESS": str(kept.telegram_dc_address),
        "TELEGRAM_PUBLIC_KEY_FILE": str(kept.telegram_public_key_file),
        "METRICS_PORT": "0",
        "SENDS_PER_S": "1000",
        "SENDS_PER_CHAT_PER_S": "1000",
        "CHECK_INTERVAL_S": "5",  # the safety net of a quarter of an hour, for a test of minutes
        "REREAD_TIMETABLE": "1h/5s",
        # Half an hour of that takes more than the usual 6,000 readings of history.
        "CALL_BUDGETS": "resolve=60/180 join=30/100 history=1000000/1000000",
        "LOG_LEVEL": "WARNING",
        "CLOCK_FILE": str(_clock_file(room)),
    }


async def rage(run: Chaos, seconds: float) -> None:
    """Let posts, changes and faults come at drawn moments for so long."""
    end = time.monotonic() + seconds
    guard = asyncio.create_task(run.guard())
    trouble = asyncio.create_task(_trouble(run, end))
    try:
        while time.monotonic() < end:
            await asyncio.sleep(run.chance.expovariate(_POSTS_PER_S))
            act = run.chance.random()
            if act < 0.75:
                run.post()
            elif act < 0.93:
                run.edit()
            else:
                run.delete()
        await trouble
        run.server.faults.clear()
        await run.server.accept_connections()
        try:
            async with asyncio.timeout(_SETTLED_WITHIN_S):
                await until_settled(
                    partial(is_settled, run),
                    partial(_progress, run),
                    "all is held and told",
                    _STILL_S,
                )
        except TimeoutError:  # what is looked at again for ever moves, too
            raise AssertionError(
                f"something moves, but not all is held and told after {_SETTLED_WITHIN_S:g} s"
            ) from None
    finally:
        for task in (trouble, guard):
            task.cancel()
        await asyncio.gather(trouble, guard, return_exceptions=True)


async def _trouble(run: Chaos, end: float) -> None:
    only = os.environ.get("CHAOS_FAULTS", "").split()
    drawn = [item for item in faults.ALL if not only or item[0].__name__ in only]
    kinds, weights = zip(*drawn, strict=True)
    async with asyncio.TaskGroup() as group:
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, run.chance.expovariate(_FAULTS_PER_S)))
            (fault,) = run.chance.choices(kinds, weights)
            if run._starting.locked() and fault in faults.ENDING:
                continue
            run.done[fault.__name__] += 1
            group.create_task(fault(run))


async def is_settled(run: Chaos) -> bool:
    """Say whether nothing is under way and nothing differs from the truth any more."""
    if run.process.returncode is not None:
        return False
    async with open_database(run.database) as database:
        async with database.reading() as connection:
            states = await alerts.counts(connection)
            left = await history.left(connection)
        if left or states[AlertState.OWED] or states[AlertState.LEASED]:
            return False
        return not await faults_found(run, database)


async def _progress(run: Chaos) -> tuple[object, ...]:
    """Give what changes as long as anything comes of the run."""
    async with open_database(run.database) as database, database.reading() as connection:
        stored = await posts.counts(connection)
        states = await alerts.counts(connection)
        left = await history.left(connection)
    return sorted(stored.items()), sorted(states.items()), left, len(run._bot_messages())


async def faults_found(run: Chaos, database: Database) -> list[str]:
    """Compare archive and alerts with the truth; give a line for each difference."""
    held = await _archive(database)
    found = []
    for key, versions in run.versions.items():
        known = held.get(key)
        if known is None:
            if key not in run.deleted:
                found.append(f"{key} is not held")
            continue
        texts, is_deleted = known
        if is_deleted != (key in run.deleted):
            found.append(f"{key} is marked deleted: {is_deleted}")
        if key not in run.deleted and texts[-1] != versions[-1]:
            found.append(f"{key} is not held as it stands now")
        if not _is_subsequence(texts, versions):
            found.append(f"{key} has revisions that never were, or out of order")
    found += [f"{key} was never posted" for key in held.keys() - run.versions.keys()]
    return found + _told_wrong(run, held)


def _told_wrong(run: Chaos, held: dict[Key, tuple[list[str], bool]]) -> list[str]:
    owed = Counter(
        (user, key)
        for user, needle in run.people.items()
        for key, (texts, _) in held.items()
        if any(needle in text.lower() for text in texts)
    )
    told = run.tellings()
    if run.done["ruin_page"]:  # what a backup had not and Telegram has not is lost, told or not
        lost = run.deleted - held.keys()
        told = Counter({(u, key): n for (u, key), n in told.items() if key not in lost})
    else:
        lost = set()
    found = [f"{key} was not told" for _, key in (owed - told).elements()]
    found += [f"{key} was told again or unasked" for _, key in (told - owed).elements()]
    for (_, key), text in run.last_texts().items():
        if key in lost:
            continue
        if key in run.deleted and "🗑" not in text:
            found.append(f"the alert of {key} does not say that it was deleted")
        elif key not in run.deleted and key in held and held[key][0][-1] not in text:
            found.append(f"the alert of {key} does not show its last edit")
    return found


async def _archive(database: Database) -> dict[Key, tuple[list[str], bool]]:
    """Read every post: its revisions' texts in order, and whether it is marked deleted."""
    async with database.reading() as connection:
        names = {item.id: str(item.username) for item in await channels.listed(connection)}
        found = await posts.newest_first(
            connection, before=None, since=None, until=None, channel_ids=None, limit=1_000_000
        )
        stored = await derived.texts_by_post(connection)
    return {
        (names[post.channel_id], post.message_id): (stored[post.id], post.deleted_at is not None)
        for post in found
    }


def _is_subsequence(texts: list[str], versions: list[str]) -> bool:
    rest = iter(versions)
    return all(text in rest for text in texts)


def seed_of_run() -> int:
    """Give the seed CHAOS_SEED names: a new one if it is empty, the suite's if it is not set."""
    given = os.environ.get("CHAOS_SEED", _SEED_OF_SUITE)
    return int(given) if given else random.SystemRandom().randrange(10**6)


def crashes(run: Chaos) -> list[str]:
    """Give the ends of the reports that the runs left of what they take for bugs."""
    return [file.read_text()[-4_000:] for file in sorted(run.database.parent.glob("report-*"))]


def report(run: Chaos, seed: int, seconds: float) -> str:
    """Say what was done, for the log."""
    acts = ", ".join(f"{count} {name}" for name, count in sorted(run.done.items()) if count)
    told = sum(run.tellings().values())
    peak = max(run.memory_mb, default=0.0)
    return (
        f"seed {seed}, {seconds:g} s ending {datetime.now(UTC):%H:%M:%S}: {acts}; {told} alerts; "
        f"memory at most {peak:.0f} MB, in the end {run.memory_mb[-1]:.0f} MB"
    )
