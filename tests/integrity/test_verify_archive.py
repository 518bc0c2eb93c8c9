import random
import shutil
import sqlite3
from contextlib import closing
from zoneinfo import ZoneInfo

import exports
import kept
import pytest

from bot.collect.imports.importer import Importer
from bot.collect.stored import stored_message
from bot.publish import log as keeping
from bot.publish.evidence.heads import parse_note
from bot.publish.signing import key_file, signing_key
from bot.publish.verify_archive import verify_archive
from storage.database import DatabaseError, open_database

MUTATIONS = 250  # for each of two seeds here; as many again on bags in test_bag.py


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    import asyncio  # noqa: PLC0415  # one loop for the module's archive, none of a test's

    folder = tmp_path_factory.mktemp("archive") / "data"
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


def check(database, head=None):
    return verify_archive(database, stored_message, head)


def test_a_whole_archive_holds_and_the_report_says_what(archive):
    report = check(archive)
    assert report.is_whole, report.mismatches
    said = "\n".join(report.lines())
    assert "3 signed heads are of the key earshot/" in said
    assert "43 revisions have the SHA-256" in said
    assert "everything that was checked holds" in said
    assert not report.open


IMPORTED = "source = 'import'"
POST_COLUMNS = (  # all but `lang`, which is a guess that may change with a version
    *("text", "deleted_at", "first_seen_at", "source", "message_id", "posted_at", "edited_at"),
    *("has", "marks", "origin", "origin_name", "origin_id", "origin_message_id", "reply_to"),
    *("grouped_id", "picture_text_at", "links"),
)


