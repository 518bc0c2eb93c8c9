import asyncio
import base64
import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
from datetime import timedelta

import bagit
import duckdb
import kept
import pyarrow.parquet
import pytest
from bags import bag_of, remanifest
from frictionless import Package

from bot.publish import log as keeping
from bot.publish.bag import BagRefused
from bot.publish.bag.files import BagFiles
from bot.publish.bag.parquet import check_tables
from bot.publish.evidence.bag import check_bag
from bot.publish.evidence.manifests import ALGORITHMS
from bot.publish.signing import is_valid, signing_key
from storage import log
from storage.database import open_database


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bags") / "data"
    folder.mkdir(mode=0o700)
    asyncio.run(kept.make(folder, heads=3))
    return folder


@pytest.fixture(scope="module")
def bag(archive):
    return asyncio.run(bag_of(archive, archive.parent / "bag", "channel_0"))


def check(path, head=None):
    return check_bag(path, head, is_valid)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_bag_holds_and_says_what_it_proves(bag):
    report = check(bag)
    assert report.is_whole, report.mismatches
    assert any("rows are what the log says" in line for line in report.holds)
    assert any("whose key it is" in line for line in report.open)


def test_the_library_of_congress_finds_the_bag_valid(bag):
    made = bagit.Bag(str(bag))
    made.validate()
    assert made.info["External-Description"].startswith("15 revisions of posts of @channel_0")
    assert made.info["Payload-Oxum"].endswith(
        f".{len([path for path in (bag / 'data').rglob('*') if path.is_file()])}"
    )


