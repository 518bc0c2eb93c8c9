from datetime import UTC, datetime, time, timedelta

import pytest

from storage import channels, mutes, routing, subscribers, subscriptions
from storage.database import open_database
from storage.records import (
    FollowMode,
    FollowUps,
    QuietHours,
    Rhythm,
    Role,
    Routing,
    SubscriptionState,
    Surge,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "earshot.db") as opened:
        yield opened


async def a_person(database, telegram_user_id=5):
    async with database.transaction() as connection:
        return await subscribers.add(
            connection,
            telegram_user_id=telegram_user_id,
            access_hash=6,
            name="Olena",
            role=Role.REPORTER,
            timezone="Europe/Kyiv",
            language="uk",
            added_at=NOW,
        )


async def test_a_new_person_is_told_at_once_and_of_deletions(database):
    person = await a_person(database)
    async with database.reading() as connection:
        assert await routing.of(connection, person) == Routing(person)


async def test_each_rule_is_kept_and_leaves_the_others_alone(database):
    person, other = await a_person(database), await a_person(database, 6)
    wanted = Routing(
        person,
        is_paused=True,
        snoozed_until=NOW + timedelta(hours=1),
        quiet=QuietHours(time(22, 30), time(7)),
        digest_times=(time(8), time(18, 30)),
        cap_per_hour=20,
        follow_ups=FollowUps.CHANGES,
    )
    async with database.transaction() as connection:
        await routing.set_paused(connection, person, is_paused=True)
        await routing.set_snoozed(connection, person, wanted.snoozed_until)
        await routing.set_quiet(connection, person, wanted.quiet)
        await routing.set_digest_times(connection, person, [time(18, 30), time(8), time(8)])
        await routing.set_cap(connection, person, 20)
        await routing.set_follow_ups(connection, person, FollowUps.CHANGES)
        assert await routing.of(connection, person) == wanted
        assert await routing.of(connection, other) == Routing(other)
        await routing.set_quiet(connection, person, None)
        assert (await routing.of(connection, person)).quiet is None
        with pytest.raises(ValueError, match="needs a time"):
            await routing.set_digest_times(connection, person, [])
        with pytest.raises(ValueError, match="at least 1"):
            await routing.set_cap(connection, person, 0)


async def test_a_subscription_keeps_how_it_is_told_and_only_its_owner_may_say(database):
    person, other = await a_person(database), await a_person(database, 6)
    async with database.transaction() as connection:
        made = await subscriptions.add(connection, person, query="a", normal="a", added_at=NOW)
        assert (made.rhythm, made.is_urgent, made.surge) == (Rhythm.NOW, False, None)
        for owner, rhythm in ((person, Rhythm.DAILY), (other, Rhythm.HOURLY)):
            await subscriptions.set_rhythm(connection, made.id, owner, rhythm)
            await subscriptions.set_urgent(connection, made.id, owner, is_urgent=owner == person)
        await subscriptions.set_surge(connection, made.id, person, Surge(4, 10))
        found = await subscriptions.owned(connection, made.id, person)
        assert (found.rhythm, found.is_urgent, found.surge) == (Rhythm.DAILY, True, Surge(4, 10))
        assert found.state is SubscriptionState.ACTIVE


async def test_muting_twice_makes_one_and_only_its_owner_takes_it_away(database):
    person, other = await a_person(database), await a_person(database, 6)
    async with database.transaction() as connection:
        channel = await channels.add(connection, "@front", FollowMode.JOIN, 0, NOW)
        made = await subscriptions.add(connection, person, query="a", normal="a", added_at=NOW)
        first = await mutes.add(connection, person, channel_id=channel, now=NOW)
        assert await mutes.add(connection, person, channel_id=channel, now=NOW) == first
        narrow = await mutes.add(
            connection, person, channel_id=channel, subscription_id=made.id, now=NOW
        )
        group = await mutes.add(connection, person, group="Air Raid", now=NOW)
        assert group.group == "air raid"
        assert await mutes.of(connection, person) == [first, narrow, group]
        assert await mutes.of(connection, other) == []
        assert not await mutes.remove(connection, first.id, other)
        assert await mutes.remove(connection, first.id, person)
        assert await mutes.of(connection, person) == [narrow, group]
        with pytest.raises(ValueError, match="of a channel or of a group"):
            await mutes.add(connection, person, now=NOW)
