"""What the machine under Earshot does wrong, and the operator who puts it right.

The data folder lies on a small disk of its own (tmpfs) where one may be mounted, so that "full"
and "read-only" are the kernel's own ENOSPC and EROFS. Elsewhere a full disk is a limit on the
length of files (EFBIG), which the report says by its name.
"""

from __future__ import annotations

import asyncio
import functools
import os
import resource
import shutil
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from small_disk import mount

if TYPE_CHECKING:
    from harness import Chaos

_PAGE = 4096


def alone(fault: Callable[[Chaos], Awaitable[None]]) -> Callable[[Chaos], Awaitable[None]]:
    """Let no fault of the disk begin while another lasts: the operator mends one at a time."""

    @functools.wraps(fault)
    async def passes(chaos: Chaos) -> None:
        if chaos.disk.locked():
            chaos.done[fault.__name__] -= 1
        else:
            async with chaos.disk:
                await fault(chaos)

    return passes


@alone
async def fill_disk(chaos: Chaos) -> None:
    """Leave no room on the disk for a while."""
    if not chaos.has_disk:
        chaos.done["fill_disk"] -= 1
        await limit_files(chaos)
        return
    ballast = chaos.database.with_name("ballast")
    try:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        await asyncio.sleep(chaos.chance.uniform(0.5, 4))
    finally:
        ballast.unlink(missing_ok=True)


async def limit_files(chaos: Chaos) -> None:
    """Let no file of the process grow for a while."""
    chaos.done["limit_files"] += 1
    process = chaos.process
    longest = max(file.stat().st_size for file in chaos.database.parent.glob("earshot.*"))
    with suppress(ProcessLookupError):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))
        await asyncio.sleep(chaos.chance.uniform(0.5, 4))
        if process.returncode is None:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)


@alone
async def forbid_writing(chaos: Chaos) -> None:
    """Let the disk come back read-only after a crash, as a kernel does that met errors on it."""
    if not chaos.has_disk:
        chaos.done["forbid_writing"] -= 1
        return
    async with chaos.down():
        if await mount("-o", "remount,ro", str(chaos.database.parent)):
            try:
                said = await chaos.ends_by_itself()
            finally:
                assert await mount("-o", "remount,rw", str(chaos.database.parent))
            assert "read-only" in said or "cannot" in said, said


async def starve(chaos: Chaos) -> None:
    """Give the process hardly more memory than it has, until it ends or a while is over."""
    process = chaos.process
    chaos.starved.add(process.pid)
    with suppress(psutil.Error, ProcessLookupError):
        most = psutil.Process(process.pid).memory_info().vms + chaos.chance.randrange(1, 8) * 2**20
        resource.prlimit(process.pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        await asyncio.sleep(chaos.chance.uniform(1, 4))
        # What ran out of memory may be broken anywhere inside; an operator's cgroup kills it.
        if process.returncode is None:
            chaos.signal(signal.SIGKILL)
            chaos.done["killed when it had starved"] += 1


@alone
async def ruin_page(chaos: Chaos) -> None:
    """Damage pages of the database, and restore the last backup, as `docs/operators.md` says."""
    (backup,) = await chaos.verb("backup", "--json")
    await asyncio.sleep(chaos.chance.uniform(0, 3))
    async with chaos.down():
        _write_garbage(chaos)
        with suppress(TimeoutError):  # nobody may have read the pages
            said = await chaos.ends_by_itself(within_s=5.0)
            assert "earshot repair" in said, said
        await chaos.verb("restore", backup["path"], "--replace", "--json")
        _clear_out(chaos.database.parent / "backups")


def _clear_out(folder: Path) -> None:
    """Leave the newest copy alone: nobody gives the small disk room for more."""
    for copy in sorted(folder.iterdir(), key=lambda found: found.stat().st_mtime)[:-1]:
        shutil.rmtree(copy) if copy.is_dir() else copy.unlink()


def _write_garbage(chaos: Chaos) -> None:
    chance = chaos.chance
    with chaos.database.open("r+b") as file:
        pages = file.seek(0, os.SEEK_END) // _PAGE
        for number in {0, *(chance.randrange(pages) for _ in range(pages // 4))}:
            file.seek(number * _PAGE)
            file.write(chance.randbytes(64))


@alone
async def ruin_session(chaos: Chaos) -> None:
    """Damage the account's session file, and put back the copy that the operator has."""
    async with chaos.down():
        folder = chaos.database.parent / "sessions"
        kept = {file: file.read_bytes() for file in folder.glob("main.session*")}
        for file, content in kept.items():
            file.write_bytes(chaos.chance.randbytes(len(content)))
        try:
            with suppress(TimeoutError):  # with a second account the run goes on without the first
                said = await chaos.ends_by_itself(within_s=4.0)
                assert "earshot login" in said, said
        finally:
            for file in folder.glob("main.session*"):
                file.unlink()
            for file, content in kept.items():
                file.write_bytes(content)
                file.chmod(0o600)


async def set_clock(chaos: Chaos) -> None:
    """Set the clock wrong by hours, and right again after a while."""
    off_s = chaos.chance.choice((-1, 1)) * chaos.chance.uniform(600, 12 * 3600)
    try:
        await _set_clock(chaos, off_s)
        await asyncio.sleep(chaos.chance.uniform(0.5, 6))
    finally:
        await _set_clock(chaos, 0)


async def _set_clock(chaos: Chaos, off_s: float) -> None:
    chaos.clock.write_text(str(off_s))
    process = chaos.process
    if process.returncode is None and _listens(process.pid):  # else its start reads the file
        chaos.signal(signal.SIGUSR1)


def _listens(pid: int) -> bool:
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        return bool(caught >> (signal.SIGUSR1 - 1) & 1)
    return False
