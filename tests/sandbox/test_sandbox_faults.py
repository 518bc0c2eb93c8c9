"""Trouble on request, as stock Telethon meets it."""

import asyncio
import pickle
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from telethon import TelegramClient, errors, events, functions, types
from telethon.extensions import BinaryReader
from telethon.sessions import SQLiteSession
from telethon.tl import TLRequest
from telethon_drivers import Heard, Place, client, first_message, reader_and_bot, signed_in

from bot.sandbox import Channel, SandboxServer, User, World, tl
from bot.sandbox.state import load_world, save_world


@pytest.fixture
def channel(world: World, reader: User) -> Channel:
    return world.add_channel("Front", "front_news", members=[reader])


async def test_a_flood_wait_says_how_long_and_ends(
    place: Place, server: SandboxServer, channel: Channel
):
    server.post(channel, "x")
    who = await signed_in(place, place.reader)
    entity = await who.get_entity("front_news")
    server.faults.flood("messages.getHistory", 300, count=1)

    with pytest.raises(errors.FloodWaitError) as caught:
        await who.get_messages(entity, 1)

    assert caught.value.seconds == 300
    assert server.calls["messages.getHistory"] == 1
    with pytest.raises(errors.FloodWaitError):  # raised by Telethon itself, without a call
        await who.get_messages(entity, 1)
    assert server.calls["messages.getHistory"] == 1
    await who.disconnect()
    other = await signed_in(place, place.reader)
    assert (await other.get_messages(entity, 1))[0].raw_text == "x"
    await other.disconnect()


async def test_a_lasting_flood_wait_counts_down(server: SandboxServer):
    refusal = server.faults.flood("messages.sendMessage", 30, lasting=True)

    assert refusal.error(refusal.until - 12.5).name == "FLOOD_WAIT_13"
    assert not refusal.applies("messages.sendMessage", 1, refusal.until)


async def test_any_error_after_n_calls_for_one_account(
    place: Place, server: SandboxServer, reader: User
):
    server.faults.fail("help.getNearestDc", "CHANNEL_PRIVATE", after=2, user_id=reader.id)
    who, other = await signed_in(place, place.reader), await signed_in(place, place.publisher)
    request = functions.help.GetNearestDcRequest()

    await who(request)
    await other(request)
    await other(request)
    await other(request)
    await who(request)
    with pytest.raises(errors.ChannelPrivateError):
        await who(request)
    await who(request)

    assert server.world.journal.refusals["help.getNearestDc CHANNEL_PRIVATE"] == 1
    await who.disconnect()
    await other.disconnect()


async def test_a_method_that_is_not_served_is_refused_and_counted(
    place: Place, server: SandboxServer
):
    who = await signed_in(place, place.reader)

    with pytest.raises(errors.RPCError, match="method is invalid"):
        await who(functions.help.GetInviteTextRequest())

    assert server.world.journal.unknown["help.getInviteText"] == 1
    await who.disconnect()


@pytest.mark.parametrize("where", ["between frames", "mid-frame"])
async def test_a_cut_client_comes_back_and_hears_what_it_missed(
    place: Place, server: SandboxServer, channel: Channel, reader: User, where: str
):
    who = await signed_in(place, place.reader)
    heard = Heard(who, events.NewMessage())
    server.post(channel, "before")
    await heard.wait(1)
    returned = asyncio.Event()
    who._sender._auto_reconnect_callback = _calling(returned, who._handle_auto_reconnect)

    assert server.cut(reader, mid_frame=where == "mid-frame") == 1
    server.post(channel, "while away")
    await asyncio.wait_for(returned.wait(), 60)
    server.post(channel, "after")

    got = await heard.wait(3)
    assert [event.raw_text for event in got] == ["before", "while away", "after"]
    assert server.calls["updates.getChannelDifference"] == 1
    await who.disconnect()


