import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import kept
import pytest
from newsroom import newsroom, until
from sqlalchemy import text
from telethon import types

from bot.collect import intake
from bot.collect.intake import Change
from bot.collect.media.words import NotRead, ReadingMissing, checked, words_in
from bot.collect.stored import stored_message
from bot.operate import media, retaining
from bot.publish import indexer
from bot.publish import log as keeping
from bot.publish.bag import BagWish, write_bag
from bot.publish.evidence.bag import check_bag
from bot.publish.exports import ExportWish, write_export
from bot.publish.search import Wanted, search
from bot.publish.signing import signing_key
from bot.publish.verify_archive import verify_archive
from bot.sandbox import PhotoSpec
from storage import channels, picture_texts
from storage.database import open_database
from storage.folder import DataFolder
from storage.reading import index_path, reader
from storage.records import ChannelId, Fetch, ReadBy

NOTICE = Path(__file__).parents[1] / "data" / "notice.png"
SAID = "Увага! Ракетна небезпека\nПереправу закрито\nBridge closed at noon"
LANGUAGES = "ukr+rus+eng"


def has_tesseract() -> bool:
    try:
        checked(LANGUAGES)
    except ReadingMissing:
        return False
    return True


needs_tesseract = pytest.mark.skipif(
    not has_tesseract(), reason="no tesseract with ukr, rus, eng here: pictures cannot be read"
)


@needs_tesseract
def test_ukrainian_and_english_words_are_read_and_noise_is_not(tmp_path):
    assert words_in(NOTICE, LANGUAGES) == SAID
    (tmp_path / "noise.jpg").write_bytes(kept.png(40, 30))
    assert words_in(tmp_path / "noise.jpg", LANGUAGES) == ""
    (tmp_path / "none.jpg").write_bytes(b"not a picture")
    with pytest.raises(NotRead, match="cannot be read as a picture"):
        words_in(tmp_path / "none.jpg", LANGUAGES)


@needs_tesseract
async def test_a_picture_alerts_by_its_words_and_the_alert_says_whence(tmp_path):
    """From Telegram to Telegram: the caption does not match, what the picture says does."""
    async with newsroom(tmp_path) as room:
        async with room.running(media_fetch=Fetch.ALL, ocr_languages=LANGUAGES):
            await room.follow("@front_news")
            await room.all_followed(1)
            olena = await room.join("Olena", "переправа")
            room.server.post(room.channel(), "Дивіться", media=PhotoSpec(NOTICE.read_bytes()))
            await until(
                lambda: bool(room.alerts(olena)),
                "the alert of the picture",
            )
        (alert,) = [item.text for item in room.alerts(olena)]
        async with room.database() as database:
            by_words = (await search(database, Wanted("переправа"))).found
    digest = hashlib.sha256(NOTICE.read_bytes()).hexdigest()
    assert "Read from a picture by a program" in alert
    assert digest[:12] in alert
    own, _, read = alert.partition("Read from a picture")
    assert "Дивіться" in own
    assert "Переправу закрито" in read
    assert [found.post.picture_text_at for found in by_words] == [len("Дивіться\n")]


@pytest.mark.parametrize("languages", [LANGUAGES, "xyz"])
async def test_without_program_or_language_a_line_says_what_to_install(
    tmp_path, monkeypatch, languages
):
    if languages != "xyz":
        monkeypatch.setenv("PATH", str(tmp_path))
        said = "apt install tesseract-ocr"
    elif has_tesseract():
        said = "apt install tesseract-ocr-xyz"
    else:
        pytest.skip("no tesseract here")
    async with open_database(tmp_path / "earshot.db") as database:
        with pytest.raises(ReadingMissing, match=said):
            await media.read_pictures(database, DataFolder(tmp_path), languages, lambda _: None)


@pytest.fixture
async def archive(tmp_path):
    """The picture of message 1 says something, and the log knows."""
    await kept.make(tmp_path)
    async with open_database(tmp_path / "earshot.db") as database:
        await say(database, SAID)
        yield database


async def say(database, said):
    """Let the one picture that is held say something."""
    async with database.transaction() as connection:
        (picture,) = await picture_texts.unread(connection, 0, 5)
        by = ReadBy("ukr", "tesseract 5")
        assert await picture_texts.add(connection, picture, said, by, datetime.now(UTC))
        await intake.retell(connection, {picture.post_id: Change()})
    await keeping.sign(database, signing_key(database.path.parent))


async def found(database, query):
    indexed = await search(database, Wanted(query))
    return [(item.post.channel_id, item.post.message_id) for item in indexed.found]


async def test_words_of_a_picture_are_found_before_and_after_they_are_indexed(archive):
    indexer.clean(archive.path)
    await say(archive, "Обстріл переправи")
    for _ in ("not indexed yet", "indexed"):
        assert await found(archive, "переправа") == [(1, 1)]
        indexer.clean(archive.path)


