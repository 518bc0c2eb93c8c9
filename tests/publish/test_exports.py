import asyncio
import csv
import json
import os
import random
import shutil
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import ironcalc
import pyarrow.parquet
import pytest
from earshot_command import ROOT, Earshot, command
from filled import NOW, Archive, message, until
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.publish import log as keeping
from bot.publish.exports import ExportRefused, ExportWish, Revisions, tables, write_export
from bot.publish.exports import export as exporting
from bot.publish.exports.desktop import _parts
from bot.publish.exports.export import FORMATS
from bot.publish.exports.facts import record
from bot.publish.exports.jsonl import _home, _line
from bot.publish.signing import signing_key
from storage import channels
from storage.database import open_database
from storage.reading import reader
from storage.records import Channel, Is, Stretch
from storage.records.exporting import Exported, ExportedMedia

HOSTILE = [
    '=HYPERLINK("http://evil.example","нажми")',
    "+380 00",
    "-1",
    "@mention",
    "\tтаб",
    "'already quoted",
    '„лапки“, "quotes"\r\nрядок',
    "<script>alert(1)</script> & </style>",
    "\u202eobratno",
    "🔥" * 3,
    "",
    " пробіл",
    "＝1",
]
ENTITIES = json.dumps([
    {"type": "bold", "offset": 0, "length": 5},
    {"type": "text_url", "offset": 6, "length": 4, "url": "https://example.org/?a=1&b=2"},
    {"type": "url", "offset": 11, "length": 19},
])  # fmt: skip


async def filled(archive: Archive) -> None:
    await archive.post("kanal_x", HOSTILE)
    await archive.see(
        "kanal_x",
        message(50, "Слово link https://example.com", entities=ENTITIES, body_length=30,
                author="Автор", reply_to=3, has=frozenset()),
        message(51, "album one", grouped_id=9), message(52, "album two", grouped_id=9),
    )  # fmt: skip
    await archive.see(
        "kanal_x",
        message(2, "виправлено", edited_at=NOW + timedelta(hours=1), marks=frozenset({Is.EDITED})),
    )
    await archive.gone("kanal_x", 3)
    await archive.post("kanal_y", ["другий канал"] * 3)


async def written(archive: Archive, path: Path, **wish) -> Path:
    async with archive.database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    with reader(archive.database.path) as connection:
        write_export(connection, known, ExportWish(path, **wish))
    return path


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_json_lines_hold_every_revision_with_how_it_was_collected(archive, tmp_path):
    await filled(archive)
    found = lines(await written(archive, tmp_path / "all.jsonl", format="jsonl"))
    assert len(found) == len(HOSTILE) + 1 + 3 + 3
    first, second = [item for item in found if (item["channel"], item["message"]) == (1, 2)]
    assert (first["text"], first["revision"], first["is_last"]) == (HOSTILE[1], 1, False)
    assert (second["text"], second["revision"], second["is_last"]) == ("виправлено", 2, True)
    assert second["edited_at"] == "2026-03-01T10:00:00Z"
    gone = next(item for item in found if (item["channel"], item["message"]) == (1, 3))
    assert (gone["deleted_at"], gone["deletion_source"]) == ("2026-03-01T09:00:00Z", "live")
    linked = next(item for item in found if item["message"] == 50)
    assert linked["links"] == ["https://example.org/?a=1&b=2", "https://example.com"]
    assert linked["entities"] == json.loads(ENTITIES)
    assert linked["link"] == "https://t.me/kanal_x/50"
    assert (linked["source"], linked["seen_at"]) == ("live", "2026-03-01T09:00:00Z")
    assert len(linked["sha256"]) == 64
    albums = [item for item in found if item["album"] == 9]
    assert len({item["post"] for item in albums}) == 1
    assert [item["message"] for item in albums] == [51, 52]


some_text = st.text(st.characters(), max_size=8)  # halves of surrogate pairs, too
some_number = st.integers(-(2**60), 2**60)


