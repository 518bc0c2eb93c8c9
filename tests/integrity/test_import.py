import json
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import exports
import kept
import pytest
from sqlalchemy import text

from bot.collect.imports.desktop import RecordError, channel_number, seen_record
from bot.collect.imports.importer import Importer, NotImportableError
from bot.collect.rederive import post_of
from bot.publish.exports import ExportWish, write_export
from bot.sandbox.media import png
from storage import audit, channels, derived, posts
from storage.database import open_database
from storage.reading import reader
from storage.records import ChannelState, Has, Is, Source

ZONE = ZoneInfo("Europe/Kyiv")


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "earshot.db") as opened:
        yield opened


async def bring(database, path):
    return await Importer(database, path, ZONE, actor="operator").run()


async def held(database):
    async with database.reading() as connection:
        found = await posts.newest_first(
            connection, before=None, since=None, until=None, channel_ids=None, limit=10_000
        )
    return sorted(found, key=lambda post: post.id)


def read(content):
    return seen_record(content, json.dumps(content).encode(), 1234567890, ZONE)


def test_formatting_forward_reply_edit_and_files_are_read_as_telegrams_own():
    seen = read(
        exports.record(
            9,
            [
                "Увага 🔥 ",
                {"type": "bold", "text": "Суджа"},
                {"type": "text_link", "text": "тут", "href": "https://example.org"},
            ],
            edited="2022-02-24T06:00:00",
            edited_unixtime="1645675200",
            forwarded_from="Інший канал",
            reply_to_message_id=3,
            file="files/plan.pdf",
            file_name="plan.pdf",
            author="О. К.",
            poll={"question": "Чи є світло?", "answers": [{"text": "так"}, {"text": "ні"}]},
            inline_bot_buttons=[[{"type": "url", "text": "Карта"}]],
        )
    )
    assert seen.text == ("Увага 🔥 Суджатут\nЧи є світло?\nтак\nні\nplan.pdf\nКарта\nІнший канал")
    assert seen.text[: seen.body_length] == "Увага 🔥 Суджатут"
    assert json.loads(seen.entities) == [
        {"type": "bold", "offset": 8, "length": 5},
        {"type": "text_url", "offset": 13, "length": 3, "url": "https://example.org"},
    ]
    assert seen.marks == {Is.FORWARD, Is.REPLY, Is.EDITED}
    assert seen.has == {Has.DOCUMENT, Has.POLL, Has.LINK}
    assert seen.edited_at == datetime(2022, 2, 24, 4, 0, tzinfo=UTC)
    assert (seen.origin_name, seen.reply_to, seen.author) == ("Інший канал", 3, "О. К.")


def test_the_clock_of_who_exported_is_used_where_no_seconds_are_given():
    old = exports.record(9, "старе")
    del old["date_unixtime"], old["text_entities"]
    assert read(old).posted_at == datetime(2022, 2, 24, 3, 7, tzinfo=UTC)


def test_halves_of_characters_become_a_sign_that_can_be_stored():
    content = json.loads('{"id": 1, "type": "message", "date_unixtime": "1", "text": "a\\ud83d"}')
    assert read(content).text == "a\ufffd"


@pytest.mark.parametrize(
    ("header", "number"),
    [
        ({"type": "public_channel", "id": 12}, 12),
        ({"type": "private_supergroup", "id": -10012}, 12),
        ({"type": "personal_chat", "id": 12}, None),
        ({"type": "saved_messages"}, None),
    ],
)
def test_channels_are_told_from_other_chats(header, number):
    assert channel_number(header) == number


@pytest.mark.parametrize("header", [{}, {"type": "public_channel"}, {"id": "x"}, {"id": 0}])
def test_a_chat_that_is_not_named_is_refused(header):
    with pytest.raises(RecordError, match="which chat"):
        channel_number(header)


async def test_a_single_chat_is_stored_as_imported_and_causes_no_following(database, tmp_path):
    path = exports.write(
        tmp_path / "result.json", exports.chat([exports.service(1), *exports.many(7)[1:]])
    )
    done = await bring(database, path)
    found = await held(database)
    assert [post.message_id for post in found] == [2, 3, 4, 5, 6, 7]
    assert {post.source for post in found} == {Source.IMPORT}
    assert (done.file.posts, done.file.merged, done.file.broken) == (6, 0, 0)
    async with database.reading() as connection:
        (channel,) = await channels.listed(connection, removed=True)
        (revision,) = await posts.revisions_of(connection, found[0].id)
        raw = await posts.raw_of(connection, revision.id)
        acts = await audit.newest(connection, 5)
    assert (channel.telegram_id, channel.title) == (1234567890, "Front News")
    assert channel.state is ChannelState.REMOVED
    assert raw in path.read_bytes()
    assert json.loads(raw)["id"] == 2
    assert [(act.act, act.subject, act.detail["posts"]) for act in acts] == [
        ("file imported", "result.json", "6")
    ]


