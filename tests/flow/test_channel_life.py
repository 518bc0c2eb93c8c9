"""What becomes of a channel is recorded once, with what it was and what it is."""

from datetime import UTC, datetime, timedelta

import pytest
from newsroom import until
from telethon import types

from bot.collect.life import watch_habits
from bot.operate import channel_list
from bot.sandbox.posting import Draft, post
from bot.sandbox.world import Kind as SandboxKind
from storage import channels, life, posts
from storage.records import ChannelEventKind as Kind
from storage.records import ChannelState, FollowMode, Is, Role


async def events(room):
    async with room.database() as database, database.reading() as connection:
        found = await life.of(connection, 1, 50)
    return [(event.kind, event.before, event.after) for event in reversed(found)]


async def recorded(room, *kinds):
    async def claim():
        return [kind for kind, _, _ in await events(room)] == list(kinds)

    await until(claim, f"recorded: {', '.join(kinds)}")


async def test_a_new_title_a_new_name_a_restriction_and_a_group_for_comments_are_recorded(room):
    channel = room.channel()
    room.server.post(channel, "one")
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        room.world.rename(channel, title="Front Renamed")
        await recorded(room, Kind.RENAMED)
        room.world.rename(channel, username="front_daily")
        await recorded(room, Kind.RENAMED, Kind.NAME_CHANGED)
        room.world.restrict(channel, "copyright")
        room.world.link(channel, room.world.add_channel("Talk"))
        await recorded(room, Kind.RENAMED, Kind.NAME_CHANGED, Kind.RESTRICTED, Kind.LINKED)
        moved = Draft(action=types.MessageActionChannelMigrateFrom("Old group", 7))
        post(room.world, channel, moved)
        kinds = (Kind.RENAMED, Kind.NAME_CHANGED, Kind.RESTRICTED, Kind.LINKED, Kind.MIGRATED)
        await recorded(room, *kinds)
        async with room.database() as database, database.reading() as connection:
            held = (await channels.listed(connection))[0]
        room.server.post(channel, "followed by its id, not by its name")
        await room.stored(posts=2)
    assert (held.title, held.username) == ("Front Renamed", "front_daily")
    found = await events(room)
    assert found[1] == (Kind.NAME_CHANGED, "@front_news", "@front_daily")
    assert found[-1] == (Kind.MIGRATED, "Old group", None)


async def test_a_restriction_by_country_is_recorded_shown_and_told(room):
    channel = room.channel()
    room.server.post(channel, "one")
    words = "local-laws: This channel can't be displayed because it violates local laws."
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        olena = await room.join("Olena", "ракета", role=Role.OPERATOR)
        room.world.restrict(channel, words)
        await recorded(room, Kind.RESTRICTED_BY_COUNTRY)
        health = (await room.say(olena, "/health")).text
        room.world.restrict(channel, "")
        await recorded(room, Kind.RESTRICTED_BY_COUNTRY, Kind.UNRESTRICTED)
    assert "was restricted in the country of the account" in health
    assert words in health
    assert (await events(room))[0] == (Kind.RESTRICTED_BY_COUNTRY, None, words)


async def test_a_channel_that_throws_us_out_is_told_once_and_so_is_its_return(room):
    channel = room.channel()
    room.server.post(channel, "one")
    async with room.running(check_interval_s=0.2):
        await room.follow("@front_news")
        await room.all_followed(1)
        room.world.ban(channel, room.account)
        await recorded(room, Kind.UNREACHABLE)
        channel.banned.clear()
        room.world.channel_changed(channel, [])
        room.server.post(channel, "while we were out")
        async with room.database() as database, database.transaction() as connection:
            await channels.postpone(connection, 1, datetime.now(UTC))
            database.bell.ring("channels")
        await recorded(room, Kind.UNREACHABLE, Kind.BACK)
        await room.stored(posts=2)


async def test_a_channel_made_private_in_the_middle_of_its_history_loses_nothing_it_gave(room):
    channel = room.channel()
    room.server.fill(channel, [f"old {n}" for n in range(450)], [datetime.now(UTC)] * 450)
    refusal = room.server.faults.fail("messages.getHistory", "CHANNEL_PRIVATE", after=2)
    async with room.running():
        await room.follow("@front_news", depth=450)

        async def unreachable():
            async with room.database() as database, database.reading() as connection:
                return (await channels.listed(connection))[0].state is ChannelState.UNREACHABLE

        await until(unreachable, "the refusal is noted")
        assert refusal.done == 1
        assert 0 < (await room.counts())["posts"] < 450
        async with room.database() as database, database.transaction() as connection:
            await channels.postpone(connection, 1, datetime.now(UTC))
            database.bell.ring("channels")
        room.server.post(channel, "afterwards")
        await room.stored(posts=451)


async def test_silence_beyond_the_habit_is_recorded_once_and_so_is_its_end(room):
    channel = room.channel()
    now = datetime.now(UTC)
    dates = [now - timedelta(hours=40 - n) for n in range(30)]
    room.server.fill(channel, [f"hourly {n}" for n in range(30)], dates)
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        async with room.database() as database:
            assert [event.kind for event in await watch_habits(database, now)] == [Kind.SILENT]
            assert await watch_habits(database, now) == ()
            room.server.post(channel, "back")
            await room.stored(posts=31)
            after = datetime.now(UTC)
            assert [event.kind for event in await watch_habits(database, after)] == [Kind.SPEAKS]


@pytest.mark.parametrize("mode", list(FollowMode))
async def test_comments_are_followed_with_their_channel_where_wished_and_marked(room, mode):
    channel = room.channel()
    group = room.world.add_channel("Front Talk", "front_talk", kind=SandboxKind.MEGAGROUP)
    room.world.link(channel, group)
    room.server.post(channel, "a post")
    async with room.running(poll_interval_s=0.2, check_interval_s=0.3):
        await room.follow("@front_news", mode=mode)
        await room.stored(posts=1)
        assert room.server.calls["channels.getFullChannel"] == 0, "it is a wish"
        async with room.database() as database:
            await channel_list.with_comments(database, "@front_news", wanted=True)
            database.bell.ring("channels")
        await until(lambda: room.server.calls["channels.getFullChannel"] > 0, "the group is sought")
        reader = room.world.add_user("+380500000001", "Reader")
        room.server.post(group, "what a reader says", sender=reader.id)
        await room.stored(posts=2)
        async with room.database() as database, database.reading() as connection:
            held = {post.text: post for post in await newest(connection)}
        assert Is.COMMENT in held["what a reader says"].marks
        assert Is.COMMENT not in held["a post"].marks
        assert (room.account.id in group.members) is (mode is FollowMode.JOIN)
        async with room.database() as database:
            await channel_list.with_comments(database, "@front_news", wanted=False)
            database.bell.ring("channels")
        room.server.post(group, "not for us", sender=reader.id)
        room.server.post(channel, "the next post")
        await room.stored(posts=3)
    assert await events(room) == [], "a link that was there from the beginning is no news"


async def newest(connection):
    return await posts.newest_first(
        connection, before=None, since=None, until=None, channel_ids=None, limit=10
    )
