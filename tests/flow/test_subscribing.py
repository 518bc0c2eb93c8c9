"""A query is shown with what it would have found, and watched only when a button is pressed."""

import asyncio
from datetime import UTC, datetime, timedelta

from reader import GONE, let_in, reading
from rows import known, watched

from bot.operate import draft_pages, query_pages
from bot.translation import Voice
from storage import drafts, query_history
from storage.records import Rhythm, Role, Surge

SAID = {
    "en": ("Not watched yet", "in the last 24 hours", "Hourly", "Told: once an hour"),
    "uk": ("Ще не відстежується", "за останні 24 години", "Щогодини", "раз на годину"),
    "ru": ("Ещё не отслеживается", "за последние 24 часа", "Ежечасно", "раз в час"),
}


async def filled(room, *texts):
    channel = room.channel()
    await room.follow("@front_news")
    await room.all_followed(1)
    for text in texts:
        room.server.post(channel, text)
    await room.stored(posts=len(texts))


async def test_a_query_is_shown_before_it_is_watched(room):
    async with room.running():
        await filled(
            room, "Збито дрон над Сумами", "Тихо", "Дрони летять", "Ще дрон", "Знову дрони"
        )
        for language, (head, counts, hourly, told) in SAID.items():
            async with let_in(room, f"Olena {language}", language=language) as reader:
                shown = await reader.say("/watch дрон")
                assert head in shown.text
                assert "4 " in shown.text
                assert counts in shown.text
                assert "█" in shown.text
                assert shown.text.count("https://t.me/front_news/") == 3
                assert "Знову дрони" in shown.text
                assert await watched(room, reader.user) == []
                bold = {text.lower() for text, style in shown.marked if style == "Bold"}
                assert {"дрон", "дрони"} <= bold
                await reader.press(shown, hourly)
                await reader.becomes(shown, told)
                (query,) = await watched(room, reader.user)
                assert (query.query, query.rhythm) == ("дрон", Rhythm.HOURLY)


async def test_a_draft_survives_a_restart_and_two_devices_that_press_make_one(room, on_stack):
    async with room.running():
        await filled(room, "дрон")
        phone = await on_stack(let_in(room, "Olena"))
        desk = await on_stack(reading(room, phone.user))
        shown = await phone.say("/watch дрон")
        await desk.sees("Not watched yet")
    async with room.running():
        assert "no queries" in (await phone.say("/list")).text  # it is up again
        answers = await asyncio.gather(
            phone.press_if_there(shown, "At once"), desk.press_if_there(shown, "Hourly")
        )
        refused = ["done already" in answer or answer == GONE for answer in answers]
        assert sorted(refused) == [False, True]
        (query,) = await watched(room, phone.user)
        is_first = "Watching" in answers[0]
        assert is_first is ("Watching" not in answers[1])
        assert query.rhythm is (Rhythm.NOW if is_first else Rhythm.HOURLY)
        told = "at once" if is_first else "once an hour"
        for device in (phone, desk):
            await device.becomes(shown, f"Told: {told}")


async def test_a_draft_is_changed_by_a_message_cancelled_or_expires(room, on_stack):
    async with room.running():
        await filled(room, "дрон", "ракета")
        reader = await on_stack(let_in(room, "Olena"))
        shown = await reader.say("/watch дрон")
        await reader.press(shown, "Change")
        await reader.sees("changed query")
        changed = await reader.say("ракета OR дрон")
        assert "ракета OR дрон" in changed.text
        assert "2 posts" in changed.text
        await reader.press(changed, "Cancel")
        await reader.becomes(changed, "Not watched")
        subscriber = await known(room, reader.user)
        async with room.database() as database, database.transaction() as connection:
            past = datetime.now(UTC) - timedelta(days=3)
            number = await drafts.add(
                connection,
                subscriber.id,
                "танк",
                made_at=past,
                expires_at=past + timedelta(days=2),
            )
            assert await drafts.owned(connection, number, subscriber.id, past) is not None
            now = datetime.now(UTC)
            assert await drafts.owned(connection, number, subscriber.id, now) is None


async def test_a_query_for_surges_only_is_taken_by_its_prefix(room):
    async with room.running():
        await filled(room, "вибух у порту", "тихо")
        for language, voice in ((code, Voice(code)) for code in SAID):
            async with let_in(room, f"Olena {language}", language=language) as reader:
                shown = await reader.say("/watch surge:4/10 вибух")
                size = {"channels": 4, "minutes": 10}
                assert voice.text(draft_pages.ONLY_SURGES, **size) in shown.text
                assert "вибух у порту" in shown.text
                await reader.press(shown, voice.text(draft_pages.NOW))
                await reader.becomes(shown, voice.text(query_pages.SURGE_ONLY, **size))
                (query,) = await watched(room, reader.user)
                assert (query.query, query.surge) == ("вибух", Surge(4, 10))
                refused = await reader.say("surge:1/10 вибух")
                assert "surge:4/10" in refused.text
                changed = await reader.say(f"/edit {query.id} surge: вибухи")
                await reader.press(changed, str(query.id))
                await reader.becomes(changed, voice.text(query_pages.TITLE, number=query.id))
                (query,) = await watched(room, reader.user)
                assert (query.query, query.surge) == ("вибухи", Surge(3, 10))


