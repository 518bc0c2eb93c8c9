"""Nobody gets more than their right by being loud, and nothing falls over."""

import asyncio
from datetime import UTC, datetime

import pytest
from newsroom import until
from reader import let_in, reading
from rows import known, watched

from bot.operate.subscribing import MOST_QUERIES
from storage import drafts, subscriptions

VERDICTS = ("Useful", "Noise")

pytestmark = pytest.mark.usefixtures("at_clients")


async def test_a_stranger_who_hammers_the_bot_keeps_nobody_waiting(room):
    async with room.running():
        member = await room.join("Olena", "дрон")
        strangers = [room.world.add_user(f"+38099{n:07}", f"Stranger {n}") for n in range(5)]
        for n in range(300):
            texts = ("/start guess-%d", "/watch дрон %d", "/people %d", "🚀%d", "/erase %d")
            room.server.write(strangers[n % 5], room.bot, texts[n % len(texts)] % n)
        answer = await room.say(member, "/list")
        assert "Your queries: 1" in answer.text
        for stranger in strangers:
            assert len(room.world.journal.sent_to(stranger.id)) <= 1
            assert await known(room, stranger) is None
        async with room.database() as database, database.reading() as connection:
            assert await subscriptions.count(connection) == 1


async def test_five_hundred_queries_meet_a_limit_that_is_told_clearly(room):
    async with room.running():
        reader = await room.join("Olena")
        subscriber = await known(room, reader)
        async with room.database() as database, database.transaction() as connection:
            for number in range(MOST_QUERIES - 1):
                query = f"слово{number}"
                await subscriptions.add(
                    connection, subscriber.id, query=query, normal=query, added_at=datetime.now(UTC)
                )
        assert "Watching" in (await room.say(reader, "/watchnow остання")).text
        for command in ("/watchnow", "/watch"):
            refused = await room.say(reader, f"{command} зайва")
            assert "You have 500 queries, as many as one may. Delete one first" in refused.text
        assert len(await watched(room, reader)) == MOST_QUERIES
        listed = await room.say(reader, "/list")
        assert f"Your queries: {MOST_QUERIES}" in listed.text
        assert "page 1 of" in listed.text


async def test_two_devices_that_press_at_once_make_one_of_everything(room, on_stack):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        phone = await on_stack(let_in(room, "Olena"))
        desk = await on_stack(reading(room, phone.user))
        shown = await phone.say("/watch дрон")
        await desk.sees("Not watched yet")
        labels = ("At once", "Hourly", "Daily")
        answers = await asyncio.gather(
            *(device.press_if_there(shown, label) for label in labels for device in (phone, desk))
        )
        assert sum("Watching" in answer for answer in answers) == 1
        assert len(await watched(room, phone.user)) == 1
        room.server.post(channel, "дрон")
        alert = await phone.sees("https://t.me/front_news/1")
        await desk.sees("https://t.me/front_news/1")
        await asyncio.gather(
            *(device.press(alert, label) for device in (phone, desk) for label in VERDICTS * 2)
        )
        subscriber = await known(room, phone.user)
        async with room.database() as database, database.reading() as connection:
            assert await drafts.asked(connection, subscriber.id, datetime.now(UTC)) is None
        assert "👍" in (await phone.say("/list")).text


async def test_the_menu_speaks_the_language_a_person_chooses(room):
    async with room.running():
        reader = await room.join("Olena")

        def menu():
            return [
                command.description
                for commands in room.bot.commands.values()
                for command in commands
                if command.command == "help"
            ]

        await until(lambda: menu() == ["how it works; all: every command"], "the menu in English")
        await room.say(reader, "/language uk")
        await until(lambda: menu() == ["як це працює; all: усі команди"], "the menu in Ukrainian")