@settings(max_examples=300)
@given(st.data())
def test_a_line_and_a_row_are_the_record_whatever_it_holds(data):
    def drawn(strategy, *, may_be_none=True):
        return data.draw(st.none() | strategy if may_be_none else strategy)

    def sure(strategy):
        return drawn(strategy, may_be_none=False)

    time = st.integers(0, 2**52)
    words = st.sampled_from(["", "photo", "link photo"])
    item = st.builds(
        ExportedMedia, some_number, some_number, some_number, some_text, some_text,
        st.none() | some_text, some_number, some_text, st.none() | some_text,
        st.none() | st.binary(min_size=32, max_size=32), st.none() | some_text,
    )  # fmt: skip
    channel = Channel.__new__(Channel)
    for name, value in (
        *(("id", sure(st.integers(1, 99))), ("telegram_id", drawn(some_number))),
        *(("username", drawn(some_text)), ("title", drawn(some_text))),
    ):
        object.__setattr__(channel, name, value)
    revision = Exported(
        id=1, post_id=sure(some_number), message_id=sure(some_number), number=sure(some_number),
        edited_at=drawn(time), seen_at=sure(time), source=sure(some_text), account=drawn(some_text),
        text=sure(some_text), body_length=sure(some_number),
        entities=data.draw(st.sampled_from(["[]", ENTITIES])), author=drawn(some_text),
        sha256=sure(st.binary(min_size=32, max_size=32)), posted_at=sure(time),
        grouped_id=drawn(some_number), lang=drawn(some_text), has=sure(words), marks=sure(words),
        origin=drawn(some_text), origin_name=drawn(some_text), reply_to=drawn(some_number),
        deletion_id=None, deleted_at=drawn(time), deletion_source=drawn(some_text),
        is_removed=sure(st.integers(0, 1)), is_last=sure(st.booleans()), channel=channel,
        media=tuple(data.draw(st.lists(item, max_size=2))),
        mentions=data.draw(st.sampled_from([None, (), ({"name": "Суджа", "confidence": 0.9},)])),
    )  # fmt: skip
    said = json.dumps(record(revision), ensure_ascii=False)
    assert _line(revision, _home(channel)) == f"{said}\n"
    found = record(revision)
    names = [*tables.COLUMNS, *(() if revision.mentions is None else tables.PLACES)]
    row = dict(zip(names, tables._row(revision, tables._home(channel)), strict=True))
    for name in tables.COLUMNS:
        cell = "" if row[name] is None else str(row[name])
        assert tables.plain(cell) == _as_cell(name, found[name]), name
    if revision.mentions is not None:
        assert row["mentions"] == _as_cell("mentions", revision.mentions)
        assert row["places"] == "Суджа" * len(revision.mentions)


def _as_cell(name: str, value: object) -> str:
    if name in {"media", "mentions"}:
        return json.dumps(value, ensure_ascii=False) if value else ""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list() | tuple():
            return " ".join(map(str, value))
    return str(value)


