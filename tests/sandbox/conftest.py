import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from telethon_drivers import Account, Place

from bot.sandbox import SandboxServer, User, World

READER, PUBLISHER, GUARDED = "+380500000001", "+380500000002", "+380500000003"
BOT_TOKEN, BOT_NAME = "100:token", "earshot_bot"


@pytest.fixture
def world() -> World:
    made = World()
    made.add_user(READER, "Reader")
    made.add_user(PUBLISHER, "Publisher")
    made.add_user(GUARDED, "Guarded", password="пароль 🔑")
    made.add_bot(BOT_TOKEN, BOT_NAME)
    return made


@pytest.fixture
async def server(world: World) -> AsyncIterator[SandboxServer]:
    async with SandboxServer(world) as running:
        yield running


@pytest.fixture
def place(server: SandboxServer, tmp_path: Path) -> Place:
    return place_of(server, tmp_path)


def place_of(server: SandboxServer, folder: Path) -> Place:
    return Place(
        "127.0.0.1",
        server.port,
        server.dc_id,
        server.public_key_pem,
        Account(READER, server.login_code(READER)),
        Account(PUBLISHER, server.login_code(PUBLISHER)),
        Account(GUARDED, server.login_code(GUARDED), "пароль 🔑"),
        BOT_TOKEN,
        BOT_NAME,
        folder,
    )


@pytest.fixture
def reader(world: World) -> User:
    return world.users[world.phones[READER.removeprefix("+")]]


@pytest.fixture
def no_complaints(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail when Telethon or the sandbox logged a warning: a real server gives no cause."""
    caplog.set_level(logging.WARNING)
    yield
    seen = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.name.startswith(("telethon", "bot.sandbox"))
    ]
    assert seen == []
