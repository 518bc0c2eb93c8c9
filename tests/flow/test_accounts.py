"""Several accounts share the list: none is lost with one of them, and no session is used twice."""

from datetime import UTC, datetime

import pytest
from newsroom import newsroom, until
from proxies import mtproto_proxy, socks5_proxy

from bot.collect.order import KEPT_BY_OLD
from bot.operate import account_list
from bot.operate.login import LoginWishes, application, sign_in_account
from bot.telegram.client import SessionInUse, open_client
from bot.telegram.proxy import BadProxy, check
from storage import accounts, channels, history, readers
from storage.folder import DataFolder
from storage.records import AccountState, CallKind, ChannelState, HistoryKind

SECOND = "+380440000002"
NAMES = tuple(f"channel_{number}" for number in range(6))


async def by_account(room):
    async with room.database() as database, database.reading() as connection:
        current = await readers.current(connection)
        labels = {item.id: item.label for item in await accounts.listed(connection, removed=True)}
    found = {label: set() for label in labels.values()}
    for channel_id, account_id in current.items():
        found[labels[account_id]].add(channel_id)
    return found


async def is_followed_by(room, label, count):
    async def claim():
        return len((await by_account(room))[label]) == count

    await until(claim, f"{label} reads {count}")
    await room.all_followed(len(NAMES))


async def test_accounts_share_the_list_and_all_that_is_posted_is_stored_once(tmp_path):
    async with newsroom(tmp_path, NAMES) as room, room.running():
        second = await room.add_account("second", SECOND)
        await until(lambda: room.server.connected(second) > 0, "the second account is at work")
        await room.follow(*(f"@{name}" for name in NAMES))
        await room.all_followed(len(NAMES))
        shares = await by_account(room)
        assert {label: len(found) for label, found in shares.items()} == {"main": 3, "second": 3}
        for number in range(len(NAMES)):
            room.server.post(room.channel(number), f"live {number}")
        await room.stored(posts=len(NAMES))
        members = [
            {user for user in (room.account.id, second.id) if user in room.channel(n).members}
            for n in range(len(NAMES))
        ]
    assert all(len(each) == 1 for each in members)


async def test_the_channels_of_an_account_that_is_signed_out_move_without_loss(tmp_path):
    async with newsroom(tmp_path, NAMES) as room, room.running():
        second = await room.add_account("second", SECOND)
        await until(lambda: room.server.connected(second) > 0, "the second account is at work")
        await room.follow(*(f"@{name}" for name in NAMES))
        await room.all_followed(len(NAMES))
        room.server.faults.fail("*", "AUTH_KEY_UNREGISTERED", code=401, count=0, user_id=second.id)
        room.server.cut(second)
        for number in range(len(NAMES)):
            for part in range(3):
                room.server.post(room.channel(number), f"meanwhile {number} {part}")
        await is_followed_by(room, "main", len(NAMES))
        await room.stored(posts=3 * len(NAMES))
        async with room.database() as database, database.reading() as connection:
            found = await accounts.account(connection, "second")
    assert found.state is AccountState.SIGNED_OUT
    assert found.reason


async def test_an_account_whose_session_telegram_has_forgotten_takes_nothing_down(tmp_path):
    async with newsroom(tmp_path, NAMES) as room, room.running():
        second = await room.add_account("second", SECOND)
        await until(lambda: room.server.connected(second) > 0, "the second account is at work")
        await room.follow(*(f"@{name}" for name in NAMES))
        await room.all_followed(len(NAMES))
        room.server.cut(second)  # before the keys go, which say whose connection is whose
        keys = room.world.keys
        for number in [key for key, record in keys.items() if record.user_id == second.id]:
            del keys[number]
        for number in range(len(NAMES)):
            room.server.post(room.channel(number), f"meanwhile {number}")
        await is_followed_by(room, "main", len(NAMES))
        await room.stored(posts=len(NAMES))
        async with room.database() as database, database.reading() as connection:
            found = await accounts.account(connection, "second")
    assert found.state is AccountState.SIGNED_OUT


