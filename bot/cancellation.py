"""Whether a cancellation was asked for: of this task, or of something it awaited.

What a library cancels that a task waits for raises CancelledError in it as if the task itself had
been cancelled, and a task group passes over a task that ended so. Then it would be gone unnoticed.
"""

from __future__ import annotations

import asyncio


def is_asked() -> bool:
    """Say whether somebody cancelled the task that asks; to be called where CancelledError came."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
