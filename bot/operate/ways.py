"""The accounts as a verb may use them outside of a run: session's name and proxy of each.

Without an archive there is the account of the settings alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.config import Settings
from bot.telegram.proxy import Proxy
from bot.telegram.proxy import load as load_proxy
from storage import accounts
from storage.database import open_database
from storage.folder import DataFolder
from storage.records import AccountState


@dataclass(frozen=True, slots=True)
class Way:
    """One account; `name` tells it from others, `reason` says why it is not used (empty: it is)."""

    label: str
    name: str
    proxy: Proxy | None = None
    reason: str = ""


async def ways(settings: Settings, folder: DataFolder) -> list[Way]:
    """Give the accounts, that of the settings first. Raises BadProxy for a secret it cannot read.

    The only one is called just "account".
    """
    default = settings.account_label
    if not folder.database.exists():
        return [Way(default, "account")]
    async with open_database(folder.database) as database, database.reading() as connection:
        listed = await accounts.listed(connection)
    found = [
        Way(
            item.label,
            f"account {item.label}" if len(listed) > 1 else "account",
            load_proxy(item.proxy) if item.proxy else None,
            "" if item.state is not AccountState.PAUSED else "paused by an operator",
        )
        for item in sorted(listed, key=lambda item: item.label != default)
    ]
    return found or [Way(default, "account")]


async def first_at_work(settings: Settings, folder: DataFolder) -> Way:
    """Give the account that a single call is to be made by."""
    found = await ways(settings, folder)
    return next((way for way in found if not way.reason), found[0])