async def test_an_edit_of_the_caption_keeps_what_the_picture_says(archive):
    later = kept.message(1000, 1, "нове", edit_date=kept.NOW)
    await kept.see(archive, ChannelId(1), later)
    async with archive.reading() as connection:
        row = (await connection.execute(text("SELECT * FROM posts WHERE message_id = 1"))).first()
    assert row.text == f"нове\n{SAID}"
    assert row.text[row.picture_text_at :] == SAID


def photo(number):
    sizes = [types.PhotoSize("x", 4, 3, 100)]
    return types.MessageMediaPhoto(photo=types.Photo(number, 1, b"", kept.NOW, sizes, 2))


async def test_a_picture_that_was_replaced_says_nothing_any_more_and_again_when_it_is_back(archive):
    """The new picture need not be fetched; `kept` calls the picture of message 1 number 901."""
    for at, (number, said) in enumerate([(901, SAID), (777, ""), (901, SAID)], start=1):
        edited = kept.NOW + timedelta(minutes=at)
        again = kept.message(1000, 1, "підпис", media=photo(number), edit_date=edited)
        await kept.see(archive, ChannelId(1), again, at=edited)
        async with archive.reading() as connection:
            statement = text("SELECT text FROM posts WHERE message_id = 1")
            row = (await connection.execute(statement)).first()
        assert row.text == f"підпис\n{said}".strip()
        assert await found(archive, "небезпека") == ([(1, 1)] if said else [])
        assert verify_archive(archive.path, stored_message).is_whole


async def test_exports_give_the_words_with_the_picture_and_its_hash(archive, tmp_path):
    async with archive.reading() as connection:
        known = await channels.listed(connection)
    for form in ("jsonl", "csv", "parquet", "html"):
        with reader(archive.path) as connection:
            write_export(connection, known, ExportWish(tmp_path / form, form))
    rows = [json.loads(line) for line in (tmp_path / "jsonl").read_text().splitlines()]
    (item,) = [item for row in rows for item in row["media"]]
    assert item["text_in_picture"] == SAID
    assert len(item["sha256"]) == 64
    assert "Ракетна небезпека" in (tmp_path / "csv").read_text()
    page = "".join(file.read_text() for file in (tmp_path / "html").rglob("*.html"))
    assert "Read from the picture by a program" in page
    assert "Ракетна небезпека" in page
    assert item["sha256"] in page


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE picture_texts SET text = 'Тихо'",
        "UPDATE picture_texts SET program = 'tesseract 6'",
        "UPDATE picture_texts SET text_sha256 = zeroblob(32)",
        "DELETE FROM picture_texts",
        "UPDATE posts SET text = 'Тихо' WHERE message_id = 1",
        "UPDATE posts SET picture_text_at = 3 WHERE message_id = 1",
    ],
)
async def test_a_changed_word_of_a_picture_is_caught_in_the_archive(archive, change):
    assert verify_archive(archive.path, stored_message).is_whole
    async with archive.transaction() as connection:
        await connection.execute(text(change))
    found = verify_archive(archive.path, stored_message).mismatches
    assert any("picture_text" in item.where or "post" in item.where for item in found)


async def test_a_bag_proves_what_a_picture_says(archive, tmp_path):
    async with archive.reading() as connection:
        known = tuple(await channels.listed(connection))
    wish = BagWish(tmp_path / "bag", known, media=DataFolder(tmp_path))
    await write_bag(archive, signing_key(tmp_path), wish)
    assert not check_bag(tmp_path / "bag").mismatches
    table = tmp_path / "bag" / "data" / "picture_texts.jsonl"
    (row,) = [json.loads(line) for line in table.read_text().splitlines()]
    assert row["text"] == SAID
    table.write_text(table.read_text().replace("Ракетна", "Жодної"))
    said = [f"{fault.where}: {fault.what}" for fault in check_bag(tmp_path / "bag").mismatches]
    assert any("not what was read from the picture" in line for line in said)


async def test_retention_takes_the_words_of_pictures_out_of_every_file(archive, tmp_path):
    await say(archive, "небезпека щзцкжфя")
    indexer.clean(archive.path)
    assert "кжфя".encode() in index_path(archive.path).read_bytes()
    for number in (1, 2):
        await retaining.set_rule(archive, str(number), 1)
    await retaining.run(archive, DataFolder(tmp_path), dry_run=False)
    async with archive.reading() as connection:
        rows = await connection.execute(text("SELECT text FROM picture_texts"))
        assert [row.text for row in rows] == [None, None]
    assert await found(archive, "небезпека") == []
    for file in tmp_path.glob("earshot.search.db*"):
        assert "кжфя".encode() not in file.read_bytes()
    assert verify_archive(archive.path, stored_message).is_whole
