import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.collect import intake
from bot.collect.intake import Sight
from bot.match import morphology
from bot.match.formbook import FormBook
from bot.match.worker import MatchWorker
from bot.telemetry import Telemetry
from bot.text.coding import coded
from storage import channels, cursors, subscribers, subscriptions
from storage.database import open_database
from storage.records import (
    FollowMode,
    Is,
    Role,
    SeenMessage,
    Source,
    SubscriptionState,
)
from storage.schema import hits

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def message(number, text, **fields):
    return SeenMessage(
        telegram_channel_id=7,
        message_id=number,
        posted_at=NOW,
        edited_at=fields.get("edited_at"),
        grouped_id=fields.get("grouped_id"),
        text=text,
        body_length=len(text),
        entities="[]",
        has=frozenset(),
        marks=fields.get("marks", frozenset()),
        origin=None,
        origin_name=None,
        reply_to=None,
        author=None,
        raw=text.encode(),
        content_hash=text.encode(),
    )


class Desk:
    """One channel, one reader, one worker."""

    def __init__(self, database, channel, reader):
        self.database = database
        self.channel = channel
        self.reader = reader
        self.worker = MatchWorker(database, Telemetry())

    async def see(self, *messages, source=Source.LIVE, seen_at=NOW):
        async with self.database.transaction() as connection:
            await intake.write(
                connection, [(self.channel, m) for m in messages], Sight(source, None, seen_at)
            )

    async def watch(self, query, added_at=NOW - timedelta(hours=1)):
        async with self.database.transaction() as connection:
            made = await subscriptions.add(
                connection, self.reader, query=query, normal=query, added_at=added_at
            )
        self.database.bell.ring("subscriptions")
        return made

    async def work(self):
        while await self.worker.step():
            pass

    async def hits(self):
        async with self.database.reading() as connection:
            rows = await connection.execute(select(hits).order_by(hits.c.id))
            return rows.all()