async def test_csv_is_read_back_equal_and_holds_no_formula(archive, tmp_path):
    await filled(archive)
    plain = lines(await written(archive, tmp_path / "all.jsonl", format="jsonl"))
    path = await written(archive, tmp_path / "all.csv", format="csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [tables.plain(row["text"]) for row in rows] == [item["text"] for item in plain]
    assert [row["sha256"] for row in rows] == [item["sha256"] for item in plain]
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")), cell


# What a spreadsheet makes of a cell by itself, if it may: a formula, a number, a date, a time.
TAKEN = [
    *("=1+1", '=HYPERLINK("https://x","y")', "+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1"),
    *("\n=1+1", "＝1+1", "＋1", "－1", "＠x", "'=1+1", "''", "007", "1-2", "1/2", "1e5", "12:30"),
    *("50%", "$5", "1 000", "2026-03-01", "12345678901234567890", "(5)", "1.5", "0,5"),
]
KEPT = ["Привіт; «світ»", "a,b", 'say "x"', "two\nlines", "tab\tinside", "12 ракет", "№ 5", "1st"]


async def test_a_spreadsheet_shows_every_cell_as_it_was_written(archive, tmp_path):
    """DuckDB cuts the file into cells; IronCalc, a spreadsheet, takes each as if it were typed."""
    album = 13_437_581_234_567_890  # beyond the digits that a spreadsheet keeps
    texts = [*TAKEN, *KEPT]
    await archive.see("kanal_x", *(message(n, text) for n, text in enumerate(texts, 1)))
    await archive.see("kanal_x", message(90, "album", grouped_id=album))
    path = await written(archive, tmp_path / "all.csv", format="csv")
    with duckdb.connect() as connection:
        asked = "SELECT * FROM read_csv(?, all_varchar = true, header = true)"
        cursor = connection.execute(asked, [str(path)])
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert len(rows) == len(texts) + 1
    sheet = ironcalc.create("export")
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row.values(), 1):
            sheet.set_user_input(0, number, column, cell or "")
    sheet.evaluate()
    at = {name: column for column, name in enumerate(names, 1)}
    for number, text in enumerate([*texts, "album"], 1):
        assert all(sheet.get_cell_formula(0, number, column) is None for column in at.values())
        assert sheet.get_cell_type(0, number, at["text"]) is ironcalc.CellType.Text, text
        assert sheet.get_cell_value(0, number, at["text"]) == text
        assert sheet.get_cell_type(0, number, at["message"]) is ironcalc.CellType.Number
    assert sheet.get_cell_value(0, len(rows), at["album"]) == str(album)
    assert sheet.get_cell_value(0, 1, at["post"]) == int(rows[0]["post"])


@given(st.text())
def test_guarding_a_cell_can_be_undone(text):
    assert tables.plain(tables.guarded(text)) == text
    assert not tables.guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


async def test_parquet_is_read_back_equal_by_pyarrow_and_duckdb(archive, tmp_path):
    await filled(archive)
    plain = lines(await written(archive, tmp_path / "all.jsonl", format="jsonl"))
    path = await written(archive, tmp_path / "all.parquet", format="parquet")
    file = pyarrow.parquet.ParquetFile(path)
    assert file.metadata.row_group(0).column(0).statistics.has_min_max
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    rows = file.read().to_pylist()
    file.close()
    assert [_as_json(row) for row in rows] == plain
    query = "SELECT message, text, posted_at, entities[1].type FROM read_parquet(?)"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(query, [str(path)]).fetchall()
    assert [(number, text) for number, text, *_ in found] == [
        (item["message"], item["text"]) for item in plain
    ]
    assert {kind for *_, kind in found} == {None, "bold"}


def _as_json(row: dict) -> dict:
    found = dict(row)
    for name, value in row.items():
        if isinstance(value, datetime):
            found[name] = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found["sha256"] = row["sha256"].hex()
    found["entities"] = [
        {name: value for name, value in entity.items() if value is not None}
        for entity in row["entities"]
    ]
    return found


async def test_telegram_desktops_form_of_one_channel_and_of_several(archive, tmp_path):
    await filled(archive)
    path = await written(archive, tmp_path / "one.json", format="telegram", channels=("kanal_x",))
    one = json.loads(path.read_text())
    assert (one["name"], one["type"], one["id"]) == ("Kanal_X", "public_channel", 1001)
    linked = next(item for item in one["messages"] if item["id"] == 50)
    assert linked["text"] == [
        {"type": "bold", "text": "Слово"}, " ",
        {"type": "text_link", "text": "link", "href": "https://example.org/?a=1&b=2"}, " ",
        {"type": "link", "text": "https://example.com"},
    ]  # fmt: skip
    assert (linked["date"], linked["date_unixtime"]) == ("2026-03-01T09:00:50", "1772355650")
    edited = next(item for item in one["messages"] if item["id"] == 2)
    assert edited["text"] == "виправлено"
    assert [item["text"] for item in edited["earshot"]["former"]] == [HOSTILE[1]]
    path = await written(archive, tmp_path / "several.json", format="telegram")
    chats = json.loads(path.read_text())["chats"]["list"]
    assert [(chat["id"], len(chat["messages"])) for chat in chats] == [
        (1001, len(one["messages"])),
        (1002, 3),
    ]


