"""From the post on the server to the alert in its reader's client, at 1, 20 and 100 posts a second.

Earshot is the real `earshot run`; the readers are stock Telethon clients in a process of their
own; the server is a third. Each alerted post is for one reader, readers take turns, so that
Telegram's limit of one message a second to one chat (kept, as by default) delays nobody: where
posts come faster than the readers together may be told, only a share of the posts is for anybody.
The limit on all of the bot's messages together is lifted.

    PYTHONPATH=. python bench/latency.py [--rounds 1] [--seconds 12] [--posts FILE.jsonl]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from typing import Any

import stage
from telethon import events

from bot.sandbox.control import SandboxControl

RATES = (1, 20, 100)
CHANNELS = [f"news_{number:02}" for number in range(20)]
READERS = 60
_SHARE_OF_LIMIT = 0.8  # how much of the one message a second a reader gets at the most
_NUMBER = re.compile(r"№(\d+)")
_LAST_ALERTS_S = 5.0


async def run_readers(ready: dict[str, Any]) -> None:
    """Say the number of each post alerted, and when its alert came."""

    async def noted(event: Any) -> None:
        at = time.monotonic()
        if found := _NUMBER.search(event.raw_text):
            stage.say({"number": int(found[1]), "at": at})

    async with AsyncExitStack() as stack:
        for number in range(READERS):
            client = await stack.enter_async_context(
                stage.bare_client(ready, None, stage.reader_phone(number))
            )
            client.add_event_handler(noted, events.NewMessage(incoming=True))
        stage.say({"ready": READERS})
        await asyncio.Event().wait()


async def _measure(
    control: SandboxControl,
    readers: stage.Apart,
    texts: Sequence[str],
    rate: int,
    first: int,
) -> list[float]:
    """Post at a steady pace; give the delay of each alert (s)."""
    share = min(1.0, _SHARE_OF_LIMIT * READERS / rate)
    turns = itertools.cycle(range(READERS))
    posted: dict[int, float] = {}
    delays: dict[int, float] = {}

    async def listen() -> None:
        while True:
            told = await readers.hear()
            if told["number"] in posted:
                delays.setdefault(told["number"], told["at"] - posted[told["number"]])

    listening = asyncio.create_task(listen())
    start = time.monotonic()
    for count, text in enumerate(texts):
        await asyncio.sleep(max(0.0, start + count / rate - time.monotonic()))
        is_alerted = int((count + 1) * share) > int(count * share)
        number = first + count
        word = stage.reader_word(next(turns)) if is_alerted else ""
        words = f"{text.partition('№')[0]}{word} №{number}"
        if is_alerted:
            posted[number] = time.monotonic()
        await control.post(CHANNELS[count % len(CHANNELS)], words)
    end = time.monotonic() + _LAST_ALERTS_S
    while len(delays) < len(posted) and time.monotonic() < end:  # noqa: ASYNC110  # or a deadline
        await asyncio.sleep(0.02)
    listening.cancel()
    await asyncio.wait([listening])
    if len(delays) < len(posted):
        print(f"  {len(posted) - len(delays)} alerts did not come within {_LAST_ALERTS_S:g} s")
    return list(delays.values())


async def bench(rounds: int, seconds: int, posts: Path | None, folder: Path) -> None:
    found: dict[int, list[float]] = {rate: [] for rate in RATES}
    async with SandboxControl.spawned() as control:
        await control.add_user(stage.PHONE, "Account")
        await control.add_bot(stage.TOKEN, "earshot_bot")
        for name in CHANNELS:
            await control.add_channel(name.title(), name, members=[stage.PHONE])
        settings = await stage.sign_in(control, folder)
        async with stage.archive(settings) as database:
            await stage.follow(database, CHANNELS, 100)
            await stage.let_in(control, database, READERS)
            async with (
                stage.apart(__file__, "readers", ready=control.ready) as readers,
                stage.earshot(settings, folder / "log", SENDS_PER_S="10000"),
            ):
                await readers.hear()
                await stage.all_read(database, len(CHANNELS))
                texts = stage.texts(max(RATES) * seconds, 3, posts)
                first = 1
                await _measure(control, readers, texts[:20], 10, first)  # to warm up
                for _ in range(rounds):
                    for rate in RATES:
                        first += 10_000
                        found[rate] += await _measure(
                            control, readers, texts[: rate * seconds], rate, first
                        )
    _report(found)


def _report(found: dict[int, list[float]]) -> None:
    print(f"post → alert in the reader's client, {READERS} readers, one message a second to each")
    print("  posts/s   alerts   p50 ms   p99 ms   most ms")
    for rate, delays in found.items():
        cuts = quantiles(delays, n=100, method="inclusive")
        p50, p99, most = (1000 * value for value in (cuts[49], cuts[98], max(delays)))
        print(f"  {rate:7}  {len(delays):7}  {p50:7.0f}  {p99:7.0f}  {most:8.0f}")
    print("target: p99 under 500 ms at 20 posts/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=12, help="of posting at each pace")
    parser.add_argument("--posts", type=Path, help="JSON Lines with a field `text`")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "readers":
        asyncio.run(run_readers(options.given["ready"]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(bench(options.rounds, options.seconds, options.posts, Path(folder)))


if __name__ == "__main__":
    main()
