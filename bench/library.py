"""What the archive's benches share: a seeded archive of generated posts, made once and kept.

Not a bench itself. Words are forms from the dictionaries that Earshot ships with (pymorphy3's
Ukrainian and Russian ones), several of a lemma, drawn by rank as words of a language are (Zipf);
posts are 8 to 60 words long and lie 2.6 seconds apart in 50 channels. Rows are written in bulk, as
intake would leave them.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pymorphy3
import zstandard

from bot.publish.indexer import opened
from bot.text import language
from storage.database import DatabaseError, open_database
from storage.reading import index_path
from storage.records import Channel, ChannelId, ChannelState, FollowMode

NEWEST = datetime(2026, 3, 1, tzinfo=UTC)
CHANNELS = 50
_SEED = 5
_WORDS = 30_000
_SPACING_S = 2.6
_STARTS = {"uk": "абвгдежзіклмнопрстуфхцчшюяї", "ru": "абвгдежзиклмнопрстуфхцчшюяэ"}
_EDITED_EVERY = 20
_BATCH = 20_000
_HAS = ("photo", "", "link video")


@dataclass(frozen=True)
class Library:
    """An archive of `posts` generated posts; `words` are its words, commonest first."""

    path: Path
    posts: int
    words: list[str]


def words() -> list[str]:
    """Give the words, commonest first."""
    chance = random.Random(_SEED)
    found: set[str] = set()
    for lang, letters in _STARTS.items():
        known = pymorphy3.MorphAnalyzer(lang=lang).dictionary.words
        while len(found) < _WORDS * (1 if lang == "uk" else 2) // 2:
            every = known.keys("".join(chance.choices(letters, k=3)))
            if every:
                start = chance.randrange(len(every))
                found.update(w for w in every[start : start + 30] if w.isalpha() and len(w) > 2)
    ordered = sorted(found)
    chance.shuffle(ordered)
    return ordered[:_WORDS]


def texts(vocabulary: list[str], posts: int) -> Iterator[str]:
    """Give the texts, oldest first."""
    chance = random.Random(_SEED)
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(vocabulary))))
    for _ in range(posts):
        said = chance.choices(vocabulary, cum_weights=weights, k=chance.randint(8, 60))
        yield " ".join(said).capitalize() + "."


def made(posts: int, folder: Path) -> Library:
    """Give the archive of so many posts, making it if it is not there."""
    path = folder / f"library-{posts}" / "earshot.db"
    vocabulary = words()
    done = path.with_suffix(".done")
    if done.exists() and not _is_current(path):
        done.unlink()
    if not done.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.iterdir():
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        began = time.monotonic()
        asyncio.run(_migrated(path))
        _write(path, vocabulary, posts)
        done.touch()
        print(f"made {posts} posts in {time.monotonic() - began:.0f} s: {path}")
    return Library(path, posts, vocabulary)


def _is_current(path: Path) -> bool:
    """Bring an archive that an older schema made up to date; False where it has to be made anew."""
    try:
        asyncio.run(_migrated(path))
    except DatabaseError as error:  # of a newer schema, or damaged
        print(f"making the archive anew: {error}")
        return False
    shutil.rmtree(path.with_name("backups"), ignore_errors=True)  # it can be made again
    return True


async def _migrated(path: Path) -> None:
    async with open_database(path):
        pass


def _write(path: Path, vocabulary: list[str], posts: int) -> None:
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO accounts (id, label) VALUES (1, 'bench')")
        for number in range(1, CHANNELS + 1):
            connection.execute(
                "INSERT INTO channels (id, reference, mode, state, telegram_id, username, title,"
                " added_at, backfill_depth) VALUES (?, ?, 'join', 'followed', ?, ?, ?, 0, 0)",
                (number, f"@bench_{number}", 10_000 + number, f"bench_{number}", f"Bench {number}"),
            )
        rows = _rows(vocabulary, posts)
        while batch := list(itertools.islice(rows, _BATCH)):
            _add(connection, batch)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(vocabulary: list[str], posts: int) -> Iterator[tuple[int, int, int, int, str]]:
    """Give (post id, channel, message id, microseconds, text)."""
    chance = random.Random(_SEED)
    begin = NEWEST - timedelta(seconds=_SPACING_S * posts)
    next_id = [0] * (CHANNELS + 1)
    for number, text in enumerate(texts(vocabulary, posts)):
        channel = chance.randint(1, CHANNELS)
        next_id[channel] += 1
        at = int((begin + timedelta(seconds=_SPACING_S * number)).timestamp()) * 1_000_000
        yield (channel << 32) | next_id[channel], channel, next_id[channel], at, text


def _add(connection: sqlite3.Connection, batch: list[tuple[int, int, int, int, str]]) -> None:
    pack = zstandard.ZstdCompressor(level=1, write_checksum=False).compress
    connection.executemany(
        "INSERT INTO posts (id, channel_id, message_id, posted_at, first_seen_at, source, text,"
        " lang, has, marks) VALUES (?, ?, ?, ?, ?, 'live', ?, ?, ?, ?)",
        [
            (
                key,
                channel,
                number,
                at,
                at + 900_000,
                text,
                language(text),
                "photo" * (key % 3 == 0),
                "",
            )
            for key, channel, number, at, text in batch
        ],
    )
    packed = [(item, item[4].encode()) for item in batch]
    revisions = [
        (key, channel, number, turn, at + 900_000 * turn, text, len(text), pack(raw), digest)
        for (key, channel, number, at, text), raw in packed
        for digest in [hashlib.sha256(raw).digest()]
        for turn in range(1, 3 if key % _EDITED_EVERY == 0 else 2)
    ]
    connection.executemany(
        "INSERT INTO revisions (post_id, channel_id, message_id, number, seen_at, source,"
        " account_id, text, body_length, entities, raw, sha256, content_hash)"
        " VALUES (?, ?, ?, ?, ?, 'live', 1, ?, ?, '[]', ?, ?, x'00')",
        revisions,
    )


def indexed(library: Library) -> float | None:
    """Index what is not indexed; give revisions a second, None if it was done before."""
    began, done = time.monotonic(), 0
    with opened(library.path) as writer:
        while count := writer.step(5000):
            done += count
    return done / (time.monotonic() - began) if done else None


def index_bytes(library: Library) -> int:
    """Give the size of the index's file."""
    with sqlite3.connect(index_path(library.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return index_path(library.path).stat().st_size


def channels_of(connection: sqlite3.Connection) -> list[Channel]:
    """Give the channels as records."""
    rows = connection.execute("SELECT id, reference, telegram_id, username, title FROM channels")
    return [
        Channel(
            ChannelId(number),
            reference,
            FollowMode.JOIN,
            ChannelState.FOLLOWED,
            telegram_id,
            username,
            title,
            frozenset(),
            None,
            NEWEST,
            0,
        )
        for number, reference, telegram_id, username, title in rows
    ]