async def test_what_was_exported_can_be_imported_again(archive, tmp_path):
    await filled(archive)
    path = await written(archive, tmp_path / "result.json", format="telegram")
    earshot = Earshot(tmp_path)
    ended = await earshot("import", str(path), "--data", "fresh", "--json")
    assert ended.code == 0, ended.err
    found = await earshot("search", "виправлено", "--data", "fresh", "--json")
    assert [item["text"] for item in json.loads(found.out)["found"]] == ["виправлено"]


async def test_filters_choose_posts(archive, tmp_path):
    await filled(archive)
    seconds = Stretch(NOW + timedelta(seconds=2), NOW + timedelta(seconds=4))
    choices = {
        "channel": ({"channels": ("kanal_y",)}, [1, 2, 3]),
        "group": ({"groups": ("monitors",), "query": "album"}, [51, 52]),
        "time": ({"stretch": seconds, "channels": ("kanal_x",)}, [2, 2, 3]),
        "last": (
            {"stretch": seconds, "channels": ("kanal_x",), "revisions": Revisions.LAST},
            [2, 3],
        ),
        "query": ({"query": "канал"}, [1, 2, 3]),
    }
    for name, (wish, expected) in choices.items():
        path = await written(archive, tmp_path / f"{name}.jsonl", format="jsonl", **wish)
        assert [item["message"] for item in lines(path)] == expected, name


