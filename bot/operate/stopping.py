"""Signals become one orderly stop: the work is cancelled once and given its time to end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from bot.operate.outcome import FAILED, INTERRUPTED

STOP_DEADLINE_S = 10.0


async def run_until_signal(work: Coroutine[Any, Any, None]) -> int:
    """Run `work`; give 0 when it ended or SIGTERM stopped it, 130 when Ctrl-C did.

    What `work` raises comes out. If it has not ended ten seconds after a signal, the tasks that
    are still alive are named and the process ends at once with 1: kill -9 is safe by design.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work, name="run")
    received: list[signal.Signals] = []

    def stop(which: signal.Signals) -> None:
        if received:
            return  # a second signal must not break off the stop that the first began
        received.append(which)
        task.cancel()
        loop.call_later(STOP_DEADLINE_S, _give_up)

    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, stop, which)
    try:
        await task
    except asyncio.CancelledError:
        if not received:
            raise
    finally:
        for which in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(which)
    return INTERRUPTED if signal.SIGINT in received else 0


def _give_up() -> None:
    alive = sorted(task.get_name() for task in asyncio.all_tasks() if not task.done())
    sys.stderr.write(
        f"earshot: not stopped within {STOP_DEADLINE_S:g} s, still at work: {', '.join(alive)}\n"
    )
    sys.stderr.flush()
    os._exit(FAILED)