async def test_a_paused_account_hands_its_channels_over_and_leaves_them(tmp_path):
    async with newsroom(tmp_path, NAMES) as room, room.running():
        second = await room.add_account("second", SECOND)
        await until(lambda: room.server.connected(second) > 0, "the second account is at work")
        await room.follow(*(f"@{name}" for name in NAMES))
        await room.all_followed(len(NAMES))
        async with room.database() as database:
            shown = await account_list.spread(room.settings, database, without="main", is_dry=True)
            assert {move.to_label for move in shown} == {"second"}
            assert len(shown) == 3
            assert len((await by_account(room))["main"]) == 3, "a dry run changes nothing"
            await account_list.set_state(database, "main", AccountState.PAUSED, reason="test")
            database.bell.ring("accounts")
        await is_followed_by(room, "second", len(NAMES))
        room.server.post(room.channel(0), "after the move")
        await room.stored(posts=1)


async def test_a_channel_is_moved_by_hand_and_the_old_reader_leaves_it(tmp_path):
    async with newsroom(tmp_path, NAMES[:1]) as room, room.running():
        channel = room.channel()
        await room.follow(f"@{NAMES[0]}")
        await room.all_followed(1)
        second = await room.add_account("second", SECOND)
        await until(lambda: room.server.connected(second) > 0, "the second account is at work")
        async with room.database() as database:
            await account_list.move(database, f"@{NAMES[0]}", "second")
            database.bell.ring("channels")
        await until(lambda: room.account.id not in channel.members, "the old reader leaves")
        assert second.id in channel.members
        room.server.post(channel, "seen by the second")
        await room.stored(posts=1)


async def test_a_session_in_use_is_refused_with_a_clear_line(room):
    folder = DataFolder(room.settings.data_dir)
    async with room.running():
        await until(lambda: room.server.connected(room.account) > 0, "at work")
        with pytest.raises(SessionInUse, match="another earshot uses the session 'main'"):
            async with open_client(application(room.settings), folder.session("main")):
                pass


async def test_what_was_spent_is_not_spent_again_after_a_restart(room):
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
    tight = {"call_budgets": "resolve=1/1 join=9/9 history=99/99"}
    room.world.add_channel("Other", "other_news")
    async with room.running(**tight):
        await room.follow("@other_news")
        await until(lambda: room.server.connected(room.account) > 0, "at work")
        async with room.database() as database:
            lines = await account_list.listed(database)
    assert lines[0].hour[CallKind.RESOLVE] == 1
    assert room.server.calls["contacts.resolveUsername"] == 1, "the hour's only look-up was spent"


async def test_a_hole_is_read_though_looking_again_would_take_more_than_the_budget(tmp_path):
    # An hour's budget that is also the day's is not renewed while the test runs.
    tight = {
        "call_budgets": "resolve=60/180 join=30/100 history=40/40",
        "reread_timetable": "1h/1s",
    }
    async with newsroom(tmp_path, NAMES) as room, room.running(**tight):
        for number in range(len(NAMES)):
            room.server.post(room.channel(number), f"old {number}")
        await room.follow(*(f"@{name}" for name in NAMES))

        async def waits_to_look_again():
            async with room.database() as database, database.reading() as connection:
                left = await history.left(connection)
            return HistoryKind.REREAD in {task.kind for task in left} and is_spent()

        def is_spent():
            budgets = [each.budgets for each in room.app._roster.collectors.values()]
            return bool(budgets and budgets[0].delay_s(CallKind.HISTORY, kept=KEPT_BY_OLD))

        await until(waits_to_look_again, "looking again has used up what it may")
        await room.stored(posts=len(NAMES))
        channel = room.channel()
        room.server.faults.suppress(channel.id)
        room.server.post(channel, "in the hole")
        room.server.faults.suppress(channel.id, suppressed=False)
        room.server.post(channel, "after the hole")
        await room.stored(posts=len(NAMES) + 2)
        assert await waits_to_look_again()


