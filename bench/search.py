"""Two-term searches of a million posts, beside raw SQLite FTS5 and ripgrep over JSON Lines.

The peer is FTS5 as its manual teaches it (contentless table, default tokenizer, newest first by
rowid, joined with a table of the same posts): asked for the words as typed, which finds fewer
posts, and asked for the same forms that Earshot looks for. Both give the twenty newest posts, all
columns of each; Earshot parses the query, expands forms, and verifies and marks every post besides.
The three take turns, each query new to all. Besides the time on the wall, which waits for the disk
and for other programs, the processor's time is told. ripgrep searches an export for lines with both
words.

    PYTHONPATH=. python bench/search.py [--posts N] [--queries 200] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import library

from bot.match.lookup import Homes, lookup
from bot.match.query import parse
from bot.publish.questions import Question
from bot.publish.search import Wanted, results_of
from storage.reading import POST, reader
from storage.searching import expression

LIMIT = 20
RIPGREP_QUERIES = 10


def peer(made: library.Library) -> sqlite3.Connection:
    path = made.path.with_name("peer-posts.db")
    is_new = not path.exists()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA cache_size = -65536")
    if is_new:
        connection.execute("PRAGMA synchronous = OFF")
        columns = POST.replace("p.", "")
        connection.execute(f"CREATE TABLE posts (number INTEGER PRIMARY KEY, {columns})")
        marks = f"?{', ?' * len(columns.split(','))}"
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(text, content='')")
        began = time.monotonic()
        with reader(made.path) as source:
            rows = source.execute(f"SELECT {POST}, text FROM posts AS p ORDER BY posted_at, id")
            for number, (*row, text) in enumerate(rows, 1):
                connection.execute(f"INSERT INTO posts VALUES ({marks})", (number, *row))
                connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, text))
        connection.commit()
        rate = made.posts / (time.monotonic() - began)
        print(
            f"  raw FTS5 indexed {rate:.0f} posts/s, posts included; {path.stat().st_size:,} bytes"
        )
    return connection


def asked(words: list[str], count: int) -> list[str]:
    """Two words each: half of them common, so that many posts have both; the rest any."""
    chance = random.Random(11)
    common = words[:600]
    return [
        " ".join(chance.sample(common if number % 2 else words[:8000], 2))
        for number in range(count)
    ]


def exported(made: library.Library) -> Path:
    path = made.path.with_name("posts.jsonl")
    if not path.exists():
        with reader(made.path) as source, path.open("w") as out:
            for number, text in source.execute("SELECT id, text FROM posts ORDER BY posted_at, id"):
                out.write(json.dumps({"post": number, "text": text}, ensure_ascii=False) + "\n")
    return path


def timed(work: Callable[[], object]) -> tuple[float, float, object]:
    """Give milliseconds on the wall and of the processor, and what was found."""
    began, busy = time.perf_counter(), time.thread_time()
    found = work()
    return 1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - busy), found


def ripgrep(path: Path, query: str) -> int:
    one, other = map(re.escape, query.split())
    pattern = f"(?i){one}.*{other}|{other}.*{one}"
    command = ["rg", "-c", pattern, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    return int(ended.stdout or 0)


def bench(made: library.Library, queries: list[str]) -> None:
    connection = peer(made)
    sql = (
        "SELECT p.* FROM words AS w CROSS JOIN posts AS p ON p.number = w.rowid"
        f" WHERE words MATCH ? ORDER BY w.rowid DESC LIMIT {LIMIT}"
    )
    took: dict[str, list[float]] = {"earshot": [], "raw, as typed": [], "raw, same forms": []}
    busy: dict[str, list[float]] = {name: [] for name in took}
    found = dict.fromkeys(took, 0)
    with reader(made.path) as archive:
        known = library.channels_of(archive)
        for number, query in enumerate(queries):
            typed = " AND ".join(f'"{word}"' for word in query.split())
            sought = lookup(parse(query), Homes.of(known)).sought
            assert sought is not None  # noqa: S101  # words can be looked up
            forms = expression(sought)

            def ours(query: str = query) -> object:
                wanted = Wanted(query, limit=LIMIT)
                return results_of(archive, Question(query, known), wanted).found

            works = [
                ("earshot", ours),
                ("raw, as typed", lambda typed=typed: connection.execute(sql, (typed,)).fetchall()),
                ("raw, same forms", lambda f=forms: connection.execute(sql, (f,)).fetchall()),
            ]
            for name, work in works[number % 3 :] + works[: number % 3]:
                ms, of_processor, posts = timed(work)
                if number >= 3:  # the first of each are to warm up
                    took[name].append(ms)
                    busy[name].append(of_processor)
                    found[name] += len(posts)  # type: ignore[arg-type]  # lists all
    print(f"{len(queries) - 3} two-term queries, the {LIMIT} newest posts, milliseconds:")
    for name, times in took.items():
        p99 = quantiles(times, n=100)[98]
        print(
            f"  {name:<16} p50 {median(times):7.2f}   p99 {p99:7.2f}   most {max(times):7.2f}"
            f"   processor {median(busy[name]):6.2f}   {found[name]} posts found"
        )
    for name in ("raw, as typed", "raw, same forms"):
        p50 = median(took["earshot"]) / median(took[name])
        p99 = quantiles(took["earshot"], n=100)[98] / quantiles(took[name], n=100)[98]
        cpu = median(busy["earshot"]) / median(busy[name])
        print(f"  ratio to {name}: p50 {p50:.2f}, p99 {p99:.2f}, of the processor's time {cpu:.2f}")
    print("targets: p99 under 100 ms, at most 1.5 times raw FTS5")


def grep(made: library.Library, queries: list[str]) -> None:
    if shutil.which("rg") is None:
        print("ripgrep is not on this machine (apt-get install ripgrep): left out")
        return
    path = exported(made)
    times = [timed(lambda q=q: ripgrep(path, q))[0] for q in queries[:RIPGREP_QUERIES]]
    print(f"  ripgrep over {path.stat().st_size:,} bytes: median {median(times):.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/earshot-bench"))  # noqa: S108  # a cache
    options = parser.parse_args()
    made = library.made(options.posts, options.folder)
    if rate := library.indexed(made):
        print(f"  earshot indexed {rate:.0f} revisions/s")
    size = library.index_bytes(made)
    print(f"{made.posts} posts; index {size:,} bytes, {size / made.posts:.0f} a post")
    queries = asked(made.words, options.queries)
    bench(made, queries)
    grep(made, queries)


if __name__ == "__main__":
    main()
