"""The buttons under an alert: judge it, silence, mute, edit, read in full; and /why."""

import pytest
from newsroom import until
from rows import known, watched

from bot.telegram.messages import ButtonPress, Recipient
from storage import alerts, channels, feedback, mutes
from storage.records import AlertState, Precision

pytestmark = pytest.mark.usefixtures("at_clients")


async def alerted(room, reader, *texts):
    channel = room.channel()
    for text in texts:
        before = len(room.alerts(reader))
        room.server.post(channel, text)
        await until(lambda before=before: len(room.alerts(reader)) > before, f"an alert of {text}")
    return room.alerts(reader)


async def told(room, reader, text):
    def found():
        return [e for e in room.world.journal.sent_to(reader.id) if text in e.text]

    await until(lambda: bool(found()), text)
    return found()[-1]


async def judged(room, query):
    async with room.database() as database, database.reading() as connection:
        return (await feedback.precisions(connection, [query.id]))[query.id]


NOISE = (
    "Розіграш: виграй дрон від спонсора",
    "Великий розіграш дронів для підписників",
    "Завершуємо розіграш, дрон чекає",
    "Учасники розіграшу отримають дрон",
)
USEFUL = ("Дрон збито над Сумами", "Два дрони на Полтаву", "Дрон упав у полі")


async def test_judging_gives_a_precision_and_a_word_to_leave_out(room):
    async with room.running(sends_per_chat_per_s=100.0):
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "дрон")
        (query,) = await watched(room, reader)
        had = await alerted(room, reader, *USEFUL, *NOISE)
        for alert in had[:3]:
            assert "Noted: useful" in await room.tap(reader, alert.message_id, "Useful")
        for alert in had[3:]:
            answer = await room.tap(reader, alert.message_id, "Noise")
        assert "Of 7 alerts you judged 43 % were useful" in answer
        assert await judged(room, query) == Precision(useful=3, noise=4)
        # The last word counts, however often and from however many devices it is said.
        await room.tap(reader, had[0].message_id, "Useful")
        assert await judged(room, query) == Precision(useful=3, noise=4)
        offer = await told(room, reader, "Leave it out of query")
        assert "4 of 4 alerts you called noise hold “розіграш”, 0 of 3 useful" in offer.text
        await room.tap(reader, offer.message_id, "Add -розіграш")
        await room.turned(reader, offer.message_id, "What it was before")
        (query,) = await watched(room, reader)
        assert query.normal == "дрон -розіграш"
        assert "👍 43 %" in (await room.say(reader, "/list")).text


async def test_a_channel_is_muted_for_one_query_or_all_and_let_in_again(room):
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "дрон")
        (query,) = await watched(room, reader)
        (alert,) = await alerted(room, reader, "дрон")
        await room.tap(reader, alert.message_id, "Mute")
        asked = await told(room, reader, "Shall I leave")
        await room.tap(reader, asked.message_id, "For: ")
        await room.turned(reader, asked.message_id, "is left out now")
        assert "is left out" in (await room.say(reader, "/mute @front_news")).text
        subscriber = await known(room, reader)
        async with room.database() as database, database.reading() as connection:
            found = await mutes.of(connection, subscriber.id)
        assert [item.subscription_id for item in found] == [query.id, None]
        listed = await room.say(reader, "/mutes")
        assert "What you leave out: 2" in listed.text
        await room.tap(reader, listed.message_id, "Let ")
        await room.turned(reader, listed.message_id, "What you leave out: 1")
        assert "no channel or group" in (await room.say(reader, "/mute @elsewhere")).text
        assert "no query" in (await room.say(reader, "/mute @front_news 999")).text
        assert "Write what to leave out" in (await room.say(reader, "/mute")).text


async def test_a_group_is_muted_for_one_query_and_why_says_so(room):
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "дрон", "ракета")
        async with room.database() as database, database.transaction() as connection:
            (channel,) = await channels.listed(connection)
            await channels.set_groups(connection, channel.id, {"air"})
        drone, _ = await watched(room, reader)
        answer = await room.say(reader, f"/mute group:air {drone.id}")
        assert "is left out now" in answer.text
        assert "for query" in (await room.say(reader, "/mutes")).text
        room.server.post(room.channel(), "дрон над містом")
        await alerted(room, reader, "ракета над містом")
        (alert,) = room.alerts(reader)
        assert "ракета" in alert.text
        why = await room.say(reader, "/why https://t.me/front_news/1")
        assert "withheld: the channel, or a group it is in, is muted" in why.text
        await room.tap(reader, (await room.say(reader, "/mutes")).message_id, "Let ")
        await alerted(room, reader, "дрон удруге, зовсім інша подія")


async def test_more_tells_the_whole_text_and_every_revision(room):
    channel = room.channel()
    long = "дрон " + "слово " * 600
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "дрон")
        number = room.server.post(channel, long)
        await until(lambda: room.alerts(reader), "an alert")
        alert = room.alerts(reader)[0]
        await room.tap(reader, alert.message_id, "More")
        whole = await told(room, reader, "The whole text")
        assert whole.text.count("слово") > 250
        room.server.edit(channel, number, long + "уточнено")
        await until(lambda: room.edits(reader, alert.message_id), "the edit is told")
        await room.tap(reader, alert.message_id, "More")
        await until(
            lambda: (
                any("as a file" in e.text for e in room.world.journal.sent_to(reader.id))
                or any("Revision 2" in e.text for e in room.world.journal.sent_to(reader.id))
            ),
            "both revisions",
        )


async def test_why_says_what_matched_what_failed_and_what_was_sent(room):
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", "дрон", "дрон -розіграш", "танк Суми")
        await alerted(room, reader, "Розіграш дронів")

        async def is_noted():
            async with room.database() as database, database.reading() as connection:
                return (await alerts.counts(connection))[AlertState.SENT] == 1

        await until(is_noted, "the delivery is noted")
        answer = (await room.say(reader, "/why https://t.me/front_news/1")).text
        assert "You were alerted at" in answer
        assert "✓ matched: \u2068дронів\u2069" in answer
        assert "excluded: \u2068-розіграш\u2069" in answer
        assert "missing \u2068танк\u2069, \u2068Суми\u2069" in answer
        stranger_to_it = await room.join("Other", "танк", language="uk")
        other = (await room.say(stranger_to_it, "/why t.me/front_news/1")).text
        assert "вам не було" in other
        assert "бракує" in other
        assert "not in the archive" in (await room.say(reader, "/why t.me/front_news/99")).text
        assert "Write the link" in (await room.say(reader, "/why what")).text


async def test_nobody_judges_or_reads_anothers_alert(room):
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        owner = await room.join("Owner", "дрон")
        other = await room.join("Other", "танк")
        (query,) = await watched(room, owner)
        await alerted(room, owner, "дрон")
        subscriber = await known(room, other)
        presses = room.app._talk._session  # the door lets nothing forged in: go past it
        assert presses is not None
        sender = Recipient(other.id, subscriber.access_hash)
        for verb in ("au", "an", "ao", "am", "ae"):
            presses.incoming.put_nowait(ButtonPress(sender, 1, 1, f"{verb}:1".encode()))
        presses.incoming.put_nowait(ButtonPress(sender, 1, 1, f"mt:1:{query.id}".encode()))
        await room.say(other, "/list")
        assert await judged(room, query) == Precision()
        async with room.database() as database, database.reading() as connection:
            assert await mutes.of(connection, subscriber.id) == []
        assert not any("дрон" in e.text for e in room.world.journal.sent_to(other.id))