@pytest.mark.parametrize("name", FORMATS)
async def test_the_same_archive_gives_the_same_bytes(archive, tmp_path, name, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    await filled(archive)
    one = await written(archive, tmp_path / "one", format=name)
    other = await written(archive, tmp_path / "other", format=name)
    assert contents(one) == contents(other)


def contents(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A folder with 6,000 posts, some edited and deleted, in two channels."""
    folder = tmp_path_factory.mktemp("large") / "data"
    folder.mkdir(mode=0o700)
    chance = random.Random(3)

    async def fill():
        async with open_database(folder / "earshot.db") as database:
            archive = Archive(database)
            for name in ("kanal_x", "kanal_y"):
                await archive.add_channel(name)
                texts = [" ".join(chance.choices(HOSTILE[:9], k=40)) for _ in range(3000)]
                await archive.post(name, texts)
                edits = [
                    message(n, f"edited {n}", edited_at=NOW, marks=frozenset({Is.EDITED}))
                    for n in range(1, 3000, 7)
                ]
                await archive.see(name, *edits)
                await archive.gone(name, *range(5, 3000, 31))

    asyncio.run(fill())
    return folder


@pytest.mark.parametrize("name", FORMATS)
async def test_killed_in_the_middle_an_export_is_finished_to_the_same_bytes(large, tmp_path, name):
    earshot = Earshot(tmp_path, {"SOURCE_DATE_EPOCH": "1767225600"})
    verb = ("export", "--format", name, "--data", str(large), "-o")
    whole = await earshot(*verb, "whole")
    assert whole.code == 0, whole.err
    begun, chance = tmp_path / ".broken.part", random.Random(name)
    kills = 0
    for _ in range(4):
        size = sum(map(len, contents(begun).values())) if begun.exists() else 0
        process = await earshot.start(*verb, "broken")
        goal = size + chance.randrange(1, 200_000) if FORMATS[name].goes_on else 1

        async def far_enough(process=process, goal=goal):
            if process.returncode is not None:
                return True
            return begun.exists() and sum(map(len, contents(begun).values())) >= goal

        await until(far_enough, "some of it is written")
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        await process.communicate()
        if not begun.exists():
            break
    assert kills
    if not (tmp_path / "broken").exists():
        ended = await earshot(*verb, "broken")
        assert ended.code == 0, ended.err
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
    assert not list(tmp_path.glob(".broken*"))


async def test_a_bag_killed_while_its_tables_are_written_is_finished_to_the_same_bytes(
    large, tmp_path
):
    one, other = tmp_path / "one", tmp_path / "other"  # an export is an act, which joins the log
    shutil.copytree(large, one)
    async with open_database(one / "earshot.db") as database:
        await keeping.sign(database, signing_key(one))
    shutil.copytree(one, other)
    earshot = Earshot(tmp_path, {"SOURCE_DATE_EPOCH": "1767225600"})
    verb = ("export", "--format", "bag", "--data")
    whole = await earshot(*verb, str(one), "-o", "whole")
    assert whole.code == 0, whole.err
    data = tmp_path / ".broken.part" / "data"
    for marker in (".revisions.jsonl.part", ".revisions.csv.part"):  # is being written
        process = await earshot.start(*verb, str(other), "-o", "broken")

        async def is_writing(process=process, file=data / marker):
            assert process.returncode is None, "it ended before it was killed"
            return file.exists()

        await until(is_writing, f"{marker} is begun")
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        assert not (tmp_path / "broken").exists()
    ended = await earshot(*verb, str(other), "-o", "broken")
    assert ended.code == 0, ended.err
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
    assert not list(tmp_path.glob(".broken*"))


@pytest.mark.parametrize("name", FORMATS)
async def test_an_export_goes_on_from_what_was_saved_to_the_same_bytes(
    large, tmp_path, name, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    monkeypatch.setattr(exporting, "_SAVED_EVERY_S", 0)
    async with open_database(large / "earshot.db") as database, database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    stops = []

    def stopped(done, _of):
        stops.append(done)
        if len(stops) in (3, 6):
            raise KeyboardInterrupt

    with reader(large / "earshot.db") as connection:
        write_export(connection, known, ExportWish(tmp_path / "whole", name))
        wish = ExportWish(tmp_path / "broken", name)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                write_export(connection, known, wish, stopped)
            good = json.loads((tmp_path / ".broken.journal").read_text())["good"]
            assert (good > 0) is FORMATS[name].goes_on
        assert write_export(connection, known, wish, stopped).went_on
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")


async def test_going_on_shows_the_archive_as_it_was_when_the_export_began(archive, tmp_path):
    await archive.post("kanal_x", ["дрон"] * 30)
    async with archive.database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    wish = ExportWish(tmp_path / "posts.jsonl", "jsonl", query="дрон")

    def broken(_done, _of):
        raise OSError(28, "No space left on device")

    with reader(archive.database.path) as connection, pytest.raises(OSError, match="No space"):
        write_export(connection, known, wish, broken)
    await archive.post("kanal_x", ["дрон"], first=40)
    with reader(archive.database.path) as connection:
        ended = write_export(connection, known, wish)
    assert (ended.posts, ended.went_on) == (30, True)
    with reader(archive.database.path) as connection, pytest.raises(ExportRefused, match="already"):
        write_export(connection, known, wish)


async def test_another_export_to_the_same_half_written_file_is_refused(archive, tmp_path):
    await archive.post("kanal_x", ["дрон"])
    async with archive.database.reading() as connection:
        known = await channels.listed(connection, removed=True)
    wish = ExportWish(tmp_path / "posts.jsonl", "jsonl")

    def broken(_done, _of):
        raise OSError(28, "No space left on device")

    with reader(archive.database.path) as connection:
        with pytest.raises(OSError, match="No space"):
            write_export(connection, known, wish, broken)
        with pytest.raises(ExportRefused, match="half done"):
            write_export(connection, known, replace(wish, query="дрон"))


async def test_since_last_gives_only_what_is_new_since_the_same_export(large, tmp_path):
    earshot = Earshot(tmp_path)
    async with (
        open_database(tmp_path / "data" / "earshot.db")
        if ((tmp_path / "data").mkdir(mode=0o700) or True)
        else None as database
    ):
        archive = Archive(database)
        await archive.add_channel("kanal_x")
        await archive.post("kanal_x", ["дрон", "ракета", "танк"])
    first = await earshot("export", "-o", "1.jsonl", "--since-last")
    assert first.code == 0, first.err
    assert len(lines(tmp_path / "1.jsonl")) == 3
    async with open_database(tmp_path / "data" / "earshot.db") as database:
        archive.database = database
        await archive.post("kanal_x", ["новий"], first=7)
        await archive.see("kanal_x", message(1, "дрони", edited_at=NOW))
        await archive.gone("kanal_x", 3)
    assert (await earshot("export", "-o", "2.jsonl", "--since-last")).code == 0
    new = {(item["message"], item["revision"]): item for item in lines(tmp_path / "2.jsonl")}
    assert sorted(new) == [(1, 2), (3, 1), (7, 1)]
    assert new[3, 1]["deleted_at"]
    assert (await earshot("export", "-o", "3.jsonl", "--since-last")).code == 0
    assert lines(tmp_path / "3.jsonl") == []
    other = await earshot("export", "-o", "4.jsonl", "--since-last", "--query", "танк")
    assert other.code == 0, other.err
    assert len(lines(tmp_path / "4.jsonl")) == 1


REFUSED = [
    (["--format", "xlsx"], "no format 'xlsx'"),
    (["--channel", "@nobody"], "no channel '@nobody'"),
    (["--group", "north"], "no group 'north'"),
    (["--since", "2026-02-01", "--until", "2026-01-01"], "--since is not before --until"),
    (["--since", "first of May"], "first of May"),
    (["--query", "(fire OR"], "("),
    (["-o", "no/such/folder/posts.jsonl"], "no folder no/such/folder"),
    (["-o", "/proc/posts.jsonl"], "cannot write /proc/posts.jsonl"),
    (["--format", "bag", "--since-last"], "a bag holds every revision"),
    (["--organisation", "News"], "--organisation is for bags"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=lambda value: " ".join(value)[:40])
async def test_bad_input_is_one_clear_line(large, tmp_path, options, words):
    ended = await Earshot(tmp_path)("export", "--data", str(large), *options)
    assert ended.code == 2, ended.err
    assert words in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]


@pytest.mark.parametrize("name", FORMATS)
async def test_a_full_disk_is_said_and_the_export_goes_on_afterwards(large, tmp_path, name):
    """The largest file a process may write stands in for the disk: the system refuses alike."""
    earshot = Earshot(tmp_path, {"SOURCE_DATE_EPOCH": "1767225600"})
    verb = ("export", "--format", name, "--data", str(large), "-o", "posts")
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", 'ulimit -f 300; exec "$@"', "bash", *command(), *verb,
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), **earshot.environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, complaints = await process.communicate()
    assert process.returncode == 2, complaints.decode()
    assert "cannot write posts" in complaints.decode()
    assert "Traceback" not in complaints.decode()
    assert not (tmp_path / "posts").exists()
    ended = await earshot(*verb)
    assert ended.code == 0, ended.err
    assert "went on" in ended.out
    whole = await earshot(*verb[:-1], "whole")
    assert whole.code == 0, whole.err
    assert contents(tmp_path / "posts") == contents(tmp_path / "whole")


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=4), st.text(max_size=20))
def test_telegram_desktops_parts_of_a_text_are_the_text(cuts, text):
    revision = Exported.__new__(Exported)
    revision.text, revision.body_length = text, len(text)
    revision.entities = json.dumps(
        [{"type": "bold", "offset": start, "length": length} for start, length in cuts]
    )
    assert "".join(part["text"] for part in _parts(revision)) == text
