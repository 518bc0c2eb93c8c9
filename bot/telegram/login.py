"""Signing in: an account by phone, code and password, the bot by its token; and who is signed in.

Codes, passwords, tokens and phone numbers come in as values or from a callback and are never
logged or put into an error's text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telethon import errors, functions

from bot.telegram.client import FAILURES, Client, SignedOut, call, sorted_failure
from storage.failures import BadInput

_REFUSALS: dict[type[Exception], str] = {
    errors.PhoneNumberInvalidError: "Telegram knows no such phone number: write it with the "
    "country code, for example +380441234567",
    errors.PhoneNumberUnoccupiedError: "there is no Telegram account with that phone number: make "
    "one with Telegram's own app first",
    errors.PhoneNumberBannedError: "Telegram has banned that phone number",
    errors.PhoneCodeInvalidError: "the login code is wrong",
    errors.PhoneCodeEmptyError: "the login code is empty",
    errors.PhoneCodeExpiredError: "the login code has expired: run `earshot login` again for a new "
    "one",
    errors.PasswordHashInvalidError: "the password is wrong",
    errors.ApiIdInvalidError: "Telegram does not accept TELEGRAM_API_ID with TELEGRAM_API_HASH: "
    "compare both with my.telegram.org",
    errors.ApiIdPublishedFloodError: "Telegram has blocked this TELEGRAM_API_ID: make your own at "
    "my.telegram.org",
    errors.AccessTokenInvalidError: "Telegram does not accept TELEGRAM_BOT_TOKEN: ask @BotFather "
    "for the bot's token",
    errors.AccessTokenExpiredError: "TELEGRAM_BOT_TOKEN was revoked: ask @BotFather for the new "
    "one",
}
_WORTH_ANOTHER_TRY = (
    errors.PhoneCodeInvalidError,
    errors.PhoneCodeEmptyError,
    errors.PasswordHashInvalidError,
)


class LoginRefused(BadInput):
    """Telegram does not accept what was given; the message says what and what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a session is signed in as."""

    user_id: int
    name: str
    username: str | None
    is_bot: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """Where the code and the password come from, and how often a wrong one may be given.

    Each is awaited when it is needed: the code after Telegram sent it, the password if there is
    one; the argument says whether the last answer was wrong.
    """

    code: Callable[[bool], Awaitable[str]]
    password: Callable[[bool], Awaitable[str]]
    tries: int = 1


async def identify(client: Client) -> Identity | None:
    """Say who is signed in, None when nobody is. Raises Later and Never."""
    try:
        me = await client.get_me()
    except FAILURES as error:
        failure = sorted_failure(error)
        if isinstance(failure, SignedOut):
            return None
        raise failure from error
    return None if me is None else _identity(me)


async def log_in(client: Client, phone: str, answers: Answers) -> Identity:
    """Sign in an account that is not yet (see `identify`). Raises LoginRefused, Later, Never."""
    await _attempt(client.send_code_request(phone))
    try:
        user = await _ask_until_right(
            answers.code, answers.tries, lambda code: client.sign_in(phone, code)
        )
    except errors.SessionPasswordNeededError:
        user = await _ask_until_right(
            answers.password,
            answers.tries,
            lambda password: client.sign_in(password=password),
        )
    return _identity(user)


async def _ask_until_right(
    ask: Callable[[bool], Awaitable[str]],
    tries: int,
    give: Callable[[str], Awaitable[Any]],
) -> Any:
    was_wrong = False
    for left in reversed(range(tries)):
        answer = (await ask(was_wrong)).strip()
        if not answer:
            raise LoginRefused("no login code or password was given")
        try:
            return await give(answer)
        except _WORTH_ANOTHER_TRY as error:
            was_wrong = True
            if not left:
                raise _refusal(error) from None
        except errors.SessionPasswordNeededError:
            raise
        except FAILURES as error:
            raise _refusal(error) from error
    raise LoginRefused("no login code or password was asked for")


async def log_in_bot(client: Client, token: str) -> Identity:
    """Sign the bot in; returns at once if it is already. Raises LoginRefused, Later and Never.

    The session must be the one `bot_session_name` gives, so that a new token is always tried.
    """
    known = await identify(client)
    return known or _identity(await _attempt(client.sign_in(bot_token=token)))


def bot_session_name(token: str) -> str:
    """Name the session file of the bot with this token: another token, another session."""
    return f"bot-{hashlib.sha256(token.encode()).hexdigest()[:8]}"


async def _attempt(work: Awaitable[Any]) -> Any:
    try:
        return await work
    except FAILURES as error:
        raise _refusal(error) from error
    except TypeError:
        # Telethon's way of saying that the phone number has no digits in it.
        raise LoginRefused(_REFUSALS[errors.PhoneNumberInvalidError]) from None


def _refusal(error: Exception) -> Exception:
    known = _REFUSALS.get(type(error))
    return LoginRefused(known) if known else sorted_failure(error)


async def server_time(client: Client) -> datetime:
    """Ask Telegram for its time, to the second. Raises Later and Never."""
    config = await call(client, functions.help.GetConfigRequest())
    date = config.date
    return date if isinstance(date, datetime) else datetime.fromtimestamp(date, UTC)


def _identity(user: Any) -> Identity:
    name = " ".join(part for part in (user.first_name, user.last_name) if part)
    return Identity(int(user.id), name, user.username, bool(user.bot))