@pytest.fixture
async def desk(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        async with database.transaction() as connection:
            channel = await channels.add(connection, "@one", FollowMode.JOIN, 10, NOW)
            reader = await subscribers.add(
                connection,
                telegram_user_id=5,
                access_hash=6,
                name="Olena",
                role=Role.REPORTER,
                timezone="UTC",
                language="en",
                added_at=NOW,
            )
        yield Desk(database, channel, reader)
    morphology.kept().clear()  # what a worker took up from this folder is for no other test


async def test_a_post_and_its_query_make_one_hit_however_often_it_is_seen(desk):
    await desk.watch("ракета")
    await desk.see(message(1, "ракети летять"), message(2, "тихо"))
    await desk.see(message(1, "ракети летять"))
    await desk.work()
    assert len(await desk.hits()) == 1


async def test_going_back_and_matching_again_adds_nothing(desk):
    """What a crash between matching and the cursor's commit comes to."""
    await desk.watch("ракета")
    await desk.see(message(1, "ракети летять"))
    await desk.work()
    async with desk.database.transaction() as connection:
        await cursors.advance(connection, "match", 0)
    await desk.work()
    assert len(await desk.hits()) == 1


@pytest.mark.parametrize("step", [timedelta(0), timedelta(hours=-6), timedelta(hours=6)])
async def test_a_query_meets_only_what_was_stored_after_it_was_made(desk, step):
    """Whatever the clock does meanwhile, and though nothing was matched until after a restart."""
    await desk.see(message(1, "ракета до"), seen_at=NOW)
    await desk.watch("ракета", added_at=NOW + step)
    await desk.see(message(2, "ракета після"), seen_at=NOW + 2 * step)
    await desk.work()
    assert [hit.post_id & 0xFFFFFFFF for hit in await desk.hits()] == [2]


async def test_a_first_back_fill_is_not_matched_but_a_gap_is(desk):
    await desk.watch("ракета")
    await desk.see(message(1, "ракета давня"), source=Source.HISTORY)
    await desk.see(message(2, "ракета пропущена"), source=Source.GAP)
    await desk.work()
    assert [hit.post_id & 0xFFFFFFFF for hit in await desk.hits()] == [2]


async def test_an_edit_that_makes_a_post_match_is_a_hit(desk):
    await desk.watch("ракета")
    await desk.see(message(1, "уточнюємо"))
    await desk.work()
    edited = message(1, "ракета", edited_at=NOW, marks=frozenset({Is.EDITED}))
    await desk.see(edited)
    await desk.work()
    assert len(await desk.hits()) == 1


async def test_an_album_whose_second_caption_matches_is_a_hit(desk):
    await desk.watch("ракета дрон")
    await desk.see(message(1, "ракета", grouped_id=3))
    await desk.work()
    await desk.see(message(2, "дрон", grouped_id=3))
    await desk.work()
    assert len(await desk.hits()) == 1


async def test_a_paused_or_deleted_query_is_not_matched_until_resumed(desk):
    made = await desk.watch("ракета")
    for state in (SubscriptionState.PAUSED, SubscriptionState.ACTIVE):
        async with desk.database.transaction() as connection:
            await subscriptions.set_state(connection, made.id, desk.reader, state)
        desk.database.bell.ring("subscriptions")
        await desk.see(message(len(state), f"ракета {state}"))
        await desk.work()
    assert [hit.post_id & 0xFFFFFFFF for hit in await desk.hits()] == [len("active")]


async def test_a_stored_query_that_cannot_be_read_stops_nobody_else(desk):
    await desk.watch("((")
    await desk.watch("ракета")
    await desk.see(message(1, "ракета"))
    await desk.work()
    assert len(await desk.hits()) == 1


async def test_a_place_is_found_in_any_form_and_a_radius_takes_in_its_neighbours(desk):
    await desk.watch("place:Суджа")
    await desk.watch('near:"Суми, 60 km"')
    await desk.see(
        message(1, "Бої біля Суджі тривають"),
        message(2, "Обстріляно Білопілля, є влучання"),
        message(3, "Тихо"),
    )
    await desk.work()
    assert {hit.post_id & 0xFFFFFFFF for hit in await desk.hits()} == {1, 2}


async def test_no_text_is_searched_for_places_once_nobody_asks_for_one(desk):
    made = await desk.watch("place:Суджа")
    await desk.work()
    await desk.see(message(1, "Бої біля Суджі тривають"))
    await desk.work()
    async with desk.database.transaction() as connection:
        await subscriptions.set_state(connection, made.id, desk.reader, SubscriptionState.PAUSED)
    desk.database.bell.ring("subscriptions")
    await desk.see(message(2, "Бої біля Суджі тривають далі"))
    await desk.work()
    assert len(await desk.hits()) == 1


async def test_a_form_struck_out_by_another_process_is_noticed_and_no_longer_matched(desk):
    made = await desk.watch("сталь")
    await desk.see(message(1, "вони стали ждати"))
    await desk.work()
    struck = "сталь!стали"
    async with desk.database.transaction() as connection:
        await subscriptions.set_query(connection, made.id, desk.reader, query=struck, normal=struck)
    await desk.worker._look_for_changes()
    await desk.see(message(2, "вони стали ждати"), message(3, "лист сталі"))
    await desk.work()
    assert [hit.post_id & 0xFFFFFFFF for hit in await desk.hits()] == [1, 3]


async def test_a_restart_finds_the_words_already_expanded(desk):
    endings = itertools.product("абвгдежзик", "клмнопрст", "абв")
    for ending in itertools.islice(endings, 250):
        await desk.watch("слово" + "".join(ending))
    run = asyncio.create_task(desk.worker.run())
    kept = desk.database.path.with_name("forms")
    async with asyncio.timeout(60):
        while not kept.exists():  # noqa: ASYNC110 - a file rings no bell
            await asyncio.sleep(0.01)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert FormBook().load(kept) >= 200


async def test_a_restart_lets_go_of_the_words_of_queries_that_are_gone(desk):
    kept = desk.database.path.with_name("forms")
    former = FormBook()
    former.learn("безпілотник", {"безпілотник", "безпілотниками"})
    former.learn("вчорашній", {"вчорашній"})
    former.save(kept)
    await desk.watch("безпілотник")
    await desk.see(message(1, "безпілотниками"))
    async with asyncio.timeout(60):
        run = asyncio.create_task(desk.worker.run())
        while not await desk.hits():
            await desk.database.bell.wait("dispatch", 1.0)
        run.cancel()
        await asyncio.wait([run])
    book = FormBook()
    assert book.load(kept) > 0
    codes = book.codes("безпілотник")
    assert codes is not None
    assert coded("безпілотниками") in codes.split()
    assert book.codes("вчорашній") is None
