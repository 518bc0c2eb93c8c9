"""Photos and files that go along with exports, held as the fetcher holds them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
from pathlib import Path

import kept
import pyarrow.parquet
import pytest
from earshot_command import Earshot
from PIL import Image
from sqlalchemy import text

from bot.publish.exports import ExportWish, write_export
from bot.publish.exports.copies import ending
from bot.publish.exports.export import FORMATS
from storage import channels
from storage.database import open_database
from storage.folder import DataFolder
from storage.reading import reader


def photo(side: int) -> bytes:
    made = io.BytesIO()
    Image.effect_noise((side, side), 60).save(made, "JPEG")
    return made.getvalue()


FILM = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 9000
PHOTO = photo(1200)
NAMES = {"jsonl": "posts.jsonl", "csv": "posts.csv", "parquet": "posts.parquet"}


@pytest.fixture
async def data(tmp_path) -> Path:
    """An archive whose posts 6 to 8 of a channel have media; the last is no longer held."""
    folder = tmp_path / "data"
    await kept.make(folder)
    async with open_database(folder / "earshot.db") as database:
        async with database.reading() as connection:
            home = (await channels.listed(connection))[0].id
        await kept.hold(database, home, 6, PHOTO)
        await kept.hold(database, home, 7, FILM)
        await kept.hold(database, home, 8, b"gone")
        await kept.hold(database, home, 9, PHOTO)
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "UPDATE media SET state = 'dropped', reason = 'made room' WHERE message_id = 8"
                )
            )
    DataFolder(folder).media_file(hashlib.sha256(b"gone").digest()).unlink()
    return folder


def rows(path: Path, name: str) -> list[tuple[int, list[dict]]]:
    """Read (message, media) of the first channel from an export."""
    if name == "jsonl":
        found = [json.loads(line) for line in path.read_text().splitlines()]
    elif name == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.DictReader(file))
        for row in found:
            row["media"] = json.loads(row["media"] or "[]")
    else:
        found = pyarrow.parquet.read_table(path).to_pylist()
    return [
        (int(row["message"]), row["media"])
        for row in found
        if row["channel_username"] == "channel_0"
    ]


@pytest.mark.parametrize("name", NAMES)
async def test_records_name_their_media_and_copies_go_along_each_once(data, tmp_path, name):
    earshot = Earshot(tmp_path)
    verb = ("export", "--format", name, "--data", str(data), "-o")
    made = await earshot(*verb, "with", "--with-media")
    assert made.code == 0, made.err
    found = dict(rows(tmp_path / "with" / NAMES[name], name))
    (picture,), (film,), (gone,) = found[6], found[7], found[8]
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    assert picture["path"] == f"media/{sha256[:2]}/{sha256}.jpg"
    assert (picture["sha256"], picture["size"]) == (sha256, len(PHOTO))
    assert (picture["kind"], picture["state"], picture["reason"]) == ("photo", "held", None)
    assert (tmp_path / "with" / picture["path"]).read_bytes() == PHOTO
    assert film["path"].endswith(".mp4")
    assert (tmp_path / "with" / film["path"]).read_bytes() == FILM
    assert (gone["path"], gone["state"], gone["reason"]) == (None, "dropped", "made room")
    assert found[9] == found[6]
    assert found[10] == []
    held = {path for path in (tmp_path / "with" / "media").rglob("*") if path.is_file()}
    with_path = {item["path"] for media in found.values() for item in media} - {None}
    assert {str(path.relative_to(tmp_path / "with")) for path in held} >= with_path
    assert len({path.read_bytes() for path in held}) == len(held)
    assert all(path.stat().st_nlink == 1 for path in held)

    plain = await earshot(*verb, "without")
    assert plain.code == 0, plain.err
    bare = dict(rows(tmp_path / "without", name))
    assert [(item["sha256"], item["path"]) for item in bare[6]] == [(sha256, None)]


@pytest.mark.parametrize("way", ["changed", "gone", "added"])
async def test_verify_finds_a_copy_that_is_not_as_it_was_exported(data, tmp_path, way):
    earshot = Earshot(tmp_path)
    made = await earshot("export", "--data", str(data), "--with-media", "-o", "out")
    assert made.code == 0, made.err
    whole = await earshot("verify", "out")
    assert whole.code == 0, whole.out
    (copy,) = (tmp_path / "out" / "media").rglob("*.mp4")
    match way:
        case "changed":
            copy.write_bytes(FILM[:-1] + b"x")
        case "gone":
            copy.unlink()
        case _:
            copy = copy.with_name("another")
            copy.write_bytes(b"")
    broken = await earshot("verify", "out")
    assert broken.code == 1
    assert f"WRONG out/{copy.relative_to(tmp_path / 'out')}: this file was {way}" in (
        broken.out.replace("this file is gone", "this file was gone")
    )


async def test_pages_show_small_pictures_and_link_the_rest(data, tmp_path):
    made = await Earshot(tmp_path)(
        *("export", "--format", "html", "--data", str(data), "--with-media", "-o", "site")
    )
    assert made.code == 0, made.err
    (page, *_) = sorted((tmp_path / "site").glob("c*/0*.html"))
    shown = page.read_text()
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    thumb = f"media/thumbs/{sha256[:2]}/{sha256}.jpg"
    assert (
        f'<a href="../media/{sha256[:2]}/{sha256}.jpg"><img src="../{thumb}" alt="photo,' in shown
    )
    with Image.open(tmp_path / "site" / thumb) as small:
        assert max(small.size) == 480
    film = hashlib.sha256(FILM).hexdigest()
    assert re.search(rf'<a href="\.\./media/../{film}\.mp4"><bdi>photo, .*2\.3 MB</bdi></a>', shown)
    assert "made room" in shown
    assert 'src="http' not in shown


async def test_telegram_desktops_form_names_the_copies_and_they_are_imported_again(data, tmp_path):
    earshot = Earshot(tmp_path)
    made = await earshot(
        *("export", "--format", "telegram", "--channel", "@channel_0"),
        *("--data", str(data), "--with-media", "-o", "desktop"),
    )
    assert made.code == 0, made.err
    result = json.loads((tmp_path / "desktop" / "result.json").read_text())
    messages = {item["id"]: item for item in result["messages"]}
    assert (tmp_path / "desktop" / messages[6]["photo"]).read_bytes() == PHOTO
    assert messages[8]["photo"].startswith("(File not included")
    assert "photo" not in messages[10]
    ended = await earshot("import", str(tmp_path / "desktop" / "result.json"), "--data", "fresh")
    assert ended.code == 0, ended.err
    again = DataFolder(tmp_path / "fresh").media_file(hashlib.sha256(PHOTO).digest())
    assert again.read_bytes() == PHOTO


@pytest.mark.parametrize("name", FORMATS)
async def test_broken_off_in_a_copy_an_export_is_finished_to_the_same_bytes(
    data, tmp_path, name, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    async with open_database(data / "earshot.db") as database, database.reading() as connection:
        known = await channels.listed(connection)
    media = DataFolder(data)
    synced, sync = [], os.fsync

    def cut(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name == "part":
            synced.append(descriptor)
            if len(synced) == 3:  # of the film, whose bytes are not in its place yet
                raise KeyboardInterrupt
        sync(descriptor)

    with reader(data / "earshot.db") as connection:
        write_export(connection, known, ExportWish(tmp_path / "whole", name, media=media))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", cut)
            wish = ExportWish(tmp_path / "broken", name, media=media)
            with pytest.raises(KeyboardInterrupt):
                write_export(connection, known, wish)
        part = tmp_path / ".broken.part" / "media"
        (first,) = part.glob("??/*.jpg")
        before = first.stat().st_ino
        assert write_export(connection, known, wish).went_on
    (kept_one,) = (tmp_path / "broken" / "media").glob(f"??/{first.name}")
    assert kept_one.stat().st_ino == before
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
    assert not list(tmp_path.glob(".broken*"))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


async def test_a_held_file_that_was_changed_does_not_go_along_and_is_named(data, tmp_path):
    DataFolder(data).media_file(hashlib.sha256(FILM).digest()).write_bytes(b"other")
    made = await Earshot(tmp_path)("export", "--data", str(data), "--with-media", "-o", "out")
    assert made.code == 0, made.err
    ((film,),) = [m for number, m in rows(tmp_path / "out/posts.jsonl", "jsonl") if number == 7]
    assert film["path"] is None
    assert "was changed" in film["reason"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"RIFF\0\0\0\0WEBP", ".webp"), (b"RIFF\0\0\0\0WAVE", ""), (b"GIF89a", ".gif"),
        (b"%PDF-1.7", ".pdf"), (b"\x89PNG\r\n\x1a\n", ".png"), (b"<html>", ""), (b"", ""),
    ],
)  # fmt: skip
def test_an_ending_is_told_by_first_bytes_alone(head, expected):
    assert ending(head) == expected
