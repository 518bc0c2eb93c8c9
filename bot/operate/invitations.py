"""Invite codes: made, hashed, and put into a link. A code is shown once and kept nowhere."""

from __future__ import annotations

import hashlib
import secrets

_CODE_BYTES = 16


def new_code() -> str:
    """Give a random code of 128 bits, in the letters a Telegram link allows."""
    return secrets.token_urlsafe(_CODE_BYTES)


def hash_of(code: str) -> bytes:
    """Give what is stored of a code."""
    return hashlib.sha256(code.encode()).digest()


def link_of(bot_username: str, code: str) -> str:
    """Give the address that opens the bot with the code."""
    return f"https://t.me/{bot_username}?start={code}"
