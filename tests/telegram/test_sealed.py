import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from telethon import types
from telethon.crypto import AuthKey

from bot.config import Settings
from bot.operate.login import application
from bot.sandbox import SandboxServer, World
from bot.telegram.client import Application, Server, open_client
from bot.telegram.login import identify, log_in_bot
from bot.telegram.sealed import Seal, Session, SessionDamaged, SessionSealed

TOKEN = "1234567890:AAExampleTokenOfTheBotExampleToken0"
PASSPHRASE = "an example of a passphrase"
KEY = bytes(range(256))


@pytest.fixture
async def program(tmp_path):
    world = World()
    world.add_bot(TOKEN, "earshot_bot")
    async with SandboxServer(world) as server:
        key = server.write_public_key(tmp_path / "server.pem")
        where = Server(server.dc_id, "127.0.0.1", server.port, key)
        yield Application(12345, "0" * 32, where, PASSPHRASE)


async def test_a_sealed_session_logs_in_again_and_holds_no_key_in_the_clear(program, tmp_path):
    path = tmp_path / "bot.session"
    async with open_client(program, path, catch_up=False) as client:
        await log_in_bot(client, TOKEN)
        key = client.session.auth_key.key
    assert key not in path.read_bytes()
    async with open_client(program, path, catch_up=False) as client:
        assert (await identify(client)).username == "earshot_bot"
        assert client.session.auth_key.key == key


async def test_without_its_passphrase_a_sealed_session_says_what_to_set(program, tmp_path):
    path = tmp_path / "bot.session"
    async with open_client(program, path, catch_up=False) as client:
        await log_in_bot(client, TOKEN)
    with pytest.raises(SessionSealed, match="SESSION_PASSPHRASE_FILE"):
        async with open_client(replace(program, passphrase=None), path):
            pass
    with pytest.raises(SessionSealed, match="another passphrase"):
        async with open_client(replace(program, passphrase="not that one at all"), path):
            pass
    async with open_client(program, path, catch_up=False) as client:
        assert await identify(client)


def test_a_plain_session_is_sealed_at_its_next_opening_and_leaves_no_trace(tmp_path):
    path = tmp_path / "plain.session"
    with closing(Session(str(path))) as session:
        session.set_dc(2, "127.0.0.1", 4430)
        session.auth_key = AuthKey(KEY)
    assert KEY in path.read_bytes()
    with closing(Session(str(path), PASSPHRASE)) as session:
        assert session.auth_key.key == KEY
    assert KEY not in path.read_bytes()
    with closing(Session(str(path), PASSPHRASE)) as session:
        session.set_dc(2, "127.0.0.1", 4431)  # as at every start
        assert session.auth_key.key == KEY
    assert KEY not in path.read_bytes()


def test_no_session_file_keeps_phone_numbers_or_names(tmp_path):
    path = tmp_path / "main.session"
    user = types.User(
        id=5, access_hash=9, phone="380441234567", first_name="Олена", username="olena"
    )
    with closing(Session(str(path))) as session:
        session.process_entities(types.contacts.ResolvedPeer(types.PeerUser(5), [], [user]))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM entities").fetchone()[:5] == (
            5,
            9,
            "olena",
            None,
            None,
        )


def test_sealing_twice_differs_and_any_changed_byte_is_refused():
    seal = Seal(PASSPHRASE)
    first, second = seal.sealed(KEY), seal.sealed(KEY)
    assert first != second
    assert seal.opened(first) == seal.opened(second) == KEY
    for place in range(len("earshot-sealed-1:"), len(first), 7):
        changed = bytearray(first)
        changed[place] ^= 1
        with pytest.raises(InvalidTag):
            seal.opened(bytes(changed))


def test_the_settings_hand_the_passphrase_on_without_showing_it(tmp_path):
    settings = Settings(
        _env_file=None,
        telegram_api_id=1,
        telegram_api_hash="0" * 32,
        telegram_bot_token=TOKEN,
        session_passphrase=PASSPHRASE,
    )
    program = application(settings)
    assert program.passphrase == PASSPHRASE
    assert PASSPHRASE not in repr(settings) + repr(program)


def test_a_damaged_session_file_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "main.session"
    path.write_bytes(b"garbage" * 2000)
    with pytest.raises(SessionDamaged, match="earshot login"):
        Session(str(path))
