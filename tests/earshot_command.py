"""The real `earshot` command as a subprocess, and a Telegram on loopback for it to talk to."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from forked import forked

from bot.sandbox import SandboxServer, World

ROOT = Path(__file__).parent.parent
PHONE = "+380441234567"
PASSWORD = "correct horse"
TOKEN = "1234567890:AAExampleTokenOfTheBotExampleToken0"
API_HASH = "0123456789abcdef0123456789abcdef"
DEADLINE_S = 120  # of a verb, on a machine that is slow and busy


def command() -> list[str]:
    """Give the installed console script, or the same from the source tree."""
    script = Path(sys.executable).with_name("earshot")
    return [str(script)] if script.exists() else [sys.executable, str(ROOT / "main.py")]


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Earshot:
    """Runs verbs in a folder of their own, with nothing of this process's settings."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    program: list[str] = field(default_factory=command)

    async def start(self, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.program,
            *arguments,
            cwd=self.folder,
            env=self._surroundings(settings),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *arguments: str, answers: str = "", **settings: str) -> Ended:
        """Run a verb to its end; in a forked process, unless it is another program's verb."""
        if self.program != command():
            return await self._ended(await self.start(*arguments, **settings), answers)
        with ExitStack() as stack:
            streams = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            streams[0].write(answers.encode())
            streams[0].seek(0)
            request = {
                "arguments": arguments,
                "folder": str(self.folder),
                "environment": self._surroundings(settings),
            }
            async with asyncio.timeout(DEADLINE_S):
                code = await forked().run(request, [stream.fileno() for stream in streams])
            for stream in streams:
                stream.seek(0)
            return Ended(code, streams[1].read().decode(), streams[2].read().decode())

    async def _ended(self, process: asyncio.subprocess.Process, answers: str) -> Ended:
        try:
            async with asyncio.timeout(DEADLINE_S):
                out, err = await process.communicate(answers.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    def _surroundings(self, settings: dict[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, "PYTHONPATH": str(ROOT), **self.environment, **settings}


@asynccontextmanager
async def telegram(folder: Path) -> AsyncIterator[tuple[SandboxServer, dict[str, str]]]:
    """Serve a world with one account and one bot; gives it and the settings that lead there."""
    world = World()
    world.add_user(PHONE, "Olena", password=PASSWORD, username="olena")
    world.add_bot(TOKEN, "earshot_bot", "Earshot")
    async with SandboxServer(world) as server:
        key_file = server.write_public_key(folder / "server.pem")
        yield (
            server,
            {
                "TELEGRAM_API_ID": "12345",
                "TELEGRAM_API_HASH": API_HASH,
                "TELEGRAM_BOT_TOKEN": TOKEN,
                "TELEGRAM_DC_ID": str(server.dc_id),
                "TELEGRAM_DC_ADDRESS": server.address,
                "TELEGRAM_PUBLIC_KEY_FILE": str(key_file),
                "METRICS_PORT": "0",
            },
        )


def write_secret(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)
