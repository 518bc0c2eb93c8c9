"""Pages of the long lists, read and shown; a page past the end is the last one."""

from __future__ import annotations

from bot.operate import lists
from bot.telegram.messages import OutgoingText
from storage import channels, subscribers, subscriptions
from storage.database import Database
from storage.records import SubscriberId


async def queries(database: Database, subscriber_id: SubscriberId, page: int) -> OutgoingText:
    """Show a page (from 0) of a person's subscriptions."""
    async with database.reading() as connection:
        total = await subscriptions.count(connection, subscriber_id)
        page = min(page, lists.last_page(total, lists.PAGE))
        items = await subscriptions.page(
            connection, subscriber_id, offset=page * lists.PAGE, limit=lists.PAGE
        )
    return lists.subscriptions_page(items, page, total)


async def channels_followed(database: Database, page: int) -> OutgoingText:
    """Show a page (from 0) of the channels."""
    async with database.reading() as connection:
        items = await channels.listed(connection)
    return lists.channels_page(items, min(page, lists.last_page(len(items), lists.LONG_PAGE)))


async def everybody(database: Database, page: int) -> OutgoingText:
    """Show a page (from 0) of the people."""
    async with database.reading() as connection:
        total = await subscribers.count(connection)
        page = min(page, lists.last_page(total, lists.LONG_PAGE))
        items = await subscribers.page(
            connection, offset=page * lists.LONG_PAGE, limit=lists.LONG_PAGE
        )
    return lists.people_page(items, page, total)
