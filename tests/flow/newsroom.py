"""A whole Earshot in this process, with a Telegram on loopback, its channels and people."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.sessions import StringSession

from bot.app import App, open_app
from bot.config import Settings
from bot.operate import account_list
from bot.operate.login import LoginWishes, sign_in_all
from bot.sandbox import Channel, SandboxServer, User, World
from bot.sandbox.journal import BotMessage
from storage import channels, history, invites, posts
from storage.database import Database, open_database
from storage.records import FollowMode, Role

PHONE = "+380440000001"
TOKEN = "1234567890:AAExampleTokenOfTheBotExampleToken0"
DEADLINE_S = 60.0
STILL_S = 60.0


async def until(
    claim: Callable[[], bool | Awaitable[bool]], what: str, deadline_s: float = DEADLINE_S
) -> None:
    """Return as soon as the claim holds; fail with `what` if it does not in time."""
    end = time.monotonic() + deadline_s
    while True:
        answer = claim()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s:g} s: {what}")
        await asyncio.sleep(0.02)


async def until_settled(
    is_settled: Callable[[], Awaitable[bool]],
    progress: Callable[[], Awaitable[object]],
    what: str,
    still_s: float = STILL_S,
) -> None:
    """Return as soon as all is settled; fail when it is not and nothing has moved for so long.

    How long it takes in all is the machine's affair; that nothing more comes of it is ours.
    """
    seen = await progress()
    end = time.monotonic() + still_s
    while True:
        began = time.monotonic()
        if await is_settled():
            return
        now_seen = await progress()
        if now_seen != seen:
            seen, end = now_seen, time.monotonic() + still_s
        elif time.monotonic() > end:
            raise AssertionError(f"nothing has moved for {still_s:g} s, and not yet: {what}")
        # Looking costs, too: what is looked at should have most of a slow machine's time.
        await asyncio.sleep(max(0.2, 4 * (time.monotonic() - began)))


@dataclass
class Newsroom:
    """The far side (server, world) and the near side (settings, the running app)."""

    server: SandboxServer
    settings: Settings
    account: User
    bot: User
    app: App | None = None
    people: dict[str, User] = field(default_factory=dict)
    at_clients: bool = False  # whoever joins sits at a stock Telethon client of their own
    clients: dict[int, Any] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.server.world

    def channel(self, number: int = 0) -> Channel:
        return list(self.world.channels.values())[number]

    @asynccontextmanager
    async def running(self, **changed: object) -> AsyncIterator[App]:
        """Run the app; stop it in order at the end."""
        settings = self.settings.model_copy(update=changed)
        async with open_app(settings) as app, asyncio.TaskGroup() as group:
            self.app = app
            task = group.create_task(app.run())
            try:
                yield app
            finally:
                app.stop()
                await task
                self.app = None

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Give the running app's database, or open the archive when nothing runs."""
        if self.app:
            yield self.app.database
        else:
            async with open_database(self.settings.data_dir / "earshot.db") as opened:
                yield opened

    async def follow(self, *references: str, mode: FollowMode = FollowMode.JOIN, depth: int = 100):
        async with self.database() as database:
            async with database.transaction() as connection:
                for reference in references:
                    await channels.add(connection, reference, mode, depth, datetime.now(UTC))
            database.bell.ring("channels")

    async def all_followed(self, count: int) -> None:
        async def followed() -> bool:
            async with self.database() as database, database.reading() as connection:
                listed = await channels.listed(connection)
                left = await history.left(connection)
            done = [item for item in listed if item.state == "followed"]
            return len(done) == count and not left

        await until(followed, f"{count} channels followed and read")

    async def counts(self) -> dict[str, int]:
        async with self.database() as database, database.reading() as connection:
            return dict(await posts.counts(connection))

    async def stored(self, **wanted: int) -> None:
        """Wait until exactly these numbers of posts, messages, revisions, deletions are held."""

        async def as_wanted() -> bool:
            counts = await self.counts()
            return all(counts[name] == number for name, number in wanted.items())

        try:
            await until(as_wanted, f"stored {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there are {await self.counts()}") from None

    async def add_account(self, label: str, phone: str, **changed: object) -> User:
        """Sign another account in, as `earshot accounts add` does, while all goes on."""
        user = self.world.add_user(phone, label.title())
        code = self.settings.data_dir.with_name(f"code-{label}")
        code.write_text(self.server.login_code(phone))
        options = {"most_channels": 500, "proxy": None, "proxy_secret_file": None} | changed
        async with self.database() as database:
            wishes = LoginWishes(phone, code)
            await account_list.add(self.settings, database, label, wishes, **options)
            database.bell.ring("accounts")
        return user

    async def invite(self, role: Role = Role.REPORTER) -> str:
        code = f"code-{len(self.people)}-{role}"
        now = datetime.now(UTC)
        async with self.database() as database, database.transaction() as connection:
            await invites.add(
                connection,
                hashlib.sha256(code.encode()).digest(),
                role,
                uses=1,
                added_at=now,
                expires_at=now + timedelta(days=1),
            )
        return code

    async def say(self, person: User, text: str) -> BotMessage:
        """Let a person write to the bot, by their client if they have one; give its answer."""
        before = len(self.world.journal.sent_to(person.id))
        if client := self.clients.get(person.id):
            await client.send_message(self.bot.username, text)
        else:
            self.server.write(person, self.bot, text)
        await until(
            lambda: len(self.world.journal.sent_to(person.id)) > before, f"an answer to {text}"
        )
        return self.world.journal.sent_to(person.id)[before]

    async def join(
        self, name: str, *queries: str, role: Role = Role.REPORTER, language: str = ""
    ) -> User:
        """Make a person, let them in by invite, and let them watch."""
        phone = f"+38050{len(self.people):07}"
        person = self.world.add_user(phone, name, language=language)
        code = await self.invite(role)
        self.people[name] = person
        if self.at_clients:
            self.clients[person.id] = await signed_in(self.server, person)
        await self.say(person, f"/start {code}")
        for query in queries:
            await self.say(person, f"/watchnow {query}")
        return person

    async def tap(self, person: User, message_id: int, label: str) -> str:
        """Press the button whose label holds this text; gives the notice the bot answers with."""

        def found() -> bytes | None:
            rows = getattr(person.box.get(message_id).details.markup, "rows", ())
            buttons = (button for row in rows for button in row.buttons if label in button.text)
            return next((button.type.data for button in buttons), None)

        await until(lambda: found() is not None, f"a button {label}")
        data = found()
        if client := self.clients.get(person.id):
            message = await client.get_messages(self.bot.username, ids=message_id)
            answer = await message.click(data=data)
        else:
            answer = await self.server.press(person, self.bot, message_id, data)
        return answer.message or ""

    async def turned(self, person: User, message_id: int, text: str) -> str:
        """Wait until a message was edited to hold this text, and give it."""
        await until(lambda: any(text in t for t in self.edits(person, message_id)), text)
        return next(t for t in reversed(self.edits(person, message_id)) if text in t)

    def alerts(self, person: User) -> list[BotMessage]:
        """Give the alerts the bot really sent to a person, in order, from the server's journal."""
        return [entry for entry in self.world.journal.sent_to(person.id) if is_alert(entry)]

    def edits(self, person: User, message_id: int) -> list[str]:
        """Give the later texts of one message."""
        return [
            entry.text
            for entry in self.world.journal.bot_messages
            if entry.user_id == person.id
            and entry.message_id == message_id
            and entry.act == "edited"
        ]


