import random
import shutil
import sqlite3
from contextlib import closing

import kept
import pytest
from archives import of_every_origin
from tampering import Tampering

from bot.collect.stored import stored_message
from bot.publish import log as keeping
from bot.publish.evidence.heads import parse_note
from bot.publish.signing import key_file, signing_key
from bot.publish.verify_archive import verify_archive
from storage.database import DatabaseError, open_database


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return of_every_origin(tmp_path_factory.mktemp("archive") / "data")


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
