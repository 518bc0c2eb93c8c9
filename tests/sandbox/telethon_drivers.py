"""What stock Telethon must experience of a Telegram server, as drivers for any server.

A driver takes a `Place` (address, DC, public key, credentials) and nothing of the sandbox: what
must be posted is posted by a second account through Telethon. `ALL` lists them by name.
"""

import asyncio
import contextlib
import hashlib
import io
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telethon import Button, TelegramClient, errors, events, functions, types, utils
from telethon.crypto import rsa
from telethon.network import (
    ConnectionTcpAbridged,
    ConnectionTcpFull,
    ConnectionTcpIntermediate,
)
from telethon.sessions import SQLiteSession, StringSession

DEADLINE_S = 60


@dataclass(frozen=True)
class Account:
    phone: str
    code: str
    password: str | None = None


@dataclass(frozen=True)
class Place:
    """A server and who may sign in there: `reader` and `publisher` differ, `guarded` has 2FA."""

    host: str
    port: int
    dc_id: int
    public_key_pem: str
    reader: Account
    publisher: Account
    guarded: Account
    bot_token: str
    bot_username: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp()))


def client(place: Place, session: Any = None, **options: Any) -> TelegramClient:
    rsa.add_key(place.public_key_pem, old=False)
    session = session or StringSession()
    session.set_dc(place.dc_id, place.host, place.port)
    options.setdefault("flood_sleep_threshold", 0)
    options.setdefault("retry_delay", 0.1)
    made = TelegramClient(session, 1, "hash", **options)
    made.parse_mode = "html"
    return made


async def signed_in(
    place: Place, account: Account, session: Any = None, **options: Any
) -> TelegramClient:
    made = client(place, session, **options)
    await made.connect()
    if not await made.is_user_authorized():
        await made.send_code_request(account.phone)
        try:
            await made.sign_in(account.phone, account.code)
        except errors.SessionPasswordNeededError:
            await made.sign_in(password=account.password)
    return made


@contextlib.asynccontextmanager
async def people(place: Place) -> AsyncIterator[tuple[TelegramClient, TelegramClient]]:
    reader = await signed_in(place, place.reader)
    publisher = await signed_in(place, place.publisher)
    try:
        yield reader, publisher
    finally:
        await reader.disconnect()
        await publisher.disconnect()


@contextlib.asynccontextmanager
async def reader_and_bot(place: Place) -> AsyncIterator[tuple[TelegramClient, TelegramClient]]:
    reader = await signed_in(place, place.reader)
    bot = client(place)
    await bot.start(bot_token=place.bot_token)
    try:
        yield reader, bot
    finally:
        await reader.disconnect()
        await bot.disconnect()


async def public_channel(publisher: TelegramClient, *, megagroup: bool = False) -> Any:
    """Make a public channel; gives the publisher's entity of it."""
    request = functions.channels.CreateChannelRequest(
        "Driver", "about", broadcast=not megagroup, megagroup=megagroup
    )
    channel = (await publisher(request)).chats[0]
    name = f"drv_{secrets.token_hex(6)}"
    await publisher(functions.channels.UpdateUsernameRequest(channel, name))
    return await publisher.get_entity(name)


async def join(reader: TelegramClient, channel: Any) -> Any:
    entity = await reader.get_entity(channel.username)
    await reader(functions.channels.JoinChannelRequest(entity))
    return entity


class Heard:
    """Collects a client's events of one kind, and waits for a number of them."""

    def __init__(self, who: TelegramClient, kind: Any) -> None:
        self.events: list[Any] = []
        self._more = asyncio.Event()
        who.add_event_handler(self._take, kind)

    async def _take(self, event: Any) -> None:
        self.events.append(event)
        self._more.set()

    async def wait(self, count: int) -> list[Any]:
        async with asyncio.timeout(DEADLINE_S):
            while len(self.events) < count:
                self._more.clear()
                await self._more.wait()
        return self.events


async def first_message(reader: TelegramClient, bot: TelegramClient, name: str) -> Any:
    heard = Heard(bot, events.NewMessage(incoming=True, pattern="/start"))
    await reader.send_message(name, "/start")
    return (await heard.wait(1))[-1]


