"""What lets somebody in: authorization keys into the server, invite links into channels."""

from dataclasses import dataclass
from typing import Any

from telethon.crypto import AuthKey


@dataclass(slots=True)
class Invite:
    """An invite link of a channel; `limit` 0 lets in any number."""

    hash: str
    channel_id: int
    created: int
    expires: int = 0
    limit: int = 0
    used: int = 0
    revoked: bool = False

    @property
    def link(self) -> str:
        """The link as people pass it on."""
        return f"https://t.me/+{self.hash}"


@dataclass(slots=True)
class KeyRecord:
    """What the server knows about one authorization key; `user_id` 0 before login."""

    key: bytes
    user_id: int = 0
    pending_user_id: int = 0
    code_hash: str = ""
    created: int = 0
    device: str = ""

    def auth_key(self) -> Any:
        """Give the key as Telethon's AuthKey."""
        return AuthKey(self.key)
