"""`earshot doctor --live` tells a person how a run is, from its rows and its own word."""

import pytest
from newsroom import until

from bot.operate import live, retaining
from bot.operate.reports import Severity
from bot.publish.retention import ClockWrong
from storage import channels, posts
from storage.folder import DataFolder
from storage.records import Role, Source


def written(room, port):
    """The settings of the room as a `.env`, which the verb reads."""
    s = room.settings
    (s.data_dir / ".env").write_text(
        f"TELEGRAM_API_ID=1\nTELEGRAM_API_HASH={s.telegram_api_hash.get_secret_value()}\n"
        f"TELEGRAM_BOT_TOKEN={s.telegram_bot_token.get_secret_value()}\nMETRICS_PORT={port}\n"
    )
    (s.data_dir / ".env").chmod(0o600)
    return s.data_dir


async def test_a_run_that_is_well_says_so_and_one_with_a_lost_channel_says_what_to_do(room):
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        folder = written(room, app.metrics_port)
        found = await live.look(folder)
        assert {line.severity for line in found} == {Severity.WELL}
        async with room.database() as database, database.transaction() as connection:
            await channels.unreachable(connection, 1, "Telegram refuses: CHANNEL_PRIVATE", None)
        found = await live.look(folder)
    assert found[0].severity is Severity.BROKEN
    assert "CHANNEL_PRIVATE" in found[0].text
    assert found[0].todo


async def test_without_a_run_the_first_line_says_to_start_it(room):
    found = await live.look(written(room, 1))
    assert found[0].severity is Severity.BROKEN
    assert "earshot run" in found[0].todo


@pytest.mark.parametrize(("ahead_h", "said"), [(30, "ahead of"), (-30, "behind")])
async def test_under_a_wrong_clock_live_posts_are_alerted_and_nothing_old_is_removed(
    room, ahead_h, said
):
    room.world.ahead_s = -ahead_h * 3600.0  # more than ALERT_MAX_AGE_S
    async with room.running() as app:
        await room.follow("@front_news")
        await room.all_followed(1)
        olena = await room.join("Olena", "ракета", role=Role.OPERATOR)
        room.server.post(room.channel(), "Пуск ракети")
        await until(lambda: len(room.alerts(olena)) == 1, "the live post is alerted")
        async with app.database.reading() as connection:
            (post,) = await posts.newest_first(
                connection, before=None, since=None, until=None, channel_ids=None, limit=9
            )
        assert post.source is Source.LIVE
        found = await live.look(written(room, app.metrics_port))
        assert f"30 hours {said}" in found[0].text
        assert found[0].severity is Severity.BROKEN
        assert "NTP" in found[0].todo
        assert found[0].text in (await room.say(olena, "/health")).text
        with pytest.raises(ClockWrong, match=said):
            await retaining.run(app.database, DataFolder(room.settings.data_dir), dry_run=False)