# Signing in


async def transports(place: Place) -> None:
    for connection in (ConnectionTcpFull, ConnectionTcpIntermediate, ConnectionTcpAbridged):
        made = client(place, connection=connection)
        await made.connect()
        config = await made(functions.help.GetConfigRequest())
        assert config.this_dc == place.dc_id
        assert any(option.port == place.port for option in config.dc_options)
        await made.disconnect()


async def login_by_code(place: Place) -> None:
    made = client(place)
    await made.connect()
    assert not await made.is_user_authorized()
    assert await made.get_me() is None
    await made.send_code_request(place.reader.phone)
    try:
        await made.sign_in(place.reader.phone, place.reader.code + "0")
    except errors.PhoneCodeInvalidError:
        pass
    else:
        raise AssertionError("a wrong code was taken")
    me = await made.sign_in(place.reader.phone, place.reader.code)
    assert me.is_self
    assert me.phone == utils.parse_phone(place.reader.phone)
    assert await made.is_user_authorized()
    sessions = await made(functions.account.GetAuthorizationsRequest())
    assert [entry.current for entry in sessions.authorizations].count(True) == 1
    await made.log_out()


async def unknown_number(place: Place) -> None:
    made = client(place)
    await made.connect()
    phone = "+15550009999"
    await made.send_code_request(phone)
    try:
        await made.sign_in(phone, place.reader.code)
    except errors.PhoneNumberUnoccupiedError:
        pass
    else:
        raise AssertionError("a number without an account signed in")
    finally:
        await made.disconnect()


async def login_with_password(place: Place) -> None:
    made = client(place)
    await made.connect()
    await made.send_code_request(place.guarded.phone)
    try:
        await made.sign_in(place.guarded.phone, place.guarded.code)
    except errors.SessionPasswordNeededError:
        pass
    else:
        raise AssertionError("no password was asked for")
    try:
        await made.sign_in(password="wrong")
    except errors.PasswordHashInvalidError:
        pass
    else:
        raise AssertionError("a wrong password was taken")
    me = await made.sign_in(password=place.guarded.password)
    assert me.is_self
    await made.log_out()


async def login_of_bot(place: Place) -> None:
    made = client(place)
    await made.start(bot_token=place.bot_token)
    me = await made.get_me()
    assert me.bot
    assert me.username == place.bot_username
    await made.disconnect()
    wrong = client(place)
    await wrong.connect()
    try:
        await wrong.sign_in(bot_token="1:wrong")
    except errors.AccessTokenInvalidError:
        pass
    else:
        raise AssertionError("a wrong token was taken")
    finally:
        await wrong.disconnect()


async def logout_ends_the_session(place: Place) -> None:
    path = str(place.folder / f"out-{secrets.token_hex(4)}")
    made = await signed_in(place, place.reader, SQLiteSession(path))
    saved = StringSession.save(made.session)
    await made.log_out()
    again = client(place, StringSession(saved))
    await again.connect()
    assert not await again.is_user_authorized()
    await again.disconnect()


# Finding


async def finding_peers(place: Place) -> None:
    async with people(place) as (reader, publisher):
        channel = await public_channel(publisher)
        mine = await reader.get_entity(channel.username)
        assert mine.id == channel.id
        assert mine.access_hash != channel.access_hash
        assert mine.left
        again = await reader.get_entity(types.InputPeerChannel(mine.id, mine.access_hash))
        assert again.title == channel.title
        for wrong, error in (
            ("nobody_is_called_this", ValueError),
            (types.InputPeerChannel(mine.id, mine.access_hash ^ 1), errors.ChannelInvalidError),
        ):
            try:
                await reader.get_entity(wrong)
            except error:
                continue
            raise AssertionError(f"{wrong} was found")
        try:
            await reader(functions.contacts.ResolveUsernameRequest("9"))
        except errors.UsernameInvalidError:
            pass
        else:
            raise AssertionError("a malformed username was looked up")
        full = await reader(functions.channels.GetFullChannelRequest(mine))
        assert full.full_chat.about == "about"
        bot = await reader.get_entity(place.bot_username)
        assert bot.bot
        user = await reader(functions.users.GetFullUserRequest(bot))
        assert user.full_user.id == bot.id


