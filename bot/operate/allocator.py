"""The C library's allocator, asked to give memory back."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # glibc's malloc.h
_LARGE = 128 * 1024  # bytes: glibc's own first value
_ARENAS = 2


def keep_memory_low() -> None:
    """Hold fewer free bytes back; does nothing where the C library is another than glibc.

    By itself glibc gives every thread of SQLite a heap of its own and raises, with each large piece
    that is freed, what it holds back: a process that runs for weeks then grows for weeks.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in (
        (_ARENA_MAX, _ARENAS),
        (_MMAP_THRESHOLD, _LARGE),
        (_TRIM_THRESHOLD, _LARGE),
    ):
        mallopt(option, value)
