"""Who may talk to the bot, and what it does for them."""

from datetime import UTC, datetime, timedelta

import structlog
from newsroom import until

from bot.operate import people, texts
from bot.telegram.messages import ButtonPress, Recipient
from storage import alert_cases, alerts, audit, channels, subscribers, subscriptions
from storage.records import AlertId, AlertState, Role, SubscriberState


async def known(room, person):
    async with room.database() as database, database.reading() as connection:
        return await subscribers.by_telegram_id(connection, person.id)


async def watched(room, person):
    subscriber = await known(room, person)
    async with room.database() as database, database.reading() as connection:
        return await subscriptions.page(connection, subscriber.id)


async def test_a_stranger_gets_one_polite_line_and_then_silence(room):
    async with room.running():
        stranger = room.world.add_user("+380990000001", "Stranger")
        answer = await room.say(stranger, "/start")
        assert answer.text == texts.STRANGER
        for text in ("/list", "/health", "/start wrong-code", "hello"):
            room.server.write(stranger, room.bot, text)
        member = await room.join("Olena")
        assert (await room.say(member, "/list")).text == texts.NO_QUERIES
        assert len(room.world.journal.sent_to(stranger.id)) == 1
        assert await known(room, stranger) is None


async def test_an_invite_lets_one_person_in_once(room):
    async with room.running():
        code = await room.invite()
        first = room.world.add_user("+380990000001", "First")
        second = room.world.add_user("+380990000002", "Second")
        assert "Welcome" in (await room.say(first, f"/start {code}")).text
        assert (await room.say(second, f"/start {code}")).text == texts.STRANGER
        assert "already" in (await room.say(first, f"/start {code}")).text
        assert (await known(room, first)).role is Role.REPORTER


async def test_watching_twice_makes_one_and_unwatch_deletes_it(room):
    async with room.running():
        reader = await room.join("Olena", "ракета", "ракета")
        (only,) = await watched(room, reader)
        answer = await room.say(reader, f"/unwatch {only.id}")
        assert "Deleted" in answer.text
        assert "no query" in (await room.say(reader, f"/unwatch {only.id}")).text
        assert await watched(room, reader) == []


async def test_a_bad_query_is_answered_with_its_place_and_an_example(room):
    async with room.running():
        reader = await room.join("Olena")
        answer = await room.say(reader, '/watch ракета "open')
        assert answer.text.startswith("At character 8: ")
        assert "Try: " in answer.text
        assert await watched(room, reader) == []


async def test_nobody_changes_what_is_anothers(room):
    async with room.running():
        owner = await room.join("Owner", "ракета")
        other = await room.join("Other")
        (mine,) = await watched(room, owner)
        assert "no query" in (await room.say(other, f"/unwatch {mine.id}")).text
        # A client can send what no button of its message holds.
        sender = Recipient(other.id, (await known(room, other)).access_hash)
        for data in (f"ld:0:{mine.id}", f"p:{mine.id}:1", "c:0", "w:0", "ld:x:y", "", "p:1:2:3:4"):
            forged = ButtonPress(sender, 1, 1, data.encode())
            room.app._talk._session.incoming.put_nowait(forged)
        await room.say(other, "/list")
        assert [item.id for item in await watched(room, owner)] == [mine.id]


async def test_a_long_list_turns_its_pages_and_deletes_by_button(room):
    async with room.running():
        reader = await room.join("Olena")
        subscriber = await known(room, reader)
        async with room.database() as database, database.transaction() as connection:
            for number in range(120):
                query = f"слово{number}"
                await subscriptions.add(
                    connection,
                    subscriber.id,
                    query=query,
                    normal=query,
                    added_at=datetime.now(UTC),
                )
        shown = await room.say(reader, "/list")
        assert "page 1 of 15" in shown.text
        for page in range(1, 15):
            await room.server.press(reader, room.bot, shown.message_id, f"l:{page}".encode())
            title = f"page {page + 1} of 15"
            await until(
                lambda title=title: any(title in t for t in room.edits(reader, shown.message_id)),
                title,
            )
        last = (await watched(room, reader))[-1]
        await room.server.press(reader, room.bot, shown.message_id, f"ld:14:{last.id}".encode())
        await until(
            lambda: any(
                "Your queries: 119" in text for text in room.edits(reader, shown.message_id)
            ),
            "the list without it",
        )
        assert len(await watched(room, reader)) == 119


