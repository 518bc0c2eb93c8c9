"""kill -9 in the middle of what takes long; begun again, it ends in the same bytes."""

import asyncio
import hashlib
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import exports
import pytest
from earshot_command import Earshot, command
from newsroom import newsroom
from small_disk import small_disk

from bot.sandbox import DocumentSpec

_DEADLINE_S = 60


def rows(folder: Path, statement: str):
    with closing(sqlite3.connect(folder / "earshot.db", timeout=60)) as connection:
        return connection.execute(statement).fetchall()


async def until_kept(process, folder: Path, statement: str, more_than: int) -> None:
    """Wait until the process has written more rows; fails when it ends before."""
    async with asyncio.timeout(_DEADLINE_S):
        while True:
            try:
                if rows(folder, statement)[0][0] > more_than:
                    return
            except sqlite3.OperationalError:  # no table yet
                pass
            assert process.returncode is None, "it ended before it was killed"
            await asyncio.sleep(0.01)


@pytest.mark.long(20)
async def test_an_import_killed_again_and_again_ends_in_the_same_rows(tmp_path):
    exports.write(tmp_path / "result.json", exports.chat(exports.many(6000)))
    earshot = Earshot(tmp_path)
    assert (await earshot("import", "result.json", "--data", "whole")).code == 0
    held = "SELECT count(*) FROM revisions"
    killed = tmp_path / "killed"
    reached = []
    for _ in range(3):
        process = await earshot.start("import", "result.json", "--data", "killed")
        await until_kept(process, killed, held, max(reached, default=0))
        process.kill()
        await process.communicate()
        reached.append(rows(killed, held)[0][0])
    ended = await earshot("import", "result.json", "--data", "killed")
    assert ended.code == 0, ended.err
    assert "6000 posts new, 0 changed, 0 known already" in ended.out
    for statement in (
        "SELECT message_id, number, text, raw, sha256, content_hash FROM revisions ORDER BY id",
        "SELECT id, posted_at, text, has, marks FROM posts ORDER BY id",
    ):
        assert rows(killed, statement) == rows(tmp_path / "whole", statement)
    assert len(rows(killed, "SELECT DISTINCT seen_at FROM revisions")) == 1
    assert reached == sorted(set(reached)), "each life got further"


@pytest.mark.timeout(240)
async def test_a_full_disk_stops_an_import_in_a_line_and_it_goes_on_afterwards(tmp_path):
    """The kernel's own ENOSPC; where no disk may be mounted, a limit on the length of files."""
    export = tmp_path / "export"
    export.mkdir()
    (export / "film.mp4").write_bytes(random.Random(1).randbytes(20_000_000))
    records = [*exports.many(3000), exports.record(3001, "film", file="film.mp4")]
    exports.write(export / "result.json", exports.chat(records))
    earshot = Earshot(tmp_path)
    verb = ("import", "export/result.json", "--data")
    async with small_disk(tmp_path / "disk", megabytes=60) as is_mounted:
        ballast = tmp_path / "disk" / "ballast"
        told = []
        for free in (2_000_000, 12_000_000):  # too little for the posts, then for the film
            limited = earshot
            if is_mounted:
                room = shutil.disk_usage(ballast.parent).free - free
                ballast.write_bytes(bytes(room))
            else:
                limit = f'ulimit -f {free // 2048}; exec "$@"'
                limited = Earshot(tmp_path, program=["bash", "-c", limit, "bash", *command()])
            ended = await limited(*verb, "disk/data")
            assert (ended.code, "Traceback" in ended.err) == (2, False), ended.err
            assert "repeat the command" in ended.err
            told.append(ended.err)
            ballast.unlink(missing_ok=True)
        assert [len(said.strip().splitlines()) for said in told] == [1, 1]
        assert not is_mounted or all("the disk is full" in said for said in told)
        ended = await earshot(*verb, "disk/data")
        assert ended.code == 0, ended.err
        assert "3001 posts new, 0 changed, 0 known already" in ended.out
        folder = tmp_path / "disk" / "data"
        assert rows(folder, "SELECT count(*), min(number), max(number) FROM revisions") == [
            (3001, 1, 1)
        ]
        assert rows(folder, "SELECT state FROM media") == [("held",)]
        (held,) = [path for path in (folder / "media").rglob("*") if path.is_file()]
        assert held.read_bytes() == (export / "film.mp4").read_bytes()


async def until_held(folder: Path) -> None:
    held = [("held",)]
    while rows(folder, "SELECT state FROM media") != held:  # noqa: ASYNC110  # another process's
        await asyncio.sleep(0.02)


def environment(settings):
    return {
        "DATA_DIR": str(settings.data_dir),
        "TELEGRAM_API_ID": str(settings.telegram_api_id),
        "TELEGRAM_API_HASH": settings.telegram_api_hash.get_secret_value(),
        "TELEGRAM_BOT_TOKEN": settings.telegram_bot_token.get_secret_value(),
        "TELEGRAM_DC_ID": str(settings.telegram_dc_id),
        "TELEGRAM_DC_ADDRESS": settings.telegram_dc_address,
        "TELEGRAM_PUBLIC_KEY_FILE": str(settings.telegram_public_key_file),
        "METRICS_PORT": "0",
        "MEDIA_FETCH": "all",
        "MEDIA_MOST_MB": "50",
        "LOG_LEVEL": "WARNING",
    }


@pytest.mark.long(12)
async def test_a_fetch_killed_again_and_again_ends_in_the_same_file(tmp_path):
    content = random.Random(1).randbytes(20_000_000)
    async with newsroom(tmp_path) as room:
        async with room.running():
            await room.follow("@front_news")
            await room.all_followed(1)
            room.server.post(room.channel(), "", media=DocumentSpec(content, "film.bin"))
            await room.stored(posts=1)
        folder = room.settings.data_dir
        part = folder / "media" / "parts" / "1.part"
        earshot = Earshot(tmp_path, environment(room.settings))
        reached = [0]
        for more in (1_000_000, 9_500_000):
            process = await earshot.start("run")
            async with asyncio.timeout(_DEADLINE_S):
                while not part.exists() or part.stat().st_size <= reached[-1] + more:
                    assert process.returncode is None, "it ended before it was killed"
                    await asyncio.sleep(0.005)
            process.kill()
            await process.communicate()
            reached.append(part.stat().st_size)
        assert reached[-1] < len(content), "the kills fell while the file was fetched"
        process = await earshot.start("run")
        try:
            async with asyncio.timeout(_DEADLINE_S):
                await until_held(folder)
        finally:
            process.terminate()
            await process.communicate()
    (file,) = [path for path in (folder / "media").rglob("*") if path.is_file()]
    assert file.name == hashlib.sha256(content).hexdigest()
    assert file.read_bytes() == content
    assert rows(folder, "SELECT count(*) FROM media_fetches") == [(1,)]
