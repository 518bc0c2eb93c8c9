"""Files, answers of servers and command lines: whatever they hold, an answer or a named refusal."""

import asyncio
import io
import json
import lzma
import random
import re
import zipfile
from datetime import UTC, datetime

import pytest
from budget import dear
from hypothesis import example, given
from hypothesis import strategies as st

from bot.collect.imports.importer import Import, read_desktop, read_lines
from bot.config import Settings, SettingsError, load_settings
from bot.match.places import importers
from bot.match.places.artefact import ArtefactUnusable, open_artefact, write_artefact
from bot.match.places.codifier import katottg
from bot.match.places.facts import FactsBroken, read_facts
from bot.match.places.importers import SourceRefused
from bot.notify import feed, webhook
from bot.notify.targets import Message, Postponed, Refused, Sent
from bot.operate.channel_file import BadFileError, entries_of
from bot.publish.evidence.bag import check_bag
from bot.publish.evidence.ed25519 import is_valid
from bot.publish.manifest import check_export
from bot.publish.stamping import StampWrong, stamped_at
from bot.telegram.messages import OutgoingText
from main import run_verb
from storage.backup import BackupError, read_backup
from storage.records import DeliveryTarget, ImportedFile, TargetKind, TargetState

NOW = datetime(2026, 11, 25, tzinfo=UTC)
DEEP = "[" * 100_000
hostile = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=80),
    st.text("\u202e\u200b\ufeff'\"<>&()[]{}=+-@#/:*~|\\\x00\r\n\t ²٣аб0", max_size=60),
)
cells = st.one_of(hostile, st.sampled_from(["1", "-91", "nan", "1e999", "²", "P", "PPL", "UA"]))
rows = st.lists(st.lists(cells, min_size=12, max_size=20), max_size=4)
blobs = st.binary(max_size=300)


def row_file(path, found, delimiter="\t"):
    path.write_bytes("\n".join(delimiter.join(row) for row in found).encode())
    return path


def read_or_refused(read, *refusals):
    try:
        return list(read())
    except refusals as refusal:
        assert str(refusal)
        return None


@dear
@given(st.one_of(blobs, hostile.map(lambda text: f"DATA_DIR={text}".encode())))
def test_an_env_file_of_any_bytes_is_read_or_its_mistakes_are_named(tmp_path, content):
    (tmp_path / ".env").write_bytes(content)
    try:
        assert load_settings(Settings, tmp_path)
    except SettingsError as refusal:
        assert refusal.mistakes


@dear
@given(rows, st.sampled_from(["UA.txt", "RU.txt"]), blobs)
def test_a_dump_of_geonames_is_read_or_refused(tmp_path, found, member, noise):
    path = tmp_path / "UA.zip"
    whole = [["5", *row[1:], *[""] * 19][:19] for row in found]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, row_file(tmp_path / "rows", whole).read_bytes())
    read_or_refused(lambda: importers.geonames([path], None, []), SourceRefused)
    codes = row_file(tmp_path / "codes", [row[:4] for row in found])
    read_or_refused(lambda: importers.geonames([path], path, [codes]), SourceRefused)
    path.write_bytes(noise)
    assert read_or_refused(lambda: importers.geonames([path], None, []), SourceRefused) is None


HEADS = {
    importers.extra: ("id,kind,lat,lon,country,parent,en,ru,uk\n", ","),
    katottg: ("Перший;b;c;d;e;f;g\n", ";"),
    importers.postal: ("", "\t"),
}


@dear
@given(st.sampled_from(sorted(HEADS, key=str)), rows, st.one_of(st.none(), blobs))
def test_a_table_of_places_is_read_or_refused(tmp_path, read, found, noise):
    head, delimiter = HEADS[read]
    width = head.count(delimiter) + 1 if head else 12
    path = row_file(tmp_path / "table", [row[:width] for row in found], delimiter)
    content = head.encode() + path.read_bytes()
    path.write_bytes(content if noise is None else noise)
    more = {importers.extra: (), katottg: ([],), importers.postal: ({"": "r"},)}[read]
    read_or_refused(lambda: read(path, *more), SourceRefused)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), hostile),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(hostile, inner, max_size=3)
    ),
    max_leaves=8,
)


