"""An hour at 100 posts a second through all of Earshot: memory, queues, bytes, and the truth.

Earshot is the real `earshot run`, Telegram a process of its own; each tenth post is for one of the
readers. Prints a line a minute and keeps it in FOLDER/soak.jsonl; ctrl-c ends the posting early,
and the same folder given again goes on where it ended. At the end everything posted must be held,
and each alert sent exactly once, by what the server saw.

    PYTHONPATH=. python bench/soak.py --folder FOLDER [--rate 100] [--minutes 60]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import re
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import linear_regression

import psutil
import stage

from bot.config import Settings
from bot.sandbox.control import SandboxControl

CHANNELS = [
    f"news_{number:02}" for number in range(20)
]  # no more: joining is paced, and an account begins with 20
READERS = 30
_ALERT_EVERY = 10  # posts; a reader then has one alert in three seconds, Telegram's limit is one
_NUMBER = re.compile(r"№(\d+)")
_MEASURE_EVERY_S = 60.0
_STILL_S = 60.0
_WARM_POSTS = 30_000  # caches fill first; the slope is of what comes after
# One account's budget of history is for the channels that Telegram lets it join, some hundreds. A
# hundred posts a second are those of thousands: looking at each again four times in its first hour
# would take a budget of ten accounts.
_REREAD = "1h/1h 1d/6h"
_SETTINGS = {  # unless the environment says otherwise
    name: os.environ.get(name, value)
    for name, value in (("REREAD_TIMETABLE", _REREAD), ("LOG_LEVEL", "WARNING"))
}


@dataclass(frozen=True)
class Sample:
    """What was measured at one moment."""

    at: str
    minutes: float
    pid: int
    posted: int
    held: int
    alerted: int
    memory_mb: float
    waiting: dict[str, int]  # stage → rows behind which it is
    lag_s: float  # of the newest post held
    archive_mb: float
    index_mb: float


def _texts(seed: int) -> Iterator[str]:
    for block in itertools.count():
        yield from (text.partition("№")[0] for text in stage.texts(1000, seed + block))


@dataclass
class Soak:
    """One run: the far side, the archive, and what was posted."""

    control: SandboxControl
    settings: Settings
    folder: Path
    rate: float
    pid: int = 0
    posted: int = 0
    stopped: bool = False

    @property
    def archive(self) -> Path:
        """The database's file."""
        return self.settings.data_dir / "earshot.db"

    async def post(self, until: float) -> None:
        """Post at a steady pace; a late moment is made up for."""
        texts = _texts(random.randrange(10**6))
        start, first = time.monotonic(), self.posted
        while time.monotonic() < until and not self.stopped:
            number = self.posted + 1
            await asyncio.sleep(start + (number - first) / self.rate - time.monotonic())
            reader = number // _ALERT_EVERY % READERS
            word = stage.reader_word(reader) if number % _ALERT_EVERY == 0 else ""
            text = f"{next(texts)}{word} №{number}"
            await self.control.post(CHANNELS[number % len(CHANNELS)], text)
            self.posted = number

    def sample(self, began: float) -> Sample:
        """Measure where everything stands."""
        with closing(sqlite3.connect(f"file:{self.archive}?mode=ro", uri=True)) as connection:
            one = _asker(connection)
            newest = one("SELECT coalesce(max(id), 0) FROM revisions")
            waiting = {
                name: newest
                - one("SELECT coalesce(max(position), 0) FROM cursors WHERE name = ?", cursor)
                for name, cursor in (
                    ("match", "match"),
                    ("stories", "stories"),
                    ("log", "log.revision"),
                )
            }
            waiting["outbox"] = one("SELECT count(*) FROM alerts WHERE state IN ('owed', 'leased')")
            waiting["history"] = one("SELECT count(*) FROM history_tasks")
            held = one("SELECT count(*) FROM posts")
            sent = one("SELECT count(*) FROM alerts WHERE state = 'sent'")
            seen = one(
                "SELECT r.seen_at - p.posted_at FROM revisions r JOIN posts p ON p.id = r.post_id "
                "ORDER BY r.id DESC LIMIT 1"
            )
        index = self.archive.with_name("earshot.search.db")
        if index.exists():
            with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True)) as connection:
                waiting["index"] = newest - _asker(connection)("SELECT max(position) FROM about")
        return Sample(
            at=f"{datetime.now(UTC):%H:%M:%S}",
            minutes=round((time.monotonic() - began) / 60, 1),
            pid=self.pid,
            posted=self.posted,
            held=held,
            alerted=sent,
            memory_mb=round(psutil.Process(self.pid).memory_info().rss / 1e6, 1),
            waiting=waiting,
            lag_s=round(seen / 1e6, 1),
            archive_mb=round(_size_mb(self.archive), 1),
            index_mb=round(_size_mb(index), 1),
        )


def _asker(connection: sqlite3.Connection) -> Callable[..., int]:
    def one(statement: str, *values: object) -> int:
        row = connection.execute(statement, values).fetchone()
        return int(row[0] or 0) if row else 0

    return one


def _size_mb(path: Path) -> float:
    return (
        sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*") if part.is_file())
        / 1e6
    )


