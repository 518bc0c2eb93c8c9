"""Where else a person's alerts go is theirs to add, test and remove in the bot."""

import asyncio
from contextlib import asynccontextmanager

from newsroom import newsroom, until
from reader import kinds_of_buttons, let_in, posts_in
from rows import known

from bot.operate import target_list
from bot.sandbox import Kind


@asynccontextmanager
async def hook():
    """A receiver on loopback; gives its address and the requests it took."""
    taken = []

    async def answer(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [line for line in head.splitlines() if line.lower().startswith("content-length")]
        taken.append((head, await reader.readexactly(int(lengths[0].partition(":")[2]))))
        writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/hook", taken
    finally:
        server.close()


async def test_a_webhook_is_added_tested_told_and_removed_and_its_address_never_shown(room):
    async with (
        hook() as (address, taken),
        room.running(targets_may_be_private=True),
        let_in(room, "Olena") as reader,
    ):
        assert "here alone" in (await reader.say("/targets")).text
        added = await reader.say(f"/targets webhook {address} my desk")
        assert "shown once" in added.text
        assert address not in added.text
        page = await reader.say("/targets")
        assert "my desk" in page.text
        assert address not in page.text
        await reader.press(page, "Test")
        await reader.sees("taken")
        assert len(taken) == 1
        await reader.press(page, "Remove")
        await reader.becomes(page, "here alone")


async def test_private_networks_bad_addresses_and_others_targets_are_refused(room):
    async with (
        hook() as (address, taken),
        room.running() as app,
        let_in(room, "Owner", language="uk") as owner,
        let_in(room, "Other", language="ru") as other,
    ):
        await owner.say(f"/targets webhook {address}")
        page = await owner.say("/targets")
        await owner.press(page, "Перевірити")
        await owner.sees("Перевірка")
        assert taken == []
        assert "укажите URL" in (await other.say("/targets webhook ftp://x")).text
        assert "mailtos, slack" in (await other.say("/targets apprise json://x.org y")).text
        assert "/targets feed" in (await other.say("/targets pigeon x")).text
        owned = await known(room, owner.user)
        (mine,) = await target_list.listed(app.database, owned.id)
        own = await other.say("/targets")
        await other.press(own, "Добавить ленту")
        await other.sees("Ваша лента")
        theirs = await known(room, other.user)
        ids = {item.id for item in await target_list.listed(app.database, theirs.id)}
        assert mine.id not in ids


async def test_groups_topics_and_channels_one_administers_get_the_alerts(tmp_path):
    async with newsroom(tmp_path, ("front_news",)) as room:
        desk = room.world.add_channel("Our desk")
        group = room.world.add_channel("Newsroom", kind=Kind.MEGAGROUP)
        group.topics = {5: "North"}
        other_group = room.world.add_channel("Fans", "fans_of_news", kind=Kind.MEGAGROUP)
        async with (
            room.running(),
            let_in(room, "Olena", "дрон") as reader,
            let_in(room, "Ivan", language="uk") as plain,
        ):
            await room.follow("@front_news")
            await room.all_followed(1)
            stranger = room.world.add_user("+380990000077", "Stranger")
            for chat in (desk, group):
                room.world.add_member(chat, reader.user, admin=True)
                room.world.add_member(chat, plain.user)
                room.world.add_member(chat, stranger)
            # Put into a channel, the bot asks whoever did it; a press makes it a target.
            room.world.add_member(desk, room.bot, admin=True, by=reader.user)
            asked = await reader.sees("You put me into", "Our desk")
            await reader.press(asked, "Yes, send them there")
            await reader.becomes(asked, "is your target number")
            # In a topic the command is written where the alerts shall go.
            room.world.add_member(group, room.bot, by=stranger)
            room.server.post(group, "/targets@earshot_bot", sender=stranger.id, topic=5)
            room.server.post(group, "/targets@earshot_bot", sender=plain.user.id, topic=5)
            await plain.sees("ви там не адміністратор")
            room.server.post(group, "/targets@earshot_bot", sender=reader.user.id, topic=5)
            await reader.sees("Newsroom, topic 5", "is your target number")
            # By name: only where both may do what it takes.
            refused = await reader.say("/targets @fans_of_news")
            assert "the bot may not write there" in refused.text
            room.world.add_member(other_group, room.bot, by=stranger)
            refused = await reader.say("/targets https://t.me/fans_of_news")
            assert "you are no administrator there" in refused.text
            assert "not there" in (await reader.say("/targets @nobody_here")).text
            room.server.faults.flood("contacts.resolveUsername", 600, user_id=room.bot.id)
            assert "try again" in (await reader.say("/targets @fans_of_news")).text
            room.server.faults.clear()
            page = await reader.say("/targets")
            assert "Newsroom, topic 5\u2069: Telegram, works" in page.text

            number = room.server.post(room.channel(), "Збито дрон над Сумами")
            await reader.sees("Збито дрон")
            for chat in (desk, group):
                await until(lambda chat=chat: told(chat, "Збито дрон"), f"an alert in {chat.title}")
                (alert,) = told(chat, "Збито дрон")
                assert kinds_of_buttons(alert) == {"url"}
            assert told(group, "Збито дрон")[0].details.topic == 5
            room.server.edit(room.channel(), number, "Збито дрон над Полтавою")
            for chat in (desk, group):
                await until(lambda chat=chat: told(chat, "Полтавою"), f"an edit in {chat.title}")
            assert len(told(group, "дрон")) == len(told(desk, "дрон")) == 1

            await a_block_and_a_lost_right(room, reader, desk, group)
            strangers = room.world.journal.sent_to(stranger.id)
    assert strangers == []
    assert not told(other_group, "дрон")


async def a_block_and_a_lost_right(room, reader, desk, group):
    """Who blocks the bot is told in the desk all the same; rights that end are a reason."""
    room.world.ban(group, room.bot)
    room.world.block(reader.user, room.bot)
    room.server.post(room.channel(), "Другий дрон, уже над Харковом, будьте в укритті")
    await until(lambda: told(desk, "Харковом"), "an alert in the desk")
    room.world.block(reader.user, room.bot, blocked=False)
    page = await reader.say("/targets")
    assert "does not work: \u2068the bot is not there, or it is gone" in page.text
    await reader.press(page, "Remove 1")
    await until(lambda: "Our desk" not in reader.screen[page.id].text, "one target less")


def told(chat, text):
    return [message for message in posts_in(chat) if text in message.text]
