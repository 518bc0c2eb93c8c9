"""`earshot` under a wall clock that is set while it runs.

SIGUSR1 sets it as far off as the file CLOCK_FILE says, in seconds; so does the start. All that
Python tells of the time follows, in Earshot and in Telethon; the monotonic clock and the far side
do not. So it is with a machine whose clock is set.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import time_machine

from main import main

_CLOCK = Path(os.environ["CLOCK_FILE"])
_travels: list[time_machine.travel] = []


def set_clock(*_: object) -> None:
    """Set the clock as the file says."""
    while _travels:
        _travels.pop().stop()
    if off_s := float(_CLOCK.read_text() or 0):
        _travels.append(time_machine.travel(time.time() + off_s, tick=True))
        _travels[0].start()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, set_clock)
    set_clock()
    main()
