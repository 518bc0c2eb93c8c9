"""Whom a blind period or a change of a channel concerns is told once, afterwards."""

from datetime import UTC, datetime, timedelta

from newsroom import newsroom, until

from storage import concerned
from storage.records import Role


def told(room, person, words):
    if room.app:
        room.app.database.bell.ring("news")  # it looks by itself only every ten seconds
    sent = room.world.journal.sent_to(person.id)
    return [entry.text for entry in sent if words in entry.text]


def hurried(app, seconds=3.0):
    """Let what happens together be gathered for less long than in earnest."""
    app._news._gathered_for = timedelta(seconds=seconds)


async def test_those_it_concerns_are_told_once_what_was_missed_and_when_it_was_made_good(tmp_path):
    async with newsroom(tmp_path, ("front_news", "quiet_news")) as room:
        front = room.channel(0)
        async with room.running() as app:
            await room.follow("@front_news", "@quiet_news")
            await room.all_followed(2)
            olena = await room.join("Olena", "ракета")
            taras = await room.join("Taras", "nothing-of-this")
            named = await room.join("Ira", "щось channel:@front_news")
            chief = await room.join("Chief", role=Role.OPERATOR)
            room.server.post(front, "ракета, перша")
            await until(lambda: len(room.alerts(olena)) == 1, "the first alert")
        room.server.post(front, "ракета, друга")
        room.server.post(front, "про погоду")
        came_back = datetime.now(UTC) + timedelta(seconds=1.2)
        await until(lambda: datetime.now(UTC) > came_back, "time passes")
        async with room.running(blind_told_after_s=1) as app:
            hurried(app)
            await until(lambda: len(room.alerts(olena)) == 2, "the late alert")
            for person in (olena, named, chief):
                await until(lambda: told(room, person, "I was blind"), "they are told")  # noqa: B023  # awaited here
            hers = told(room, olena, "I was blind")[0]
            assert "Earshot was not running" in hers
            assert "It concerns one channel: \u2068@front_news\u2069." in hers
            assert "Made good at" in hers
            assert "2 posts were found afterwards." in hers
            assert "One of them was for you" in hers
            assert "2 channels" in told(room, chief, "I was blind")[0]
        async with room.running(blind_told_after_s=3600) as app:
            hurried(app)
            await app._news.step()
        assert len(told(room, olena, "I was blind")) == 1
        assert told(room, taras, "I was blind") == []


async def test_a_short_break_is_no_news(room):
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        chief = await room.join("Chief", role=Role.OPERATOR)
    async with room.running() as app:
        hurried(app)
        await until(lambda: room.server.connected(room.account) > 0, "at work")
        assert await app._news.step() == 0
        async with room.database() as database, database.reading() as connection:
            assert await concerned.untold_periods(connection, 10) == []
    assert told(room, chief, "blind") == []


async def test_what_becomes_of_a_channel_is_told_to_operators_and_to_those_it_concerns(room):
    channel = room.channel()
    async with room.running(check_interval_s=0.5) as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        chief = await room.join("Chief", role=Role.OPERATOR)
        olena = await room.join("Olena", "ракета")
        taras = await room.join("Taras", "nothing-of-this")
        room.server.post(channel, "ракета")
        await until(lambda: len(room.alerts(olena)) == 1, "the alert")
        room.world.rename(channel, username="front_daily")
        hurried(app, 0.5)
        for person in (chief, olena):
            await until(lambda: told(room, person, "changed its @name"), "they are told")  # noqa: B023  # awaited here
        assert "@front_news\u2069 → \u2068@front_daily" in told(room, olena, "changed its @name")[0]
        assert told(room, taras, "changed its @name") == []
        room.world.ban(channel, room.account)
        await until(lambda: told(room, olena, "cannot be reached any more"), "told of the loss")
    assert len(told(room, olena, "changed its @name")) == 1
