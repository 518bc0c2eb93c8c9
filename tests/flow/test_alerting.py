"""A post that matches reaches the reader once, and what happens to it later reaches them too."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from newsroom import newsroom, until

from bot.sandbox import PhotoSpec


async def alerted(room, person, count):
    await until(lambda: len(room.alerts(person)) >= count, f"{count} alerts")
    return room.alerts(person)


async def test_a_matching_post_is_alerted_once_with_its_evidence(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.post(channel, "Тихо")
        number = room.server.post(channel, "Пуск ракети з півночі")
        (alert,) = await alerted(room, reader, 1)
    assert "Пуск ракети з півночі" in alert.text
    assert "@front_news" in alert.text or "Front News" in alert.text
    assert number == 2


async def test_an_edit_and_a_deletion_change_the_same_message(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        number = room.server.post(channel, "Пуск ракети з півночі")
        (alert,) = await alerted(room, reader, 1)
        room.server.edit(channel, number, "Пуск ракети зі сходу")
        await until(
            lambda: any("сходу" in text for text in room.edits(reader, alert.message_id)),
            "the edit is told",
        )
        room.server.delete(channel, [number])
        await until(
            lambda: any("eleted" in text for text in room.edits(reader, alert.message_id)),
            "the deletion is told",
        )
    assert len(room.alerts(reader)) == 1


async def test_an_edit_that_makes_a_post_match_is_alerted(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        number = room.server.post(channel, "Уточнюємо")
        await room.stored(posts=1)
        room.server.edit(channel, number, "Уточнюємо: ракета")
        await alerted(room, reader, 1)


async def test_several_queries_on_one_post_make_one_alert(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета", "північ")
        room.server.post(channel, "Пуск ракети з півночі")
        room.server.post(channel, "Ще одна ракета")
        alerts = await alerted(room, reader, 2)
    assert len(alerts) == 2


async def test_an_album_is_alerted_once(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.post_album(channel, ["ракета", "ракета ще"], [PhotoSpec(b"1"), PhotoSpec(b"2")])
        await alerted(room, reader, 1)
        await room.stored(messages=2)
        room.server.post(channel, "ракета окремо")
        await alerted(room, reader, 2)
    assert len(room.alerts(reader)) == 2


async def test_a_first_back_fill_alerts_nobody_but_a_gap_does(room):
    channel = room.channel()
    room.server.fill(channel, ["ракета давня"] * 30, [datetime.now(UTC)] * 30)
    async with room.running(check_interval_s=0.5):
        reader = await room.join("Olena", "ракета")
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.faults.suppress(channel.id)
        room.server.post(channel, "ракета без оновлення")
        alerts = await alerted(room, reader, 1)
    assert len(alerts) == 1
    assert "без оновлення" in alerts[0].text


async def test_a_flood_wait_delays_an_alert_and_loses_none(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.faults.flood("messages.sendMessage", 2)
        room.server.post(channel, "ракета")
        assert len(await alerted(room, reader, 1)) == 1


async def test_a_crash_between_send_and_record_repeats_nothing(room):
    """The send is done and its answer lost: Telegram refuses the repetition, the edit finds it."""
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.faults.lose_answers("messages.sendMessage", 1)
        number = room.server.post(channel, "ракета")
        (alert,) = await alerted(room, reader, 1)
        room.server.edit(channel, number, "ракета, уточнено")
        await until(lambda: room.edits(reader, alert.message_id), "the edit is told")
    assert len(room.alerts(reader)) == 1


async def test_after_a_restore_the_alert_of_a_post_is_found_under_another_number(room):
    """The archive is as a backup from before both alerts; the numbers go to others then."""
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.post(channel, "ракета перша")
        await alerted(room, reader, 1)
        second = room.server.post(channel, "друга ракета, зовсім інша, на заході")
        await alerted(room, reader, 2)
    with closing(sqlite3.connect(room.settings.data_dir / "earshot.db")) as archive, archive:
        archive.execute("DELETE FROM deliveries")
        archive.execute("DELETE FROM alerts")
        archive.execute("DELETE FROM hits WHERE id = 1")
        archive.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'alerts'")
        archive.execute("UPDATE cursors SET position = 0 WHERE name = 'dispatch.hits'")
    one, other = room.alerts(reader)
    async with room.running():
        await until(lambda: room.edits(reader, other.message_id), "the repetition is an edit")
        room.server.edit(channel, second, "друга ракета, уточнено")
        await until(
            lambda: any("уточнено" in text for text in room.edits(reader, other.message_id)),
            "the edit is told",
        )
    assert room.edits(reader, one.message_id) == []
    assert len(room.alerts(reader)) == 2


async def test_readers_see_only_their_own_matches(tmp_path):
    async with newsroom(tmp_path, ("first_news", "second_news")) as room, room.running():
        await room.follow("@first_news", "@second_news")
        await room.all_followed(2)
        first = await room.join("First", "ракета")
        second = await room.join("Second", "дрон")
        room.server.post(room.channel(0), "ракета")
        room.server.post(room.channel(1), "дрони")
        await alerted(room, first, 1)
        await alerted(room, second, 1)
    assert "ракета" in room.alerts(first)[0].text
    assert "дрони" in room.alerts(second)[0].text
    assert len(room.alerts(first)) == len(room.alerts(second)) == 1