def test_frictionless_finds_every_table_as_described(bag):
    package = Package(str(bag / "data" / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["name", "type", "message"])
    assert {task.name for task in report.tasks} >= {
        "revisions-jsonl",
        "revisions-csv",
        "acts-jsonl",
    }


@pytest.fixture(scope="module")
def typed(archive):
    return asyncio.run(bag_of(archive, archive.parent / "typed", "channel_0", with_parquet=True))


def checked(path):
    return check_bag(path, None, is_valid, check_tables)


def test_parquet_tables_have_types_and_say_what_the_json_lines_say(typed, bag):
    assert checked(typed).is_whole
    assert "the rows of revisions.parquet are those of revisions.jsonl" in checked(typed).holds
    table = pyarrow.parquet.read_table(typed / "data" / "revisions.parquet")
    rows = lines(bag / "data" / "revisions.jsonl")
    assert table["text"].to_pylist() == [row["text"] for row in rows]
    assert table["raw"].to_pylist() == [base64.b64decode(row["raw"]) for row in rows]
    assert table["entities"].to_pylist()[2][0]["type"] == "bold"
    assert table["seen_at"][0].as_py() == kept.NOW + timedelta(seconds=1)
    for path in bag.rglob("*.jsonl"):
        assert (typed / path.relative_to(bag)).read_bytes() == path.read_bytes()


def test_judges_take_a_bag_with_parquet_and_its_package_names_the_tables(typed):
    bagit.Bag(str(typed)).validate()
    package = Package(str(typed / "data" / "datapackage.json"))
    assert package.validate().valid
    named = {item.path for item in package.resources if item.format == "parquet"}
    assert named == {path.name for path in (typed / "data").glob("*.parquet")} != set()
    made = "SELECT count(*) FROM read_parquet(?) WHERE posted_at >= TIMESTAMPTZ '2026-03-01'"
    file = str(typed / "data" / "revisions.parquet")
    assert duckdb.execute(made, [file]).fetchone() == (15,)


@pytest.mark.parametrize("how", ["value", "order", "fewer", "more", "type"])
def test_a_parquet_table_that_says_something_else_is_named(typed, tmp_path, how):
    """Who writes the manifests anew, too, is told by the comparison alone."""
    copy = tmp_path / "bag"
    shutil.copytree(typed, copy)
    path = copy / "data" / "revisions.parquet"
    table = pyarrow.parquet.read_table(path)
    texts = table["text"].to_pylist()
    changed = {
        "value": lambda: table.set_column(
            table.schema.get_field_index("text"), "text", [["тихо", *texts[1:]]]
        ),
        "order": lambda: table.take([1, 0, *range(2, len(texts))]),
        "fewer": lambda: table.slice(0, len(texts) - 1),
        "more": lambda: pyarrow.concat_tables([table, table.slice(0, 1)]),
        "type": lambda: table.set_column(
            table.schema.get_field_index("seen_at"), "seen_at", table["seen_at"].cast("int64")
        ),
    }[how]()
    pyarrow.parquet.write_table(changed, path)
    remanifest(copy)
    named = [item.where for item in checked(copy).mismatches]
    assert [where for where in named if where.startswith("data/revisions.parquet")], named


def test_without_pyarrow_the_verifier_says_what_it_did_not_compare(typed):
    assert any("Parquet tables" in said for said in check(typed).open)


def alone(folder):
    """Run what the README says, without any package that is installed here."""
    run = "sys.path.insert(0, '.'); runpy.run_module('verify', run_name='__main__')"
    return subprocess.run(  # noqa: S603  # the bag's own verifier
        [sys.executable, "-I", "-S", "-B", "-c", f"import runpy, sys; {run}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_python_alone_checks_the_bag_with_what_lies_in_it(bag, tmp_path):
    copy = tmp_path / "bag"
    shutil.copytree(bag, copy)
    whole = alone(copy)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    (copy / "data" / "acts.jsonl").write_text("")
    broken = alone(copy)
    assert broken.returncode == 1
    assert "WRONG data/acts.jsonl: this file was changed" in broken.stdout


def test_sha256sum_checks_the_bag_as_the_readme_says(bag):
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("no sha256sum on this machine")
    ended = subprocess.run(  # noqa: S603  # the test is about the system's
        [tool, "--check", "--quiet", "manifest-sha256.txt", "tagmanifest-sha256.txt"],
        cwd=bag,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "")


def test_every_state_is_there_with_its_bytes_and_how_it_came(bag, archive):
    rows = lines(bag / "data" / "revisions.jsonl")
    assert len(rows) == 15
    edited = [row for row in rows if row["message"] == 2]
    assert [(row["number"], row["source"]) for row in edited] == [(1, "live"), (2, "reread")]
    assert edited[1]["text"] == "уточнено: міст цілий"
    for row in rows:
        assert hashlib.sha256(base64.b64decode(row["raw"])).hexdigest() == row["raw_sha256"]
    assert rows[0]["link"] == "https://t.me/channel_0/1"
    assert rows[0]["account_label"] == "main"
    assert [row["message"] for row in lines(bag / "data" / "deletions.jsonl")] == [3]
    (channel,) = lines(bag / "data" / "channels.jsonl")
    assert (channel["telegram_id"], channel["username"]) == (1000, "channel_0")
    assert [row["act"] for row in lines(bag / "data" / "acts.jsonl")] == ["channel added"]


def test_a_file_that_came_with_a_message_is_in_the_bag_under_its_hash(bag):
    (row,) = lines(bag / "data" / "files.jsonl")
    assert (row["message"], row["name"], row["mime"]) == (1, "../x.png", "image/png")
    content = (bag / "data" / row["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == row["sha256"] == row["path"].rpartition("/")[2]


def test_no_cell_of_the_table_for_people_is_a_formula_and_it_opens_as_utf8(bag):
    content = (bag / "data" / "revisions.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 16
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


async def test_the_same_archive_gives_the_same_bytes_but_for_the_day(archive, bag, tmp_path):
    again = await bag_of(archive, tmp_path / "again", "channel_0")
    for path in sorted(item for item in bag.rglob("*") if item.is_file()):
        other = (again / path.relative_to(bag)).read_bytes()
        if path.name not in {"bag-info.txt", *(f"tagmanifest-{name}.txt" for name in ALGORITHMS)}:
            assert other == path.read_bytes(), path


async def test_a_stretch_of_time_and_single_posts_can_be_chosen(archive, tmp_path):

    since, until = kept.NOW + timedelta(minutes=6), kept.NOW + timedelta(minutes=9)
    made = await bag_of(archive, tmp_path / "bag", since=since, until=until)
    rows = lines(made / "data" / "revisions.jsonl")
    assert [(row["channel"], row["message"]) for row in rows] == [
        (channel, message) for channel in (1, 2) for message in (6, 7, 8)
    ]
    assert check(made).is_whole


async def test_a_large_log_with_few_shown_leaves_is_proved(tmp_path):
    """Gaps of the slice are read leaf by leaf, block by block and from the kept subtrees."""
    await kept.make(tmp_path, heads=1, each=400)
    made = await bag_of(tmp_path, tmp_path / "bag", "channel_1")
    assert check(made).is_whole
    assert len(lines(made / "data" / "log.jsonl")) < 450


async def test_earlier_heads_given_to_somebody_fit_the_bag(archive, bag):
    async with open_database(archive / "earshot.db") as database, database.reading() as connection:
        heads = await log.heads(connection)
    for head in heads:
        report = check(bag, keeping.note_of(head))
        assert report.is_whole, report.mismatches
        assert any("the given head" in line for line in report.holds)


async def test_a_bag_made_up_with_the_same_key_does_not_fit_an_earlier_head(archive, tmp_path):
    forged = tmp_path / "data"
    forged.mkdir(mode=0o700)
    shutil.copy(archive / "log.key", forged)
    async with open_database(forged / "earshot.db") as database:
        await kept.hold(database, (await kept.fill(database, seed=9))[0], 1)
        forgery = await keeping.sign(database, signing_key(forged))
    made = await bag_of(forged, tmp_path / "bag")
    assert check(made).is_whole
    async with open_database(archive / "earshot.db") as database, database.reading() as connection:
        first = (await log.heads(connection))[0]
    report = check(made, keeping.note_of(first))
    assert first.size == forgery.size, "the forger took care of the numbers"
    assert [item.where for item in report.mismatches] == ["the given head"]


def test_writing_the_manifests_anew_changes_nothing_of_an_honest_bag(bag, tmp_path):
    copy = tmp_path / "bag"
    shutil.copytree(bag, copy)
    remanifest(copy)
    assert check(copy).is_whole
    for path in bag.glob("*manifest-*.txt"):
        assert (copy / path.name).read_bytes() == path.read_bytes()


async def test_a_bag_broken_off_anywhere_goes_on_to_the_same_bytes(
    archive, bag, tmp_path, monkeypatch
):
    class BrokenOff(Exception):
        pass

    written = BagFiles.writing
    for limit in range(1, 14, 3):
        left = [limit]

        def limited(self, path, left=left):
            if not left[0]:
                raise BrokenOff
            left[0] -= 1
            return written(self, path)

        target = tmp_path / f"bag{limit}"
        monkeypatch.setattr(BagFiles, "writing", limited)
        with pytest.raises(BrokenOff):
            await bag_of(archive, target, "channel_0")
        monkeypatch.undo()
        assert not target.exists(), "what is not whole does not have its name"
        await bag_of(archive, target, "channel_0")
        assert check(target).is_whole
        for path in (item for item in bag.rglob("*.jsonl")):
            assert (target / path.relative_to(bag)).read_bytes() == path.read_bytes()
        assert not list(tmp_path.glob(".*"))


async def test_another_wish_does_not_mix_with_a_bag_half_done(archive, tmp_path, monkeypatch):
    def fail(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BagFiles, "writing", fail)
    with pytest.raises(OSError, match="No space"):
        await bag_of(archive, tmp_path / "bag", "channel_0")
    monkeypatch.undo()
    with pytest.raises(BagRefused, match="half done"):
        await bag_of(archive, tmp_path / "bag", "channel_1")


async def test_a_bag_never_takes_the_place_of_what_is_there(archive, tmp_path):
    (tmp_path / "bag").mkdir()
    with pytest.raises(BagRefused, match="is there already"):
        await bag_of(archive, tmp_path / "bag")
    with pytest.raises(BagRefused, match="there is no folder"):
        await bag_of(archive, tmp_path / "nowhere" / "bag")


def test_a_foreign_bag_is_told_in_plain_words(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    bagit.make_bag(str(tmp_path))
    report = check(tmp_path)
    assert not report.is_whole
    assert any(item.where == "data/log.jsonl" for item in report.mismatches)


def test_a_link_out_of_the_bag_is_refused(bag, tmp_path):
    copy = tmp_path / "bag"
    shutil.copytree(bag, copy)
    (copy / "data" / "passwd").symlink_to("/etc/passwd")
    assert any("neither a file nor a folder" in item.what for item in check(copy).mismatches)
