"""Posts a second from the server's push to stored and matched, beside a loop that only counts.

The peer is the limit: a stock Telethon client whose `events.NewMessage` handler counts. Earshot
is the collector and the match worker with 1,000 generated standing queries and five real ones, on
a fresh archive. Server, Earshot and peer are a process each; bursts for the one and the other
take turns, and the idle one costs nothing. Alerts are not sent here: see `latency.py`.

    PYTHONPATH=. python bench/ingest.py [--rounds 5] [--burst 2000] [--posts FILE.jsonl]
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import stage
from telethon import events

from bot.collect.collector import Collector
from bot.config import Settings
from bot.match.worker import MatchWorker
from bot.operate.login import application
from bot.pacing import TokenBucket
from bot.sandbox.control import SandboxControl
from bot.telemetry import Telemetry, set_up_logging
from storage import subscribers, subscriptions
from storage.database import Database
from storage.folder import DataFolder
from storage.records import CallKind, Role

PEER_PHONE = "+380440000002"
CHANNELS = 20
QUERIES = 1000
REAL = ("ракета OR дрон", "колона танк", '"пуск ракети"', "евакуація -навчання", "наступление")
NAMES = Path(__file__).parent.parent / "bot/match/places/data/settlements.csv"


def _names() -> list[str]:
    with NAMES.open(encoding="utf-8") as file:
        return [row["uk"] or row["ru"] for row in csv.DictReader(file)]


def _queries(chance: random.Random) -> list[str]:
    """Ask for a place, alone or with a condition, as newsrooms ask; most never match."""
    names = [name for name in _names() if name.isalpha()]
    made = []
    for _ in range(QUERIES):
        name, other = chance.choice(names), chance.choice(names)
        made.append(
            chance.choice((name, f"{name} вибух", f"{name} OR {other}", f"{name} -навчання"))
        )
    return [*made, *REAL]


async def _watch(database: Database, queries: Sequence[str]) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        reader = await subscribers.add(
            connection,
            telegram_user_id=1,
            access_hash=0,
            name="Reader",
            role=Role.REPORTER,
            timezone="UTC",
            language="uk",
            added_at=now,
        )
        for query in queries:
            await subscriptions.add(connection, reader, query=query, normal=query, added_at=now)


async def _tell_counts(count: Callable[[], int]) -> None:
    """Say how far it is, and when, each time that changes; time is what all processes share."""
    last = -1
    while True:
        now = count()
        if now != last:
            last = now
            stage.say({"count": now, "at": time.monotonic(), "cpu": time.process_time()})
        await asyncio.sleep(0.005)


async def run_earshot(settings: Settings) -> None:
    telemetry = Telemetry()
    async with stage.archive(settings) as database, asyncio.TaskGroup() as group:
        collector = Collector(
            database,
            application(settings),
            session_file=DataFolder(settings.data_dir).session(settings.account_label),
            label=settings.account_label,
            buckets={kind: TokenBucket(10_000, 10_000) for kind in CallKind},
            reread_depth=0,
            folder=DataFolder(settings.data_dir),
            media_budget_bytes=0,
            telemetry=telemetry,
        )
        group.create_task(collector.run())
        group.create_task(MatchWorker(database, telemetry).run())
        await stage.all_read(database, CHANNELS)
        look = sqlite3.connect(settings.data_dir / "earshot.db")
        asked = "SELECT coalesce(max(position), 0) FROM cursors WHERE name = 'match'"
        await _tell_counts(lambda: int(look.execute(asked).fetchone()[0]))


async def run_peer(ready: dict[str, Any]) -> None:
    count = 0
    async with stage.bare_client(ready, None, PEER_PHONE) as client:

        async def counted(_event: Any) -> None:
            nonlocal count
            count += 1

        client.add_event_handler(counted, events.NewMessage())
        await client.get_dialogs()
        await _tell_counts(lambda: count)


async def _burst(
    control: SandboxControl, far: stage.Apart, names: Sequence[str], texts: list[str], target: int
) -> tuple[float, float]:
    """Post a burst; give posts a second until it is worked off, and the far process's CPU clock."""
    began = time.monotonic()
    pairs = [(names[number % len(names)], text) for number, text in enumerate(texts)]
    posting = asyncio.create_task(control.post_many(pairs))
    while (told := await far.hear())["count"] < target:
        pass
    await posting
    return len(texts) / (told["at"] - began), float(told["cpu"])


