"""What Telegram serves is what the archive holds, whatever happened in between."""

import time
from datetime import UTC, datetime

from newsroom import newsroom, until

from bot.sandbox import PhotoSpec
from storage import channels, coverage, history, posts
from storage.records import ChannelState, FollowMode, IdRange, Is, Source
from storage.schema import post_id


async def ranges(room, channel_id=1):
    async with room.database() as database, database.reading() as connection:
        return (await history.ranges(connection, [channel_id]))[channel_id]


async def post(room, number, channel_id=1):
    async with room.database() as database, database.reading() as connection:
        key = post_id(channel_id, number)
        return (await posts.by_ids(connection, [key])).get(key)


async def test_history_to_the_wished_depth_then_live_posts_edits_and_deletions(room):
    channel = room.channel()
    room.server.fill(channel, [f"old {n}" for n in range(250)], [datetime.now(UTC)] * 250)
    async with room.running():
        await room.follow("@front_news", depth=120)
        await room.all_followed(1)
        await room.stored(posts=120)
        number = room.server.post(channel, "live")
        await room.stored(posts=121)
        room.server.edit(channel, number, "live, corrected")
        await room.stored(revisions=122)
        room.server.delete(channel, [number])
        await room.stored(deletions=1)
        held = await post(room, number)
    assert held.source is Source.LIVE
    assert held.text == "live, corrected"
    assert held.deleted_at is not None
    assert (await ranges(room))[-1].high == number


async def test_an_album_is_one_post_and_its_searchable_text_has_every_caption(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        ids = room.server.post_album(
            channel,
            ["three pictures", "", "the last"],
            [PhotoSpec(b"x"), PhotoSpec(b"y"), PhotoSpec(b"z")],
        )
        await room.stored(messages=3)
        held = await post(room, ids[0])
    assert (await room.counts())["posts"] == 1
    assert held.text == "three pictures\nthe last"
    assert Is.ALBUM in held.marks


async def test_250_posts_missed_during_a_cut_are_all_stored(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        first = room.server.post(channel, "before")
        await room.stored(posts=1)
        room.server.refuse_connections(2)
        room.server.cut(room.account)
        for n in range(250):
            room.server.post(channel, f"missed {n}")
        room.server.edit(channel, first, "before, corrected while away")
        await room.stored(posts=251, revisions=252)
        gone = [first + 100]
        room.server.cut(room.account)
        room.server.delete(channel, gone)
        await room.stored(deletions=1)
    assert len(await ranges(room)) == 1


async def test_posts_made_while_stopped_are_stored_at_the_next_start(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        kept = room.server.post(channel, "kept")
        gone = room.server.post(channel, "gone")
        await room.stored(posts=2)
    for n in range(150):
        room.server.post(channel, f"while stopped {n}")
    room.server.edit(channel, kept, "kept, corrected")
    room.server.delete(channel, [gone])
    async with room.running():
        await room.stored(posts=152, revisions=153, deletions=1)
    assert (await post(room, kept)).text == "kept, corrected"


async def test_posts_that_no_update_told_of_are_found_by_the_timetable(room):
    channel = room.channel()
    async with room.running(check_interval_s=0.2):
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.faults.suppress(channel.id)
        for n in range(5):
            room.server.post(channel, f"silent {n}")
        await room.stored(posts=5)
        assert (await post(room, 2)).source is Source.GAP


async def test_channels_with_nothing_new_are_checked_many_a_call(tmp_path):
    names = [f"channel_{number}" for number in range(12)]
    async with newsroom(tmp_path, names) as room, room.running(check_interval_s=0.3) as app:
        await room.follow(*(f"@{name}" for name in names))
        await room.all_followed(12)

        async def is_read() -> bool:
            async with app.database.reading() as connection:
                checks = await coverage.last_checks(connection, range(1, 13))
                return None not in checks.values() and not await history.left(connection)

        await until(is_read, "the first back-fills are done")
        calls = room.server.calls
        read, asked = calls["messages.getHistory"], calls["messages.getPeerDialogs"]
        async with app.database.reading() as connection:
            before = await coverage.last_checks(connection, range(1, 13))
        await until(lambda: calls["messages.getPeerDialogs"] >= asked + 2, "two rounds")

        async def are_checked() -> bool:
            async with app.database.reading() as connection:
                now = await coverage.last_checks(connection, range(1, 13))
            return all(now[number] > before[number] for number in before)

        await until(are_checked, "every channel is noted as checked")
        assert calls["messages.getHistory"] == read
        room.server.faults.suppress(room.channel(7).id)
        room.server.post(room.channel(7), "silent")
        await room.stored(posts=1)
        assert calls["messages.getHistory"] < read + 12


async def test_a_jump_in_ids_is_filled(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.post(channel, "seen")
        await room.stored(posts=1)
        room.server.faults.suppress(channel.id)
        room.server.post(channel, "lost")
        room.server.faults.suppress(channel.id, suppressed=False)
        room.server.post(channel, "seen again")
        await room.stored(posts=3)
        held = await ranges(room)
    assert held == (IdRange(0, 3),)


async def test_a_public_channel_is_polled_without_joining(room):
    channel = room.channel()
    room.server.post(channel, "one")
    async with room.running(poll_interval_s=0.2):
        await room.follow("@front_news", mode=FollowMode.POLL)
        await room.stored(posts=1)
        room.server.post(channel, "two")
        await room.stored(posts=2)
    assert room.account.id not in channel.members


async def test_a_private_channel_is_joined_by_its_invite_link(tmp_path):
    async with newsroom(tmp_path, ()) as room:
        channel = room.world.add_channel("Private")
        room.server.post(channel, "inside")
        async with room.running():
            await room.follow(room.world.invite_link(channel))
            await room.stored(posts=1)
            room.server.post(channel, "live inside")
            await room.stored(posts=2)
        assert room.account.id in channel.members


async def test_an_unknown_channel_says_why_and_is_tried_again_later(room):
    async with room.running():
        await room.follow("@no_such_channel")

        async def noted():
            async with room.database() as database, database.reading() as connection:
                listed = await channels.listed(connection)
            return listed[0].state is ChannelState.UNREACHABLE and bool(listed[0].reason)

        await until(noted, "the refusal is noted")


async def test_a_flood_wait_is_honoured_and_then_the_channel_is_joined(room):
    room.server.faults.flood("channels.joinChannel", 2)
    started = time.monotonic()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
    assert time.monotonic() - started >= 2
    assert room.server.calls["channels.joinChannel"] == 2


async def test_a_removed_channel_is_left_and_what_was_stored_stays(room):
    channel = room.channel()
    room.server.post(channel, "kept")
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        async with app.database.transaction() as connection:
            await channels.remove(connection, 1)
        app.database.bell.ring("channels")
        await until(lambda: room.account.id not in channel.members, "the channel is left")
        room.server.post(channel, "not for us")
    assert (await room.counts())["posts"] == 1


async def test_a_private_channel_the_account_is_in_is_followed_by_its_number(tmp_path):
    async with newsroom(tmp_path, ()) as room:
        channel = room.world.add_channel("Private", members=[room.account])
        room.server.post(channel, "inside")
        async with room.running():
            await room.follow(f"-100{channel.id}")
            await room.stored(posts=1)
            room.server.post(channel, "live inside")
            await room.stored(posts=2)
    assert room.server.calls["channels.joinChannel"] == 0
