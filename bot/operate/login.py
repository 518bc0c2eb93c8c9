"""`earshot login`: sign the account and the bot in, once, so that `run` needs no questions."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from bot.config import Settings, split_address
from bot.operate.asking import ask, read_when_there
from bot.telegram.client import Application, Server, open_client
from bot.telegram.login import Answers, Identity, bot_session_name, identify, log_in, log_in_bot
from bot.telegram.proxy import load as load_proxy
from storage.folder import DataFolder

_TRIES_ON_A_TERMINAL = 3


@dataclass(frozen=True, slots=True)
class LoginWishes:
    """What the command line says; what is None is asked for."""

    phone: str | None = None
    code_file: Path | None = None
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who follows channels and who talks to people."""

    account: Identity
    bot: Identity


def application(settings: Settings) -> Application:
    """Say by what name, and to which Telegram, the settings connect."""
    passphrase = settings.session_passphrase
    return Application(
        settings.telegram_api_id,
        settings.telegram_api_hash.get_secret_value(),
        _server(settings),
        passphrase.get_secret_value() if passphrase else None,
    )


def _server(settings: Settings) -> Server | None:
    dc_id, address = settings.telegram_dc_id, settings.telegram_dc_address
    key_file = settings.telegram_public_key_file
    if dc_id is None or address is None or key_file is None:  # all three or none
        return None
    host, port = split_address(address)
    return Server(dc_id, host, port, key_file)


async def sign_in_all(settings: Settings, wishes: LoginWishes) -> SignedIn:
    """Sign both in; whoever is already is left alone. The bot first: it needs no answers.

    Raises FolderError, LoginRefused, NoAnswer, Later and Never.
    """
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    token = settings.telegram_bot_token.get_secret_value()
    program = application(settings)
    with folder.lock():  # a session in use by `run` must not be opened twice
        bot_session = folder.session(bot_session_name(token))
        async with open_client(program, bot_session, catch_up=False) as client:
            bot = await log_in_bot(client, token)
        account = await sign_in_account(settings, settings.account_label, wishes, None)
    return SignedIn(account, bot)


async def sign_in_account(
    settings: Settings, label: str, wishes: LoginWishes, stored_proxy: str | None
) -> Identity:
    """Sign one account in, whether a run with other accounts goes on or not.

    Whoever is signed in already is left alone. Raises SessionInUse, LoginRefused, NoAnswer,
    Later and Never.
    """
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    proxy = load_proxy(stored_proxy) if stored_proxy else None
    session = folder.session(label)
    async with open_client(application(settings), session, catch_up=False, proxy=proxy) as client:
        known = await identify(client)
        return known or await log_in(client, await _phone(wishes), _answers(wishes))


async def _phone(wishes: LoginWishes) -> str:
    return wishes.phone or await ask(
        "Phone number of the account, with country code", instead="--phone"
    )


def _answers(wishes: LoginWishes) -> Answers:
    async def code(was_wrong: bool) -> str:  # noqa: FBT001  # the callback's form
        if wishes.code_file:
            return await read_when_there(wishes.code_file)
        again = "Wrong. The code again" if was_wrong else "Code that Telegram sent"
        return await ask(again, instead="--code-file")

    async def password(was_wrong: bool) -> str:  # noqa: FBT001  # the callback's form
        if wishes.password_file:
            return await read_when_there(wishes.password_file)
        again = "Wrong. The password again" if was_wrong else "Password (two-step verification)"
        return await ask(again, instead="--password-file", is_secret=True)

    is_asked = not wishes.code_file and not wishes.password_file and sys.stdin.isatty()
    return Answers(code, password, _TRIES_ON_A_TERMINAL if is_asked else 1)
