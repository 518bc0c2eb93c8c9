"""The drivers against our own sandbox, and what only its journal can tell."""

import pytest
import telethon_drivers
from telethon_drivers import Place

from bot.sandbox import SandboxServer


@pytest.mark.parametrize("name", telethon_drivers.ALL)
@pytest.mark.usefixtures("no_complaints")
async def test_stock_telethon_sees_a_telegram(name: str, place: Place, server: SandboxServer):
    await telethon_drivers.ALL[name](place)

    assert not server.world.journal.unknown