async def test_plain_words_are_shown_as_a_query_and_watch_nothing(room):
    async with room.running():
        await filled(room, "дрон")
        reader = await room.join("Olena")
        shown = await room.say(reader, "дрон")
        assert "Not watched yet" in shown.text
        assert await watched(room, reader) == []
        assert "only commands" in (await room.say(reader, "/@x")).text
        assert "Did you mean /watch?" in (await room.say(reader, "/wacth дрон")).text


async def test_an_edit_keeps_what_the_query_was(room, on_stack):
    async with room.running():
        await filled(room, "дрон", "ракета")
        reader = await on_stack(let_in(room, "Olena", "дрон"))
        (query,) = await watched(room, reader.user)
        proposed = await reader.say(f"/edit {query.id} ракета")
        assert "is not changed yet" in proposed.text
        assert (await watched(room, reader.user))[0].query == "дрон"
        await reader.press(proposed, "Replace query")
        card = await reader.becomes(proposed, "What it was before")
        assert "дрон" in card.text
        (query,) = await watched(room, reader.user)
        assert query.query == "ракета"
        async with room.database() as database, database.reading() as connection:
            (former,) = await query_history.of(connection, query.id)
        assert former.query == "дрон"
        room.server.post(room.channel(), "ракета летить")
        await reader.sees("ракета летить", "https://t.me/front_news/3")
        assert "no query" in (await reader.say("/edit 999 x")).text
        assert "number of a query" in (await reader.say("/edit")).text
        assert "changed query" in (await reader.say(f"/edit {query.id}")).text
        assert "is not changed yet" in (await reader.say("ракета OR дрон")).text


async def test_a_limit_is_told_before_anything_is_looked_up(room, monkeypatch):
    monkeypatch.setattr("bot.operate.subscribing.MOST_QUERIES", 1)
    async with room.running():
        reader = await room.join("Olena", "дрон")
        assert "1 queries, as many as one may" in (await room.say(reader, "/watch танк")).text
        assert "Try: " in (await room.say(reader, '/watch "танк')).text


async def test_an_operator_sees_what_a_scan_costs_before_taking_it_and_a_reporter_is_refused(
    room, on_stack
):
    async with room.running():
        await filled(room, "дрон", "ракета")
        chief = await on_stack(let_in(room, "Chief", role=Role.OPERATOR))
        shown = await chief.say("/watchnow *")
        assert "Every post must be checked" in shown.text
        assert "newest 2 posts, of which 2 match" in shown.text
        assert await watched(room, chief.user) == []
        await chief.press(shown, "At once")
        await chief.becomes(shown, "Told: at once")
        (query,) = await watched(room, chief.user)
        assert query.query == "*"
        room.server.post(room.channel(), "Тихо")
        await chief.sees("Тихо")
        reader = await on_stack(let_in(room, "Olena"))
        for way in ("/watch", "/watchnow"):
            refused = await reader.say(f"{way} *")
            assert "match every post" in refused.text
            assert refused.labels == []


async def test_what_was_meant_by_an_unknown_value_is_a_press_away(room, on_stack):
    async with room.running():
        await filled(room, "дрон", "ракета")
        reader = await on_stack(let_in(room, "Olena", language="uk"))
        refused = await reader.say("/watch дрон channel:@frontnews")
        assert "серед каналів немає @frontnews" in refused.text
        assert refused.labels[0].startswith("channel:@front_news")
        await reader.press(refused, "channel:@front_news")
        shown = await reader.becomes(refused, "дрон channel:@front_news", "Ще не відстежується")
        assert await watched(room, reader.user) == []
        await reader.press(shown, "Щогодини")
        await reader.becomes(shown, "раз на годину")
        (query,) = await watched(room, reader.user)
        shown = await reader.say("/watchnow дрон або ракета")
        assert "«\u2068або\u2069» шукаємо як слово" in shown.text  # seen before it is watched
        refused = await reader.say(f"/edit {query.id} дрон lang:ua")
        assert refused.labels == ["lang:uk", "lang:ru", "lang:en"]
        await reader.press(refused, "lang:uk")
        shown = await reader.becomes(refused, "дрон lang:uk")
        await reader.press(shown, f"Замінити запит {query.id}")
        await reader.becomes(shown, "дрон lang:uk")
        (changed,) = await watched(room, reader.user)
        assert (changed.id, changed.query) == (query.id, "дрон lang:uk")
