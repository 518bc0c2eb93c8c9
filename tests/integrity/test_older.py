"""What was written by the first Earshot that kept a signed log (commit ce44e03, schema 6)."""

import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from bot.collect.stored import stored_message
from bot.publish.bag.parquet import check_tables
from bot.publish.evidence.bag import check_bag
from bot.publish.signing import is_valid
from bot.publish.verify_archive import verify_archive
from storage.database import DatabaseError, open_database

WRITTEN = Path(__file__).parents[1] / "data" / "archive_and_bag_of_schema_6.tar.xz"


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(WRITTEN) as packed:
        packed.extractall(folder, filter="data")
    return folder


async def test_an_older_archive_is_named_with_what_to_do_and_verifies_once_upgraded(
    older, tmp_path
):
    database = shutil.copy(older / "earshot.db", tmp_path)
    with pytest.raises(DatabaseError, match=r"has schema 0006.*open it once with this one"):
        verify_archive(Path(database), stored_message)
    async with open_database(Path(database)):
        pass
    report = verify_archive(Path(database), stored_message)
    assert report.is_whole, report.mismatches
    said = "\n".join(report.holds)
    assert "36 leaves are what their rows give" in said
    assert "3 signed heads" in said
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE revisions SET text = text || '.' WHERE id = 3")
        connection.commit()
    assert any(
        "revision 3" in item.where
        for item in verify_archive(Path(database), stored_message).mismatches
    )


def test_an_older_bag_that_lacks_the_tables_of_today_verifies(older):
    assert not (older / "bag" / "data" / "files.jsonl").exists()
    report = check_bag(older / "bag", None, is_valid, check_tables)
    assert report.is_whole, report.mismatches


def test_a_table_that_an_older_bag_may_lack_is_missed_where_the_log_has_its_rows(older, tmp_path):
    bag = shutil.copytree(older / "bag", tmp_path / "bag")
    log = bag / "data" / "log.jsonl"
    log.write_text(log.read_text().replace('"kind":"audit"', '"kind":"statement"', 1))
    named = [item.where for item in check_bag(bag, None, is_valid).mismatches]
    assert "data/statements.jsonl" in named
