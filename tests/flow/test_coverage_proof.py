"""What `channels coverage` says is what the server knows, id by id, whatever happened before."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from newsroom import until

from bot.collect import reread
from bot.operate import covering
from storage import coverage, rereads
from storage.records import Blindness, Source, StatementKind


async def proof(room, name="@front_news"):
    async with room.database() as database:
        return (await covering.prove(database, name))[0]


def truth(channel):
    """What the server has: (posts, service messages) by id, and its newest id."""
    history = channel.history
    there = [history.get(number) for number in range(1, history.next_id)]
    posts = {m.id for m in there if m is not None and not is_service(m)}
    services = {m.id for m in there if m is not None and is_service(m)}
    return posts, services, history.next_id - 1


def is_service(message):
    return message.details is not None and message.details.action is not None


def ids(ranges):
    return {number for each in ranges for number in range(each.low, each.high + 1)}


class Trouble:
    """A channel whose owner posts, edits, deletes and pins by chance."""

    def __init__(self, room, seed):
        self.chance = random.Random(seed)
        self.server, self.account, self.channel = room.server, room.account, room.channel()
        self.deleted = set()

    def act(self):
        existing = sorted(truth(self.channel)[0])
        roll = self.chance.random()
        if roll < 0.6 or not existing:
            self.server.post(self.channel, f"post {self.chance.random()}")
        elif roll < 0.75:
            number = self.chance.choice(existing)
            self.server.edit(self.channel, number, f"edited {self.chance.random()}")
        elif roll < 0.9:
            number = self.chance.choice(existing)
            self.server.delete(self.channel, [number])
            self.deleted.add(number)
        else:
            self.server.pin(self.channel, self.chance.choice(existing))

    async def rage(self, steps):
        for step in range(steps):
            self.act()
            lost = self.chance.random() < 0.3
            self.server.faults.suppress(self.channel.id, suppressed=lost)
            if step % 15 == 14:
                self.server.cut(self.account, mid_frame=self.chance.random() < 0.5)
            if self.chance.random() < 0.3:
                await until(lambda: self.server.connected(self.account) > 0, "connected")
        self.server.faults.clear()
        self.server.post(self.channel, "the newest")  # nothing is known beyond the newest id


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_proof_equals_the_servers_truth_after_random_trouble(room, seed):
    """Posts, edits, deletions and pins, with pushes lost, connections cut and a restart."""
    trouble = Trouble(room, seed)
    for part in range(2):
        for _ in range(20):
            trouble.act()
        async with room.running(check_interval_s=0.3, reread_timetable="1h/1s"):
            if part == 0:
                await room.follow("@front_news")
            await room.all_followed(1)
            await trouble.rage(40)
            posts, services, newest = truth(trouble.channel)

            async def is_whole():
                found = await proof(room)
                held = found.held - found.deleted
                return (found.verdict, held, found.newest) == ("whole", len(posts), newest)  # noqa: B023  # awaited here

            await until(is_whole, f"seed {seed}: whole and equal to the server's")
    found = await proof(room)
    async with room.database() as database, database.reading() as connection:
        held = set(await coverage.held_ids(connection, found.id))
    gone, deleted, service = (
        ids(found.gone_ids),
        set(found.deleted_ids),
        set(found.service_ids),
    )
    assert held - deleted == posts
    assert service >= services
    assert gone | deleted == trouble.deleted
    assert held | service | gone == set(range(1, newest + 1))
    assert found.held + found.service + found.gone == newest
    assert not found.holes


async def test_a_stop_is_a_blind_period_until_a_check_made_it_good(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.post(channel, "live")
        await room.stored(posts=1)
    stopped_at = datetime.now(UTC)
    room.server.post(channel, "while stopped")
    await_second = 1.1  # Telegram's times are whole seconds
    await until(
        lambda: (datetime.now(UTC) - stopped_at).total_seconds() > await_second, "time passes"
    )
    async with room.running():
        await room.stored(posts=2)

        async def made_good():
            found = await proof(room)
            kinds = [statement.kind for statement in found.statements]
            return StatementKind.MADE_GOOD in kinds and found.verdict == "whole"

        await until(made_good, "the blind period is made good")
        found = await proof(room)
    period = found.blind[0]
    assert period.why is Blindness.PROCESS_DOWN
    assert period.began_at <= stopped_at <= period.ended_at
    assert found.not_live == 1
    assert found.lag_median_s is not None


async def test_a_cut_is_a_blind_period_from_the_last_moment_we_heard(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.post(channel, "heard")
        await room.stored(posts=1)
        cut_at = datetime.now(UTC)
        room.server.refuse_connections(1.5)
        room.server.cut(room.account)
        room.server.post(channel, "not heard")

        async def noted():
            return bool((await proof(room)).blind)

        await until(noted, "the blind period is noted")
        found = await proof(room)
    period = next(item for item in found.blind if item.why is Blindness.CONNECTION_LOST)
    assert period.began_at <= cut_at < period.ended_at


async def test_a_post_nobody_told_of_is_marked_and_stated(room):
    channel = room.channel()
    async with room.running(check_interval_s=0.2):
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.faults.suppress(channel.id)
        number = room.server.post(channel, "silent")
        await room.stored(posts=1)
        found = await proof(room)
    read = [item for item in found.statements if item.kind is StatementKind.STRETCH_READ]
    assert [(item.low, item.high, item.found) for item in read if item.found] == [
        (number, number, 1)
    ]
    assert found.not_live == 1
    assert found.lag_median_s is None


async def test_edits_and_deletions_no_event_told_of_are_found_by_the_timetable_and_counted(room):
    channel = room.channel()
    async with room.running(reread_timetable="1h/1s"):
        await room.follow("@front_news")
        await room.all_followed(1)
        kept, gone = room.server.post(channel, "kept"), room.server.post(channel, "gone")
        await room.stored(posts=2)
        room.server.faults.suppress(channel.id)
        room.server.edit(channel, kept, "kept, corrected in silence")
        room.server.delete(channel, [gone])
        await room.stored(revisions=3, deletions=1)
        found = await proof(room)
    assert (found.missed_edits, found.missed_deletions) == (1, 1)
    stated = [item for item in found.statements if item.kind is StatementKind.REREAD_FOUND]
    assert sum(item.found for item in stated) == 2


async def test_a_restart_does_not_repeat_a_round_of_looking_again(room):
    channel = room.channel()
    async with room.running(reread_timetable="1h/1h"):
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.post(channel, "one")
        await room.stored(posts=1)

        async def climbed():
            async with room.database() as database, database.reading() as connection:
                return bool(await rereads.rounds(connection, 1))

        await until(climbed, "the first round is noted")
    now, hour = datetime.now(UTC), reread.rungs([(3600.0, 3600.0)])
    async with room.database() as database:
        assert await reread.ask_what_is_due(database, 1, hour, now) == 0
        assert await reread.ask_what_is_due(database, 1, hour, now + timedelta(hours=1)) == 0
        young = reread.rungs([(7200.0, 3600.0)])
        assert await reread.ask_what_is_due(database, 1, young, now) == 1


async def test_a_post_told_of_after_an_absence_is_caught_up_with_and_not_live(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
    old = datetime(2026, 1, 1, tzinfo=UTC)
    room.server.post(channel, "while away", date=old)
    async with room.running():
        await room.stored(posts=1)
        async with room.database() as database, database.reading() as connection:
            found = await coverage.facts(connection, 1)
    assert found.not_live == 1
    assert found.lag is None
    assert Source.CATCH_UP.value == "catch-up"
