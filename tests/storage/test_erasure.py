from datetime import UTC, datetime

from sqlalchemy import func, select

from storage import (
    audit,
    drafts,
    erasure,
    feedback,
    mutes,
    notices,
    query_history,
    routing,
    subscribers,
    subscriptions,
)
from storage.database import open_database
from storage.notices import NewNotice
from storage.records import (
    AuditEntry,
    NoticeKind,
    Role,
    SubscriberState,
)
from storage.schema import metadata

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


async def person(connection, number):
    return await subscribers.add(
        connection,
        telegram_user_id=number,
        access_hash=5,
        name=f"Person {number}",
        role=Role.REPORTER,
        timezone="Europe/Kyiv",
        language="uk",
        added_at=NOW,
    )


async def furnished(connection, number):
    """A person with a row in as many tables as can be filled without a post."""
    key = await person(connection, number)
    found = await subscriptions.add(connection, key, query="дрон", normal="дрон", added_at=NOW)
    await query_history.keep(connection, found, NOW)
    await drafts.add(connection, key, "танк", made_at=NOW, expires_at=NOW.replace(year=2027))
    await routing.set_paused(connection, key, is_paused=True)
    await mutes.add(connection, key, group="front", subscription_id=found.id, now=NOW)
    await notices.add(connection, NewNotice(f"key {key}", key, NoticeKind.DIGEST, "{}", NOW), NOW)
    await audit.add(connection, AuditEntry(NOW, f"subscriber {key}", "subscription added", "1"))
    return key


async def counts(connection):
    return {
        table.name: await connection.scalar(select(func.count()).select_from(table))
        for table in metadata.sorted_tables
        if table.name in erasure.personal_tables()
    }


async def test_everything_of_a_person_goes_and_nothing_of_anybody_else(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            kept = await furnished(connection, 1)
            before = await counts(connection)
            gone = await furnished(connection, 2)
            erased = await erasure.erase(connection, gone)
            after = await counts(connection)
            assert set(erased) >= {
                "subscriptions",
                "query_history",
                "drafts",
                "routing",
                "mutes",
                "notices",
            }
            assert {name: n for name, n in after.items() if name != "subscribers"} == {
                name: n for name, n in before.items() if name != "subscribers"
            }
            nameless = await subscribers.by_id(connection, gone)
            assert (nameless.name, nameless.access_hash) == ("", 0)
            assert nameless.state is SubscriberState.REMOVED
            assert await subscribers.by_telegram_id(connection, 2) is None
            assert (await subscribers.by_id(connection, kept)).name == "Person 1"
            assert len(await subscriptions.page(connection, kept)) == 1
            assert len(await audit.newest(connection, 9)) == 2
        async with database.transaction() as connection:
            assert await erasure.erase(connection, gone) == {}  # safe to repeat


def test_every_table_that_refers_to_a_person_is_erased_and_no_other():
    personal = erasure.personal_tables()
    assert personal >= {"subscribers", "subscriptions", "hits", "alerts", "deliveries", "feedback"}
    assert not personal & {"posts", "revisions", "channels", "audit", "log_leaves", "broadcasts"}


async def test_only_ones_own_alert_is_judged(tmp_path):
    file = tmp_path / "earshot.db"
    async with open_database(file) as database, database.transaction() as connection:
        key = await person(connection, 1)
        found = await subscriptions.add(connection, key, query="дрон", normal="дрон", added_at=NOW)
        judged = await feedback.judge(connection, 1, key, is_useful=True, at=NOW)
        assert judged == []  # there is no such alert
        assert (await feedback.precisions(connection, [found.id]))[found.id].judged == 0
