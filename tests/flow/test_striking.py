"""Forms that are oftener another word: named when a query is made, struck out by a button."""

from reader import let_in
from rows import watched


async def test_a_doubtful_form_is_named_and_struck_out_before_the_query_is_watched(room, on_stack):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await on_stack(let_in(room, "Olena"))
        shown = await reader.say("/watch сталь")
        assert "стали is also a form of стати" in shown.text
        await reader.press(shown, "Without стали")
        await reader.becomes(shown, "сталь!стали")
        await reader.press(shown, "At once")
        await reader.becomes(shown, "Told: at once")
        (query,) = await watched(room, reader.user)
        assert query.query == "сталь!стали"
        room.server.post(channel, "Вони стали ждати [1]")
        room.server.post(channel, "Лист сталі подорожчав [2]")
        await reader.sees("[2]")
    assert ["[2]" in alert.text for alert in room.alerts(reader.user)] == [True]


async def test_forms_of_a_watched_query_are_struck_out_and_put_back(room):
    async with room.running(), let_in(room, "Olena", "сталь") as reader:
        (query,) = await watched(room, reader.user)
        shown = await reader.say(f"/forms {query.id}")
        assert "сталлю" in shown.text
        await reader.press(shown, "Without стали")
        await reader.offers(shown, "With стали")
        assert (await watched(room, reader.user))[0].query == "сталь!стали"
        await reader.say(f"/forms {query.id} стали Сталей")
        assert (await watched(room, reader.user))[0].query == "сталь!сталей"
        card = await reader.say(f"/list {query.id}")
        await reader.press(card, "Forms")
        await reader.sees("Forms of query", after=card.id)


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