async def signed_in(server: SandboxServer, person: User) -> Any:
    """Sign a person in at a stock Telethon client."""
    rsa.add_key(server.public_key_pem, old=False)
    session = StringSession()
    host, port = server.address.split(":")
    session.set_dc(server.dc_id, host, int(port))
    client = TelegramClient(session, 1, "reader", retry_delay=0.2)
    await client.connect()
    await client.send_code_request(person.phone)
    await client.sign_in(person.phone, server.login_code(person.phone))
    return client


def is_alert(entry: BotMessage) -> bool:
    """Tell an alert from an answer: it has a button that opens the post."""
    return any("Open post" in label for row in entry.buttons for label in row)


@asynccontextmanager
async def newsroom(
    folder: Path, usernames: Sequence[str] = ("front_news",)
) -> AsyncIterator[Newsroom]:
    """Serve a Telegram with public channels, and sign an account and the bot in."""
    world = World()
    account = world.add_user(PHONE, "Account")
    bot = world.add_bot(TOKEN, "earshot_bot", "Earshot")
    for name in usernames:
        world.add_channel(name.replace("_", " ").title(), name)
    async with SandboxServer(world) as server:
        code_file = folder / "code"
        code_file.write_text(server.login_code(PHONE))
        settings = Settings(
            data_dir=folder / "data",
            telegram_api_id=1,
            telegram_api_hash="0123456789abcdef0123456789abcdef",
            telegram_bot_token=TOKEN,
            telegram_dc_id=server.dc_id,
            telegram_dc_address=server.address,
            telegram_public_key_file=server.write_public_key(folder / "server.pem"),
            metrics_port=0,
        )
        await sign_in_all(settings, LoginWishes(PHONE, code_file))
        made = Newsroom(server, settings, account, bot)
        try:
            yield made
        finally:
            for client in made.clients.values():
                await client.disconnect()