async def dialogs_in_pages(place: Place) -> None:
    async with people(place) as (reader, publisher):
        channels = [await public_channel(publisher) for _ in range(3)]
        for number, channel in enumerate(channels):
            await join(reader, channel)
            await publisher.send_message(channel, f"top {number}")
        found = await reader.get_dialogs()
        ids = {dialog.entity.id for dialog in found}
        assert {channel.id for channel in channels} <= ids
        tops = {dialog.entity.id: dialog.message.raw_text for dialog in found if dialog.message}
        assert tops[channels[0].id] == "top 0"
        few = await reader.get_dialogs(limit=2)
        assert len(few) == 2
        assert few.total == len(found)


# Places


async def joining_and_leaving(place: Place) -> None:
    async with people(place) as (reader, publisher):
        channel = await public_channel(publisher)
        heard = Heard(reader, events.NewMessage())
        mine = await reader.get_entity(channel.username)
        await publisher.send_message(channel, "unheard: not a member")
        assert (await reader.get_messages(mine))[0].raw_text.startswith("unheard")
        await reader(functions.channels.JoinChannelRequest(mine))
        await publisher.send_message(channel, "heard")
        assert [event.raw_text for event in await heard.wait(1)] == ["heard"]
        member = await reader(functions.channels.GetParticipantRequest(mine, "me"))
        assert isinstance(member.participant, types.ChannelParticipantSelf)
        await reader(functions.channels.LeaveChannelRequest(mine))
        await publisher.send_message(channel, "unheard again")
        await reader.get_me()
        assert len(heard.events) == 1
        try:
            await reader(functions.channels.LeaveChannelRequest(mine))
        except errors.UserNotParticipantError:
            return
        raise AssertionError("left twice")


async def invite_links(place: Place) -> None:
    async with people(place) as (reader, publisher):
        request = functions.channels.CreateChannelRequest("Closed", "", broadcast=True)
        channel = (await publisher(request)).chats[0]
        await publisher.send_message(channel, "inside")
        link = (await publisher(functions.messages.ExportChatInviteRequest(channel))).link
        invite_hash = link.rsplit("+", 1)[1]
        try:
            await reader.get_entity(link)
        except ValueError:
            pass
        else:
            raise AssertionError("a private channel was found before joining")
        seen = await reader(functions.messages.CheckChatInviteRequest(invite_hash))
        assert isinstance(seen, types.ChatInvite)
        assert seen.title == "Closed"
        joined = await reader(functions.messages.ImportChatInviteRequest(invite_hash))
        mine = joined.updates.chats[0]
        assert [m.raw_text async for m in reader.iter_messages(mine) if m.raw_text] == ["inside"]
        assert (await reader.get_entity(link)).id == channel.id
        for used, error in (
            (invite_hash, errors.UserAlreadyParticipantError),
            ("nonsense", errors.InviteHashInvalidError),
        ):
            try:
                await reader(functions.messages.ImportChatInviteRequest(used))
            except error:
                continue
            raise AssertionError(f"{used} was taken")
        await reader(functions.channels.LeaveChannelRequest(mine))
        try:
            await reader.get_messages(types.InputPeerChannel(mine.id, mine.access_hash))
        except errors.ChannelPrivateError:
            return
        raise AssertionError("a private channel was read after leaving")


async def members_of_groups(place: Place) -> None:
    async with people(place) as (reader, publisher):
        group = await public_channel(publisher, megagroup=True)
        mine = await join(reader, group)
        heard = Heard(publisher, events.NewMessage(incoming=True))
        sent = await reader.send_message(mine, "from a member")
        event = (await heard.wait(1))[-1]
        assert event.sender_id == (await reader.get_me()).id
        assert event.id == sent.id
        names = {user.id for user in await reader.get_participants(mine)}
        assert names == {(await reader.get_me()).id, (await publisher.get_me()).id}
        rights = await publisher.get_permissions(group, "me")
        assert rights.is_admin


# Posts


