"""`earshot channels add --check`: ask Telegram whether channels exist before they are listed."""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import Settings
from bot.operate.channel_list import Wish
from bot.operate.login import application
from bot.operate.ways import first_at_work
from bot.publish.unknown import UnknownChannelError
from bot.telegram.account import AccountSession
from bot.telegram.client import Never, SignedOut, open_client
from bot.telegram.reference import Reference
from storage.folder import DataFolder

_TAKES_A_JOIN = "INVITE_NOT_JOINED"  # so a check by invite finds the channel exists


async def check(settings: Settings, wishes: Sequence[Wish]) -> None:
    """Ask Telegram whether the channels exist; spends a look-up of about 200 a day for each.

    Raises UnknownChannelError, FolderError while a run uses the session, SignedOut, Later.
    """
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    with folder.lock():
        way = await first_at_work(settings, folder)
        session_file, program = folder.session(way.label), application(settings)
        async with open_client(program, session_file, catch_up=False, proxy=way.proxy) as client:
            session = AccountSession(client)
            await session.start()
            for wanted in wishes:
                await _check_one(session, wanted.reference)


async def _check_one(session: AccountSession, reference: Reference) -> None:
    try:
        await session.resolve(reference)
    except SignedOut:
        raise
    except Never as error:
        if error.code != _TAKES_A_JOIN:
            raise UnknownChannelError(f"{reference} cannot be followed: {error.reason}") from None
