"""E-mail, Slack, Matrix, ntfy and many others through Apprise, the extra `targets`.

Apprise waits for the network as it pleases, so each send has a thread and a limit of time.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import Any
from urllib.parse import urlsplit

from bot.notify.addresses import PrivateAddress, public_only, resolved
from bot.notify.targets import Answer, Message, Postponed, Refused, Sent
from bot.translation import phrase
from storage.records import DeliveryTarget

TIMEOUT_S = 40.0
_RETRY_S = 60.0
_TITLE = 70
# Services that reach people. What would run programs, write files or post anything to any host
# (webhooks have rules of their own) is left out.
SCHEMES = frozenset(
    (
        *("mailto", "mailtos", "slack", "matrix", "matrixs", "ntfy", "ntfys", "discord", "gotify"),
        *("gotifys", "mmost", "mmosts", "rocket", "rockets", "signal", "signals", "pover"),
        *("msteams", "zulip", "webex", "line", "simplepush", "twilio", "sendgrid", "mailgun"),
    )
)
# Of these the person names the host; the others have one of their own, and a token in its place.
_HOSTED = frozenset(
    (
        *("mailto", "mailtos", "matrix", "matrixs", "ntfy", "ntfys", "gotify", "gotifys"),
        *("mmost", "mmosts", "rocket", "rockets", "signal", "signals"),
    )
)
MISSING = phrase("Apprise is not installed: pip install 'earshot[targets]'")
NO_SERVICE = phrase(
    "it must begin with a service that reaches people, such as mailtos, slack, matrix, ntfy"
)
UNREADABLE = phrase("Apprise cannot read it")
NOT_SENT = phrase("Apprise could not send it")


def _apprise() -> Any:
    return importlib.import_module("apprise")


def fault_of(address: str) -> str | None:
    """Say what is wrong with an Apprise URL, None if it can be used; shows no part of it."""
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:  # brackets that hold no address
        return UNREADABLE
    if scheme not in SCHEMES:
        return NO_SERVICE
    try:
        vendor = _apprise()
    except ImportError:
        return MISSING
    return None if vendor.Apprise().add(address) else UNREADABLE


async def send(target: DeliveryTarget, message: Message, *, may_be_private: bool) -> Answer:
    """Send a message in plain text."""
    fault = fault_of(target.address)
    if fault is not None:
        return Refused(fault)
    try:
        await _check_host(target.address, may_be_private=may_be_private)
        async with asyncio.timeout(TIMEOUT_S):
            notify = _notify if may_be_private else _notify_in_public
            is_sent = await asyncio.to_thread(notify, target.address, message)
    except PrivateAddress as error:
        return Refused(str(error))
    except OSError as error:  # a host that is not known now, or a limit of time
        return Postponed(_RETRY_S, f"not reached: {type(error).__name__}")
    return Sent(None) if is_sent else Postponed(_RETRY_S, NOT_SENT)


async def _check_host(address: str, *, may_be_private: bool) -> None:
    """Check the host that Apprise would talk to, if the address names it in any way."""
    if may_be_private:
        return
    service = _apprise().Apprise.instantiate(address)
    host = str(getattr(service, "smtp_host", "") or service.host or "").strip("[]")
    is_named = urlsplit(address).scheme.lower() in _HOSTED or "." in host
    if host and is_named:
        await resolved(host, 443, may_be_private=False)


def _notify_in_public(address: str, message: Message) -> bool:
    """Send, but to no private address: neither a redirect nor a name that changed leads there."""
    with public_only():
        return _notify(address, message)


def _notify(address: str, message: Message) -> bool:
    vendor = _apprise()
    service = vendor.Apprise()
    service.add(address)
    text = message.text.text
    title = text.strip().partition("\n")[0][:_TITLE]
    if message.file is not None:
        text += "\n\n" + message.file.content.decode("utf-8", "replace")
    return bool(service.notify(title=title, body=text, body_format=vendor.NotifyFormat.TEXT))