async def live_posts_edits_deletions(place: Place) -> None:
    async with people(place) as (reader, publisher):
        channel = await public_channel(publisher)
        mine = await join(reader, channel)
        new, edited = Heard(reader, events.NewMessage()), Heard(reader, events.MessageEdited())
        deleted = Heard(reader, events.MessageDeleted())
        texts = [f"post {number} ☂ ґ" for number in range(30)]
        sent = [await publisher.send_message(channel, text) for text in texts]
        got = await new.wait(30)
        assert [event.raw_text for event in got] == texts
        assert all(event.message.post for event in got)
        assert got[0].chat_id == utils.get_peer_id(mine)
        await publisher.edit_message(channel, sent[3].id, "changed")
        change = (await edited.wait(1))[0]
        assert (change.id, change.raw_text) == (sent[3].id, "changed")
        assert change.message.edit_date is not None
        await publisher.delete_messages(channel, [sent[4].id, sent[5].id])
        gone = (await deleted.wait(1))[0]
        assert gone.deleted_ids == [sent[4].id, sent[5].id]
        assert gone.chat_id == utils.get_peer_id(mine)
        kept = await reader.get_messages(mine, ids=[sent[3].id, sent[4].id])
        assert kept[0].raw_text == "changed"
        assert kept[1] is None


async def markup_replies_forwards(place: Place) -> None:
    async with people(place) as (reader, publisher):
        one, two = await public_channel(publisher), await public_channel(publisher)
        mine = await join(reader, two)
        await join(reader, one)
        heard = Heard(reader, events.NewMessage(chats=mine))
        first = await publisher.send_message(two, "<b>bold</b> and <a href='http://x.ua'>link</a>")
        await publisher.send_message(two, "an answer", reply_to=first.id)
        origin = await publisher.send_message(one, "origin")
        await publisher.forward_messages(two, origin)
        got = await heard.wait(3)
        kinds = [type(entity) for entity in got[0].message.entities]
        assert kinds == [types.MessageEntityBold, types.MessageEntityTextUrl]
        assert got[1].message.reply_to.reply_to_msg_id == first.id
        header = got[2].message.fwd_from
        assert (header.from_id.channel_id, header.channel_post) == (one.id, origin.id)
        assert got[2].raw_text == "origin"
        views = await reader(
            functions.messages.GetMessagesViewsRequest(mine, [first.id], increment=True)
        )
        assert views.views[0].views >= 1


async def media_up_and_down(place: Place) -> None:
    async with people(place) as (reader, publisher):
        channel = await public_channel(publisher)
        mine = await join(reader, channel)
        heard = Heard(reader, events.NewMessage(chats=mine))
        albums = Heard(reader, events.Album(chats=mine))
        data = secrets.token_bytes(300_000)
        await publisher.send_file(channel, data, attributes=_named("map.bin"), caption="doc")
        event = (await heard.wait(1))[0]
        assert event.message.file.name == "map.bin"
        assert event.raw_text == "doc"
        assert await event.message.download_media(bytes) == data
        photos = []
        for number in range(3):
            # Not by path: where Pillow is installed, Telethon leaves such a file open.
            photo = io.BytesIO(_PNG)
            photo.name = f"p{number}.png"
            photos.append(photo)
        sent = await publisher.send_file(channel, photos, caption=["one", "", ""])
        assert len(sent) == 3
        group = (await albums.wait(1))[0]
        assert len(group.messages) == 3
        assert len({message.grouped_id for message in group.messages}) == 1
        assert group.raw_text == "one"
        assert await group.messages[1].download_media(bytes) == _PNG
        poll = types.InputMediaPoll(
            types.Poll(
                0,
                types.TextWithEntities("Which road?", []),
                [
                    types.PollAnswer(types.TextWithEntities(text, []), text.encode())
                    for text in ("north", "south")
                ],
                0,
            )
        )
        await publisher.send_message(channel, file=poll)
        event = (await heard.wait(5))[4]
        assert event.message.poll.poll.question.text == "Which road?"
        big = secrets.token_bytes(1024) * 11 * 1024
        await publisher.send_file(channel, big, attributes=_named("big.bin"))
        event = (await heard.wait(6))[5]
        got = await event.message.download_media(bytes)
        assert hashlib.sha256(got).digest() == hashlib.sha256(big).digest()


