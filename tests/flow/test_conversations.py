"""Answers and alerts when the going is rough: floods, faults, bursts, crashes."""

import structlog
from newsroom import until
from rows import watched

from bot.operate import people, texts
from storage import alert_cases, alerts, subscriptions
from storage.records import AlertId, AlertState, Role


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
            room.server.write(reader, room.bot, f"/watchnow слово{number}")
        await until(
            lambda: len(room.world.journal.sent_to(reader.id)) == before + 10, "all answers"
        )
        answers = room.world.journal.sent_to(reader.id)[before:]
        assert all(f"слово{n}" in answer.text for n, answer in enumerate(answers))


async def test_an_answer_waits_out_a_flood_and_comes_once(room):
    async with room.running():
        reader = await room.join("Olena")
        room.server.faults.flood("messages.sendMessage", 1, count=1)
        assert "Watching" in (await room.say(reader, "/watchnow ракета")).text
        room.server.faults.lose_answers("messages.sendMessage", 1)
        assert "Your queries" in (await room.say(reader, "/list")).text
        assert "Europe/Kyiv" in (await room.say(reader, "/timezone Europe/Kyiv")).text
        texts_sent = [entry.text for entry in room.world.journal.sent_to(reader.id)]
        assert len([text for text in texts_sent if "Your queries" in text]) == 1


async def test_what_is_written_while_the_connection_is_away_is_answered_when_it_is_back(room):
    async with room.running():
        reader = await room.join("Olena")
        room.server.refuse_connections(0.2)
        room.server.cut(room.bot)
        await until(lambda: not room.server.connected(room.bot), "the bot is cut off")
        answer = await room.say(reader, "/list")  # no push of it can arrive
        assert "no queries" in answer.text


async def test_text_that_is_no_command_is_answered_with_the_way_to_help(room):
    async with room.running():
        reader = await room.join("Olena")
        for text in ("/", "", "/watch@other_bot ракета"):
            assert "/help" in (await room.say(reader, text)).text
        for text in ("🚀" * 2000, "слово " * 600, "a OR", "\u202e" * 4000):
            assert "Not watched yet" not in (await room.say(reader, text)).text
        assert "/watch" in (await room.say(reader, "/help@Earshot_Bot")).text
        assert "/invite" not in (await room.say(reader, "/help")).text
        every = (await room.say(reader, "/help all")).text
        assert "/unwatch NUMBER" in every
        assert "/invite" not in every


async def test_what_was_written_while_the_bot_was_away_is_answered_at_the_next_start(room):
    async with room.running():
        reader = await room.join("Olena")
    before = len(room.world.journal.sent_to(reader.id))
    room.server.write(reader, room.bot, "/watchnow ракета")
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
        await room.say(reader, "/watchnow ракета")
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
            await room.say(reader, "/watchnow нишпорка")
            await room.say(reader, "/нишпорка")
            monkeypatch.setattr(subscriptions, "add", fail)
            assert (await room.say(reader, "/watchnow нишпорка друга")).text == texts.FAULT
            monkeypatch.undo()
            assert "Watching" in (await room.say(reader, "/watchnow нишпорка третя")).text
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
    async with room.running(sends_per_s=4.0):
        await room.follow("@front_news")
        await room.all_followed(1)
        readers = [await room.join(f"Reader {number}", "ракета") for number in range(6)]
        fault = room.server.faults.flood("messages.sendMessage", 1, lasting=True)
        room.server.post(channel, "ракета")
        for reader in readers:
            await until(lambda reader=reader: room.alerts(reader), "everybody's alert")
        assert fault.done < 2 * len(readers)
