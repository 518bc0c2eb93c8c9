"""For any posts, edits, rules and steps of the clock: each story is told once, or says why not.

On a real archive with the real stages; only the sending is played, by writing what the outbox
would have written.
"""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story_archive import Archive

from bot.notify.changed import hold_all_anew, hold_anew
from bot.notify.digests import Digests
from bot.notify.dispatch import Dispatcher
from bot.notify.follow_ups import FollowUpStage
from bot.notify.notices import kept, read
from bot.telegram.messages import TEXT_LIMIT, OutgoingText, utf16_length
from storage import (
    alert_cases,
    channels,
    deliveries,
    held,
    mutes,
    notices,
    posts,
    routing,
    stepped,
    subscribers,
    subscriptions,
)
from storage.database import open_database
from storage.deliveries import Attempt
from storage.notices import NewNotice
from storage.records import (
    AlertState,
    FollowUps,
    Held,
    NewHit,
    NoticeKind,
    Outcome,
    QuietHours,
    Rhythm,
    Role,
    Source,
    Span,
    Surge,
    Withheld,
)

BEFORE_THE_CLOCKS_CHANGE = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
MAX_AGE = timedelta(hours=24)
STORIES = [
    f"Подія номер {number}: рятувальники працюють на місці удару по складу в районі порту, "
    "деталі згодом"
    for number in range(6)
]


class World(Archive):
    """An archive, one reader in Kyiv with two queries, and a clock."""

    async def settle(self):
        await self.fill()
        self.now = BEFORE_THE_CLOCKS_CHANGE
        self.told = []
        self.posted = []
        async with self.database.transaction() as connection:
            self.person = await subscribers.add(
                connection,
                telegram_user_id=5,
                access_hash=6,
                name="Olena",
                role=Role.REPORTER,
                timezone="Europe/Kyiv",
                language="uk",
                added_at=self.now,
            )
            self.watches = [
                await subscriptions.add(
                    connection, self.person, query=query, normal=query, added_at=self.now
                )
                for query in ("one", "two")
            ]
        self.restart()

    def restart(self):
        stage = self.restarted()
        clock = {"now": lambda: self.now}
        self.dispatcher = Dispatcher(self.database, max_age=MAX_AGE, stories=stage, **clock)
        self.digests = Digests(self.database, **clock)

    async def publish(self, story, channel, watch):
        found = await self.post(STORIES[story], channel)
        self.posted.append(found)
        await self.hit(found, watch)

    async def hit(self, post, watch):
        async with self.database.transaction() as connection:
            new = NewHit(self.watches[watch].id, post, self.numbers, (Span(0, 5),), self.now)
            await subscriptions.add_hits(connection, [new])

    async def work(self):
        while await self.stories.step() or await self.dispatcher.step():
            pass
        while await self.digests.step():
            pass

    async def send(self):
        """Do as the outbox does with everything that is due."""
        while True:
            async with self.database.transaction() as connection:
                due = await deliveries.due(connection, self.now, (), 50)
                if not due:
                    return
                (item,) = due  # there is one reader
                version = 1
                if item.alert_id:
                    (case,) = await alert_cases.cases(connection, [item.alert_id])
                    version = case.alert.wanted_version
                    if case.alert.sent_version == 0:
                        self.told.append(item.alert_id)
                attempt = Attempt(
                    *(item.alert_id, item.notice_id, self.person, "telegram", version, self.now),
                    *(Outcome.SENT, AlertState.SENT, None, self.now, 70, b"hash"),
                )
                await deliveries.record(connection, [attempt])

    async def change(self, act):
        async with self.database.transaction() as connection:
            match act:
                case "pause" | "resume":
                    await routing.set_paused(connection, self.person, is_paused=act == "pause")
                case "snooze":
                    until = self.now + timedelta(hours=3)
                    await routing.set_snoozed(connection, self.person, until)
                case "wake":
                    await routing.set_snoozed(connection, self.person, None)
                case "quiet":
                    night = QuietHours(time(22), time(3, 30))
                    await routing.set_quiet(connection, self.person, night)
                case "cap":
                    await routing.set_cap(connection, self.person, 1)
                case "mute":
                    await mutes.add(
                        connection, self.person, channel_id=self.channels[0], now=self.now
                    )
                case "urgent":
                    await subscriptions.set_urgent(
                        connection, self.watches[1].id, self.person, is_urgent=True
                    )
                case Rhythm():
                    await subscriptions.set_rhythm(connection, self.watches[0].id, self.person, act)
            person = await subscribers.by_id(connection, self.person)
            await hold_anew(connection, person, self.now)

    async def set_back(self, **by):
        """Set the clock back, and do as the app does then."""
        self.set_clock(**{unit: -number for unit, number in by.items()})
        async with self.database.transaction() as connection:
            await stepped.brought_back(connection, self.now)
            await hold_all_anew(connection, self.now)

    async def alerts(self):
        async with self.database.reading() as connection:
            ids = list(range(1, 60))
            return await alert_cases.cases(connection, ids), await notices.of(
                connection, self.person
            )


