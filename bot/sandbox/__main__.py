"""`python -m bot.sandbox`: the sandbox as a process of its own, driven by its control port."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.sandbox.control import LINE_MAX
from bot.sandbox.keys import fixed_key, key_from_file
from bot.sandbox.script import ScriptError, make_channels, play, steps_from_jsonl
from bot.sandbox.server import HOST, SandboxServer
from bot.sandbox.state import load_world, save_world
from bot.sandbox.tl import RpcError
from bot.sandbox.verbs import carry_out
from bot.sandbox.world import World


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1 (0: any)")
    parser.add_argument("--control-port", type=int, default=0, help="control port (0: any)")
    parser.add_argument("--dc-id", type=int, default=2)
    parser.add_argument("--key-file", type=Path, help="private RSA key, made if missing")
    parser.add_argument("--public-key-file", type=Path, help="where to write the public key")
    parser.add_argument("--state", type=Path, help="world to read at start and write at the end")
    parser.add_argument("--script", type=Path, help="scenario (JSON Lines) to play")
    parser.add_argument("--speed", type=float, default=1.0, help="of the scenario; 0: no waits")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    world = load_world(options.state) if _exists(options.state) else World()
    key = key_from_file(options.key_file) if options.key_file else fixed_key()
    with tempfile.TemporaryDirectory() as folder:
        async with SandboxServer(world, options.port, dc_id=options.dc_id, key=key) as server:
            desk = ControlDesk(server, options.state, stopping)
            public = options.public_key_file or Path(folder) / "public.pem"
            ready = {
                "address": server.address,
                "dc_id": server.dc_id,
                "public_key": str(server.write_public_key(public)),
                "control": f"{HOST}:{await desk.open(options.control_port)}",
            }
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
            await _play_until(server, options, stopping)
            await desk.close()
    if options.state:
        save_world(world, options.state)


async def _play_until(
    server: SandboxServer, options: argparse.Namespace, stopping: asyncio.Event
) -> None:
    tasks: set[asyncio.Task[Any]] = {asyncio.create_task(stopping.wait())}
    if options.script:
        steps = steps_from_jsonl(options.script)
        make_channels(server.world, steps)
        tasks.add(asyncio.create_task(play(server, steps, speed=options.speed)))
    while not stopping.is_set():
        done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # a scenario that cannot be played ends the process
    for task in tasks:
        task.cancel()


class ControlDesk:
    """The control port: answers each connection line by line until either side ends it."""

    def __init__(self, server: SandboxServer, state: Path | None, stopping: asyncio.Event) -> None:
        self._server = server
        self._state = state
        self._stopping = stopping
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._listener: asyncio.Server | None = None

    async def open(self, port: int) -> int:
        """Listen on a port of 127.0.0.1 (0: any) and give it."""
        self._listener = await asyncio.start_server(self._talk, HOST, port, limit=LINE_MAX)
        return int(self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End all conversations."""
        if self._listener is not None:
            self._listener.close()
        for writer in self._talks.values():
            writer.close()
        if self._talks:
            await asyncio.wait(self._talks)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 a coroutine runs in a task
        self._talks[task] = writer
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                reply = await self._reply(json.loads(line))
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        writer.close()
        self._talks.pop(task)

    async def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        number, verb = request.pop("id", None), request.pop("verb", "")
        try:
            if verb == "stop":
                self._stopping.set()
                return {"id": number, "result": True}
            if verb == "save":
                save_world(self._server.world, self._state or Path(request["path"]))
                return {"id": number, "result": True}
            return {"id": number, "result": await carry_out(self._server, verb, request)}
        except (LookupError, ValueError, TypeError, ScriptError, RpcError) as error:
            return {"id": number, "error": f"{type(error).__name__}: {error}"}


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
