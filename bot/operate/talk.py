"""The bot's side of the process: its connection, what it hears, what it sends, run as one.

Opens the session, keeps commands and outbox going, connects again when the connection is given
up, and returns only by an error or cancellation.
"""

from __future__ import annotations

import asyncio

import structlog

from bot.config import Settings
from bot.notify.compose import Highlight
from bot.notify.outbox import Delivered, Outbox, Pace
from bot.notify.targets import TelegramTarget
from bot.operate.commands import Commands
from bot.operate.login import application
from bot.telegram.bot import BotSession
from bot.telegram.client import Later, open_client
from bot.telegram.login import bot_session_name
from bot.telemetry import AlertOutcome, Telemetry
from storage.database import Database
from storage.folder import DataFolder
from storage.records import Outcome
from storage.secret import installation_secret

NAME = "bot"
_CONNECT_AGAIN_AFTER_S = 5.0

log = structlog.get_logger(__name__)
