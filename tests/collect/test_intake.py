from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.collect import intake
from bot.collect.intake import Sight
from storage import channels, posts
from storage.database import open_database
from storage.records import FollowMode, Is, SeenDeletion, SeenMessage, Source
from storage.schema import post_id

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LIVE = Sight(Source.LIVE, None, NOW)


def message(number, text, *, grouped_id=None, edited_at=None, marks=frozenset()):
    return SeenMessage(
        telegram_channel_id=7,
        message_id=number,
        posted_at=NOW,
        edited_at=edited_at,
        grouped_id=grouped_id,
        text=text,
        body_length=len(text),
        entities="[]",
        has=frozenset(),
        marks=marks,
        origin=None,
        origin_name=None,
        reply_to=None,
        author=None,
        raw=text.encode() + bytes([number]),
        content_hash=text.encode()[:16],
    )


def edit(number, text, minutes=1):
    return message(
        number, text, edited_at=NOW + timedelta(minutes=minutes), marks=frozenset({Is.EDITED})
    )


@pytest.fixture
async def archive(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            channel = await channels.add(connection, "@one", FollowMode.JOIN, 10, NOW)
        yield Archive(database, channel)


class Archive:
    def __init__(self, database, channel):
        self.database = database
        self.channel = channel

    async def see(self, *messages, sight=LIVE):
        async with self.database.transaction() as connection:
            return await intake.write(connection, [(self.channel, m) for m in messages], sight)

    async def gone(self, *ids, sight=LIVE):
        async with self.database.transaction() as connection:
            return await intake.write_deletions(
                connection, [(self.channel, SeenDeletion(7, ids))], sight
            )

    async def post(self, number):
        async with self.database.reading() as connection:
            key = post_id(self.channel, number)
            return (await posts.by_ids(connection, [key])).get(key)

    async def revisions(self, number):
        async with self.database.reading() as connection:
            return await posts.revisions_of(connection, post_id(self.channel, number))


async def test_the_same_sight_twice_is_stored_once(archive):
    first = await archive.see(message(1, "a"), message(2, "b"))
    again = await archive.see(message(1, "a"), message(2, "b"))
    assert (first.posts, again.posts, again.revisions) == (2, 0, 0)
    assert len(await archive.revisions(1)) == 1


async def test_an_edit_adds_a_revision_and_the_first_text_stays(archive):
    await archive.see(message(1, "before"))
    stored = await archive.see(edit(1, "after"))
    assert stored.revisions == 1
    assert [item.text for item in await archive.revisions(1)] == ["before", "after"]
    post = await archive.post(1)
    assert post.text == "after"
    assert Is.EDITED in post.marks
    assert post.edited_at == NOW + timedelta(minutes=1)


async def test_new_edit_and_edit_back_in_one_burst_are_three_revisions(archive):
    await archive.see(message(1, "a"), edit(1, "b"), edit(1, "a", minutes=2))
    assert [item.text for item in await archive.revisions(1)] == ["a", "b", "a"]
    assert (await archive.post(1)).text == "a"


async def test_an_older_sight_never_replaces_a_newer_one(archive):
    await archive.see(message(1, "first"), edit(1, "third", minutes=5))
    await archive.see(message(1, "first"))
    await archive.see(edit(1, "second", minutes=2))
    assert (await archive.post(1)).text == "third"


async def test_changed_counters_are_no_revision(archive):
    await archive.see(message(1, "a"))
    counted = replace(message(1, "a"), raw=b"other views")
    assert (await archive.see(counted)).revisions == 0


async def test_an_album_is_one_post_in_one_burst(archive):
    stored = await archive.see(
        message(5, "caption", grouped_id=9),
        message(6, "", grouped_id=9),
        message(7, "third", grouped_id=9),
    )
    assert stored.posts == 1
    assert (await archive.post(5)).text == "caption\nthird"


async def test_an_album_is_one_post_across_bursts_and_its_parts_can_be_edited(archive):
    await archive.see(message(5, "caption", grouped_id=9))
    await archive.see(message(6, "second", grouped_id=9))
    await archive.see(replace(edit(5, "new caption"), grouped_id=9))
    assert (await archive.post(5)).text == "new caption\nsecond"
    assert await archive.post(6) is None


async def test_an_album_is_deleted_when_all_its_messages_are(archive):
    await archive.see(message(5, "a", grouped_id=9), message(6, "b", grouped_id=9))
    await archive.gone(5)
    assert (await archive.post(5)).deleted_at is None
    await archive.gone(6)
    assert (await archive.post(5)).deleted_at == NOW
    assert len(await archive.revisions(5)) == 2


async def test_a_deletion_is_marked_once_and_keeps_its_first_time(archive):
    await archive.see(message(1, "a"))
    assert (await archive.gone(1)).deletions == 1
    later = Sight(Source.REREAD, None, NOW + timedelta(hours=1))
    assert (await archive.gone(1, sight=later)).deletions == 0
    assert (await archive.post(1)).deleted_at == NOW


async def test_a_deletion_of_something_never_seen_is_passed_over(archive):
    assert (await archive.gone(404)).deletions == 0


async def test_the_exact_bytes_come_back(archive):
    await archive.see(message(1, "a"))
    revision = (await archive.revisions(1))[0]
    async with archive.database.reading() as connection:
        assert await posts.raw_of(connection, revision.id) == message(1, "a").raw