def records(*names):
    return st.dictionaries(st.one_of(st.sampled_from(names), hostile), values, max_size=12)


def lines_of(found):
    return b"".join(json.dumps(item).encode() + b"\n" for item in found)


@dear
@example([{"pt": "locality"}])
@given(st.lists(records("pt", "lat", "lon", "names", "name", "hier", "gn", "pop", "wof")))
def test_records_of_whos_on_first_are_read_or_refused(tmp_path, found):
    (tmp_path / "lines").write_bytes(lines_of(found))
    read_or_refused(lambda: importers.whos_on_first(tmp_path / "lines"), SourceRefused)


@dear
@given(rows, blobs)
def test_a_table_of_facts_is_read_or_refused(tmp_path, found, noise):
    path = row_file(tmp_path / "facts", [row[:12] for row in found])
    path.write_bytes(lzma.compress(path.read_bytes()))
    read_or_refused(lambda: read_facts(path), FactsBroken)
    path.write_bytes(noise)
    read_or_refused(lambda: read_facts(path), FactsBroken)


def test_a_line_that_would_fill_the_memory_is_refused(tmp_path):
    path = tmp_path / "bomb.xz"
    path.write_bytes(lzma.compress(b"x" * (1 << 24), preset=0))
    with pytest.raises(SourceRefused, match="longer than any"):
        list(importers.whos_on_first(path))


@dear
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_gazetteer_is_opened_or_refused(tmp_path, changes):
    path = tmp_path / "places"
    write_artefact(path, {"made": "now"}, {"a": b"one" * 9, "b": b"two" * 9})
    content = bytearray(path.read_bytes())
    for at, byte in changes:
        content[at % len(content)] = byte
    path.write_bytes(content)
    try:
        artefact = open_artefact(path)
        assert artefact.section("a") + artefact.section("b")
    except ArtefactUnusable as refusal:
        assert str(refusal)


@dear
@given(st.one_of(blobs, blobs.map(lambda noise: b"\x30\x82\x01\x00" + noise)))
def test_an_answer_that_is_no_time_stamp_is_refused(noise):
    pytest.importorskip("rfc3161_client")
    with pytest.raises(StampWrong):
        stamped_at(noise, "note")


