"""Driving a sandbox in another process: JSON Lines over a second loopback port.

One request a line, `{"id": 7, "verb": "post", "channel": "front_news", "text": "…"}`; one answer
a line, `{"id": 7, "result": 12}` or `{"id": 7, "error": "…"}`. The verbs are in `verbs`.
"""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.sandbox.journal import BotMessage
from bot.sandbox.media import MediaSpec
from bot.sandbox.script import Step, media_to_json, step_to_json

LINE_MAX = 1 << 28
_READY_SECONDS = 120
_STOP_SECONDS = 60


class ControlError(Exception):
    """The sandbox refused a verb; the message is its reason."""


class SandboxControl:
    """The verbs of a sandbox in another process; channels and people are named as in scripts.

    A channel is a username, id or title; a person an id, phone or username.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ready: dict[str, Any] | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._last = 0
        self._turn = asyncio.Lock()
        self.ready = ready or {}

    @classmethod
    async def connect(cls, host: str, port: int) -> "SandboxControl":
        """Connect to a control port."""
        reader, writer = await asyncio.open_connection(host, port, limit=LINE_MAX)
        return cls(reader, writer)

    @classmethod
    @asynccontextmanager
    async def spawned(
        cls, *arguments: str, cwd: Path | None = None
    ) -> AsyncIterator["SandboxControl"]:
        """Run `python -m bot.sandbox` with these arguments, and stop it at the end.

        `ready` then holds its first line: address, dc_id, public_key (a path), control.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.sandbox", *arguments),
            stdout=asyncio.subprocess.PIPE,
            cwd=cwd,
        )
        assert process.stdout is not None  # noqa: S101 PIPE was asked for
        try:
            line = await asyncio.wait_for(process.stdout.readline(), _READY_SECONDS)
            ready = json.loads(line)
            host, port = ready["control"].split(":")
            control = await cls.connect(host, int(port))
            control.ready = ready
            try:
                yield control
            finally:
                control.close()
        finally:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)

    def close(self) -> None:
        """Close the control connection; the sandbox goes on."""
        self._writer.close()

    async def ask(self, verb: str, **given: Any) -> Any:
        """Send one verb and give its result; raises ControlError."""
        async with self._turn:
            self._last += 1
            line = json.dumps({"id": self._last, "verb": verb, **given}, ensure_ascii=False)
            self._writer.write(line.encode() + b"\n")
            await self._writer.drain()
            reply = await self._reader.readline()
        if not reply:
            raise ControlError("the sandbox is gone")
        answer = json.loads(reply)
        if "error" in answer:
            raise ControlError(answer["error"])
        return answer["result"]

    # The same verbs as in-process

    async def add_user(self, phone: str, first_name: str, *, password: str | None = None) -> int:
        """Make an account; gives its id."""
        return int(
            await self.ask("add_user", phone=phone, first_name=first_name, password=password)
        )

    async def add_bot(self, token: str, username: str) -> int:
        """Make a bot; gives its id."""
        return int(await self.ask("add_bot", token=token, username=username))

    async def add_channel(
        self,
        title: str,
        username: str | None = None,
        *,
        kind: str = "broadcast",
        members: Sequence[str | int] = (),
    ) -> int:
        """Make a channel; gives its id."""
        return int(
            await self.ask(
                "add_channel", title=title, username=username, kind=kind, members=list(members)
            )
        )

    async def invite_link(self, channel: str | int) -> str:
        """Make an invite link."""
        return str(await self.ask("invite_link", channel=channel))

    async def login_code(self, phone: str) -> str:
        """Give the code that signs this phone in."""
        return str(await self.ask("login_code", phone=phone))

    async def post(self, channel: str | int, text: str = "", **extras: Any) -> int:
        """Post (extras: media as JSON, reply_to, forward_from, date); gives the message id."""
        return int(await self.ask("post", channel=channel, text=text, **extras))

    async def post_many(self, posts: Sequence[tuple[str | int, str]]) -> list[int]:
        """Post pairs of channel and text in one burst; gives the ids."""
        return list(await self.ask("post_many", posts=[list(pair) for pair in posts]))

    async def post_album(
        self, channel: str | int, captions: Sequence[str], media: Sequence[MediaSpec]
    ) -> list[int]:
        """Post an album; gives the ids."""
        specs = [media_to_json(spec) for spec in media]
        return list(
            await self.ask("post_album", channel=channel, captions=list(captions), media=specs)
        )

    async def edit(self, channel: str | int, message_id: int, text: str) -> None:
        """Edit a post."""
        await self.ask("edit", channel=channel, message_id=message_id, text=text)

    async def delete(self, channel: str | int, ids: Iterable[int]) -> None:
        """Delete posts."""
        await self.ask("delete", channel=channel, ids=list(ids))

    async def fill(
        self, channel: str | int, texts: Sequence[str], dates: Sequence[datetime]
    ) -> None:
        """Give a channel a history at once."""
        seconds = [date.timestamp() for date in dates]
        await self.ask("fill", channel=channel, texts=list(texts), dates=seconds)

    async def write(self, sender: str | int, receiver: str | int, text: str) -> int:
        """Let one account write to another without a client."""
        return int(await self.ask("write", sender=sender, receiver=receiver, text=text))

    async def press(
        self, user: str | int, bot: str | int, message_id: int, data: bytes
    ) -> dict[str, Any]:
        """Let a person press a button; gives the bot's answer (message, alert, url)."""
        packed = base64.b64encode(data).decode("ascii")
        answer: dict[str, Any] = await self.ask(
            "press", user=user, bot=bot, message_id=message_id, data=packed
        )
        return answer

    async def flood(self, method: str, seconds: int, **extras: Any) -> None:
        """Answer a method with FLOOD_WAIT (extras: count, lasting, user)."""
        await self.ask("flood", method=method, seconds=seconds, **extras)

    async def fail(self, method: str, name: str, **extras: Any) -> None:
        """Answer a method with an RPC error (extras: code, count, after, user)."""
        await self.ask("fail", method=method, name=name, **extras)

    async def cut(self, user: str | int | None = None, *, mid_frame: bool = False) -> int:
        """Drop connections; gives how many."""
        return int(await self.ask("cut", user=user, mid_frame=mid_frame))

    async def counts(self) -> dict[str, Any]:
        """Give calls, calls_by_user, refusals and unknown methods so far."""
        return dict(await self.ask("counts"))

    async def truth(self, start: int = 0) -> list[BotMessage]:
        """Give what bots sent, edited and deleted, from entry `start` on, in order."""
        entries = await self.ask("truth", start=start)
        return [
            BotMessage(**{**entry, "buttons": tuple(tuple(row) for row in entry["buttons"])})
            for entry in entries
        ]

    async def play(self, steps: Sequence[Step], *, speed: float = 1.0) -> dict[str, int]:
        """Play a scenario to its end; gives counts by act."""
        records = [step_to_json(step) for step in steps]
        return dict(await self.ask("play", steps=records, speed=speed))

    async def save(self, path: Path | None = None) -> None:
        """Write the world to the sandbox's --state file, or to `path` if it has none."""
        await self.ask("save", path=str(path) if path else None)

    async def stop(self) -> None:
        """Ask the sandbox to end in order (it saves its state)."""
        await self.ask("stop")
