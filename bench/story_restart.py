"""How long the stage of stories takes to start over a full window, and what it then holds.

Part of `bench/stories.py`, which runs it.
"""

from __future__ import annotations

import gc
import sqlite3
import tempfile
import time
import tracemalloc
from array import array
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bot.notify.likeness import fingerprint
from bot.notify.stories import Stories
from bot.telemetry import set_up_logging
from storage.database import open_database


async def restart(newest: Sequence[tuple[str, datetime]]) -> None:
    """Time the real stage's start over a full window of rows; print it with what it holds then.

    Only the rows that a start reads are written; the posts they name are not there.
    """
    set_up_logging("ERROR", as_json=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "earshot.db"
        async with open_database(file):
            pass  # makes the tables
        rows = [
            (key, key, int(at.timestamp() * 1e6), array("I", fingerprint(text).sketch).tobytes())
            for key, (text, at) in enumerate(newest, start=1)
        ]
        with closing(sqlite3.connect(file)) as bare:
            columns = "post_id, story_id, posted_at, sketch"
            bare.executemany(f"INSERT INTO story_posts ({columns}) VALUES (?, ?, ?, ?)", rows)
            bare.commit()
        async with open_database(file) as database:
            stage = Stories(database, now=lambda: newest[-1][1])
            gc.collect()
            tracemalloc.start()
            await stage._load()  # noqa: SLF001  # what `run` does first
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            again = Stories(database, now=lambda: newest[-1][1])
            began = time.perf_counter()
            await again._load()  # noqa: SLF001  # the same, not watched
            taken = time.perf_counter() - began
    print(
        f"\nrestart: {len(newest):,} rows read in {taken:.1f} s; the index holds "
        f"{held / 2**20:.0f} MB (texts stay in the archive)"
    )
