"""Invite codes: made, hashed, and put into a link. A code is shown once and kept nowhere."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storage import audit, invites
from storage.database import Database
from storage.records import AuditEntry, Role

_CODE_BYTES = 16
_DEFAULTS = ("reporter", "7", "1")
_MOST_DAYS = 365
_MOST_USES = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """An invite as an operator wants it."""

    role: Role
    days: int
    uses: int


@dataclass(frozen=True, slots=True)
class Made:
    """An invite's code, to be shown once, and until when it is good."""

    code: str = field(repr=False)
    until: datetime


def new_code() -> str:
    """Give a random code of 128 bits, in the letters a Telegram link allows."""
    return secrets.token_urlsafe(_CODE_BYTES)


def hash_of(code: str) -> bytes:
    """Give what is stored of a code."""
    return hashlib.sha256(code.encode()).digest()


def link_of(bot_username: str, code: str) -> str:
    """Give the address that opens the bot with the code."""
    return f"https://t.me/{bot_username}?start={code}"


def read_wish(text: str) -> Wish | None:
    """Read role, days and uses, each optional, in this order; None when that cannot be read."""
    words = text.lower().split()
    if len(words) > len(_DEFAULTS):
        return None
    role, days, uses = (*words, *_DEFAULTS[len(words) :])
    if role not in list(Role) or not (_is_count(days, _MOST_DAYS) and _is_count(uses, _MOST_USES)):
        return None
    return Wish(Role(role), int(days), int(uses))


def _is_count(word: str, most: int) -> bool:
    return word.isascii() and word.isdigit() and 0 < int(word[:12]) <= most


async def make(database: Database, wish: Wish, *, actor: str, now: datetime) -> Made:
    """Write an invite, with its line in the audit trail."""
    code, until = new_code(), now + timedelta(days=wish.days)
    async with database.transaction() as connection:
        number = await invites.add(
            connection,
            hash_of(code),
            wish.role,
            uses=wish.uses,
            added_at=now,
            expires_at=until,
        )
        detail = {"role": wish.role.value, "days": str(wish.days), "uses": str(wish.uses)}
        await audit.add(connection, AuditEntry(now, actor, "invite", f"invite {number}", detail))
    return Made(code, until)
