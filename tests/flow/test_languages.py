"""The bot speaks the language of a person's Telegram, or the one they choose."""

import pytest
from newsroom import until
from rows import known

pytestmark = pytest.mark.usefixtures("at_clients")


async def test_people_are_met_in_the_language_of_their_telegram(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        people = {
            code: await room.join(f"Reader {code}", "ракета", language=code)
            for code in ("uk-UA", "ru", "pl")
        }
        welcomes = [room.world.journal.sent_to(person.id)[0].text for person in people.values()]
        assert [text.split(",")[0] for text in welcomes] == [
            "Вітаємо",
            "Добро пожаловать",
            "Welcome",
        ]
        room.server.post(channel, "ракета")
        labels = {"uk-UA": "Відкрити допис", "ru": "Открыть пост", "pl": "Open post"}
        for code, person in people.items():

            def told(person=person, label=labels[code]):
                sent = room.world.journal.sent_to(person.id)
                return any(label in row for entry in sent for row in entry.buttons)

            await until(told, f"an alert in {code}")


async def test_a_person_chooses_another_language_and_keeps_it(room):
    async with room.running():
        reader = await room.join("Olena", language="uk")
        assert "Якою мовою" in (await room.say(reader, "/language")).text
        assert "по-русски" in (await room.say(reader, "/language ru")).text
        assert "запросов" in (await room.say(reader, "/list")).text
        assert "На каком языке" in (await room.say(reader, "/language xx")).text
        assert (await known(room, reader)).language == "ru"
    async with room.running():
        assert "запросов" in (await room.say(reader, "/list")).text


async def test_strangers_are_turned_away_in_their_language_or_the_houses(room):
    async with room.running(default_language="ru"):
        polish = room.world.add_user("+480000001", "Stranger", language="pl")
        ours = room.world.add_user("+380990000002", "Stranger", language="uk")
        assert "закрытый" in (await room.say(polish, "/start")).text
        assert "закритий" in (await room.say(ours, "/start")).text
