"""What the archive holds about a person of the newsroom."""

from storage import subscribers, subscriptions


async def known(room, person):
    async with room.database() as database, database.reading() as connection:
        return await subscribers.by_telegram_id(connection, person.id)


async def watched(room, person):
    subscriber = await known(room, person)
    async with room.database() as database, database.reading() as connection:
        return await subscriptions.page(connection, subscriber.id)