async def test_the_button_of_an_alert_pauses_its_query(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.post(channel, "ракета")
        await until(lambda: room.alerts(reader), "an alert")
        (alert,) = room.alerts(reader)
        (query,) = await watched(room, reader)
        await room.server.press(reader, room.bot, alert.message_id, f"p:{query.id}:1".encode())
        await until(
            lambda: any(
                entry.act == "edited"
                and entry.message_id == alert.message_id
                and any("Resume" in label for row in entry.buttons for label in row)
                for entry in room.world.journal.bot_messages
            ),
            "the button turned round",
        )
        (query,) = await watched(room, reader)
        assert query.state == "paused"


async def test_operators_commands_are_unknown_to_reporters(room):
    async with room.running():
        reporter = await room.join("Reporter")
        for command in ("/channels", "/add @x", "/invite", "/people", "/health"):
            assert "no command" in (await room.say(reporter, command)).text


async def test_an_operator_adds_removes_invites_and_leaves_a_trail(room):
    async with room.running():
        chief = await room.join("Chief", role=Role.OPERATOR)
        assert "@front_news" in (await room.say(chief, "/add https://t.me/front_news")).text
        await room.all_followed(1)
        assert "followed" in (await room.say(chief, "/channels")).text
        assert "channels followed: 1" in (await room.say(chief, "/health")).text
        assert "cannot read" in (await room.say(chief, "/add !")).text
        assert "Off the list" in (await room.say(chief, "/remove @front_news")).text
        assert "no channel" in (await room.say(chief, "/remove @front_news")).text
        assert "Chief" in (await room.say(chief, "/people")).text
        invited = await room.say(chief, "/invite archivist 2 1")
        code = invited.text.rpartition("?start=")[2]
        newcomer = room.world.add_user("+380990000009", "Newcomer")
        await room.say(newcomer, f"/start {code}")
        assert (await known(room, newcomer)).role is Role.ARCHIVIST
        async with room.database() as database, database.reading() as connection:
            trail = [entry.act for entry in await audit.newest(connection, 10)]
            entries = await audit.newest(connection, 10)
            assert await channels.listed(connection) == []
        assert trail == [
            "person let in",
            "invite made",
            "channel removed",
            "channel added",
            "person let in",
        ]
        assert all(code not in repr(entry) for entry in entries)


async def test_who_blocked_the_bot_is_told_when_they_write_again(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.world.block(reader, room.bot)
        room.server.post(channel, "ракета перша")

        async def is_withheld() -> bool:
            async with room.database() as database, database.reading() as connection:
                return (await alerts.counts(connection))[AlertState.WITHHELD] == 1

        await until(is_withheld, "the alert is withheld")
        assert (await known(room, reader)).state is SubscriberState.BLOCKED_BOT
        room.server.post(channel, "ракета друга")
        await room.stored(posts=2)
        room.world.block(reader, room.bot, blocked=False)
        room.server.write(reader, room.bot, "/list")
        await until(lambda: len(room.alerts(reader)) == 2, "both alerts")
        assert (await known(room, reader)).state is SubscriberState.ACTIVE


async def test_times_are_shown_in_the_zone_a_person_chose(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        assert "Asia/Kathmandu" in (await room.say(reader, "/timezone Asia/Kathmandu")).text
        refused = await room.say(reader, "/timezone ../etc/passwd")
        assert "no time zone" in refused.text
        moment = datetime.now(UTC)
        room.server.post(channel, "ракета", date=moment)
        await until(lambda: room.alerts(reader), "an alert")
        local = moment + timedelta(hours=5, minutes=45)
        assert f"{local:%H:%M}" in room.alerts(reader)[0].text


async def test_a_burst_for_one_reader_is_paced_and_keeps_no_other_waiting(room):
    channel = room.channel()
    async with room.running(sends_per_chat_per_s=5.0):
        await room.follow("@front_news")
        await room.all_followed(1)
        busy = await room.join("Busy", "дрон")
        calm = await room.join("Calm", "ракета")
        for number in range(12):
            room.server.post(channel, f"дрон {number}")
        room.server.post(channel, "ракета")
        await until(lambda: room.alerts(calm), "the other reader's alert")
        assert len(room.alerts(busy)) < 12
        await until(lambda: len(room.alerts(busy)) == 12, "all alerts of the burst")


async def test_a_refused_alert_is_dead_with_its_reason_and_the_next_one_goes(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.faults.fail("messages.sendMessage", "PEER_ID_INVALID")
        room.server.post(channel, "ракета перша")
        room.server.post(channel, "ракета друга")
        await until(lambda: room.alerts(reader), "the second alert")
        async with room.database() as database, database.reading() as connection:
            counts = await alerts.counts(connection)
            (case,) = await alert_cases.cases(connection, [AlertId(1)])
        assert counts[AlertState.DEAD] == 1
        assert case.alert.state is AlertState.DEAD
        assert "PEER_ID_INVALID" in case.alert.reason
        assert "друга" in room.alerts(reader)[0].text


async def test_one_persons_messages_are_answered_in_order(room):
    async with room.running():
        reader = await room.join("Olena")
        before = len(room.world.journal.sent_to(reader.id))
        for number in range(10):
            room.server.write(reader, room.bot, f"/watch слово{number}")
        await until(
            lambda: len(room.world.journal.sent_to(reader.id)) == before + 10, "all answers"
        )
        answers = room.world.journal.sent_to(reader.id)[before:]
        assert all(f"слово{n}" in answer.text for n, answer in enumerate(answers))


async def test_an_answer_waits_out_a_flood_and_comes_once(room):
    async with room.running():
        reader = await room.join("Olena")
        room.server.faults.flood("messages.sendMessage", 1, count=1)
        assert "Watching" in (await room.say(reader, "/watch ракета")).text
        room.server.faults.lose_answers("messages.sendMessage", 1)
        assert "Your queries" in (await room.say(reader, "/list")).text
        assert "Europe/Kyiv" in (await room.say(reader, "/timezone Europe/Kyiv")).text
        texts_sent = [entry.text for entry in room.world.journal.sent_to(reader.id)]
        assert len([text for text in texts_sent if "Your queries" in text]) == 1


async def test_a_person_put_out_stays_out_by_an_older_invite(room):
    async with room.running() as app:
        older = await people.invite(app.database, Role.REPORTER, uses=5, days=1)
        reader = await room.join("Olena")
        await people.remove(app.database, (await known(room, reader)).id)
        assert (await room.say(reader, f"/start {older.code}")).text == texts.STRANGER
        newer = await people.invite(app.database, Role.REPORTER, uses=1, days=1)
        assert "Welcome" in (await room.say(reader, f"/start {newer.code}")).text


async def test_a_higher_invite_raises_a_role_and_a_lower_one_is_not_spent(room):
    async with room.running() as app:
        reader = await room.join("Olena")
        lower = await people.invite(app.database, Role.REPORTER, uses=1, days=1)
        higher = await people.invite(app.database, Role.OPERATOR, uses=1, days=1)
        assert "already" in (await room.say(reader, f"/start {lower.code}")).text
        assert "operator" in (await room.say(reader, f"/start {higher.code}")).text
        other = room.world.add_user("+380990000005", "Other")
        assert "Welcome" in (await room.say(other, f"/start {lower.code}")).text


async def test_nobody_watches_for_more_than_the_limit(room, monkeypatch):
    monkeypatch.setattr("bot.operate.commands.MOST_QUERIES", 2)
    async with room.running():
        reader = await room.join("Olena", "ракета", "дрон")
        assert "2 queries" in (await room.say(reader, "/watch танк")).text
        assert "Watching" in (await room.say(reader, "/watch дрон")).text
        assert len(await watched(room, reader)) == 2


async def test_an_archivist_searches_the_archive_and_a_reporter_may_not(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        for number in range(7):
            room.server.post(channel, f"ракета номер {number}")
        await room.stored(posts=7)
        archivist = await room.join("Ihor", role=Role.ARCHIVIST)
        reporter = await room.join("Olena")
        found = await room.say(archivist, "/search ракети")
        assert [n for n in range(7) if f"номер {n}" in found.text] == [2, 3, 4, 5, 6]
        assert "https://t.me/front_news/7" in found.text
        assert "Nothing" in (await room.say(archivist, "/search танк")).text
        assert "no command" in (await room.say(reporter, "/search ракета")).text


async def test_text_that_is_no_command_is_answered_with_the_way_to_help(room):
    async with room.running():
        reader = await room.join("Olena")
        for text in ("hello", "/", "", "/watch@other_bot ракета", "🚀" * 2000):
            assert "/help" in (await room.say(reader, text)).text
        assert "/watch" in (await room.say(reader, "/help@Earshot_Bot")).text
        assert "/invite" not in (await room.say(reader, "/help")).text


async def test_what_was_written_while_the_bot_was_away_is_answered_at_the_next_start(room):
    async with room.running():
        reader = await room.join("Olena")
    before = len(room.world.journal.sent_to(reader.id))
    room.server.write(reader, room.bot, "/watch ракета")
    async with room.running():
        await until(
            lambda: len(room.world.journal.sent_to(reader.id)) > before, "an answer after all"
        )
        assert len(await watched(room, reader)) == 1


async def test_commands_told_again_after_a_crash_change_nothing(room):
    async with room.running():
        reader = await room.join("Olena")
        session = room.app._talk._session
        heard, put = [], session.incoming.put_nowait
        session.incoming.put_nowait = lambda item: (heard.append(item), put(item))
        await room.say(reader, "/watch ракета")
        (only,) = await watched(room, reader)
        await room.say(reader, f"/unwatch {only.id}")
        sent = len(room.world.journal.sent_to(reader.id))
        for item in heard:
            put(item)
        assert "no queries" in (await room.say(reader, "/list")).text
        assert len(room.world.journal.sent_to(reader.id)) == sent + 1


async def test_refused_and_delayed_attempts_are_counted(room):
    channel = room.channel()
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "ракета")
        room.server.faults.flood("messages.sendMessage", 1, count=1)
        room.server.post(channel, "ракета перша")
        await until(lambda: len(room.alerts(reader)) == 1, "the first alert")
        room.server.faults.fail("messages.sendMessage", "PEER_ID_INVALID")
        room.server.post(channel, "ракета друга")
        await until(lambda: "dead" in app.telemetry.tally.alerts, "the refusal")
        tally = app.telemetry.tally
    assert tally.alerts == {"later": 1, "sent": 1, "dead": 1}
    assert tally.flood_s == 1


async def test_a_fault_is_told_and_neither_codes_nor_queries_are_logged(room, monkeypatch):
    async def fail(_connection, _subscriber_id, *, query, **_fields):
        raise RuntimeError(query)

    with structlog.testing.capture_logs() as logs:
        async with room.running() as app:
            invited = await people.invite(app.database, Role.REPORTER, uses=1, days=1)
            reader = room.world.add_user("+380990000001", "Olena")
            await room.say(reader, f"/start {invited.code}")
            await room.say(reader, "/watch нишпорка")
            await room.say(reader, "/нишпорка")
            monkeypatch.setattr(subscriptions, "add", fail)
            assert (await room.say(reader, "/watch нишпорка друга")).text == texts.FAULT
            monkeypatch.undo()
            assert "Watching" in (await room.say(reader, "/watch нишпорка третя")).text
    assert any(entry["event"] == "command failed" for entry in logs)
    assert "нишпорка" not in repr(logs)
    assert invited.code not in repr(logs)


async def test_people_are_answered_while_another_waits_out_a_flood(room):
    async with room.running():
        waiting = await room.join("Waiting")
        other = await room.join("Other")
        fault = room.server.faults.flood("messages.sendMessage", 60, count=1)
        room.server.write(waiting, room.bot, "/list")
        await until(lambda: fault.done, "the flood wait")
        assert "no queries" in (await room.say(other, "/list")).text


async def test_one_readers_flood_wait_keeps_no_other_readers_alert_waiting(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        first = await room.join("First", "ракета")
        second = await room.join("Second", "дрон")
        fault = room.server.faults.flood("messages.sendMessage", 60, count=1)
        room.server.post(channel, "ракета")
        await until(lambda: fault.done, "the flood wait")
        room.server.post(channel, "дрон")
        await until(lambda: room.alerts(second), "the other reader's alert")
        assert not room.alerts(first)


async def test_a_flood_wait_of_several_readers_lets_everybody_wait(room):
    channel = room.channel()
    async with room.running(sends_per_s=2.0):
        await room.follow("@front_news")
        await room.all_followed(1)
        readers = [await room.join(f"Reader {number}", "ракета") for number in range(8)]
        fault = room.server.faults.flood("messages.sendMessage", 2, lasting=True)
        room.server.post(channel, "ракета")
        for reader in readers:
            await until(lambda reader=reader: room.alerts(reader), "everybody's alert")
        assert fault.done < 2 * len(readers)
