"""Alerts on a real archive: from hits to owed, leased, recorded, withheld."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.notify.dispatch import Dispatcher
from storage import alert_cases, alerts, channels, deliveries, posts, subscribers, subscriptions
from storage.database import Database, open_database
from storage.deliveries import Attempt, Due
from storage.records import (
    AlertState,
    FollowMode,
    NewHit,
    NewRevision,
    Outcome,
    Post,
    Role,
    SeenMessage,
    Source,
    Span,
    SubscriberState,
    SubscriptionState,
    Withheld,
)
from storage.schema import post_id

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MAX_AGE = timedelta(days=1)


class Archive:
    """A database with a channel and one person who watches two things."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.dispatcher = Dispatcher(database, max_age=MAX_AGE, now=lambda: NOW)
        self.revisions = 0

    async def fill(self):
        async with self.database.transaction() as connection:
            self.channel = await channels.add(connection, "@front", FollowMode.JOIN, 0, NOW)
            self.person = await subscribers.add(
                connection,
                telegram_user_id=5,
                access_hash=6,
                name="Olena",
                role=Role.REPORTER,
                timezone="UTC",
                language="uk",
                added_at=NOW,
            )
            self.watches = [
                await subscriptions.add(
                    connection, self.person, query=query, normal=query, added_at=NOW
                )
                for query in ("one", "two")
            ]

    async def revise(self, message_id, number, text="one two", source=Source.LIVE, age_h=0):
        found = post_id(self.channel, message_id)
        moment = NOW - timedelta(hours=age_h)
        seen = SeenMessage(
            telegram_channel_id=1,
            message_id=message_id,
            posted_at=moment,
            edited_at=None,
            grouped_id=None,
            text=text,
            body_length=len(text),
            entities="[]",
            has=frozenset(),
            marks=frozenset(),
            origin=None,
            origin_name=None,
            reply_to=None,
            author=None,
            raw=b"raw",
            content_hash=text.encode(),
        )
        post = Post(
            id=found,
            channel_id=self.channel,
            message_id=message_id,
            grouped_id=None,
            posted_at=moment,
            first_seen_at=NOW,
            edited_at=None,
            deleted_at=None,
            source=source,
            text=text,
            lang=None,
            has=frozenset(),
            marks=frozenset(),
            origin=None,
            origin_name=None,
            reply_to=None,
        )
        async with self.database.transaction() as connection:
            if number == 1:
                await posts.add_posts(connection, [post])
            else:
                await posts.update_posts(connection, [post])
            new = NewRevision(found, self.channel, number, NOW, source, None, seen)
            await posts.add_revisions(connection, [new])
        self.revisions += 1
        return found

    async def hit(self, post, *watches):
        new = [
            NewHit(self.watches[number].id, post, self.revisions, (Span(0, 3),), NOW)
            for number in watches
        ]
        async with self.database.transaction() as connection:
            return await subscriptions.add_hits(connection, new)

    async def dispatch(self):
        while await self.dispatcher.step():
            pass

    async def owed(self):
        async with self.database.reading() as connection:
            due = await deliveries.due(connection, NOW, (), 10)
            return await alert_cases.cases(connection, [item.alert_id for item in due])

    async def counts(self):
        async with self.database.reading() as connection:
            found = await alerts.counts(connection)
        return {state: count for state, count in found.items() if count}

    async def send(self, case, **changed):
        attempt = Attempt(
            alert_id=case.alert.id,
            notice_id=None,
            subscriber_id=self.person,
            target="telegram",
            version=case.alert.wanted_version,
            at=NOW,
            outcome=Outcome.SENT,
            state=AlertState.SENT,
            detail=None,
            due_at=NOW,
            remote_id=70,
            sent_hash=b"hash",
        )
        async with self.database.transaction() as connection:
            await deliveries.record(connection, [replace(attempt, **changed)])


def leased(case):
    return Due(case.alert.id, None, case.subscriber.id, 0)


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    async with open_database(tmp_path / "earshot.db") as database:
        made = Archive(database)
        await made.fill()
        yield made


async def test_two_hits_of_a_person_on_a_post_make_one_alert(archive):
    post = await archive.revise(1, 1)
    assert await archive.hit(post, 0, 1) == 2
    assert await archive.hit(post, 0, 1) == 0
    await archive.dispatch()
    (case,) = await archive.owed()
    assert [match.subscription.query for match in case.matches] == ["one", "two"]
    assert (case.alert.wanted_version, case.alert.sent_version) == (1, 0)


async def test_working_off_again_changes_nothing(archive):
    await archive.hit(await archive.revise(1, 1), 0)
    await archive.dispatch()
    assert not await archive.dispatcher.step()
    assert await archive.counts() == {AlertState.OWED: 1}


async def test_an_edit_owes_a_sent_alert_anew_with_both_texts(archive):
    post = await archive.revise(1, 1)
    await archive.hit(post, 0)
    await archive.dispatch()
    (case,) = await archive.owed()
    await archive.send(case)
    assert await archive.counts() == {AlertState.SENT: 1}
    await archive.revise(1, 2, "one corrected")
    await archive.dispatch()
    (case,) = await archive.owed()
    assert (case.alert.wanted_version, case.alert.sent_version, case.alert.remote_id) == (2, 1, 70)
    assert (case.first_text, case.latest_text) == ("one two", "one corrected")
    assert not case.matches[0].is_current