async def test_a_whole_account_gives_its_channels_and_passes_over_other_chats(database, tmp_path):
    content = exports.account(
        exports.chat(exports.many(3), 11, "One"),
        exports.chat(exports.many(2), 12, "Olena", "personal_chat"),
        exports.chat(exports.many(4), 13, "Two", "private_channel"),
    )
    done = await bring(database, exports.write(tmp_path / "result.json", content))
    assert (done.file.posts, done.passed, len(done.channels)) == (7, 1, 2)


async def test_what_is_known_is_merged_and_only_newer_words_are_a_revision(database, tmp_path):
    channel = await kept.add_channel(database, "front_news", 1234567890)
    for number in (1, 2, 3):
        await kept.see(database, channel, kept.message(1234567890, number, f"слово {number}"))
    edit = {"edited": "2026-04-01T10:00:00", "edited_unixtime": "1775030400"}
    content = exports.chat(
        [
            exports.record(1, "слово 1"),  # the same
            exports.record(2, "інше"),  # older or the file's own fault
            exports.record(3, "слово 3, уточнено", **edit),
            exports.record(4, "нове"),
        ]
    )
    done = await bring(database, exports.write(tmp_path / "result.json", content))
    assert (done.file.posts, done.file.revisions, done.file.merged) == (1, 1, 2)
    texts = [post.text for post in await held(database)]
    assert texts == ["слово 1", "слово 2", "слово 3, уточнено", "нове"]
    assert len({post.channel_id for post in await held(database)}) == 1


async def test_importing_twice_changes_nothing(database, tmp_path):
    path = exports.write(tmp_path / "result.json", exports.chat(exports.many(30)))
    await bring(database, path)
    again = await bring(database, path)
    assert again.is_known
    other = exports.write(tmp_path / "again.json", exports.chat(exports.many(30)), indent=2)
    assert (await bring(database, other)).file.merged == 30
    assert len(await held(database)) == 30


async def test_damaged_records_are_listed_with_their_lines_and_the_rest_is_stored(
    database, tmp_path
):
    path = exports.write(tmp_path / "result.json", exports.chat(exports.many(20)))
    lines = path.read_text().split("\n")
    at = next(n for n, line in enumerate(lines) if '"id": 7,' in line)
    lines[at + 1] = '   "type: message'
    at_date = next(n for n, line in enumerate(lines) if '"id": 12,' in line) + 3
    lines[at_date] = '   "date_unixtime": "yesterday",'
    path.write_text("\n".join(lines))
    done = await bring(database, path)
    assert [(fault.line, "date" in fault.reason) for fault in done.faults] == [
        (at, False),
        (at_date - 3, True),
    ]
    assert {post.message_id for post in await held(database)} == set(range(1, 21)) - {7, 12}