def _calling(
    done: asyncio.Event, inner: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        await inner()
        done.set()

    return call


async def test_connections_are_refused_for_a_while(place: Place, server: SandboxServer):
    standing = await signed_in(place, place.publisher)
    who = client(place, connection_retries=1)
    server.refuse_connections(60)
    assert await standing.get_me()

    with pytest.raises(ConnectionError):
        await who.connect()

    await server.accept_connections()
    await who.connect()
    assert who.is_connected()
    await who.disconnect()
    await standing.disconnect()


async def test_suppressed_channels_never_fire(
    place: Place, server: SandboxServer, world: World, channel: Channel, reader: User
):
    other = world.add_channel("Other", "other_news", members=[reader])
    who = await signed_in(place, place.reader)
    heard = Heard(who, events.NewMessage())
    server.faults.suppress(channel.id)

    server.post(channel, "lost")
    server.post(other, "heard")

    assert [event.raw_text for event in await heard.wait(1)] == ["heard"]
    entity = await who.get_entity("front_news")
    assert (await who.get_messages(entity, 1))[0].raw_text == "lost"
    await who.disconnect()


async def test_held_updates_come_late_but_whole(
    place: Place, server: SandboxServer, channel: Channel
):
    who = await signed_in(place, place.reader)
    heard = Heard(who, events.NewMessage())
    server.faults.push_delay_s = 0.2
    for number in range(250):
        server.post(channel, str(number))
    await who.get_me()
    assert heard.events == []

    got = await heard.wait(250)

    assert [event.raw_text for event in got] == [str(number) for number in range(250)]
    assert server.calls["updates.getChannelDifference"] == 0
    await who.disconnect()


async def test_a_lost_answer_is_not_done_twice(place: Place, server: SandboxServer, reader: User):
    async with reader_and_bot(place) as (person, bot):
        event = await first_message(person, bot, place.bot_username)
        server.faults.lose_answers("messages.sendMessage")
        bot._request_retries = 1

        with pytest.raises(errors.RandomIdDuplicateError):
            await asyncio.wait_for(_raising_last(bot, event.chat_id), 60)

        assert [entry.text for entry in server.world.journal.sent_to(reader.id)] == ["alert"]


async def _raising_last(bot, chat_id: int) -> None:
    bot._raise_last_call_error = True
    await bot.send_message(chat_id, "alert")


async def test_the_same_message_sent_twice_is_answered_but_done_once(
    place: Place, server: SandboxServer
):
    who = await signed_in(place, place.reader)
    await who.get_me()
    before = server.calls["help.getNearestDc"]
    state, sender = who._sender._state, who._sender
    body = bytes(functions.help.GetNearestDcRequest())
    number = state._get_new_msg_id()
    message = struct.pack("<qii", number, state._get_seq_no(content_related=True), len(body)) + body

    for _ in range(3):
        await sender._connection.send(state.encrypt_message_data(message))
    await who.get_me()

    assert server.calls["help.getNearestDc"] == before + 1
    await who.disconnect()


@pytest.mark.parametrize("off_s", [-40_000, 40_000])
async def test_a_client_whose_clock_is_wrong_is_told_so_on_a_new_connection_too(
    place: Place, server: SandboxServer, reader: User, off_s: int
):
    who = await signed_in(place, place.reader)
    who._sender._state.time_offset = off_s  # as if its clock had been set
    assert server.cut(reader) == 1

    await asyncio.wait_for(who.get_me(), 60)

    assert abs(who._sender._state.time_offset) < 60
    await who.disconnect()


async def test_pings_and_odd_service_messages_are_tolerated(place: Place, server: SandboxServer):
    who = await signed_in(place, place.reader)

    pong = await who(functions.PingRequest(7))
    salts = await who(functions.GetFutureSaltsRequest(1))
    destroyed = await who(functions.DestroySessionRequest(5))

    assert pong.ping_id == 7
    assert len(salts.salts) == 1
    assert isinstance(destroyed, types.DestroySessionNone)
    nested = functions.InvokeWithoutUpdatesRequest(functions.help.GetNearestDcRequest())
    assert (await who(nested)).this_dc == place.dc_id
    await who.disconnect()


async def test_requests_and_answers_may_be_packed(
    place: Place, server: SandboxServer, channel: Channel
):
    server.post(channel, "long " * 800)
    who = await signed_in(place, place.publisher)
    entity = await who.get_entity("front_news")

    got = await who.get_messages(entity, 1)  # the answer is longer than the packing limit
    await who.send_message(place.bot_username, "same " * 500)  # Telethon packs this request

    assert got[0].raw_text == "long " * 800
    await who.disconnect()


async def test_an_unknown_key_is_refused(place: Place, world: World, server: SandboxServer):
    who = await signed_in(place, place.reader)
    world.keys.clear()

    server.cut()

    with pytest.raises(errors.AuthKeyNotFound):
        await asyncio.wait_for(who.disconnected, 60)


async def test_everything_is_kept_over_a_restart(
    place: Place, server: SandboxServer, channel: Channel, reader: User, tmp_path: Path
):
    photo = types.MessageMediaGeo(types.GeoPoint(30.5, 50.4, 0))
    server.post(channel, "kept", media=photo)
    session = SQLiteSession(str(tmp_path / "kept"))
    who = await signed_in(place, place.reader, session, catch_up=True)
    heard = Heard(who, events.NewMessage())
    await server.stop()
    save_world(server.world, tmp_path / "world")
    again = load_world(tmp_path / "world")
    async with SandboxServer(again, server.port) as second:
        server_channel = again.channels[channel.id]
        await asyncio.wait_for(second.wait_connected(again.users[reader.id]), 60)

        second.post(server_channel, "after the restart")

        assert (await heard.wait(1))[0].raw_text == "after the restart"
        entity = await who.get_entity("front_news")
        texts = [message.raw_text async for message in who.iter_messages(entity)]
        assert texts == ["after the restart", "kept"]
        await who.disconnect()


async def test_nobody_gets_the_port_while_the_server_does_not_listen(server: SandboxServer):
    await server.stop()
    with closing(socket.socket()) as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", server.port))
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)

    await server.start()

    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.close()
    await writer.wait_closed()


