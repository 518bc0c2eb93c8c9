"""Who may talk to the bot, and what it does for them."""

from datetime import UTC, datetime, timedelta

from newsroom import until
from reader import let_in
from rows import known, watched
from telethon import types

from bot.operate import people, texts
from bot.telegram.messages import ButtonPress, Recipient
from storage import alerts, audit, channels, subscriptions
from storage.records import AlertState, Role, SubscriberState


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
        answer = await room.say(reader, '/watchnow ракета "open')
        assert answer.text.startswith("At character 8: ")
        assert "Try: " in answer.text
        for query in ("ракета place:Нетакогоміста", "ракета channel:@unknown", "-ракета", "a"):
            answer = await room.say(reader, f"/watchnow {query}")
            assert ("Try: " in answer.text) is not (query == "a")
        (only,) = await watched(room, reader)
        assert only.query == "a"


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
    async with room.running(), let_in(room, "Olena") as reader:
        subscriber = await known(room, reader.user)
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
        shown = await reader.say("/list")
        assert "page 1 of 15" in shown.text
        for page in range(1, 15):
            await reader.press(shown, "More")
            await reader.becomes(shown, f"page {page + 1} of 15")
        last = (await watched(room, reader.user))[-1]
        await reader.press(shown, f"Delete {last.id}")
        await reader.becomes(shown, "Your queries: 119")
        assert len(await watched(room, reader.user)) == 119


async def test_the_button_of_an_alert_pauses_its_query(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        async with let_in(room, "Olena", "ракета") as reader:
            room.server.post(channel, "ракета")
            alert = await reader.sees("https://t.me/front_news/1")
            await reader.press(alert, "Pause this query")
            await reader.offers(alert, "Resume")
            (query,) = await watched(room, reader.user)
            assert query.state == "paused"
            await reader.press(alert, "Resume")
            await reader.offers(alert, "Pause this query")
            (query,) = await watched(room, reader.user)
            assert query.state == "active"


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
    monkeypatch.setattr("bot.operate.subscribing.MOST_QUERIES", 2)
    async with room.running():
        reader = await room.join("Olena", "ракета", "дрон")
        assert "2 queries" in (await room.say(reader, "/watchnow танк")).text
        assert "Watching" in (await room.say(reader, "/watchnow дрон")).text
        assert len(await watched(room, reader)) == 2


async def test_an_archivist_searches_the_archive_and_a_reporter_may_not(room, on_stack):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        for number in range(7):
            room.server.post(channel, f"ракета номер {number}")
        await room.stored(posts=7)
        reporter = await room.join("Olena")
        archivist = await on_stack(let_in(room, "Ihor", role=Role.ARCHIVIST))
        found = await archivist.say("/search ракети")
        assert [n for n in range(7) if f"номер {n}" in found.text] == [2, 3, 4, 5, 6]
        assert "https://t.me/front_news/7" in found.text
        assert found.labels == ["More ›"]
    async with room.running():  # the buttons of before still turn the pages
        assert "Nothing" in (await archivist.say("/search танк")).text  # it is up again
        await archivist.press(found, "More")
        older = await archivist.becomes(found, "номер 0")
        assert [n for n in range(7) if f"номер {n}" in older.text] == [0, 1]
        await archivist.press(found, "Back")
        newest = await archivist.becomes(found, "номер 6")
        assert [n for n in range(7) if f"номер {n}" in newest.text] == [2, 3, 4, 5, 6]
        refused = await archivist.say("/search номер channel:@frontnews")
        assert "no followed channel is called @frontnews" in refused.text
        assert refused.labels[0].startswith("channel:@front_news")
        await archivist.press(refused, "channel:@front_news")
        again = await archivist.becomes(refused, "номер 6")
        assert again.labels == ["More ›"]
        refused = await archivist.say("/search номер lang:ua")
        assert refused.labels == ["lang:uk", "lang:ru", "lang:en"]
        assert "no command" in (await room.say(reporter, "/search ракета")).text


async def test_a_link_behind_words_is_told_searched_and_tested_by_its_site(room, on_stack):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        chief = await on_stack(let_in(room, "Chief", role=Role.OPERATOR))
        assert "Watching" in (await chief.say("/watchnow url:pravda.com.ua")).text
        number = room.server.post(channel, "🔥 Читайте тут", entities=[behind("https://bbc.com/1")])
        await room.stored(posts=1)
        assert "Nothing" in (await chief.say("/search url:pravda.com.ua")).text
        room.server.edit(
            *(channel, number, "🔥 Читайте тут"),
            entities=[behind("https://Life.Pravda.com.ua/x")],
        )
        told = await chief.sees("🔥 Читайте тут")
        assert ("тут", "Bold") in told.marked
        found = await chief.say("/search url:life.pravda.com.ua")
        assert ("тут", "Bold") in found.marked
        shown = await chief.say("/watch url:pravda.com.ua читати")
        assert {("тут", "Bold"), ("Читайте", "Bold")} <= set(shown.marked)


def behind(url):
    """A link behind the third word, in Telegram's units."""
    return types.MessageEntityTextUrl(offset=11, length=3, url=url)