def _named(name: str) -> list[Any]:
    return [types.DocumentAttributeFilename(name)]


# RGB: where Pillow is installed, Telethon writes pictures with transparency anew.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de000000"
    "0c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


async def history_in_every_order(place: Place) -> None:
    async with people(place) as (reader, publisher):
        channel = await public_channel(publisher)
        await asyncio.gather(*(publisher.send_message(channel, f"n {i}") for i in range(230)))
        mine = await reader.get_entity(channel.username)
        plain = [m async for m in reader.iter_messages(mine, wait_time=0)]
        ids = [m.id for m in plain]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 231

        async def listed(*arguments: Any, **options: Any) -> list[int]:
            options["wait_time"] = 0
            return [m.id async for m in reader.iter_messages(mine, *arguments, **options)]

        assert await listed(reverse=True) == ids[::-1]
        assert await listed(5) == ids[:5]
        assert await listed(min_id=101) == [i for i in ids if i > 101]
        assert await listed(max_id=50) == [i for i in ids if i < 50]
        assert await listed(min_id=20, max_id=140) == [i for i in ids if 20 < i < 140]
        assert await listed(min_id=20, max_id=140, reverse=True) == list(range(21, 140))
        assert await listed(3, offset_id=100) == [99, 98, 97]
        assert await listed(3, offset_id=100, reverse=True) == [101, 102, 103]
        assert await listed(3, offset_id=100, add_offset=2) == [97, 96, 95]
        assert await listed(3, offset_id=100, add_offset=-3) == [102, 101, 100]
        newest = plain[0].date
        assert await listed(offset_date=newest, reverse=True) == [
            m.id for m in plain[::-1] if m.date >= newest
        ]
        assert await listed(offset_date=newest) == [m.id for m in plain if m.date < newest]
        assert [m.raw_text async for m in reader.iter_messages(mine, search="N 22", limit=50)] == [
            m.raw_text for m in plain if "n 22" in (m.raw_text or "")
        ]
        await publisher.send_message(channel, file=_named_document())
        filtered = await listed(filter=types.InputMessagesFilterDocument)
        assert len(filtered) == 1
        await publisher.delete_messages(channel, [10, 11, 12])
        assert await listed(3, offset_id=14) == [13, 9, 8]
        assert (await reader.get_messages(mine, limit=0)).total == 229
        assert [m and m.id for m in await reader.get_messages(mine, ids=[9, 10, 13, 9999])] == [
            9,
            None,
            13,
            None,
        ]


def _named_document() -> bytes:
    return b"a document of a few bytes"


async def limits_of_texts(place: Place) -> None:
    async with people(place) as (reader, publisher):
        channel = await public_channel(publisher)
        longest = "😀" * 2048
        await publisher.send_message(channel, longest, parse_mode=None)
        for text, error in (
            (longest + "x", errors.MessageTooLongError),
            (" ", errors.MessageEmptyError),
        ):
            try:
                await publisher(functions.messages.SendMessageRequest(channel, text))
            except error:
                continue
            raise AssertionError(f"{len(text)} characters were taken")
        try:
            await publisher.send_file(channel, b"x", caption="y" * 1025)
        except errors.MediaCaptionTooLongError:
            pass
        else:
            raise AssertionError("a caption of 1025 was taken")
        sent = await publisher.send_message(channel, "same")
        try:
            await publisher.edit_message(channel, sent.id, "same")
        except errors.MessageNotModifiedError:
            pass
        else:
            raise AssertionError("an edit without change was taken")
        try:
            await publisher.edit_message(channel, 9999, "x")
        except errors.MessageIdInvalidError:
            pass
        else:
            raise AssertionError("a message that is not there was edited")
        mine = await join(reader, channel)
        try:
            await reader.send_message(mine, "readers do not post")
        except errors.ChatAdminRequiredError:
            return
        raise AssertionError("a reader posted in a channel")


