"""Targets besides the bot, each against a real far side on loopback: HTTP, SMTP, a file."""

import asyncio
import hashlib
import hmac
import json
import socket
import stat
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
import time_machine
from aiosmtpd.controller import Controller
from newsroom import until
from test_telling import STORIES, World

from bot.notify import apprise_target, chats, feed
from bot.notify.addresses import PrivateAddress, is_public
from bot.notify.notices import kept, read
from bot.notify.relay import Relay
from bot.notify.targets import Message, Postponed, Refused, Sent
from bot.notify.ways import Ways
from bot.notify.webhook import redirected
from bot.operate import target_list
from bot.telegram.messages import Button, OutgoingText, Venue
from storage import notices, stepped, subscribers, target_items, targets
from storage.database import open_database
from storage.notices import NewNotice
from storage.records import (
    DeliveryTarget,
    NoticeKind,
    Rhythm,
    Role,
    Subscriber,
    SubscriberId,
    SubscriberState,
    TargetId,
    TargetKind,
    TargetState,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
READER = Subscriber(
    *(SubscriberId(1), 5, 6, "Olena", Role.REPORTER, SubscriberState.ACTIVE, "UTC", "en", NOW)
)
LINK = "https://t.me/front/12"
MESSAGE = Message(
    READER, OutgoingText("Пуск ракети 🚀", buttons=((Button("Open post", LINK),),)), ("a",)
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Apprise's own imports


def target(kind, address):
    return DeliveryTarget(
        *(TargetId(7), SubscriberId(1), kind, "mine", address, "key"),
        *(TargetState.ACTIVE, None, None, NOW),
    )


class Receiver:
    """An HTTP server that keeps what it got and answers as it is told."""

    def __init__(self):
        self.got = []
        self.answers = []
        self.port = 0

    async def handle(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        body = await reader.readexactly(int(headers["Content-Length"]))
        self.got.append((lines[0], {name.lower(): value for name, value in headers.items()}, body))
        status, extra = self.answers.pop(0) if self.answers else ("204 No Content", "")
        writer.write(f"HTTP/1.1 {status}\r\n{extra}Connection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiver(port=0):
    made = Receiver()
    server = await asyncio.start_server(made.handle, "127.0.0.1", port)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


async def brought(to, tmp_path, *, may_be_private=True, message=MESSAGE):
    return await Ways(tmp_path, may_be_private).deliver(to, message, "alert-3", NOW)


async def test_a_webhook_is_signed_as_its_receiver_checks_it(tmp_path):
    async with receiver() as far:
        to = target(TargetKind.WEBHOOK, f"http://127.0.0.1:{far.port}/hook?a=1")
        assert await brought(to, tmp_path) == Sent(None)
        assert await brought(to, tmp_path) == Sent(None)
    (line, headers, body), (_, again, _) = far.got
    assert line == "POST /hook?a=1 HTTP/1.1"
    signed = f"{headers['earshot-timestamp']}.".encode() + body
    expected = hmac.new(b"key", signed, hashlib.sha256).hexdigest()
    assert headers["earshot-signature"] == f"sha256={expected}"
    assert headers["earshot-delivery"] == again["earshot-delivery"] == "7-alert-3"
    assert json.loads(body) | {"text": ""} == {
        "delivery": "7-alert-3",
        "kind": "notice",
        "text": "",
        "links": [LINK],
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (("503 Busy", "Retry-After: 90\r\n"), Postponed(90.0, "answered 503")),
        (("500 Oops", ""), Postponed(30.0, "answered 500")),
        (("403 No", ""), Postponed(30.0, "answered 403")),
        (("410 Gone", ""), Refused("answered 410")),
    ],
)
async def test_a_webhook_says_later_or_never(tmp_path, answer, expected):
    async with receiver() as far:
        far.answers = [answer]
        to = target(TargetKind.WEBHOOK, f"http://127.0.0.1:{far.port}/")
        assert await brought(to, tmp_path) == expected


async def test_a_webhook_nobody_listens_on_is_tried_later(tmp_path):
    async with receiver() as far:
        port = far.port
    answer = await brought(target(TargetKind.WEBHOOK, f"http://127.0.0.1:{port}/"), tmp_path)
    assert isinstance(answer, Postponed)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://10.1.2.3/x"]
)
async def test_private_addresses_are_refused_unless_the_operator_allows_them(tmp_path, address):
    answer = await brought(target(TargetKind.WEBHOOK, address), tmp_path, may_be_private=False)
    assert isinstance(answer, Refused)
    assert "private" in answer.reason


async def test_each_redirect_is_checked_and_there_is_an_end_of_them(tmp_path):
    async with receiver() as far:
        here = f"http://127.0.0.1:{far.port}/"
        far.answers = [("307 There", f"Location: {here}b\r\n")]
        assert await brought(target(TargetKind.WEBHOOK, here), tmp_path) == Sent(None)
        assert [line for line, _, _ in far.got] == ["POST / HTTP/1.1", "POST /b HTTP/1.1"]
        far.answers = [("307 There", f"Location: {here}\r\n")] * 5
        assert isinstance(await brought(target(TargetKind.WEBHOOK, here), tmp_path), Refused)
        far.answers = [("308 There", "Location: ftp://127.0.0.1/\r\n")]
        assert isinstance(await brought(target(TargetKind.WEBHOOK, here), tmp_path), Refused)


@pytest.mark.parametrize(
    ("location", "after"),
    [
        ("/b", "https://one.example/b"),
        ("https://two.example/", "https://two.example/"),
        ("http://one.example/a", None),
        ("HTTP://two.example/", None),
        ("ftp://one.example/", None),
    ],
)
def test_a_redirect_does_not_lead_out_of_https(location, after):
    assert redirected("https://one.example/a", location) == after


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("224.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::101:101", True),
        ("64:ff9b:1::101:101", False),
        ("2002:7f00:1::", False),
        ("2002:101:101::1", True),
        ("fec0::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
        ("no address", False),
    ],
)
def test_an_address_is_public_only_if_what_it_wraps_is(address, is_open):
    assert is_public(address) is is_open


async def test_apprise_reaches_no_private_address_however_it_came_by_it(tmp_path):
    """A redirect, or a name that means something else by now, meets the same connection."""
    async with receiver() as far:
        address = f"ntfy://127.0.0.1:{far.port}/front"
        with pytest.raises(PrivateAddress):
            await asyncio.to_thread(apprise_target._notify_in_public, address, MESSAGE)
        assert far.got == []
        far.answers = [("200 OK", "")]
        assert await brought(target(TargetKind.APPRISE, address), tmp_path) == Sent(None)


class Letters:
    """What an SMTP server took."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  # aiosmtpd's name
        self.taken.append(envelope.content.decode())
        return "250 taken"


async def test_an_alert_comes_by_e_mail_through_apprise(tmp_path):
    letters = Letters()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        address = f"mailto://127.0.0.1:{port}/?from=a@example.org&to=b@example.org&mode=insecure"
        to = target(TargetKind.APPRISE, address)
        assert await brought(to, tmp_path) == Sent(None)
        refused = await brought(to, tmp_path, may_be_private=False)
    finally:
        controller.stop()
    (letter,) = letters.taken
    assert "b@example.org" in letter
    assert isinstance(refused, Refused)
    assert isinstance(await brought(to, tmp_path), Postponed)  # nobody listens any more


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("ntfy://127.0.0.1:{port}/front", "/"),
        ("matrix://token@127.0.0.1:{port}/?mode=slack", "/api/v1/matrix/hook/token"),
        ("mmost://127.0.0.1:{port}/aaaaaaaaaaaaaaaaaaaaaaaa", "/hooks/aaaaaaaaaaaaaaaaaaaaaaaa"),
    ],
)
async def test_an_alert_comes_by_ntfy_matrix_and_mattermost(tmp_path, address, path):
    async with receiver() as far:
        far.answers = [("200 OK", ""), ("503 Busy", "")]
        to = target(TargetKind.APPRISE, address.format(port=far.port))
        assert await brought(to, tmp_path) == Sent(None)
        assert isinstance(await brought(to, tmp_path), Postponed)
    (line, _, body), _ = far.got
    assert line == f"POST {path} HTTP/1.1"
    said = json.dumps(json.loads(body), ensure_ascii=False) if body[:1] == b"{" else body.decode()
    assert "Пуск ракети 🚀" in said


@pytest.mark.parametrize(
    "address",
    [
        "ntfy://localhost:8080/front",
        "ntfy://[::1]:8080/front",
        "gotify://2130706433/token",
        "mmost://localhost/aaaaaaaaaaaaaaaaaaaaaaaa",
        "mailto://me:word@example.org?smtp=127.0.0.1",
    ],
)
async def test_no_way_of_writing_a_private_host_is_let_through(tmp_path, address):
    answer = await brought(target(TargetKind.APPRISE, address), tmp_path, may_be_private=False)
    assert isinstance(answer, Refused)
    assert "private network" in answer.reason


@pytest.mark.parametrize("address", ["json://example.org", "file:///etc/passwd", "rubbish", ""])
async def test_what_is_no_service_that_reaches_people_is_refused(tmp_path, address):
    assert isinstance(await brought(target(TargetKind.APPRISE, address), tmp_path), Refused)


async def test_a_feed_is_whole_newest_first_and_names_nothing_twice(tmp_path):
    to = target(TargetKind.FEED, "secret-name")
    for text in ("one", "two \x00<b>&", "one"):
        message = Message(READER, OutgoingText(text, buttons=MESSAGE.text.buttons), (text,))
        answer = await Ways(tmp_path).deliver(to, message, f"alert-{text[:3]}", NOW)
        assert answer == Sent(None)
    path = feed.path_of(tmp_path, "secret-name")
    names = {"a": "http://www.w3.org/2005/Atom"}
    root = ET.fromstring(path.read_bytes())  # noqa: S314  # our own
    assert [node.text for node in root.iterfind("a:entry/a:content", names)] == ["one", "two <b>&"]
    assert root.find("a:entry/a:link", names).get("href") == LINK
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.fixture
async def world(tmp_path):
    async with open_database(tmp_path / "earshot.db") as database:
        made = World(database)
        await made.settle()
        yield made


async def relayed(world, tmp_path):
    relay = Relay(world.database, Ways(tmp_path, may_be_private=True), now=lambda: world.now)
    while await relay.step():
        pass


async def told(world, number):
    await world.publish(number, 0, 0)
    await world.work()
    await world.send()


async def test_what_the_bot_told_goes_to_the_others_once_and_retries_until_it_is_taken(
    world, tmp_path
):
    async with receiver() as far:
        await target_list.add(
            *(world.database, tmp_path, world.person, TargetKind.WEBHOOK),
            address=f"http://127.0.0.1:{far.port}/",
            label="desk",
        )
        world.now = datetime.now(UTC) + timedelta(seconds=1)
        world.restart()
        far.answers = [("503 Busy", "")]
        await told(world, 0)
        await relayed(world, tmp_path)
        assert len(far.got) == 1
        world.now += timedelta(minutes=2)
        await relayed(world, tmp_path)
        await told(world, 1)
        await relayed(world, tmp_path)
        await relayed(world, tmp_path)
    texts = [json.loads(body)["text"] for _, _, body in far.got]
    assert [
        STORIES[number][:15] in text for number, text in zip((0, 0, 1), texts, strict=True)
    ] == [True] * 3


def news(world, key):
    body = kept(OutgoingText(f"news {key}"))
    return NewNotice(key, world.person, NoticeKind.SURGE, body, world.now)


@pytest.mark.parametrize("hours", [-6, 6])
async def test_a_target_gets_what_came_after_it_and_nothing_else_though_the_clock_is_set(
    world, tmp_path, hours
):
    """Set before the target is made, and back again before what is for it comes."""
    before = world.now
    async with receiver() as far:
        for number in (0, 1):
            await told(world, number)
            async with world.database.transaction() as connection:
                await notices.add(connection, news(world, f"n{number}"), world.now)
            await world.send()
            if number == 0:
                with time_machine.travel(before + timedelta(hours=hours), tick=False):
                    await added(world, tmp_path, far.port)
                world.now = before
        await relayed(world, tmp_path)
        texts = texts_of(far)
    assert [STORIES[1][:15] in text for text in texts] == [True, False]
    assert texts[1] == "news n1"


async def test_a_target_dead_for_a_day_is_told_to_its_owner_once_and_given_up_after_three(
    world, tmp_path
):
    async with receiver() as far:
        port = far.port
    made = await target_list.add(
        *(world.database, tmp_path, world.person, TargetKind.WEBHOOK),
        address=f"http://127.0.0.1:{port}/",
        label="desk",
    )
    world.now = datetime.now(UTC) + timedelta(seconds=1)
    world.restart()
    await told(world, 0)
    for _ in range(14):
        world.now += timedelta(hours=6)
        await relayed(world, tmp_path)
    async with world.database.reading() as connection:
        found = await notices.of(connection, world.person)
        waiting = await target_items.due(connection, world.now, (), 5)
    (only,) = [notice for notice in found if notice.kind is NoticeKind.TARGET]
    assert "desk" in read(only.body).text
    assert not waiting
    (shown,) = await target_list.listed(world.database, world.person)
    assert (shown.works, shown.not_taken) == (False, 1)
    (letter,) = await target_list.not_taken(world.database, world.person)
    assert (letter.label, letter.what) == ("desk", "alert 1")
    assert "given up after three days" in letter.reason
    async with receiver(port) as far:  # it is mended, and what it did not take is sent again
        assert await target_list.retry(world.database, made.target.id) == 1
        world.now = datetime.now(UTC) + timedelta(days=4)
        await relayed(world, tmp_path)
        assert STORIES[0][:15] in texts_of(far)[0]
    assert await target_list.not_taken(world.database, world.person) == []
    await target_list.remove(world.database, tmp_path, made.target.id)
    assert await target_list.listed(world.database, world.person) == []


async def test_a_restored_archive_gives_deliveries_the_names_they_had(world, tmp_path):
    """The archive is as a backup from before both alerts; the first is not found again."""
    async with receiver() as far:
        await added(world, tmp_path, far.port)
        for number in (0, 1):
            await told(world, number)
            await relayed(world, tmp_path)
        async with world.database.transaction() as connection:
            for statement in (
                "DELETE FROM target_items",
                "DELETE FROM deliveries",
                "DELETE FROM alerts",
                "DELETE FROM hits WHERE id = 1",
                "UPDATE sqlite_sequence SET seq = 0 WHERE name IN ('alerts', 'target_items')",
                "UPDATE cursors SET position = 0 WHERE name IN ('dispatch.hits', 'relay.alerts')",
            ):
                await connection.exec_driver_sql(statement)
        world.restart()
        await world.work()
        await relayed(world, tmp_path)
        first, second, again = (json.loads(body)["delivery"] for _, _, body in far.got)
    assert again == second != first


async def test_nothing_is_given_up_because_the_clock_was_set_forward(world, tmp_path):
    async with receiver() as far:
        port = far.port
    await added(world, tmp_path, port)
    await told(world, 0)
    await relayed(world, tmp_path)
    world.set_clock(days=4)
    await relayed(world, tmp_path)
    async with receiver(port) as far:
        world.now += timedelta(hours=1)
        await relayed(world, tmp_path)
        assert STORIES[0][:15] in texts_of(far)[0]


class ClosedDoor:
    """The way to a chat in which the bot may no longer write."""

    def rest_s(self, _target):
        return 0.0

    async def deliver(self, _target, _message):
        return Refused(chats.MAY_NOT_WRITE)


class PacedDoor(ClosedDoor):
    """The way to a chat that takes a message a moment after it is asked."""

    def __init__(self):
        self.got = []
        self.rests = [0.1]

    def rest_s(self, _target):
        return self.rests.pop() if self.rests else 0.0

    async def deliver(self, _target, message):
        self.got.append(message)
        return Sent(1)


async def test_a_target_that_rests_does_so_no_longer_for_a_clock_set_back(world, tmp_path):
    door = PacedDoor()
    async with world.database.reading() as connection:
        person = await subscribers.by_id(connection, world.person)
    await target_list.add_chat(world.database, person, Venue(77, 5), "Newsroom", actor="test")
    await told(world, 0)
    relay = Relay(world.database, Ways(tmp_path, chats=lambda: door), now=lambda: world.now)
    await relay.step()  # it is to rest
    assert not door.rests
    async with world.database.transaction() as connection:
        world.set_clock(hours=-6)
        await stepped.brought_back(connection, world.now)
    running = asyncio.create_task(relay.run())
    await until(lambda: len(door.got) == 1, "what waits for the chat", 60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def added(world, tmp_path, port):
    made = await target_list.add(
        *(world.database, tmp_path, world.person, TargetKind.WEBHOOK),
        address=f"http://127.0.0.1:{port}/",
        label="desk",
    )
    world.now = datetime.now(UTC) + timedelta(seconds=1)
    world.restart()
    return made.target.id


def texts_of(far):
    return [json.loads(body)["text"] for _, _, body in far.got]


async def test_who_blocked_the_bot_is_told_by_the_others_by_their_own_rules(world, tmp_path):
    async with receiver() as far:
        await added(world, tmp_path, far.port)
        async with world.database.transaction() as connection:
            await subscribers.set_state(connection, world.person, SubscriberState.BLOCKED_BOT)
        await world.publish(0, 0, 0)
        await world.work()
        await relayed(world, tmp_path)
        (text,) = texts_of(far)
        assert STORIES[0][:15] in text
        await world.change(Rhythm.HOURLY)
        for number in (1, 2):
            await world.publish(number, 0, 0)
        await world.work()
        await relayed(world, tmp_path)
        assert len(far.got) == 1  # they wait for their digest
        world.now += timedelta(hours=1)
        await world.work()
        world.now += timedelta(seconds=2)
        await relayed(world, tmp_path)
        (_, digest) = texts_of(far)
        assert STORIES[1][:15] in digest
        assert STORIES[2][:15] in digest
        world.now += timedelta(days=1, minutes=5)
        for _ in range(3):
            await relayed(world, tmp_path)
            await world.send()
        (*_, warning) = texts_of(far)
    assert "Ви заблокували бота" in warning
    assert len(texts_of(far)) == 3


async def test_a_slow_target_keeps_no_other_waiting(world, tmp_path):
    async with receiver() as quick, receiver() as slow:
        until_released = asyncio.Event()
        handle = slow.handle

        async def late(reader, writer):
            await until_released.wait()
            await handle(reader, writer)

        slow.handle = late
        server = await asyncio.start_server(slow.handle, "127.0.0.1", 0)
        async with server:
            await added(world, tmp_path, server.sockets[0].getsockname()[1])
            await added(world, tmp_path, quick.port)
            for number in range(3):
                await told(world, number)
            ways = Ways(tmp_path, may_be_private=True)
            running = asyncio.create_task(Relay(world.database, ways, now=lambda: world.now).run())
            await until(lambda: len(quick.got) == 3, "the quick one has all", 60)
            assert slow.got == []
            until_released.set()
            await until(lambda: len(slow.got) == 3, "the slow one too", 60)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert len(quick.got) == 3


async def test_a_chat_that_may_not_be_written_in_is_never_with_its_reason_and_told_after_a_day(
    world, tmp_path
):
    async with world.database.reading() as connection:
        person = await subscribers.by_id(connection, world.person)
    made = await target_list.add_chat(
        world.database, person, Venue(77, 5), "Newsroom", actor="test"
    )
    again = await target_list.add_chat(
        world.database, person, Venue(77, 5), "Newsroom", actor="test"
    )
    assert again.target.id == made.target.id
    world.now = datetime.now(UTC) + timedelta(seconds=1)
    world.restart()
    ways = Ways(tmp_path, chats=ClosedDoor)
    await told(world, 0)
    for _ in range(6):
        relay = Relay(world.database, ways, now=lambda: world.now)
        while await relay.step():
            pass
        world.now += timedelta(hours=6)
    async with world.database.reading() as connection:
        waiting = await target_items.due(connection, world.now, (), 5)
        found = await notices.of(connection, world.person)
    assert waiting == []
    (only,) = [notice for notice in found if notice.kind is NoticeKind.TARGET]
    assert "бот не може там писати" in read(only.body).text  # Olena reads Ukrainian
    assert chats.venue_of(chats.address_of(Venue(77, 5))) == Venue(77, 5)


async def test_addresses_are_shown_nowhere(world, tmp_path):
    made = await target_list.add(
        *(world.database, tmp_path, world.person, TargetKind.WEBHOOK),
        address="https://hooks.example.org/very-secret",
        label="",
    )
    async with world.database.reading() as connection:
        kept = await targets.by_id(connection, made.target.id)
    assert "very-secret" not in repr(kept) + repr(made)
    with pytest.raises(target_list.BadTargetError) as refused:
        await target_list.add(
            *(world.database, tmp_path, world.person, TargetKind.WEBHOOK),
            address="very-secret",
            label="",
        )
    assert "very-secret" not in str(refused.value)


async def test_a_feed_taken_away_is_gone(world, tmp_path):
    made = await target_list.add(
        *(world.database, tmp_path, world.person, TargetKind.FEED), address="", label=""
    )
    tried = await target_list.try_out(world.database, Ways(tmp_path), made.target.id)
    assert tried.outcome == "sent"
    assert made.file.is_file()
    await target_list.remove(world.database, tmp_path, made.target.id)
    assert not made.file.exists()
