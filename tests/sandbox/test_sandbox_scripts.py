"""Scenarios: read, written, played; and the sandbox as a process of its own."""

import json
import lzma
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from telethon import Button as Inline
from telethon import events, functions, types
from telethon.sessions import SQLiteSession
from telethon_drivers import Account, Heard, Place, client, signed_in

from bot.sandbox import (
    Button,
    DocumentSpec,
    Kind,
    PhotoSpec,
    PollSpec,
    SandboxServer,
    User,
    WebPageSpec,
    World,
)
from bot.sandbox.control import ControlError, SandboxControl
from bot.sandbox.script import (
    Act,
    ScriptError,
    Step,
    make_channels,
    play,
    posts_from_jsonl,
    steps_from_jsonl,
    steps_to_jsonl,
)

STORY = [
    Step(0.0, Act.POST, "north", "Перша", name="a"),
    Step(0.1, Act.POST, "north", "photo", name="b", media=(PhotoSpec(b"\x89PNG"),)),
    Step(0.2, Act.ALBUM, "south", "two", name="c", media=(PhotoSpec(b"1"), PhotoSpec(b"2"))),
    Step(0.3, Act.FORWARD, "south", target="a", name="d"),
    Step(0.4, Act.EDIT, target="a", text="Перша, виправлена"),
    Step(0.5, Act.DELETE, target="b"),
    Step(0.6, Act.POST, "south", "poll", media=(PollSpec("?", ("yes", "no")),), reply_to="d"),
    Step(0.7, Act.POST, "south", "https://x.ua", media=(WebPageSpec("https://x.ua", "Title"),)),
    Step(0.8, Act.FLOOD, method="messages.getHistory", seconds=5),
    Step(0.9, Act.SUPPRESS, "south", seconds=0.01),
    Step(1.0, Act.CUT),
]


def test_a_scenario_survives_being_written(tmp_path: Path):
    steps_to_jsonl(STORY, tmp_path / "story.jsonl")

    assert steps_from_jsonl(tmp_path / "story.jsonl") == STORY


def test_a_bad_line_is_named(tmp_path: Path):
    (tmp_path / "bad.jsonl").write_text('{"at": 0, "act": "post"}\n{"at": 1, "act": "sing"}\n')

    with pytest.raises(ScriptError, match=r"line 2: 'sing' is not a valid Act"):
        steps_from_jsonl(tmp_path / "bad.jsonl")


async def test_a_scenario_is_played_in_order(server: SandboxServer, world: World):
    make_channels(world, STORY)
    seen: list[Act] = []

    played = await play(server, STORY, speed=0, progress=lambda step, _: seen.append(step.act))

    assert seen == [step.act for step in STORY]
    north, (first,) = played.ids["a"]
    message = north.history.get(first)
    assert message is not None
    assert message.text == "Перша, виправлена"
    assert north.history.count == 1
    south, album = played.ids["c"]
    assert len(album) == 2
    assert south.history.count == 5
    assert played.counts[Act.POST] == 4


async def test_a_step_that_cannot_be_done_is_named(server: SandboxServer):
    with pytest.raises(ScriptError, match="no channel is called nowhere"):
        await play(server, [Step(0, Act.POST, "nowhere", "x")], speed=0)


def test_posts_are_spread_over_channels(tmp_path: Path):
    lines = [json.dumps({"id": n, "lang": "uk", "text": f"текст\u2028{n}"}) for n in range(50)]
    (tmp_path / "posts.jsonl.xz").write_bytes(lzma.compress("\n".join(lines).encode()))

    steps = posts_from_jsonl(tmp_path / "posts.jsonl.xz", channels=20)

    assert len(steps) == 50
    assert len({step.channel for step in steps}) == 20
    assert steps[21].channel == "posts_02"
    assert steps[21].text == "текст\u202821"


async def test_what_scripts_attach_arrives(
    place: Place, server: SandboxServer, world: World, reader: User
):
    channel = world.add_channel("Front", "front_news", members=[reader])
    source = world.add_channel("Source", "source_news")
    origin = server.post(source, "origin", entities=[types.MessageEntityBold(0, 6)])
    who = await signed_in(place, place.reader)
    heard = Heard(who, events.NewMessage())
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    first = server.post(channel, "dated", date=moment, buttons=[[Button("Go", url="https://a.b")]])
    server.post(channel, "file", media=DocumentSpec(b"data", "list.csv", "text/csv"))
    server.post(channel, "poll", media=PollSpec("Which?", ("this", "that")))
    server.post(channel, "https://x.ua", media=WebPageSpec("https://x.ua", "Title", "Words"))
    server.post(channel, "answer", reply_to=first)
    server.post(channel, forward_from=(source, origin))

    got = [event.message for event in await heard.wait(6)]
    assert got[0].date == moment
    assert got[0].buttons[0][0].url == "https://a.b"
    assert got[1].file.name == "list.csv"
    assert await got[1].download_media(bytes) == b"data"
    assert [answer.text.text for answer in got[2].poll.poll.answers] == ["this", "that"]
    assert got[3].web_preview.title == "Title"
    assert got[4].reply_to.reply_to_msg_id == first
    assert got[5].fwd_from.from_id.channel_id == source.id
    assert isinstance(got[5].entities[0], types.MessageEntityBold)
    await who.disconnect()


