"""A root task that ends in any way ends the run: no stage is ever dead while the others go on."""

import asyncio

import pytest

from bot.app import _endless


async def returns():
    await asyncio.sleep(0)


async def awaits_something_cancelled():
    gone = asyncio.get_running_loop().create_future()
    gone.cancel()
    await gone


async def all_of(work):
    async with asyncio.TaskGroup() as group:
        group.create_task(_endless(work))
        group.create_task(asyncio.sleep(3600))


@pytest.mark.parametrize("work", [returns, awaits_something_cancelled])
async def test_a_root_task_that_ends_unasked_ends_all(work):
    with pytest.raises(ExceptionGroup) as raised:
        await all_of(work)
    assert raised.group_contains(RuntimeError, match="unasked")


async def test_a_root_task_that_is_cancelled_ends_in_peace():
    task = asyncio.create_task(_endless(lambda: asyncio.sleep(3600)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