def test_a_file_of_something_else_is_no_world(tmp_path: Path):
    (tmp_path / "other").write_bytes(pickle.dumps({"not": "a world"}))

    with pytest.raises(TypeError):
        load_world(tmp_path / "other")


def test_packed_results_can_be_read_back():
    body = tl.rpc_result(5, types.Updates([], [], [], None, 0))

    with BinaryReader(body) as reader:
        assert reader.tgread_object().req_msg_id == 5


async def test_differences_come_in_slices(
    place: Place, server: SandboxServer, world: World, channel: Channel
):
    bot_account = world.users[world.tokens[place.bot_token]]
    world.add_member(channel, bot_account, admin=True)
    for number in range(250):
        server.post(channel, str(number))
    server.edit(channel, 1, "changed")
    server.delete(channel, [2, 3])
    async with reader_and_bot(place) as (person, bot):
        slices = await _slices(await bot.get_entity("front_news"), bot, 1, 100_000)
        few = await _slices(await person.get_entity("front_news"), person, 204, 20)
        too_long = await person(_difference(await person.get_entity("front_news"), 1, 100))

    texts = [message.message for part in slices for message in part.new_messages]
    assert len(slices) == 3
    assert texts == ["changed", *(str(number) for number in range(3, 250))]
    assert [len(part.new_messages) for part in few] == [20, 20, 7]
    kinds = [type(update) for part in few for update in part.other_updates]
    assert kinds == [types.UpdateEditChannelMessage, types.UpdateDeleteChannelMessages]
    assert isinstance(too_long, types.updates.ChannelDifferenceTooLong)
    assert too_long.dialog.pts == channel.history.pts


def _difference(entity: types.Channel, pts: int, limit: int) -> TLRequest:
    named = types.InputChannel(entity.id, entity.access_hash)
    nothing = types.ChannelMessagesFilterEmpty()
    return functions.updates.GetChannelDifferenceRequest(named, nothing, pts, limit)


async def _slices(entity: types.Channel, who: TelegramClient, pts: int, limit: int) -> list:
    parts = []
    while not parts or not parts[-1].final:
        parts.append(await who(_difference(entity, pts, limit)))
        pts = parts[-1].pts
    return parts


async def test_doors_that_are_shut(
    place: Place, server: SandboxServer, world: World, channel: Channel, reader: User
):
    closed = world.add_channel("Closed")
    late = world.invite_link(closed, expires=1).rsplit("+", 1)[1]
    full = world.invite_link(closed, limit=1).rsplit("+", 1)[1]
    world.invites[full].used = 1
    who = await signed_in(place, place.reader)
    entity = await who.get_entity("front_news")

    with pytest.raises(errors.InviteHashExpiredError):
        await who(functions.messages.CheckChatInviteRequest(late))
    with pytest.raises(errors.UsersTooMuchError):
        await who(functions.messages.ImportChatInviteRequest(full))
    world.ban(channel, reader)
    with pytest.raises(errors.ChannelPrivateError):
        await who.get_messages(entity, 1)
    for number in range(500):
        world.add_channel(f"Many {number}", members=[reader])
    last = world.add_channel("Last", "last_news")
    with pytest.raises(errors.ChannelsTooMuchError):
        await who(functions.channels.JoinChannelRequest(await who.get_entity("last_news")))

    assert reader.id not in last.members
    await who.disconnect()
