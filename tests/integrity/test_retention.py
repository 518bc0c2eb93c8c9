import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import kept
import pytest
from sqlalchemy import text

from bot.collect.stored import stored_message
from bot.operate import retaining
from bot.publish import log as keeping
from bot.publish.bag import BagWish, write_bag
from bot.publish.evidence.bag import check_bag
from bot.publish.retention import Verdict, verdict
from bot.publish.signing import signing_key
from bot.publish.verify_archive import verify_archive
from storage import audit, channels
from storage.database import open_database
from storage.folder import DataFolder
from storage.retention import Hold

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HIT = """
INSERT INTO subscribers
    (id, telegram_user_id, access_hash, name, role, state, timezone, language, added_at)
    VALUES (1, 5, 0, 'O', 'reporter', 'active', 'UTC', 'uk', 0);
INSERT INTO subscriptions (id, subscriber_id, query, normal, state, added_at)
    VALUES (1, 1, 'x', 'x', 'active', 0);
INSERT INTO hits (subscription_id, post_id, revision_id, spans, found_at)
    SELECT 1, post_id, id, '[]', 0 FROM revisions WHERE id = 7
"""


@pytest.fixture
async def archive(tmp_path):
    """Posts of March 2026, all long past any rule here; one of them a hit."""
    await kept.make(tmp_path)
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            for statement in HIT.split(";"):
                await connection.execute(text(statement))
        yield database


async def remove(archive, **how):
    folder = DataFolder(archive.path.parent)
    done = await retaining.run(archive, folder, **{"dry_run": False} | how)
    return {row.channel: (row.revisions, row.files) for row in done}


async def texts(archive):
    async with archive.reading() as connection:
        rows = await connection.execute(
            text("SELECT channel_id, message_id, text, length(raw) FROM revisions ORDER BY id")
        )
        return [tuple(row) for row in rows]


def check(archive, head=None):
    return verify_archive(archive.path, stored_message, head)


async def test_old_content_goes_hits_stay_and_the_log_still_verifies(archive):
    async with archive.reading() as connection:
        first = (await connection.execute(text("SELECT text FROM revisions WHERE id = 1"))).scalar()
    before = keeping.note_of(await keeping.sign(archive, signing_key(archive.path.parent)))
    await retaining.set_rule(archive, "@channel_0", 10)
    assert await remove(archive, dry_run=True) == {"@channel_0": (13, 0), "@channel_1": (0, 0)}
    assert check(archive).is_whole
    assert await remove(archive) == {"@channel_0": (13, 1), "@channel_1": (0, 0)}
    left = await texts(archive)
    assert [row[1] for row in left if row[0] == 1 and row[2]] == [7]
    assert [row[3] for row in left if row[0] == 1 and not row[2]] == [0] * 13
    assert all(row[2] and row[3] for row in left if row[0] == 2)
    assert first
    assert await remove(archive) == {"@channel_0": (0, 0), "@channel_1": (0, 0)}
    await keeping.sign(archive, signing_key(archive.path.parent))
    report = check(archive, before)
    assert report.is_whole, report.mismatches
    assert any("13 revisions was removed by retention" in line for line in report.open)
    assert not [file for file in (archive.path.parent / "media").rglob("*") if file.is_file()]


async def test_nothing_of_what_was_removed_is_left_in_the_file(archive):
    secret = kept.message(1000, 200, "ЦілкомТаємнеСлово")
    await kept.see(archive, 1, secret, at=kept.NOW)
    await keeping.sign(archive, signing_key(archive.path.parent))
    needle = "ЦілкомТаємнеСлово".encode()
    await retaining.set_rule(archive, "@channel_0", 1)
    await remove(archive)
    with closing(sqlite3.connect(archive.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert needle not in archive.path.read_bytes()


async def test_a_legal_hold_stops_removal_and_is_audited(archive):
    await retaining.set_rule(archive, "@channel_0", 10)
    await retaining.hold(archive, "@channel_0", "case 12/26")
    assert (await remove(archive))["@channel_0"] == (0, 0)
    (row,) = await retaining.listed(archive)
    assert (row.scope, row.days, row.reason) == ("@channel_0", 10, "case 12/26")
    await retaining.release(archive, "@channel_0")
    assert (await remove(archive))["@channel_0"] == (13, 1)
    async with archive.reading() as connection:
        acts = [act.act for act in await audit.newest(connection, 20)]
    for act in (
        "put on legal hold",
        "released from legal hold",
        "retention set",
        "content removed",
    ):
        assert act in acts
    with pytest.raises(retaining.RetentionError, match="not on hold"):
        await retaining.release(archive, "@channel_0")


async def test_what_is_not_logged_yet_is_not_removed(archive):
    await kept.see(archive, 1, kept.message(1000, 201, "щойно збережено"))
    await retaining.set_rule(archive, "@channel_0", 1)
    assert (await remove(archive))["@channel_0"] == (13, 1)


async def test_a_removed_message_that_is_seen_again_stays_removed(archive):
    await retaining.set_rule(archive, "@channel_0", 10)
    await remove(archive)
    async with archive.reading() as connection:
        count = (await connection.execute(text("SELECT count(*) FROM revisions"))).scalar()
    again = kept.message(1000, 1, " ".join(kept.random.Random(1).choices(kept.WORDS, k=4)))
    await kept.see(archive, 1, again)
    async with archive.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM revisions"))).scalar() == count


async def test_content_that_is_put_back_is_caught(archive):
    await retaining.set_rule(archive, "@channel_0", 10)
    await remove(archive)
    await keeping.sign(archive, signing_key(archive.path.parent))
    async with archive.transaction() as connection:
        await connection.execute(text("UPDATE revisions SET text = 'вигадане' WHERE id = 1"))
    report = check(archive)
    assert [item.what for item in report.mismatches if item.where.startswith("revision 1 ")] == [
        "it counts as removed and has content"
    ]


async def test_a_removal_nobody_logged_is_caught(archive):
    """Who empties a row by hand and writes a removal for it has no leaf for that."""
    await keeping.sign(archive, signing_key(archive.path.parent))
    async with archive.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO removals (revision_id, at, reason, content_sha256)"
                " VALUES (5, 0, 'x', zeroblob(32))"
            )
        )
        await connection.execute(text("UPDATE revisions SET text = '', raw = x'' WHERE id = 5"))
    assert any(item.where.startswith("revision 5 ") for item in check(archive).mismatches)


async def test_a_bag_of_removed_content_verifies(archive, tmp_path):
    await retaining.set_rule(archive, "@channel_0", 10)
    await remove(archive)
    async with archive.reading() as connection:
        chosen = tuple(await channels.listed(connection))
    bag = await write_bag(
        archive, signing_key(archive.path.parent), BagWish(tmp_path / "bag", chosen)
    )
    report = check_bag(bag)
    assert report.is_whole, report.mismatches


def channel(*groups):
    return SimpleNamespace(id=7, groups=frozenset(groups))


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ({}, None),
        ({"channel 7": 5}, 5),
        ({"group north": 5, "group south": 9}, 9),
        ({"group north": 5, "channel 7": 2}, 2),
    ],
)
def test_a_channels_own_rule_wins_and_of_groups_the_longest(rules, days):
    before = verdict(channel("north", "south"), rules, [], NOW).before
    assert before == (None if days is None else NOW - timedelta(days=days))


def test_a_hold_of_any_group_stops_everything():
    hold = Hold("group north", NOW, "case")
    said = verdict(channel("north"), {"channel 7": 1}, [hold], NOW)
    assert said == Verdict(None, "on legal hold since 2026-06-01: case")
