"""The bot's side of the process: its connection, what it hears, what it sends, run as one.

Opens the session, keeps commands and outbox going, connects again when the connection is given
up, and returns only by an error or cancellation.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.config import Settings
from bot.notify.chats import ChatTarget
from bot.notify.compose import Highlight
from bot.notify.outbox import Delivered, Outbox, Pace
from bot.notify.targets import TelegramTarget
from bot.notify.ways import Ways
from bot.operate.conversations import Conversations
from bot.operate.login import application
from bot.operate.operating import Surroundings
from bot.telegram.bot import BotSession, Identity
from bot.telegram.client import Later, open_client
from bot.telegram.login import bot_session_name
from bot.telegram.seal import Seal
from bot.telemetry import AlertOutcome, Telemetry
from storage.database import Database
from storage.folder import DataFolder
from storage.records import AlertState, Outcome
from storage.secret import installation_secret

_NAME = "bot"
_CONNECT_AGAIN_AFTER_S = 5.0
_TAKEN_PER_S = 28.0  # messages a second: Telegram takes about 30, and sends bunch up on the way
_CATCH_UP_EVERY_S = 60.0  # a push that Telegram lost costs a person no more than that

log = structlog.get_logger(__name__)


class Talk:
    """Talks to people through the bot; see `run`."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        folder: DataFolder,
        telemetry: Telemetry,
        highlight: Highlight,
    ) -> None:
        self._database = database
        self._settings = settings
        self._folder = folder
        self._telemetry = telemetry
        self._highlight = highlight
        self._session: BotSession | None = None
        self._chats: ChatTarget | None = None
        self.ways = Ways(folder.root, settings.targets_may_be_private, lambda: self._chats)

    @property
    def is_connected(self) -> bool:
        """Whether people can be reached at this moment."""
        return self._session is not None and self._session.is_connected

    def clock_set(self) -> None:
        """Take note that the wall clock was set."""
        if self._session is not None:
            self._session.connect_anew()

    async def run(self) -> None:
        """Talk until cancelled. Raises SignedOut, or Never for a token that is refused."""
        while True:
            try:
                await self._run_connected()
            except* Later as trouble:
                log.warning("connection lost", reason=str(trouble.exceptions[0]))
            self._session = self._chats = None
            self._telemetry.health.not_ready(_NAME, "connecting again")
            await asyncio.sleep(_CONNECT_AGAIN_AFTER_S)

    async def _run_connected(self) -> None:
        token = self._settings.telegram_bot_token.get_secret_value()
        session_file = self._folder.session(bot_session_name(token))
        async with open_client(application(self._settings), session_file) as client:
            bot = BotSession(client, Seal(self._secret()))
            identity = await bot.start(token)
            outbox = Outbox(
                self._database,
                TelegramTarget(bot, self._database, self._secret()),
                pace=self._pace(),
                highlight=self._highlight,
                on_delivered=self._count,
            )
            conversations = Conversations(
                bot,
                self._database,
                self._surroundings(identity, bot),
                secret=self._secret(),
                telemetry=self._telemetry,
            )
            self._session = bot
            self._chats = ChatTarget(
                bot, self._secret(), per_minute=self._settings.sends_per_group_per_min
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(outbox.run(), name="outbox")
                group.create_task(conversations.run(), name="conversations")
                group.create_task(_until_lost(bot), name="connection")
                group.create_task(_keep_caught_up(bot), name="catch-up")
                self._telemetry.health.ready(_NAME)

    def _surroundings(self, identity: Identity, bot: BotSession) -> Surroundings:
        return Surroundings(
            bot_username=identity.username,
            account_label=self._settings.account_label,
            default_timezone=self._settings.default_timezone,
            default_language=self._settings.default_language,
            backfill_depth=self._settings.backfill_depth,
            parts=lambda: self._telemetry.health.parts,
            ways=self.ways,
            chats=bot.chats,
        )

    def _secret(self) -> bytes:
        return installation_secret(self._folder.root)

    def _pace(self) -> Pace:
        per_s = self._settings.sends_per_s
        return Pace(
            per_s=per_s,
            burst=max(1.0, _TAKEN_PER_S - per_s),
            per_reader_per_s=self._settings.sends_per_chat_per_s,
        )

    def _count(self, delivered: Delivered) -> None:
        self._telemetry.alert_delivered(counted_as(delivered))
        if delivered.flood_s:
            self._telemetry.flood_waited("send", delivered.flood_s)


def counted_as(delivered: Delivered) -> AlertOutcome:
    """Say under which name an attempt is counted."""
    match delivered.outcome:
        case Outcome.SENT:
            return AlertOutcome.UPDATED if delivered.is_edit else AlertOutcome.SENT
        case Outcome.LATER:
            return AlertOutcome.LATER
        case Outcome.NEVER:
            is_dead = delivered.state is AlertState.DEAD
            return AlertOutcome.DEAD if is_dead else AlertOutcome.HELD


async def _until_lost(session: BotSession) -> None:
    await session.until_lost()
    raise Later(_CONNECT_AGAIN_AFTER_S, "the connection was given up")


async def _keep_caught_up(session: BotSession) -> None:
    while True:
        await asyncio.sleep(_CATCH_UP_EVERY_S)
        session.catch_up()
