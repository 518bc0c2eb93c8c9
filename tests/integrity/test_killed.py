"""kill -9 in the middle of what takes long; begun again, it ends in the same bytes."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import exports
import pytest
from earshot_command import Earshot

_DEADLINE_S = 60


def rows(folder: Path, statement: str):
    with closing(sqlite3.connect(folder / "earshot.db", timeout=10)) as connection:
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


@pytest.mark.timeout(240)
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