async def random_ids_work_once(place: Place) -> None:
    made = await signed_in(place, place.reader, request_retries=1)
    peer = await made.get_input_entity(place.bot_username)
    request = functions.messages.SendMessageRequest(peer, "once", random_id=secrets.randbits(60))
    await made(request)
    errors_seen = []
    sender_answer = made._sender.send(request)
    try:
        await sender_answer
    except errors.RandomIdDuplicateError as error:
        errors_seen.append(error)
    assert len(errors_seen) == 1
    await made.disconnect()


# The bot


async def talking_with_a_bot(place: Place) -> None:
    async with reader_and_bot(place) as (reader, bot):
        event = await first_message(reader, bot, place.bot_username)
        heard = Heard(reader, events.NewMessage(incoming=True))
        edits = Heard(reader, events.MessageEdited())
        buttons = [[Button.inline("Mute", b"mute"), Button.url("Open", "https://t.me/x/1")]]
        sent = await bot.send_message(event.chat_id, "<b>alert</b>", buttons=buttons)
        got = (await heard.wait(1))[0]
        assert got.raw_text == "alert"
        assert got.message.button_count == 2
        pressed = Heard(bot, events.CallbackQuery())
        clicking = asyncio.create_task(got.message.click(data=b"mute"))
        query = (await pressed.wait(1))[0]
        assert query.data == b"mute"
        assert query.message_id == sent.id
        await query.answer("muted", alert=True)
        answer = await clicking
        assert answer.message == "muted"
        await query.edit("alert, muted")
        change = (await edits.wait(1))[0]
        assert (change.id, change.raw_text) == (got.id, "alert, muted")
        await bot.pin_message(event.chat_id, sent.id)
        await edits.wait(2)
        deleted = Heard(reader, events.MessageDeleted())
        await bot.delete_messages(event.chat_id, sent.id)
        assert (await deleted.wait(1))[0].deleted_ids == [got.id]
        private = await reader.get_messages(place.bot_username, ids=[got.id])
        assert private == [None]
        await reader.send_message(place.bot_username, "to be counted")
        texts = [m.raw_text async for m in reader.iter_messages(place.bot_username, limit=2)]
        assert texts == ["to be counted", "/start"]


async def blocking_a_bot(place: Place) -> None:
    async with reader_and_bot(place) as (reader, bot):
        event = await first_message(reader, bot, place.bot_username)
        await reader(functions.contacts.BlockRequest(place.bot_username))
        try:
            await bot.send_message(event.chat_id, "unwanted")
        except errors.UserIsBlockedError:
            pass
        else:
            raise AssertionError("a blocked bot wrote")
        await reader(functions.contacts.UnblockRequest(place.bot_username))
        await bot.send_message(event.chat_id, "welcome back")


async def commands_of_a_bot(place: Place) -> None:
    bot = client(place)
    await bot.start(bot_token=place.bot_token)
    scope = types.BotCommandScopeDefault()
    commands = [types.BotCommand("watch", "Tell me about a word")]
    await bot(functions.bots.SetBotCommandsRequest(scope, "", commands))
    kept = await bot(functions.bots.GetBotCommandsRequest(scope, ""))
    assert [command.command for command in kept] == ["watch"]
    await bot(functions.bots.ResetBotCommandsRequest(scope, ""))
    assert await bot(functions.bots.GetBotCommandsRequest(scope, "")) == []
    await bot.disconnect()


# Being away


async def catching_up(place: Place) -> None:
    """Missed posts come in their final text; edits and deletions of known ones do not come."""
    async with people(place) as (_, publisher):
        channel = await public_channel(publisher)
        path = str(place.folder / f"away-{secrets.token_hex(4)}")
        reader = await signed_in(place, place.reader, SQLiteSession(path), catch_up=True)
        mine = await join(reader, channel)
        heard = Heard(reader, events.NewMessage(chats=mine))
        known = [await publisher.send_message(channel, f"known {i}") for i in range(3)]
        await heard.wait(3)
        await reader.disconnect()
        missed = [await publisher.send_message(channel, f"missed {i}") for i in range(40)]
        await publisher.edit_message(channel, missed[0].id, "missed 0, corrected")
        await publisher.edit_message(channel, known[0].id, "known 0, corrected")
        await publisher.delete_messages(channel, [known[1].id, missed[1].id])
        reader = client(place, SQLiteSession(path), catch_up=True)
        new = Heard(reader, events.NewMessage())
        changes = Heard(reader, events.MessageEdited())
        deletions = Heard(reader, events.MessageDeleted())
        await reader.connect()
        got = await new.wait(39)
        assert [event.raw_text for event in got][:2] == ["missed 0, corrected", "missed 2"]
        await publisher.send_message(channel, "live again")
        assert (await new.wait(40))[-1].raw_text == "live again"
        assert changes.events == []
        assert deletions.events == []
        now = await reader.get_messages(mine, ids=[known[0].id, known[1].id])
        assert now[0].raw_text == "known 0, corrected"
        assert now[1] is None
        await reader.disconnect()


