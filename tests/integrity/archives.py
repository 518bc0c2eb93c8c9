"""An archive with posts of every origin, closed and in one file, for tests to change copies of."""

import asyncio
import sqlite3
from contextlib import closing
from zoneinfo import ZoneInfo

import exports
import kept

from bot.collect.imports.importer import Importer
from bot.publish import log as keeping
from bot.publish.signing import signing_key
from storage.database import open_database


def of_every_origin(folder):
    """Make it in a folder; give the path of its file."""
    asyncio.run(_make(folder))
    with closing(sqlite3.connect(folder / "earshot.db")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    return folder / "earshot.db"


async def _make(folder):
    """Make an archive of messages that came from Telegram, from Telegram Desktop and from us."""
    await kept.make(folder, heads=2)
    desktop = exports.write(folder / "result.json", exports.chat(exports.of_every_kind()))
    lines = exports.write_lines(folder / "old.jsonl", exports.lines_of_every_kind())
    async with open_database(folder / "earshot.db") as database:
        for path in (desktop, lines):
            done = await Importer(database, path, ZoneInfo("Europe/Kyiv"), actor="operator").run()
            assert not done.faults
        await keeping.sign(database, signing_key(folder))
