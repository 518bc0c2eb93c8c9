"""Stories on a real archive: which posts are placed together, and what a restart remembers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from newsroom import until
from story_archive import Archive

from bot.notify.likeness import fingerprint
from storage.database import open_database

LONG = (
    "Уночі ворог атакував Миколаїв ударними безпілотниками. Пошкоджено три приватні будинки, "
    "вибито вікна у школі. За попередньою інформацією, обійшлося без постраждалих."
)
OTHER = "Рух поїздів через Лозову затримується на дві години, пасажирам повернуть гроші за квитки."


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    async with open_database(tmp_path / "earshot.db") as database:
        made = Archive(database)
        await made.fill()
        yield made


async def test_a_start_reads_the_window_before_anything_comes(archive):
    await archive.placed(await archive.post(LONG), await archive.post(OTHER, 1))
    stage = archive.restarted()
    running = asyncio.create_task(stage.run())
    sketches = [fingerprint(text).sketch for text in (LONG, OTHER)]
    found = stage._index.candidates
    await until(lambda: all(map(found, sketches)), "the window is read", 60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_copy_joins_its_story_and_another_matter_does_not(archive):
    first = await archive.post(LONG)
    copy = await archive.post(f"❗️{LONG} Підписатись", 1, minutes=3)
    other = await archive.post(OTHER, 1)
    assert await archive.placed(first, copy, other) == [first, first, other]


async def test_copies_are_found_though_the_clock_is_set_by_days(archive):
    first = await archive.post(LONG)
    await archive.placed(first)
    archive.set_clock(days=3)
    fast = await archive.post(LONG, 1, minutes=5)
    assert await archive.placed(fast) == [first]
    archive.restarted()
    again = await archive.post(LONG, 2, minutes=6)
    assert await archive.placed(again) == [first]
    archive.set_clock(days=-6)
    slow = await archive.post(LONG, 1, minutes=7)
    assert await archive.placed(slow) == [first]


async def test_copies_that_come_in_one_batch_are_one_story(archive):
    found = [await archive.post(LONG, number, minutes=number) for number in range(3)]
    assert set(await archive.placed(*found)) == {found[0]}


async def test_a_forward_belongs_to_its_origin_whatever_it_says(archive):
    origin = await archive.post("Шахед", message_id=7)
    await archive.placed(origin)
    forward = await archive.post("Шахед", 1, origin=(100, 7))
    assert await archive.placed(forward) == [origin]


async def test_forwards_of_a_post_that_is_not_held_are_one_story_and_so_is_it_when_it_comes(
    archive,
):
    one = await archive.post("Шахед", 1, origin=(100, 77))
    two = await archive.post("Шахед", 2, origin=(100, 77))
    foreign = await archive.post("Шахед", 2, origin=(999, 77))
    assert await archive.placed(one, two, foreign) == [one, one, foreign]
    origin = await archive.post("Шахед", 0, message_id=77, minutes=-5)
    assert await archive.placed(origin) == [one]


async def test_a_restart_remembers_the_window(archive):
    first = await archive.post(LONG)
    await archive.placed(first)
    archive.restarted()
    copy = await archive.post(LONG, 1, minutes=5)
    assert await archive.placed(copy) == [first]


async def test_what_is_older_than_the_window_is_forgotten(archive):
    first = await archive.post(LONG)
    await archive.placed(first)
    archive.now += timedelta(hours=49)
    copy = await archive.post(LONG, 1)
    assert await archive.placed(copy) == [copy]
    archive.restarted()
    again = await archive.post(LONG, 2, minutes=1)
    assert await archive.placed(again) == [copy]


async def test_no_more_than_the_newest_posts_are_held_before_and_after_a_restart(archive):
    for most, restarts in ((2, False), (2, True)):
        archive.restarted(most=most)
        first = await archive.post(LONG)
        between = [await archive.post(OTHER[number:], number, minutes=1) for number in range(2)]
        await archive.placed(first, *between)
        if restarts:
            archive.restarted(most=most)
        copy = await archive.post(LONG, 1, minutes=2)
        assert await archive.placed(copy) == [copy]


async def test_a_post_that_is_filled_in_by_an_edit_joins_the_story_it_now_tells(archive):
    first = await archive.post(LONG)
    draft = await archive.post("⚡️", 1, message_id=50, minutes=1)
    assert await archive.placed(first, draft) == [first, draft]
    await archive.post(LONG, 1, message_id=50, minutes=1, number=2)
    assert await archive.placed(draft) == [first]


async def test_an_edited_post_is_found_by_what_it_says_now(archive):
    first = await archive.post(OTHER, message_id=60)
    await archive.placed(first)
    await archive.post(LONG, message_id=60, number=2)
    copy = await archive.post(LONG, 1, minutes=2)
    assert await archive.placed(first, copy) == [first, first]


async def test_placing_at_once_and_by_the_cursor_agree(archive):
    first, copy = await archive.post(LONG), await archive.post(LONG, 1, minutes=1)
    await archive.stories.assure([first, copy])
    await archive.stories.assure([first, copy])
    assert await archive.placed(first, copy) == [first, first]


async def test_a_failed_write_leaves_no_memory_behind(archive):
    first = await archive.post(LONG)
    async with archive.database.transaction() as connection:
        await connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON story_posts "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(Exception, match="full"):
        await archive.stories.step()
    async with archive.database.transaction() as connection:
        await connection.exec_driver_sql("DROP TRIGGER full")
    copy = await archive.post(LONG, 1, minutes=1)
    assert await archive.placed(first, copy) == [first, first]
