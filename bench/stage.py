"""What the benches share: a Telegram of its own process, an archive to fill, texts to post.

Not a bench itself. Earshot runs in a process of its own (`apart`), as the server does, so that
neither lends the other its core.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.crypto import rsa

from bot.config import Settings
from bot.operate.login import LoginWishes, sign_in_all
from bot.sandbox.control import SandboxControl
from storage import accounts, channels, history, readers, subscribers, subscriptions
from storage.database import Database, open_database
from storage.records import FollowMode, Role

LABEL = "main"  # the default of the settings
PHONE = "+380440000001"
TOKEN = "1234567890:AAExampleTokenOfTheBotExampleToken0"  # noqa: S105  # the sandbox's own
API_HASH = "0123456789abcdef0123456789abcdef"
_DEADLINE_S = 60
_TOPICS = [
    "ракети",
    "дрон",
    "колона",
    "танк",
    "обстріл",
    "вибух",
    "тривога",
    "евакуація",
    "наступ",
    "штурм",
    "ракета",
    "взрыв",
    "обстрел",
    "колонна",
    "наступление",
    "missile",
    "drone",
    "column",
    "strike",
    "evacuation",
]
_SYLLABLES = [
    "ба",
    "во",
    "ге",
    "ди",
    "жу",
    "за",
    "кі",
    "ле",
    "мо",
    "ну",
    "по",
    "ре",
    "су",
    "та",
    "фе",
    "хі",
    "чо",
    "шу",
    "ян",
    "рим",
    "лен",
    "тор",
    "каб",
    "сон",
    "вил",
]
_TOPIC_SHARE = 0.02  # of the words: about every second post is about something asked for


def texts(count: int, seed: int, posts: Path | None = None) -> list[str]:
    """Give texts of 5 to 60 words, or those of a JSON Lines file's `text` fields, repeated."""
    if posts:
        found = [json.loads(line)["text"] for line in posts.read_text().splitlines()]
        return [f"{found[number % len(found)]} №{number}"[:4096] for number in range(count)]
    chance = random.Random(seed)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(5000)]
    return [f"{_text(chance, words)} №{number}" for number in range(count)]


def _text(chance: random.Random, words: Sequence[str]) -> str:
    said = (
        chance.choice(_TOPICS if chance.random() < _TOPIC_SHARE else words)
        for _ in range(chance.randint(5, 60))
    )
    return " ".join(said).capitalize()


async def sign_in(control: SandboxControl, folder: Path, phone: str = PHONE) -> Settings:
    """Sign an account and the bot in; the world has both already."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything is measured
    code_file = folder / "code"
    code_file.write_text(await control.login_code(phone))
    settings = settings_of(control, folder)
    await sign_in_all(settings, LoginWishes(phone, code_file))
    return settings


def settings_of(control: SandboxControl, folder: Path) -> Settings:
    """Give the settings of a folder whose Telegram this is."""
    return Settings(
        data_dir=folder / "data",
        telegram_api_id=1,
        telegram_api_hash=API_HASH,
        telegram_bot_token=TOKEN,
        telegram_dc_id=control.ready["dc_id"],
        telegram_dc_address=control.ready["address"],
        telegram_public_key_file=Path(control.ready["public_key"]),
        metrics_port=0,
    )


@asynccontextmanager
async def bare_client(
    ready: dict[str, Any], session: Path | None, phone: str, code: str = "12345"
) -> AsyncIterator[TelegramClient]:
    """Give a stock Telethon client, signed in."""
    key = Path(ready["public_key"]).read_text()  # noqa: ASYNC240  # before anything is measured
    rsa.add_key(key, old=False)
    client = TelegramClient(str(session) if session else None, 1, API_HASH)
    client.session.set_dc(ready["dc_id"], *_split(ready["address"]))
    await client.connect()
    try:
        if not await client.is_user_authorized():
            await client.send_code_request(phone)
            await client.sign_in(phone, code)
        yield client
    finally:
        await client.disconnect()


def _split(address: str) -> tuple[str, int]:
    host, port = address.split(":")
    return host, int(port)


async def follow(database: Database, names: Sequence[str], depth: int) -> None:
    """Put channels on the list, to be read by the account of the settings."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        account = await accounts.know_account(connection, LABEL, None)
        for name in names:
            number = await channels.add(connection, f"@{name}", FollowMode.JOIN, depth, now)
            await readers.assign(connection, {number: account.id}, why="the only account", at=now)


async def all_read(database: Database, count: int) -> None:
    """Wait until that many channels are followed and nothing of their history is left to read."""
    while True:
        async with database.reading() as connection:
            listed = await channels.listed(connection)
            left = await history.left(connection)
        if not left and sum(item.state == "followed" for item in listed) == count:
            return
        await asyncio.sleep(0.05)


def reader_phone(number: int) -> str:
    """Give the phone number of a bench's reader."""
    return f"+38050{number:07}"


def reader_word(number: int) -> str:
    """Make the word that one reader alone asks for."""
    return "слово" + "".join("абвгдежзик"[int(digit)] for digit in f"{number:03}")


async def let_in(control: SandboxControl, database: Database, count: int) -> None:
    """Let readers in, each with a query of their own word."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        for number in range(count):
            user_id = await control.add_user(reader_phone(number), f"Reader {number}")
            await control.write(reader_phone(number), "earshot_bot", "hello")
            reader = await subscribers.add(
                connection,
                telegram_user_id=user_id,
                access_hash=0,
                name=f"Reader {number}",
                role=Role.REPORTER,
                timezone="UTC",
                language="uk",
                added_at=now,
            )
            query = f"={reader_word(number)}"
            await subscriptions.add(connection, reader, query=query, normal=query, added_at=now)


@asynccontextmanager
async def earshot(
    settings: Settings, log: Path, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the real `earshot run`, its errors added to a file; `environment` wins over ours."""
    variables = os.environ | {
        "DATA_DIR": str(settings.data_dir),
        "TELEGRAM_API_ID": str(settings.telegram_api_id),
        "TELEGRAM_API_HASH": API_HASH,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_DC_ID": str(settings.telegram_dc_id),
        "TELEGRAM_DC_ADDRESS": str(settings.telegram_dc_address),
        "TELEGRAM_PUBLIC_KEY_FILE": str(settings.telegram_public_key_file),
        "METRICS_PORT": "0",
    }
    program = Path(__file__).parent.parent / "main.py"
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(program), "run"),
            cwd=log.parent,
            env=variables | environment,
            stderr=errors,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def archive(settings: Settings) -> Any:
    """Open the archive of these settings."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return open_database(settings.data_dir / "earshot.db")


@asynccontextmanager
async def apart(script: str, role: str, **given: Any) -> AsyncIterator[Apart]:
    """Run a bench's `role` in a process of its own; it talks in lines of JSON."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, script, "--role", role, "--given", json.dumps(given)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Apart(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


class Apart:
    """The near end of a process that `apart` started."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def hear(self) -> Any:
        """Give the next thing it says."""
        assert self._process.stdout  # noqa: S101  # it was asked for
        async with asyncio.timeout(_DEADLINE_S):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process has ended before it answered")
        return json.loads(line)


def say(thing: Any) -> None:
    """Tell the near end something, from inside a process that `apart` started."""
    sys.stdout.write(json.dumps(thing) + "\n")
    sys.stdout.flush()