async def _prepare(control: SandboxControl, folder: Path) -> Settings:
    """Make the world and sign in; of a folder that has both, only say where the server is."""
    if not (folder / "data").exists():
        await control.add_user(stage.PHONE, "Account")
        await control.add_bot(stage.TOKEN, "earshot_bot")
        for name in CHANNELS:
            await control.add_channel(name.title(), name, members=[stage.PHONE])
        settings = await stage.sign_in(control, folder)
        async with stage.archive(settings) as database:
            await stage.follow(database, CHANNELS, 100)
            await stage.let_in(control, database, READERS)
        return settings
    return stage.settings_of(control, folder)


async def soak(folder: Path, rate: float, minutes: float) -> bool:
    notes = folder / "soak.jsonl"
    samples = [Sample(**json.loads(line)) for line in _lines(notes)]
    world = folder / "world"
    async with SandboxControl.spawned("--state", str(world)) as control:
        settings = await _prepare(control, folder)
        run = Soak(control, settings, folder, rate, posted=samples[-1].posted if samples else 0)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: setattr(run, "stopped", True))
        async with stage.earshot(settings, folder / "log", **_SETTINGS) as process:
            run.pid = process.pid
            async with stage.archive(settings) as database:
                await stage.all_read(database, len(CHANNELS))
            began = time.monotonic()
            posting = asyncio.create_task(run.post(began + 60 * minutes))
            while not posting.done():
                await asyncio.wait([posting], timeout=_MEASURE_EVERY_S)
                _note(run, samples, notes, began)
            await posting
            await _settle(run, samples, notes, began)
            told = await _told(control)
    return _report(run, samples, told)


def _lines(notes: Path) -> list[str]:
    return notes.read_text().splitlines() if notes.exists() else []


def _note(run: Soak, samples: list[Sample], notes: Path, began: float) -> None:
    found = run.sample(began)
    samples.append(found)
    with notes.open("a") as file:
        file.write(json.dumps(asdict(found)) + "\n")
    waiting = " ".join(f"{name} {rows}" for name, rows in found.waiting.items())
    print(
        f"{found.at} {found.minutes:5.1f} min  posted {found.posted}  held {found.held}  alerted "
        f"{found.alerted}  {found.memory_mb:.0f} MB  waiting: {waiting}  lag {found.lag_s:g} s  "
        f"archive {found.archive_mb:.0f} MB  index {found.index_mb:.0f} MB",
        flush=True,
    )


async def _settle(run: Soak, samples: list[Sample], notes: Path, began: float) -> None:
    """Wait until all stages have worked off what was posted, or nothing moves any more."""
    last, moved = None, time.monotonic()
    while time.monotonic() - moved < _STILL_S:
        found = run.sample(began)
        state = (found.held, found.alerted, found.waiting)
        under_way = [rows for name, rows in found.waiting.items() if name != "history"]
        if found.held >= run.posted and not any(under_way):
            break  # posts that are looked at again by the timetable change nothing here
        if state != last:
            last, moved = state, time.monotonic()
        await asyncio.sleep(1)
    _note(run, samples, notes, began)


async def _told(control: SandboxControl) -> Counter[int]:
    """Count the alerts of each numbered post, as the server saw them."""
    told: Counter[int] = Counter()
    start = 0
    while entries := await control.truth(start):
        start += len(entries)
        told.update(
            int(found[1])
            for entry in entries
            if entry.act == "sent" and (found := _NUMBER.search(entry.text))
        )
    return told


def _report(run: Soak, samples: list[Sample], told: Counter[int]) -> bool:
    owed = set(range(_ALERT_EVERY, run.posted + 1, _ALERT_EVERY))
    missing, twice = owed - told.keys(), [n for n, count in told.items() if count > 1]
    unasked = told.keys() - owed
    last = samples[-1]
    print(f"{run.posted} posted, {last.held} held, {len(owed)} alerts owed, {len(told)} told")
    print(f"missing {len(missing)}, told twice {len(twice)}, unasked {len(unasked)}")
    of_run = [item for item in samples if item.pid == last.pid]
    warm = [item for item in of_run if item.held - of_run[0].held >= _WARM_POSTS] or of_run
    if len(warm) > 2:
        slope, _ = linear_regression([s.held for s in warm], [s.memory_mb for s in warm])
        print(
            f"memory {warm[0].memory_mb:.0f} → {warm[-1].memory_mb:.0f} MB, at most "
            f"{max(s.memory_mb for s in of_run):.0f}: {slope * 100_000:.2f} MB a 100,000 posts "
            f"(after the first {warm[0].held - of_run[0].held}); target < 1"
        )
    most = Counter()
    for item in of_run:
        most |= Counter(item.waiting)
    print(f"most rows waiting at a minute's end: {dict(most)}")
    print(
        f"{last.archive_mb * 1e6 / max(last.held, 1):.0f} bytes a post in the archive, "
        f"{last.index_mb * 1e6 / max(last.held, 1):.0f} in the search index"
    )
    return last.held == run.posted and not (missing or twice or unasked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=100.0, help="posts a second")
    parser.add_argument("--minutes", type=float, default=60.0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(not asyncio.run(soak(options.folder, options.rate, options.minutes)))


if __name__ == "__main__":
    main()
