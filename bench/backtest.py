"""Backtests over a million posts: what a query would have found in a month, within two seconds.

Queries of several kinds, those that the index alone can count and those where candidates must be
looked at; for the estimated ones the true count is printed beside (slow: every post is looked at).

    PYTHONPATH=. python bench/backtest.py [--posts 1000000] [--truth] [--folder /tmp/earshot-bench]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from datetime import timedelta
from pathlib import Path

import library

from bot.publish.backtest import DAYS, backtest
from bot.publish.counting import counted
from bot.publish.questions import Question
from storage.database import open_database
from storage.reading import reader
from storage.records import Stretch


def asked(words: list[str]) -> list[tuple[str, str]]:
    common, rare = words[0], words[3000]
    return [
        ("a common word", common),
        ("a rare word", rare),
        ("two common words", f"{common} {words[1]}"),
        ("one but not the other", f"{common} -{words[1]}"),
        ("a prefix", f"{common[:3]}*"),
        ("a phrase of common words", f'"{common} {words[1]}"'),
        ("common words near", f"{common} NEAR/5 {words[2]}"),
        ("a pattern", f"/{common[:3]}\\w+/"),
        ("a name in any spelling", f"~{words[5]}"),
    ]


async def bench(made: library.Library, *, with_truth: bool) -> None:
    longest = 0.0
    async with open_database(made.path) as database:
        for kind, query in asked(made.words):
            began = time.perf_counter()
            tested = await backtest(database, query, now=library.NEWEST)
            took = time.perf_counter() - began
            longest = max(longest, took)
            about = "" if tested.is_exact else "about "
            truth = ""
            if with_truth and not tested.is_exact:
                truth = f"   truly {_true_count(made, query)}"
            print(
                f"  {kind:<26} {took:5.2f} s   24 h {about}{tested.last_24_h}, 7 d"
                f" {about}{tested.last_7_days}, 30 d {about}{tested.last_30_days}"
                f"   {tested.looked_at} of {tested.candidates} looked at{truth}"
            )
    print(f"longest {longest:.2f} s (target: under 2)")


def _true_count(made: library.Library, query: str) -> int:
    stretch = Stretch(library.NEWEST - timedelta(days=DAYS), library.NEWEST + timedelta(seconds=1))
    with reader(made.path) as connection:
        question = Question(query, library.channels_of(connection))
        return counted(connection, question, stretch, 3600).total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--truth", action="store_true", help="count estimated ones wholly, too")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/earshot-bench"))  # noqa: S108  # a cache
    options = parser.parse_args()
    made = library.made(options.posts, options.folder)
    library.indexed(made)
    print(f"{made.posts} posts, {library.CHANNELS} channels:")
    asyncio.run(bench(made, with_truth=options.truth))


if __name__ == "__main__":
    main()
