"""Where else a person's alerts go is theirs to add, test and remove in the bot."""

import asyncio
from contextlib import asynccontextmanager

from newsroom import until
from rows import known

from bot.operate import target_list


@asynccontextmanager
async def hook():
    """A receiver on loopback; gives its address and the requests it took."""
    taken = []

    async def answer(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (
                int(line.partition(":")[2])
                for line in head.splitlines()
                if line.lower().startswith("content-length")
            ),
            0,
        )
        taken.append((head, await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/hook", taken
    finally:
        server.close()


async def told(room, person, text):
    def found():
        return [e for e in room.world.journal.sent_to(person.id) if text in e.text]

    await until(lambda: bool(found()), text)
    return found()[-1].text


async def test_a_webhook_is_added_tested_told_and_removed_and_its_address_never_shown(room):
    async with hook() as (address, taken), room.running(targets_may_be_private=True):
        reader = await room.join("Olena")
        assert "here alone" in (await room.say(reader, "/targets")).text
        added = await room.say(reader, f"/targets webhook {address} my desk")
        assert "shown once" in added.text
        assert address not in added.text
        page = await room.say(reader, "/targets")
        assert "my desk" in page.text
        assert address not in page.text
        await room.tap(reader, page.message_id, "Test")
        await told(room, reader, "taken")
        assert len(taken) == 1
        await room.tap(reader, page.message_id, "Remove")
        await room.turned(reader, page.message_id, "here alone")


async def test_private_networks_bad_addresses_and_others_targets_are_refused(room):
    async with hook() as (address, taken), room.running() as app:
        owner = await room.join("Owner", language="uk")
        other = await room.join("Other")
        await room.say(owner, f"/targets webhook {address}")
        page = await room.say(owner, "/targets")
        await room.tap(owner, page.message_id, "Перевірити")
        await told(room, owner, "Перевірка")
        assert taken == []
        assert "cannot be used" in (await room.say(other, "/targets webhook ftp://x")).text
        assert "/targets feed" in (await room.say(other, "/targets pigeon x")).text
        (mine,) = await target_list.listed(app.database, (await known(room, owner)).id)
        own = await room.say(other, "/targets")
        await room.tap(other, own.message_id, "Add a feed")
        await told(room, other, "Your feed is the file")
        theirs = await target_list.listed(app.database, (await known(room, other)).id)
        assert mine.id not in {item.id for item in theirs}
