"""Forms that are oftener another word: named when a query is made, struck out by a button."""

from newsroom import until
from rows import watched


async def test_a_doubtful_form_is_named_and_struck_out_before_the_query_is_watched(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena")
        shown = await room.say(reader, "/watch сталь")
        assert "стали is also a form of стати" in shown.text
        await room.tap(reader, shown.message_id, "Without стали")
        await room.turned(reader, shown.message_id, "сталь!стали")
        await room.tap(reader, shown.message_id, "At once")
        await room.turned(reader, shown.message_id, "Told: at once")
        (query,) = await watched(room, reader)
        assert query.query == "сталь!стали"
        room.server.post(channel, "Вони стали ждати [1]")
        room.server.post(channel, "Лист сталі подорожчав [2]")
        await until(lambda: room.alerts(reader), "the alert")
    assert ["[2]" in alert.text for alert in room.alerts(reader)] == [True]


async def test_forms_of_a_watched_query_are_struck_out_and_put_back(room):
    async with room.running():
        reader = await room.join("Olena", "сталь")
        (query,) = await watched(room, reader)
        shown = await room.say(reader, f"/forms {query.id}")
        assert "сталлю" in shown.text
        await room.tap(reader, shown.message_id, "Without стали")
        await room.turned(reader, shown.message_id, "Forms of query")
        assert (await watched(room, reader))[0].query == "сталь!стали"
        await room.say(reader, f"/forms {query.id} стали Сталей")
        assert (await watched(room, reader))[0].query == "сталь!сталей"
        card = await room.say(reader, f"/list {query.id}")
        await room.tap(reader, card.message_id, "Forms")
        await until(
            lambda: "Forms of query" in room.world.journal.sent_to(reader.id)[-1].text, "its forms"
        )


async def test_nobody_strikes_in_anothers_query_or_what_is_no_form(room):
    async with room.running():
        owner = await room.join("Olena", "сталь")
        other = await room.join("Iryna", "ракета")
        (query,) = await watched(room, owner)
        answer = await room.say(other, f"/forms {query.id} стали")
        assert f"no query {query.id}" in answer.text
        assert "no form of this word" in (await room.say(owner, f"/forms {query.id} дрон")).text
        assert "/forms 3" in (await room.say(owner, "/forms")).text
        assert (await watched(room, owner))[0].query == "сталь"
