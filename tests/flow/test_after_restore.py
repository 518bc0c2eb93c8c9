"""An archive put back to an earlier state tells nobody again what they were told since."""

import sqlite3
from contextlib import closing

from newsroom import until
from reader import BOT, let_in
from rows import known

from bot.operate import keeping
from storage import alert_cases, notices
from storage.folder import DataFolder
from storage.records import AlertId, AlertState, NoticeKind

FURTHER = 400  # messages that came between


async def alert_of(room, number=1):
    async with room.database() as database, database.reading() as connection:
        found = await alert_cases.cases(connection, [AlertId(number)])
    return found[0].alert if found else None


async def follow_ups(room, reader):
    person = await known(room, reader.user)
    async with room.database() as database, database.reading() as connection:
        found = await notices.of(connection, person.id)
    return [notice for notice in found if notice.kind is NoticeKind.FOLLOW_UP]


async def test_what_was_told_since_a_backup_is_found_again_however_much_was_sent(room, on_stack):
    folder, channel = DataFolder(room.settings.data_dir), room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await on_stack(let_in(room, "Olena", "ракета"))
        first = room.server.post(channel, "ракета перша")
        await reader.sees("https://t.me/front_news/1")
    made = await keeping.back_up(folder, None, keep=0)
    stranger = room.world.add_user("+380990000001", "Stranger")
    for _ in range(FURTHER):
        room.server.write(stranger, room.bot, "…")
    async with room.running():
        second = room.server.post(channel, "друга ракета, зовсім інша, на заході")
        told = await reader.sees("https://t.me/front_news/2")
        room.server.delete(channel, [first])
        await reader.sees("was deleted")
        shown = set(reader.screen)
    await keeping.restore(made.path, folder, replace=True)
    async with room.running():

        async def is_followed_up() -> bool:
            found = await follow_ups(room, reader)
            return [notice.state for notice in found] == [AlertState.SENT]

        await until(is_followed_up, "the deletion is noted again, and as told")
        room.server.edit(channel, second, "друга ракета, уточнено")
        await reader.becomes(told, "уточнено")
        room.server.post(channel, "третя ракета, на сході, нічого спільного")
        newest = await reader.sees("https://t.me/front_news/3")
    assert set(reader.screen) == shown | {newest.id}


async def test_an_alert_that_is_not_found_again_is_never_told_anew_and_says_why(room, on_stack):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await on_stack(let_in(room, "Olena", "ракета"))
        number = room.server.post(channel, "ракета перша")
        told = await reader.sees("https://t.me/front_news/1")
    await reader.client.delete_messages(BOT, [told.id], revoke=True)
    with closing(sqlite3.connect(room.settings.data_dir / "earshot.db")) as archive, archive:
        archive.execute("DELETE FROM deliveries")
        archive.execute("DELETE FROM alerts")
        archive.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'alerts'")
        archive.execute("UPDATE cursors SET position = 0 WHERE name = 'dispatch.hits'")
    shown = set(reader.screen)
    async with room.running():
        for version, text in ((1, ""), (2, "ракета друга")):
            if text:
                room.server.edit(channel, number, text)

            async def is_noted(version: int = version) -> bool:
                alert = await alert_of(room)
                return bool(alert and alert.sent_version == version)

            await until(is_noted, f"version {version} is noted")
        why = await reader.say("/why https://t.me/front_news/1")
        assert "not found again" in why.text
        room.server.delete(channel, [number])
        gone = await reader.sees("was deleted")  # what matters is told all the same
    assert set(reader.screen) - shown == {why.id, gone.id}
