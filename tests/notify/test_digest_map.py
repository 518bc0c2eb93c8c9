"""A digest whose alerts name places has a button, and the button draws them."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from story_archive import NOW, Archive

from bot.match.documents import PLACES
from bot.notify import alert_buttons
from bot.notify.digests import Digests
from bot.notify.dispatch import Dispatcher
from bot.notify.notices import read
from bot.operate.digest_maps import DigestMaps
from bot.operate.texts import OLD_BUTTON
from bot.translation import Voice
from storage import notices, subscribers, subscriptions
from storage.database import open_database
from storage.records import HitPlace, NewHit, Rhythm, Role, Span

TEXTS = ["Суджа: удар по складу", "Херсон під обстрілом усю ніч", "Курська область, тривога"]


@pytest.fixture
async def archive(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        made = Archive(database)
        await made.fill()
        yield made


async def person_of(archive, number):
    async with archive.database.transaction() as connection:
        key = await subscribers.add(
            connection, telegram_user_id=number, access_hash=6, name="Olena",
            role=Role.REPORTER, timezone="Europe/Kyiv", language="en", added_at=NOW,
        )  # fmt: skip
        return await subscribers.by_id(connection, key)


def place(name):
    (found, *_) = [one for one in PLACES.place_ids(name) if PLACES.label_of(one).startswith(name)]
    return HitPlace(name, found, {"en": name}, 51.2, 35.3, 0.9)


async def digest_of(archive, person, named):
    """Have a digest written of stories that name these places; give the buttons of its end."""
    async with archive.database.transaction() as connection:
        watch = await subscriptions.add(connection, person.id, query="x", normal="x", added_at=NOW)
        await subscriptions.set_rhythm(connection, watch.id, person.id, Rhythm.HOURLY)
    posts = [(await archive.post(text), archive.numbers) for text in TEXTS[: len(named)]]
    async with archive.database.transaction() as connection:
        hits = [
            NewHit(watch.id, post, revision, (Span(0, 5),), archive.now, tuple(map(place, names)))
            for (post, revision), names in zip(posts, named, strict=True)
        ]
        await subscriptions.add_hits(connection, hits)
    dispatcher = Dispatcher(
        archive.database,
        max_age=timedelta(hours=24),
        stories=archive.stories,
        now=lambda: archive.now,
    )
    while await archive.stories.step() or await dispatcher.step():
        pass
    archive.now += timedelta(hours=2)
    while await Digests(archive.database, now=lambda: archive.now).step():
        pass
    async with archive.database.reading() as connection:
        (told,) = await notices.of(connection, person.id)
    return [button for row in read(told.body).buttons for button in row]


async def pressed(archive, person, button):
    verb, number = button.data.decode().split(":")
    return await DigestMaps(archive.database).presses()[verb].act(person, (int(number),))


async def test_the_places_of_a_digest_are_drawn_when_asked_for(archive):
    person = await person_of(archive, 5)
    (button,) = await digest_of(archive, person, [["Sudzha"], ["Kherson"], []])
    assert button.label == alert_buttons.ON_A_MAP
    answer = await pressed(archive, person, button)
    (file,) = answer.more
    assert (file.mime_type, file.caption) == ("image/png", "The places of 2 stories")
    drawn = Image.open(io.BytesIO(file.content))
    assert min(drawn.size) > 300
    colours = drawn.convert("RGB").getcolors(1 << 24)
    assert any(red - blue > 60 for _, (red, _green, blue) in colours), "there are dots"


async def test_a_map_is_drawn_for_its_reader_alone(archive):
    person, other = await person_of(archive, 5), await person_of(archive, 6)
    (button,) = await digest_of(archive, person, [["Sudzha"], ["Kherson"]])
    answer = await pressed(archive, other, button)
    assert (answer.text, answer.more) == (Voice().text(OLD_BUTTON), ())


async def test_a_digest_without_places_has_no_button_and_one_of_regions_no_map(archive):
    person, other = await person_of(archive, 5), await person_of(archive, 6)
    assert await digest_of(archive, person, [[], []]) == []
    (button,) = await digest_of(archive, other, [["Kursk Oblast"], []])
    answer = await pressed(archive, other, button)
    assert "Only regions" in answer.text
    assert answer.more == ()
