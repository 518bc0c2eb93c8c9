"""What people write to name a channel → the way Telegram knows it by; needs no connection."""

from __future__ import annotations

import re
from dataclasses import dataclass

from storage.failures import BadInput

_INVITE = re.compile(
    r"^(?:https?://)?(?:t|telegram)\.me/(?:\+|joinchat/)([\w-]+)/?$", re.IGNORECASE
)
_LINK = re.compile(
    r"^(?:https?://)?(?:t|telegram)\.me/(?:s/)?([a-z]\w{2,31})(?:/\d*)?/?$", re.IGNORECASE
)
_PRIVATE_LINK = re.compile(r"^(?:https?://)?t\.me/c/(\d+)(?:/\d*)?/?$", re.IGNORECASE)
_USERNAME = re.compile(r"^@?([a-z]\w{2,31})$", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:-100)?(\d{5,})$")


class BadReference(BadInput, ValueError):
    """Not a way to name a channel; the message says which ways there are."""

    def __init__(self, text: str) -> None:
        self.given = text
        super().__init__(
            f"cannot read {text!r} as a channel: write @name, https://t.me/name, "
            "https://t.me/+invite or a number such as -1001234567890"
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """A way to a channel: exactly one of the three is set; usernames are in lower case."""

    username: str | None = None
    invite: str | None = None
    telegram_id: int | None = None

    def __str__(self) -> str:
        if self.username:
            return f"@{self.username}"
        return f"https://t.me/+{self.invite}" if self.invite else f"-100{self.telegram_id}"


def parse_reference(text: str) -> Reference:
    """Read what an operator wrote to name a channel. Raises BadReference."""
    text = text.strip()
    if found := _INVITE.match(text):
        return Reference(invite=found[1])
    if found := _PRIVATE_LINK.match(text) or _NUMBER.match(text):
        return Reference(telegram_id=int(found[1]))
    if found := _LINK.match(text) or _USERNAME.match(text):
        return Reference(username=found[1].lower())
    raise BadReference(text)
