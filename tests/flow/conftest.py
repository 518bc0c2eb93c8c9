from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from newsroom import Newsroom, newsroom


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


@pytest.fixture
async def on_stack(room: Newsroom) -> AsyncIterator[Any]:
    """Enter something that lasts as long as the newsroom, over restarts of the app."""
    async with AsyncExitStack() as stack:
        yield stack.enter_async_context


@pytest.fixture
def at_clients(room: Newsroom) -> None:
    """Let everybody who joins sit at a stock Telethon client, and press what it shows."""
    room.at_clients = True
