"""Whatever becomes of updates on their way, the archive ends equal to the server's truth."""

import random

import pytest
from newsroom import until

from bot.operate import covering
from bot.sandbox.faults import Garble
from storage import posts
from storage.schema import post_id

GARBLES = {
    "dropped": {"drop": 0.4},
    "doubled": {"repeat": 0.6},
    "reordered": {"reorder": 1.0, "repeat": 0.2},
    "wrong pts": {"wrong_pts": 0.3},
    "everything": {"drop": 0.2, "repeat": 0.2, "reorder": 0.5, "wrong_pts": 0.2},
}


def truth(channel):
    history = channel.history
    there = (history.get(number) for number in range(1, history.next_id))
    return {message.id: message.text for message in there if message is not None}


async def held(room):
    """What is held and not marked deleted, by id: the newest text of each."""
    async with room.database() as database, database.reading() as connection:
        found = await posts.by_ids(connection, [post_id(1, n) for n in range(1, 400)])
    return {post.message_id: post.text for post in found.values() if post.deleted_at is None}


async def settled(room, channel):
    async def equal():
        async with room.database() as database:
            proof = (await covering.prove(database, "@front_news"))[0]
        return proof.verdict == "whole" and await held(room) == truth(channel)

    await until(equal, f"held equals the truth ({room.server.faults})")


async def rage(room, channel, seed, rounds=12):
    """Post in bursts, edit and delete, so that a burst's updates travel together."""
    chance = random.Random(seed)
    for number in range(rounds):
        for part in range(chance.randrange(1, 8)):
            room.server.post(channel, f"post {number}.{part}")
        known = sorted(truth(channel))
        room.server.edit(channel, chance.choice(known), f"edited in round {number}")
        if chance.random() < 0.4:
            room.server.delete(channel, [chance.choice(known)])
        calls = room.server.calls["messages.getPeerDialogs"]
        await until(
            lambda: room.server.calls["messages.getPeerDialogs"] > calls,  # noqa: B023  # awaited here
            "a look at the channel",
        )


@pytest.mark.parametrize("name", GARBLES)
async def test_garbled_updates_lose_nothing_and_repeat_nothing(room, name):
    channel = room.channel()
    async with room.running(check_interval_s=0.2, reread_timetable="1h/1s"):
        await room.follow("@front_news")
        await room.all_followed(1)
        garble = room.server.faults.garble = Garble(seed=7, **GARBLES[name])
        await rage(room, channel, seed=7)
        assert sum(garble.done.values()) > 0, "the fault did happen"
        room.server.faults.clear()
        room.server.post(channel, "the newest")
        await settled(room, channel)


@pytest.mark.parametrize("fault", ["too_long", "empty_slices"])
async def test_a_difference_that_gives_nothing_loses_nothing(room, fault):
    channel = room.channel()
    async with room.running(check_interval_s=0.5):
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.post(channel, "before")
        await room.stored(posts=1)
        setattr(room.server.faults, fault, 3)
        room.server.refuse_connections(0.5)
        room.server.cut(room.account, mid_frame=True)
        for number in range(30):
            room.server.post(channel, f"missed {number}")
        await settled(room, channel)


@pytest.mark.parametrize("seconds", [2, 3600, 86_400])
async def test_a_flood_wait_of_any_length_keeps_live_posts_coming_and_is_kept_in_rows(
    room, seconds
):
    channel = room.channel()
    async with room.running(check_interval_s=0.3):
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.faults.flood("messages.getHistory", seconds)
        room.server.faults.suppress(channel.id)
        room.server.post(channel, "no update tells of it")
        calls = room.server.calls["messages.getHistory"]
        await until(
            lambda: room.server.calls["messages.getHistory"] > calls, "the flood wait is met"
        )
        room.server.faults.suppress(channel.id, suppressed=False)
        room.server.post(channel, "live all the same")
        await room.stored(posts=1 if seconds > 60 else 2)  # when it is over, the other one, too
        met = room.server.calls["messages.getHistory"]
    if seconds > 60:
        async with room.running(check_interval_s=0.3):
            room.server.post(channel, "after a restart")
            await room.stored(posts=2)
        assert room.server.calls["messages.getHistory"] == met, "the wall is not run into again"


async def test_a_server_that_restarts_is_found_again_and_nothing_is_missing(room):
    channel = room.channel()
    async with room.running(check_interval_s=0.5):
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.post(channel, "before")
        await room.stored(posts=1)
        await room.server.stop()
        for number in range(20):
            room.server.post(channel, f"while it was down {number}")
        await room.server.start()
        await settled(room, channel)
