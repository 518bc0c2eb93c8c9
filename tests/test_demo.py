"""`earshot demo` as a newcomer runs it: the real command, end to end, four times as fast."""

import asyncio
import json
import signal

import pytest
from earshot_command import Earshot

from bot.demo.morning import MORNING
from bot.demo.promise import owed_alerts


async def test_the_demo_keeps_every_promise_and_leaves_an_archive_to_search(tmp_path):
    earshot = Earshot(tmp_path)

    ended = await earshot("demo", "--speed", "4", "--json", "--keep", "morning")

    assert ended.code == 0, ended.out + ended.err
    result = json.loads(ended.out)
    assert result["is_kept"] is True
    assert result["archive"]["held"] == result["archive"]["had"]
    assert result["archive"]["held"]["deletions"] == 2
    owed = owed_alerts(MORNING.beats)
    assert result["latency"]["alerts"] == len(owed)
    assert sum(person["delivered"] for person in result["people"]) == len(owed)

    found = await earshot("search", "Вербівка", "--data", "morning", "--json")

    assert found.code == 0, found.err
    assert len(json.loads(found.out)["found"]) >= 8


async def test_a_folder_in_use_and_a_file_that_is_not_there_are_refused(tmp_path):
    earshot = Earshot(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    (tmp_path / "bad.jsonl").write_text("no json\n")

    full = await earshot("demo", "--keep", "full")
    absent = await earshot("demo", "--posts", "absent.jsonl")
    bad = await earshot("demo", "--posts", "bad.jsonl")

    for ended in (full, absent, bad):
        assert ended.code == 2
        assert len(ended.err.strip().splitlines()) == 1, ended.err
    assert "full is not empty" in full.err
    assert "absent.jsonl" in absent.err
    assert "line 1" in bad.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 1)])
async def test_a_demo_that_is_stopped_leaves_nothing_behind(tmp_path, number, code):
    earshot = Earshot(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = await earshot.start("demo", TMPDIR=str(scratch))
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while "The morning begins" not in (line := (await process.stdout.readline()).decode()):
            assert line, "the demo ended by itself"

        process.send_signal(number)
        _, complaints = await process.communicate()

    assert process.returncode == code, complaints.decode()
    assert complaints == b""
    assert list(scratch.iterdir()) == []
