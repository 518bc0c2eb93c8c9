"""`earshot doctor --live` tells a person how a run is, from its rows and its own word."""

from bot.operate import live
from bot.operate.reports import Severity
from storage import channels


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