@pytest.mark.parametrize("content", [b"", b"{}", b"hello", b'{"messages": 5}', b"[1, 2]"])
async def test_a_file_of_another_kind_is_refused_and_nothing_stored(database, tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(NotImportableError, match=r"result\.json"):
        await bring(database, tmp_path / "x.json")
    assert await held(database) == []


async def everything(database):
    """Give all rows an import writes, but for when it ended."""
    async with database.reading() as connection:
        found = {}
        for name in ("channels", "posts", "revisions"):
            rows = await connection.execute(text(f"SELECT * FROM {name} ORDER BY id"))
            found[name] = [
                {key: value for key, value in row._mapping.items() if not key.endswith("_at")}
                for row in rows
            ]
        seen = await connection.execute(text("SELECT DISTINCT seen_at FROM revisions"))
        assert len(seen.all()) == 1, "one import has one time of seeing"
    return found


@pytest.mark.parametrize("batches", [1, 2, 3])
async def test_an_import_broken_off_goes_on_to_the_same_rows(tmp_path, batches, monkeypatch):
    path = exports.write(tmp_path / "result.json", exports.chat(exports.many(1800)))
    async with open_database(tmp_path / "whole.db") as database:
        await bring(database, path)
        whole = await everything(database)

    class BrokenOff(Exception):
        pass

    store, left = Importer._store, [batches]

    async def limited(self, *arguments, **options):
        if not left[0]:
            raise BrokenOff
        left[0] -= 1
        await store(self, *arguments, **options)

    async with open_database(tmp_path / "halved.db") as database:
        monkeypatch.setattr(Importer, "_store", limited)
        with pytest.raises(BrokenOff):
            await bring(database, path)
        monkeypatch.undo()
        done = await bring(database, path)
        assert await everything(database) == whole
    assert (done.file.posts, done.file.merged) == (1800, 0)


async def export_of(folder, target):
    async with open_database(folder / "earshot.db") as opened:
        async with opened.reading() as connection:
            known = await channels.listed(connection, removed=True)
        wish = ExportWish(target, "jsonl")
        with reader(opened.path) as connection:
            write_export(connection, known, wish)
    return target


async def told(opened):
    """Give what an export says of each revision, but for how and when it came here."""
    async with opened.reading() as connection:
        rows = await connection.execute(
            text(
                "SELECT c.telegram_id, r.message_id, r.number, r.text, r.body_length, r.entities,"
                " r.edited_at, r.author, p.posted_at, p.has, p.marks, p.deleted_at IS NOT NULL"
                " FROM revisions r JOIN posts p ON p.id = r.post_id"
                " JOIN channels c ON c.id = r.channel_id ORDER BY 1, 2, 3"
            )
        )
        return [tuple(row) for row in rows]


async def test_what_was_exported_as_json_lines_comes_back_with_every_revision(tmp_path, database):
    (tmp_path / "old").mkdir(mode=0o700)
    await kept.make(tmp_path / "old")
    path = await export_of(tmp_path / "old", tmp_path / "all.jsonl")
    done = await bring(database, path)
    assert (done.file.revisions, done.file.broken) == (2, 0)
    async with open_database(tmp_path / "old" / "earshot.db") as opened:
        assert await told(database) == await told(opened)
    again = await bring(database, path)
    assert again.is_known


async def test_posts_of_files_made_again_of_their_raw_bytes_are_what_the_import_made(
    tmp_path, database
):
    records = exports.of_every_kind()[:-1]  # the last tells its time without a zone
    await bring(database, exports.write(tmp_path / "result.json", exports.chat(records)))
    lines = exports.lines_of_every_kind()
    await bring(database, exports.write_lines(tmp_path / "old.jsonl", lines))
    made = {post.id: post for post in await held(database)}
    async with database.reading() as connection:
        stored = await derived.revisions_by_post(connection, list(made))
    assert len(made) == 13
    for number, revisions in stored.items():
        again = post_of(revisions)
        assert replace(again, deleted_at=made[number].deleted_at) == made[number]


async def test_damaged_lines_are_listed_and_the_rest_is_stored(tmp_path, database):
    (tmp_path / "old").mkdir(mode=0o700)
    await kept.make(tmp_path / "old", heads=0)
    path = await export_of(tmp_path / "old", tmp_path / "all.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4][:50] + b"\n"
    lines[6] = b"\xff\xfe\n"
    lines[8] = lines[8].replace(b'"has": [', b'"has": ["wings", ')
    path.write_bytes(b"".join(lines))
    done = await bring(database, path)
    assert [fault.line for fault in done.faults] == [5, 7, 9]
    assert done.file.broken == 3
    assert len(await told(database)) == len(lines) - 3


async def test_files_beside_the_export_are_held_and_none_from_outside_it(tmp_path, database):
    folder = tmp_path / "export"
    (folder / "photos").mkdir(parents=True)
    (folder / "photos" / "one.png").write_bytes(png(20, 10))
    (tmp_path / "secret.txt").write_text("not yours")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    messages = [
        exports.record(1, "фото", photo="photos/one.png"),
        exports.record(2, "те саме", photo="photos/one.png"),
        exports.record(3, "чуже", file="../secret.txt"),
        exports.record(4, "посилання", file="link.txt"),
        exports.record(5, "немає", file="(File not included. Change data exporting settings.)"),
        exports.record(6, "корінь", file="/etc/passwd"),
    ]
    done = await bring(database, exports.write(folder / "result.json", exports.chat(messages)))
    assert (done.file.posts, done.file.broken) == (6, 0)
    held_here = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in held_here] == [png(20, 10)]
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT message_id, state, name FROM media"))
        assert [tuple(row) for row in rows] == [(1, "held", "one.png"), (2, "held", "one.png")]
