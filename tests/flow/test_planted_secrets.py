"""Secrets planted in one life of an installation, then sought in everything it left and said."""

import asyncio
import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from earshot_command import API_HASH, PASSWORD, PHONE, TOKEN, Earshot, telegram, write_secret
from newsroom import until

PASSPHRASE = "planted passphrase of the sessions"
CHANNEL = "@front_news"
INTEREST = "вантажівка"
READER = "Планетарний Читач"
DEADLINE_S = 60


def texts_of(folder: Path, *, but: tuple[str, ...] = ()) -> dict[str, bytes]:
    """Read every file below a folder, those whose path has one of `but` in it left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not any(part in str(path) for part in but)
    }


async def life(server, earshot: Earshot, folder: Path) -> tuple[list[str], str]:
    """Log in, let a reader in, alert, answer, search, measure, crash; give all that was said."""
    said: list[str] = []

    async def do(*arguments: str, code: int = 0) -> str:
        ended = await earshot(*arguments)
        said.append(ended.out + ended.err)
        assert ended.code == code, ended.err
        return ended.out

    channel = server.world.add_channel("Front", CHANNEL[1:])
    reader = server.world.add_user("+380509999999", READER)
    await do(
        "login",
        *("--phone", PHONE),
        *("--code-file", write_secret(folder / "code", server.login_code(PHONE))),
        *("--password-file", write_secret(folder / "password", PASSWORD)),
    )
    invite = json.loads((await earshot("people", "invite", "--json")).out)["code"]
    await do("channels", "add", CHANNEL)
    process = await earshot.start("run")
    bot = next(user for user in server.world.users.values() if user.is_bot)
    journal = server.world.journal
    try:
        await until(lambda: server.calls["channels.joinChannel"], "the channel is joined")
        await until(lambda: server.connected(bot), "the bot is there")
        for text in (f"/start {invite}", f"/watchnow {INTEREST}", f"/search {INTEREST}", "/list"):
            before = len(journal.sent_to(reader.id))
            server.write(reader, bot, text)
            await until(lambda n=before: len(journal.sent_to(reader.id)) > n, f"answer to {text}")
        before = len(journal.sent_to(reader.id))
        server.post(channel, f"Їде {INTEREST} на міст")
        await until(lambda: len(journal.sent_to(reader.id)) > before, "the alert")
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            out, err = await process.communicate()
        said.append(out.decode() + err.decode())
    for verbs in ("channels list", "people list", "doctor", "search міст", "backup"):
        await do(*verbs.split())
    with closing(sqlite3.connect(earshot.folder / "data" / "earshot.db")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DROP TABLE channel_groups")
        connection.commit()
    await do("channels", "list", code=3)
    return said, invite


@pytest.mark.long(12)
async def test_no_secret_is_left_or_said_anywhere(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    async with telegram(tmp_path) as (server, settings):
        settings |= {"LOG_LEVEL": "DEBUG", "SESSION_PASSPHRASE": PASSPHRASE}
        said, invite = await life(server, Earshot(home, settings), tmp_path)
        keys = [record.key for record in server.world.keys.values()]
    planted = [API_HASH, TOKEN, PASSPHRASE, PASSWORD, PHONE, PHONE[1:], invite]
    left = texts_of(home)
    assert any(name.startswith("data/report-") for name in left)
    assert any("person let in" in one for one in said)
    for secret in planted:
        assert secret not in "\n".join(said), f"{secret[:4]}… was said"
        where = [name for name, content in left.items() if secret.encode() in content]
        assert not where, f"{secret[:4]}… is in {where}"
    for key in keys:
        where = [name for name, content in left.items() if key in content]
        assert not where, f"a session's key is in {where}"


@pytest.mark.long(12)
async def test_no_log_line_shows_whose_interest_is_what(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    async with telegram(tmp_path) as (server, settings):
        said, _ = await life(server, Earshot(home, settings | {"LOG_LEVEL": "INFO"}), tmp_path)
    (logged,) = [one for one in said if "person let in" in one]  # what operators read
    assert READER not in logged
    assert INTEREST not in logged
    reports = texts_of(home / "data", but=(".db", "sessions", "backups"))
    assert not [name for name, text in reports.items() if INTEREST.encode() in text]