async def answered(raw):
    """Post to a webhook that answers with these bytes."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        target = DeliveryTarget(
            1, 1, TargetKind.WEBHOOK, "", url, "secret", TargetState.ACTIVE, None, None, NOW
        )
        message = Message(None, OutgoingText("text"), ("text",))
        return await webhook.post(target, message, "alert-1", timestamp=1, may_be_private=True)


header = st.sampled_from(["Retry-After", "Location", "Content-Length", "Transfer-Encoding"])


@dear
@example(429, "Retry-After", "²", b"")
@given(st.integers(100, 599), header, st.one_of(hostile, st.just("9" * 400)), blobs)
def test_whatever_a_webhook_answers_comes_to_sent_later_or_never(status, name, value, body):
    written = re.sub("[\r\n]", "", value)
    raw = f"HTTP/1.1 {status} x\r\n{name}: {written}\r\n\r\n".encode() + body
    answer = asyncio.run(answered(raw))
    assert isinstance(answer, Sent | Postponed | Refused)
    if status == 429 and name == "Retry-After":
        assert isinstance(answer, Postponed)


@dear
@given(st.one_of(blobs, hostile.map(lambda t: f"<feed>{t}</feed>".encode())), hostile)
def test_a_feed_takes_an_entry_whatever_became_of_its_file(before, text):
    written = feed.with_entry(before, "1", feed.Entry("a", text, (), NOW))
    again = feed.with_entry(written, "1", feed.Entry("b", "next", (), NOW))
    assert again.count(b"<entry>") == 2


def nothing_done():
    return Import(ImportedFile(b"", "f", NOW))


NEEDED = (
    "channel_telegram_id",
    "message",
    "revision",
    "posted_at",
    "text",
    "entities",
    "is_removed",
)
TELEGRAMS = (
    *("id", "type", "date", "date_unixtime", "text", "text_entities", "from", "edited", "photo"),
    *("edited_unixtime", "reply_to_message_id", "forwarded_from", "poll", "file", "media_type"),
)


@dear
@given(st.lists(st.one_of(records(*NEEDED), records(*TELEGRAMS)), max_size=3))
def test_every_record_of_an_export_is_a_message_or_a_named_fault(found):
    whole = [{"id": 1, "type": "message"} | item for item in found]
    chat = {"name": "Front", "type": "public_channel", "id": 777, "messages": whole}
    for items in (
        read_lines(io.BytesIO(lines_of(found))),
        read_desktop(io.BytesIO(json.dumps(chat).encode()), UTC, nothing_done()),
    ):
        for item in items:
            assert item.fault or item.message is None or item.message.text is not None


def test_brackets_nested_without_end_are_refused_by_name(tmp_path):
    with pytest.raises(BadFileError):
        entries_of(f"channel = {DEEP}", 10)
    with pytest.raises(BadFileError):
        entries_of("[[channel]]\ndepth = " + "9" * 5_000, 10)
    (tmp_path / "manifest.json").write_text(DEEP)
    with pytest.raises(BackupError):
        read_backup(tmp_path)
    export = tmp_path / "posts.jsonl"
    export.with_name("posts.jsonl.manifest.json").write_text(DEEP)
    assert not check_export(export).is_whole
    (tmp_path / "data").mkdir()
    for name in ("posts.jsonl", "heads.jsonl", "log.jsonl"):
        (tmp_path / "data" / name).write_text(DEEP + "\n")
    assert not check_bag(tmp_path, None, is_valid).is_whole


VERBS = (
    *(["search"], ["watch", "add", "1"], ["watch", "edit", "1"], ["watch", "forms"]),
    *(["watch", "explain"], ["watch", "test"], ["watch", "remove"], ["watch", "history"]),
    *(["channels", "add"], ["channels", "remove"], ["channels", "coverage", "--channel"]),
    *(["channels", "rollback"], ["backfill"], ["people", "role", "1"], ["people", "remove"]),
    *(["people", "revoke"], ["people", "erase"], ["accounts", "pause"], ["accounts", "move"]),
    *(["accounts", "resume"], ["retention", "set", "group:a"], ["retention", "clear"]),
    *(["media", "rule"], ["places", "find"], ["audit"], ["broadcast"], ["nonsense"]),
)
numbers = st.integers(-(10**30), 10**30).map(str)


@dear
@example(["backfill"], ["@a", "--depth", "9" * 30])
@example(["broadcast"], ["all"])
@given(st.sampled_from(VERBS), st.lists(st.one_of(hostile, numbers), max_size=3))
def test_no_command_line_ends_in_a_bug(tmp_path, verb, rest):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdin", io.StringIO())  # who is asked says nothing
        assert run_verb([*verb, *rest, "--data", str(tmp_path / "data")]) in {0, 1, 2}


@pytest.mark.parametrize("seed", range(3))
def test_a_message_of_desktop_with_changed_bytes_is_read_or_named(seed):
    chance = random.Random(seed)
    text = [{"type": "bold", "text": "Пуск"}, " ракети"]
    message = {"id": 5, "type": "message", "date": "2026-03-01T09:00:00", "text": text}
    chat = {"name": "Front", "type": "public_channel", "id": 777, "messages": [message] * 3}
    whole = json.dumps(chat, indent=1).encode()
    for _ in range(100):
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        for item in read_desktop(io.BytesIO(bytes(changed)), UTC, nothing_done()):
            assert item.fault or item.message
