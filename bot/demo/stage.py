"""The stage of the demo: a sandbox with its cast, the settings that lead there, who is signed in.

The server runs in this process. Its journal and its world are then read directly, nothing has to
be carried across a control port, and a scripted morning takes a few per cent of one core.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.config import Settings
from bot.demo.story import CastChannel, CastPerson, Story
from bot.operate import channel_list, people
from bot.operate.login import LoginWishes, sign_in_all
from bot.sandbox.server import HOST, SandboxServer
from bot.sandbox.visitor import Door
from bot.sandbox.world import Channel, User, World
from storage.database import Database
from storage.records import FollowMode

ACCOUNT_PHONE = "+380440000001"
BOT_NAME = "earshot_demo_bot"
_BOT_TOKEN = "1234567890:AAExampleTokenOfTheDemoBotExample0"  # noqa: S105  # of the sandbox only
_API_HASH = "0123456789abcdef0123456789abcdef"
_POLL_EVERY_S = 1.5
_INVITE_DAYS = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the bot sends, in messages a second: in all, and to one person."""

    per_s: float
    per_person_per_s: float


@dataclass(frozen=True, slots=True)
class Stage:
    """The far side (server, door, who is who there) and the settings of the near side."""

    server: SandboxServer
    door: Door
    settings: Settings
    account: User
    bot: User
    users: dict[str, User]
    channels: dict[str, Channel]

    async def follow(self, database: Database, cast: CastChannel) -> None:
        """Put a channel on Earshot's list, as `earshot channels add` does."""
        channel = self.channels[cast.name]
        wish = channel_list.wish(
            f"@{cast.username}" if cast.username else self.server.world.invite_link(channel),
            poll=cast.mode is FollowMode.POLL,
            depth=self.settings.backfill_depth,
            groups=(),
        )
        await channel_list.add(database, [wish])
        database.bell.ring("channels")

    async def invite(self, database: Database, person: CastPerson) -> str:
        """Make an invite code for a person, as `earshot people invite` does."""
        return (await people.invite(database, person.role, uses=1, days=_INVITE_DAYS)).code


@asynccontextmanager
async def set_stage(
    story: Story, data_dir: Path, scratch: Path, pace: Pace | None
) -> AsyncIterator[Stage]:
    """Serve the story's world and sign the account and the bot in; `scratch` is for small files.

    `pace` is for the sandbox alone; None leaves the product's own.
    """
    world = World()
    account = world.add_user(ACCOUNT_PHONE, "Account")
    bot = world.add_bot(_BOT_TOKEN, BOT_NAME, "Earshot")
    users = {person.key: world.add_user(person.phone, person.name) for person in story.people}
    channels = {
        cast.name: world.add_channel(cast.title, cast.username or None) for cast in story.channels
    }
    async with SandboxServer(world) as server:
        _tell_history(server, story, channels)
        settings = _settings(server, data_dir, scratch, pace)
        code_file = scratch / "code"
        code_file.write_text(server.login_code(ACCOUNT_PHONE))
        await sign_in_all(settings, LoginWishes(ACCOUNT_PHONE, code_file))
        door = Door(HOST, server.port, server.dc_id, server.public_key_pem)
        yield Stage(server, door, settings, account, bot, users, channels)


def _tell_history(server: SandboxServer, story: Story, channels: dict[str, Channel]) -> None:
    for cast in story.channels:
        for text in cast.history:
            server.post(channels[cast.name], text)


def _settings(server: SandboxServer, data_dir: Path, scratch: Path, pace: Pace | None) -> Settings:
    settings = Settings(
        data_dir=data_dir,
        default_timezone="Europe/Kyiv",
        telegram_api_id=1,
        telegram_api_hash=SecretStr(_API_HASH),
        telegram_bot_token=SecretStr(_BOT_TOKEN),
        telegram_dc_id=server.dc_id,
        telegram_dc_address=server.address,
        telegram_public_key_file=server.write_public_key(scratch / "server.pem"),
        account_label="main",
        backfill_depth=1000,
        poll_interval_s=_POLL_EVERY_S,
        metrics_port=0,
    )
    if pace is None:
        return settings
    return settings.model_copy(
        update={"sends_per_s": pace.per_s, "sends_per_chat_per_s": pace.per_person_per_s}
    )