async def bench(rounds: int, burst: int, posts: Path | None, folder: Path) -> None:
    chance = random.Random(7)
    async with SandboxControl.spawned() as control:
        for phone in (stage.PHONE, PEER_PHONE):
            await control.add_user(phone, "Account")
        await control.add_bot(stage.TOKEN, "earshot_bot")
        sets = {}
        for who, phone in (("earshot", stage.PHONE), ("bare", PEER_PHONE)):
            sets[who] = [f"{who}_{number:02}" for number in range(CHANNELS)]
            for name in sets[who]:
                await control.add_channel(name.title(), name, members=[phone])
        settings = await stage.sign_in(control, folder)
        async with stage.archive(settings) as database:
            await stage.follow(database, sets["earshot"], 100)
            await _watch(database, _queries(chance))
        given = json.loads(settings.model_dump_json()) | {
            "telegram_bot_token": stage.TOKEN,
            "telegram_api_hash": stage.API_HASH,
        }
        async with (
            stage.apart(__file__, "earshot", settings=given) as earshot,
            stage.apart(__file__, "bare", ready=control.ready) as bare,
        ):
            far = {"earshot": earshot, "bare": bare}
            counts = {who: (await process.hear())["count"] for who, process in far.items()}
            rates: dict[str, list[float]] = {who: [] for who in far}
            costs: dict[str, list[float]] = {who: [] for who in far}
            clocks: dict[str, float] = {}
            names = _names()
            for number in range(rounds + 1):
                texts = [
                    f"{text} {chance.choice(names)}" if chance.random() < 0.3 else text
                    for text in stage.texts(burst, number, posts)
                ]
                for who, process in far.items():
                    counts[who] += burst
                    rate, cpu_s = await _burst(control, process, sets[who], texts, counts[who])
                    if number:  # the first is to warm up
                        rates[who].append(rate)
                        costs[who].append((cpu_s - clocks[who]) / burst)
                    clocks[who] = cpu_s
        _report(settings, rates, costs, burst)


def _report(
    settings: Settings,
    rates: dict[str, list[float]],
    costs: dict[str, list[float]],
    burst: int,
) -> None:
    with sqlite3.connect(settings.data_dir / "earshot.db") as look:
        held, hits = look.execute(
            "SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM hits)"
        ).fetchone()
    print(f"{len(rates['bare'])} rounds of {burst} posts in {CHANNELS} channels, posts a second:")
    for who, found in rates.items():
        low, high = min(found), max(found)
        print(
            f"  {who:<8} median {median(found):7.0f}   least {low:7.0f}   most {high:7.0f}"
            f"   CPU of the process {1e6 * median(costs[who]):5.0f} µs a post"
        )
    ratio = median(e / b for e, b in zip(rates["earshot"], rates["bare"], strict=True))
    print(f"  {QUERIES + len(REAL)} queries; {held} posts held, {hits} hits")
    print(f"ratio {ratio:.2f} (target: at least 0.5)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--burst", type=int, default=2000)
    parser.add_argument("--posts", type=Path, help="JSON Lines with a field `text`")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        set_up_logging("WARNING", as_json=False)  # to stderr: stdout is the talk with the bench
    if options.role == "earshot":
        asyncio.run(run_earshot(Settings(**options.given["settings"])))
    elif options.role == "bare":
        asyncio.run(run_peer(options.given["ready"]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(bench(options.rounds, options.burst, options.posts, Path(folder)))


if __name__ == "__main__":
    main()