async def too_much_missed(place: Place) -> None:
    """More than 100 missed: Telethon delivers none of them, then lives on; history has all."""
    async with people(place) as (_, publisher):
        channel = await public_channel(publisher)
        path = str(place.folder / f"long-{secrets.token_hex(4)}")
        reader = await signed_in(place, place.reader, SQLiteSession(path), catch_up=True)
        mine = await join(reader, channel)
        heard = Heard(reader, events.NewMessage(chats=mine))
        last = await publisher.send_message(channel, "known")
        await heard.wait(1)
        await reader.disconnect()
        await asyncio.gather(*(publisher.send_message(channel, f"m {i}") for i in range(150)))
        reader = client(place, SQLiteSession(path), catch_up=True)
        new = Heard(reader, events.NewMessage())
        await reader.connect()
        await reader.get_me()
        missed = [m.id async for m in reader.iter_messages(mine, min_id=last.id, wait_time=0)]
        assert len(missed) == 150
        await publisher.send_message(channel, "live again")
        got = await new.wait(1)
        assert [event.raw_text for event in got] == ["live again"]
        await reader.disconnect()


async def private_messages_missed(place: Place) -> None:
    """A bot gets what people wrote while it was away, however much."""
    async with reader_and_bot(place) as (reader, bot):
        await first_message(reader, bot, place.bot_username)
    path = str(place.folder / f"bot-{secrets.token_hex(4)}")
    bot = client(place, SQLiteSession(path), catch_up=True)
    await bot.start(bot_token=place.bot_token)
    await bot.disconnect()
    reader = await signed_in(place, place.reader)
    await asyncio.gather(
        *(reader.send_message(place.bot_username, f"while away {i}") for i in range(130))
    )
    bot = client(place, SQLiteSession(path), catch_up=True)
    heard = Heard(bot, events.NewMessage(incoming=True))
    await bot.connect()
    got = await heard.wait(130)
    assert len({event.raw_text for event in got}) == 130
    await bot.disconnect()
    await reader.disconnect()


async def two_clients_of_one_account(place: Place) -> None:
    async with people(place) as (reader, publisher):
        second = await signed_in(place, place.reader)
        channel = await public_channel(publisher)
        mine = await join(reader, channel)
        one, two = Heard(reader, events.NewMessage(chats=mine)), Heard(second, events.NewMessage())
        await publisher.send_message(channel, "to both")
        await one.wait(1)
        await two.wait(1)
        own = Heard(second, events.NewMessage(outgoing=True))
        await reader.send_message(place.bot_username, "seen by my other client")
        assert (await own.wait(1))[0].raw_text == "seen by my other client"
        await second.disconnect()


Driver = Callable[[Place], Awaitable[None]]

ALL: dict[str, Driver] = {
    driver.__name__: driver
    for driver in (
        transports,
        login_by_code,
        unknown_number,
        login_with_password,
        login_of_bot,
        logout_ends_the_session,
        finding_peers,
        dialogs_in_pages,
        joining_and_leaving,
        invite_links,
        members_of_groups,
        live_posts_edits_deletions,
        markup_replies_forwards,
        media_up_and_down,
        history_in_every_order,
        limits_of_texts,
        random_ids_work_once,
        talking_with_a_bot,
        blocking_a_bot,
        commands_of_a_bot,
        catching_up,
        too_much_missed,
        private_messages_missed,
        two_clients_of_one_account,
    )
}
