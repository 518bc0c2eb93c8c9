"""How a person is told is theirs to choose, by buttons and by commands, and survives a restart."""

from datetime import UTC, datetime, time, timedelta

import pytest
from rows import known, watched
from telethon import functions

from storage import routing
from storage.records import FollowUps, QuietHours, Rhythm, SubscriptionState, Surge

pytestmark = pytest.mark.usefixtures("at_clients")


async def rules_of(room, person):
    subscriber = await known(room, person)
    async with room.database() as database, database.reading() as connection:
        return await routing.of(connection, subscriber.id)


async def choose(room, person, message_id, section, choice):
    await room.tap(person, message_id, section)
    assert await room.tap(person, message_id, choice) == "✓"


async def test_every_setting_is_chosen_by_buttons_of_one_message(room):
    async with room.running():
        reader = await room.join("Olena")
        shown = (await room.say(reader, "/settings")).message_id
        await choose(room, reader, shown, "Digest times", "09:00, 18:00")
        await choose(room, reader, shown, "Quiet hours", "23:00–07:00")
        await choose(room, reader, shown, "Limit per hour", "30 an hour")
        await choose(room, reader, shown, "Edits, deletions", "edits and deletions")
        await choose(room, reader, shown, "Time zone", "Europe/Kyiv")
        before = datetime.now(UTC)
        await choose(room, reader, shown, "Snooze", "For an hour")
        await room.tap(reader, shown, "Pause everything")
        await choose(room, reader, shown, "Language", "Українська")
        text = await room.turned(reader, shown, "Ваші налаштування")
    rules = await rules_of(room, reader)
    assert rules.digest_times == (time(9), time(18))
    assert rules.quiet == QuietHours(time(23), time(7))
    assert (rules.cap_per_hour, rules.follow_ups) == (30, FollowUps.CHANGES)
    assert timedelta(minutes=59) < rules.snoozed_until - before < timedelta(minutes=61)
    assert rules.is_paused
    for said in ("Europe/Kyiv", "09:00, 18:00", "23:00–07:00", "30 сповіщень", "призупинено"):
        assert said in text
    async with room.running():
        assert "23:00–07:00" in (await room.say(reader, "/settings")).text


async def test_the_same_is_done_by_commands_and_a_bad_one_shows_the_choices(room):
    async with room.running():
        reader = await room.join("Olena")
        assert "22:30–06:30" in (await room.say(reader, "/quiet 22:30-06:30")).text
        assert "08:00, 19:30" in (await room.say(reader, "/digest 19:30 8")).text
        assert "20 alerts an hour" in (await room.say(reader, "/cap 20")).text
        assert "Snoozed until" in (await room.say(reader, "/snooze 3h")).text
        assert "Snoozed" not in (await room.say(reader, "/snooze off")).text
        assert "paused" in (await room.say(reader, "/pause")).text
        assert "paused" not in (await room.say(reader, "/resume")).text
        for command in ("/quiet at night", "/digest noon", "/cap 0", "/snooze", "/timezone"):
            answer = await room.say(reader, command)
            assert answer.text.endswith((":30", "/cap 20", "/snooze 3h", "/timezone Europe/Riga"))
            assert any("Settings" in label for row in answer.buttons for label in row)
        assert "none" in (await room.say(reader, "/quiet off")).text
        assert "no limit" in (await room.say(reader, "/cap off")).text
    rules = await rules_of(room, reader)
    assert (rules.quiet, rules.cap_per_hour, rules.is_paused) == (None, None, False)


async def test_the_welcome_offers_time_zones(room):
    async with room.running():
        reader = await room.join("Olena", language="uk")
        welcome = room.world.journal.sent_to(reader.id)[0]
        await room.tap(reader, welcome.message_id, "Europe/Kyiv")
        await room.turned(reader, welcome.message_id, "Europe/Kyiv")
        assert (await known(room, reader)).timezone == "Europe/Kyiv"


async def test_how_a_query_is_told_is_chosen_on_its_card(room):
    async with room.running():
        reader = await room.join("Olena", "ракета")
        (query,) = await watched(room, reader)
        shown = (await room.say(reader, "/list")).message_id
        await room.tap(reader, shown, f"⚙ {query.id}")
        await room.turned(reader, shown, "Told: at once")
        await room.tap(reader, shown, "Daily")
        await room.turned(reader, shown, "Told: in daily digests")
        await room.tap(reader, shown, "Make urgent")
        await room.turned(reader, shown, "Urgent")
        await room.tap(reader, shown, "4 in 10 min")
        await room.turned(reader, shown, "Only surges: 4 independent channels within 10 minutes")
        own = await room.say(reader, f"/surge {query.id} 6 45")
        assert "Only surges: 6 independent channels within 45 minutes" in own.text
        assert "Only surges" not in (await room.say(reader, f"/surge {query.id} off")).text
        assert "no query 999" in (await room.say(reader, "/surge 999 4 10")).text
        for bad in ("", "x", f"{query.id}", f"{query.id} 1 10", f"{query.id} 4 99999"):
            assert "/surge 3 4 10" in (await room.say(reader, f"/surge {bad}")).text
        await room.say(reader, f"/surge {query.id} 4 10")
        await room.tap(reader, shown, "Pause")
        await room.turned(reader, shown, "Paused")
        (query,) = await watched(room, reader)
        assert (query.rhythm, query.is_urgent) == (Rhythm.DAILY, True)
        assert (query.state, query.surge) == (SubscriptionState.PAUSED, Surge(4, 10))
        await room.tap(reader, shown, "All queries")
        assert "paused, in daily digests, ‼, 4 in 10 min" in await room.turned(
            reader, shown, "Your queries: 1"
        )
        card = (await room.say(reader, f"/list {query.id}")).message_id
        await room.tap(reader, card, "Delete")
        assert await watched(room, reader) == []
        assert "out of date" in await room.tap(reader, shown, f"⚙ {query.id}")


async def test_forged_and_borrowed_presses_do_nothing(room):
    """A client sends what it likes: data of ours without a seal, sealed for another, changed."""
    async with room.running():
        owner = await room.join("Owner", "ракета")
        other = await room.join("Other", "дрон")
        (mine,) = await watched(room, owner)
        listed = await room.say(owner, "/list")
        own = await room.say(other, "/list")
        rows = owner.box.get(listed.message_id).details.markup.rows
        sealed = [button.type.data for row in rows for button in row.buttons]
        bare = [f"ld:0:{mine.id}".encode(), f"qs:{mine.id}:2".encode(), b"sp:1", b"", b"x" * 64]
        box = other.box.get(own.message_id).details.markup.rows[0]
        for data in [*sealed, *bare, sealed[2][:-1] + b"9"]:
            box.buttons[0].type.data = data  # the client's own copy of its message
            ask = functions.messages.GetBotCallbackAnswerRequest
            answer = await room.clients[other.id](ask("earshot_bot", own.message_id, data=data))
            assert "out of date" in answer.message
        assert [item.id for item in await watched(room, owner)] == [mine.id]
        assert not (await rules_of(room, other)).is_paused
