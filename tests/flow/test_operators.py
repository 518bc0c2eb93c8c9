"""What operators do in the bot: people, invites, a message to everybody, the state of channels."""

import asyncio

import pytest
from newsroom import until
from rows import known, watched

from bot.operate import people
from storage import audit, subscribers
from storage.records import Role, SubscriberState

pytestmark = pytest.mark.usefixtures("at_clients")


async def acts(room):
    async with room.database() as database, database.reading() as connection:
        return [entry.act for entry in await audit.newest(connection, 50)]


async def by_id(room, number):
    async with room.database() as database, database.reading() as connection:
        return await subscribers.by_id(connection, number)


async def test_a_message_to_everybody_is_confirmed_once_and_told_once_across_a_restart(room):
    async with room.running():
        chief = await room.join("Chief", role=Role.OPERATOR)
        readers = [await room.join(f"Reader {n}", language="uk") for n in range(4)]
        shown = await room.say(chief, "/broadcast Увечері роботи <b>")
        assert "5 people" in shown.text
        assert "Nothing is sent yet" in shown.text
        await room.tap(chief, shown.message_id, "Send it")
        await room.turned(chief, shown.message_id, "being sent to 5 people")

    def told(person):
        return [e for e in room.world.journal.sent_to(person.id) if "Увечері роботи <b>" in e.text]

    async with room.running():
        for reader in readers:
            await until(lambda reader=reader: told(reader), "the message")
        await until(lambda: len(told(chief)) == 2, "the preview and the message")
        # A second press, a restart, another device: nobody is told twice.
        room.app.database.bell.ring("outbox")
        await room.say(chief, "/people")
    assert all(len(told(reader)) == 1 for reader in readers)
    assert told(readers[0])[0].text.startswith("📢 Від операторів Earshot")
    assert (await acts(room)).count("broadcast sent") == 1


async def test_only_its_author_sends_a_message_and_it_must_fit(room):
    async with room.running():
        chief = await room.join("Chief", role=Role.OPERATOR)
        assert "too long" in (await room.say(chief, "/broadcast " + "я" * 3001)).text
        assert "Write what" in (await room.say(chief, "/broadcast")).text
        shown = await room.say(chief, "/broadcast Тест")
        await room.tap(chief, shown.message_id, "Do not send")
        await room.turned(chief, shown.message_id, "Not sent")
        reader = await room.join("Olena")
        assert "no command" in (await room.say(reader, "/broadcast Тест")).text
        assert (await acts(room)).count("broadcast sent") == 0


async def test_roles_putting_out_and_erasing_by_buttons_that_ask_twice(room):
    async with room.running():
        chief = await room.join("Chief", role=Role.OPERATOR)
        reader = await room.join("Olena", "дрон")
        number = (await known(room, reader)).id
        shown = (await room.say(chief, "/people")).message_id
        await room.tap(chief, shown, f"⚙ {number}")
        await room.turned(chief, shown, "Olena")
        await room.tap(chief, shown, "Make archivist")
        await room.turned(chief, shown, "archivist, active")
        assert (await known(room, reader)).role is Role.ARCHIVIST
        await room.tap(chief, shown, "Put out")
        await room.turned(chief, shown, "They lose the bot")
        await room.tap(chief, shown, "No")
        assert (await known(room, reader)).state is SubscriberState.ACTIVE
        await room.tap(chief, shown, "Erase their data")
        await room.turned(chief, shown, "It cannot be undone")
        assert await watched(room, reader)
        await room.tap(chief, shown, "Yes, erase everything")
        await until_erased(room, reader)
        assert "Hello" in (await room.say(reader, "/list")).text
        nameless = await by_id(room, number)
        assert (nameless.name, nameless.state) == ("", SubscriberState.REMOVED)
        # The last operator does not lock everybody out.
        own = (await known(room, chief)).id
        card = (await room.say(chief, "/people")).message_id
        await room.tap(chief, card, f"⚙ {own}")
        assert "last operator" in await room.tap(chief, card, "Make reporter")
        assert (await known(room, chief)).role is Role.OPERATOR
    trail = await acts(room)
    assert {"role changed", "person erased"} <= set(trail)


async def until_erased(room, person):
    async def is_gone():
        return await known(room, person) is None

    await until(is_gone, "the person is erased")


async def test_an_erased_person_stops_nothing_that_runs(room):
    channel = room.channel()
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        gone = await room.join("Gone", "дрон")
        stays = await room.join("Stays", "дрон")
        number = (await known(room, gone)).id
        fault = room.server.faults.flood("messages.sendMessage", 1, count=1)
        room.server.post(channel, "дрон перший")
        await until(lambda: fault.done, "an alert that waits")
        await people.erase(app.database, number)
        room.server.post(channel, "дрон другий, зовсім інший")
        await until(lambda: len(room.alerts(stays)) == 2, "the alerts of who stays")
        assert "Hello" in (await room.say(gone, "/list")).text
        newer = await people.invite(app.database, Role.REPORTER, uses=1, days=1)
        assert "Welcome" in (await room.say(gone, f"/start {newer.code}")).text
        assert (await known(room, gone)).id != number


async def test_invites_are_listed_revoked_and_not_replayed(room):
    async with room.running() as app:
        chief = await room.join("Chief", role=Role.OPERATOR)
        invited = (await room.say(chief, "/invite archivist 2 3")).text
        code = invited.rpartition("?start=")[2]
        listed = await room.say(chief, "/invites")
        assert "archivist, for 3 people" in listed.text
        first = room.world.add_user("+380990000021", "First")
        await asyncio.gather(*(room.say(first, f"/start {code}") for _ in range(3)))
        assert "for 2 people" in (await room.say(chief, "/invites")).text  # one use, not three
        await room.tap(chief, listed.message_id, "Revoke")
        await room.turned(chief, listed.message_id, "No open invites")
        late = room.world.add_user("+380990000022", "Late")
        assert "Hello" in (await room.say(late, f"/start {code}")).text
        assert await people.open_invites(app.database) == []
    assert "invite revoked" in await acts(room)


async def test_channels_are_shown_with_groups_last_post_and_volume(room):
    async with room.running():
        chief = await room.join("Chief", role=Role.OPERATOR, language="uk")
        assert "Не можу прочитати ! як канал" in (await room.say(chief, "/add !")).text
        await room.say(chief, "/add @front_news")
        await room.all_followed(1)
        assert "дописів ще немає" in (await room.say(chief, "/channels")).text
        room.server.post(room.channel(), "дрон")
        await room.stored(posts=1)
        text = (await room.say(chief, "/channels")).text
        assert "1 допис за 24 години, зазвичай <1 на день" in text
        assert "✓ \u2068@front_news\u2069: відстежується, як учасник" in text
