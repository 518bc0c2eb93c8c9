"""Verbs in processes of their own without a start of Python for each: forked, everything loaded.

Run as a program this is the process that is forked from: it loads what verbs load, does nothing,
and waits on the socket it is given. A verb is a child of it with its own folder, environment and
standard streams, which ends as `earshot` does: through `main` and the interpreter's own end. That
the real command starts at all is for the tests that use `Earshot.start`.
"""

from __future__ import annotations

import array
import asyncio
import atexit
import functools
import gc
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LONGEST = 1 << 20  # bytes of one request: arguments and environment
_FDS = 4  # stdin, stdout, stderr, and where the process id and the exit code are told


class Forked:
    """The far side of the process that is forked from."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and code
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**kept, "PYTHONPATH": str(ROOT)},
            )
        atexit.register(self.close)

    def close(self) -> None:
        self._ours.close()
        self._process.wait()

    async def run(self, request: dict[str, object], streams: list[int]) -> int:
        """Run a verb and give its exit code, as `subprocess` counts; cancelled, it is killed."""
        told, tell = os.pipe()
        with open(told, "rb", buffering=0) as said:  # noqa: ASYNC230, PTH123  # a pipe
            fds = array.array("i", [*streams, tell])
            self._ours.sendmsg(
                [json.dumps(request).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)]
            )
            os.close(tell)
            pid = int((await _line(said)) or "0")
            try:
                return int(await _line(said))
            except asyncio.CancelledError:
                os.kill(pid, signal.SIGKILL)
                raise


@functools.cache
def forked() -> Forked:
    """Give the one of this process."""
    return Forked()


async def _line(said) -> str:
    loop, ready, line = asyncio.get_running_loop(), asyncio.Event(), b""
    loop.add_reader(said, ready.set)
    try:
        while not line.endswith(b"\n"):
            await ready.wait()
            ready.clear()
            if not (more := said.read(1)):
                break
            line += more
    finally:
        loop.remove_reader(said)
    return line.decode()


def _load_everything() -> None:
    main = import_module("main")
    for name in (
        *main.MODULES.values(),
        *("bot.app", "bot.demo", "bot.telemetry", "storage.database", "alembic.command"),
        *("bot.operate.channel_check", "bot.operate.verbs.targets", "bot.operate.verbs.holds"),
        *("bot.operate.verbs.subscriptions", "bot.operate.verbs.words"),
        *("bot.operate.verbs.gazetteer", "bot.operate.verbs.mapping"),
    ):
        import_module(name)
    assert threading.active_count() == 1, "a process with threads must not fork"
    gc.collect()
    gc.freeze()


def _serve(requests: socket.socket) -> None:
    """Fork for each request; returns in the child that is the verb, ends when nobody asks."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        given, fds, _, _ = socket.recv_fds(requests, _LONGEST, _FDS)
        if not given:
            os._exit(0)
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(fds.pop())
            _become(json.loads(given), fds)
            return
        for fd in fds:
            os.close(fd)


def _keep(tell: int) -> None:
    """Fork once more and tell of the child, how it is called and how it ended; returns in it."""
    pid = os.fork()
    if pid == 0:
        os.close(tell)
        return
    os.write(tell, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(tell, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(request: dict, streams: list[int]) -> None:
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    random.seed()
    sys.argv = ["earshot", *request["arguments"]]


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    _load_everything()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    import_module("main").main()
