"""What a process frees goes back to the system."""

import platform
import subprocess
import sys

import pytest

FREED_IN_BETWEEN = """
import ctypes, sys
from bot.operate.allocator import keep_memory_low

if "keep" in sys.argv:
    keep_memory_low()
bytearray(30_000_000)  # once freed, glibc by itself keeps pieces up to this size
pieces = [bytearray(1_000_000) for _ in range(40)]
held = bytearray(1000)
del pieces
print(int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))))
"""


def _resident_mb(*arguments: str) -> float:
    done = subprocess.run(  # noqa: S603  # our own interpreter and text
        [sys.executable, "-c", FREED_IN_BETWEEN, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) / 1000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to")
def test_large_pieces_freed_in_between_go_back_to_the_system():
    assert _resident_mb("keep") < _resident_mb() - 20