async def test_an_edit_while_the_alert_is_under_way_is_not_lost(archive):
    post = await archive.revise(1, 1)
    await archive.hit(post, 0)
    await archive.dispatch()
    (case,) = await archive.owed()
    async with archive.database.transaction() as connection:
        await deliveries.lease(connection, [leased(case)], NOW + timedelta(minutes=1))
    await archive.revise(1, 2, "one corrected")
    await archive.dispatch()
    assert await archive.counts() == {AlertState.LEASED: 1}
    await archive.send(case)
    assert await archive.counts() == {AlertState.OWED: 1}


async def test_a_deletion_owes_a_sent_alert_anew(archive):
    await archive.hit(await archive.revise(1, 1), 0)
    await archive.dispatch()
    await archive.send((await archive.owed())[0])
    async with archive.database.transaction() as connection:
        await posts.mark_deleted(connection, archive.channel, [1], seen_at=NOW, source=Source.LIVE)
    await archive.dispatch()
    (case,) = await archive.owed()
    assert case.post.deleted_at == NOW


@pytest.mark.parametrize(
    ("revision", "reason"),
    [
        ({"source": Source.HISTORY}, Withheld.BACKFILL),
        ({"source": Source.IMPORT}, Withheld.BACKFILL),
        ({"source": Source.GAP, "age_h": 25}, Withheld.TOO_OLD),
        ({"source": Source.GAP, "age_h": 23}, None),
    ],
)
async def test_what_is_no_news_is_withheld_with_its_reason(archive, revision, reason):
    await archive.hit(await archive.revise(1, 1, **revision), 0)
    await archive.dispatch()
    async with archive.database.reading() as connection:
        (case,) = await alert_cases.cases(connection, [1])
    assert case.alert.reason == reason
    assert case.alert.state is (AlertState.WITHHELD if reason else AlertState.OWED)


async def test_a_withheld_alert_is_owed_when_another_query_may_be_told(archive):
    post = await archive.revise(1, 1)
    async with archive.database.transaction() as connection:
        await subscriptions.set_state(
            connection, archive.watches[0].id, archive.person, SubscriptionState.PAUSED
        )
    await archive.hit(post, 0)
    await archive.dispatch()
    assert await archive.counts() == {AlertState.WITHHELD: 1}
    await archive.hit(post, 1)
    await archive.dispatch()
    assert await archive.counts() == {AlertState.OWED: 1}


async def test_what_a_blocked_reader_is_owed_waits_for_their_return(archive):
    for number in (1, 2):
        await archive.hit(await archive.revise(number, 1), 0)
    await archive.dispatch()
    async with archive.database.transaction() as connection:
        await subscribers.set_state(connection, archive.person, SubscriberState.BLOCKED_BOT)
        await alerts.withhold_rest(connection, archive.person, Withheld.BLOCKED_BOT)
    assert await archive.counts() == {AlertState.WITHHELD: 2}
    async with archive.database.transaction() as connection:
        returned = await alerts.owe_withheld(
            connection, archive.person, Withheld.BLOCKED_BOT, since=NOW - MAX_AGE, now=NOW
        )
    assert returned == 2
    assert await archive.counts() == {AlertState.OWED: 2}


async def test_a_later_attempt_waits_and_counts(archive):
    await archive.hit(await archive.revise(1, 1), 0)
    await archive.dispatch()
    (case,) = await archive.owed()
    later = NOW + timedelta(seconds=30)
    await archive.send(
        case, outcome=Outcome.LATER, state=AlertState.OWED, detail="flood wait", due_at=later
    )
    assert await archive.owed() == []
    async with archive.database.reading() as connection:
        assert await deliveries.next_due(connection, NOW) == later
        (item,) = await deliveries.due(connection, later, (), 10)
        assert await deliveries.due(connection, later, [archive.person], 10) == []
    assert item.attempts == 1


async def test_expired_leases_are_given_back(archive):
    await archive.hit(await archive.revise(1, 1), 0)
    await archive.dispatch()
    (case,) = await archive.owed()
    async with archive.database.transaction() as connection:
        await deliveries.lease(connection, [leased(case)], NOW)
        await deliveries.release_expired(connection, NOW - timedelta(seconds=1))
    assert await archive.counts() == {AlertState.LEASED: 1}
    async with archive.database.transaction() as connection:
        await deliveries.release_expired(connection, NOW)
    assert await archive.counts() == {AlertState.OWED: 1}


async def test_hits_that_came_after_their_posts_were_placed_wait_for_the_next_batch(archive):
    first = await archive.revise(1, 1)
    await archive.hit(first, 0)
    async with archive.database.reading() as connection:
        placed, last = await alerts.hit_posts(connection, 0, 10)
    await archive.hit(await archive.revise(2, 1), 0)
    await archive.dispatcher._stories.assure(placed)
    async with archive.database.reading() as connection:
        found = await alerts.hit_facts(connection, 0, last)
    assert [facts.post_id for facts in found] == [first]
    await archive.dispatch()
    assert await archive.counts() == {AlertState.OWED: 2}