@dataclass(frozen=True)
class Step:
    act: object
    story: int = 0
    channel: int = 0
    watch: int = 0
    minutes: int = 0


steps = st.lists(
    st.builds(
        Step,
        act=st.sampled_from(
            [
                *(["post"] * 6),
                *(["wait"] * 4),
                "edit",
                "send",
                "restart",
                *["pause", "resume", "snooze", "wake", "quiet", "cap", "mute", "urgent"],
                *["fast", "back"],
                *Rhythm,
            ]
        ),
        story=st.integers(0, len(STORIES) - 1),
        channel=st.integers(0, 2),
        watch=st.integers(0, 1),
        minutes=st.sampled_from([1, 30, 120, 600]),
    ),
    max_size=16,
)


async def play(world, act):
    match act.act:
        case "post":
            await world.publish(act.story, act.channel, act.watch)
        case "edit" if world.posted:
            post = world.posted[act.story % len(world.posted)]
            await world.hit(post, act.watch)
        case "wait":
            world.now += timedelta(minutes=act.minutes)
        case "fast":
            world.set_clock(minutes=act.minutes)
        case "back":
            await world.set_back(minutes=act.minutes)
        case "send":
            await world.send()
        case "restart":
            world.restart()
        case other:
            await world.change(other)
    await world.work()


@settings(max_examples=6, deadline=None)
@given(steps)
async def test_each_story_is_told_once_or_says_why_not(played):
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(Path(folder) / "earshot.db") as database:
            world = World(database)
            await world.settle()
            for act in played:
                await play(world, act)
            await world.change("resume")
            for _ in range(4):  # over the change of clocks, and past every digest
                world.now += timedelta(hours=13)
                await world.work()
                await world.send()
            cases, told = await world.alerts()
    assert len({case.alert.story_id for case in cases}) == len(cases)
    assert len(world.told) == len(set(world.told))
    assert all(notice.state is AlertState.SENT for notice in told)
    for case in cases:
        alone = world.told.count(case.alert.id)
        in_digest = case.alert.told_in is not None
        match case.alert.state:
            case AlertState.SENT:
                assert alone + in_digest == 1
            case AlertState.WITHHELD:
                assert case.alert.reason
                assert alone + in_digest == 0
            case other:
                raise AssertionError(f"{other} in the end: {case.alert.reason}")


