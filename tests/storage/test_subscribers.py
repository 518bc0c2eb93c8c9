from datetime import UTC, datetime, timedelta

import pytest

from storage import audit, subscribers, subscriptions
from storage.database import open_database
from storage.records import AuditEntry, Role, SubscriberState, SubscriptionState

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


async def person(connection, number):
    return await subscribers.add(
        connection,
        telegram_user_id=number,
        access_hash=-number,
        name=f"Person {number}",
        role=Role.REPORTER,
        timezone="UTC",
        language="uk",
        added_at=NOW,
    )


@pytest.fixture
async def connection(tmp_path):
    file = tmp_path / "earshot.db"
    async with open_database(file) as database, database.transaction() as opened:
        yield opened


async def test_a_person_is_found_as_written(connection):
    number = await person(connection, 5)
    found = await subscribers.by_telegram_id(connection, 5)
    assert found == await subscribers.by_id(connection, number)
    assert (found.id, found.access_hash, found.state) == (number, -5, SubscriberState.ACTIVE)
    assert await subscribers.by_telegram_id(connection, 6) is None
    assert await subscribers.by_id(connection, number + 1) is None


async def test_what_changes_is_this_persons_alone(connection):
    first, second = await person(connection, 1), await person(connection, 2)
    before = await subscribers.by_id(connection, second)
    await subscribers.set_role(connection, first, Role.OPERATOR)
    await subscribers.set_state(connection, first, SubscriberState.REMOVED)
    await subscribers.set_timezone(connection, first, "Europe/Kyiv")
    await subscribers.met(connection, first, access_hash=9, name="New")
    found = await subscribers.by_id(connection, first)
    assert (found.role, found.state) == (Role.OPERATOR, SubscriberState.REMOVED)
    assert (found.timezone, found.access_hash, found.name) == ("Europe/Kyiv", 9, "New")
    assert await subscribers.by_id(connection, second) == before
    assert [item.id for item in await subscribers.page(connection, offset=1)] == [second]
    assert await subscribers.count(connection) == 2


async def add(connection, owner, query):
    return await subscriptions.add(connection, owner, query=query, normal=query, added_at=NOW)


async def test_the_same_query_twice_is_one_and_comes_back_from_a_pause(connection):
    owner = await person(connection, 1)
    first = await add(connection, owner, "a")
    await subscriptions.set_state(connection, first.id, owner, SubscriptionState.PAUSED)
    assert await subscriptions.active(connection) == []
    assert (await add(connection, owner, "a")).id == first.id
    assert [item.id for item in await subscriptions.active(connection)] == [first.id]
    assert await subscriptions.count(connection) == 1


async def test_only_the_owner_finds_and_changes_a_subscription(connection):
    owner, other = await person(connection, 1), await person(connection, 2)
    mine = await add(connection, owner, "a")
    assert await subscriptions.owned(connection, mine.id, other) is None
    await subscriptions.set_state(connection, mine.id, other, SubscriptionState.REMOVED)
    assert await subscriptions.owned(connection, mine.id, owner) == mine


async def test_a_deleted_subscription_stays_deleted(connection):
    owner = await person(connection, 1)
    mine = await add(connection, owner, "a")
    await subscriptions.set_state(connection, mine.id, owner, SubscriptionState.REMOVED)
    await subscriptions.set_state(connection, mine.id, owner, SubscriptionState.ACTIVE)
    assert await subscriptions.page(connection, owner) == []
    assert (await add(connection, owner, "a")).id != mine.id


async def test_who_was_put_out_is_not_matched_and_who_blocked_the_bot_is(connection):
    owner = await person(connection, 1)
    mine = await add(connection, owner, "a")
    await subscribers.set_state(connection, owner, SubscriberState.BLOCKED_BOT)
    assert [item.id for item in await subscriptions.active(connection)] == [mine.id]
    await subscribers.set_state(connection, owner, SubscriberState.REMOVED)
    assert await subscriptions.active(connection) == []


async def test_pages_of_subscriptions_join_to_the_whole(connection):
    owner = await person(connection, 1)
    made = [(await add(connection, owner, f"q{number}")).id for number in range(25)]
    read = []
    for offset in range(0, 25, 8):
        page = await subscriptions.page(connection, owner, offset=offset, limit=8)
        read += [item.id for item in page]
    assert read == made


async def test_the_trail_is_read_newest_first_and_the_latest_of_an_act_is_found(connection):
    for minute, act in enumerate(("invite made", "person removed", "person removed", "other")):
        entry = AuditEntry(NOW + timedelta(minutes=minute), "x", act, "7", {"n": str(minute)})
        await audit.add(connection, entry)
    assert [entry.detail["n"] for entry in await audit.newest(connection, 2)] == ["3", "2"]
    assert await audit.latest_id(connection, "person removed", "7") == 3
    assert await audit.latest_id(connection, "person removed", "8") is None