async def test_a_public_channel_is_polled_while_joining_must_wait_and_joined_later(room):
    channel = room.channel()
    room.server.faults.flood("channels.joinChannel", 40)
    room.server.post(channel, "one")
    async with room.running(poll_interval_s=0.2):
        await room.follow("@front_news")
        await room.stored(posts=1)
        assert room.account.id not in channel.members
        room.server.post(channel, "two")
        await room.stored(posts=2)
        async with room.database() as database, database.transaction() as connection:
            await accounts.wait_until(connection, 1, CallKind.JOIN, datetime.now(UTC))
            await channels.postpone(connection, 1, datetime.now(UTC))
    async with room.running():
        await until(lambda: room.account.id in channel.members, "it is joined")
        room.server.post(channel, "three")
        await room.stored(posts=3)


async def test_a_name_that_went_to_another_channel_is_not_followed_silently(room):
    channel = room.channel()
    async with room.running():
        await room.follow("@front_news")
        await room.all_followed(1)
    room.world.rename(channel, username="front_news_old")
    room.world.rename(room.world.add_channel("Thief"), username="front_news")
    async with room.database() as database, database.transaction() as connection:
        await accounts.drop_access(connection, 1, 1)  # as a new account would know nothing
        await channels.unreachable(connection, 1, "test", datetime.now(UTC))

    async def said():
        async with room.database() as database, database.reading() as connection:
            found = (await channels.listed(connection))[0]
        return found.state is ChannelState.UNREACHABLE and "another channel" in found.reason

    async with room.running():
        await until(said, "it is refused")


@pytest.mark.parametrize("password", [None, "reader:s3cret"])
async def test_an_account_reaches_telegram_by_a_socks5_proxy(room, tmp_path, password):
    secret = tmp_path / "proxy-secret"
    secret.write_text(password or "")
    async with socks5_proxy(password) as proxy:
        stored = check(f"socks5://127.0.0.1:{proxy.port}", secret if password else None)
        who = await sign_in_account(room.settings, "main", LoginWishes(), stored)
        assert proxy.passed == [room.server.port]
    assert who.user_id == room.account.id
    assert "s3cret" not in stored


async def test_a_socks5_proxy_that_refuses_the_password_is_said_in_a_line(room, tmp_path):
    secret = tmp_path / "proxy-secret"
    secret.write_text("reader:wrong")
    async with socks5_proxy("reader:s3cret") as proxy:
        stored = check(f"socks5://127.0.0.1:{proxy.port}", secret)
        with pytest.raises(Exception, match="no connection") as refused:
            await sign_in_account(room.settings, "main", LoginWishes(), stored)
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("prefix", ["", "dd"])
async def test_an_account_reaches_telegram_by_an_mtproto_proxy(room, tmp_path, prefix):
    secret = tmp_path / "proxy-secret"
    secret.write_text(prefix + "0123456789abcdef" * 2)
    async with mtproto_proxy(bytes.fromhex("0123456789abcdef" * 2), room.server.port) as proxy:
        stored = check(f"mtproto://127.0.0.1:{proxy.port}", secret)
        who = await sign_in_account(room.settings, "main", LoginWishes(), stored)
        assert proxy.passed
    assert who.user_id == room.account.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://127.0.0.1:1", "write socks5://"),
        ("socks5://127.0.0.1", "no port"),
        ("socks5://me:secret@127.0.0.1:1080", "into a file"),
        ("mtproto://127.0.0.1:443", "needs its secret"),
    ],
)
def test_a_proxy_that_cannot_be_read_says_what_to_write(text, said):
    with pytest.raises(BadProxy, match=said) as refused:
        check(text, None)
    assert "secret@" not in str(refused.value)
