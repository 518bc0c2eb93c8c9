"""Reading a channel's history into the archive, beside a bare `iter_messages` loop.

The peer is a stock Telethon client that only counts what `iter_messages(wait_time=0)` gives.
Earshot is its collector, with the pacing of history calls lifted, reading the same channel into a
fresh archive: from the first call to the last page committed. Both run in a process of their own
beside the server, and take turns.

    PYTHONPATH=. python bench/backfill.py [--rounds 3] [--messages 20000] [--posts FILE.jsonl]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import stage

from bot.collect.collector import Collector
from bot.config import Settings
from bot.operate.login import application
from bot.pacing import TokenBucket
from bot.sandbox.control import SandboxControl
from bot.telemetry import Telemetry, set_up_logging
from storage.folder import DataFolder
from storage.records import CallKind

CHANNEL = "archive_news"


async def run_earshot(settings: Settings, messages: int) -> None:
    """Follow one channel and say how long its back-fill took."""
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
            telemetry=Telemetry(),
        )
        task = group.create_task(collector.run())
        await collector.ready.wait()
        began = time.monotonic()
        await stage.follow(database, [CHANNEL], messages)
        database.bell.ring("channels")
        with sqlite3.connect(settings.data_dir / "earshot.db") as look:
            asked = "SELECT count(*) FROM history_tasks"
            held = "SELECT coalesce(max(rowid), 0) FROM revisions"
            while (  # noqa: ASYNC110  # rows ring no bell in here
                not look.execute(held).fetchone()[0] or look.execute(asked).fetchone()[0]
            ):
                await asyncio.sleep(0.005)
            count = look.execute("SELECT count(*) FROM posts").fetchone()[0]
        stage.say({"count": count, "seconds": time.monotonic() - began})
        task.cancel()


async def run_peer(ready: dict[str, Any], messages: int) -> None:
    async with stage.bare_client(ready, None, stage.PHONE) as client:
        began = time.monotonic()
        channel = await client.get_entity(CHANNEL)
        count = 0
        async for _ in client.iter_messages(channel, limit=messages, wait_time=0):
            count += 1
        stage.say({"count": count, "seconds": time.monotonic() - began})


async def bench(rounds: int, messages: int, posts: Path | None, folder: Path) -> None:
    rates: dict[str, list[float]] = {"earshot": [], "bare": []}
    async with SandboxControl.spawned() as control:
        await control.add_user(stage.PHONE, "Account")
        await control.add_bot(stage.TOKEN, "earshot_bot")
        await control.add_channel("Archive", CHANNEL, members=[stage.PHONE])
        begin = datetime.now(UTC) - timedelta(days=300)
        dates = [begin + timedelta(minutes=number) for number in range(messages)]
        await control.fill(CHANNEL, stage.texts(messages, 1, posts), dates)
        for number in range(rounds):
            settings = await stage.sign_in(control, folder / str(number))
            given = json.loads(settings.model_dump_json()) | {
                "telegram_bot_token": stage.TOKEN,
                "telegram_api_hash": stage.API_HASH,
            }
            for who, more in (("earshot", {"settings": given}), ("bare", {"ready": control.ready})):
                async with stage.apart(__file__, who, messages=messages, **more) as process:
                    told = await process.hear()
                if told["count"] < messages:
                    raise RuntimeError(f"{who} has only {told['count']} of {messages}")
                rates[who].append(told["count"] / told["seconds"])
    print(f"{rounds} rounds of {messages} messages, messages a second:")
    for who, found in rates.items():
        low, high = min(found), max(found)
        print(f"  {who:<8} median {median(found):7.0f}   least {low:7.0f}   most {high:7.0f}")
    ratio = median(e / b for e, b in zip(rates["earshot"], rates["bare"], strict=True))
    print(f"ratio {ratio:.2f} (target: at least 0.8)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--posts", type=Path, help="JSON Lines with a field `text`")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        set_up_logging("WARNING", as_json=False)  # to stderr: stdout is the talk with the bench
    if options.role == "earshot":
        asyncio.run(run_earshot(Settings(**options.given["settings"]), options.given["messages"]))
    elif options.role == "bare":
        asyncio.run(run_peer(options.given["ready"], options.given["messages"]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(bench(options.rounds, options.messages, options.posts, Path(folder)))


if __name__ == "__main__":
    main()
