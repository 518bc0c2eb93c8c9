"""Alerts a second through the outbox, pacing off and on; 10,000 owed at once, urgent first.

The archive, the leasing, the writing out and the recording are the real ones; the far side is a
clock: it takes a message at once, notes when and for whom, and refuses nothing. So "pacing off" is
what Earshot itself can do, and "pacing on" is held against Telegram's limits: 30 in any second in
all, 1 a second to one person (in bursts of 3).

    PYTHONPATH=.:tests/notify python bench/outbox.py [--alerts 10000] [--people 400] [--seconds 60]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from story_archive import Archive

from bot.notify.dispatch import Dispatcher
from bot.notify.outbox import Outbox, Pace
from bot.notify.targets import Answer, Message, Sent
from bot.telemetry import set_up_logging
from storage import alerts, subscribers, subscriptions
from storage.database import Database, open_database
from storage.records import AlertState, NewHit, Priority, Role, Span

_OFF = 1e9
_URGENT_EVERY = 20


class Clock:
    """The far side: notes each message and takes it."""

    name = "telegram"

    def __init__(self) -> None:
        self.taken: list[tuple[float, int, bool]] = []

    async def deliver(self, message: Message) -> Answer:
        """Take a message."""
        is_urgent = bool(message.alert and message.alert.priority is Priority.URGENT)
        self.taken.append((time.monotonic(), message.subscriber.id, is_urgent))
        return Sent(len(self.taken))


async def fill(database: Database, count: int, people: int) -> None:
    """Owe `count` alerts to `people`, every twentieth of them from an urgent query."""
    archive = Archive(database)
    archive.now = datetime.now(UTC)
    await archive.fill()
    watches = []
    async with database.transaction() as connection:
        for number in range(people):
            person = await subscribers.add(
                connection,
                telegram_user_id=number + 1,
                access_hash=1,
                name="Reader",
                role=Role.REPORTER,
                timezone="UTC",
                language="en",
                added_at=archive.now,
            )
            made = await subscriptions.add(
                connection, person, query=f"q{number}", normal=f"q{number}", added_at=archive.now
            )
            is_urgent = number % _URGENT_EVERY == 0
            await subscriptions.set_urgent(connection, made.id, person, is_urgent=is_urgent)
            watches.append(made.id)
    for number in range(-(-count // people)):
        post = await archive.post(f"Пуск ракети номер {number}, усім в укриття, чекаємо на відбій")
        hits = [NewHit(w, post, archive.numbers, (Span(0, 4),), archive.now) for w in watches]
        async with database.transaction() as connection:
            await subscriptions.add_hits(connection, hits)
    dispatcher = Dispatcher(database, max_age=timedelta(days=1))
    while await dispatcher.step():
        pass


async def measure(database: Database, pace: Pace, seconds: float) -> Clock:
    """Let the outbox work until all is sent, or for so long."""
    clock = Clock()
    task = asyncio.create_task(Outbox(database, clock, pace=pace).run())
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(0.5)
        async with database.reading() as connection:
            left = await alerts.counts(connection)
        if not left[AlertState.OWED] + left[AlertState.LEASED]:
            break
    task.cancel()
    await asyncio.wait([task])
    return clock


def most_in_a_second(times: list[float]) -> int:
    """Count the most in any second, wherever it begins; `times` ascend."""
    first = 0
    most = 0
    for number, at in enumerate(times):
        while at - times[first] >= 1.0:
            first += 1
        most = max(most, number - first + 1)
    return most


def report(name: str, clock: Clock, owed: int) -> None:
    times = [at for at, _, _ in clock.taken]
    length = max(times) - min(times) or 1.0
    each: defaultdict[int, list[float]] = defaultdict(list)
    for at, person, _ in clock.taken:
        each[person].append(at)
    in_all = most_in_a_second(times)
    to_one = max(map(most_in_a_second, each.values()))
    urgent = [number for number, (_, _, is_urgent) in enumerate(clock.taken) if is_urgent]
    print(
        f"{name}: {len(times):,} of {owed:,} in {length:.1f} s, "
        f"{len(times) / length:.0f} a second; "
        f"at most {in_all} in any second, {to_one} to one person; "
        f"the {len(urgent)} urgent ones among the first {max(urgent, default=-1) + 1}"
    )


async def bench(count: int, people: int, seconds: float) -> None:
    for name, pace in (
        ("pacing off", Pace(per_s=_OFF, burst=_OFF, per_reader_per_s=_OFF, reader_burst=_OFF)),
        ("pacing on", Pace()),
    ):
        with tempfile.TemporaryDirectory() as folder:
            async with open_database(Path(folder) / "earshot.db") as database:
                await fill(database, count, people)
                report(name, await measure(database, pace, seconds), count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=60, help="to watch each at most")
    options = parser.parse_args()
    set_up_logging("ERROR", as_json=False)
    asyncio.run(bench(options.alerts, options.people, options.seconds))


if __name__ == "__main__":
    main()
