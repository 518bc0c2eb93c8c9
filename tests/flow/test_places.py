"""Alerts by place: what they say, what a reader's verdict teaches, which place is meant."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from newsroom import until
from reader import let_in

from bot.publish import mapping
from bot.publish.mapping import MapFormat
from bot.publish.search import Wanted
from storage import places, subscriptions
from storage.records import AlertId, SubscriberId, SubscriptionId


async def test_an_alert_by_place_says_where_and_how_surely_and_takes_a_verdict(room, on_stack):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await on_stack(let_in(room, "Olena", 'near:"Sudzha, 30 km"'))
        room.server.post(channel, "Тиша на всіх напрямках.")
        room.server.post(channel, "Взрывы в Судже, работает ПВО.")
        alert = await reader.sees("Судже")
        assert len(room.alerts(reader.user)) == 1
        assert "Sudzha" in alert.text
        assert "Kursk Oblast" in alert.text
        assert "0 km from" in alert.text
        assert "% sure" in alert.text
        assert "https://www.openstreetmap.org/?mlat=51.1" in alert.text
        assert any(label.startswith("Right place") for label in alert.labels)
        assert any(label.startswith("Wrong place") for label in alert.labels)
        for label, said in (("Wrong place", "is not"), ("Right place", "is ")):
            assert said in await reader.press(alert, label)
        async with room.database() as database, database.reading() as connection:
            (prior,) = (await places.priors(connection)).values()
        assert list(prior.right.values()) == [1]  # the second verdict replaced the first
        assert not prior.wrong
        assert sum(prior.regions.values()) >= 1


async def test_a_verdict_on_somebody_elses_alert_is_none(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        owner = await room.join("Olena", "place:Суджа")
        await room.join("Ivan", "place:Глушково")
        room.server.post(channel, "Взрывы в Судже.")
        await until(lambda: room.alerts(owner), "the alert")
        async with room.database() as database, database.transaction() as connection:
            for subscriber, expected in ((2, False), (1, True)):
                judged = await places.judge(
                    connection,
                    SubscriberId(subscriber),
                    SubscriptionId(1),
                    AlertId(1),
                    is_right=False,
                    judged_at=datetime.now(UTC),
                )
                assert (judged is not None) is expected


async def test_a_name_of_many_places_is_asked_about_and_the_choice_kept(room):
    async with room.running(), let_in(room, "Olena") as reader:
        offered = await reader.say("/watch place:Новоселівка")
        await reader.press(offered, "At once")
        labels = (await reader.becomes(offered, "Several places")).labels
        assert len(labels) > 1
        assert len(set(labels)) == len(labels)
        assert all("blast" in label for label in labels), labels
        await reader.press(offered, labels[1])
        async with room.database() as database, database.reading() as connection:
            (kept,) = await subscriptions.page(connection, SubscriberId(1))
        assert labels[1].split(",")[0] in kept.query
        assert "(gn:" in kept.query or "(earshot:" in kept.query or "(wof:" in kept.query


async def test_what_a_query_finds_goes_on_a_map_as_geojson_and_kml(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        room.server.post(channel, "Взрывы в Судже & <дым> 😀")
        room.server.post(channel, "Взрывы где-то ещё")
        await room.stored(posts=2)
    async with room.database() as database:
        wanted = Wanted("взрывы", 10)
        found = {}
        for form in MapFormat:
            pieces = mapping.written(mapping.placed(database, wanted), form)
            found[form] = "".join([piece async for piece in pieces])
        day = await mapping.mentions_since(database, datetime.now(UTC) - timedelta(days=1))
        by_query = await mapping.mentions_since(
            database, datetime.now(UTC) - timedelta(days=1), "дым"
        )
    (feature,) = json.loads(found[MapFormat.GEOJSON])["features"]
    lon, lat = feature["geometry"]["coordinates"]
    assert (round(lat, 1), round(lon, 1)) == (51.2, 35.3)
    assert feature["properties"]["surface"] == "Судже"
    assert feature["properties"]["link"].startswith("https://t.me/front_news/")
    root = ET.fromstring(found[MapFormat.KML])  # noqa: S314 our own document
    assert [mark.text for mark in root.iter("{http://www.opengis.net/kml/2.2}name")] == ["Sudzha"]
    assert [mention.surface for mention in day] == ["Судже"] == [m.surface for m in by_query]
