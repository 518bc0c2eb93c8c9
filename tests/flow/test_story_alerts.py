"""One story in several channels is one alert, which says where else it is told."""

from datetime import timedelta

from newsroom import newsroom, until

STORY = (
    "Уночі ворог запустив дві ракети по Миколаєву. Пошкоджено три приватні будинки, вибито вікна "
    "у школі. За попередньою інформацією, обійшлося без постраждалих."
)


async def test_a_copy_and_a_forward_bring_the_alert_up_to_date_instead_of_sending_another(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("storage.alert_changes._SPREAD_EVERY", timedelta(seconds=0.2))
    async with newsroom(tmp_path, ("front_news", "south_news", "echo_news")) as room:
        first, south, echo = (room.channel(number) for number in range(3))
        async with room.running():
            await room.follow("@front_news", "@south_news", "@echo_news")
            await room.all_followed(3)
            reader = await room.join("Olena", "ракета")
            number = room.server.post(first, STORY)
            await until(lambda: len(room.alerts(reader)) == 1, "the story is told")
            (alert,) = room.alerts(reader)
            room.server.post(south, f"❗️{STORY} Підписатись")
            room.server.post(echo, "", forward_from=(first, number))
            await until(
                lambda: any(
                    "also in 2 channels · first here · 2 independent" in text
                    for text in room.edits(reader, alert.message_id)
                ),
                "the spread is told",
            )
            room.server.post(south, "Зовсім інша ракета, вже над Одесою, будьте обережні всі")
            await until(lambda: len(room.alerts(reader)) == 2, "another story is told")
    assert len(room.alerts(reader)) == 2
