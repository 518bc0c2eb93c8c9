"""A small disk of its own (tmpfs), so that "full" and "read-only" are the kernel's own errors."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

DISK_MB = 600


@asynccontextmanager
async def small_disk(folder: Path, megabytes: int = DISK_MB) -> AsyncIterator[bool]:
    """Mount a disk of its own at the folder, while it is used; False where that is forbidden."""
    folder.mkdir(mode=0o700)
    options = f"size={megabytes}m,mode=0700,uid={os.getuid()}"
    is_mounted = await mount("-t", "tmpfs", "-o", options, "none", str(folder))
    try:
        yield is_mounted
    finally:
        if is_mounted:
            with suppress(OSError):  # what was left is for whoever looks into a failure
                shutil.copytree(folder, folder.with_name("left"), ignore_dangling_symlinks=True)
            subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: ASYNC221,S603,S607


async def mount(*arguments: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            "mount", *arguments, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:  # there is no such program
        return False
    return await process.wait() == 0
