"""Alerts by place: what they say, what a reader's verdict teaches, which place is meant."""

from datetime import UTC, datetime

from newsroom import until

from storage import places, subscriptions
from storage.records import AlertId, SubscriberId, SubscriptionId


async def test_an_alert_by_place_says_where_and_how_surely_and_takes_a_verdict(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
        reader = await room.join("Olena", 'near:"Sudzha, 30 km"')
        room.server.post(channel, "Тиша на всіх напрямках.")
        room.server.post(channel, "Взрывы в Судже, работает ПВО.")
        await until(lambda: room.alerts(reader), "the alert")
        (alert,) = room.alerts(reader)
        assert "Судже" in alert.text
        assert "Sudzha" in alert.text
        assert "Kursk Oblast" in alert.text
        assert "0 km from" in alert.text
        assert "% sure" in alert.text
        assert "https://www.openstreetmap.org/?mlat=51.1" in alert.text
        labels = [label for row in alert.buttons for label in row]
        assert any(label.startswith("Right place") for label in labels)
        assert any(label.startswith("Wrong place") for label in labels)
        for label, said in (("Wrong place", "is not"), ("Right place", "is ")):
            assert said in await room.tap(reader, alert.message_id, label)
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
    async with room.running():
        reader = await room.join("Olena")
        asked = await room.say(reader, "/watch place:Новоселівка")
        labels = [label for row in asked.buttons for label in row]
        assert len(labels) > 1
        assert len(set(labels)) == len(labels)
        assert all("Oblast" in label or "oblast" in label for label in labels)
        await room.tap(reader, asked.message_id, labels[1])
        async with room.database() as database, database.reading() as connection:
            (kept,) = await subscriptions.page(connection, SubscriberId(1))
        assert labels[1].split(",")[0] in kept.query
        assert "(gn:" in kept.query or "(earshot:" in kept.query or "(wof:" in kept.query
