from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from newsroom import Newsroom, newsroom


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


@pytest.fixture
def at_clients(room: Newsroom) -> None:
    """Let everybody who joins sit at a stock Telethon client, and press what it shows."""
    room.at_clients = True
