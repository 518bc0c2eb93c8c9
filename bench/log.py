"""The signed log at size: appending, a root, an inclusion proof, beside bare hashing of the tree.

    python bench/log.py --leaves 10000000

Fills a log with random leaves, then appends batches of 500 rows as the stage does, and asks for
roots and proofs as exports do. The peer is what a proof would cost without kept subtrees: hashing
all leaves, measured on a tenth and scaled.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bot.publish import log as keeping
from bot.publish.evidence.tree import Frontier
from storage import log
from storage.database import Database, open_database
from storage.records import LeafKind, NewLeaf

BATCH = 500
ROUNDS = 50


def fill(path: Path, leaves: int) -> float:
    """Write leaves and their subtrees; give how long hashing a leaf into the tree takes (s)."""
    frontier = Frontier()
    spent = 0.0
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for start in range(0, leaves, 100_000):
            hashes = [os.urandom(32) for _ in range(min(100_000, leaves - start))]
            began = time.perf_counter()
            nodes = [
                done
                for hash_ in hashes
                for done in frontier.add(hash_)
                if done[0] in keeping.KEPT_LEVELS
            ]
            spent += time.perf_counter() - began
            connection.executemany(
                "INSERT INTO log_leaves VALUES (?, 'audit', ?, ?)",
                [(start + at, start + at + 1, hash_) for at, hash_ in enumerate(hashes)],
            )
            connection.executemany("INSERT INTO log_nodes VALUES (?, ?, ?)", nodes)
        connection.commit()
    return spent / leaves


async def append(database: Database, at: int) -> float:
    """Append a batch; give how long it took (s)."""
    leaves = [NewLeaf(at + n, LeafKind.AUDIT, at + n + 1, os.urandom(32)) for n in range(BATCH)]
    began = time.perf_counter()
    async with database.redoable() as connection:
        await log.append(connection, leaves, await keeping._completed(connection, at, leaves))  # noqa: SLF001  # what the stage calls
    return time.perf_counter() - began


async def measure(path: Path, leaves: int, hash_s: float) -> None:
    async with open_database(path) as database:
        appended = [await append(database, leaves + n * BATCH) for n in range(ROUNDS)]
        size = leaves + ROUNDS * BATCH
        roots, proofs = [], []
        async with database.reading() as connection:
            for _ in range(ROUNDS):
                began = time.perf_counter()
                await keeping.frontier_at(connection, size)
                roots.append(time.perf_counter() - began)
                position = random.randrange(size)
                began = time.perf_counter()
                await keeping.inclusion_proof(connection, position, size)
                proofs.append(time.perf_counter() - began)
    whole_s = hash_s * size
    print(f"{size} leaves")
    print(f"append: {statistics.median(appended) / BATCH * 1e6:.1f} µs a leaf")
    for name, found in (("root", roots), ("inclusion proof", proofs)):
        median = statistics.median(found)
        worst = max(found)
        print(
            f"{name}: median {median * 1e3:.1f} ms, worst {worst * 1e3:.1f} ms; "
            f"hashing all leaves instead {whole_s:.1f} s, ratio {median / whole_s:.6f}"
        )


async def make(path: Path) -> None:
    async with open_database(path):
        pass


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--leaves", type=int, default=1_000_000)
    leaves = words.parse_args().leaves
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "earshot.db"
        asyncio.run(make(path))
        hash_s = fill(path, leaves)
        asyncio.run(measure(path, leaves, hash_s))


if __name__ == "__main__":
    main()