class Tampering:
    """Changes one thing in a copy of the archive; says which names a report of it must have."""

    def __init__(self, connection, chance, media):
        self.connection = connection
        self.media = media
        self.chance = chance

    def row(self, table, key="id", where="1"):
        asked = f"SELECT {key} FROM {table} WHERE {where}"
        return self.chance.choice([row[0] for row in self.connection.execute(asked)])

    def column(self, table, key, number, *columns):
        """Change one column to another value of its type; another if that one may not be."""
        column = self.chance.choice(columns)
        (old,) = self.connection.execute(
            f"SELECT {column} FROM {table} WHERE {key} = ?", (number,)
        ).fetchone()
        try:
            self.connection.execute(
                f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (self.other(old), number)
            )
        except sqlite3.IntegrityError:
            return self.column(table, key, number, *columns)
        return column

    def other(self, old):
        match old:
            case int():
                return old ^ (1 << self.chance.randrange(20))
            case bytes() if old:
                at = self.chance.randrange(len(old))
                bit = 1 << self.chance.randrange(8)
                return old[:at] + bytes([old[at] ^ bit]) + old[at + 1 :]
            case str() if old:
                at = self.chance.randrange(len(old))
                other = chr(ord(old[at]) ^ 1)
                return old[:at] + other + old[at + 1 :]
            case bytes():
                return b"x"
        return "x" if old in ("", None) else None

    # One method for each way; what it returns must be named by a mismatch.

    def change_revision(self, where="1"):
        number = self.row("revisions", where=where)
        self.column(
            *("revisions", "id", number),
            *("message_id", "number", "seen_at", "source", "account_id", "text", "body_length"),
            *("entities", "raw", "sha256", "content_hash", "post_id", "channel_id"),
        )
        return f"revision {number}"

    def change_imported_revision(self):
        return self.change_revision(IMPORTED)

    def remove_revision(self):
        number = self.row("revisions")
        self.connection.execute("DELETE FROM revisions WHERE id = ?", (number,))
        return f"revision {number}"

    def swap_revisions(self):
        one = self.row("revisions")
        other = self.row("revisions", where=f"id <> {one}")
        for a, b in ((one, 900), (other, one), (900, other)):
            self.connection.execute("UPDATE revisions SET id = ? WHERE id = ?", (b, a))
        return f"revision {min(one, other)}"

    def swap_texts(self):
        one = self.row("revisions")
        (text,) = self.connection.execute(
            "SELECT text FROM revisions WHERE id = ?", (one,)
        ).fetchone()
        other, its = self.chance.choice(
            self.connection.execute(
                "SELECT id, text FROM revisions WHERE text <> ?", (text,)
            ).fetchall()
        )
        self.connection.execute("UPDATE revisions SET text = ? WHERE id = ?", (its, one))
        self.connection.execute("UPDATE revisions SET text = ? WHERE id = ?", (text, other))
        return f"revision {one}"

    def add_revision_behind(self):
        """Put a row where its number was passed long ago."""
        self.copy("revisions", self.row("revisions"), -self.chance.randrange(1, 100), number=99)
        return "revision -"

    def copy(self, table, key, to, **changed):
        names = [row[1] for row in self.connection.execute(f"PRAGMA table_info({table})")]
        row = self.connection.execute(
            f"SELECT {', '.join(names)} FROM {table} WHERE id = ?", (key,)
        ).fetchone()
        values = dict(zip(names, row, strict=True)) | {"id": to} | changed
        marks = ", ".join("?" * len(names))
        self.connection.execute(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})",
            [values[name] for name in names],
        )

    def change_mark(self):
        number = self.row("deletions")
        self.column("deletions", "id", number, "message_id", "seen_at", "source", "post_id")
        return f"deletion {number}"

    def remove_mark(self):
        number = self.row("deletions")
        self.connection.execute("DELETE FROM deletions WHERE id = ?", (number,))
        return f"deletion {number}"

    def change_act(self):
        number = self.row("audit")
        self.column("audit", "id", number, "at", "actor", "act", "subject", "detail")
        return f"audit {number}"

    def remove_act(self):
        number = self.row("audit")
        self.connection.execute("DELETE FROM audit WHERE id = ?", (number,))
        return f"audit {number}"

    def change_statement(self):
        number = self.row("coverage_statements")
        self.column("coverage_statements", "id", number, "ranges", "at", "telegram_id", "title")
        return f"coverage {number}"

    def change_fetch(self):
        self.column("media_fetches", "id", 1, "sha256", "length", "name", "at", "file_id")
        return "file 1"

    def change_file(self):
        (file,) = [path for path in self.media.rglob("*") if path.is_file()]
        content = bytearray(file.read_bytes())
        content[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
        file.write_bytes(content)
        return f"media file {file.name}"

    def remove_file(self):
        (file,) = [path for path in self.media.rglob("*") if path.is_file()]
        file.unlink()
        return f"media file {file.name}"

    def change_leaf(self):
        position = self.row("log_leaves", "position")
        self.column("log_leaves", "position", position, "hash")
        return f"log leaf {position}"

    def remove_leaf(self):
        position = self.row("log_leaves", "position")
        self.connection.execute("DELETE FROM log_leaves WHERE position = ?", (position,))
        last = self.connection.execute("SELECT max(position) FROM log_leaves").fetchone()[0]
        return f"log leaf {position}" if position < last else "log"

    def swap_leaves(self):
        one = self.row("log_leaves", "position")
        self.connection.execute("UPDATE log_leaves SET position = -1 WHERE position = ?", (one,))
        other = self.row("log_leaves", "position")
        while other < 0:
            other = self.row("log_leaves", "position")
        for a, b in ((other, one), (-1, other)):
            self.connection.execute("UPDATE log_leaves SET position = ? WHERE position = ?", (b, a))
        return "log"

    def change_head(self):
        number = self.row("log_heads")
        self.column("log_heads", "id", number, "size", "root", "signed_at", "signature")
        return f"signed head {number}"

    def remove_head(self):
        number = self.row("log_heads")
        self.connection.execute("DELETE FROM log_heads WHERE id = ?", (number,))
        return "signed head"

    def change_post(self, where="1"):
        number = self.row("posts", where=where)
        column = self.column("posts", "id", number, *POST_COLUMNS)
        return f"post {number}: {column}"

    def change_imported_post(self):
        return self.change_post(IMPORTED)

    def swap_imported_times(self):
        """Make two posts of a file swap their times of posting."""
        one = self.row("posts", where=IMPORTED)
        other = self.row("posts", where=f"{IMPORTED} AND id <> {one}")
        (its,), (theirs,) = (
            self.connection.execute(
                "SELECT posted_at FROM posts WHERE id = ?", (number,)
            ).fetchone()
            for number in (one, other)
        )
        for number, at in ((one, theirs), (other, its)):
            self.connection.execute("UPDATE posts SET posted_at = ? WHERE id = ?", (at, number))
        return f"post {one}: posted_at" if its != theirs else "post"

    def move_channel(self):
        number = self.row("channels")
        self.column("channels", "id", number, "telegram_id")
        return f"channel {number}"

    def shorten_coverage(self):
        self.connection.execute("UPDATE coverage SET high = high - 3 WHERE low < 50")
        return "coverage of channel"

    def move_cursor(self):
        self.connection.execute("UPDATE cursors SET position = position - 1 WHERE name LIKE 'log%'")
        return "cursor log"


WAYS = [name for name in vars(Tampering) if "_" in name and not name.startswith("_")]


@pytest.mark.parametrize("seed", [1, 2])
def test_every_random_change_of_an_archive_is_caught_and_named(archive, tmp_path, seed):
    chance = random.Random(seed)
    copy = tmp_path / "earshot.db"
    for number in range(MUTATIONS):
        shutil.copyfile(archive, copy)
        shutil.rmtree(tmp_path / "media", ignore_errors=True)
        shutil.copytree(archive.parent / "media", tmp_path / "media")
        way = WAYS[number % len(WAYS)]
        with closing(sqlite3.connect(copy)) as connection:
            name = getattr(Tampering(connection, chance, tmp_path / "media"), way)()
            connection.commit()
        report = check(copy)
        said = [f"{item.where}: {item.what}" for item in report.mismatches]
        place, _, column = name.partition(": ")
        named = [line for line in said if line.startswith(place) and column in line]
        assert named, (way, name, said[:5])


def forget_the_log(database):
    """Leave an archive as if nothing had been logged yet: only raw bytes can tell."""
    with closing(sqlite3.connect(database)) as connection:
        for table in ("log_leaves", "log_nodes", "log_heads"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("UPDATE cursors SET position = 0 WHERE name LIKE 'log.%'")
        connection.execute("DELETE FROM sqlite_sequence WHERE name = 'log_heads'")
        connection.commit()


# Whose bytes: Telegram's, a record of Telegram Desktop, a line of ours.
@pytest.mark.parametrize("text", ["уточнено: міст цілий", "ракета над містом", "відповідь"])
def test_without_any_log_a_revision_must_still_be_what_its_raw_bytes_say(archive, tmp_path, text):
    copy = tmp_path / "earshot.db"
    shutil.copyfile(archive, copy)
    shutil.copytree(archive.parent / "media", tmp_path / "media")
    forget_the_log(copy)
    assert check(copy).is_whole
    with closing(sqlite3.connect(copy)) as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT * FROM revisions WHERE text = ?", (text,)).fetchone()
        tampering = Tampering(connection, random.Random(1), tmp_path / "media")
        for column in ("text", "body_length", "entities", "author", "edited_at", "raw", "sha256"):
            changed = 5 if column == "edited_at" else tampering.other(row[column])
            for value in (changed, row[column]):
                statement = f"UPDATE revisions SET {column} = ? WHERE id = ?"
                connection.execute(statement, (value, row["id"]))
                connection.commit()
                said = [item.where for item in check(copy).mismatches]
                is_named = any(where.startswith(f"revision {row['id']} (") for where in said)
                assert is_named == (value != row[column]), (column, said)


def test_damage_of_the_file_itself_is_told_in_a_line(archive, tmp_path):
    copy = tmp_path / "earshot.db"
    content = bytearray(archive.read_bytes())
    content[4096 * 3 : 4096 * 4] = bytes(4096)
    copy.write_bytes(content)
    try:
        report = check(copy)
    except DatabaseError as error:
        assert str(copy) in str(error)  # either is an answer
    else:
        assert not report.is_whole


def test_no_database_at_all_is_refused(tmp_path):
    (tmp_path / "earshot.db").write_bytes(b"something else entirely, and long enough" * 100)
    with pytest.raises(DatabaseError):
        check(tmp_path / "earshot.db")


async def test_rows_that_are_not_logged_yet_are_told_apart_from_wrong_ones(tmp_path):
    await kept.make(tmp_path)
    async with open_database(tmp_path / "earshot.db") as database:
        await kept.see(database, 1, kept.message(1000, 70, "щойно"))
        report = check(tmp_path / "earshot.db")  # while it is in use
    assert report.is_whole
    assert any("revision 28 to 28 (1 rows) are not in the log yet" in line for line in report.open)


async def test_a_log_written_anew_with_its_own_key_is_caught_by_a_head_kept_elsewhere(tmp_path):
    """Who has the key can sign anything; only what was kept elsewhere tells."""
    old, new = tmp_path / "old", tmp_path / "new"
    first, _ = await kept.make(old)
    new.mkdir(mode=0o700)
    shutil.copy(key_file(old), key_file(new))
    async with open_database(new / "earshot.db") as database:
        await kept.fill(database, seed=2)  # another story
        await keeping.sign(database, signing_key(new))
    note = keeping.note_of(first)
    assert check(old / "earshot.db", note).is_whole
    assert check(new / "earshot.db").is_whole
    caught = check(new / "earshot.db", note)
    assert [item.where for item in caught.mismatches if "given head" in item.where + item.what]


async def test_a_head_of_more_leaves_than_there_are_says_that_the_log_was_cut(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    await kept.make(one, heads=1)
    shutil.copytree(one, other)
    async with open_database(other / "earshot.db") as database:
        await kept.see(database, 1, kept.message(1000, 80, "далі"))
        longer = await keeping.sign(database, signing_key(other))
    report = check(one / "earshot.db", keeping.note_of(longer))
    assert any("there are" in item.what for item in report.mismatches)


async def test_a_head_of_another_key_or_no_head_is_refused(tmp_path):
    await kept.make(tmp_path / "one", heads=1)
    (stranger,) = await kept.make(tmp_path / "two", heads=1, whose="a stranger's")
    other = check(tmp_path / "one" / "earshot.db", keeping.note_of(stranger))
    assert other.mismatches[0].what == "it is not signed by the key of this archive"
    broken = check(tmp_path / "one" / "earshot.db", "hello")
    assert broken.mismatches[0].where == "the given head"
    assert parse_note(keeping.note_of(stranger))[0].size == stranger.size
