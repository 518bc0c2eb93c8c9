"""Taking words of removed posts out of the search index: seconds, and what the file then weighs.

Of an index of generated posts, a share is made former, as edits and retention do, in a copy.

    PYTHONPATH=. python bench/cleaning.py [--posts 1000000] [--shares 0.001,0.1] [--folder DIR]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import library

from bot.publish.indexer import opened
from storage.reading import index_path


def cleaned(made: library.Library, share: float) -> tuple[int, float, int]:
    """Give how many posts were former, the seconds it took, and the bytes of the index after."""
    index = index_path(made.path)
    kept = index.with_suffix(".kept")
    shutil.copyfile(index, kept)
    try:
        with closing(sqlite3.connect(index)) as connection:
            statement = "UPDATE rows SET post = NULL WHERE abs(random()) % 1000000 < ?"
            former = connection.execute(statement, (int(share * 1_000_000),)).rowcount
            connection.commit()
        with opened(made.path) as writer:
            began = time.monotonic()
            writer.clean()
            took = time.monotonic() - began
        return former, took, library.index_bytes(made)
    finally:
        for end in ("-wal", "-shm"):
            index.with_name(index.name + end).unlink(missing_ok=True)
        kept.replace(index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--shares", default="0.001,0.1")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/earshot-bench"))  # noqa: S108  # a cache
    options = parser.parse_args()
    made = library.made(options.posts, options.folder)
    library.indexed(made)
    print(f"{made.posts} posts, index {library.index_bytes(made) / 1e6:.0f} MB")
    for share in map(float, options.shares.split(",")):
        former, took, weight = cleaned(made, share)
        print(f"  {former} posts removed: {took:.1f} s, then {weight / 1e6:.0f} MB")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