async def test_the_server_writes_presses_bans_and_renames(
    place: Place, server: SandboxServer, world: World, reader: User
):
    group = world.add_channel("Group", "group_chat", kind=Kind.MEGAGROUP, members=[reader])
    bot_account = world.users[world.tokens[place.bot_token]]
    bot = client(place)
    await bot.start(bot_token=place.bot_token)
    bot.add_event_handler(_answer_presses, events.CallbackQuery())
    written = Heard(bot, events.NewMessage(incoming=True))

    server.write(reader, bot_account, "/start")
    event = (await written.wait(1))[0]
    await bot.send_message(event.chat_id, "pick", buttons=[[Inline.inline("ok", b"ok")]])
    sent = world.journal.sent_to(reader.id)[0]
    answer = await server.press(reader, bot_account, sent.message_id, b"ok")

    assert answer.message == "pressed ok"
    assert sent.buttons == (("ok",),)
    who = await signed_in(place, place.reader)
    raw = Heard(who, events.Raw(types.UpdateChannel))
    world.rename(group, title="Renamed")
    await raw.wait(1)
    assert (await who.get_entity("group_chat")).title == "Renamed"
    world.ban(group, reader)
    await raw.wait(2)
    await who.disconnect()
    await bot.disconnect()


async def _answer_presses(event: events.CallbackQuery.Event) -> None:
    await event.answer(f"pressed {event.data.decode()}")


async def test_a_large_history_is_cheap_and_whole(
    place: Place, server: SandboxServer, world: World
):
    channel = world.add_channel("Archive", "big_archive")
    start = datetime(2025, 1, 1, tzinfo=UTC)
    count = 100_000
    server.fill(
        channel,
        [f"post {number}" for number in range(count)],
        [start + timedelta(seconds=number) for number in range(count)],
    )
    who = await signed_in(place, place.reader)
    entity = await who.get_entity("big_archive")

    newest = [m.id async for m in who.iter_messages(entity, limit=1000, wait_time=0)]
    middle = await who.get_messages(entity, 1, offset_date=start + timedelta(seconds=5000))

    assert newest == list(range(count, count - 1000, -1))
    assert middle[0].raw_text == "post 4999"
    await who.disconnect()


async def test_the_sandbox_as_a_process(tmp_path: Path):
    """Driven by its control port; stopped and started again, it goes on."""
    key, state = tmp_path / "key.pem", tmp_path / "state"
    public = tmp_path / "public.pem"
    arguments = ("--state", str(state), "--public-key-file", str(public))
    root = Path(__file__).parents[2]
    session = SQLiteSession(str(tmp_path / "user"))
    async with SandboxControl.spawned(*arguments, cwd=root) as control:
        person = await control.add_user("+1 555 1", "Ann", password="secret")
        await control.add_bot("1:t", "ear_bot")
        await control.add_channel("Front", "front_news", members=["1555 1".replace(" ", "")])
        host, port = control.ready["address"].split(":")
        account = Account("+15551", await control.login_code("+15551"), "secret")
        place = Place(
            host,
            int(port),
            control.ready["dc_id"],
            public.read_text(),
            account,
            account,
            account,
            "1:t",
            "ear_bot",
        )
        who = await signed_in(place, account, session)
        heard = Heard(who, events.NewMessage())
        assert await control.post("@front_news", "one") == 1
        assert await control.post_many([("front_news", "two"), ("front_news", "three")]) == [2, 3]
        await control.edit("front_news", 1, "one, changed")
        await control.delete("front_news", [2])
        counts = await control.play([Step(0, Act.POST, "front_news", "four")], speed=0)
        assert counts == {"post": 1}
        await control.fail("help.getNearestDc", "FLOOD_WAIT_9", code=420)
        with pytest.raises(Exception, match="wait of 9 seconds"):
            await who(functions.help.GetNearestDcRequest())
        await heard.wait(4)
        bot = client(place)
        await bot.start(bot_token="1:t")
        await control.write(person, "ear_bot", "/start")
        await bot.send_message(person, "alert")
        truth = await control.truth()
        assert [(entry.user_id, entry.act, entry.text) for entry in truth] == [
            (person, "sent", "alert")
        ]
        assert (await control.counts())["calls"]["messages.sendMessage"] == 1
        with pytest.raises(ControlError, match="no channel is called nowhere"):
            await control.post("nowhere", "x")
        await who.disconnect()
        await bot.disconnect()
        await control.stop()
    assert not key.exists()
    again = ("--port", port, *arguments)
    async with SandboxControl.spawned(*again, cwd=root) as control:
        who = client(place, SQLiteSession(str(tmp_path / "user")))
        await who.connect()
        texts = [m.raw_text async for m in who.iter_messages("front_news")]
        assert texts == ["four", "three", "one, changed"]
        await who.disconnect()