@pytest.fixture
async def world(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        made = World(database)
        await made.settle()
        yield made


async def test_what_was_held_in_quiet_hours_comes_as_one_digest_when_they_end(world):
    await world.change("quiet")
    for number in range(3):
        await world.publish(number, number, 0)
    await world.work()
    cases, told = await world.alerts()
    assert {case.alert.state for case in cases} == {AlertState.HELD}
    assert not told
    world.now += timedelta(hours=6)  # past 03:30 in Kyiv, though the clocks are put forward
    await world.work()
    cases, (digest,) = await world.alerts()
    assert {case.alert.told_in for case in cases} == {digest.id}
    assert all(STORIES[number][:15] in read(digest.body).text for number in range(3))


async def test_urgent_ones_break_through_quiet_hours(world):
    await world.change("quiet")
    await world.change("urgent")
    await world.publish(0, 0, 1)
    await world.work()
    (case,), _ = await world.alerts()
    assert case.alert.state is AlertState.OWED


async def test_a_snooze_stops_what_is_owed_and_waking_tells_it_in_one_digest(world):
    for number in range(2):
        await world.publish(number, 0, 0)
    await world.work()
    await world.change("snooze")
    await world.work()
    cases, _ = await world.alerts()
    assert {case.alert.state for case in cases} == {AlertState.HELD}
    await world.change("wake")
    await world.work()
    cases, (digest,) = await world.alerts()
    assert "2" in read(digest.body).text
    assert {case.alert.told_in for case in cases} == {digest.id}


async def test_a_single_held_alert_comes_as_itself(world):
    await world.change(Rhythm.HOURLY)
    await world.publish(0, 0, 0)
    await world.work()
    world.now += timedelta(hours=1)
    await world.work()
    (case,), told = await world.alerts()
    assert (case.alert.state, told) == (AlertState.OWED, [])


async def test_what_is_held_moves_with_how_its_query_is_told(world):
    await world.change(Rhythm.HOURLY)
    for number in range(2):
        await world.publish(number, 0, 0)
    await world.work()

    async def due():
        async with world.database.reading() as connection:
            return {(item.reason, item.due_at) for item in await held.of(connection, world.person)}

    assert await due() == {(Held.HOURLY, world.now + timedelta(hours=1))}
    await world.change(Rhythm.DAILY)
    nine_in_kyiv = datetime(2026, 3, 29, 6, 0, tzinfo=UTC)  # the clocks are put forward before
    assert await due() == {(Held.DAILY, nine_in_kyiv)}
    await world.change(Rhythm.NOW)
    await world.work()
    cases, (digest,) = await world.alerts()
    assert {case.alert.told_in for case in cases} == {digest.id}


async def test_a_copy_in_a_channel_that_is_not_muted_is_told_by_that_copy(world):
    await world.change("mute")
    await world.publish(0, 0, 0)
    await world.work()
    (case,), _ = await world.alerts()
    assert case.alert.state is AlertState.WITHHELD
    await world.publish(0, 1, 0)
    await world.work()
    (case,), _ = await world.alerts()
    assert (case.alert.state, case.post.channel_id) == (AlertState.OWED, world.channels[1])


async def told_and_changed(world, wanted, text):
    """Tell a story, then let its post say something else, or (None) be deleted."""
    async with world.database.transaction() as connection:
        await routing.set_follow_ups(connection, world.person, wanted)
    post = await world.post(STORIES[0], message_id=77)
    await world.hit(post, 0)
    await world.work()
    await world.send()
    world.now += timedelta(minutes=12)
    if text is None:
        async with world.database.transaction() as connection:
            await posts.mark_deleted(
                connection, world.channels[0], [77], seen_at=world.now, source=Source.LIVE
            )
    else:
        await world.post(text, message_id=77, number=2)
    stage = FollowUpStage(world.database, now=lambda: world.now)
    for _ in range(2):
        while await stage.step():
            pass
    _, told = await world.alerts()
    return [read(notice.body).text for notice in told], told


@pytest.mark.parametrize(
    ("wanted", "text", "said"),
    [
        (FollowUps.DELETIONS, None, "12"),
        (FollowUps.NONE, None, None),
        (FollowUps.DELETIONS, "Зовсім інше повідомлення про щось", None),
        (FollowUps.CHANGES, STORIES[0].replace("номер 0", "номер 5"), "5"),
        (FollowUps.CHANGES, STORIES[0].replace("місці", "місцях"), None),
    ],
)
async def test_a_change_of_what_was_alerted_is_told_once_to_who_wants_it(world, wanted, text, said):
    texts, told = await told_and_changed(world, wanted, text)
    if said is None:
        assert texts == []
    else:
        (only,) = texts
        assert said in only
        assert told[0].reply_to == 1


async def test_a_follow_up_waits_for_the_end_of_quiet_hours(world):
    await world.change("urgent")
    await world.change("quiet")
    async with world.database.transaction() as connection:
        await subscriptions.set_urgent(
            connection, world.watches[0].id, world.person, is_urgent=True
        )
    _, (notice,) = await told_and_changed(world, FollowUps.DELETIONS, None)
    assert notice.reason == Held.QUIET
    await world.send()
    _, (notice,) = await world.alerts()
    assert notice.state is AlertState.OWED


async def surging(world, *told):
    async with world.database.transaction() as connection:
        await subscriptions.set_surge(connection, world.watches[0].id, world.person, Surge(2, 10))
    for text, channel, origin in told:
        await world.hit(await world.post(text, channel, origin=origin), 0)
        await world.work()
        world.now += timedelta(minutes=1)
    cases, notices_ = await world.alerts()
    assert {case.alert.reason for case in cases} <= {Withheld.SURGE_ONLY, Withheld.MUTED}
    return [notice for notice in notices_ if notice.kind is NoticeKind.SURGE]


async def test_what_is_held_by_a_fast_clock_is_told_by_the_right_one(world):
    """Set forward and back: a daily digest, and a notice for the end of a night."""
    world.set_clock(hours=20)
    await world.change(Rhythm.DAILY)
    for story in (0, 1):
        await world.publish(story, 0, 0)
    await world.change("quiet")
    async with world.database.transaction() as connection:
        news = NewNotice(
            *("news", world.person, NoticeKind.FOLLOW_UP, kept(OutgoingText("news"))),
            due_at=world.now + timedelta(hours=8),
            reason=Held.QUIET,
        )
        await notices.add(connection, news, world.now)
    await world.work()
    await world.set_back(hours=20)
    world.now += timedelta(hours=12)  # past the time of digests, and the night
    await world.work()
    await world.send()
    cases, told = await world.alerts()
    assert [case.alert.told_in is not None for case in cases] == [True, True]
    assert [notice.state for notice in told] == [AlertState.SENT] * 2


@pytest.mark.parametrize("hours", [-6, 6])
async def test_a_surge_is_told_though_the_clock_was_set_since_the_last(world, hours):
    first = [(STORIES[0], 0, None), (STORIES[1], 1, None)]
    second = [(STORIES[2], 0, None), (STORIES[3], 1, None)]
    assert len(await surging(world, *first)) == 1
    world.set_clock(hours=hours)
    assert len(await surging(world, second[0])) == 1  # it belongs to the one that was told
    world.now += timedelta(minutes=15)
    assert len(await surging(world, *second)) == 2


async def test_channels_that_told_hours_apart_are_no_surge_though_the_clock_is_slow(world):
    await surging(world, (STORIES[0], 0, None))
    world.now += timedelta(hours=3)
    world.set_clock(hours=-3)
    assert await surging(world, (STORIES[1], 1, None)) == []


async def test_a_surge_is_told_once_when_enough_channels_say_it_by_themselves(world):
    found = await surging(
        world, (STORIES[0], 0, None), (STORIES[1], 1, None), (STORIES[2], 2, None)
    )
    (only,) = found
    assert STORIES[0][:15] in read(only.body).text
    assert STORIES[1][:15] in read(only.body).text


@pytest.mark.parametrize(
    "told",
    [
        [(STORIES[0], 0, None), (STORIES[0], 1, None)],  # a copy
        [(STORIES[0], 0, None), (STORIES[1], 1, (100, 99))],  # a forward
        [(STORIES[0], 0, None), (STORIES[1], 0, None)],  # one channel
    ],
)
async def test_echoes_and_one_channel_alone_are_no_surge(world, told):
    assert await surging(world, *told) == []


async def test_a_muted_group_takes_no_part_in_a_surge(world):
    async with world.database.transaction() as connection:
        await channels.set_groups(connection, world.channels[1], {"air"})
        await mutes.add(connection, world.person, group="air", now=world.now)
    assert await surging(world, (STORIES[0], 0, None), (STORIES[1], 1, None)) == []


async def test_a_digest_too_long_for_four_messages_comes_with_a_file_that_has_it_all(world):
    await world.change(Rhythm.HOURLY)
    texts = [
        f"Подія {number}: {'щось зовсім інше ' * 8}у місті номер {number * 7919}"
        for number in range(120)
    ]
    for text in texts:
        await world.hit(await world.post(text), 0)
    await world.work()
    world.now += timedelta(hours=1)
    await world.work()
    _, (digest,) = await world.alerts()
    assert utf16_length(read(digest.body).text) <= TEXT_LIMIT
    everything = digest.file.decode()
    assert all(f"Подія {number}:" in everything for number in range(120))
