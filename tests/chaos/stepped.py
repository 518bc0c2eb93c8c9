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


def _off_s() -> float:
    return float(_CLOCK.read_text() or 0)


if __name__ == "__main__":
    # For good, and then moved: a thread that asks for the time while it is taken off finds none.
    clock = time_machine.travel(time.time() + _off_s(), tick=True).start()
    real = time_machine.escape_hatch.time.time
    signal.signal(signal.SIGUSR1, lambda *_: clock.move_to(real() + _off_s()))
    main()
